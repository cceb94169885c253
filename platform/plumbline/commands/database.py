"""``plumbline db``: bring the database to the state this code expects."""

from __future__ import annotations

from pathlib import Path

import click
import flask_migrate
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from plumbline.commands.context import Wrong, application


@click.group("db")
def db_group() -> None:
    """Create and migrate the database."""


@db_group.command("upgrade")
@click.option("--sql", is_flag=True, help="Print the SQL for PostgreSQL instead of running it.")
@click.option("--revision", default="head", show_default=True, help="Migrate up to this revision.")
def upgrade(sql: bool, revision: str) -> None:
    """Run every migration that is missing; twice does no harm."""
    settings, app = application()
    url = make_url(settings.migration_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    with app.app_context():
        try:
            flask_migrate.upgrade(revision=revision, sql=sql)
        except SQLAlchemyError as error:
            raise Wrong(f"the database was not migrated: {str(error).splitlines()[0]}") from error
    if not sql:
        click.echo("The database is up to date.")


@db_group.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Go back to REVISION (base: empty). Data of dropped tables is gone."""
    _settings, app = application()
    with app.app_context():
        flask_migrate.downgrade(revision=revision)
    click.echo(f"The database is at {revision}.")
