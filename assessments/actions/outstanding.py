"""What a supplier has to do about findings, over all its sites: frozen rows, what is due next first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from assessments.actions.action import SETTLED, ActionKind, ActionState, CorrectiveAction
from assessments.assessment import Assessment, AssessmentState, Cycle
from assessments.parties import Site
from assessments.questionnaire.model import Grade
from assessments.verification.finding import NEEDS_ACTION, Finding, FindingState

WITH_SUPPLIER = frozenset(
    {
        ActionState.RETURNED, ActionState.AGREED, ActionState.DISAGREED, ActionState.IN_PROGRESS,
        ActionState.REOPENED,
    }
)  # fmt: skip
"""States in which the next move is the supplier's; in the others it waits for the assessor."""

WANTS_PLAN = frozenset({FindingState.SHARED, FindingState.UPHELD, FindingState.AMENDED, FindingState.OPEN})
ENDED = frozenset({AssessmentState.WITHDRAWN, AssessmentState.REVOKED})


@dataclass(frozen=True)
class ActionRow:
    """One corrective action as a list shows it. ``site`` None: the company's own assessment.

    ``topic`` and ``questions`` are those of its finding.
    """

    action_id: uuid.UUID
    assessment_id: uuid.UUID
    site: str | None
    cycle: str
    number: str
    kind: ActionKind
    description: str
    owner: str
    state: ActionState
    due_on: date
    closed_at: datetime | None
    finding_number: str
    grade: Grade
    topic: str
    version_id: uuid.UUID
    questions: Sequence[str]

    @property
    def with_supplier(self) -> bool:
        """Whether the next move is the supplier's."""
        return self.state in WITH_SUPPLIER

    def is_late(self, day: date) -> bool:
        """Whether the supplier still owes it and its date lies before ``day``."""
        return self.with_supplier and self.due_on < day


@dataclass(frozen=True)
class PlanWanted:
    """A finding that wants a plan and has no action yet. ``by``: the earlier of contain and plan dates."""

    finding_id: uuid.UUID
    assessment_id: uuid.UUID
    site: str | None
    cycle: str
    number: str
    grade: Grade
    topic: str
    statement: str
    version_id: uuid.UUID
    contain_by: datetime | None
    plan_by: datetime | None


def actions_of(
    session: Session,
    organization_id: uuid.UUID,
    *,
    settled: bool = False,
    assessment_id: uuid.UUID | None = None,
    site_id: uuid.UUID | None = None,
    begin: int = 0,
    limit: int | None = None,
) -> list[ActionRow]:
    """Return the open (or the settled) actions, or all of one assessment; one statement.

    ``site_id``: of that site alone, in whatever round its finding was written.
    ``limit`` of them, after the first ``begin``; None: all.
    """
    statement = _actions().where(CorrectiveAction.organization_id == organization_id)
    if assessment_id is not None:
        statement = statement.where(CorrectiveAction.assessment_id == assessment_id)
    elif settled:
        statement = statement.where(CorrectiveAction.state.in_(SETTLED))
    else:
        statement = statement.where(CorrectiveAction.state.not_in(SETTLED))
    if site_id is not None:
        statement = statement.where(Assessment.site_id == site_id)
    if settled:
        order: Any = (func.coalesce(CorrectiveAction.closed_at, CorrectiveAction.proposed_at).desc(),)
    else:
        order = (case((CorrectiveAction.state.in_(SETTLED), 1), else_=0), CorrectiveAction.due_on)
    rows = session.execute(statement.order_by(*order, CorrectiveAction.id).offset(begin).limit(limit))
    return [ActionRow(*row) for row in rows]


def plans_wanted(session: Session, organization_id: uuid.UUID) -> list[PlanWanted]:
    """Return shared findings that want a plan and have no live action, gravest clock first; one statement."""
    live = exists().where(
        CorrectiveAction.finding_id == Finding.id, CorrectiveAction.state != ActionState.DROPPED
    )
    statement = (
        select(
            Finding.id, Finding.assessment_id, Site.name, Cycle.label, Finding.number, Finding.grade,
            Finding.topic, Finding.statement, Cycle.version_id, Finding.contain_by, Finding.plan_by,
        )
        .join(Assessment, Assessment.id == Finding.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .outerjoin(Site, Site.id == Assessment.site_id)
        .where(
            Finding.organization_id == organization_id, Finding.state.in_(WANTS_PLAN),
            Finding.grade.in_(NEEDS_ACTION), Assessment.state.not_in(ENDED), ~live,
        )
        .order_by(func.coalesce(Finding.contain_by, Finding.plan_by).nulls_last(), Finding.id)
    )  # fmt: skip
    return [PlanWanted(*row) for row in session.execute(statement)]


def _actions() -> Any:
    statement: Any = (
        select(
            CorrectiveAction.id, CorrectiveAction.assessment_id, Site.name, Cycle.label,
            CorrectiveAction.number, CorrectiveAction.kind, CorrectiveAction.description,
            CorrectiveAction.owner, CorrectiveAction.state, CorrectiveAction.due_on,
            CorrectiveAction.closed_at, Finding.number, Finding.grade, Finding.topic, Cycle.version_id,
            Finding.questions,
        )
        .join(Finding, Finding.id == CorrectiveAction.finding_id)
        .join(Assessment, Assessment.id == CorrectiveAction.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .outerjoin(Site, Site.id == Assessment.site_id)
    )  # fmt: skip
    return statement
