"""An open assessment of Kovo's smelter, and one of its yard in the same cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assessments.assessment import Assessment
from assessments.sheet.answering import Offered, Saved, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from plumbline.settings import from_environment
from tests.conftest import Stack, _open, environment
from tests.support.assessing import opened
from tests.support.cast import NOW, Member
from tests.support.real_servers import Postgres
from tests.support.statements import counted


@dataclass
class Desk:
    """One supplier's people at one site's sheet."""

    stack: Stack
    assessment: Assessment

    def sheet(self) -> AnswerSheet:
        """The sheet as it stands now."""
        self.stack.session.rollback()
        return read_sheet(self.stack.session, self.assessment.id)

    def save(
        self,
        key: str,
        parts: Mapping[str, Any],
        revision: int | None = None,
        state: AnswerState | None = None,
        *,
        by: Member | None = None,
        **more: str,
    ) -> Saved:
        """Save one answer and commit, on the newest revision unless another is given."""
        sheet = self.sheet()
        seen = sheet.answer(key).revision if revision is None else revision
        member = by or self.stack.cast.petr
        offered = Offered(parts, seen, state, **more)
        saved = save_answer(self.stack.session, sheet, key, offered, by=member.actor, at=NOW)
        self.stack.session.commit()
        return saved


@pytest.fixture
def desk(stack: Stack) -> Desk:
    """The smelter's sheet on SQLite, then on PostgreSQL."""
    return Desk(stack, opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW))


@pytest.fixture
def postgres_desk(tmp_path: Path, fresh_postgres: Postgres) -> Iterator[Desk]:
    """The smelter's sheet on PostgreSQL alone, for what only concurrent transactions can show."""
    for stack in _open(from_environment(environment(tmp_path, **fresh_postgres.environment))):
        yield Desk(stack, opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW))


@pytest.fixture
def statements(stack: Stack) -> Iterator[list[str]]:
    """The SQL that runs while the test looks; clear it to begin."""
    with counted(stack.engine) as ran:
        yield ran
