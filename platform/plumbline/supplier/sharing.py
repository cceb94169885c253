"""Who can see our results: open requests, grants as sentences, seeing as a buyer does, ending a grant."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.overviews.asks_told import shown_to
from assessments.overviews.own_results import own_results
from assessments.policy import Action, Decision, may
from assessments.sharing.disclosure import Disclosure, DisclosureState
from assessments.sharing.given import Given, given_by, seen_by
from assessments.sharing.granting import revoke
from assessments.sharing.ledger import ledger_of, openings_of
from assessments.sharing.looks import looks, opened_last
from assessments.sharing.requesting import waiting_for
from assessments.workflow import Refused
from plumbline.asked_of import whom
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_disclosure
from plumbline.reading_language import as_read
from plumbline.refusals import fault_of
from plumbline.rendering import say
from plumbline.supplier import supplier

SOON_DAYS = 90
LOOKS = 8


@supplier.get("/sharing")
@door(Action.SUPPLIER_DISCLOSURE_READ)
def sharing(visitor: Visitor) -> ResponseReturnValue:
    """Show open requests, every grant as a sentence, and the latest looks."""
    return sharing_page(visitor)


def sharing_page(visitor: Visitor, *, fault: str = "") -> str:
    """Draw the page; ``fault`` is a refused revocation."""
    at, own = now(), visitor.organization_id
    every = given_by(db.session(), own, at=at)
    groups = {
        "all": [one for one in every if one.state is DisclosureState.ACTIVE],
        "soon": [one for one in every if _ends_soon(one)],
        "evidence": [one for one in every if one.state is DisclosureState.ACTIVE and one.evidence],
        "ended": [one for one in every if one.state is not DisclosureState.ACTIVE],
    }
    show = request.args.get("show", "all")
    admin = may(visitor.actor, Action.SUPPLIER_DISCLOSURE_GRANT) is Decision.ALLOWED
    openings = openings_of(db.session(), own) if admin else {}  # the ledger is the admins'
    return render_template(
        "supplier/sharing.html", requests=waiting_for(db.session(), own, at=at), groups=groups,
        show=show if show in groups else "all", at=at, admin=admin, fault=fault,
        looked={one.id: opened_last(one, openings) for one in every},
        looks=looks(db.session(), ledger_of(db.session(), own, limit=LOOKS).lines) if admin else (),
        results=own_results(db.session(), own),
    )  # fmt: skip


def _ends_soon(one: Given) -> bool:
    return one.state is DisclosureState.ACTIVE and (one.ends_at - now()).days <= SOON_DAYS


@supplier.get("/sharing/buyers/<uuid:buyer_id>")
@door(Action.SUPPLIER_DISCLOSURE_READ)
def as_buyer(visitor: Visitor, buyer_id: uuid.UUID) -> ResponseReturnValue:
    """Show what one buyer sees now, for a buyer that something was ever given to."""
    at = now()
    given = given_by(db.session(), visitor.organization_id, Disclosure.buyer_id == buyer_id, at=at)
    if not given:
        raise NotFound
    seen = seen_by(db.session(), buyer_id, by=visitor.actor, at=at)
    return render_template(
        "supplier/sharing_seen.html", buyer=given[0].buyer, seen=seen, at=at, whom=whom,
        asks=shown_to(db.session(), visitor.organization_id, buyer_id, tell=as_read),
        active=[one for one in given if one.state is DisclosureState.ACTIVE],
    )  # fmt: skip


@supplier.post("/sharing/<uuid:disclosure_id>/revoke")
@door(Action.SUPPLIER_DISCLOSURE_GRANT, load=load_disclosure)
def end_grant(visitor: Visitor, disclosure: Disclosure) -> ResponseReturnValue:
    """End a grant; the buyer's next click sees nothing of it."""
    buyer = disclosure.buyer.legal_name
    try:
        revoke(db.session(), disclosure, by=visitor.actor, at=now())
    except Refused as error:
        return sharing_page(visitor, fault=fault_of(error)), status_of(error)
    say(_("From now on no page, export or link of theirs opens it. What they took before stays with them."),
        lead=_("Ended for %(buyer)s.", buyer=buyer))  # fmt: skip
    return redirect("/supplier/sharing", 303)
