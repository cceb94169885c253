"""A buyer's own number, tags and note on a supplier that shares with it; nobody else's business."""

from __future__ import annotations

import uuid

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.policy import Action
from assessments.sharing.disclosure import BuyerSupplierNote
from assessments.sharing.reading import SharedAssessment
from plumbline.buyer import buyer
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.shared import load_shared
from plumbline.rendering import say

LONGEST_NUMBER, LONGEST_NOTE = 40, 2000


def note_on(buyer_id: uuid.UUID, supplier_id: uuid.UUID) -> BuyerSupplierNote | None:
    """The note this buyer keeps on a supplier."""
    return db.session.get(BuyerSupplierNote, (buyer_id, supplier_id))


@buyer.post("/assessments/<uuid:assessment_id>/note")
@door(Action.BUYER_NOTE_WRITE, load=load_shared)
def keep_note(visitor: Visitor, shared: SharedAssessment) -> ResponseReturnValue:
    """Keep the note; empty fields empty it."""
    row = note_on(visitor.organization_id, shared.supplier_id)
    if row is None:
        row = BuyerSupplierNote(
            buyer_id=visitor.organization_id, supplier_id=shared.supplier_id, tags=[], updated_at=now()
        )
        db.session.add(row)
    row.own_number = request.form.get("own_number", "").strip()[:LONGEST_NUMBER] or None
    row.note = request.form.get("note", "").strip()[:LONGEST_NOTE] or None
    row.updated_at = now()
    say(_("Your note is kept. Only your organization reads it."))
    return redirect(f"/buyer/assessments/{shared.assessment_id}", 303)
