"""An open assessment of Kovo's smelter, and one of its yard in the same cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from assessments.assessment import Assessment
from assessments.sheet.answering import Offered, Saved, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from plumbline.extensions import db
from plumbline.settings import from_environment
from tests.conftest import Stack, _open, environment
from tests.support.assessing import opened
from tests.support.cast import NOW, Member
from tests.support.page import Visit
from tests.support.programs import Told, ask
from tests.support.real_servers import Postgres
from tests.support.statements import as_a_server, counted

# In this database: others have theirs on the same server.
CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE usename = 'plumbline_app' AND datname = current_database()"
)


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


@pytest.fixture
def engine(postgres_desk: Desk) -> Engine:
    """The application's engine, as its requests use it."""
    with postgres_desk.stack.app.app_context():
        found: Engine = db.engine
    return found


@pytest.fixture
def superuser(engine: Engine) -> Iterator[psycopg.Connection]:
    url = engine.url
    dsn = f"postgresql://postgres@{url.host}:{url.port}/{url.database}"
    with psycopg.connect(dsn, autocommit=True) as talk:
        yield talk


@pytest.fixture
def petr(postgres_desk: Desk) -> Visit:
    """Petr, whose server has read and saved: it remembers the sheet."""
    visit = postgres_desk.stack.visit(postgres_desk.stack.cast.petr)
    ask(visit, "GET", f"/assessments/{postgres_desk.assessment.id}/answers").must()
    put(visit, postgres_desk, "first", 0).must()
    return visit


def put(visit: Visit, desk: Desk, words: str, seen: int) -> Told:
    """Save OHS-02 as a program does that says what it saw."""
    path = f"/assessments/{desk.assessment.id}/answers/OHS-02"
    return as_a_server(
        ask, visit, "PUT", path, {"state": "not_known", "note": words}, **{"If-Match": f'"{seen}"'}
    )
