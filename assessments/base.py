"""Base class, column types, ids and database time shared by every record."""

import enum
import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Dialect, Enum, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


CALENDAR = range(1900, 2201)
"""Years in which something of ours happens; beyond, clocks and databases disagree on what an instant is."""


def in_calendar(day: date) -> bool:
    """Whether a day or instant lies in a year that a record may name."""
    return day.year in CALENDAR


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Naive values are refused: a time without a zone has cost others a day.

    PostgreSQL stores ``timestamptz``; SQLite stores UTC text that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into UTC; raise ValueError on a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"instant without a time zone: {value!r}; use datetime.now(UTC)")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every instant back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """The one declarative base; ``plumbline`` hands its metadata to Flask-SQLAlchemy."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        datetime: UtcDateTime(),
        date: Date(),
        uuid.UUID: Uuid(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            create_constraint=False,
            length=40,
            values_callable=lambda members: [member.value for member in members],
        ),
    }


def new_id() -> uuid.UUID:
    """Return a fresh UUIDv7: sorts by time of making, cannot be guessed (RFC 9562)."""
    return uuid7()


class database_now(FunctionElement[datetime]):  # noqa: N801  it reads as the SQL function it is
    """The database's own clock at the start of the statement, the one visibility is compared with."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _postgresql_now(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return "statement_timestamp()"


@compiles(database_now, "sqlite")
def _sqlite_now(_element: Any, _compiler: Any, **_kw: Any) -> str:
    # The format in which UtcDateTime is stored, so that text comparison is time comparison.
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
