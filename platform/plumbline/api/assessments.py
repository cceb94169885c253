"""Assessments: opened, listed, looked over, and the supplier's or the assessor's view of a topic."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from flask import request
from pydantic import Field
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from assessments.assessment import Assessment, AssessmentState
from assessments.authoring.versions import newest_version
from assessments.parties import Audience, Site
from assessments.policy import Action, AssignedThing, visible_to
from assessments.rounds.opening import open_assessment, version_of_round
from assessments.rounds.taking_over import take_over
from assessments.sentences import N_
from assessments.sheet.reading import read_sheet
from assessments.verification.assignment import Basis, TopicMaturity
from assessments.verification.finding import Finding, FindingState
from assessments.verification.recording import (
    UNSAID,
    declare_maturity,
    declared_version,
    verified_version,
    verify_maturity,
)
from assessments.workflow import Invalid
from plumbline.api.loading import OnTopic, load_assessment, load_content, load_topic, unwrapped
from plumbline.api.operation import Call, PreconditionRequired, Shape, operation
from plumbline.api.paging import PageQuery, page_of
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger


class AssessmentIn(Shape):
    """Which site, in which cycle: one round against one version, called what people call it ("2026").

    ``take_over``: begin with the answers that were handed in last for the site, each to be confirmed.
    """

    site_id: uuid.UUID
    cycle: Annotated[str, Field(min_length=1, max_length=40)]
    questionnaire: Annotated[str, Field(max_length=100)] = "standard"
    take_over: bool = False


class AssessmentOut(Shape):
    """Where an assessment stands. ``site_id`` null: the company itself, whose answers go with each site."""

    id: uuid.UUID
    organization_id: uuid.UUID
    site_id: uuid.UUID | None
    cycle: str
    questionnaire: str
    version: str
    state: AssessmentState
    state_since: datetime
    opened_at: datetime
    submitted_at: datetime | None
    fact_check_ends_at: datetime | None
    fact_check_ended_at: datetime | None
    publication_chosen_at: datetime | None
    correction_window_ends_at: datetime | None
    published_at: datetime | None
    end_reason: str | None
    revision: int

    def location(self) -> str:
        """Where it can be read."""
        return f"/api/v1/assessments/{self.id}"


class AssessmentList(Shape):
    """Assessments, newest first."""

    items: list[AssessmentOut]
    next_cursor: uuid.UUID | None


class MaturityIn(Shape):
    """A step of the topic's ladder; null takes the supplier's own view back.

    An assessor also says how it was checked and what was seen.
    """

    level: Annotated[int, Field(ge=0, le=4)] | None
    basis: Basis | None = None
    worker_voice: bool = False
    seen: str = ""


class MaturityOut(Shape):
    """Self-declared and verified are two numbers; topics are never added up.

    ``etag``: the If-Match of your next PUT, of the number that is yours to give; "" for who gives none.
    """

    topic: str
    self_level: int | None
    verified_level: int | None
    verified_basis: Basis | None
    worker_voice: bool
    seen: str | None
    etag: str


class MaturityList(Shape):
    """Every topic that somebody gave a level, whole: a questionnaire has few."""

    items: list[MaturityOut]


@operation(
    "POST",
    "/assessments",
    Action.SUPPLIER_ASSESSMENT_OPEN,
    summary="Open the assessment of a site",
    tag="assessments",
    body=AssessmentIn,
    returns=AssessmentOut,
    status=201,
)
def post_assessment(call: Call) -> AssessmentOut:
    """Open it on the cycle's version, a new cycle on the newest; the company's opens with its first site."""
    given: AssessmentIn = call.body
    site = _own_site(call.visitor, given.site_id)
    label = " ".join(given.cycle.split())
    own_round = version_of_round(db.session(), call.visitor.organization_id, label, given.questionnaire)
    version = own_round or newest_version(db.session(), given.questionnaire)
    faults = {}
    if site is None:
        faults["site_id"] = N_("choose one of your own sites")
    if version is None:
        faults["questionnaire"] = N_("no version of it is published")
    if not label or not label.isprintable():
        faults["cycle"] = N_("give the cycle a short name, such as a year")
    if faults or site is None or version is None:
        raise Invalid("The assessment was not opened.", faults)
    made = open_assessment(db.session(), site, version, label=label, by=call.visitor.actor, at=now())
    if given.take_over:
        take_over(db.session(), made, by=call.visitor.actor, at=now())
    return assessment_out(made)


@operation(
    "GET",
    "/assessments",
    Action.SUPPLIER_ASSESSMENT_READ,
    Action.ASSESSOR_ASSIGNMENT_LIST,
    Action.STEWARD_ASSESSMENT_LIST,
    summary="Assessments you can see",
    tag="assessments",
    query=PageQuery,
    returns=AssessmentList,
)
def assessments(call: Call) -> AssessmentList:
    """List a supplier's own, a firm's declared cases, or for the steward the states of all handed in."""
    actor = call.visitor.actor
    statement = select(Assessment).where(visible_to(actor, Assessment)).options(joinedload(Assessment.cycle))
    if actor.audience is Audience.STEWARD:
        statement = statement.where(Assessment.state != AssessmentState.DRAFT)
    rows, following = page_of(statement, Assessment.id, call.query)
    return AssessmentList(items=[assessment_out(row[0]) for row in rows], next_cursor=following)


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>",
    Action.SUPPLIER_ASSESSMENT_READ,
    Action.ASSESSOR_ASSESSMENT_READ,
    Action.STEWARD_ASSESSMENT_LIST,
    summary="One assessment",
    tag="assessments",
    load=load_assessment,
    returns=AssessmentOut,
    ledger=True,
)
def assessment(call: Call) -> AssessmentOut:
    """Return where it stands; an assessor's look is in the supplier's ledger."""
    found: Assessment = unwrapped(call.thing)
    if isinstance(call.thing, AssignedThing):
        open_ledger(call.visitor, found, {"page": "overview"})
    return assessment_out(found)


@operation(
    "PUT",
    "/assessments/<uuid:assessment_id>/maturity/<topic>",
    Action.SUPPLIER_ANSWER_SAVE,
    Action.ASSESSOR_MATURITY_VERIFY,
    summary="Where a site stands in a topic",
    tag="assessments",
    load=load_topic,
    body=MaturityIn,
    returns=MaturityOut,
    edits=True,
)
def put_maturity(call: Call) -> MaturityOut:
    """Record a supplier's own view, or what the assessor found; above level 2 it needs what was seen.

    If-Match is needed once a level stands there (428); somebody else's newer one answers 412 with both.
    """
    on: OnTopic = unwrapped(call.thing)
    given: MaturityIn = call.body
    by, at, session = call.visitor.actor, now(), db.session()
    present = session.get(TopicMaturity, (on.assessment.id, on.topic.key))
    over = _level_seen(call, present)
    if by.audience is Audience.SUPPLIER:
        sheet = read_sheet(session, on.assessment.id)
        row = declare_maturity(session, sheet, on.topic.key, given.level, by=by, at=at, over=over)
    else:
        if given.level is None:
            raise Invalid("Which level?", {"level": "choose a step from 0 to 4"})
        row = verify_maturity(
            session, on.assessment, on.topic.key, given.level, basis=given.basis or Basis.SELF_DECLARED,
            worker_voice=given.worker_voice, seen=given.seen, by=by, at=at, over=over,
        )  # fmt: skip
    session.flush()
    return _maturity(row, by.audience)


def _level_seen(call: Call, present: TopicMaturity | None) -> str:
    """The version of the level that the caller saw. Unseen, only what nobody said yet may be written."""
    if call.if_match is not None:
        return f"{call.if_match}-{call.digest}" if call.digest else str(call.if_match)
    stands = _etag(present, call.visitor.actor.audience)
    if stands == UNSAID:
        return UNSAID
    raise PreconditionRequired(
        "This was saved before; say which version you saw.",
        N_(
            'Read %(path)s and send its etag in If-Match; now it is "%(etag)s".',
            path=request.path.rpartition("/")[0], etag=stands,
        ),
    )  # fmt: skip


def _etag(row: TopicMaturity | None, audience: Audience) -> str:
    match audience:
        case Audience.SUPPLIER:
            return declared_version(row)
        case Audience.ASSESSOR:
            return verified_version(row)
    return ""


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/maturity",
    Action.SUPPLIER_ASSESSMENT_READ,
    Action.ASSESSOR_ASSESSMENT_READ,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_DISPUTE_DECIDE,
    summary="Where a site stands, topic by topic",
    tag="assessments",
    load=load_content,
    returns=MaturityList,
    ledger=True,
)
def maturity(call: Call) -> MaturityList:
    """Return each topic's two numbers, in order of topics; the supplier reads its own here.

    Appeal reads the topics of findings that are disputed.
    """
    found: Assessment = unwrapped(call.thing)
    audience, session = call.visitor.actor.audience, db.session()
    statement = select(TopicMaturity).where(TopicMaturity.assessment_id == found.id)
    if call.action is Action.STEWARD_DISPUTE_DECIDE:
        statement = statement.where(TopicMaturity.topic.in_(disputed_topics(found.id)))
    if audience is not Audience.SUPPLIER:
        open_ledger(call.visitor, found, {"layers": ["profile"]})
    rows = session.scalars(statement.order_by(TopicMaturity.topic))
    return MaturityList(items=[_maturity(row, audience) for row in rows])


def disputed_topics(assessment_id: uuid.UUID) -> Select[Any]:
    """The topics of findings that wait for appeal."""
    return select(Finding.topic).where(
        Finding.assessment_id == assessment_id, Finding.state == FindingState.DISPUTED
    )


def assessment_out(found: Assessment) -> AssessmentOut:
    """An assessment as programs read it."""
    version = found.cycle.version
    own: dict[str, Any] = {
        name: getattr(found, name)
        for name in AssessmentOut.model_fields
        if name not in {"cycle", "questionnaire", "version"}
    }
    return AssessmentOut(**own, cycle=found.cycle.label, questionnaire=version.slug, version=version.version)


def _maturity(row: TopicMaturity, audience: Audience) -> MaturityOut:
    whole = audience is not Audience.SUPPLIER
    # What the assessor found is the supplier's to read from the fact check on, not while it is written.
    return MaturityOut(
        topic=row.topic,
        self_level=row.self_level,
        verified_level=row.verified_level if whole else None,
        verified_basis=row.verified_basis if whole else None,
        worker_voice=bool(row.worker_voice) and whole,
        seen=row.seen if whole else None,
        etag=_etag(row, audience),
    )


def _own_site(visitor: Visitor, site_id: uuid.UUID) -> Site | None:
    return db.session.scalars(
        select(Site).where(Site.id == site_id, Site.organization_id == visitor.organization_id)
    ).first()
