"""Asking for access and answering: the asker never learns whether its words reached anybody."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from assessments.parties import Audience
from assessments.policy import Action
from assessments.result import Layer
from assessments.sharing.disclosure import AccessRequest, LegalBasis, RequestState
from assessments.sharing.requesting import (
    Named,
    RequestSeen,
    as_seen,
    decline_request,
    grant_request,
    send_request,
    sent_by,
    withdraw_request,
)
from assessments.workflow import Invalid
from plumbline.api.disclosures import OfferIn
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_by
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.throttling import REQUESTS_SENT
from plumbline.loading.own import load_request

NEWEST = (AccessRequest.sent_at, AccessRequest.id)


class NamedIn(Shape):
    """One way to name a supplier: LEI, register number and country, or an admin's mail address.

    Or ``assessment_id``: one that the buyer sees something of, to ask for more.
    """

    lei: str | None = None
    country: str | None = None
    register_number: str | None = None
    email: str | None = None
    assessment_id: uuid.UUID | None = None


class RequestIn(Shape):
    """What a buyer would like to see, what for, on which legal basis, until when."""

    named_by: NamedIn
    layers: list[Layer]
    purpose: str
    legal_basis: LegalBasis
    until: AwareDatetime


class RequestOut(Shape):
    """A request. The asker reads its own words and what became of them; the supplier who asks.

    ``state`` for the asker: sent, shared, partly_shared, not_shared, withdrawn.
    """

    id: uuid.UUID
    buyer_id: uuid.UUID | None = None
    buyer_name: str | None = None
    named_by: dict[str, Any] | None = None
    layers: list[str]
    purpose: str
    legal_basis: LegalBasis
    until: datetime
    sent_at: datetime
    lapses_at: datetime
    state: str


class RequestList(Shape):
    """Requests, newest first."""

    items: list[RequestOut]
    next_cursor: uuid.UUID | None


class Answer(enum.StrEnum):
    """What a supplier says to a request."""

    GRANT = "grant"
    DECLINE = "decline"


class AnswerIn(Shape):
    """Grant with one offer for each site, or decline."""

    decision: Answer
    offers: list[OfferIn] = Field(default_factory=list)


class AnswerOut(Shape):
    """The request as it stands, and the disclosures that were made."""

    state: RequestState
    disclosures: list[uuid.UUID]


@operation(
    "POST",
    "/access-requests",
    Action.BUYER_REQUEST_SEND,
    summary="Ask a supplier for access",
    tag="requests",
    body=RequestIn,
    returns=RequestOut,
    status=201,
    limit=REQUESTS_SENT,
)
def post_request(call: Call) -> RequestOut:
    """Send it if they take part: the answer is the same for the known, the unknown and the undiscoverable."""
    given: RequestIn = call.body
    made = send_request(
        db.session(), Named(**given.named_by.model_dump()), layers=given.layers, purpose=given.purpose,
        legal_basis=given.legal_basis, until=given.until, by=call.visitor.actor, at=now(),
    )  # fmt: skip
    return _for_asker(as_seen(made, now()))


@operation(
    "GET",
    "/access-requests",
    Action.BUYER_REQUEST_READ,
    Action.SUPPLIER_DISCLOSURE_READ,
    summary="Requests sent, or received",
    tag="requests",
    query=PageQuery,
    returns=RequestList,
)
def access_requests(call: Call) -> RequestList:
    """List a buyer's own requests, or those that reached a supplier."""
    visitor = call.visitor
    if visitor.actor.audience is Audience.BUYER:
        sent, following = page_by(sent_by(visitor.organization_id), NEWEST, call.query)
        return RequestList(items=[_for_asker(as_seen(each, now())) for each in sent], next_cursor=following)
    received = select(AccessRequest).where(AccessRequest.supplier_id == visitor.organization_id)
    page, following = page_by(received, NEWEST, call.query)
    return RequestList(items=[_for_supplier(each) for each in page], next_cursor=following)


@operation(
    "POST",
    "/access-requests/<uuid:request_id>/decision",
    Action.SUPPLIER_REQUEST_DECIDE,
    summary="Answer a request",
    tag="requests",
    load=load_request,
    body=AnswerIn,
    returns=AnswerOut,
)
def post_answer(call: Call) -> AnswerOut:
    """Grant by disclosing, or decline; the asker reads a no when silence would have said the same."""
    given: AnswerIn = call.body
    found: AccessRequest = call.thing
    session, by, at = db.session(), call.visitor.actor, now()
    if given.decision is Answer.DECLINE:
        if given.offers:
            raise Invalid("Grant or decline?", {"offers": "leave them out when you decline"})
        decline_request(session, found, by=by, at=at)
        return AnswerOut(state=found.state, disclosures=[])
    made = grant_request(session, found, [offer.offer() for offer in given.offers], by=by, at=at)
    return AnswerOut(state=found.state, disclosures=[each.id for each in made])


@operation(
    "DELETE",
    "/access-requests/<uuid:request_id>",
    Action.BUYER_REQUEST_SEND,
    summary="Take a request back",
    tag="requests",
    load=load_request,
    status=204,
)
def delete_request(call: Call) -> None:
    """Withdraw it while it is open as far as the asker can know; it stays in the list, withdrawn."""
    withdraw_request(db.session(), call.thing, by=call.visitor.actor, at=now())


def _for_asker(seen: RequestSeen) -> RequestOut:
    return RequestOut(
        id=seen.id, named_by=seen.named_by, layers=list(seen.layers), purpose=seen.purpose,
        legal_basis=seen.legal_basis, until=seen.until, sent_at=seen.sent_at, lapses_at=seen.lapses_at,
        state=seen.state.value,
    )  # fmt: skip


def _for_supplier(found: AccessRequest) -> RequestOut:
    return RequestOut(
        id=found.id, buyer_id=found.buyer_id, buyer_name=found.buyer_name, layers=list(found.layers),
        purpose=found.purpose, legal_basis=found.legal_basis, until=found.until, sent_at=found.sent_at,
        lapses_at=found.lapses_at, state=found.state.value,
    )  # fmt: skip
