"""REFRESH_PORTFOLIO: compute again what buyers see, when a grant begins or ends or an action moved on.

Payload: ``assessment_id``, with ``buyer_id`` for one buyer alone; empty for whatever is due: windows that
ended unnoticed, and results whose validity is over.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.disclosure import PortfolioRow
from assessments.outbox import JobKind
from assessments.projection import project_assessment
from assessments.publishing import expire_due
from plumbline.jobs.registry import Hopeless, Job, inside


@inside(JobKind.REFRESH_PORTFOLIO)
def refresh_portfolio(session: Session, job: Job) -> None:
    """Recompute from the disclosures; the same again gives the same rows."""
    if not job.payload:
        expire_due(session, at=job.at)
        ended = select(PortfolioRow.assessment_id).where(PortfolioRow.visible_until <= job.at).distinct()
        for assessment_id in session.scalars(ended.order_by(PortfolioRow.assessment_id)).all():
            project_assessment(session, assessment_id, at=job.at)
        return
    try:
        assessment_id = uuid.UUID(str(job.payload["assessment_id"]))
        buyer = job.payload.get("buyer_id")
        buyers = {uuid.UUID(str(buyer))} if buyer else None
    except (KeyError, ValueError) as error:
        raise Hopeless("the payload names no assessment") from error
    project_assessment(session, assessment_id, at=job.at, buyers=buyers)
