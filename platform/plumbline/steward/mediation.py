"""Mediation: after two returns a mediator can record that both sides disagree; both texts are kept."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from assessments.actions.action import CorrectiveAction
from assessments.evidence.documents import DocumentVersion
from assessments.overviews.workbench import behind_action
from assessments.policy import Action
from assessments.verification.assignment import questionnaire_for
from assessments.workflow import Refused
from plumbline.documents import open_store
from plumbline.documents.serving import original
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, keep, now
from plumbline.here import settings_here
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import OnVersion
from plumbline.loading.steward import load_stuck_action, load_stuck_evidence
from plumbline.reading_language import as_read
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.forms import ReasonForm
from plumbline.steward.reviews import opened


@steward.get("/mediation/<uuid:action_id>")
@door(Action.STEWARD_ACTION_MEDIATE, load=load_stuck_action, ledger=True)
def mediate(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Show the action, its finding and what both sides said."""
    _ledger(visitor, action)
    return _page(action)


@steward.post("/mediation/<uuid:action_id>")
@door(Action.STEWARD_ACTION_MEDIATE, load=load_stuck_action)
def record_disagreement(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Record the disagreement; the supplier may then act on its own."""
    form = ReasonForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            action.make(db.session(), "disagree", reason=form.reason.data or "", by=visitor.actor, at=now())
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        db.session.rollback()
        _ledger(visitor, action)
        keep()
        return _page(action, form, errors), status
    say(_("Both texts are kept with the action."), lead=_("Recorded."))
    return redirect("/steward/", 303)


@steward.get("/mediation/<uuid:action_id>/evidence/<uuid:version_id>")
@door(Action.STEWARD_ACTION_MEDIATE, load=load_stuck_evidence, ledger=True)
def mediation_evidence(visitor: Visitor, on: OnVersion) -> ResponseReturnValue:
    """Send a document that the action or its finding rests on."""
    return original(open_store(settings_here()), opened(visitor, on))


def _ledger(visitor: Visitor, action: CorrectiveAction) -> None:
    what = {"layers": ["findings", "plan"], "topics": [action.topic]}
    open_ledger(visitor, action.finding.assessment, what)


def _page(
    action: CorrectiveAction, form: ReasonForm | None = None, errors: Mapping[str, str] | None = None
) -> str:
    return render_template(
        "steward/mediation.html",
        action=action,
        finding=action.finding,
        topic=as_read(questionnaire_for(db.session(), action.finding.assessment)).topic(action.topic),
        evidence=db.session.scalars(
            select(DocumentVersion)
            .where(DocumentVersion.id.in_(behind_action(action)))
            .order_by(DocumentVersion.id)
        ).all(),
        assessment=action.finding.assessment,
        form=form,
        errors=errors or {},
    )
