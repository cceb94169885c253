"""Opening a cycle: the assessment of a site, and with the first one the company's own."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, AssessmentState, Cycle, QuestionnaireVersion, record_event
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.parties import SUPPLIER_ADMIN, Actor, Site, check_supplier
from assessments.sentences import N_
from assessments.workflow import Refused


def open_assessment(
    session: Session, site: Site, version: QuestionnaireVersion, *, label: str, by: Actor, at: datetime
) -> Assessment:
    """Open the cycle's assessment of ``site``, and the company's with the first site.

    Raises Refused when the site is closed, already has one in this cycle, or the cycle runs on another
    version: a published version never changes, so one cycle is one version. Raises WrongActor unless ``by``
    is an admin of the site's supplier.
    """
    check_supplier(by, site.organization_id, roles=SUPPLIER_ADMIN)
    if site.closed_at is not None:
        raise Refused(
            N_("The site %(site)s is closed.", site=site.name), "Open the assessment for another site."
        )
    cycle = session.scalars(
        select(Cycle).where(Cycle.organization_id == site.organization_id, Cycle.label == label)
    ).first()
    if cycle is None:
        cycle = Cycle(
            id=new_id(),
            organization_id=site.organization_id,
            label=label,
            version_id=version.id,
            opened_at=at,
        )
        session.add(cycle)
        session.flush()
        _add_assessment(session, cycle, None, by=by, at=at)
    elif cycle.version_id != version.id:
        raise Refused(
            N_("The cycle %(label)s uses another version of the questionnaire.", label=label),
            "Open this assessment in a new cycle.",
        )
    present = session.scalars(
        select(Assessment).where(Assessment.cycle_id == cycle.id, Assessment.site_id == site.id)
    ).first()
    if present is not None:
        raise Refused(
            N_("%(site)s already has a round called %(label)s.", site=site.name, label=label),
            "Continue that one, or give this round another name.",
            places=(str(present.id),),
        )
    return _add_assessment(session, cycle, site, by=by, at=at)


def version_of_round(
    session: Session, organization_id: uuid.UUID, label: str, slug: str = "standard"
) -> QuestionnaireVersion | None:
    """Return the version that the organization's round of that name is asked under, if there is the round.

    A site that joins it later is asked the same, whatever was published since.
    """
    return session.scalars(
        select(QuestionnaireVersion)
        .join(Cycle, Cycle.version_id == QuestionnaireVersion.id)
        .where(
            Cycle.organization_id == organization_id, Cycle.label == label, QuestionnaireVersion.slug == slug
        )
    ).first()


def _add_assessment(
    session: Session, cycle: Cycle, site: Site | None, *, by: Actor, at: datetime
) -> Assessment:
    assessment = Assessment(
        id=new_id(),
        cycle_id=cycle.id,
        organization_id=cycle.organization_id,
        site_id=site.id if site else None,
        state=AssessmentState.DRAFT,
        state_since=at,
        opened_at=at,
    )
    session.add(assessment)
    session.flush()
    record_event(session, EventKind.ASSESSMENT_OPENED, assessment, by=by, at=at, cycle=cycle.label)
    return assessment
