"""What commands share: the settings, the application, one refusal on one line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import click
from flask import Flask
from sqlalchemy.orm import Session

from plumbline.app import create_app
from plumbline.extensions import db
from plumbline.readiness import checks
from plumbline.settings import Settings, from_environment
from plumbline.transaction import SYSTEM_TENANT, make_engine, tenant_session


class Wrong(click.ClickException):
    """Bad input: one line, exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Print the line to standard error."""
        del file
        click.echo(f"plumbline: {self.format_message()}", err=True)


def application() -> tuple[Settings, Flask]:
    """Return the checked settings and the application."""
    settings = from_environment()
    return settings, create_app(settings)


@contextmanager
def platform_session() -> Iterator[tuple[Settings, Session]]:
    """Yield settings and a session of the platform itself, committed when the block ends without error.

    Wrong when the database is away or not migrated.
    """
    settings, app = application()
    check_database(settings)
    with app.app_context():
        try:
            with tenant_session(db.engine, SYSTEM_TENANT) as session:
                yield settings, session
                session.commit()
        finally:
            db.engine.dispose()


def check_database(settings: Settings, needed: Collection[str] = ("database", "migrations")) -> None:
    """Raise Wrong on a database that is away, not migrated, or (``role``) reached with too many rights."""
    engine = make_engine(settings)
    try:
        # The first alone: without a database nothing else can be known.
        for check in checks(settings, engine, only=needed):
            if check.fault:
                raise Wrong(f"{check.name}: {check.told}")
    finally:
        engine.dispose()
