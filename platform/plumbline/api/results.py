"""Published results: the supplier's signed whole, a buyer's signed projection, steps, today's progress."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import Field, RootModel
from sqlalchemy import select

from assessments.actions.action import ActionState
from assessments.overviews.own_results import read_own
from assessments.parties import Audience
from assessments.policy import Action
from assessments.publishing.files import projection_file, whole_file
from assessments.publishing.words import asked_under, read_under
from assessments.questionnaire.model import Grade, Questionnaire
from assessments.result import Layer, Result
from assessments.sharing.ledger import record_download, record_opening
from assessments.sharing.reading import LiveAction, Progress, SharedAssessment, ShownResult
from plumbline.api.operation import Call, Shape, operation
from plumbline.api.paging import PageQuery, page_of
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.here import result_signer
from plumbline.identity.visitor import Visitor
from plumbline.loading import find, shared
from plumbline.reading_language import as_read
from plumbline.shown_result import StepOfResult, by_step

BY_STEP = frozenset({Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN})
"""The layers of which a result by step says something."""


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


class StepTopic(Shape):
    """Where the site stands in a topic: self-declared and verified are two numbers, each as published."""

    topic: str
    title: str
    self_: int | None = Field(alias="self")
    verified: int | None
    basis: str | None
    worker_voice: bool | None
    verified_at: datetime | None


class StepFinding(Shape):
    """A finding of the result; its words stand in the signed file."""

    id: uuid.UUID
    number: str
    topic: str
    grade: Grade
    state: str


class StepAction(Shape):
    """A corrective action as it stands today; more of it stands under the result's progress."""

    id: uuid.UUID
    number: str
    topic: str
    finding: str | None
    state: ActionState


class StepOut(Shape):
    """One step: what of the result belongs to it. Empty lists: nothing was asked or nothing is shared."""

    step: str
    title: str
    topics: list[StepTopic]
    findings: list[StepFinding]
    actions: list[StepAction]


class TrackOut(Shape):
    """A way of working in steps, as its standard describes it; the steps in order."""

    track: str
    title: str
    standard: str
    steps: list[StepOut]


class ResultSteps(Shape):
    """A result in the order of due diligence. A topic can stand in several steps, and nothing is added up.

    ``label``: "self-declared, not checked" where nobody checked; null else, or where that is not granted.
    """

    result_id: uuid.UUID
    label: str | None
    tracks: list[TrackOut]


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


@operation(
    "GET",
    "/results/<uuid:result_id>/steps",
    Action.SUPPLIER_RESULT_READ,
    Action.BUYER_RESULT_READ,
    summary="A result by the steps of due diligence",
    tag="results",
    load=load_result,
    returns=ResultSteps,
    ledger=True,
)
def result_steps(call: Call) -> ResultSteps:
    """Return what the result says of each step, of each track that something shown belongs to.

    A topic that belongs to no step stands in the result alone; of one that is withheld no step says anything.
    """
    session = db.session()
    if isinstance(call.thing, Result):
        return told_by_step(read_own(session, call.thing), asked_under(session, call.thing))
    seen: SharedAssessment = call.thing
    opened = {layer: told for layer, told in seen.opened().items() if layer in BY_STEP}
    record_opening(
        session, call.visitor.actor, call.visitor.organization_name, supplier_id=seen.supplier_id,
        assessment_id=seen.assessment_id, what={**opened, "page": "steps"}, at=now(),
    )  # fmt: skip
    return told_by_step(seen, read_under(session, seen))


def told_by_step(shown: ShownResult, questionnaire: Questionnaire | None) -> ResultSteps:
    """A result by the steps of ``questionnaire``, by what is shown of it alone; no track without one."""
    assert shown.result_id is not None  # noqa: S101  it was found by it
    tracks = by_step(shown, as_read(questionnaire)) if questionnaire else ()
    return ResultSteps(
        result_id=shown.result_id,
        label=shown.status["label"] if shown.status else None,
        tracks=[
            TrackOut(
                track=track.key, title=track.title, standard=track.standard, steps=list(map(_step, steps))
            )
            for track, steps in tracks
        ],
    )


def _step(one: StepOfResult) -> StepOut:
    return StepOut(
        step=one.step.key,
        title=one.step.title,
        topics=[StepTopic(**_told(StepTopic, topic)) for topic in one.topics],
        findings=[StepFinding(**_told(StepFinding, finding)) for finding in one.findings],
        actions=[StepAction(**_told(StepAction, vars(action))) for action in one.actions],
    )


def _told(shape: type[Shape], content: Mapping[str, Any]) -> dict[str, Any]:
    """Of ``content`` what the shape has, by the names that the result's own file has for it."""
    return {name: content[name] for name in (it.alias or key for key, it in shape.model_fields.items())}
