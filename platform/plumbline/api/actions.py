"""Corrective actions: proposed by the supplier, agreed, proved, verified; each move the domain's own."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from typing import Any

from assessments.actions.action import (
    ACTION_MOVES,
    ActionKind,
    ActionState,
    CorrectiveAction,
)
from assessments.actions.plan import propose_action, revise_action
from assessments.actions.proof import attach_evidence
from assessments.assessment import Assessment
from assessments.overviews.workbench import actions_whole
from assessments.parties import Audience, Role
from assessments.policy import Action, AssignedThing
from assessments.verification.assignment import Basis, Phase
from assessments.verification.finding import Finding
from assessments.workflow import Invalid, WrongActor
from plumbline.api.loading import (
    load_action,
    load_content,
    load_finding,
    load_own_version,
    read_action,
    read_finding,
    unwrapped,
)
from plumbline.api.operation import Call, Shape, operation, revision_seen
from plumbline.api.paging import PageQuery, page_by
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger


class ActionIn(Shape):
    """Why it happened, what is done about it, which function does it, by when."""

    kind: ActionKind
    root_cause: str
    description: str
    owner: str
    due_on: date


class Moves(enum.StrEnum):
    """The moves by name; ``to`` is another way to say which."""

    RETURN = "return"
    PROPOSE_AGAIN = "propose_again"
    AGREE = "agree"
    DISAGREE = "disagree"
    START = "start"
    SUBMIT_EVIDENCE = "submit_evidence"
    SEND_BACK = "send_back"
    VERIFY = "verify"
    FIND_EFFECTIVE = "find_effective"
    REOPEN = "reopen"
    DROP = "drop"


class MoveIn(Shape):
    """A move, by its name or by the state it leads ``to``. ``evidence``: documents or versions of the own
    vault, attached first. ``plan``: the words of an action proposed again (with If-Match)."""

    move: Moves | None = None
    to: ActionState | None = None
    reason: str = ""
    basis: Basis | None = None
    evidence: list[uuid.UUID] = []
    plan: ActionIn | None = None


class RemarkOut(Shape):
    """What was said with a move."""

    move: str
    author_function: str
    text: str
    at: datetime


class NewDateOut(Shape):
    """A date that was asked for, and the answer; ``granted`` null: it waits."""

    old_on: date
    new_on: date
    reason: str
    asked_at: datetime
    granted: bool | None
    decision: str | None
    decided_at: datetime | None


class ActionOut(Shape):
    """A corrective action as it stands. ``earlier_proposals``: what was returned, oldest first, with why."""

    id: uuid.UUID
    finding_id: uuid.UUID
    assessment_id: uuid.UUID
    number: str
    topic: str
    kind: ActionKind
    root_cause: str
    description: str
    owner: str
    due_on: date
    state: ActionState
    revision: int
    returns: int
    agreed_at: datetime | None
    disagreed_at: datetime | None
    closed_at: datetime | None
    closed_how: str | None
    closed_basis: Basis | None
    check_on: date | None
    earlier_proposals: list[dict[str, Any]]
    remarks: list[RemarkOut]
    dates: list[NewDateOut]
    evidence: list[uuid.UUID]

    def location(self) -> str:
        """Where it can be read."""
        return f"/api/v1/corrective-actions/{self.id}"


class ActionList(Shape):
    """Actions in their order."""

    items: list[ActionOut]
    next_cursor: uuid.UUID | None


@operation(
    "POST",
    "/findings/<uuid:finding_id>/corrective-actions",
    Action.SUPPLIER_ACTION_WORK,
    summary="Propose a corrective action",
    tag="actions",
    load=load_finding,
    body=ActionIn,
    returns=ActionOut,
    status=201,
)
def post_action(call: Call) -> ActionOut:
    """Propose an action on a shared finding."""
    made = propose_action(
        db.session(), call.thing, **_words(call.body), by=call.visitor.actor, at=now()
    )  # fmt: skip
    return action_out(made)


@operation(
    "GET",
    "/findings/<uuid:finding_id>/corrective-actions",
    Action.SUPPLIER_FINDING_READ,
    Action.ASSESSOR_FINDING_READ,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_ACTION_MEDIATE,
    summary="Corrective actions of a finding",
    tag="actions",
    load=read_finding,
    query=PageQuery,
    returns=ActionList,
    ledger=True,
)
def finding_actions(call: Call) -> ActionList:
    """List the actions of a finding."""
    found: Finding = unwrapped(call.thing)
    _seen(call.visitor, found.assessment)
    wanted = actions_whole().where(CorrectiveAction.finding_id == found.id)
    if call.action is Action.STEWARD_ACTION_MEDIATE:
        wanted = wanted.where(CorrectiveAction.is_stuck)
    page, following = page_by(wanted, (CorrectiveAction.id,), call.query, newest=False)
    return ActionList(items=[action_out(row) for row in page], next_cursor=following)


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/corrective-actions",
    Action.SUPPLIER_FINDING_READ,
    Action.ASSESSOR_FINDING_READ,
    Action.STEWARD_REVIEW_DECIDE,
    summary="The corrective action plan",
    tag="actions",
    load=load_content,
    query=PageQuery,
    returns=ActionList,
    ledger=True,
)
def plan(call: Call) -> ActionList:
    """List every action of an assessment, in order; in a follow-up those of findings it reaches."""
    found: Assessment = unwrapped(call.thing)
    _seen(call.visitor, found)
    wanted = actions_whole().where(CorrectiveAction.assessment_id == found.id)
    if isinstance(call.thing, AssignedThing) and call.thing.phase is Phase.FOLLOW_UP:
        wanted = wanted.where(CorrectiveAction.finding.has(Finding.is_followed))
    page, following = page_by(wanted, (CorrectiveAction.id,), call.query, newest=False)
    return ActionList(items=[action_out(row) for row in page], next_cursor=following)


@operation(
    "GET",
    "/corrective-actions/<uuid:action_id>",
    Action.SUPPLIER_FINDING_READ,
    Action.ASSESSOR_FINDING_READ,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_ACTION_MEDIATE,
    summary="One corrective action",
    tag="actions",
    load=read_action,
    returns=ActionOut,
    ledger=True,
)
def corrective_action(call: Call) -> ActionOut:
    """Return an action as it stands."""
    found: CorrectiveAction = unwrapped(call.thing)
    _seen(call.visitor, found.finding.assessment)
    return action_out(found)


@operation(
    "POST",
    "/corrective-actions/<uuid:action_id>/transitions",
    Action.SUPPLIER_ACTION_WORK,
    Action.ASSESSOR_ACTION_DECIDE,
    Action.STEWARD_ACTION_MEDIATE,
    summary="Move a corrective action on",
    tag="actions",
    load=load_action,
    body=MoveIn,
    returns=ActionOut,
    edits=True,
)
def post_move(call: Call) -> ActionOut:
    """Make a move: 409 when it does not start from this state, 403 when it is somebody else's.

    Supplier: start, submit_evidence (with evidence), propose_again (with plan). Assessor: return, agree,
    send_back, verify (with reason and basis), find_effective, reopen, drop. Mediator: disagree.
    """
    found: CorrectiveAction = unwrapped(call.thing)
    given: MoveIn = call.body
    by, at, session = call.visitor.actor, now(), db.session()
    move = _move(given, found.state, by.role)
    if move == "propose_again" and given.plan is not None:
        revise_action(
            session, found, **_words(given.plan), revision=revision_seen(call, found.revision), by=by, at=at
        )
    else:
        if given.evidence and by.audience is not Audience.SUPPLIER:
            raise WrongActor("The supplier attaches evidence of its own.", "Leave evidence out.")
        for evidence_id in given.evidence:
            version = load_own_version(call.visitor, call.action, evidence_id)
            attach_evidence(session, found, version, "", by=by, at=at)
        found.make(session, move, reason=given.reason, basis=given.basis, by=by, at=at)
    session.flush()
    if by.audience is not Audience.SUPPLIER:
        topics = [found.topic]
        open_ledger(call.visitor, found.finding.assessment, {"layers": ["plan"], "topics": topics})
    return action_out(found)


def _move(given: MoveIn, state: ActionState, role: Role) -> str:
    """The name of the move: as said, or the one that leads to ``to`` from here by this role."""
    if (given.move is None) == (given.to is None):
        raise Invalid("Which move?", {"move": "send either move, or to with the state it leads to"})
    if given.move is not None:
        return given.move.value
    leading = [move for move in ACTION_MOVES.moves if move.target is given.to]
    if not leading:
        raise Invalid("Nothing leads there.", {"to": "no move leads to this state"})
    # The best fit: from this state and by this role, else one whose refusal says what is wrong.
    leading.sort(key=lambda move: (role not in move.roles, state not in move.sources))
    return leading[0].name


def action_out(found: CorrectiveAction) -> ActionOut:
    """An action as programs read it."""
    listed = {"remarks", "dates", "evidence"}
    own: dict[str, Any] = {
        name: getattr(found, name) for name in ActionOut.model_fields if name not in listed
    }
    said, asked = list(RemarkOut.model_fields), list(NewDateOut.model_fields)
    return ActionOut(
        **own,
        remarks=[RemarkOut(**{name: getattr(remark, name) for name in said}) for remark in found.remarks],
        dates=[NewDateOut(**{name: getattr(row, name) for name in asked}) for row in found.dates],
        evidence=[each.version_id for each in found.evidence],
    )


def _words(given: ActionIn) -> dict[str, Any]:
    return {name: getattr(given, name) for name in ActionIn.model_fields}


def _seen(visitor: Visitor, assessment: Any) -> None:
    if visitor.actor.audience is not Audience.SUPPLIER:
        open_ledger(visitor, assessment, {"page": "actions"})
