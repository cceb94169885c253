"""A worker's place in a test: a migrated database of its own, settings, sessions as the system."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, func, select, text, update

from assessments.audit.events import AuditEvent
from assessments.outbox import JobKind, JobState, OutboxJob, later
from plumbline.jobs import registry
from plumbline.jobs.desk import Desk, now, open_desk
from plumbline.settings import Settings, from_environment
from plumbline.transaction import make_engine
from tests.conftest import environment
from tests.support.real_servers import Postgres


@dataclass
class Place:
    """One test's database as workers see it."""

    settings: Settings
    environment: dict[str, str]
    engine: Engine
    desk: Desk
    superuser_dsn: str = ""

    @property
    def is_postgresql(self) -> bool:
        """Whether this is PostgreSQL."""
        return self.settings.is_postgresql

    def another_desk(self) -> Desk:
        """A second worker on the same database."""
        return open_desk(self.settings, self.engine)

    def ask(self, kind: JobKind = JobKind.REFRESH_PORTFOLIO, due_in: float = 0.0, **payload: Any) -> str:
        """Record a job and return its id."""
        with self.desk.sessions() as session:
            at = now(session)
            job = later(session, kind, payload, at=at, due=at + timedelta(seconds=due_in))
            session.flush()
            return str(job.id)

    def jobs(self) -> dict[str, OutboxJob]:
        """Every job by id, as it stands now."""
        with self.desk.reading() as session:
            found = {str(job.id): job for job in session.scalars(select(OutboxJob))}
            session.expunge_all()
            return found

    def states(self) -> list[JobState]:
        """The states of all jobs, oldest first."""
        return [job.state for _, job in sorted(self.jobs().items())]

    def make_due(self) -> None:
        """Let every waiting job's wait be over."""
        with self.desk.sessions() as session:
            at = now(session) - timedelta(seconds=1)
            session.execute(update(OutboxJob).where(OutboxJob.state == JobState.WAITING).values(due_at=at))

    def database_now(self) -> datetime:
        """The database's time."""
        with self.desk.reading() as session:
            return now(session)

    def effects(self, job_id: str | None = None) -> int:
        """How many effects there are, of one job or of all (``tests.support.effects``)."""
        query = select(func.count()).where(AuditEvent.subject_type == "effect")
        if job_id:
            query = query.where(AuditEvent.subject_id == uuid.UUID(job_id))
        with self.desk.reading() as session:
            return session.scalar(query) or 0

    def wait_until_sealable(self) -> None:
        """Wait until no transaction that began before the newest row is running.

        PostgreSQL counts the transactions of the whole cluster, and other tests have databases on it.
        """

        def past() -> bool:
            with self.desk.reading() as session:
                newest = session.scalar(select(AuditEvent.position).order_by(AuditEvent.seq.desc()).limit(1))
                oldest = session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
                return int(oldest or 0) > (newest or 0)

        if self.is_postgresql:
            wait_for(past)

    def tamper(self, *statements: str) -> None:
        """Change the database as somebody would who owns it: no trigger, no row security."""
        if self.is_postgresql:
            with psycopg.connect(self.superuser_dsn) as talk:
                talk.execute("SET session_replication_role = replica")
                for statement in statements:
                    talk.execute(statement.encode())
            return
        with sqlite3.connect(self.settings.database_url.removeprefix("sqlite:///")) as file:
            triggers = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                file.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                file.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> Iterator[Place]:
    """A worker's place on SQLite, then on PostgreSQL as the application's role."""
    if request.param == "sqlite":
        made = sqlite_place(tmp_path, migrated_file)
    else:
        postgres = request.getfixturevalue("fresh_postgres")
        made = make_place(environment(tmp_path, **postgres.environment))
        made.superuser_dsn = postgres.superuser_dsn
    yield made
    made.engine.dispose()


@pytest.fixture
def postgres_place(fresh_postgres: Postgres, tmp_path: Path) -> Iterator[Place]:
    """A worker's place on PostgreSQL."""
    made = make_place(environment(tmp_path, **fresh_postgres.environment))
    made.superuser_dsn = fresh_postgres.superuser_dsn
    yield made
    made.engine.dispose()


@pytest.fixture
def sqlite_place_only(tmp_path: Path, migrated_file: Path) -> Iterator[Place]:
    """A worker's place on SQLite."""
    made = sqlite_place(tmp_path, migrated_file)
    yield made
    made.engine.dispose()


@pytest.fixture
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty registry, for a test that registers handlers of its own."""
    monkeypatch.setattr(registry, "_handlers", {})


def sqlite_place(var: Path, migrated_file: Path) -> Place:
    """A place on a copy of the migrated SQLite file."""
    shutil.copy(migrated_file, var / "plumbline.sqlite")
    return make_place(environment(var))


def make_place(told: dict[str, str]) -> Place:
    """A place on whatever database the settings name."""
    settings = from_environment(told)
    engine = make_engine(settings)
    return Place(settings, told, engine, open_desk(settings, engine))


def start(program: str, *arguments: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a Python program of the tests in a process of its own, with these settings."""
    return subprocess.Popen(
        [sys.executable, program, *arguments],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin", **environment},
        stdin=subprocess.DEVNULL,
    )


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until ``condition()`` holds; AssertionError when it does not within ``seconds``."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.02)
