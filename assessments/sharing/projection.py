"""The projection that every buyer list is driven from: recomputed from the disclosures, which are the truth.

One row for each buyer and assessment of which it may see something. A row holds what the grants that run
together give, and shows until the first of them ends; a job recomputes it then. So what a buyer loses is gone
at the instant, and only what it gains can lag.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from assessments.actions.action import SETTLED, ActionState, CorrectiveAction
from assessments.assessment import Assessment, AssessmentState
from assessments.outbox import AT_ONCE, JobKind, OutboxJob, later
from assessments.parties import Site
from assessments.questionnaire.model import Grade
from assessments.result import Layer, Result, ResultPart
from assessments.sharing.disclosure import ALL_TOPICS, Disclosure, PortfolioRow
from assessments.sheet.reading import questionnaire_of
from assessments.verification.finding import Finding, FindingState

FOLLOWED = frozenset(
    {
        AssessmentState.SUBMITTED,
        AssessmentState.IN_VERIFICATION,
        AssessmentState.CLARIFICATION,
        AssessmentState.FACT_CHECK,
        AssessmentState.IN_REVIEW,
        AssessmentState.STOPPED,
    }
)
"""Stages without a result that a buyer sees who was granted the status of the site's later results."""

UNPUBLISHED = datetime(1970, 1, 1, tzinfo=UTC)


COUNTED = (
    "critical_open", "major_open", "minor_open", "observations", "good_practices", "actions_settled",
    "actions_agreed", "next_due_on",
)  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """The topics that a layer is granted for."""

    everything: bool = False
    topics: frozenset[str] = frozenset()

    def __contains__(self, topic: str) -> bool:
        return self.everything or topic in self.topics

    def __bool__(self) -> bool:
        return self.everything or bool(self.topics)


def reach(disclosures: Iterable[Disclosure], layer: Layer) -> Reach:
    """Return for which topics these disclosures together give ``layer``."""
    topics = {item.topic for each in disclosures for item in each.items if item.layer is layer}
    return Reach(ALL_TOPICS in topics, frozenset(topics))


def covers(disclosure: Disclosure, result: Result) -> bool:
    """Whether a disclosure names this result, or follows the site and this one came after it was made."""
    return disclosure.result_id == result.id or (
        disclosure.follow_later
        and disclosure.site_id == result.site_id
        and result.published_at >= disclosure.granted_at
    )


def hold_site(session: Session, site_id: uuid.UUID) -> None:
    """Let nobody else change what is shared of a site until the transaction ends.

    Two grants at once would otherwise each write a row without knowing of the other. SQLite has one writer.
    """
    session.execute(select(Site.id).where(Site.id == site_id).with_for_update(key_share=True))


def project_site(
    session: Session, site_id: uuid.UUID, *, at: datetime, buyers: Collection[uuid.UUID] | None = None
) -> None:
    """Write anew what buyers (all, or those named) see of every assessment of a site."""
    for assessment_id in session.scalars(select(Assessment.id).where(Assessment.site_id == site_id)).all():
        project_assessment(session, assessment_id, at=at, buyers=buyers)


def project_ended(session: Session, *, at: datetime, most: int = AT_ONCE) -> int:
    """Write anew ``most`` assessments of which a row's grant ended unnoticed; return how many.

    Fewer than ``most``: no more are due.
    """
    ended = select(PortfolioRow.site_id, PortfolioRow.assessment_id).where(PortfolioRow.visible_until <= at)
    # By site, as each is held until the transaction ends.
    some = ended.distinct().order_by(PortfolioRow.site_id, PortfolioRow.assessment_id).limit(most)
    found = session.execute(some).all()
    for _site_id, assessment_id in found:
        project_assessment(session, assessment_id, at=at)
    return len(found)


def project_assessment(
    session: Session, assessment_id: uuid.UUID, *, at: datetime, buyers: Collection[uuid.UUID] | None = None
) -> None:
    """Write anew what buyers (all, or those named) see of an assessment; the same number of reads for any.

    Runs as the supplier, the steward or the platform: they see every disclosure of the site.
    """
    session.flush()
    assessment = session.get(Assessment, assessment_id)
    if assessment is None or assessment.site_id is None:
        return
    hold_site(session, assessment.site_id)
    ground = _read(session, assessment, at, buyers)
    boundaries: dict[uuid.UUID, datetime] = {}
    for buyer_id in ground.granted.keys() | ground.rows.keys():
        values = _values(ground, ground.granted.get(buyer_id, []), at)
        row = ground.rows.get(buyer_id)
        if values is None:
            if row is not None:
                session.delete(row)
            continue
        boundaries[buyer_id] = values.pop("boundary")
        if row is None:
            row = PortfolioRow(buyer_id=buyer_id, assessment_id=assessment.id, changed_at=at, **values)
            session.add(row)
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.changed_at = at
    session.flush()
    _refresh_at(session, assessment.id, boundaries, at=at)
    session.flush()


