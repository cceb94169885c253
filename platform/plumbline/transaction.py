"""One transaction per request or job: who it is for, when it commits, how each database begins it.

PostgreSQL: the tenant is set once per transaction with ``set_config(..., true)``, which row-level security
reads (DESIGN.md 3). SQLite: writers begin IMMEDIATE, because a stale read followed by a write fails at
once there, busy timeout or not (ARCHITECTURE.md).
A save that is one statement is a transaction by itself (``assessments.driver.at_once``) and begins none here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, SessionTransaction

from assessments.parties import Actor
from plumbline.settings import Settings

SET_TENANT = text(
    "SELECT set_config('plumbline.org', :org, true), set_config('plumbline.audience', :audience, true), "
    "set_config('plumbline.person', :person, true)"
)


FLUSHED = "plumbline_flushed"


@dataclass(frozen=True)
class Tenant:
    """For whom a transaction reads and writes, as row-level security understands it."""

    organization: str
    audience: str
    person: str = ""

    @classmethod
    def of(cls, actor: Actor) -> Tenant:
        """The tenant an actor's transactions run as."""
        return cls(str(actor.organization_id or ""), actor.audience.value, str(actor.person_id or ""))


NOBODY = Tenant("", "")
SYSTEM_TENANT = Tenant("", "system")

_tenant: ContextVar[Tenant] = ContextVar("plumbline_tenant", default=NOBODY)
_reading: ContextVar[bool] = ContextVar("plumbline_reading", default=False)


def enter(session: Session, tenant: Tenant, *, already_set: bool = False) -> None:
    """Run the rest of this transaction, and those that follow in this context, as ``tenant``.

    ``already_set``: the statement that found out who asks has set it on the connection in passing.
    """
    _tenant.set(tenant)
    if not already_set and session.in_transaction():
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            _set_on(connection, tenant)


def leave() -> None:
    """Forget the tenant; the next transaction of this context is nobody's."""
    _tenant.set(NOBODY)
    _reading.set(False)


def only_reading(yes: bool) -> None:
    """Say whether the coming transaction only reads, so that SQLite need not lock for writing."""
    _reading.set(yes)


def is_reading() -> bool:
    """Whether what runs now said that it only reads."""
    return _reading.get()


def let_go(session: Session) -> None:
    """End a transaction that has changed nothing, before something slow: no lock and no connection is held.

    What is read afterwards is read anew. Raises AssertionError where something was changed: half of it would
    be committed.
    """
    changed = session.new or session.dirty or session.deleted or session.info.get(FLUSHED)
    assert not changed, "something was changed before what is slow"  # noqa: S101
    session.commit()


def set_down(session: Session) -> None:
    """Commit what was written (a line of the ledger, a count), so that nothing is held while we wait.

    Things loaded stay readable, apart from the session. The transaction that may follow only reads.
    """
    session.flush()
    session.expunge_all()
    session.commit()
    only_reading(True)


@event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _context: object) -> None:
    session.info[FLUSHED] = True


@event.listens_for(Session, "after_transaction_end")
def _forget_flush(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(FLUSHED, None)


@contextlib.contextmanager
def tenant_session(engine: Engine, tenant: Tenant) -> Iterator[Session]:
    """Yield a session whose every transaction runs as ``tenant``; closed at the end, never committed here."""
    token = _tenant.set(tenant)
    try:
        with Session(engine, expire_on_commit=False) as session:
            yield session
    finally:
        _tenant.reset(token)


def make_engine(settings: Settings) -> Engine:
    """Return an engine on which every transaction begins as this module says."""
    engine = create_engine(settings.database_url, **engine_options(settings))
    prepare_engine(engine)
    return engine


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return what ``create_engine`` needs for this database."""
    if settings.is_postgresql:
        return {
            "pool_size": settings.pool_size,
            "max_overflow": 0,
            "pool_timeout": 10,
            "pool_use_lifo": True,  # the connection used last: its process is still warm, idle ones stay idle
            "pool_pre_ping": False,
            "json_deserializer": orjson.loads,
            "connect_args": {
                "options": "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC -c jit=off"
            },
        }
    return {"connect_args": {"timeout": 15, "check_same_thread": False}}


def prepare_engine(engine: Engine) -> None:
    """Attach the begin hook (and SQLite's pragmas) to an engine; twice does no harm."""
    if getattr(engine, "_plumbline_prepared", False):
        return
    engine._plumbline_prepared = True  # type: ignore[attr-defined]
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "begin", _postgresql_begin)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver must not begin by itself: it would begin deferred, and only before some statements.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=15000")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def _postgresql_begin(connection: Connection) -> None:
    # A request that only reads cannot write: the database itself refuses. Its transaction may then end by
    # COMMIT; after a ROLLBACK psycopg forgets its prepared statements, and the sheet's plan costs 50 ms anew.
    raw: Any = connection.connection.dbapi_connection
    if raw.read_only != _reading.get():  # setting it to what it is costs as much as a statement's half
        raw.read_only = _reading.get()
    tenant = _tenant.get()
    if tenant is not NOBODY:
        _set_on(connection, tenant)


def _set_on(connection: Connection, tenant: Tenant) -> None:
    connection.execute(
        SET_TENANT, {"org": tenant.organization, "audience": tenant.audience, "person": tenant.person}
    )
