"""The checks behind /readyz and ``plumbline doctor``: database to scanner, keys, worker, jobs given up."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assessments.audit.events import AuditSeal
from assessments.leases import Lease
from plumbline.documents import open_store
from plumbline.jobs import claims
from plumbline.jobs.desk import now
from plumbline.jobs.schedule import LEADER
from plumbline.rendering import packaged
from plumbline.settings import Settings
from plumbline.signing import KeyPurpose, KeyTrouble, public_keys, signing_key
from plumbline.transaction import SYSTEM_TENANT, is_reading, only_reading, tenant_session

NOT_THERE = "unknown: the database is away or not migrated"


@dataclass(frozen=True)
class Check:
    """One part and its fault, if it has one.

    ``fault`` is for anybody who asks /readyz: no path, no address. ``detail`` is for the operator: what is
    wrong where, and what to do. ``stops``: whether requests should go elsewhere until it is mended.
    """

    name: str
    fault: str | None = None
    detail: str = ""
    stops: bool = True

    @property
    def told(self) -> str:
        """Fault and detail, for the operator."""
        return ": ".join(part for part in (self.fault, self.detail) if part) or "ok"


def expected_revision() -> str:
    """The migration this code was written against."""
    return (packaged("migrations") / "HEAD").read_text().strip()


def checks(settings: Settings, engine: Engine, *, only: Collection[str] = ()) -> Iterator[Check]:
    """Yield every check, or those named in ``only``; none raises, and none locks SQLite for writing."""
    every: dict[str, Callable[[], Check]] = {
        "database": lambda: _database(engine),
        "migrations": lambda: _migrations(engine),
        "role": lambda: _role(engine) if settings.is_postgresql else Check("role"),
        "queue": lambda: _queue(settings),
        "store": lambda: _store(settings),
        "keys": lambda: _keys(settings, engine),
        "worker": lambda: _worker(engine),
        "jobs": lambda: _jobs(engine),
    }
    if settings.clamd is not None:
        every["scanner"] = lambda: _scanner(settings)
    before = is_reading()
    for name, look in every.items():
        if only and name not in only:
            continue
        only_reading(True)
        try:
            found = look()
        finally:
            only_reading(before)
        yield found


@contextmanager
def _session(engine: Engine) -> Iterator[Session]:
    with tenant_session(engine, SYSTEM_TENANT) as session:
        yield session


def _database(engine: Engine) -> Check:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and not Path(file).exists():
        return Check("database", "it is not made yet; run: plumbline db upgrade", f"there is no file {file}")
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        return Check("database", "does not answer", _first_line(error))
    return Check("database")


def _migrations(engine: Engine) -> Check:
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return Check("migrations", "the database is empty; run: plumbline db upgrade")
            at = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except (SQLAlchemyError, OSError):
        return Check("migrations", "unknown: the database does not answer")
    if at != expected_revision():
        where = f"the database is at {at}, this code at {expected_revision()}"
        return Check("migrations", f"{where}; run: plumbline db upgrade")
    return Check("migrations")


def _role(engine: Engine) -> Check:
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
        return Check("role", "unknown: the database does not answer")
    if superuser or bypass or owned:
        return Check(
            "role",
            "the application's role is over-privileged (superuser, BYPASSRLS or owner); use plumbline_app",
        )
    return Check("role")


def _queue(settings: Settings) -> Check:
    if settings.redis_url is None:
        return Check("queue")
    try:
        with Redis.from_url(settings.redis_url, socket_timeout=2) as redis:
            redis.ping()
    except (RedisError, OSError) as error:
        return Check("queue", "Redis does not answer; jobs wait in the database", _first_line(error))
    return Check("queue")


def _store(settings: Settings) -> Check:
    try:
        open_store(settings).check()
    except Exception as error:  # noqa: BLE001  each store has its own family of failures; all mean not ready
        remedy = getattr(error, "remedy", "")
        return Check("store", "the evidence store cannot be used", f"{_first_line(error)} {remedy}".strip())
    return Check("store")


def _scanner(settings: Settings) -> Check:
    assert settings.clamd is not None  # noqa: S101  asked by the caller
    try:
        with socket.create_connection((settings.clamd.host, settings.clamd.port), timeout=2) as connection:
            connection.sendall(b"zPING\0")
            answer = connection.recv(16)
    except OSError as error:
        return Check("scanner", "clamd does not answer; new evidence stays held", _first_line(error))
    return Check("scanner", None if answer.startswith(b"PONG") else "clamd answers strangely")


def _keys(settings: Settings, engine: Engine) -> Check:
    """Both keys can be used, and the trail was last sealed with one that is known here."""
    cannot = "the signing keys cannot be used; nothing can be published until the operator puts them right"
    try:
        for purpose in KeyPurpose:
            signing_key(settings.key_folder, purpose)
        known = public_keys(settings.key_folder, KeyPurpose.SEAL)
    except KeyTrouble as trouble:
        return Check("keys", cannot, str(trouble))
    try:
        with _session(engine) as session:
            last = session.scalar(select(AuditSeal.key_id).order_by(AuditSeal.number.desc()).limit(1))
    except (SQLAlchemyError, OSError):
        return Check("keys")
    if last is not None and last not in known:
        return Check(
            "keys",
            "the audit trail was sealed with a key that is not known here",
            f"give every process the same PLUMBLINE_KEY_FOLDER, with the public half of {last}",
            stops=False,
        )
    return Check("keys")


def _worker(engine: Engine) -> Check:
    try:
        with _session(engine) as session:
            lease, at = session.get(Lease, LEADER), now(session)
    except (SQLAlchemyError, OSError):
        return Check("worker", NOT_THERE, stops=False)
    if lease is None or lease.until < at:
        return Check(
            "worker",
            "no worker is at work; jobs and letters wait, nothing is lost",
            "start one with: plumbline worker (plumbline serve keeps one beside it, and logs child_ended)",
            stops=False,
        )
    return Check("worker")


def _jobs(engine: Engine) -> Check:
    try:
        with _session(engine) as session:
            found = claims.outlook(session, at=now(session))
    except (SQLAlchemyError, OSError):
        return Check("jobs", NOT_THERE, stops=False)
    if found.dead:
        told = "see: plumbline jobs list; after mending the cause: plumbline jobs retry"
        return Check("jobs", f"{found.dead} given up", told, stops=False)
    return Check("jobs")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
