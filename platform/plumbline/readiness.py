"""The checks behind /readyz and ``plumbline doctor``: database, role, migrations, queue, store, scanner."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from plumbline.documents import open_store
from plumbline.rendering import packaged
from plumbline.settings import Settings


@dataclass(frozen=True)
class Check:
    """One part and its fault, if it has one; the fault says what to do."""

    name: str
    fault: str | None


def expected_revision() -> str:
    """The migration this code was written against."""
    return (packaged("migrations") / "HEAD").read_text().strip()


def checks(settings: Settings, engine: Engine) -> Iterator[Check]:
    """Yield every check; none raises."""
    yield Check("database", _database(engine))
    yield Check("migrations", _migrations(engine))
    yield Check("role", _role(engine) if settings.is_postgresql else None)
    yield Check("queue", _queue(settings))
    yield Check("store", _store(settings))
    if settings.clamd is not None:
        yield Check("scanner", _scanner(settings))


def _database(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        return f"does not answer: {str(error).splitlines()[0][:200]}"
    return None


def _migrations(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return "the database is empty; run: plumbline db upgrade"
            at = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except (SQLAlchemyError, OSError):
        return "unknown: the database does not answer"
    if at != expected_revision():
        return f"the database is at {at}, this code at {expected_revision()}; run: plumbline db upgrade"
    return None


def _role(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            superuser, bypass = connection.execute(
                text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            ).one()
            owned = connection.scalar(
                text(
                    "SELECT count(*) FROM pg_tables WHERE tableowner = current_user AND schemaname = 'public'"
                )
            )
    except (SQLAlchemyError, OSError):
        return "unknown: the database does not answer"
    if superuser or bypass or owned:
        return "the application's role is over-privileged (superuser, BYPASSRLS or owner); use plumbline_app"
    return None


def _queue(settings: Settings) -> str | None:
    if settings.redis_url is None:
        return None
    try:
        Redis.from_url(settings.redis_url, socket_timeout=2).ping()
    except (RedisError, OSError) as error:
        return f"Redis does not answer ({error}); jobs wait in the database"
    return None


def _store(settings: Settings) -> str | None:
    try:
        open_store(settings).check()
    except Exception as error:  # noqa: BLE001  each store has its own family of failures; all mean not ready
        return f"evidence store: {error}"
    return None


def _scanner(settings: Settings) -> str | None:
    assert settings.clamd is not None  # noqa: S101  asked by the caller
    try:
        with socket.create_connection((settings.clamd.host, settings.clamd.port), timeout=2) as connection:
            connection.sendall(b"zPING\0")
            answer = connection.recv(16)
    except OSError as error:
        return f"clamd does not answer ({error}); new evidence stays held"
    return None if answer.startswith(b"PONG") else "clamd answers strangely"
