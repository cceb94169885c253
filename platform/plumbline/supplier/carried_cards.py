"""What a question's card says of an answer that was carried over: from where, what it was, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from assessments.questionnaire.model import Question
from assessments.rounds.carried import OldAnswer, old_answers, to_confirm
from assessments.rounds.carried_links import OfferedDocument, offered_documents
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import AnswerState
from plumbline.shown_kept import OldPart, old_parts


@dataclass(frozen=True)
class Was:
    """An answer as it stood: under which question, and when."""

    question: Question
    state: AnswerState
    reason: str
    parts: tuple[OldPart, ...]
    at: datetime


@dataclass(frozen=True)
class CarriedCard:
    """That an answer comes from another version or round, or is asked beside one.

    ``version``: the one it comes from; ``now``: the one that is asked; both empty where nothing of an answer
    is shown, but documents of the questions it came of are offered.
    """

    fate: str
    version: str
    now: str
    confirmable: bool
    was: tuple[Was, ...] = ()
    offers: tuple[OfferedDocument, ...] = ()


def carried_cards(
    session: Session, sheet: AnswerSheet, questions: Iterable[Question]
) -> Mapping[str, CarriedCard]:
    """What the cards of these questions say, by key; two statements, and none where nothing was carried."""
    if not any(answer.carried for answer in sheet.stored.values()):
        return {}
    keys = [question.key for question in questions if sheet.writable(question.key)]
    waiting = set(to_confirm(sheet))
    offers = offered_documents(session, sheet, (key for key in keys if not sheet.settled(key)))
    found = {key: CarriedCard("", "", "", False, offers=offered) for key, offered in offers.items()}
    for key, olds in old_answers(session, sheet, keys).items():
        mark = sheet.stored[key].carried or {}
        version = olds[0].version
        found[key] = CarriedCard(
            fate=mark["fate"],
            version=version,
            now=sheet.questionnaire.version,
            confirmable=key in waiting,
            was=tuple(_was(old) for old in olds),
            offers=offers.get(key, ()),
        )
    return found


def _was(old: OldAnswer) -> Was:
    return Was(old.question, old.state, old.reason or "", old_parts(old.question, old.parts), old.at)
