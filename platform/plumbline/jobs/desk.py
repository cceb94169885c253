"""What every run needs: the settings, sessions as the system, and the name under which leases are held."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from assessments.base import database_now
from assessments.leases import new_holder
from plumbline.settings import Settings
from plumbline.transaction import SYSTEM_TENANT, only_reading, tenant_session

Sessions = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Desk:
    """One worker's place. ``sessions()`` is one transaction as the system: committed at its end or undone."""

    settings: Settings
    sessions: Sessions
    holder: str

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that only reads, so that SQLite locks nobody out."""
        only_reading(True)
        try:
            with self.sessions() as session:
                yield session
        finally:
            only_reading(False)


def open_desk(settings: Settings, engine: Engine, *, name: str = "worker") -> Desk:
    """Return a desk on ``engine`` (``transaction.make_engine``) under a holder's name of its own."""
    return Desk(settings, system_sessions(engine), new_holder(f"{name}@{socket.gethostname()}:{os.getpid()}"))


def system_sessions(engine: Engine) -> Sessions:
    """Return sessions that run as the system audience and commit when their block ends well."""

    @contextmanager
    def open_one() -> Iterator[Session]:
        with tenant_session(engine, SYSTEM_TENANT) as session, session.begin():
            yield session

    return open_one


def now(session: Session) -> datetime:
    """Return the database's time: the one clock that all workers share."""
    return session.execute(select(database_now())).scalar_one()
