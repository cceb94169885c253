"""What a buyer reads of a supplier: frozen, and only what is granted at the instant of the statement.

Four statements for an assessment, whatever was granted. Each asks the disclosures themselves, not what an
earlier page showed; on PostgreSQL the policies of row-level security say the same again behind them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from assessments.actions.action import SETTLED, ActionState, CorrectiveAction
from assessments.base import database_now
from assessments.evidence.documents import Document, DocumentVersion, VersionState
from assessments.result import Layer, ResultPart
from assessments.sharing.disclosure import ALL_TOPICS, Disclosure, DisclosureItem, PortfolioRow
from assessments.sharing.portfolio import subscribed, visible
from assessments.verification.assignment import Basis

Contents = Mapping[str, Mapping[str, Any]]
NOT_AGREED = frozenset({ActionState.PROPOSED, ActionState.RETURNED, ActionState.DROPPED})
"""States in which an action is no part of the plan that progress is counted over."""


@dataclass(frozen=True)
class Progress:
    """Counts as they stand today beside the unchanged result, over the topics disclosed."""

    critical_open: int
    major_open: int
    minor_open: int
    observations: int
    good_practices: int
    actions_settled: int
    actions_agreed: int
    next_due_on: str | None


@dataclass(frozen=True)
class LiveAction:
    """An action as it stands today; the result keeps what it was when it was published.

    ``finding`` is the finding's number, None where no layer granted names it.
    """

    id: uuid.UUID
    number: str
    topic: str
    finding: str | None
    kind: str
    root_cause: str
    description: str
    owner: str
    due_on: date
    state: ActionState
    agreed_at: datetime | None
    disagreed_at: datetime | None
    closed_at: datetime | None
    closed_how: str | None
    closed_basis: Basis | None
    check_on: date | None


@dataclass(frozen=True)
class SharedVersion:
    """An evidence version that was granted by name. ``lapsed``: its end date lies behind ``at``.

    ``title`` is the document's, as its owner calls it; ``scan``: "" once released, else the scanner's word.
    """

    version_id: uuid.UUID
    supplier_id: uuid.UUID
    title: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    redacted: bool
    scan: str
    ends_on: date | None
    lapsed: bool


@dataclass(frozen=True)
class PlanProgress:
    """How many of the actions agreed are settled today, and the next day by which one is due."""

    settled: int
    agreed: int
    next_due_on: date | None


@dataclass(frozen=True)
class ShownResult:
    """One assessment as a reader sees it: a result as published, and beside it what moved since.

    ``status`` is None where that layer is not granted. The maps run by topic key in the questionnaire's order
    and hold only topics granted; a topic that is absent was withheld, or never asked: nothing tells which.
    ``profile``, ``findings``, ``plan``, ``answers``, ``commercial`` hold the parts of the result as published
    (``publishing.content``); ``live`` is of today.
    """

    assessment_id: uuid.UUID
    supplier_id: uuid.UUID
    site_id: uuid.UUID
    supplier_name: str
    site_name: str
    country: str
    activities: Sequence[str]
    materials: Sequence[str]
    cycle_label: str
    result_id: uuid.UUID | None
    result_number: int | None
    result_sha256: str | None
    stage: str | None
    stage_since: datetime | None
    status: Mapping[str, Any] | None
    profile: Contents
    findings: Contents
    plan: Contents
    live: tuple[LiveAction, ...]
    answers: Contents
    commercial: Contents
    evidence: tuple[SharedVersion, ...]

    @property
    def self_declared(self) -> bool:
        """Whether the page carries the words "self-declared, not checked"."""
        return bool(self.status and self.status["label"])

    @property
    def plan_progress(self) -> PlanProgress | None:
        """Progress counted over the very actions that ``live`` lists; None where no plan is granted."""
        if not self.plan:
            return None
        agreed = [action for action in self.live if action.state not in NOT_AGREED]
        due = [action.due_on for action in agreed if action.state not in SETTLED]
        return PlanProgress(len(agreed) - len(due), len(agreed), min(due, default=None))


@dataclass(frozen=True)
class SharedAssessment(ShownResult):
    """One assessment as one buyer may see it now.

    ``progress`` comes from the buyer's roll-up: what it gains may lag, what it loses is gone at once.
    """

    buyer_id: uuid.UUID
    shared_until: datetime
    progress: Progress | None

    def opened(self) -> dict[str, Any]:
        """What the access ledger says of this opening: layers, each with its topics."""
        shown: dict[str, Any] = {Layer.STATUS.value: self.status is not None or self.stage is not None}
        for layer in ("profile", "findings", "plan", "answers", "commercial"):
            shown[layer] = list(getattr(self, layer))
        shown["evidence"] = [version.file_name for version in self.evidence]
        return {name: told for name, told in shown.items() if told}


def shared(
    session: Session, buyer_id: uuid.UUID, assessment_id: uuid.UUID, *, at: datetime
) -> SharedAssessment | None:
    """Return what a buyer may see of an assessment now; None when nothing, as for one that is not there.

    What is granted is compared with the database's clock; ``at`` only says whether a document has lapsed.
    """
    return next(iter(shared_each(session, buyer_id, [assessment_id], at=at)), None)


def shared_each(
    session: Session, buyer_id: uuid.UUID, assessment_ids: Sequence[uuid.UUID], *, at: datetime
) -> list[SharedAssessment]:
    """Return the same of several, in their order, without those unseen; four statements for any number."""
    found = session.scalars(
        select(PortfolioRow)
        .where(*visible(buyer_id), PortfolioRow.assessment_id.in_(assessment_ids))
        .execution_options(populate_existing=True)
    ).all()
    if not found:
        return []
    rows = sorted(found, key=lambda row: assessment_ids.index(row.assessment_id))
    parts = _parts(session, buyer_id, rows)
    plans = {key: (contents_of(of, Layer.PLAN), contents_of(of, Layer.FINDINGS)) for key, of in parts.items()}
    live = live_actions(session, plans)
    evidence = _evidence(session, buyer_id, rows, at)
    return [_shared(row, parts[key], live[key], evidence[key]) for row in rows for key in [row.assessment_id]]


_OF_ROW = (
    "buyer_id", "assessment_id", "supplier_id", "site_id", "supplier_name", "site_name", "country",
    "cycle_label", "shared_until", "result_id", "result_number", "result_sha256", "stage", "stage_since",
)  # fmt: skip


def _shared(
    row: PortfolioRow,
    parts: Sequence[ResultPart],
    live: tuple[LiveAction, ...],
    evidence: tuple[SharedVersion, ...],
) -> SharedAssessment:
    profile = contents_of(parts, Layer.PROFILE)
    return SharedAssessment(
        **{name: getattr(row, name) for name in _OF_ROW},
        activities=tuple(row.activities),
        materials=tuple(row.materials),
        status=status_in(parts),
        progress=_progress(row) if profile else None,
        profile=profile,
        findings=contents_of(parts, Layer.FINDINGS),
        plan=contents_of(parts, Layer.PLAN),
        live=live,
        answers=contents_of(parts, Layer.ANSWERS),
        commercial=contents_of(parts, Layer.COMMERCIAL),
        evidence=evidence,
    )


def shared_version(
    session: Session, buyer_id: uuid.UUID, version_id: uuid.UUID, *, at: datetime
) -> SharedVersion | None:
    """Return a version that a running disclosure names for this buyer, for a download; None otherwise."""
    found = session.execute(
        select(*_VERSION)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(
            DocumentVersion.id == version_id,
            select(DisclosureItem.id)
            .join(Disclosure, Disclosure.id == DisclosureItem.disclosure_id)
            .where(*running(buyer_id), DisclosureItem.version_id == DocumentVersion.id)
            .exists(),
            subscribed(buyer_id),
        )
        .limit(1)
    ).first()
    return _version(found, at) if found else None


def running(buyer_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """The disclosures of a buyer that run at the start of the statement."""
    return (
        Disclosure.buyer_id == buyer_id,
        Disclosure.revoked_at.is_(None),
        Disclosure.starts_at <= database_now(),
        Disclosure.ends_at > database_now(),
    )


def _covering(result_id: Any, site_id: Any, published_at: Any) -> ColumnElement[bool]:
    return or_(
        Disclosure.result_id == result_id,
        and_(
            Disclosure.follow_later.is_(True),
            Disclosure.site_id == site_id,
            published_at >= Disclosure.granted_at,
        ),
    )


def _parts(
    session: Session, buyer_id: uuid.UUID, rows: Sequence[PortfolioRow]
) -> dict[uuid.UUID, list[ResultPart]]:
    """By assessment the parts of its result for which a grant runs: layer and topic both named."""
    named = and_(
        DisclosureItem.layer == ResultPart.layer,
        or_(
            DisclosureItem.topic == ALL_TOPICS,
            DisclosureItem.topic == ResultPart.topic,
            ResultPart.layer == Layer.STATUS,
        ),
        or_(ResultPart.layer != Layer.COMMERCIAL, Disclosure.commercial.is_(True)),
    )
    granted = (
        select(DisclosureItem.id)
        .join(Disclosure, Disclosure.id == DisclosureItem.disclosure_id)
        .where(
            *running(buyer_id),
            _covering(ResultPart.result_id, ResultPart.site_id, ResultPart.published_at),
            named,
        )
        .exists()
    )
    results = [row.result_id for row in rows]
    found = session.scalars(
        select(ResultPart).where(ResultPart.result_id.in_(results), granted, subscribed(buyer_id))
    ).all()
    return {row.assessment_id: [part for part in found if part.result_id == row.result_id] for row in rows}


def status_in(parts: Sequence[ResultPart]) -> Mapping[str, Any] | None:
    """The content of the status part, None where it is not among them."""
    return next((part.content for part in parts if part.layer is Layer.STATUS), None)


def contents_of(parts: Sequence[ResultPart], layer: Layer) -> dict[str, Mapping[str, Any]]:
    """The contents of one layer by topic, in the questionnaire's order."""
    mine = sorted((part for part in parts if part.layer is layer), key=lambda part: part.content["place"])
    return {part.topic: part.content for part in mine}


