"""The access ledger: who looked at the supplier's data, as organization and function, at what and when."""

from __future__ import annotations

import uuid

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.policy import Action
from assessments.sharing.ledger import ledger_of, readers_of
from assessments.sharing.looks import looks
from assessments.workflow import Invalid
from plumbline.extensions import db
from plumbline.guard import door
from plumbline.identity.visitor import Visitor
from plumbline.supplier import supplier

PAGE = 50


@supplier.get("/ledger")
@door(Action.SUPPLIER_LEDGER_READ)
def ledger(visitor: Visitor) -> ResponseReturnValue:
    """List the looks, newest first, of everybody or of one organization."""
    raw, cursor = request.args.get("reader", ""), request.args.get("after") or None
    try:
        reader_id = uuid.UUID(raw) if raw else None
        page = ledger_of(db.session(), visitor.organization_id, cursor, reader_id=reader_id, limit=PAGE)
    except (ValueError, Invalid):
        raise NotFound from None
    return render_template(
        "supplier/ledger.html", page=page,
        looks=looks(db.session(), page.lines), readers=readers_of(db.session(), visitor.organization_id),
        reader=raw, cursor=cursor,
    )  # fmt: skip
