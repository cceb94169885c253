"""Corrective actions as the assessor moves them: agree or return, verify or send back, look again, dates."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from flask import redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.actions.action import CorrectiveAction
from assessments.actions.dates import decide_new_date
from assessments.policy import Action, AssignedThing
from assessments.verification.assignment import Basis, live_assignment
from assessments.workflow import Refused
from plumbline.assessor import assessor
from plumbline.assessor.findings import finding_page
from plumbline.assessor.forms import ActionMoveForm, DateAnswerForm
from plumbline.assessor.workbench import again
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.assigned import load_action
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.translated import words

# The path's word and the move's name; what each needs is the domain's to say.
MOVES = {
    "return": "return", "agree": "agree", "verify": "verify", "send-back": "send_back",
    "effective": "find_effective", "reopen": "reopen", "drop": "drop",
}  # fmt: skip


@dataclass(frozen=True)
class OnMove:
    """An action with the move that the address names."""

    action: CorrectiveAction
    move: str


def load_move(visitor: Visitor, action: Action, action_id: uuid.UUID, move: str) -> AssignedThing:
    """An action of an assigned case; NotFound for a move that assessors do not have."""
    if move not in MOVES:
        raise NotFound
    reached = load_action(visitor, action, action_id)
    return replace(reached, thing=OnMove(reached.thing, MOVES[move]))


@assessor.get("/actions/<uuid:action_id>")
@door(Action.ASSESSOR_FINDING_READ, load=load_action)
def one_action(_visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Lead to an action where it stands under its finding."""
    action: CorrectiveAction = reached.thing
    return redirect(f"/assessor/findings/{action.finding_id}#action-{action.number}", 303)


@assessor.post("/actions/<uuid:action_id>/moves/<move>")
@door(Action.ASSESSOR_ACTION_DECIDE, load=load_move)
def move_action(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Make one move on an action, with its reason and basis."""
    on: OnMove = reached.thing
    form = ActionMoveForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            on.action.make(
                db.session(), on.move, reason=form.reason.data or "", basis=_basis(form.basis.data),
                by=visitor.actor, at=now(),
            )  # fmt: skip
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        typed = {"move": on.move, "reason": form.reason.data or "", "basis": form.basis.data or ""}
        return _again(visitor, reached, on.action, errors, typed), status
    say(_("A-%(number)s: %(state)s.", number=on.action.number, state=words(on.action.state)))
    return redirect(_after(visitor, on.action), 303)


@assessor.post("/actions/<uuid:action_id>/date")
@door(Action.ASSESSOR_ACTION_DECIDE, load=load_action)
def answer_date(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Grant or refuse the new date that the supplier asked for, with a reason."""
    action: CorrectiveAction = reached.thing
    form = DateAnswerForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            decide_new_date(
                db.session(), action, form.granted.data == "yes", form.reason.data or "",
                by=visitor.actor, at=now(),
            )  # fmt: skip
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        typed = {"move": "date", "reason": form.reason.data or "", "granted": form.granted.data or ""}
        return _again(visitor, reached, action, errors, typed), status
    say(_("The supplier reads your answer beside both dates."))
    return redirect(_after(visitor, action), 303)


def _again(
    visitor: Visitor,
    reached: AssignedThing,
    action: CorrectiveAction,
    errors: dict[str, str],
    typed: dict[str, str],
) -> str:
    again(visitor, action.finding.assessment, {"layers": ["findings", "plan"], "topics": [action.topic]})
    placed = {
        f"{place}-{action.number}" if place != "main" else place: text for place, text in errors.items()
    }
    typed["action"] = str(action.number)
    return finding_page(visitor, action.finding, reached.phase, placed, typed)


def _after(visitor: Visitor, action: CorrectiveAction) -> str:
    """Back to the finding, or to the desk where the last move has ended the firm's follow-up."""
    still = live_assignment(db.session(), action.assessment_id)
    if still is None or still.firm_id != visitor.organization_id:
        return "/assessor/"
    return f"/assessor/findings/{action.finding_id}#action-{action.number}"


def _basis(typed: str | None) -> Basis | None:
    """What was chosen; whatever else was sent is nothing, and the rule asks for it."""
    return Basis(typed) if typed in set(Basis) else None
