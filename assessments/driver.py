"""Statements as the driver takes them: what every request runs is neither built nor compiled anew."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import CursorResult, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Values = tuple[Any, ...] | dict[str, Any]


def engine_of(session: Session) -> Engine:
    """The database a session speaks to."""
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


def by_driver(session: Session, statement: str, values: Values) -> CursorResult[Any]:
    """Run a statement in the session's transaction; what the session holds goes before it."""
    session.flush()  # its own statements do so by themselves
    return session.connection().exec_driver_sql(statement, values)


def at_once(engine: Engine, statement: str, values: Values) -> tuple[Any, ...] | None:
    """Run one statement that is a transaction of its own on PostgreSQL, and return its first row.

    What it wrote is durable when this returns; no BEGIN and no COMMIT is sent for it, which with what the
    session does around them cost as much as the statement. No tenant is set. Raises SQLAlchemy's errors as
    a session does. A connection on which it failed is not used again: what it is in the middle of, and
    whether its plans still fit, is not known. After a lost one the others of the pool are not trusted either.
    """
    driver: Any = engine.dialect.loaded_dbapi
    try:
        lent = engine.raw_connection()
    except driver.Error as fault:
        raise DBAPIError.instance(None, None, fault, driver.Error, dialect=engine.dialect) from fault
    raw: Any = lent.dbapi_connection
    try:
        raw.autocommit = True
        row: tuple[Any, ...] | None = raw.execute(statement, values).fetchone()
        raw.autocommit = False
    except BaseException as fault:
        lost = isinstance(fault, driver.Error) and engine.dialect.is_disconnect(fault, raw, None)
        lent.invalidate(fault)
        if lost:
            engine.dispose()
        if not isinstance(fault, driver.Error):
            raise
        raise DBAPIError.instance(
            statement, values, fault, driver.Error, connection_invalidated=lost, dialect=engine.dialect
        ) from fault
    finally:
        lent.close()
    return row


def as_document(values: dict[str, Any]) -> str:
    """Values as one JSON text, for a function of the database that takes them by name.

    Raises TypeError for what has no JSON form (ids and instants have one), half a surrogate pair included.
    """
    return orjson.dumps(values).decode()
