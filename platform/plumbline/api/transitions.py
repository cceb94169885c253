"""Moves of a whole assessment, each the domain's own, named by where it leads; and the clarification."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import current_app

from assessments.assessment import Assessment
from assessments.clarification import ask_clarification, close_clarification
from assessments.fact_check import (
    end_fact_check,
    extend_fact_check,
    return_from_review,
    start_fact_check,
    start_review,
)
from assessments.parties import Actor, Audience
from assessments.policy import Action
from assessments.publishing import publish, publish_self_declared
from assessments.questionnaire.model import UnknownQuestion
from assessments.snapshot import submit
from assessments.workflow import Invalid, Refused, WrongActor
from plumbline.api.assessments import AssessmentOut, assessment_out
from plumbline.api.loading import load_assessment, unwrapped
from plumbline.api.operation import Call, Shape, operation
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.signing import KeyPurpose, SigningKey, signing_key


class To(enum.StrEnum):
    """Where a move leads."""

    SUBMITTED = "submitted"
    IN_VERIFICATION = "in_verification"
    FACT_CHECK = "fact_check"
    FACT_CHECK_EXTENDED = "fact_check_extended"
    FACT_CHECK_ENDED = "fact_check_ended"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


class TransitionIn(Shape):
    """The move; ``reason`` for withdrawing, stopping and returning."""

    to: To
    reason: str = ""


class ClarificationIn(Shape):
    """Questions to reopen, and what is unclear. Until when follows from the terms."""

    questions: list[str]
    message: str


class ClarificationOut(Shape):
    """Questions given back to the supplier until a day."""

    id: uuid.UUID
    questions: list[str]
    message: str
    asked_at: datetime
    due_at: datetime


def _submit(found: Assessment, _reason: str, by: Actor, at: datetime) -> None:
    submit(db.session(), found.id, by=by, at=at)


def _withdraw(found: Assessment, reason: str, by: Actor, at: datetime) -> None:
    found.withdraw(reason=_needed(reason), by=by, at=at)


def _stop(found: Assessment, reason: str, by: Actor, at: datetime) -> None:
    found.stop(reason=_needed(reason), by=by, at=at)


def _publish_self_declared(found: Assessment, _reason: str, by: Actor, at: datetime) -> None:
    publish_self_declared(db.session(), found, result_signer(), by=by, at=at)


def _publish(found: Assessment, _reason: str, by: Actor, at: datetime) -> None:
    publish(db.session(), found, result_signer(), by=by, at=at)


def _return(found: Assessment, reason: str, by: Actor, at: datetime) -> None:
    return_from_review(db.session(), found, reason=reason, by=by, at=at)


def _step(step: Callable[..., Any]) -> Callable[[Assessment, str, Actor, datetime], None]:
    def made(found: Assessment, _reason: str, by: Actor, at: datetime) -> None:
        step(db.session(), found, by=by, at=at)

    return made


MOVES: dict[tuple[Audience, To], Callable[[Assessment, str, Actor, datetime], None]] = {
    (Audience.SUPPLIER, To.SUBMITTED): _submit,
    (Audience.SUPPLIER, To.PUBLISHED): _publish_self_declared,
    (Audience.SUPPLIER, To.WITHDRAWN): _withdraw,
    (Audience.SUPPLIER, To.STOPPED): _stop,
    (Audience.SUPPLIER, To.IN_VERIFICATION): _step(close_clarification),
    (Audience.SUPPLIER, To.FACT_CHECK_EXTENDED): _step(extend_fact_check),
    (Audience.SUPPLIER, To.FACT_CHECK_ENDED): _step(end_fact_check),
    (Audience.ASSESSOR, To.FACT_CHECK): _step(start_fact_check),
    (Audience.ASSESSOR, To.FACT_CHECK_ENDED): _step(end_fact_check),
    (Audience.ASSESSOR, To.IN_REVIEW): _step(start_review),
    (Audience.STEWARD, To.PUBLISHED): _publish,
    (Audience.STEWARD, To.IN_VERIFICATION): _return,
}


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/transitions",
    Action.SUPPLIER_ASSESSMENT_SUBMIT,
    Action.ASSESSOR_FACT_CHECK_START,
    Action.STEWARD_REVIEW_DECIDE,
    summary="Move an assessment on",
    tag="assessments",
    load=load_assessment,
    body=TransitionIn,
    returns=AssessmentOut,
)
def post_transition(call: Call) -> AssessmentOut:
    """Make a move: 409 when it does not start from this state, 403 when it is somebody else's.

    Supplier's admin: submitted, published (self-declared, not checked), withdrawn, stopped, in_verification
    (clarification answered), fact_check_extended, fact_check_ended. Lead assessor: fact_check,
    fact_check_ended, in_review. Reviewer: published, in_verification (returned, with a reason).
    """
    found: Assessment = unwrapped(call.thing)
    given: TransitionIn = call.body
    by = call.visitor.actor
    move = MOVES.get((by.audience, given.to))
    if move is None:
        raise WrongActor(
            f"As {by.role.function} you cannot make this {given.to.value.replace('_', ' ')}.",
            f"Yours are: {', '.join(to.value for audience, to in MOVES if audience is by.audience)}.",
        )
    move(found, given.reason, by, now())
    db.session.flush()
    return assessment_out(found)


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/clarifications",
    Action.ASSESSOR_CLARIFICATION_ASK,
    summary="Reopen questions to the supplier",
    tag="assessments",
    load=load_assessment,
    body=ClarificationIn,
    returns=ClarificationOut,
    status=201,
    creates=True,
)
def post_clarification(call: Call) -> ClarificationOut:
    """Give named questions back for the working days of the terms; the rest stays frozen."""
    given: ClarificationIn = call.body
    try:
        made = ask_clarification(
            db.session(),
            unwrapped(call.thing),
            given.questions,
            given.message,
            by=call.visitor.actor,
            at=now(),
        )
    except UnknownQuestion as error:
        raise Invalid("There is no such question.", {"questions": str(error.args[0])[:200]}) from error
    return ClarificationOut(**{name: getattr(made, name) for name in ClarificationOut.model_fields})


def result_signer() -> SigningKey:
    """The key that signs results, as this process was told."""
    return signing_key(current_app.extensions["plumbline"].key_folder, KeyPurpose.RESULT)


def _needed(reason: str) -> str:
    if not reason.strip():
        raise Refused("A reason is needed.", "Write a sentence.", places=("reason",))
    return reason.strip()
