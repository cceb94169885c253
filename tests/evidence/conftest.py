"""The stores of these tests (the folder, a bucket on each of two S3 servers) and a database to write in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from assessments.base import Base, new_id
from assessments.parties import Actor, Organization, Role
from plumbline.documents.folder import Folder
from plumbline.documents.s3 import Bucket
from plumbline.documents.store import Store
from plumbline.transaction import prepare_engine
from tests.support.real_servers import S3, Cluster


def bucket_on(server: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The store in a server's bucket, with the server's credentials where boto3 looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    return Bucket(server.bucket, server.endpoint)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A store in a folder that does not exist yet."""
    return Folder(tmp_path / "evidence store")


@pytest.fixture
def bucket(any_s3: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A store in a bucket, once per S3 server."""
    return bucket_on(any_s3, monkeypatch)


@pytest.fixture(params=["folder", "s3", "strict_s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Each kind of store in turn."""
    if request.param == "folder":
        return request.getfixturevalue("folder")  # type: ignore[no-any-return]
    return bucket_on(request.getfixturevalue(request.param), monkeypatch)


@pytest.fixture(scope="session")
def on_postgres(postgres_cluster: Cluster, worker_id: str) -> Iterator[Engine]:
    """A database of this worker's own with the tables of the domain."""
    database = postgres_cluster.empty(f"plumbline_evidence_{worker_id}")
    made = create_engine(database.superuser_dsn.replace("postgresql:", "postgresql+psycopg:"))
    prepare_engine(made)
    Base.metadata.create_all(made)
    yield made
    made.dispose()
    postgres_cluster.drop(database.name)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with the tables of the domain, on each kind of server."""
    if request.param == "sqlite":
        made = create_engine(f"sqlite:///{tmp_path / 'plumbline.sqlite'}")
        prepare_engine(made)
        Base.metadata.create_all(made)
        yield made
        made.dispose()
        return
    yield (shared := request.getfixturevalue("on_postgres"))
    with shared.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on it, closed at the end."""
    with Session(engine, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def supplier(session: Session) -> Organization:
    """A supplier, committed."""
    made = Organization(
        id=new_id(), kinds=["supplier"], legal_name="Nordkupfer", country="DEU", discoverable=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    session.add(made)
    session.commit()
    return made


@pytest.fixture
def contributor(supplier: Organization) -> Actor:
    """Somebody of that supplier who may upload."""
    return Actor(new_id(), supplier.id, Role.SUPPLIER_CONTRIBUTOR)
