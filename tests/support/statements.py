"""Counting statements: what an endpoint asks of the database is fixed and asserted (DESIGN.md 7)."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event

Answer = TypeVar("Answer")


@contextlib.contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Yield the list of statements that run on ``engine`` meanwhile, begin and commit left out.

    Make the requests with ``as_a_server``: the test's own session would set its tenant in each transaction.
    """
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    driven = psycopg.Connection.execute

    def alone(connection: Any, statement: Any, *more: Any, **options: Any) -> Any:
        seen.append(statement)  # one that is a transaction of its own (assessments.driver.at_once)
        return driven(connection, statement, *more, **options)

    event.listen(engine, "before_cursor_execute", note)
    psycopg.Connection.execute = alone  # type: ignore[assignment, method-assign]
    try:
        yield seen
    finally:
        psycopg.Connection.execute = driven  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", note)


def as_a_server(call: Callable[..., Answer], *args: Any, **more: Any) -> Answer:
    """Call in an empty context, as a server's thread begins a request."""
    return contextvars.Context().run(call, *args, **more)
