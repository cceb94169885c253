"""Assigning a firm without reading anything, and taking a case back from one that has a tie."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from assessments.assessment import Assessment, AssessmentState
from assessments.parties import Organization
from assessments.policy import Action
from assessments.verification.assignment import Assignment, Basis, Independence, live_assignment
from assessments.verification.firms import assign, candidates, end_assignment
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.steward import load_assignment, load_case
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.forms import AssignForm, ReasonForm


@steward.get("/assessments/<uuid:assessment_id>/assign")
@door(Action.STEWARD_ASSESSMENT_ASSIGN, load=load_case)
def choose_firm(_visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Show which firms can take the case, and why the others cannot."""
    return _page(assessment)


@steward.post("/assessments/<uuid:assessment_id>/assign")
@door(Action.STEWARD_ASSESSMENT_ASSIGN, load=load_case)
def assign_firm(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Assign the firm with the kind of verification ordered."""
    form = AssignForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    firm = _firm(form.firm.data) if not errors else None
    if not errors and firm is None:
        errors = {"firm": _("Choose a firm.")}
    if firm is not None:
        try:
            assign(db.session(), assessment, firm, basis=Basis(form.basis.data), by=visitor.actor, at=now())
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors or firm is None:
        return _page(assessment, form, errors), status
    say(_("%(firm)s has the case and gets a letter.", firm=firm.legal_name), lead=_("Assigned."))
    return redirect("/steward/", 303)


@steward.get("/assignments/<uuid:assignment_id>")
@door(Action.STEWARD_ASSESSMENT_ASSIGN, load=load_assignment)
def one_assignment(_visitor: Visitor, assignment: Assignment) -> ResponseReturnValue:
    """Lead to the case whose assignment it is."""
    return redirect(f"/steward/assessments/{assignment.assessment_id}/assign")


@steward.post("/assignments/<uuid:assignment_id>/end")
@door(Action.STEWARD_ASSESSMENT_ASSIGN, load=load_assignment)
def end(visitor: Visitor, assignment: Assignment) -> ResponseReturnValue:
    """Take the case back from a firm, so that another can be assigned."""
    assessment, form = assignment.assessment, ReasonForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            end_assignment(
                db.session(), assignment, reason=form.reason.data or "", by=visitor.actor, at=now()
            )
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        return _page(assessment, None, errors), status
    say(_("Choose another firm."), lead=_("Taken back."))
    return redirect(f"/steward/assessments/{assessment.id}/assign", 303)


def _firm(text: str | None) -> Organization | None:
    try:
        return db.session.get(Organization, uuid.UUID(text or ""))
    except ValueError:
        return None


def _page(
    assessment: Assessment, form: AssignForm | None = None, errors: Mapping[str, str] | None = None
) -> str:
    session = db.session()
    running = live_assignment(session, assessment.id)
    ties = (
        session.scalars(
            select(Independence).where(
                Independence.assignment_id == running.id, Independence.no_ties.is_(False)
            )
        ).all()
        if running
        else ()
    )
    return render_template(
        "steward/assign.html",
        assessment=assessment,
        open_to_assign=assessment.state is AssessmentState.SUBMITTED,
        running=running,
        ties=ties,
        candidates=candidates(session, assessment, at=now()),
        form=form,
        errors=errors or {},
    )
