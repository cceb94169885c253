"""New dates of corrective actions: asked for and answered with a reason, never overwritten."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from assessments.actions.action import ActionDate, CorrectiveAction, record_action
from assessments.audit.events import EventKind
from assessments.base import in_calendar, new_id
from assessments.outbox import JobKind, later
from assessments.parties import ASSESSORS, Actor, check_supplier
from assessments.workflow import Refused, WrongActor, WrongState


def ask_new_date(
    session: Session, action: CorrectiveAction, new_on: date, reason: str, *, by: Actor, at: datetime
) -> ActionDate:
    """Ask for another date with a reason; nothing is overwritten. Raises WrongActor, Refused, WrongState."""
    check_supplier(by, action.organization_id, message="The supplier asks for another date.")
    if not reason.strip():
        raise Refused("A new date needs a reason.", "Write what changed.", places=("reason",))
    if not in_calendar(new_on):
        raise Refused("This is no day to come.", "Check the year.", places=("new_on",))
    if any(asked.granted is None for asked in action.dates):
        raise WrongState("A new date was asked for already.", "Wait for the assessor's answer.")
    row = ActionDate(
        id=new_id(),
        action_id=action.id,
        organization_id=action.organization_id,
        old_on=action.due_on,
        new_on=new_on,
        reason=reason.strip(),
        asked_at=at,
        asked_by=by.person_id,
    )
    action.dates.append(row)
    action.revision += 1
    record_action(session, EventKind.ACTION_DATE_ASKED, action, by=by, at=at)
    return row


def decide_new_date(
    session: Session, action: CorrectiveAction, granted: bool, reason: str, *, by: Actor, at: datetime
) -> None:
    """Grant or refuse the date asked for, with a reason. Raises WrongActor, Refused, WrongState."""
    if by.role not in ASSESSORS:
        raise WrongActor("The assessor answers a new date.", "")
    action.check_reached(session, by=by)
    if not reason.strip():
        raise Refused("The answer needs a reason.", "Write why, for the other side.", places=("reason",))
    waiting = [asked for asked in action.dates if asked.granted is None]
    if not waiting:
        raise WrongState("No new date was asked for.", "")
    asked = waiting[0]
    asked.granted, asked.decision = granted, reason.strip()
    asked.decided_at, asked.decided_by = at, by.person_id
    action.revision += 1  # refused or granted: one answer, of two at once
    if granted:
        action.due_on = asked.new_on
    kind = EventKind.ACTION_DATE_GRANTED if granted else EventKind.ACTION_DATE_REFUSED
    record_action(session, kind, action, by=by, at=at)
    later(session, JobKind.REFRESH_PORTFOLIO, {"assessment_id": str(action.assessment_id)}, at=at)
