"""Assignments: a firm is given a case, accepts it, and each of its people declares independence."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from assessments.parties import Audience, Organization
from assessments.policy import Action, AssignedThing
from assessments.verification.assignment import (
    Assignment,
    Basis,
    Independence,
    Phase,
    accept,
    declare_independence,
)
from assessments.verification.firms import Candidate, assign, candidates, end_assignment
from assessments.workflow import Invalid
from plumbline.api.loading import load_assessment, load_assignment
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_of
from plumbline.extensions import db
from plumbline.guard import now


class AssignmentIn(Shape):
    """Which firm, and what kind of verification is ordered."""

    firm_id: uuid.UUID
    basis: Basis = Basis.ON_SITE


class AssignmentOut(Shape):
    """A firm's work on one assessment. ``no_ties``: what the reader declared on it, null for nothing yet."""

    id: uuid.UUID
    assessment_id: uuid.UUID
    firm_id: uuid.UUID
    phase: Phase
    basis: Basis
    assigned_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    no_ties: bool | None


class AssignmentList(Shape):
    """Assignments, newest first."""

    items: list[AssignmentOut]
    next_cursor: uuid.UUID | None


class IndependenceIn(Shape):
    """Ties to the supplier in the last three years, or none; a tie needs a sentence."""

    no_ties: bool
    statement: str = ""


class FirmList(Shape):
    """Every assessment firm, by name; ``hindrance`` says what keeps one from the case, empty for nothing."""

    items: list[Candidate]


class EndIn(Shape):
    """Why the case is taken back; the firm and the supplier read it."""

    reason: str


@operation(
    "GET",
    "/assignments",
    Action.ASSESSOR_ASSIGNMENT_LIST,
    Action.STEWARD_ASSESSMENT_LIST,
    summary="Assignments",
    tag="assignments",
    query=PageQuery,
    returns=AssignmentList,
)
def assignments(call: Call) -> AssignmentList:
    """List the firm's live assignments, for the steward all."""
    visitor = call.visitor
    statement = select(Assignment, Independence.no_ties).outerjoin(
        Independence,
        and_(Independence.assignment_id == Assignment.id, Independence.person_id == visitor.person_id),
    )
    if visitor.actor.audience is Audience.ASSESSOR:
        statement = statement.where(
            Assignment.firm_id == visitor.organization_id, Assignment.ended_at.is_(None)
        )
    rows, following = page_of(statement, Assignment.id, call.query)
    return AssignmentList(items=[_assignment(*row) for row in rows], next_cursor=following)


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/assignments",
    Action.STEWARD_ASSESSMENT_ASSIGN,
    summary="Assign a firm",
    tag="assignments",
    load=load_assessment,
    body=AssignmentIn,
    returns=AssignmentOut,
    status=201,
)
def post_assignment(call: Call) -> AssignmentOut:
    """Assign an accredited firm without ties to a submitted assessment."""
    given: AssignmentIn = call.body
    firm = db.session.get(Organization, given.firm_id)
    if firm is None:
        raise Invalid("Nobody was assigned.", {"firm_id": "there is no such firm"})
    made = assign(
        db.session(), call.thing, firm, basis=given.basis, by=call.visitor.actor, at=now()
    )  # fmt: skip
    return _assignment(made, None)


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/firms",
    Action.STEWARD_ASSESSMENT_ASSIGN,
    summary="Firms that can take a case",
    tag="assignments",
    load=load_assessment,
    returns=FirmList,
)
def firms(call: Call) -> FirmList:
    """List every assessment firm with what keeps it from this case, if anything does."""
    return FirmList(items=candidates(db.session(), call.thing, at=now()))


@operation(
    "POST",
    "/assignments/<uuid:assignment_id>/ending",
    Action.STEWARD_ASSESSMENT_ASSIGN,
    summary="Take a case back from a firm",
    tag="assignments",
    load=load_assignment,
    body=EndIn,
    returns=AssignmentOut,
)
def post_ending(call: Call) -> AssignmentOut:
    """End an assignment before its time, so that another firm can be assigned.

    Not once findings are shared: then the firm stays with the case.
    """
    given: EndIn = call.body
    end_assignment(db.session(), call.thing, reason=given.reason, by=call.visitor.actor, at=now())
    return _assignment(call.thing, None)


@operation(
    "POST",
    "/assignments/<uuid:assignment_id>/acceptance",
    Action.ASSESSOR_ASSIGNMENT_ACCEPT,
    summary="Accept an assignment",
    tag="assignments",
    load=load_assignment,
    returns=AssignmentOut,
)
def post_acceptance(call: Call) -> AssignmentOut:
    """Accept it as the firm's lead."""
    accept(db.session(), call.thing.thing, by=call.visitor.actor, at=now())
    return _reached(call.thing)


@operation(
    "PUT",
    "/assignments/<uuid:assignment_id>/independence",
    Action.ASSESSOR_INDEPENDENCE_DECLARE,
    summary="Declare independence",
    tag="assignments",
    load=load_assignment,
    body=IndependenceIn,
    returns=AssignmentOut,
)
def put_independence(call: Call) -> AssignmentOut:
    """Declare ties or none, once and for oneself, before anything of the case is shown."""
    given: IndependenceIn = call.body
    found: Assignment = call.thing.thing
    declare_independence(
        db.session(), found, no_ties=given.no_ties, statement=given.statement, by=call.visitor.actor, at=now()
    )
    return _assignment(found, given.no_ties)


def _reached(reached: AssignedThing) -> AssignmentOut:
    return _assignment(reached.thing, True if reached.declared else None)


def _assignment(found: Assignment, no_ties: Any) -> AssignmentOut:
    own = {name: getattr(found, name) for name in AssignmentOut.model_fields if name != "no_ties"}
    return AssignmentOut(**own, no_ties=no_ties)
