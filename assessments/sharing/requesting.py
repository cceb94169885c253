"""Asking for access: sent to firms that one cannot see, decided by the supplier, lapsed by silence.

The asker never learns whether its words matched anybody. What it sees follows from what it did and from the
clock alone, unless something was granted: a no shows when the silence would have.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import database_now, in_calendar, new_id
from assessments.outbox import AT_ONCE, JobKind, LetterKind, later, letter
from assessments.parties import (
    SYSTEM,
    Actor,
    Organization,
    OrganizationKind,
    Role,
    Subscription,
    is_lei,
    spelled_lei,
)
from assessments.result import Layer
from assessments.sentences import N_, CodeWord
from assessments.sharing.disclosure import (
    REQUEST_MOVES,
    AccessRequest,
    Disclosure,
    LegalBasis,
    RequestState,
)
from assessments.sharing.granting import Offer, grant
from assessments.sharing.matching import seen_supplier, supplier_named
from assessments.terms import terms_at
from assessments.workflow import Invalid, Refused, WrongActor, WrongState


@dataclass(frozen=True)
class Named:
    """How a buyer names a supplier: by LEI, by register number and country, by an admin's mail address.

    Or by an assessment that it sees something of, to ask for more than it was given.
    """

    lei: str | None = None
    country: str | None = None
    register_number: str | None = None
    email: str | None = None
    assessment_id: uuid.UUID | None = None

    def as_data(self) -> dict[str, Any]:
        """What is stored, in one spelling. Raises Invalid unless exactly one way is filled in."""
        lei = spelled_lei(self.lei or "")
        country, number = (self.country or "").strip().upper(), " ".join((self.register_number or "").split())
        email = (self.email or "").strip().lower()
        if self.assessment_id is not None:
            return {"assessment_id": str(self.assessment_id)}
        ways = [bool(lei), bool(number), bool(email)]
        if sum(ways) != 1:
            raise Invalid(
                "Name the supplier in one way.",
                {
                    "named_by": N_(
                        "Name the supplier in one way: by its LEI, by register number and country, "
                        "or by an admin's mail address."
                    )
                },
            )
        if lei:
            if not is_lei(lei):
                raise Invalid("This is no LEI.", {"lei": N_("LEI: it has 20 letters and digits.")})
            return {"lei": lei}
        if number:
            if len(country) != 3 or not country.isalpha():
                raise Invalid(
                    "The register needs its country.", {"country": N_("Country of the register: choose it.")}
                )
            return {"country": country, "register_number": number}
        if email.count("@") != 1:
            raise Invalid(
                "This is no mail address.", {"email": N_("Mail address: write it as name@firm.example.")}
            )
        return {"email": email}


class Seen(enum.StrEnum):
    """What the asker reads. ``not_shared`` is declined and lapsed alike."""

    SENT = "sent"
    SHARED = "shared"
    PARTLY_SHARED = "partly_shared"
    NOT_SHARED = "not_shared"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class RequestSeen:
    """A request as its asker sees it: its own words and what became of them, never whom they reached."""

    id: uuid.UUID
    named_by: dict[str, Any]
    layers: tuple[str, ...]
    purpose: str
    legal_basis: LegalBasis
    until: datetime
    sent_at: datetime
    lapses_at: datetime
    state: Seen


def send_request(
    session: Session,
    named: Named,
    *,
    layers: Sequence[Layer],
    purpose: str,
    legal_basis: LegalBasis | None,
    until: datetime | None,
    by: Actor,
    at: datetime,
) -> AccessRequest:
    """Send a request "if they take part": known, unknown and undiscoverable firms are answered alike.

    ``legal_basis`` and ``until`` None: not said, or not to be read. Raises WrongActor unless ``by`` is a
    buyer's admin with a running subscription, Invalid naming each field at once,
    Refused when the same words were sent before and are still open. A supplier that hides from firms it does
    not know is reached by its admin's address alone: who has that knows it already.
    """
    buyer = _asking(session, by)
    named_by, faults = _named(session, named, buyer)
    if not layers:
        faults["layers"] = N_("What you ask for: choose what you would like to see.")
    if not purpose.strip():
        faults["purpose"] = N_("What for: write what it is for; the supplier decides by it.")
    if legal_basis is None:
        faults["legal_basis"] = N_("Legal basis: choose one.")
    if until is None:
        faults["until"] = N_("To see it until: write the day.")
    elif until <= at or not in_calendar(until):
        faults["until"] = N_("To see it until: choose a day to come.")
    if faults or legal_basis is None or until is None:
        raise Invalid("The request was not sent.", faults)
    earlier = _open_like(session, buyer.id, named_by, at)
    if earlier is not None:
        raise Refused(
            "You sent this request already, and it is still open.",
            "Wait for it, or withdraw it and send another.",
            places=(str(earlier),),
        )
    lapses_at = at + timedelta(days=terms_at(session, at).request_lapses_days)
    request = AccessRequest(
        id=new_id(),
        buyer_id=buyer.id,
        buyer_name=buyer.legal_name,
        supplier_id=supplier_named(session, named_by, buyer.id),
        named_by=named_by,
        layers=[layer.value for layer in Layer if layer in layers],
        purpose=purpose.strip(),
        legal_basis=legal_basis,
        until=until,
        state=RequestState.SENT,
        sent_at=at,
        sent_by=by.person_id,
        lapses_at=lapses_at,
    )
    session.add(request)
    session.flush()
    _record(session, EventKind.REQUEST_SENT, request, by=by, at=at)
    # The same two jobs for every request: a letter that concerns nobody reaches nobody.
    letter(session, LetterKind.REQUEST_SENT, {"request_id": request.id}, at=at)
    later(
        session,
        JobKind.LAPSE_REQUEST,
        {"request_id": str(request.id)},
        at=at,
        due=lapses_at,
        key=f"lapse/{request.id}",
    )
    return request


def _named(session: Session, named: Named, buyer: Organization) -> tuple[dict[str, Any], dict[str, str]]:
    """How the supplier is named, as it is stored, and what is wrong with that."""
    try:
        named_by = named.as_data()
    except Invalid as invalid:
        return {}, dict(invalid.faults)
    if named.assessment_id is not None:
        seen = seen_supplier(session, named.assessment_id, buyer.id)
        if seen is None:
            return {}, {"named_by": N_("You see nothing of this supplier now: name it in another way.")}
        named_by["supplier_name"] = seen[1]
    if named_by.get("lei") and named_by["lei"] == buyer.lei:
        return {}, {"lei": N_("LEI: this is your own organization.")}
    return named_by, {}


def grant_request(
    session: Session, request: AccessRequest, offers: Sequence[Offer], *, by: Actor, at: datetime
) -> list[Disclosure]:
    """Answer a request by disclosing; "partly" when less is given than was asked, in what or until when.

    Raises WrongState, WrongActor, and what ``granting.grant`` raises.
    """
    _check_deciding(session, request, by=by, at=at)
    if not offers:
        raise Refused("Nothing is offered.", "Choose what to share, or decline.")
    given = {layer.value for offer in offers for layer in offer.layers}
    given |= {Layer.COMMERCIAL.value for offer in offers if offer.commercial}
    given |= {Layer.EVIDENCE.value for offer in offers if offer.evidence}
    whole = all(
        offer.topics is None and not offer.without and offer.ends_at >= request.until for offer in offers
    ) and given >= set(request.layers)
    made = [
        grant(session, offer, buyer_id=request.buyer_id, by=by, at=at, request=request) for offer in offers
    ]
    _end(session, request, "grant" if whole else "grant_part", EventKind.REQUEST_GRANTED, by=by, at=at)
    return made


def decline_request(session: Session, request: AccessRequest, *, by: Actor, at: datetime) -> None:
    """Say no. The asker reads "not shared" from the day on which silence would have said the same."""
    _check_deciding(session, request, by=by, at=at)
    _end(session, request, "decline", EventKind.REQUEST_DECLINED, by=by, at=at)


def withdraw_request(session: Session, request: AccessRequest, *, by: Actor, at: datetime) -> None:
    """Take the own request back while it is open as far as the asker can know."""
    if by.organization_id != request.buyer_id or by.role is not Role.BUYER_ADMIN:
        raise WrongActor("The buyer's admin withdraws a request.", "Ask your admin.")
    _hold(session, request)
    seen = seen_state(request, at)
    if seen is not Seen.SENT:
        raise WrongState(
            N_("This request is %(state)s.", state=CodeWord(seen)), "Send another if you need to."
        )
    _end(session, request, "withdraw", EventKind.REQUEST_WITHDRAWN, by=by, at=at, told=False)


def lapse_request(session: Session, request_id: uuid.UUID, *, at: datetime) -> bool:
    """Let a request lapse whose time is over; whether it did. Twice does no harm."""
    request = session.scalars(
        select(AccessRequest).where(AccessRequest.id == request_id).with_for_update()
    ).first()
    if request is None or request.state is not RequestState.SENT or at < request.lapses_at:
        return False
    _end(session, request, "lapse", EventKind.REQUEST_LAPSED, by=SYSTEM, at=at)
    return True


def lapse_due(session: Session, *, at: datetime, most: int = AT_ONCE) -> int:
    """Let the ``most`` requests lapse whose time was over first; return how many were due.

    Fewer than ``most``: no more is due.
    """
    due = session.scalars(
        select(AccessRequest.id)
        .where(AccessRequest.state == RequestState.SENT, AccessRequest.lapses_at <= at)
        .order_by(AccessRequest.lapses_at, AccessRequest.id)
        .limit(most)
    ).all()
    for request_id in due:
        lapse_request(session, request_id, at=at)
    return len(due)


def seen_state(request: AccessRequest, at: datetime) -> Seen:
    """Return what the asker reads at an instant."""
    match request.state:
        case RequestState.GRANTED:
            return Seen.SHARED
        case RequestState.PARTLY_GRANTED:
            return Seen.PARTLY_SHARED
        case RequestState.WITHDRAWN:
            return Seen.WITHDRAWN
    return Seen.SENT if at < request.lapses_at else Seen.NOT_SHARED


def sent_by(buyer_id: uuid.UUID) -> Select[AccessRequest]:
    """Select a buyer's own requests, newest first; it may see them ``as_seen``."""
    mine = select(AccessRequest).where(AccessRequest.buyer_id == buyer_id)
    return mine.order_by(AccessRequest.sent_at.desc(), AccessRequest.id.desc())


