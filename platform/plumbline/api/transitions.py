"""Moves of a whole assessment, each the domain's own, named by where it leads; clarification and window."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from assessments.assessment import Assessment
from assessments.parties import Actor, Audience
from assessments.policy import Action
from assessments.publishing.publication import publish, publish_self_declared
from assessments.questionnaire.model import UnknownQuestion
from assessments.sentences import N_, CodeWord
from assessments.sheet.snapshot import submit
from assessments.verification.clarification import Clarification, ask_clarification, close_clarification
from assessments.verification.fact_check import (
    choose_correction_window,
    choose_publication,
    end_fact_check,
    extend_fact_check,
    return_from_review,
    start_fact_check,
    start_review,
)
from assessments.workflow import Invalid, WrongActor
from plumbline.api.assessments import AssessmentOut, assessment_out
from plumbline.api.loading import load_assessment, load_content, unwrapped
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_of
from plumbline.extensions import db
from plumbline.guard import now, require
from plumbline.here import result_signer
from plumbline.ledger_lines import open_ledger


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
    """The move; ``reason`` for withdrawing, stopping and returning.

    ``agrees_to_public_statement``: for submitted, to the form of the statement that is made public.
    """

    to: To
    reason: str = ""
    agrees_to_public_statement: bool = False


class ClarificationIn(Shape):
    """Questions to reopen, and what is unclear. Until when follows from the terms."""

    questions: list[str]
    message: str


class ClarificationOut(Shape):
    """Questions given back to the supplier until an instant; ``answered_at``: when they came back."""

    id: uuid.UUID
    questions: list[str]
    message: str
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None


class ClarificationList(Shape):
    """Clarifications, newest first."""

    items: list[ClarificationOut]
    next_cursor: uuid.UUID | None


class PublicationIn(Shape):
    """After the fact check: days of the one correction window, or null to publish now."""

    window_days: Annotated[int, Field(ge=1)] | None


@dataclass(frozen=True)
class Step:
    """One move: what a token needs for it, and the domain's method."""

    action: Action
    make: Callable[[Assessment, TransitionIn, Actor, datetime], object]


def _submit(found: Assessment, given: TransitionIn, by: Actor, at: datetime) -> None:
    agrees = given.agrees_to_public_statement
    submit(db.session(), found.id, agrees_to_public_statement=agrees, by=by, at=at)


def _withdraw(found: Assessment, given: TransitionIn, by: Actor, at: datetime) -> None:
    found.withdraw(reason=given.reason, by=by, at=at)


def _stop(found: Assessment, given: TransitionIn, by: Actor, at: datetime) -> None:
    found.stop(reason=given.reason, by=by, at=at)


def _publish_self_declared(found: Assessment, _given: TransitionIn, by: Actor, at: datetime) -> None:
    publish_self_declared(db.session(), found, result_signer(), by=by, at=at)


def _publish(found: Assessment, _given: TransitionIn, by: Actor, at: datetime) -> None:
    publish(db.session(), found, result_signer(), by=by, at=at)


def _return(found: Assessment, given: TransitionIn, by: Actor, at: datetime) -> None:
    return_from_review(db.session(), found, reason=given.reason, by=by, at=at)


def _plain(step: Callable[..., Any]) -> Callable[[Assessment, TransitionIn, Actor, datetime], None]:
    def make(found: Assessment, _given: TransitionIn, by: Actor, at: datetime) -> None:
        step(db.session(), found, by=by, at=at)

    return make


