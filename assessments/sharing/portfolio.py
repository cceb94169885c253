"""A buyer's portfolio: one statement a page, driven from its own rows of the projection.

The cost follows the page and not the number of suppliers: equality on the buyer, a window compared with the
database's clock, a keyset in the order of an index (security-reliability 6.1).
"""

from __future__ import annotations

import enum
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, literal, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from assessments.base import database_now
from assessments.cursors import instant, read_cursor, write_cursor
from assessments.parties import Organization, Subscription, is_lei, spelled_lei
from assessments.sentences import N_
from assessments.sharing.disclosure import BuyerSupplierNote, PortfolioRow
from assessments.verification.assignment import Basis
from assessments.workflow import Invalid

LARGEST_PAGE = 200


class Sort(enum.StrEnum):
    """The orders a portfolio can stand in. None is over several topics (DESIGN.md 1)."""

    NAME = "name"
    CHANGED = "changed"
    SHARED_UNTIL = "shared_until"
    PUBLISHED = "published"


@dataclass(frozen=True)
class _Order:
    column: InstrumentedAttribute[Any]
    descending: bool


ORDERS: Mapping[Sort, _Order] = {
    Sort.NAME: _Order(PortfolioRow.supplier_name, descending=False),
    Sort.CHANGED: _Order(PortfolioRow.changed_at, descending=True),
    Sort.SHARED_UNTIL: _Order(PortfolioRow.shared_until, descending=False),
    Sort.PUBLISHED: _Order(PortfolioRow.published_order, descending=True),
}


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; empty fields narrow nothing.

    ``topic`` with ``level`` (0 to 4): rows whose verified level is that, or with ``self_declared`` the
    supplier's own; one topic at most. ``text`` is looked for in the names of supplier and site and in the
    buyer's own number for the supplier, or is the supplier's LEI, whole.
    """

    text: str = ""
    country: str = ""
    material: str = ""
    activity: str = ""
    topic: str = ""
    level: int | None = None
    self_declared: bool = False
    stage: str = ""
    open_critical: bool = False


EVERYTHING = Filter()


@dataclass(frozen=True)
class PortfolioEntry:
    """One assessment as a list shows it. What is None is not granted or not there; nobody can tell which.

    ``maturity``: [{section, topic, self, verified, basis}] of the topics disclosed, in their order.
    """

    assessment_id: uuid.UUID
    supplier_id: uuid.UUID
    site_id: uuid.UUID
    result_id: uuid.UUID | None
    shared_until: datetime
    supplier_name: str
    site_name: str
    country: str
    activities: Sequence[str]
    materials: Sequence[str]
    cycle_label: str
    stage: str | None
    stage_since: datetime | None
    basis: Basis | None
    worker_voice: bool | None
    published_at: datetime | None
    valid_until: datetime | None
    maturity: Sequence[Mapping[str, Any]]
    critical_open: int | None
    major_open: int | None
    minor_open: int | None
    observations: int | None
    good_practices: int | None
    actions_settled: int | None
    actions_agreed: int | None
    next_due_on: str | None
    changed_at: datetime


@dataclass(frozen=True)
class PortfolioPage:
    """A page of entries. ``count`` is given where the first page is all there is: counting the rest would
    cost more than the page (measured: 10 ms for 1,000 of 10,000 rows); totals come from the roll-up.
    ``own_numbers``: the buyer's own, by supplier, where the page was asked with them."""

    entries: tuple[PortfolioEntry, ...]
    next_cursor: str | None
    count: int | None
    supplier_ids: frozenset[uuid.UUID] = field(default_factory=frozenset)
    own_numbers: Mapping[uuid.UUID, str] = field(default_factory=dict)


_COLUMNS = tuple(getattr(PortfolioRow, name) for name in PortfolioEntry.__dataclass_fields__)


