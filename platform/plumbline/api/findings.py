"""Findings: drafted and revised by the assessor, answered by the supplier, disputes decided by appeal."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from assessments.assessment import Assessment
from assessments.parties import Audience
from assessments.policy import Action, AssignedThing, visible_to
from assessments.questionnaire.model import FindingKind, Grade, UnknownQuestion
from assessments.sentences import N_
from assessments.verification.assignment import Phase, check_outside, questionnaire_for
from assessments.verification.finding import Finding, FindingState, ReplyKind
from assessments.verification.unshared_findings import delete_finding, draft_finding, revise_finding
from assessments.workflow import Invalid, Stale
from plumbline.api.loading import load_assessment, load_content, load_finding, read_finding, unwrapped
from plumbline.api.operation import Call, Shape, operation, revision_seen
from plumbline.api.paging import PageQuery, page_by
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.ledger_lines import open_ledger


class PageNamed(Shape):
    """An evidence version that a finding rests on, and the page."""

    version_id: uuid.UUID
    page: str = ""


class FindingIn(Shape):
    """What was seen: where, how grave, of what kind, against which requirements, on which evidence."""

    topic: str
    questions: list[str] = Field(default_factory=list)
    grade: Grade
    kind: FindingKind
    statement: str
    first_step: str | None = None
    references: list[str] = Field(default_factory=list)
    evidence: list[PageNamed] = Field(default_factory=list)


class FindingPatch(Shape):
    """Fields of a draft to write anew; what is not named stays."""

    topic: str | None = None
    questions: list[str] | None = None
    grade: Grade | None = None
    kind: FindingKind | None = None
    statement: str | None = None
    first_step: str | None = None
    references: list[str] | None = None
    evidence: list[PageNamed] | None = None


class ReplyIn(Shape):
    """The supplier's words: a comment, or a dispute with its reason."""

    kind: ReplyKind
    text: str


class ReplyOut(Shape):
    """What was said, by which function, when."""

    id: uuid.UUID
    kind: ReplyKind
    text: str
    author_function: str
    at: datetime


class FindingOut(Shape):
    """A finding with its replies and what became of it."""

    id: uuid.UUID
    assessment_id: uuid.UUID
    number: str
    topic: str
    questions: list[str]
    grade: Grade
    kind: FindingKind
    statement: str
    first_step: str | None
    references: list[str]
    evidence: list[PageNamed]
    state: FindingState
    revision: int
    shared_at: datetime | None
    contain_by: datetime | None
    opened_at: datetime | None
    plan_by: datetime | None
    verify_by: datetime | None
    before_amendment: dict[str, Any] | None
    decision: str | None
    decided_at: datetime | None
    closed_at: datetime | None
    replies: list[ReplyOut]

    def location(self) -> str:
        """Where it can be read."""
        return f"/api/v1/findings/{self.id}"


class FindingList(Shape):
    """Findings in their order."""

    items: list[FindingOut]
    next_cursor: uuid.UUID | None


class Outcome(enum.StrEnum):
    """How a dispute ends."""

    UPHELD = "upheld"
    AMENDED = "amended"
    DISMISSED = "dismissed"


OUTCOMES = {Outcome.UPHELD: "uphold", Outcome.AMENDED: "amend", Outcome.DISMISSED: "dismiss"}


class DecisionIn(Shape):
    """A decision with its reason; an amendment brings another statement or grade (critical: a first step)."""

    to: Outcome
    reason: str
    statement: str | None = None
    grade: Grade | None = None
    first_step: str | None = None


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/findings",
    Action.ASSESSOR_FINDING_WRITE,
    summary="Draft a finding",
    tag="findings",
    load=load_assessment,
    body=FindingIn,
    returns=FindingOut,
    status=201,
)
def post_finding(call: Call) -> FindingOut:
    """Write down what was seen; the supplier sees it at the fact check, before anybody else."""
    found: Assessment = unwrapped(call.thing)
    given: FindingIn = call.body
    _check_places(found, [given.topic], given.questions)
    made = draft_finding(db.session(), found, **_values(given), by=call.visitor.actor, at=now())
    db.session.flush()
    return finding_out(made)


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/findings",
    Action.SUPPLIER_FINDING_READ,
    Action.ASSESSOR_FINDING_READ,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_DISPUTE_DECIDE,
    summary="Findings of an assessment",
    tag="findings",
    load=load_content,
    query=PageQuery,
    returns=FindingList,
    ledger=True,
)
def findings(call: Call) -> FindingList:
    """List what was shared with the supplier, what a follow-up reaches, for appeal what is disputed.

    A reviewer reads all of them while the case is in review.
    """
    found: Assessment = unwrapped(call.thing)
    actor = call.visitor.actor
    wanted = (
        select(Finding)
        .where(Finding.assessment_id == found.id, visible_to(actor, Finding))
        .options(selectinload(Finding.replies))
    )
    if isinstance(call.thing, AssignedThing) and call.thing.phase is Phase.FOLLOW_UP:
        wanted = wanted.where(Finding.is_followed)
    if call.action is Action.STEWARD_DISPUTE_DECIDE:
        wanted = wanted.where(Finding.state == FindingState.DISPUTED)
    if actor.audience is not Audience.SUPPLIER:
        open_ledger(call.visitor, found, {"page": "findings"})
    page, following = page_by(wanted, (Finding.id,), call.query, newest=False)
    return FindingList(items=[finding_out(row) for row in page], next_cursor=following)


