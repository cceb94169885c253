"""A buyer's portfolio: one statement a page, one ledger row for all suppliers on it, no record loaded."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

import orjson
from flask import Response
from pydantic import Field

from assessments.policy import Action
from assessments.sharing.ledger import record_listing
from assessments.sharing.portfolio import LARGEST_PAGE, Filter, Sort, page
from plumbline.api.operation import Call, Shape, operation
from plumbline.extensions import db
from plumbline.guard import now

Word = Annotated[str, Field(max_length=200)]


class PortfolioQuery(Shape):
    """What the list is narrowed to and how it is ordered; never by several topics."""

    text: Word = ""
    country: Word = ""
    material: Word = ""
    activity: Word = ""
    topic: Word = ""
    level: int | None = Field(None, ge=0, le=4)
    self_declared: bool = False
    stage: Word = ""
    open_critical: bool = False
    sort: Sort = Sort.NAME
    cursor: Annotated[str, Field(max_length=2000)] | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)

    @property
    def filter(self) -> Filter:
        """The same, as the domain takes it."""
        return Filter(**{name: getattr(self, name) for name in Filter.__dataclass_fields__})


class Cell(Shape):
    """Where a site stands in one topic: self-declared and verified are two numbers."""

    section: str
    topic: str
    self_: int | None = Field(alias="self")
    verified: int | None
    basis: str | None


class PortfolioItem(Shape):
    """One assessment as the list shows it. null is not granted or not there; nobody can tell which."""

    assessment_id: uuid.UUID
    supplier_id: uuid.UUID
    site_id: uuid.UUID
    result_id: uuid.UUID | None
    shared_until: datetime
    supplier_name: str
    site_name: str
    country: str
    activities: list[str]
    materials: list[str]
    cycle_label: str
    stage: str | None
    stage_since: datetime | None
    basis: str | None
    worker_voice: bool | None
    published_at: datetime | None
    valid_until: datetime | None
    maturity: list[Cell]
    critical_open: int | None
    major_open: int | None
    minor_open: int | None
    observations: int | None
    good_practices: int | None
    actions_settled: int | None
    actions_agreed: int | None
    next_due_on: str | None
    changed_at: datetime


class PortfolioList(Shape):
    """A page. ``count`` is given where the first page is all there is."""

    items: list[PortfolioItem]
    next_cursor: str | None
    count: int | None


@operation(
    "GET",
    "/portfolio",
    Action.BUYER_PORTFOLIO_READ,
    summary="What suppliers share with you",
    tag="buyer",
    query=PortfolioQuery,
    returns=PortfolioList,
    ledger=True,
)
def portfolio(call: Call) -> Response:
    """List what is shared now, filtered and sorted; every supplier listed reads so in its access ledger."""
    wanted: PortfolioQuery = call.query
    session = db.session()
    found = page(
        session, call.visitor.organization_id, wanted.filter, wanted.sort, wanted.cursor, wanted.limit
    )
    record_listing(
        session, call.visitor.actor, call.visitor.organization_name, supplier_ids=found.supplier_ids,
        what={"page": "portfolio"}, at=now(),
    )  # fmt: skip
    # Written straight from the rows: a model per row would cost more than the statement.
    told: dict[str, Any] = {
        "items": found.entries,
        "next_cursor": found.next_cursor,
        "count": found.count,
    }
    return Response(orjson.dumps(told, option=orjson.OPT_UTC_Z), mimetype="application/json")
