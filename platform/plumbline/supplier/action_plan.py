"""Proposing a corrective action, and proposing a returned one again with other words."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.actions.action import ActionKind, CorrectiveAction
from assessments.actions.plan import propose_action, revise_action
from assessments.policy import Action
from assessments.sheet.reading import questionnaire_of
from assessments.verification.finding import Finding
from assessments.workflow import Refused, Stale
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_corrective_action, load_finding
from plumbline.reading_language import as_read
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.action_forms import ProposalForm


@supplier.get("/findings/<uuid:finding_id>/actions/new")
@door(Action.SUPPLIER_ACTION_WORK, load=load_finding)
def new_action(_visitor: Visitor, finding: Finding) -> ResponseReturnValue:
    """Ask what will be done about a finding, beside the finding itself."""
    return proposal_page(finding, ProposalForm.blank())


@supplier.post("/findings/<uuid:finding_id>/actions")
@door(Action.SUPPLIER_ACTION_WORK, load=load_finding)
def propose(visitor: Visitor, finding: Finding) -> ResponseReturnValue:
    """Propose an action to the assessor."""
    form = ProposalForm()
    if not form.validate():
        return proposal_page(finding, form), 422
    try:
        action = propose_action(db.session(), finding, **_offered(form), by=visitor.actor, at=now())
    except Refused as error:
        db.session.rollback()
        status = form.refuse(error)
        return proposal_page(finding, form), status
    say(_("The assessor agrees to it, or returns it with a reason."), lead=_("Proposed."))
    return redirect(f"/supplier/actions/{action.id}", 303)


@supplier.get("/actions/<uuid:action_id>/revise")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action)
def returned_action(_visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Ask for other words for an action that was returned."""
    return proposal_page(action.finding, _as_stored(action), action=action)


@supplier.post("/actions/<uuid:action_id>/revise")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action)
def revise(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Propose a returned action again; if it changed meanwhile, both versions come back."""
    form = ProposalForm()
    if not form.validate():
        return proposal_page(action.finding, form, action=action), 422
    try:
        revise_action(
            db.session(), action, **_offered(form), revision=form.revision.data or 0, by=visitor.actor,
            at=now(),
        )  # fmt: skip
    except Refused as error:
        db.session.rollback()
        stale = isinstance(error, Stale)
        status = form.refuse(error)
        return proposal_page(action.finding, form, action=action, stale=stale), status
    say(_("The assessor reads it again."), lead=_("Proposed again."))
    return redirect(f"/supplier/actions/{action.id}", 303)


def proposal_page(
    finding: Finding, form: ProposalForm, *, action: CorrectiveAction | None = None, stale: bool = False
) -> str:
    """Draw the form beside its finding; ``stale`` shows what stands now beside what was typed."""
    questionnaire = as_read(questionnaire_of(db.session(), finding.assessment.cycle.version_id)[0])
    returned = [one for one in action.remarks if one.move == "return"] if action else []
    return render_template(
        "supplier/action_proposal.html", finding=finding, form=form, action=action, stale=stale,
        site=finding.assessment.site, topic=questionnaire.topic(finding.topic).title,
        kinds=list(ActionKind), reason=returned[-1].text if returned else "",
        today=now().date(),
    )  # fmt: skip


def _offered(form: ProposalForm) -> dict[str, Any]:
    return {
        "kind": ActionKind(form.kind.data or ""),
        "root_cause": form.root_cause.data,
        "description": form.description.data,
        "owner": form.owner.data,
        "due_on": form.due_on.data,
    }


def _as_stored(action: CorrectiveAction) -> ProposalForm:
    return ProposalForm.blank(
        kind=action.kind.value,
        root_cause=action.root_cause,
        description=action.description,
        owner=action.owner,
        due_on=action.due_on,
        revision=action.revision,
    )