def _progress(row: PortfolioRow) -> Progress | None:
    if row.critical_open is None:
        return None
    return Progress(**{name: getattr(row, name) for name in Progress.__dataclass_fields__})


def live_actions(
    session: Session, shown: Mapping[uuid.UUID, tuple[Contents, Contents]]
) -> dict[uuid.UUID, tuple[LiveAction, ...]]:
    """By assessment the actions of topics whose plan its reader was just found to see, as they stand.

    ``shown``: by assessment the contents of plan and of findings. One statement.
    """
    numbers: dict[str, str] = {}
    for plan, findings in shown.values():
        planned = (each for content in plan.values() for each in content["actions"])
        numbers |= {each["finding_id"]: each["finding"] for each in planned}
        found = (each for content in findings.values() for each in content["findings"])
        numbers |= {each["id"]: each["number"] for each in found}
    own = [name for name in LiveAction.__dataclass_fields__ if name != "finding"]
    columns = [getattr(CorrectiveAction, name) for name in ("assessment_id", "finding_id", *own)]
    rows = session.execute(
        select(*columns)
        .where(
            CorrectiveAction.assessment_id.in_(list(shown)),
            CorrectiveAction.topic.in_({topic for plan, _findings in shown.values() for topic in plan}),
            or_(CorrectiveAction.state != ActionState.DROPPED, CorrectiveAction.agreed_at.is_not(None)),
        )
        .order_by(CorrectiveAction.id)
    ).all()
    return {
        assessment_id: tuple(
            LiveAction(finding=numbers.get(str(each.finding_id)), **{it: getattr(each, it) for it in own})
            for each in rows
            if each.assessment_id == assessment_id and each.topic in plan
        )
        for assessment_id, (plan, _findings) in shown.items()
    }


