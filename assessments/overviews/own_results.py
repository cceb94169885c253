"""A supplier's own published results: all of what a buyer could be shown, and the progress made since."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, Cycle
from assessments.parties import Organization, Site
from assessments.result import Layer, Result, ResultPart
from assessments.sharing.reading import ShownResult, contents_of, live_actions, status_in
from assessments.verification.assignment import Basis


@dataclass(frozen=True)
class OwnResult:
    """A line of the list of one's own results. ``stage``: the state of its assessment now."""

    id: uuid.UUID
    assessment_id: uuid.UUID
    site_id: uuid.UUID
    site: str
    cycle: str
    number: int
    basis: Basis
    published_at: datetime
    valid_until: datetime
    stage: str


def own_results(
    session: Session, organization_id: uuid.UUID, assessment_id: uuid.UUID | None = None
) -> Sequence[OwnResult]:
    """Return the results of an organization (or of one assessment of it), newest first; one statement."""
    query = (
        select(
            Result.id, Result.assessment_id, Result.site_id, Site.name.label("site"),
            Cycle.label.label("cycle"), Result.number, Result.basis, Result.published_at,
            Result.valid_until, Assessment.state.label("stage"),
        )
        .join(Site, Site.id == Result.site_id)
        .join(Assessment, Assessment.id == Result.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Result.organization_id == organization_id)
        .order_by(Result.published_at.desc(), Result.number.desc())
    )  # fmt: skip
    if assessment_id is not None:
        query = query.where(Result.assessment_id == assessment_id)
    return [OwnResult(**row) for row in session.execute(query).mappings()]


def read_own(session: Session, result: Result) -> ShownResult:
    """Return a result with every layer and topic, and its actions as they stand today; three statements."""
    place = session.execute(
        select(Organization.legal_name, Site, Cycle.label, Assessment.state, Assessment.state_since)
        .join(Site, Site.organization_id == Organization.id)
        .join(Assessment, Assessment.site_id == Site.id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Assessment.id == result.assessment_id)
    ).one()
    parts = session.scalars(select(ResultPart).where(ResultPart.result_id == result.id)).all()
    plan, findings = contents_of(parts, Layer.PLAN), contents_of(parts, Layer.FINDINGS)
    return ShownResult(
        assessment_id=result.assessment_id,
        supplier_id=result.organization_id,
        site_id=result.site_id,
        supplier_name=place.legal_name,
        site_name=place.Site.name,
        country=place.Site.country,
        activities=tuple(place.Site.activities),
        materials=tuple(dict.fromkeys(entry["material"] for entry in place.Site.materials)),
        cycle_label=place.label,
        result_id=result.id,
        result_number=result.number,
        result_sha256=result.sha256,
        stage=place.state,
        stage_since=place.state_since,
        status=status_in(parts),
        profile=contents_of(parts, Layer.PROFILE),
        findings=findings,
        plan=plan,
        live=live_actions(session, {result.assessment_id: (plan, findings)})[result.assessment_id],
        answers={},
        commercial={},
        evidence=(),
    )
