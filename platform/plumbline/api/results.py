"""Published results: the supplier's signed whole, a buyer's signed projection, and progress of today."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import RootModel
from sqlalchemy import select

from assessments.parties import Audience
from assessments.policy import Action
from assessments.publishing.files import projection_file, whole_file
from assessments.result import Result
from assessments.sharing.ledger import record_download, record_opening
from assessments.sharing.reading import LiveAction, Progress, SharedAssessment
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_of
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.here import result_signer
from plumbline.identity.visitor import Visitor
from plumbline.loading import find, shared


class SignedFile(RootModel[dict[str, Any]]):
    """The format, content, sha256, key_id and signature that `plumbline result verify` checks."""


class ResultsQuery(PageQuery):
    """``site_id``: results of that site alone."""

    site_id: uuid.UUID | None = None


class ResultRow(Shape):
    """A published result of one's own; its SHA-256 stays."""

    id: uuid.UUID
    assessment_id: uuid.UUID
    site_id: uuid.UUID
    number: int
    basis: str
    worker_voice: bool
    sha256: str
    published_at: datetime
    valid_until: datetime


class ResultList(Shape):
    """Own results, newest first."""

    items: list[ResultRow]
    next_cursor: uuid.UUID | None


class ResultProgress(Shape):
    """What moved since the result was published; null and empty are not granted or not there."""

    result_id: uuid.UUID
    assessment_id: uuid.UUID
    stage: str | None
    progress: Progress | None
    actions: list[LiveAction]


def load_result(visitor: Visitor, action: Action, result_id: uuid.UUID) -> Result | SharedAssessment:
    """The supplier's own result, or what a buyer may see of it now."""
    if visitor.actor.audience is Audience.SUPPLIER:
        return find(visitor, Result, result_id)
    return shared.load_result(visitor, action, result_id)


@operation(
    "GET",
    "/results",
    Action.SUPPLIER_RESULT_READ,
    summary="Your published results",
    tag="results",
    query=ResultsQuery,
    returns=ResultList,
)
def results(call: Call) -> ResultList:
    """List the own results; a disclosure names one of them."""
    query: ResultsQuery = call.query
    statement = select(Result).where(Result.organization_id == call.visitor.organization_id)
    if query.site_id is not None:
        statement = statement.where(Result.site_id == query.site_id)
    rows, following = page_of(statement, Result.id, query)
    names = list(ResultRow.model_fields)
    items = [ResultRow(**{name: getattr(row[0], name) for name in names}) for row in rows]
    return ResultList(items=items, next_cursor=following)


@operation(
    "GET",
    "/results/<uuid:result_id>",
    Action.SUPPLIER_RESULT_READ,
    Action.BUYER_RESULT_READ,
    summary="A signed result",
    tag="results",
    load=load_result,
    returns=SignedFile,
    ledger=True,
)
def result(call: Call) -> Response:
    """Return the supplier's whole file; for a buyer what it may see now, signed on its own."""
    if isinstance(call.thing, Result):
        return Response(whole_file(call.thing), mimetype="application/json")
    seen: SharedAssessment = call.thing
    record_download(
        db.session(), call.visitor.actor, call.visitor.organization_name, supplier_id=seen.supplier_id,
        assessment_id=seen.assessment_id, what={**seen.opened(), "files": ["signed result"]}, at=now(),
    )  # fmt: skip
    return Response(projection_file(seen, result_signer(), at=now()), mimetype="application/json")


@operation(
    "GET",
    "/results/<uuid:result_id>/progress",
    Action.BUYER_RESULT_READ,
    summary="Progress beside a result",
    tag="results",
    load=shared.load_result,
    returns=ResultProgress,
    ledger=True,
)
def result_progress(call: Call) -> ResultProgress:
    """Return how the actions stand today, beside the unchanged result."""
    seen: SharedAssessment = call.thing
    record_opening(
        db.session(), call.visitor.actor, call.visitor.organization_name, supplier_id=seen.supplier_id,
        assessment_id=seen.assessment_id, what={**seen.opened(), "page": "progress"}, at=now(),
    )  # fmt: skip
    assert seen.result_id is not None  # noqa: S101  it was found by it
    return ResultProgress(
        result_id=seen.result_id,
        assessment_id=seen.assessment_id,
        stage=seen.stage,
        progress=seen.progress,
        actions=list(seen.live),
    )
