"""Cursor pages: ``{"items", "next_cursor"}``, newest first; ids sort by the time of making (UUIDv7)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from assessments.workflow import Invalid
from plumbline.api.operation import Shape
from plumbline.extensions import db

Item = TypeVar("Item")


class PageQuery(Shape):
    """Where the page begins and how long it is at most."""

    cursor: uuid.UUID | None = Field(None, description="next_cursor of the page before")
    limit: int = Field(50, ge=1, le=200)


def page_of(
    statement: Select[*tuple[Any, ...]], key: Any, query: PageQuery
) -> tuple[list[Any], uuid.UUID | None]:
    """Run one page of ``statement``, newest ``key`` first; return its rows and the next cursor."""
    if query.cursor is not None:
        statement = statement.where(key < query.cursor)
    rows = list(db.session.execute(statement.order_by(key.desc()).limit(query.limit + 1)))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return rows, _id_of(rows[-1][0]) if more else None


def _id_of(first: Any) -> uuid.UUID:
    found: uuid.UUID = first if isinstance(first, uuid.UUID) else first.id
    return found


def page_by(
    statement: Select[Any],
    keys: Sequence[InstrumentedAttribute[Any]],
    query: PageQuery,
    *,
    newest: bool = True,
) -> tuple[list[Any], uuid.UUID | None]:
    """Run one page of ``statement`` in the order of ``keys``, its id last; return entities and cursor.

    ``newest``: whether the order falls. A page that is not the first takes one statement more, to find its
    beginning. Raises Invalid for a made-up cursor, which is also one of a list that is not this one.
    """
    if query.cursor is not None:
        here = statement.whereclause
        assert here is not None, "a list of somebody"  # noqa: S101
        begin = db.session.execute(select(*keys).where(here, keys[-1] == query.cursor)).first()
        if begin is None:
            raise Invalid("This page of the list is not there.", {"cursor": "begin again without it"})
        statement = statement.where(_beyond(list(zip(keys, begin, strict=True)), newest=newest))
    order = [key.desc() if newest else key.asc() for key in keys]
    rows = list(db.session.scalars(statement.order_by(None).order_by(*order).limit(query.limit + 1)))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return rows, rows[-1].id if more else None


def _beyond(places: Sequence[tuple[InstrumentedAttribute[Any], Any]], *, newest: bool) -> ColumnElement[bool]:
    (key, value), rest = places[0], places[1:]
    past = key < value if newest else key > value
    return or_(past, and_(key == value, _beyond(rest, newest=newest))) if rest else past


def page_in(things: Sequence[Any], query: PageQuery) -> tuple[list[Any], uuid.UUID | None]:
    """Cut one page out of a list that is short by its nature. Raises Invalid for a made-up cursor."""
    start = 0
    if query.cursor is not None:
        places = [number for number, thing in enumerate(things) if thing.id == query.cursor]
        if not places:
            raise Invalid("This page of the list is not there.", {"cursor": "begin again without it"})
        start = places[0] + 1
    page = list(things[start : start + query.limit])
    more = len(things) > start + query.limit
    return page, page[-1].id if more else None