def page(
    session: Session,
    buyer_id: uuid.UUID,
    filter: Filter = EVERYTHING,  # noqa: A002  the word of the interface
    sort: Sort = Sort.NAME,
    cursor: str | None = None,
    limit: int = 50,
    *,
    numbered: bool = False,
) -> PortfolioPage:
    """Return one page of what a buyer sees now, in one statement; nothing while no subscription runs.

    ``numbered``: with the buyer's own numbers for the suppliers on it, in the same statement.

    Raises Invalid for a made-up cursor, level or text.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    order = ORDERS[sort]
    wanted = [*visible(buyer_id), *narrowed_to(session, filter, buyer_id)]
    query = select(*_COLUMNS, *([_own_number(buyer_id)] if numbered else [])).where(*wanted)
    if cursor is not None:
        query = query.where(_after(sort, cursor))
    columns = (order.column, PortfolioRow.assessment_id)
    query = query.order_by(*(column.desc() if order.descending else column.asc() for column in columns))
    rows = session.execute(query.limit(limit + 1)).all()
    names = PortfolioEntry.__dataclass_fields__
    entries = [PortfolioEntry(**{name: getattr(row, name) for name in names}) for row in rows[:limit]]
    return PortfolioPage(
        entries=tuple(entries),
        next_cursor=_write_cursor(sort, entries[-1]) if len(rows) > limit else None,
        count=len(entries) if cursor is None and len(rows) <= limit else None,
        supplier_ids=frozenset(entry.supplier_id for entry in entries),
        own_numbers={row.supplier_id: row.own_number for row in rows[:limit] if row.own_number}
        if numbered
        else {},
    )


def _own_number(buyer_id: uuid.UUID) -> ColumnElement[str | None]:
    mine = (BuyerSupplierNote.buyer_id == buyer_id, BuyerSupplierNote.supplier_id == PortfolioRow.supplier_id)
    return select(BuyerSupplierNote.own_number).where(*mine).scalar_subquery().label("own_number")


def visible(buyer_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """The first wall around the projection: own rows, inside their window, while a subscription runs."""
    return (
        PortfolioRow.buyer_id == buyer_id,
        PortfolioRow.visible_from <= database_now(),
        PortfolioRow.visible_until > database_now(),
        subscribed(buyer_id),
    )


def subscribed(buyer_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a subscription of the buyer runs; the database looks once a statement."""
    return exists().where(
        Subscription.buyer_id == buyer_id,
        Subscription.starts_at <= database_now(),
        Subscription.ends_at > database_now(),
    )


