"""The plan of a finding: actions proposed by the supplier, and proposed again after a return."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.actions.action import (
    ACTION_MOVES,
    ActionKind,
    ActionState,
    CorrectiveAction,
    record_action,
)
from assessments.assessment import Assessment
from assessments.audit.events import EventKind
from assessments.base import in_calendar, new_id
from assessments.outbox import JobKind, later
from assessments.parties import Actor, check_supplier
from assessments.sentences import N_, CodeWord
from assessments.verification.finding import Finding, FindingState, numbered
from assessments.workflow import Refused, Stale, WrongState


def propose_action(
    session: Session,
    finding: Finding,
    *,
    kind: ActionKind,
    root_cause: str,
    description: str,
    owner: str,
    due_on: date,
    by: Actor,
    at: datetime,
) -> CorrectiveAction:
    """Propose an action on a shared finding that needs one.

    Raises WrongActor for anybody but its supplier, WrongState, and Refused naming empty fields.
    """
    check_supplier(by, finding.organization_id, message="The supplier proposes what it will do.")
    if finding.state in {FindingState.DRAFT, FindingState.DISMISSED, FindingState.CLOSED}:
        raise WrongState(
            N_("This finding is %(state)s; no action is proposed on it.", state=CodeWord(finding.state)),
            "Choose another finding.",
        )
    _check(root_cause, description, owner, due_on, at)
    # Two who propose at once get one number after the other.
    session.execute(select(Assessment.id).where(Assessment.id == finding.assessment_id).with_for_update())
    taken = select(CorrectiveAction.number).where(CorrectiveAction.assessment_id == finding.assessment_id)
    action = CorrectiveAction(
        id=new_id(),
        finding=finding,
        assessment_id=finding.assessment_id,
        organization_id=finding.organization_id,
        topic=finding.topic,
        number=numbered(finding.topic, session.scalars(taken)),
        kind=kind,
        root_cause=root_cause.strip(),
        description=description.strip(),
        owner=owner.strip(),
        due_on=due_on,
        state=ActionState.PROPOSED,
        proposed_at=at,
        proposed_by=by.person_id,
    )
    session.add(action)
    session.flush()
    record_action(session, EventKind.ACTION_PROPOSED, action, by=by, at=at)
    later(session, JobKind.REFRESH_PORTFOLIO, {"assessment_id": str(action.assessment_id)}, at=at)
    return action


def revise_action(
    session: Session,
    action: CorrectiveAction,
    *,
    kind: ActionKind,
    root_cause: str,
    description: str,
    owner: str,
    due_on: date,
    revision: int,
    by: Actor,
    at: datetime,
) -> None:
    """Propose a returned action again with other words; what was returned stays readable, with the reason.

    Raises Stale when it changed meanwhile, WrongState and WrongActor as the move does.
    """
    check_supplier(by, action.organization_id, message="The supplier proposes what it will do.")
    if revision != action.revision:
        raise Stale(
            "This action changed since you opened it.", current=action.description, offered=description
        )
    _check(root_cause, description, owner, due_on, at)
    # Asked first: a refused move changes nothing.
    ACTION_MOVES.move("propose_again", action.state, by.role)
    action.earlier_proposals = [*action.earlier_proposals, _as_returned(action)]
    action.proposed_at, action.proposed_by = at, by.person_id
    action.kind, action.root_cause, action.description = kind, root_cause.strip(), description.strip()
    action.owner, action.due_on = owner.strip(), due_on
    action.make(session, "propose_again", by=by, at=at)


def _as_returned(action: CorrectiveAction) -> dict[str, str | None]:
    """The proposal that came back: its words and dates as text, and why it was returned."""
    returned = [remark for remark in action.remarks if remark.move == "return"]
    last = max(returned, key=lambda remark: remark.at, default=None)
    return {
        "kind": action.kind.value,
        "root_cause": action.root_cause,
        "description": action.description,
        "owner": action.owner,
        "due_on": action.due_on.isoformat(),
        "proposed_at": action.proposed_at.isoformat(),
        "returned_at": last.at.isoformat() if last else None,
        "reason": last.text if last else None,
    }


def _check(root_cause: str, description: str, owner: str, due_on: date, at: datetime) -> None:
    empty = [
        name
        for name, text in (("root_cause", root_cause), ("description", description), ("owner", owner))
        if not text.strip()
    ]
    if empty:
        raise Refused(
            "An action says why it happened, what will be done and which function does it.",
            "Fill in the places named.",
            places=empty,
        )
    if due_on < at.date() or not in_calendar(due_on):
        raise Refused("The date lies in the past.", "Choose a day from today on.", places=("due_on",))
