"""Asking a supplier for access. The answer is always the same, whoever takes part (DESIGN.md 3)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.policy import Action
from assessments.result import Layer
from assessments.risk.inherent import country_names
from assessments.sentences import N_
from assessments.sharing.disclosure import AccessRequest, LegalBasis
from assessments.sharing.matching import seen_supplier
from assessments.sharing.requesting import Named, as_seen, send_request, sent_by, withdraw_request
from assessments.workflow import Refused
from plumbline.buyer import buyer
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.throttling import REQUESTS_SENT, count
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_request
from plumbline.refusals import faults_of
from plumbline.rendering import say
from plumbline.translated import in_language

SHOWN = 50
ASKABLE = (Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN, Layer.ANSWERS)
BASES = {
    LegalBasis.DUE_DILIGENCE_LAW: N_("A due-diligence law that binds us"),
    LegalBasis.PRODUCT_LAW: N_("A law on our products (batteries, minerals)"),
    LegalBasis.REPORTING_LAW: N_("A reporting law"),
    LegalBasis.CONTRACT: N_("Our contract with you"),
    LegalBasis.VOLUNTARY: N_("None; we ask of our own accord"),
}


@buyer.get("/requests")
@door(Action.BUYER_REQUEST_READ)
def requests_sent(visitor: Visitor) -> ResponseReturnValue:
    """List this buyer's requests; ``?assessment=`` asks for more of one that it sees something of."""
    return _page(visitor, {"assessment": request.args.get("assessment", "")}, {})


@buyer.post("/requests")
@door(Action.BUYER_REQUEST_SEND)
def send(visitor: Visitor) -> ResponseReturnValue:
    """Send a request; whatever it was named by, the answer is "sent if they take part"."""
    typed = request.form.to_dict()
    count(db.session(), REQUESTS_SENT, str(visitor.organization_id), at=now())
    try:
        send_request(
            db.session(),
            Named(
                lei=typed.get("lei") or None, country=typed.get("country") or None,
                register_number=typed.get("register_number") or None, email=typed.get("email") or None,
                assessment_id=_id(typed.get("assessment", "")),
            ),
            layers=[layer for layer in ASKABLE if layer.value in request.form.getlist("layers")],
            purpose=typed.get("purpose", ""), legal_basis=_basis(typed.get("legal_basis", "")),
            until=_until(typed.get("until", "")), by=visitor.actor, at=now(),
        )  # fmt: skip
    except Refused as error:
        faults = faults_of(error, at="purpose")
        return _page(visitor, {**typed, "layers": request.form.getlist("layers")}, faults), status_of(error)
    say(_("Sent, if they take part. You read here what they share; no answer within 30 days means no."))
    return redirect("/buyer/requests", 303)


@buyer.post("/requests/<uuid:request_id>/withdraw")
@door(Action.BUYER_REQUEST_SEND, load=load_request)
def withdraw(visitor: Visitor, asked: AccessRequest) -> ResponseReturnValue:
    """Take a request back."""
    withdraw_request(db.session(), asked, by=visitor.actor, at=now())
    say(_("The request is withdrawn."))
    return redirect("/buyer/requests", 303)


def _begin(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 7 else 0


def _basis(raw: str) -> LegalBasis | None:
    return LegalBasis(raw) if raw in set(LegalBasis) else None


def _until(raw: str) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(raw).date(), time(23, 59), tzinfo=UTC)
    except ValueError:
        return None


def _id(raw: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(raw)
    except ValueError:
        return None


def _page(visitor: Visitor, typed: dict[str, Any], faults: dict[str, str]) -> str:
    begin = _begin(request.args.get("after", ""))
    sent = db.session.scalars(sent_by(visitor.organization_id).offset(begin).limit(SHOWN + 1)).all()
    known = _id(str(typed.get("assessment", "")))
    seen = seen_supplier(db.session(), known, visitor.organization_id) if known else None
    return render_template(
        "buyer/requests.html",
        sent=[as_seen(each, now()) for each in sent[:SHOWN]],
        begin=begin, onward=begin + SHOWN if len(sent) > SHOWN else 0,
        typed=typed, faults=faults, bases={basis: in_language(text) for basis, text in BASES.items()},
        asked_of=seen[1] if seen else "",
        names=country_names(), countries=sorted(country_names().items(), key=lambda pair: pair[1]),
        may_send=visitor.role.value == "buyer_admin",
    )  # fmt: skip
