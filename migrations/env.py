"""Alembic's way in: one connection, timeouts, and on PostgreSQL an advisory lock and the owner's role."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Enum, create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

import plumbline.records  # noqa: F401  every table is known before anything is compared
from assessments.base import Base
from plumbline.transaction import prepare_engine

LOCK = 7_586_925_463  # any number of our own


def include(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what others keep in the same database."""
    return not (kind == "table" and name == "alembic_version")


def render(kind: str, item: object, _context: object) -> str | bool:
    """Enumerations are text in the database: a new member needs no migration."""
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String({item.length})"
    return False


def configure(**how: object) -> None:
    """The options both ways of running share."""
    context.configure(
        target_metadata=Base.metadata,
        include_name=include,
        render_item=render,
        compare_type=True,
        compare_server_default=False,
        render_as_batch=True,
        **how,  # type: ignore[arg-type]
    )


def offline() -> None:
    """Write the SQL instead of running it, for review and lint."""
    configure(url="postgresql://", literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    """Run inside one transaction; two at once wait for each other."""
    settings = current_app.extensions["plumbline"]
    engine = create_engine(settings.migration_url, poolclass=NullPool)
    prepare_engine(engine)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            take_care(connection)
        configure(connection=connection, transaction_per_migration=False)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


def take_care(connection: Connection) -> None:
    """Never wait long for a lock, never run beside another migration, own what is made as the owner."""
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SET statement_timeout = '600s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = 'plumbline_owner'")):
        connection.execute(text("SET LOCAL ROLE plumbline_owner"))


if context.is_offline_mode():
    offline()
else:
    online()
