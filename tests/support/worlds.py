"""Fixtures: worlds that took acts to build, built once per process and database, then copied for each test.

``finished``: Kovo's smelter published by the steward with findings and a plan (``world.result``), the yard
submitted and waiting (``world.waiting``), two documents in Kovo's vault, one in Rival's. Nothing is shared.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assessments.assessment import Assessment
from assessments.result import Result
from plumbline.app import create_app
from plumbline.extensions import db
from plumbline.settings import Settings, from_environment
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.conftest import Stack, environment
from tests.support.acts import documented, published, submitted
from tests.support.cast import NOW, Cast, make_cast
from tests.support.page import ApartClient
from tests.support.real_servers import Cluster, Postgres
from tests.support.templates import COMPILED


@dataclass(frozen=True)
class Ids:
    """What the built world left behind, by id."""

    cast: Cast
    result: uuid.UUID
    waiting: uuid.UUID
    permit: uuid.UUID
    survey: uuid.UUID
    rival_paper: uuid.UUID


@dataclass
class Finished(Stack):
    """A stack on a copy of the built world."""

    ids: Ids

    @property
    def result(self) -> Result:
        """The smelter's result."""
        return self.session.get_one(Result, self.ids.result)

    @property
    def waiting(self) -> Assessment:
        """The yard's assessment, submitted."""
        return self.session.get_one(Assessment, self.ids.waiting)


def build(settings: Settings) -> Ids:
    """Act the world out on an empty, migrated database; nobody is connected afterwards."""
    app = create_app(settings)
    with app.app_context():
        engine = db.engine
    with tenant_session(engine, SYSTEM_TENANT) as session:
        cast = make_cast(session)
        session.commit()
        stack = Stack(settings, app, engine, session, cast)
        jana, rita = cast.jana.actor, cast.rita.actor
        permit = documented(session, cast.kovo, "Permit", by=jana, at=NOW).latest.id
        survey = documented(session, cast.kovo, "Survey", by=jana, at=NOW).latest.id
        paper = documented(session, cast.rival, "Paper", by=rita, at=NOW).latest.id
        result = published(stack)
        waiting = submitted(stack, site_id=cast.yard)
        ids = Ids(cast, result.id, waiting.id, permit, survey, paper)
    if not settings.is_postgresql:
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return ids


@pytest.fixture(scope="session")
def built_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[Path, Ids]:
    """The world as a SQLite file."""
    var = tmp_path_factory.mktemp("finished")
    shutil.copy(migrated_file, var / "plumbline.sqlite")
    return var / "plumbline.sqlite", build(from_environment(environment(var)))


@pytest.fixture(scope="session")
def built_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster, pytestconfig: pytest.Config
) -> tuple[str, Ids]:
    """The world as a PostgreSQL database to copy from.

    Each room that takes this fixture over gets one of its own; of one name, the second would put another
    world under the ids of the first.
    """
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "gw0")
    if worker not in _ON_POSTGRES:
        database = postgres_cluster.copy(f"plumbline_finished_{worker}")
        var = tmp_path_factory.mktemp("finished")
        made = build(from_environment(environment(var, **database.environment)))
        _ON_POSTGRES[worker] = (database.name, made)
    return _ON_POSTGRES[worker]


_ON_POSTGRES: dict[str, tuple[str, Ids]] = {}


def open_copy(settings: Settings, ids: Ids) -> Iterator[Finished]:
    """A stack on one copy."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = ApartClient
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        engine = db.engine
    with tenant_session(engine, SYSTEM_TENANT) as session:
        yield Finished(settings, app, engine, session, ids.cast, ids)
        session.rollback()
    engine.dispose()


def copied_postgres(cluster: Cluster, template: str) -> Postgres:
    """A database of one test's own, copied from ``template``."""
    return cluster._create(f"{template}_copy", template)


@pytest.fixture
def finished_embedded(tmp_path: Path, built_sqlite: tuple[Path, Ids]) -> Iterator[Finished]:
    """The world on SQLite alone."""
    file, ids = built_sqlite
    shutil.copy(file, tmp_path / "plumbline.sqlite")
    yield from open_copy(from_environment(environment(tmp_path)), ids)


@pytest.fixture
def finished_postgres(
    tmp_path: Path, built_postgres: tuple[str, Ids], postgres_cluster: Cluster
) -> Iterator[Finished]:
    """The world on PostgreSQL alone."""
    template, ids = built_postgres
    copied = copied_postgres(postgres_cluster, template)
    yield from open_copy(from_environment(environment(tmp_path, **copied.environment)), ids)
    postgres_cluster.drop(copied.name)


@pytest.fixture(params=["sqlite", "postgresql"])
def finished(request: pytest.FixtureRequest) -> Finished:
    """The world on SQLite, then on PostgreSQL under row-level security."""
    name = "finished_embedded" if request.param == "sqlite" else "finished_postgres"
    world: Finished = request.getfixturevalue(name)
    return world
