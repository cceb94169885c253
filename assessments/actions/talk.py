"""The talk beside an action: words of both sides, and the moves between the lines."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.actions.action import ActionRemark, CorrectiveAction, record_action
from assessments.audit.events import AuditEvent, EventKind
from assessments.base import new_id
from assessments.parties import Actor, Audience
from assessments.sentences import N_
from assessments.workflow import Invalid, WrongActor

LONGEST_REMARK = 4000
REMARK = "remark"
"""What an ActionRemark that belongs to no move has in its ``move``."""


class Side(enum.StrEnum):
    """Who speaks; a move is nobody's line."""

    SUPPLIER = "supplier"
    OTHER = "other"
    MOVE = "move"


@dataclass(frozen=True)
class Turn:
    """One line of the talk. A move has its event ``kind`` alone; ``day`` is the date it is about."""

    side: Side
    at: datetime
    function: str = ""
    text: str = ""
    kind: EventKind | None = None
    day: date | None = None


def write_remark(
    session: Session, action: CorrectiveAction, text: str, *, by: Actor, at: datetime
) -> ActionRemark:
    """Say something beside an action, without a move. Raises WrongActor and Invalid (empty, too long).

    Its supplier, its assessors and the steward's mediator talk here; buyers never read it.
    """
    if by.audience not in {Audience.SUPPLIER, Audience.ASSESSOR, Audience.STEWARD}:
        raise WrongActor("Only the supplier, its assessor and the steward talk here.", "")
    action.check_reached(session, by=by)
    text = text.strip()
    if not text:
        raise Invalid("There is nothing to send yet.", {"text": N_("Write what the other side should know.")})
    if len(text) > LONGEST_REMARK:
        raise Invalid(
            "This is too long.",
            {
                "text": N_(
                    "Use at most %(most)s characters; it has %(count)s.", most=LONGEST_REMARK, count=len(text)
                )
            },
        )
    remark = ActionRemark(
        id=new_id(),
        action_id=action.id,
        organization_id=action.organization_id,
        move=REMARK,
        author_function=by.role.function,
        text=text,
        at=at,
        by=by.person_id,
    )
    action.remarks.append(remark)
    record_action(session, EventKind.ACTION_REMARKED, action, by=by, at=at)
    return remark


def talk(session: Session, action: CorrectiveAction) -> Sequence[Turn]:
    """Return the talk in its order: at one instant the words first, then the move they belong to."""
    turns = [_said(remark.author_function, remark.text, remark.at) for remark in action.remarks]
    for asked in action.dates:
        turns.append(_said("supplier", asked.reason, asked.asked_at, asked.new_on))
        if asked.decided_at is not None and asked.decision:
            turns.append(_said("assessor", asked.decision, asked.decided_at, asked.new_on))
    moved = session.execute(
        select(AuditEvent.at, AuditEvent.kind)
        .where(
            AuditEvent.subject_id == action.id,
            AuditEvent.organization_id == action.organization_id,
            AuditEvent.kind != EventKind.ACTION_REMARKED,
        )
        .order_by(AuditEvent.seq)
    )
    days = {asked.asked_at: asked.new_on for asked in action.dates}
    days.update({asked.decided_at: asked.new_on for asked in action.dates if asked.decided_at})
    turns += [Turn(Side.MOVE, at, kind=kind, day=days.get(at)) for at, kind in moved]
    return sorted(turns, key=lambda turn: (turn.at, turn.side is Side.MOVE))


def _said(function: str, text: str, at: datetime, day: date | None = None) -> Turn:
    side = Side.SUPPLIER if function.startswith(Audience.SUPPLIER.value) else Side.OTHER
    return Turn(side, at, function, text, day=day)
