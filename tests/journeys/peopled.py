"""A running server whose people can sign in: what a journey with a world of its own begins with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.journeys.people import give_passwords
from tests.journeys.running import Running, embedded_settings, serving
from tests.support.cast import Cast, make_cast


@contextlib.contextmanager
def peopled(folder: Path, migrated_file: Path) -> Iterator[tuple[Running, Session, Cast]]:
    """The server on SQLite and folders in ``folder``, a session as the platform, the cast with passwords."""
    with (
        serving(embedded_settings(folder, migrated_file), folder) as running,
        tenant_session(running.engine, SYSTEM_TENANT) as session,
    ):
        cast = make_cast(session)
        give_passwords(session, cast.members().values(), memory_kib=running.settings.argon2_memory_kib)
        session.commit()
        yield running, session, cast
        session.rollback()
