"""Worlds of these tests: a fact check that runs, and a published result with its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from assessments.assessment import Assessment
from assessments.verification.finding import Finding, findings_of
from tests.conftest import Stack
from tests.support.acts import submitted, verified
from tests.support.cast import NOW
from tests.support.worlds import (  # noqa: F401  fixtures
    built_postgres,
    built_sqlite,
    finished,
    finished_embedded,
    finished_postgres,
)


@dataclass
class FactCheck:
    """A stack where the smelter's draft findings are with the supplier."""

    stack: Stack
    assessment: Assessment

    @property
    def path(self) -> str:
        """Where its findings are read."""
        return f"/supplier/assessments/{self.assessment.id}/findings"

    @property
    def deadlines(self) -> str:
        """Under which its fact check is moved."""
        return f"/supplier/assessments/{self.assessment.id}/fact-check"

    def finding(self, place: int) -> Finding:
        """A finding by its place in the order in which they were drafted, from 1, as it stands now."""
        self.stack.session.rollback()
        self.stack.session.expire_all()
        return findings_of(self.stack.session, self.assessment.id)[place - 1]


@pytest.fixture
def checking(embedded: Stack) -> FactCheck:
    """The smelter in fact check, since yesterday."""
    assessment = submitted(embedded)
    verified(embedded, assessment, at=NOW - timedelta(days=1))
    return FactCheck(embedded, assessment)
