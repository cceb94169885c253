"""What a campaign starts from: the cast, an open assessment, questions to be saved over and over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from assessments.questionnaire.model import PartKind
from assessments.sheet.reading import read_sheet
from tests.support.acts import plausible
from tests.support.assessing import opened
from tests.support.cast import NOW, Cast, make_cast

QUESTIONS = 5


@dataclass(frozen=True)
class Prepared:
    """``questions``: {key: parts that answer it}, none of them bound to the profile."""

    cast: Cast
    assessment_id: uuid.UUID
    questions: dict[str, dict[str, Any]]


def prepared(session: Session) -> Prepared:
    """Kovo's smelter with an open assessment, committed."""
    cast = make_cast(session)
    assessment = opened(session, cast.smelter, by=cast.jana.actor, at=NOW)
    sheet = read_sheet(session, assessment.id)
    chosen: dict[str, dict[str, Any]] = {}
    for key in sheet.applicability.asked:
        question = sheet.questionnaire.question(key)
        plain = all(p.bind is None and p.kind is not PartKind.TABLE for p in question.parts)
        # Questions that switch no others: every save of a campaign is possible at any time.
        if plain and key.startswith("OHS") and len(chosen) < QUESTIONS:
            chosen[key] = plausible(sheet, question)
    session.commit()
    return Prepared(cast, assessment.id, chosen)