@operation(
    "GET",
    "/findings/<uuid:finding_id>",
    Action.SUPPLIER_FINDING_READ,
    Action.ASSESSOR_FINDING_READ,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_DISPUTE_DECIDE,
    Action.STEWARD_ACTION_MEDIATE,
    summary="One finding",
    tag="findings",
    load=read_finding,
    returns=FindingOut,
    ledger=True,
)
def finding(call: Call) -> FindingOut:
    """Return a finding as it stands, with its replies.

    For the steward: in review, while its dispute waits, or while both sides cannot agree on its actions.
    """
    found: Finding = unwrapped(call.thing)
    if call.visitor.actor.audience is not Audience.SUPPLIER:
        open_ledger(call.visitor, found.assessment, {"layers": ["findings"], "topics": [found.topic]})
    return finding_out(found)


@operation(
    "DELETE",
    "/findings/<uuid:finding_id>",
    Action.ASSESSOR_FINDING_WRITE,
    summary="Throw a draft finding away",
    tag="findings",
    load=load_finding,
    status=204,
)
def discard_finding(call: Call) -> None:
    """Throw a draft away; a shared finding stays and changes only by decision."""
    delete_finding(db.session(), unwrapped(call.thing), by=call.visitor.actor, at=now())


@operation(
    "PATCH",
    "/findings/<uuid:finding_id>",
    Action.ASSESSOR_FINDING_WRITE,
    summary="Revise a draft finding",
    tag="findings",
    load=load_finding,
    body=FindingPatch,
    returns=FindingOut,
    edits=True,
)
def patch_finding(call: Call) -> FindingOut:
    """Write fields of a draft anew; If-Match is needed. A shared finding changes only by decision."""
    found: Finding = unwrapped(call.thing)
    given: FindingPatch = call.body
    # What is sent is written; null where the finding needs something is no change.
    sent = {
        name for name in given.model_fields_set if name == "first_step" or getattr(given, name) is not None
    }
    values = {name: value for name, value in _values(given).items() if name in sent}
    if revision_seen(call, found.revision) != found.revision:
        raise Stale(
            "This finding was changed by somebody else since you opened it.",
            current=finding_out(found).model_dump(mode="json"),
            offered=given.model_dump(mode="json", exclude_unset=True),
        )
    topics = [values["topic"]] if "topic" in values else []
    _check_places(found.assessment, topics, values.get("questions", []))
    revise_finding(db.session(), found, values, by=call.visitor.actor, at=now())
    db.session.flush()
    return finding_out(found)


@operation(
    "POST",
    "/findings/<uuid:finding_id>/replies",
    Action.SUPPLIER_FINDING_REPLY,
    summary="Comment on a finding, or dispute it",
    tag="findings",
    load=load_finding,
    body=ReplyIn,
    returns=FindingOut,
    status=201,
)
def post_reply(call: Call) -> FindingOut:
    """Reply to a shared finding; a dispute waits for the decision of appeal."""
    found: Finding = call.thing
    given: ReplyIn = call.body
    say = found.dispute if given.kind is ReplyKind.DISPUTE else found.comment
    say(db.session(), given.text, by=call.visitor.actor, at=now())
    db.session.flush()
    return finding_out(found)


@operation(
    "POST",
    "/findings/<uuid:finding_id>/transitions",
    Action.STEWARD_DISPUTE_DECIDE,
    summary="Decide a dispute",
    tag="findings",
    load=load_finding,
    body=DecisionIn,
    returns=FindingOut,
)
def post_decision(call: Call) -> FindingOut:
    """Uphold, amend or dismiss a disputed finding as appeal, with the reason."""
    found: Finding = call.thing
    given: DecisionIn = call.body
    check_outside(db.session(), found.assessment_id, by=call.visitor.actor)
    found.decide(
        db.session(), OUTCOMES[given.to], given.reason, statement=given.statement, grade=given.grade,
        first_step=given.first_step, by=call.visitor.actor, at=now(),
    )  # fmt: skip
    open_ledger(call.visitor, found.assessment, {"page": "dispute"})
    return finding_out(found)


def finding_out(found: Finding) -> FindingOut:
    """A finding as programs read it."""
    own = {
        name: getattr(found, name) for name in FindingOut.model_fields if name not in {"replies", "evidence"}
    }
    names = list(ReplyOut.model_fields)
    return FindingOut(
        **own,
        evidence=[
            PageNamed(version_id=named["version_id"], page=str(named.get("page") or ""))
            for named in found.evidence
        ],
        replies=[ReplyOut(**{name: getattr(reply, name) for name in names}) for reply in found.replies],
    )


def _values(given: FindingIn | FindingPatch) -> dict[str, Any]:
    values = {name: getattr(given, name) for name in type(given).model_fields}
    values["evidence"] = [{"version_id": str(e.version_id), "page": e.page} for e in given.evidence or []]
    return values


def _check_places(assessment: Assessment, topics: list[str], questions: list[str]) -> None:
    questionnaire = questionnaire_for(db.session(), assessment)
    faults = {}
    for place, keys, read in (
        ("topic", topics, questionnaire.topic),
        ("questions", questions, questionnaire.question),
    ):
        for key in keys:
            try:
                read(key)
            except UnknownQuestion:
                faults[place] = N_(
                    "%(key)s is not in %(slug)s %(version)s",
                    key=repr(key[:40]),
                    slug=questionnaire.slug,
                    version=questionnaire.version,
                )
    if faults:
        raise Invalid("The finding names a place that is not there.", faults)