_VERSION = (
    DocumentVersion.id,
    DocumentVersion.organization_id,
    Document.title,
    DocumentVersion.file_name,
    DocumentVersion.media_type,
    DocumentVersion.size,
    DocumentVersion.sha256,
    DocumentVersion.redacted_from,
    DocumentVersion.state,
    DocumentVersion.scan_verdict,
    DocumentVersion.ends_on,
)


def _evidence(
    session: Session, buyer_id: uuid.UUID, rows: Sequence[PortfolioRow], at: datetime
) -> dict[uuid.UUID, tuple[SharedVersion, ...]]:
    """By assessment the versions that running grants of its result, or of what the site publishes, name."""
    found = session.execute(
        select(*_VERSION, Disclosure.site_id, Disclosure.result_id, Disclosure.follow_later)
        .join(Document, Document.id == DocumentVersion.document_id)
        .join(DisclosureItem, DisclosureItem.version_id == DocumentVersion.id)
        .join(Disclosure, Disclosure.id == DisclosureItem.disclosure_id)
        .where(
            *running(buyer_id),
            DisclosureItem.layer == Layer.EVIDENCE,
            Disclosure.site_id.in_({row.site_id for row in rows}),
            subscribed(buyer_id),
        )
        .order_by(Document.title, DocumentVersion.id)
    ).all()
    return {
        row.assessment_id: tuple(
            dict.fromkeys(
                _version(each, at)
                for each in found
                if each.site_id == row.site_id and (each.follow_later or each.result_id == row.result_id)
            )
        )
        for row in rows
    }


def _version(row: Any, at: datetime) -> SharedVersion:
    same = ("title", "file_name", "media_type", "size", "sha256", "ends_on")
    return SharedVersion(
        version_id=row.id,
        supplier_id=row.organization_id,
        **{name: getattr(row, name) for name in same},
        redacted=row.redacted_from is not None,
        scan="" if row.state is VersionState.RELEASED else row.scan_verdict.value,
        lapsed=row.ends_on is not None and row.ends_on < at.date(),
    )