A = Action
MOVES: dict[tuple[Audience, To], Step] = {
    (Audience.SUPPLIER, To.SUBMITTED): Step(A.SUPPLIER_ASSESSMENT_SUBMIT, _submit),
    (Audience.SUPPLIER, To.PUBLISHED): Step(A.SUPPLIER_ASSESSMENT_SUBMIT, _publish_self_declared),
    (Audience.SUPPLIER, To.WITHDRAWN): Step(A.SUPPLIER_ASSESSMENT_SUBMIT, _withdraw),
    (Audience.SUPPLIER, To.STOPPED): Step(A.SUPPLIER_ASSESSMENT_SUBMIT, _stop),
    (Audience.SUPPLIER, To.IN_VERIFICATION): Step(
        A.SUPPLIER_CLARIFICATION_ANSWER, _plain(close_clarification)
    ),
    (Audience.SUPPLIER, To.FACT_CHECK_EXTENDED): Step(A.SUPPLIER_FACT_CHECK_END, _plain(extend_fact_check)),
    (Audience.SUPPLIER, To.FACT_CHECK_ENDED): Step(A.SUPPLIER_FACT_CHECK_END, _plain(end_fact_check)),
    (Audience.ASSESSOR, To.FACT_CHECK): Step(A.ASSESSOR_FACT_CHECK_START, _plain(start_fact_check)),
    (Audience.ASSESSOR, To.FACT_CHECK_ENDED): Step(A.ASSESSOR_FACT_CHECK_START, _plain(end_fact_check)),
    (Audience.ASSESSOR, To.IN_REVIEW): Step(A.ASSESSOR_REVIEW_START, _plain(start_review)),
    (Audience.STEWARD, To.PUBLISHED): Step(A.STEWARD_REVIEW_DECIDE, _publish),
    (Audience.STEWARD, To.IN_VERIFICATION): Step(A.STEWARD_REVIEW_DECIDE, _return),
}


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/transitions",
    Action.SUPPLIER_ASSESSMENT_SUBMIT,
    Action.SUPPLIER_CLARIFICATION_ANSWER,
    Action.SUPPLIER_FACT_CHECK_END,
    Action.ASSESSOR_FACT_CHECK_START,
    Action.ASSESSOR_REVIEW_START,
    Action.STEWARD_REVIEW_DECIDE,
    summary="Move an assessment on",
    tag="assessments",
    load=load_assessment,
    body=TransitionIn,
    returns=AssessmentOut,
)
def post_transition(call: Call) -> AssessmentOut:
    """Make a move: 409 when it does not start from this state, 403 when it is somebody else's.

    Supplier's admin: submitted, published (self-declared, not checked), withdrawn, stopped
    (supplier:assessment:submit), in_verification (clarification answered; supplier:clarification:answer),
    fact_check_extended, fact_check_ended (supplier:fact_check:end). Lead assessor: fact_check,
    fact_check_ended (assessor:fact_check:start), in_review (assessor:review:start). Reviewer: published,
    in_verification (returned, with a reason; steward:review:decide). A submission with required questions
    open answers 409 with their keys in errors.
    """
    found: Assessment = unwrapped(call.thing)
    given: TransitionIn = call.body
    by = call.visitor.actor
    step = MOVES.get((by.audience, given.to))
    if step is None:
        raise WrongActor(
            N_(
                "As %(role)s you cannot make this %(state)s.",
                role=CodeWord(by.role.function),
                state=CodeWord(given.to),
            ),
            N_(
                "Yours are: %(list)s.",
                list=", ".join(to.value for audience, to in MOVES if audience is by.audience),
            ),
        )
    require(call.visitor, step.action, call.thing)
    step.make(found, given, by, now())
    db.session.flush()
    return assessment_out(found)


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/publication",
    Action.SUPPLIER_FACT_CHECK_END,
    summary="Choose when to publish",
    tag="assessments",
    load=load_assessment,
    body=PublicationIn,
    returns=AssessmentOut,
)
def post_publication(call: Call) -> AssessmentOut:
    """Choose, once and after the fact check, to publish now or to take one window for corrections."""
    found: Assessment = call.thing
    given: PublicationIn = call.body
    if given.window_days is None:
        choose_publication(db.session(), found, by=call.visitor.actor, at=now())
    else:
        days = given.window_days
        choose_correction_window(db.session(), found, days=days, by=call.visitor.actor, at=now())
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
    return _clarification(made)


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/clarifications",
    Action.SUPPLIER_ASSESSMENT_READ,
    Action.ASSESSOR_ASSESSMENT_READ,
    Action.STEWARD_REVIEW_DECIDE,
    summary="What was unclear, and until when it is asked",
    tag="assessments",
    load=load_content,
    query=PageQuery,
    returns=ClarificationList,
    ledger=True,
)
def clarifications(call: Call) -> ClarificationList:
    """List the questions that were reopened, with the assessor's words."""
    found: Assessment = unwrapped(call.thing)
    if call.visitor.actor.audience is not Audience.SUPPLIER:
        open_ledger(call.visitor, found, {"page": "clarification"})
    statement = select(Clarification).where(Clarification.assessment_id == found.id)
    rows, following = page_of(statement, Clarification.id, call.query)
    return ClarificationList(items=[_clarification(row[0]) for row in rows], next_cursor=following)


def _clarification(found: Clarification) -> ClarificationOut:
    return ClarificationOut(**{name: getattr(found, name) for name in ClarificationOut.model_fields})