@dataclass(frozen=True)
class _Ground:
    """What all buyers' rows of one assessment are computed from."""

    session: Session
    assessment: Assessment
    results: Sequence[Result]
    granted: Mapping[uuid.UUID, list[Disclosure]]
    rows: Mapping[uuid.UUID, PortfolioRow]
    kept: dict[uuid.UUID, list[dict[str, Any]]] = field(default_factory=dict)

    def maturity(self, result: Result) -> list[dict[str, Any]]:
        """The rated topics of a result in the questionnaire's order."""
        if result.id not in self.kept:
            questionnaire, _sha256 = questionnaire_of(self.session, self.assessment.cycle.version_id)
            order = {topic.key: place for place, topic in enumerate(questionnaire.topics)}
            contents = self.session.scalars(
                select(ResultPart.content).where(
                    ResultPart.result_id == result.id, ResultPart.layer == Layer.PROFILE
                )
            )
            names = ("section", "topic", "self", "verified", "basis")
            self.kept[result.id] = sorted(
                ({name: content[name] for name in names} for content in contents),
                key=lambda cell: order[cell["topic"]],
            )
        return self.kept[result.id]

    @cached_property
    def findings(self) -> list[tuple[str, Grade, FindingState]]:
        """Topic, grade and state of each finding as it stands now."""
        rows = self.session.execute(
            select(Finding.topic, Finding.grade, Finding.state).where(
                Finding.assessment_id == self.assessment.id,
                Finding.state.not_in([FindingState.DRAFT, FindingState.DISMISSED]),
            )
        )
        return [(row.topic, row.grade, row.state) for row in rows]

    @cached_property
    def actions(self) -> list[tuple[str, ActionState, str]]:
        """Topic, state and due day of each action that belongs to the plan as it stands now."""
        apart = [ActionState.PROPOSED, ActionState.RETURNED, ActionState.DROPPED]
        rows = self.session.execute(
            select(CorrectiveAction.topic, CorrectiveAction.state, CorrectiveAction.due_on).where(
                CorrectiveAction.assessment_id == self.assessment.id, CorrectiveAction.state.not_in(apart)
            )
        )
        return [(row.topic, row.state, row.due_on.isoformat()) for row in rows]


def _read(
    session: Session, assessment: Assessment, at: datetime, buyers: Collection[uuid.UUID] | None
) -> _Ground:
    disclosures = select(Disclosure).where(
        Disclosure.site_id == assessment.site_id, Disclosure.revoked_at.is_(None), Disclosure.ends_at > at
    )
    rows = select(PortfolioRow).where(PortfolioRow.assessment_id == assessment.id)
    if buyers is not None:
        disclosures = disclosures.where(Disclosure.buyer_id.in_(buyers))
        rows = rows.where(PortfolioRow.buyer_id.in_(buyers))
    fresh = {"populate_existing": True}
    granted: dict[uuid.UUID, list[Disclosure]] = {}
    found = disclosures.options(selectinload(Disclosure.items))
    for disclosure in session.scalars(found, execution_options=fresh):
        granted.setdefault(disclosure.buyer_id, []).append(disclosure)
    results = session.scalars(
        select(Result).where(Result.assessment_id == assessment.id).order_by(Result.number.desc())
    ).all()
    present = session.scalars(rows, execution_options=fresh)
    return _Ground(session, assessment, results, granted, {row.buyer_id: row for row in present})


