"""What commands share: the settings, the application, one refusal on one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from sqlalchemy.orm import Session

from plumbline.app import create_app
from plumbline.extensions import db
from plumbline.settings import Settings, from_environment
from plumbline.transaction import SYSTEM_TENANT, tenant_session


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
    """Yield settings and a session of the platform itself, committed when the block ends without error."""
    settings, app = application()
    with app.app_context(), tenant_session(db.engine, SYSTEM_TENANT) as session:
        yield settings, session
        session.commit()
