"""Disputes: both texts and what the finding rests on; appeal upholds, amends or drops it, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.overviews.workbench import read_case
from assessments.policy import Action
from assessments.questionnaire.model import Grade
from assessments.verification.finding import Finding
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, keep, now
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.steward import load_dispute
from plumbline.reading_language import as_read
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.forms import DisputeForm


@steward.get("/disputes/<uuid:finding_id>")
@door(Action.STEWARD_DISPUTE_DECIDE, load=load_dispute, ledger=True)
def dispute(visitor: Visitor, finding: Finding) -> ResponseReturnValue:
    """Show a disputed finding beside the answers it is about."""
    _ledger(visitor, finding)
    return _page(finding)


@steward.post("/disputes/<uuid:finding_id>")
@door(Action.STEWARD_DISPUTE_DECIDE, load=load_dispute)
def decide(visitor: Visitor, finding: Finding) -> ResponseReturnValue:
    """Decide the dispute; both texts stay with the finding."""
    form = DisputeForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            finding.decide(
                db.session(), form.outcome.data, form.reason.data or "", statement=form.statement.data,
                grade=Grade(form.grade.data) if form.grade.data else None,
                first_step=form.first_step.data, by=visitor.actor, at=now(),
            )  # fmt: skip
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        db.session.rollback()
        _ledger(visitor, finding)
        keep()
        return _page(finding, form, errors), status
    say(_("Supplier and firm read the decision and its reason."), lead=_("Decided."))
    return redirect("/steward/", 303)


def _ledger(visitor: Visitor, finding: Finding) -> None:
    what = {"layers": ["findings", "answers"], "topics": [finding.topic]}
    open_ledger(visitor, finding.assessment, what)


def _page(finding: Finding, form: DisputeForm | None = None, errors: Mapping[str, str] | None = None) -> str:
    case = read_case(db.session(), finding.assessment, tell=as_read)
    seen = [one for topic in case.topics for one in topic.questions if one.key in finding.questions]
    topic = case.by_key.get(finding.topic)
    return render_template(
        "steward/dispute.html",
        finding=finding,
        assessment=finding.assessment,
        case=case,
        topic=topic,
        seen=seen,
        form=form,
        at=now(),
        errors=errors or {},
    )