def as_seen(request: AccessRequest, at: datetime) -> RequestSeen:
    """Return one request as its asker sees it."""
    return RequestSeen(
        id=request.id,
        named_by=dict(request.named_by),
        layers=tuple(request.layers),
        purpose=request.purpose,
        legal_basis=request.legal_basis,
        until=request.until,
        sent_at=request.sent_at,
        lapses_at=request.lapses_at,
        state=seen_state(request, at),
    )


def waiting_for(session: Session, supplier_id: uuid.UUID, *, at: datetime) -> list[AccessRequest]:
    """Return the requests that wait for a supplier's answer, oldest first."""
    return list(
        session.scalars(
            select(AccessRequest)
            .where(
                AccessRequest.supplier_id == supplier_id,
                AccessRequest.state == RequestState.SENT,
                AccessRequest.lapses_at > at,
            )
            .order_by(AccessRequest.sent_at, AccessRequest.id)
        )
    )


def _asking(session: Session, by: Actor) -> Organization:
    buyer = session.get(Organization, by.organization_id) if by.organization_id else None
    if by.role is not Role.BUYER_ADMIN or buyer is None or not buyer.is_(OrganizationKind.BUYER):
        raise WrongActor("A buyer's admin sends requests.", "Ask your admin.")
    running = session.scalars(
        select(Subscription.id).where(
            Subscription.buyer_id == buyer.id,
            Subscription.starts_at <= database_now(),
            Subscription.ends_at > database_now(),
        )
    ).first()
    if running is None:
        raise WrongActor("Your subscription does not run.", "Ask the steward to renew it.")
    return buyer


