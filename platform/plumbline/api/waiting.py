"""What waits for appeal and for a mediator: where and since when, never what anybody wrote."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.policy import Action
from assessments.questionnaire.model import Grade
from assessments.verification.finding import Finding, FindingState, Reply, ReplyKind
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_of


class DisputeRow(Shape):
    """A finding whose dispute waits for a decision."""

    finding_id: uuid.UUID
    assessment_id: uuid.UUID
    number: str
    grade: Grade
    disputed_at: datetime | None


class DisputeList(Shape):
    """Disputes that wait, newest finding first."""

    items: list[DisputeRow]
    next_cursor: uuid.UUID | None


class StuckRow(Shape):
    """An action that was returned at least twice and is neither agreed nor disagreed."""

    action_id: uuid.UUID
    finding_id: uuid.UUID
    assessment_id: uuid.UUID
    number: str
    returns: int
    state: ActionState


class StuckList(Shape):
    """Actions on which both sides cannot agree, newest first."""

    items: list[StuckRow]
    next_cursor: uuid.UUID | None


@operation(
    "GET",
    "/disputes",
    Action.STEWARD_ASSESSMENT_LIST,
    summary="Disputes that wait",
    tag="steward",
    query=PageQuery,
    returns=DisputeList,
)
def disputes(call: Call) -> DisputeList:
    """List findings that wait for the decision of appeal; GET /findings/{id} reads one."""
    disputed_at = (
        select(func.max(Reply.at))
        .where(Reply.finding_id == Finding.id, Reply.kind == ReplyKind.DISPUTE)
        .scalar_subquery()
    )
    statement = select(
        Finding.id, Finding.assessment_id, Finding.number, Finding.grade, disputed_at.label("disputed_at")
    ).where(Finding.state == FindingState.DISPUTED)
    rows, following = page_of(statement, Finding.id, call.query)
    return DisputeList(
        items=[DisputeRow(finding_id=row.id, **_but_id(row)) for row in rows], next_cursor=following
    )


@operation(
    "GET",
    "/mediations",
    Action.STEWARD_ASSESSMENT_LIST,
    summary="Actions on which both sides cannot agree",
    tag="steward",
    query=PageQuery,
    returns=StuckList,
)
def mediations(call: Call) -> StuckList:
    """List actions that a mediator may look at; GET /corrective-actions/{id} reads one."""
    names = [name for name in StuckRow.model_fields if name != "action_id"]
    statement = select(CorrectiveAction.id, *(getattr(CorrectiveAction, name) for name in names)).where(
        CorrectiveAction.is_stuck
    )
    rows, following = page_of(statement, CorrectiveAction.id, call.query)
    return StuckList(
        items=[StuckRow(action_id=row.id, **_but_id(row)) for row in rows], next_cursor=following
    )


def _but_id(row: Row[Any]) -> dict[str, Any]:
    return {name: said for name, said in row._mapping.items() if name != "id"}
