"""What a supplier discloses, to whom, until when; taking it back; and who looked."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from assessments.policy import Action
from assessments.result import Layer
from assessments.sharing.disclosure import Disclosure, DisclosureState, LedgerAction
from assessments.sharing.granting import Offer, disclosures_of, grant, revoke
from assessments.sharing.ledger import ledger_of
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_by
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.loading.own import load_disclosure


class OfferIn(Shape):
    """What is disclosed of one site. ``result_id`` names one result, ``follow_later`` adds the later ones.

    ``topics`` null: all, less those in ``without``. ``commercial`` and ``evidence`` stand alone.
    """

    site_id: uuid.UUID
    layers: list[Layer]
    purpose: str
    ends_at: AwareDatetime
    result_id: uuid.UUID | None = None
    follow_later: bool = False
    topics: list[str] | None = None
    without: list[str] = Field(default_factory=list)
    commercial: bool = False
    evidence: list[uuid.UUID] = Field(default_factory=list, description="version ids")
    starts_at: AwareDatetime | None = None

    def offer(self) -> Offer:
        """The same, as the domain takes it."""
        return Offer(
            site_id=self.site_id,
            layers=frozenset(self.layers),
            purpose=self.purpose,
            ends_at=self.ends_at,
            result_id=self.result_id,
            follow_later=self.follow_later,
            topics=None if self.topics is None else frozenset(self.topics),
            without=frozenset(self.without),
            commercial=self.commercial,
            evidence=frozenset(self.evidence),
            starts_at=self.starts_at,
        )


class DisclosureIn(OfferIn):
    """An offer to one buyer."""

    buyer_id: uuid.UUID


class ItemOut(Shape):
    """One layer of one topic (``*``: all), or one evidence version."""

    layer: Layer
    topic: str
    version_id: uuid.UUID | None


class DisclosureOut(Shape):
    """A disclosure as its supplier reads it."""

    id: uuid.UUID
    buyer_id: uuid.UUID
    buyer_name: str
    site_id: uuid.UUID
    result_id: uuid.UUID | None
    follow_later: bool
    commercial: bool
    purpose: str
    request_id: uuid.UUID | None
    state: DisclosureState
    starts_at: datetime
    ends_at: datetime
    granted_at: datetime
    revoked_at: datetime | None
    items: list[ItemOut]


class DisclosureList(Shape):
    """Everything ever disclosed, newest first."""

    items: list[DisclosureOut]
    next_cursor: uuid.UUID | None


class LedgerQuery(Shape):
    """Where the page begins and how long it is at most."""

    cursor: Annotated[str, Field(max_length=400)] | None = None
    limit: int = Field(50, ge=1, le=200)


class LineOut(Shape):
    """One look at the supplier's data: which organization and function, what, when."""

    id: uuid.UUID
    at: datetime
    reader_name: str
    reader_function: str
    action: LedgerAction
    assessment_id: uuid.UUID | None
    what: dict[str, Any]


class LineList(Shape):
    """The ledger, newest first."""

    items: list[LineOut]
    next_cursor: str | None


@operation(
    "POST",
    "/disclosures",
    Action.SUPPLIER_DISCLOSURE_GRANT,
    summary="Disclose to a buyer",
    tag="disclosures",
    body=DisclosureIn,
    returns=DisclosureOut,
    status=201,
)
def post_disclosure(call: Call) -> DisclosureOut:
    """Disclose what the body says; the buyer sees it from the next statement on."""
    given: DisclosureIn = call.body
    made = grant(
        db.session(), given.offer(), buyer_id=given.buyer_id, by=call.visitor.actor, at=now()
    )  # fmt: skip
    return disclosure_out(made, now())


@operation(
    "GET",
    "/disclosures",
    Action.SUPPLIER_DISCLOSURE_READ,
    summary="What you disclosed",
    tag="disclosures",
    query=PageQuery,
    returns=DisclosureList,
)
def disclosures(call: Call) -> DisclosureList:
    """List what runs, ran out and was taken back."""
    page, following = page_by(
        disclosures_of(call.visitor.organization_id), (Disclosure.granted_at, Disclosure.id), call.query
    )
    return DisclosureList(items=[disclosure_out(row, now()) for row in page], next_cursor=following)


@operation(
    "DELETE",
    "/disclosures/<uuid:disclosure_id>",
    Action.SUPPLIER_DISCLOSURE_GRANT,
    summary="Take a disclosure back",
    tag="disclosures",
    load=load_disclosure,
    status=204,
)
def delete_disclosure(call: Call) -> None:
    """Revoke it; the buyer's next statement sees nothing of it."""
    revoke(db.session(), call.thing, by=call.visitor.actor, at=now())


@operation(
    "GET",
    "/access-ledger",
    Action.SUPPLIER_LEDGER_READ,
    summary="Who looked at your data",
    tag="disclosures",
    query=LedgerQuery,
    returns=LineList,
)
def access_ledger(call: Call) -> LineList:
    """List every look at one's own data: buyers, assessors and steward alike, never a person."""
    query: LedgerQuery = call.query
    page = ledger_of(db.session(), call.visitor.organization_id, query.cursor, limit=query.limit)
    names = list(LineOut.model_fields)
    lines = [LineOut(**{name: getattr(line, name) for name in names}) for line in page.lines]
    return LineList(items=lines, next_cursor=page.next_cursor)


def disclosure_out(found: Disclosure, at: datetime) -> DisclosureOut:
    """A disclosure as its supplier reads it."""
    own = {
        name: getattr(found, name)
        for name in DisclosureOut.model_fields
        if name not in {"buyer_name", "state", "items"}
    }
    items = [ItemOut(layer=item.layer, topic=item.topic, version_id=item.version_id) for item in found.items]
    return DisclosureOut(
        **own, buyer_name=found.buyer.legal_name, state=found.state_at(at), items=items
    )  # fmt: skip