def _open_like(
    session: Session, buyer_id: uuid.UUID, named_by: dict[str, Any], at: datetime
) -> uuid.UUID | None:
    same = [AccessRequest.named_by[key].as_string() == value for key, value in named_by.items()]
    return session.scalars(
        select(AccessRequest.id)
        .where(
            AccessRequest.buyer_id == buyer_id,
            AccessRequest.state.in_([RequestState.SENT, RequestState.DECLINED]),
            AccessRequest.lapses_at > at,
            *same,
        )
        .limit(1)
    ).first()


def _hold(session: Session, request: AccessRequest) -> None:
    """Let whoever decides at the same time wait, and see what was decided before; one request, one answer."""
    session.refresh(request, with_for_update=True)


def _check_deciding(session: Session, request: AccessRequest, *, by: Actor, at: datetime) -> None:
    _hold(session, request)
    if request.supplier_id is None or by.organization_id != request.supplier_id:
        raise WrongActor("This request is not to your organization.", "")
    REQUEST_MOVES.move("grant", request.state, by.role)
    if at >= request.lapses_at:
        raise WrongState("The time to answer this request is over.", "You can share with this buyer unasked.")


def _end(
    session: Session,
    request: AccessRequest,
    move: str,
    kind: EventKind,
    *,
    by: Actor,
    at: datetime,
    told: bool = True,
) -> None:
    request.state = REQUEST_MOVES.move(move, request.state, by.role)
    request.ended_at = at
    _record(session, kind, request, by=by, at=at)
    if told:
        # The letter of a no is held back until the request would have lapsed (jobs.handlers.letters).
        letter(session, LetterKind.REQUEST_DECIDED, {"request_id": request.id}, at=at)


def _record(session: Session, kind: EventKind, request: AccessRequest, *, by: Actor, at: datetime) -> None:
    events.record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="access_request",
        subject_id=request.id,
        organization_id=request.supplier_id,
        data={"buyer_id": str(request.buyer_id), "state": request.state.value},
    )
