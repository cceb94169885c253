"""``plumbline doctor``: say what is wrong with this installation and what to do."""

from __future__ import annotations

import sys

import click

from plumbline.commands.context import application
from plumbline.extensions import db
from plumbline.readiness import checks


@click.command("doctor")
def doctor() -> None:
    """Check settings, database, role, migrations, queue, store, keys, worker, jobs given up and scanner.

    Exit code 1 when something keeps the platform from serving; what only waits is named and counts as 0.
    """
    settings, app = application()
    click.echo("settings     ok")
    faulty = False
    with app.app_context():
        for check in checks(settings, db.engine):
            click.echo(f"{check.name:<12} {check.told}")
            faulty = faulty or (check.fault is not None and check.stops)
    if faulty:
        sys.exit(1)
