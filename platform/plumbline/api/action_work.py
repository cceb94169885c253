"""What happens beside the moves of an action: words, proofs, and dates asked for and answered."""

from __future__ import annotations

from datetime import date

from assessments.actions.action import CorrectiveAction
from assessments.actions.dates import ask_new_date, decide_new_date
from assessments.actions.proof import attach_evidence
from assessments.actions.talk import write_remark
from assessments.policy import Action
from plumbline.api.actions import ActionOut, action_out
from plumbline.api.loading import Proof, load_action, load_proof, read_action, unwrapped
from plumbline.api.operation import Call, Shape, operation
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.ledger_lines import open_ledger


class RemarkIn(Shape):
    """Words for the other side, without a move."""

    text: str


class NewDateIn(Shape):
    """Another day, and what changed."""

    new_on: date
    reason: str


class DateAnswerIn(Shape):
    """Whether the day asked for is granted, and why."""

    granted: bool
    reason: str


@operation(
    "POST",
    "/corrective-actions/<uuid:action_id>/remarks",
    Action.SUPPLIER_ACTION_WORK,
    Action.ASSESSOR_ACTION_DECIDE,
    Action.STEWARD_ACTION_MEDIATE,
    summary="Write to the other side of an action",
    tag="actions",
    load=read_action,
    body=RemarkIn,
    returns=ActionOut,
    status=201,
)
def post_remark(call: Call) -> ActionOut:
    """Say something beside an action; supplier, assessor and mediator read it, buyers never."""
    found: CorrectiveAction = unwrapped(call.thing)
    given: RemarkIn = call.body
    write_remark(db.session(), found, given.text, by=call.visitor.actor, at=now())
    if call.action is Action.STEWARD_ACTION_MEDIATE:
        open_ledger(call.visitor, found.finding.assessment, {"layers": ["plan"], "topics": [found.topic]})
    return action_out(found)


@operation(
    "PUT",
    "/corrective-actions/<uuid:action_id>/evidence/<uuid:evidence_id>",
    Action.SUPPLIER_ACTION_WORK,
    summary="Attach a proof to an action",
    tag="actions",
    load=load_proof,
    status=204,
)
def put_proof(call: Call) -> None:
    """Attach a version of the own vault, or a document's newest; submit_evidence sends what is attached."""
    on: Proof = call.thing
    attach_evidence(db.session(), on.action, on.version, "", by=call.visitor.actor, at=now())


@operation(
    "POST",
    "/corrective-actions/<uuid:action_id>/dates",
    Action.SUPPLIER_ACTION_WORK,
    summary="Ask for another date",
    tag="actions",
    load=load_action,
    body=NewDateIn,
    returns=ActionOut,
    status=201,
)
def post_date(call: Call) -> ActionOut:
    """Ask for another date with a reason; until it is answered the date agreed stands."""
    given: NewDateIn = call.body
    found: CorrectiveAction = call.thing
    ask_new_date(db.session(), found, given.new_on, given.reason, by=call.visitor.actor, at=now())
    return action_out(found)


@operation(
    "POST",
    "/corrective-actions/<uuid:action_id>/dates/decision",
    Action.ASSESSOR_ACTION_DECIDE,
    summary="Answer a date asked for",
    tag="actions",
    load=load_action,
    body=DateAnswerIn,
    returns=ActionOut,
)
def post_date_answer(call: Call) -> ActionOut:
    """Grant or refuse the date that waits, with a reason; nothing is overwritten."""
    found: CorrectiveAction = unwrapped(call.thing)
    given: DateAnswerIn = call.body
    decide_new_date(db.session(), found, given.granted, given.reason, by=call.visitor.actor, at=now())
    return action_out(found)
