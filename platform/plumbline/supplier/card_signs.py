"""Cards that are told by a few words what they would show, so that one drawn before need not be made again.

Most questions of a section stand as they stood when it was opened last. What their cards show follows from
the question, its answer at a revision (which never changes), the reason it is asked, the documents linked
and whether it may be changed; a card that hangs on anything else has no sign and is made each time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from assessments.questionnaire.asking.reasons import asked_of_all
from assessments.questionnaire.model import Part, Question, Questionnaire
from assessments.questionnaire.rules import PartSource, comparisons_of
from assessments.sheet.contents import AnswerSheet
from plumbline.supplier.cards import Card


@dataclass(frozen=True)
class SignedCard:
    """A card by its sign; ``made`` makes it where nothing of that sign was drawn yet."""

    sign: Hashable
    base: str
    made: Callable[[], Card]
    reopened: bool = False
    carried: None = None


def sign_of(sheet: AnswerSheet, question: Question, today: date) -> Hashable:
    """The sign of a question's card when nobody typed into it; None where it shows more than a sign says.

    The id in it stands for the question as long as something holds the card that was drawn for it.
    """
    key = question.key
    told = _told_alone(sheet.questionnaire).get(key)
    if told is None or key in sheet.reopened:
        return None
    stored, linked = sheet.stored.get(key), sheet.evidence.get(key, ())
    answer = (stored.assessment_id, stored.revision, stored.updated_at) if stored is not None else None
    because = sheet.applicability.asked[key] if told else ""
    # Documents show how long they are valid.
    documents = (linked, today) if linked else None
    return (
        id(question),
        key in sheet.questionnaire.untranslated,
        answer,
        because,
        sheet.writable(key),
        documents,
    )


@lru_cache(maxsize=64)
def _told_alone(questionnaire: Questionnaire) -> Mapping[str, bool]:
    """The questions that show nothing of other answers, of the profile or of facts, by key; and whether a
    card says why its question is asked."""
    return {
        question.key: not asked_of_all(question, questionnaire)
        for question in questionnaire.questions
        if all(_stands_alone(part) for part in question.parts)
    }


def _stands_alone(part: Part) -> bool:
    rows = part.rows_from
    return (
        part.bind is None
        and part.prefill is None
        and (rows is None or rows.list_name is not None)
        and (
            part.when is None or all(isinstance(one.source, PartSource) for one in comparisons_of(part.when))
        )
    )
