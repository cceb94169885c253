"""Cursor pages: ``{"items", "next_cursor"}``, newest first; ids sort by the time of making (UUIDv7)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import Field
from sqlalchemy import Select

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


def page_in(things: Sequence[Any], query: PageQuery) -> tuple[list[Any], uuid.UUID | None]:
    """Cut one page out of a list that the domain gives whole. Raises Invalid for a made-up cursor."""
    start = 0
    if query.cursor is not None:
        places = [number for number, thing in enumerate(things) if thing.id == query.cursor]
        if not places:
            raise Invalid("This page of the list is not there.", {"cursor": "begin again without it"})
        start = places[0] + 1
    page = list(things[start : start + query.limit])
    more = len(things) > start + query.limit
    return page, page[-1].id if more else None
