"""The rules in force: deadlines and validity as the terms record says, never as a text remembers them."""

from __future__ import annotations

from dataclasses import asdict

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from assessments.terms import FIRST_TERMS, TermsRecord, terms_at
from plumbline.extensions import db
from plumbline.guard import now, public
from plumbline.public import public_pages
from plumbline.transaction import SYSTEM_TENANT, enter


@public_pages.get("/rules")
@public("the rules in force are for everybody to read")
def rules() -> ResponseReturnValue:
    """Show the terms that govern today and the days from which others did or will."""
    enter(db.session(), SYSTEM_TENANT)
    records = db.session.scalars(select(TermsRecord).order_by(TermsRecord.effective_from.desc())).all()
    return render_template(
        "public/rules.html", terms=terms_at(db.session(), now()), records=records, first=asdict(FIRST_TERMS)
    )
