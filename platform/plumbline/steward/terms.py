"""Terms: the admin publishes a dated record; what began under an earlier one stays under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.policy import Action
from assessments.terms import TermsRecord, publish_terms, terms_at
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.forms import TermsForm


@steward.get("/terms")
@door(Action.STEWARD_TERMS_PUBLISH)
def terms(_visitor: Visitor) -> ResponseReturnValue:
    """Show the terms in force, the earlier and coming ones, and the form for the next."""
    return _page(TermsForm(formdata=None, data=asdict(terms_at(db.session(), now()))))


@steward.post("/terms")
@door(Action.STEWARD_TERMS_PUBLISH)
def publish_record(visitor: Visitor) -> ResponseReturnValue:
    """Publish the terms from a day on."""
    form = TermsForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    day = form.effective_from.data
    if not errors and day is not None:
        try:
            record = publish_terms(db.session(), form.terms, effective_from=day, at=now())
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
        else:
            events.record(
                db.session(), EventKind.TERMS_PUBLISHED, by=visitor.actor, at=now(), subject_type="terms",
                subject_id=record.id, organization_id=None, data={"effective_from": day.isoformat()},
            )  # fmt: skip
    if errors or day is None:
        return _page(form, errors), status
    say(_("They hold from %(day)s for what begins from then on.", day=day.isoformat()), lead=_("Published."))
    return redirect("/steward/terms", 303)


def _page(form: TermsForm, errors: Mapping[str, str] | None = None) -> str:  # type: ignore[valid-type]
    records = db.session.scalars(select(TermsRecord).order_by(TermsRecord.effective_from.desc())).all()
    return render_template(
        "steward/terms.html",
        form=form,
        records=records,
        current=terms_at(db.session(), now()),
        today=now().date(),
        errors=errors or {},
    )
