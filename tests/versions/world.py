"""Kovo answers the small questionnaire for its smelter and its yard; then its next version is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from assessments.assessment import Assessment, QuestionnaireVersion
from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM, Site
from assessments.questionnaire.model import Questionnaire
from assessments.rounds.opening import open_assessment
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from tests.support.acts import World
from tests.support.cast import NOW

DAY = timedelta(days=1)
OPENED = NOW - 20 * DAY
ANSWERED = NOW - 10 * DAY

GIVEN: Mapping[str, Mapping[str, Any]] = {
    "PRO-04": {
        "origins": [{"row": None, "material": "nickel", "country": "COD"}],
        "agents": ["buying"],
    },
    "OHS-01": {"known": "yes"},
    "OHS-03": {"states": [{"row": "burns", "state": "seen", "day": "60", "night": "40"}]},
    "OHS-04": {"day": "2026-05-04", "kind": "gas"},
    "OHS-06": {"dust": {"value": "0.25", "year": 2025, "basis": "measured"}},
    "OHS-08": {"who": "The fire service"},
}
"""What the smelter says; OHS-01 and OHS-08 are the company's."""


@dataclass(frozen=True)
class Round:
    """A round under 1.0 with answers, and the version it may move to."""

    stack: Any  # a Stack, or whatever else has a session and the cast
    smelter: Assessment
    yard: Assessment
    first: QuestionnaireVersion
    second: QuestionnaireVersion

    @property
    def session(self) -> Session:
        """The platform's session."""
        session: Session = self.stack.session
        return session

    @property
    def sheet(self) -> AnswerSheet:
        """The smelter's sheet as it stands."""
        self.session.expire_all()
        return read_sheet(self.session, self.smelter.id)

    def say(self, key: str, parts: Mapping[str, Any], at: datetime, state: AnswerState | None = None) -> None:
        """Save one answer of the smelter, committed."""
        say(self.stack, self.smelter, key, parts, at, state)


def say(
    stack: World,
    assessment: Assessment,
    key: str,
    parts: Mapping[str, Any],
    at: datetime,
    state: AnswerState | None = None,
) -> None:
    """Save one answer as Jana, committed."""
    sheet = read_sheet(stack.session, assessment.id)
    offered = Offered(parts, sheet.answer(key).revision, state=state)
    save_answer(stack.session, sheet, key, offered, by=stack.cast.jana.actor, at=at)
    stack.session.commit()


def answered(stack: World, first: Questionnaire, second: Questionnaire) -> Round:
    """Open both sites under ``first``, answer for the smelter, publish ``second``."""
    session, by = stack.session, stack.cast.jana.actor
    old = publish_version(session, first, by=SYSTEM, at=NOW - 30 * DAY)
    smelter, yard = (
        open_assessment(session, session.get_one(Site, site), old, label="2026", by=by, at=OPENED)
        for site in (stack.cast.smelter, stack.cast.yard)
    )
    session.commit()
    for key, parts in GIVEN.items():
        say(stack, smelter, key, parts, ANSWERED)
    new = publish_version(session, second, by=SYSTEM, at=NOW - 5 * DAY)
    session.commit()
    return Round(stack, smelter, yard, old, new)