def _values(ground: _Ground, disclosures: Sequence[Disclosure], at: datetime) -> dict[str, Any] | None:
    """The columns of one buyer's row, with the next ``boundary``; None when it sees nothing of this."""
    relevant = [each for each in disclosures if _concerns(ground, each)]
    if not relevant:
        return None
    start = max(at, min(each.starts_at for each in relevant))
    running = [each for each in relevant if each.starts_at <= start < each.ends_at]
    result = next((one for one in ground.results if any(covers(each, one) for each in running)), None)
    on = [each for each in running if result is None or covers(each, result)]
    changes = [each.ends_at for each in on] + [each.starts_at for each in relevant if each.starts_at > start]
    return {
        "boundary": min(changes),
        "visible_from": max(each.starts_at for each in on),
        "visible_until": min(each.ends_at for each in on),
        "shared_until": max(each.ends_at for each in on),
        "result_id": result.id if result else None,
        "result_number": result.number if result else None,
        "result_sha256": result.sha256 if result else None,
        **_identity(ground.assessment),
        **_status(ground.assessment, result, reach(on, Layer.STATUS)),
        **_profile(ground, result, reach(on, Layer.PROFILE), reach(on, Layer.PLAN)),
    }


def _concerns(ground: _Ground, disclosure: Disclosure) -> bool:
    if ground.results:
        return any(covers(disclosure, result) for result in ground.results)
    return (
        ground.assessment.state in FOLLOWED
        and disclosure.follow_later
        and bool(reach([disclosure], Layer.STATUS))
    )


def _identity(assessment: Assessment) -> dict[str, Any]:
    site = assessment.site
    assert site is not None, "the company's own assessment is not projected"  # noqa: S101
    return {
        "supplier_id": assessment.organization_id,
        "site_id": site.id,
        "supplier_name": assessment.organization.legal_name,
        "site_name": site.name,
        "country": site.country,
        "activities": list(site.activities),
        "materials": list(dict.fromkeys(entry["material"] for entry in site.materials)),
        "cycle_label": assessment.cycle.label,
    }


def _status(assessment: Assessment, result: Result | None, granted: Reach) -> dict[str, Any]:
    shown = result if granted else None
    return {
        "stage": assessment.state.value if granted else None,
        "stage_since": assessment.state_since if granted else None,
        "basis": shown.basis if shown else None,
        "worker_voice": shown.worker_voice if shown else None,
        "published_at": shown.published_at if shown else None,
        "published_order": shown.published_at if shown else UNPUBLISHED,
        "valid_until": shown.valid_until if shown else None,
    }


def _profile(ground: _Ground, result: Result | None, granted: Reach, plan: Reach) -> dict[str, Any]:
    """Maturity, counts and progress of the topics granted; nothing, not even zeros, without the layer."""
    cells = [cell for cell in ground.maturity(result) if cell["topic"] in granted] if result else []
    values: dict[str, Any] = {"maturity": cells}
    # A profile of topics that have none is no profile: no zeros over nothing.
    if not cells:
        return {**values, **dict.fromkeys(COUNTED)}
    findings = [each for each in ground.findings if each[0] in granted]
    for grade in (Grade.CRITICAL, Grade.MAJOR, Grade.MINOR):
        values[f"{grade.value}_open"] = sum(
            found is grade and state is FindingState.OPEN for _topic, found, state in findings
        )
    values["observations"] = sum(grade is Grade.OBSERVATION for _topic, grade, _state in findings)
    values["good_practices"] = sum(grade is Grade.GOOD_PRACTICE for _topic, grade, _state in findings)
    actions = [each for each in ground.actions if each[0] in granted]
    values["actions_agreed"] = len(actions)
    values["actions_settled"] = sum(state in SETTLED for _topic, state, _due in actions)
    # A date is the plan's to give.
    due = [day for topic, state, day in actions if state not in SETTLED and topic in plan]
    values["next_due_on"] = min(due, default=None)
    return values


def _refresh_at(
    session: Session, assessment_id: uuid.UUID, boundaries: Mapping[uuid.UUID, datetime], *, at: datetime
) -> None:
    """Ask once for each buyer's job that computes its row anew when a grant of it begins or ends."""
    wanted = {
        f"portfolio/{buyer_id}/{assessment_id}/{boundary.astimezone(UTC).isoformat()}": (buyer_id, boundary)
        for buyer_id, boundary in boundaries.items()
    }
    asked = set(session.scalars(select(OutboxJob.key).where(OutboxJob.key.in_(wanted)))) if wanted else set()
    for key in wanted.keys() - asked:
        buyer_id, boundary = wanted[key]
        payload = {"buyer_id": str(buyer_id), "assessment_id": str(assessment_id)}
        later(session, JobKind.REFRESH_PORTFOLIO, payload, at=at, due=boundary, key=key)
