"""Mediation: after two returns a mediator can record that both sides disagree; both texts are kept."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.corrective_action import CorrectiveAction
from assessments.policy import Action
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, keep, now
from plumbline.identity.visitor import Visitor
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.forms import ReasonForm
from plumbline.steward.loading import load_stuck_action, open_ledger


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
    return redirect("/steward/")


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
        assessment=action.finding.assessment,
        form=form,
        errors=errors or {},
    )
