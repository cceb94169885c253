"""The desk: what waits, in states, dates and counts, and never what anybody wrote."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment, AssessmentState, Cycle
from assessments.outbox import JobState, OutboxJob
from assessments.parties import Membership, Organization, Role, Site
from assessments.policy import Action
from assessments.verification.assignment import Assignment, Independence
from assessments.verification.clarification import Clarification
from assessments.verification.finding import Finding, FindingState, Reply, ReplyKind
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.steward import steward

STUCK_AFTER = timedelta(minutes=10)
FIRM = aliased(Organization)
TIED = exists().where(Independence.assignment_id == Assignment.id, Independence.no_ties.is_(False))
DISPUTED_AT = (
    select(func.max(Reply.at))
    .where(Reply.finding_id == Finding.id, Reply.kind == ReplyKind.DISPUTE)
    .scalar_subquery()
)
SHOWN = 50
"""Rows shown of each kind; the rest is counted, and comes up as the first are done."""


@dataclass(frozen=True)
class Waiting:
    """One kind of thing that waits: its first rows, and how many there are."""

    rows: list[Row[Any]]
    total: int


@steward.get("/")
@door(Action.STEWARD_ASSESSMENT_LIST)
def desk(visitor: Visitor) -> ResponseReturnValue:
    """Show what waits for the steward. Eleven statements, however much waits."""
    at = now()
    unassigned = _waiting(
        _cases().where(Assessment.state == AssessmentState.SUBMITTED).order_by(Assessment.submitted_at)
    )
    halted = _waiting(
        _cases(Assignment, FIRM.legal_name.label("firm"), TIED.label("tied"))
        .join(Assignment, and_(Assignment.assessment_id == Assessment.id, Assignment.ended_at.is_(None)))
        .join(FIRM, FIRM.id == Assignment.firm_id)
        .where(
            Assessment.state == AssessmentState.IN_VERIFICATION, or_(Assignment.accepted_at.is_(None), TIED)
        )
        .order_by(Assignment.assigned_at)
    )
    reviews = _waiting(
        _cases(FIRM.legal_name.label("firm"))
        .join(Assignment, and_(Assignment.assessment_id == Assessment.id, Assignment.ended_at.is_(None)))
        .join(FIRM, FIRM.id == Assignment.firm_id)
        .where(Assessment.state == AssessmentState.IN_REVIEW)
        .order_by(Assessment.state_since)
    )
    disputes = _waiting(
        _cases(Finding.id.label("finding_id"), Finding.number, Finding.grade, DISPUTED_AT.label("since"))
        .join(Finding, Finding.assessment_id == Assessment.id)
        .where(Finding.state == FindingState.DISPUTED)
        .order_by(DISPUTED_AT)
    )
    stuck = _waiting(
        _cases(CorrectiveAction.id.label("action_id"), CorrectiveAction.number, CorrectiveAction.returns,
               CorrectiveAction.state.label("action_state"), Finding.grade)
        .join(CorrectiveAction, CorrectiveAction.assessment_id == Assessment.id)
        .join(Finding, Finding.id == CorrectiveAction.finding_id)
        .where(CorrectiveAction.is_stuck)
        .order_by(CorrectiveAction.proposed_at)
    )  # fmt: skip
    late = _waiting(
        _cases()
        .where(
            or_(
                and_(
                    Assessment.state == AssessmentState.FACT_CHECK,
                    Assessment.fact_check_ended_at.is_(None),
                    Assessment.fact_check_ends_at < at,
                ),
                and_(
                    Assessment.state == AssessmentState.CLARIFICATION,
                    exists().where(
                        Clarification.assessment_id == Assessment.id,
                        Clarification.answered_at.is_(None),
                        Clarification.due_at < at,
                    ),
                ),
            )
        )
        .order_by(Assessment.state_since)
    )
    return render_template(
        "steward/desk.html",
        unassigned=unassigned,
        halted=halted,
        reviews=reviews,
        disputes=disputes,
        stuck=stuck,
        late=late,
        counts=_finding_counts([row.Assessment.id for row in reviews.rows]),
        jobs=_stuck_jobs(),
        hands=_hands_in(visitor, [row.Assessment.id for row in reviews.rows]),
        role=visitor.role,
        roles=Role,
        at=at,
    )


def _cases(*more: Any) -> Select[*tuple[Any, ...]]:
    """Assessments with the names that a case is known by, and ``more`` columns."""
    return (
        select(
            Assessment,
            Organization.legal_name.label("supplier"),
            Site.name.label("site"),
            Site.country.label("country"),
            Cycle.label.label("cycle"),
            *more,
        )
        .join(Organization, Organization.id == Assessment.organization_id)
        .join(Site, Site.id == Assessment.site_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
    )


def _waiting(statement: Select[*tuple[Any, ...]]) -> Waiting:
    rows = db.session.execute(statement.add_columns(func.count().over().label("in_all")).limit(SHOWN)).all()
    return Waiting(list(rows), rows[0].in_all if rows else 0)


def _finding_counts(assessment_ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    counted: dict[uuid.UUID, dict[str, int]] = {}
    for assessment_id, grade, number in db.session.execute(
        select(Finding.assessment_id, Finding.grade, func.count())
        .where(Finding.assessment_id.in_(assessment_ids), Finding.state != FindingState.DISMISSED)
        .group_by(Finding.assessment_id, Finding.grade)
    ):
        counted.setdefault(assessment_id, {})[grade.value] = number
    return counted


def _stuck_jobs() -> list[Row[Any]]:
    """Jobs that gave up or are long overdue, by kind; never what they carry."""
    at = now()
    return list(
        db.session.execute(
            select(
                OutboxJob.kind,
                OutboxJob.state,
                func.count().label("number"),
                func.min(OutboxJob.due_at).label("since"),
                func.max(OutboxJob.attempts).label("tries"),
            )
            .where(
                or_(
                    OutboxJob.state == JobState.DEAD,
                    and_(OutboxJob.state == JobState.WAITING, OutboxJob.due_at < at - STUCK_AFTER),
                )
            )
            .group_by(OutboxJob.kind, OutboxJob.state)
            .order_by(func.min(OutboxJob.due_at))
        )
    )


def _hands_in(visitor: Visitor, assessment_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Cases that this person cannot read a second time: assigned, decided on, or of an own firm."""
    assigned = select(Assignment.assessment_id).where(
        Assignment.assessment_id.in_(assessment_ids),
        or_(
            Assignment.assigned_by == visitor.person_id,
            Assignment.firm_id.in_(
                select(Membership.organization_id).where(Membership.person_id == visitor.person_id)
            ),
        ),
    )
    decided = select(Finding.assessment_id).where(
        Finding.assessment_id.in_(assessment_ids), Finding.decided_by == visitor.person_id
    )
    return set(db.session.scalars(assigned.union(decided)))