def _named(words: str, buyer_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether words name a row: part of a name or of the buyer's own number, or a whole LEI.

    The LEI is compared among the rows that the buyer sees anyway, and whole: it finds, it never tells one.
    """
    numbered = select(BuyerSupplierNote.supplier_id).where(
        BuyerSupplierNote.buyer_id == buyer_id, BuyerSupplierNote.own_number.icontains(words, autoescape=True)
    )
    found = (
        PortfolioRow.supplier_name.icontains(words, autoescape=True)
        | PortfolioRow.site_name.icontains(words, autoescape=True)
        | PortfolioRow.supplier_id.in_(numbered)
    )
    lei = spelled_lei(words)
    if is_lei(lei):
        confirmed = select(Organization.id).where(Organization.confirmed_lei == lei)
        found |= PortfolioRow.supplier_id.in_(confirmed)
    return found


def narrowed_to(session: Session, wanted: Filter, buyer_id: uuid.UUID) -> list[ColumnElement[bool]]:
    """What of the projection fits a filter, as conditions. Raises Invalid for a made-up level or text."""
    found: list[ColumnElement[bool]] = []
    for name in ("text", "country", "material", "activity", "topic", "stage"):
        if "\x00" in getattr(wanted, name):
            raise Invalid("This cannot be looked for.", {name: N_("Type it again as plain text.")})
    if words := wanted.text.strip():
        found.append(_named(words, buyer_id))
    if wanted.country:
        found.append(PortfolioRow.country == wanted.country)
    if wanted.stage:
        found.append(PortfolioRow.stage == wanted.stage)
    if wanted.open_critical:
        found.append(PortfolioRow.critical_open > 0)
    if wanted.material:
        found.append(_holds(session, "materials", wanted.material))
    if wanted.activity:
        found.append(_holds(session, "activities", wanted.activity))
    if wanted.level is not None and not 0 <= wanted.level <= 4:
        raise Invalid("There is no such level.", {"level": N_("Levels run from 0 to 4.")})
    if wanted.level is not None and not wanted.topic:
        raise Invalid(
            "A level belongs to a topic.", {"topic": N_("A level belongs to a topic: choose the topic.")}
        )
    if wanted.topic:
        found.append(_rated(session, wanted))
    return found


def _holds(session: Session, column: str, word: str) -> ColumnElement[bool]:
    """Whether the list in a column holds a word."""
    sql = _HOLDS[session.get_bind().dialect.name].format(column=column)
    # Unique: one statement may ask for several words.
    clause: Any = text(sql).bindparams(bindparam(f"{column}_word", word, unique=True))
    held: ColumnElement[bool] = clause
    return held


# ``column`` is one of two names of this module.
_HOLDS = {
    "postgresql": "portfolio_row.{column} @> to_jsonb(CAST(:{column}_word AS text))",
    "sqlite": "EXISTS (SELECT 1 FROM json_each(portfolio_row.{column}) e WHERE e.value = :{column}_word)",
}


def _rated(session: Session, wanted: Filter) -> ColumnElement[bool]:
    """Whether a cell of the one topic is there, and has the level asked for."""
    which = "self" if wanted.self_declared else "verified"
    if session.get_bind().dialect.name == "postgresql":
        cell = {"topic": wanted.topic} | ({} if wanted.level is None else {which: wanted.level})
        clause: Any = text("portfolio_row.maturity @> CAST(:cell AS jsonb)").bindparams(
            cell=json.dumps([cell])
        )
    else:
        # The name of the level is one of two constants.
        at_level = "" if wanted.level is None else f" AND json_extract(e.value, '$.{which}') = :level"
        sql = (
            "EXISTS (SELECT 1 FROM json_each(portfolio_row.maturity) e "  # noqa: S608
            f"WHERE json_extract(e.value, '$.topic') = :topic{at_level})"
        )
        given = {"topic": wanted.topic} | ({} if wanted.level is None else {"level": wanted.level})
        clause = text(sql).bindparams(**given)
    held: ColumnElement[bool] = clause
    return held


def _after(sort: Sort, cursor: str) -> ColumnElement[bool]:
    order = ORDERS[sort]
    value, assessment_id = _read_cursor(sort, cursor)
    place = tuple_(order.column, PortfolioRow.assessment_id)
    bound = tuple_(literal(value, order.column.type), literal(assessment_id, PortfolioRow.assessment_id.type))
    after: ColumnElement[bool] = place < bound if order.descending else place > bound
    return after


def _write_cursor(sort: Sort, entry: PortfolioEntry) -> str:
    value: Any = {
        Sort.NAME: entry.supplier_name,
        Sort.CHANGED: entry.changed_at,
        Sort.SHARED_UNTIL: entry.shared_until,
        Sort.PUBLISHED: entry.published_at or datetime.fromisoformat("1970-01-01T00:00:00+00:00"),
    }[sort]
    told = value.isoformat() if isinstance(value, datetime) else value
    return write_cursor(sort.value, told, entry.assessment_id.hex)


def _read_cursor(sort: Sort, cursor: str) -> tuple[Any, uuid.UUID]:
    try:
        made_for, told, assessment_id = read_cursor(cursor, 3)
        if made_for != sort.value:
            raise ValueError("another order")
        return told if sort is Sort.NAME else instant(told), uuid.UUID(assessment_id)
    except ValueError as error:
        raise Invalid(
            "This page of the list is not there.", {"cursor": N_("begin again without it")}
        ) from error
