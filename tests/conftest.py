"""Fixtures of the whole suite: a migrated database, the application on it, and people who visit it.

``stack`` is one test's own world on SQLite and on PostgreSQL (the test runs twice); ``embedded`` is the
SQLite one alone, for pages and rules whose SQL another test holds against both.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plumbline.app import create_app
from plumbline.extensions import db
from plumbline.settings import Settings, from_environment
from plumbline.transaction import SYSTEM_TENANT, make_engine, tenant_session
from tests.support.cast import Cast, make_cast
from tests.support.page import ApartClient, Visit
from tests.support.real_servers import Postgres
from tests.support.templates import COMPILED

SECRET = "a-secret-for-tests-0123456789-abcdefghijkl"


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported, and come less often.

    Pages and their trees are made of many small things; looking for cycles after every 700 of them, among
    all that the programs and the tests themselves are made of, was an eighth of the time of such tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def environment(var: Path, **more: str) -> dict[str, str]:
    """The settings of a test's world whose files lie under ``var``."""
    return {
        "PLUMBLINE_VAR": str(var),
        "PLUMBLINE_SECRET_KEY": SECRET,
        "PLUMBLINE_ARGON2_MEMORY_KIB": "64",
        "PLUMBLINE_LOG_LEVEL": "ERROR",
        "PLUMBLINE_POOL_SIZE": "5",
        **more,
    }


@dataclass
class Stack:
    """One test's own world: settings, application, engine, a session as the platform, the cast."""

    settings: Settings
    app: Flask
    engine: Engine
    session: Session
    cast: Cast

    @property
    def is_postgresql(self) -> bool:
        """Whether this world stands on PostgreSQL."""
        return self.settings.is_postgresql

    def visit(self, member: object = None) -> Visit:
        """A browser's view of the application, signed in as ``member`` of the cast (None: nobody)."""
        return Visit(self, member)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without rows, made once per worker and copied per test."""
    var = tmp_path_factory.mktemp("template")
    settings = from_environment(environment(var))
    app = create_app(settings)
    import flask_migrate

    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    # The write-ahead log is folded in, so that one file is the whole database.
    engine = make_engine(settings)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return var / "plumbline.sqlite"


def _open(settings: Settings) -> Iterator[Stack]:
    app = create_app(settings)
    app.testing = True
    app.test_client_class = ApartClient
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        engine = db.engine
    with tenant_session(engine, SYSTEM_TENANT) as session:
        cast = make_cast(session)
        session.commit()
        yield Stack(settings, app, engine, session, cast)
        session.rollback()
    engine.dispose()


@pytest.fixture
def embedded(tmp_path: Path, migrated_file: Path) -> Iterator[Stack]:
    """A world on SQLite and folders."""
    shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
    yield from _open(from_environment(environment(tmp_path)))


@pytest.fixture
def on_postgresql(tmp_path: Path, fresh_postgres: Postgres) -> Iterator[Stack]:
    """A world on PostgreSQL alone, for what no other database has."""
    yield from _open(from_environment(environment(tmp_path, **fresh_postgres.environment)))


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> Iterator[Stack]:
    """A world on SQLite, then one on PostgreSQL as the application's role under row-level security."""
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "plumbline.sqlite")
        yield from _open(from_environment(environment(tmp_path)))
        return
    postgres = request.getfixturevalue("fresh_postgres")
    yield from _open(from_environment(environment(tmp_path, **postgres.environment)))
