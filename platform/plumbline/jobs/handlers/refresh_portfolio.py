"""REFRESH_PORTFOLIO: compute again what buyers see, when a grant begins or ends or an action moved on.

Payload: ``assessment_id``, with ``buyer_id`` for one buyer alone; empty for whatever is due: windows that
ended unnoticed, and results whose validity is over; some at a time.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from assessments.outbox import AT_ONCE, JobKind
from assessments.publishing.publication import expire_due
from assessments.sharing.projection import project_assessment, project_ended
from plumbline.jobs.registry import Hopeless, Job, go_on, inside


@inside(JobKind.REFRESH_PORTFOLIO)
def refresh_portfolio(session: Session, job: Job) -> None:
    """Recompute from the disclosures; the same again gives the same rows."""
    if not job.payload:
        expired = expire_due(session, at=job.at, most=AT_ONCE)
        ended = project_ended(session, at=job.at, most=AT_ONCE)
        if max(expired, ended) >= AT_ONCE:
            go_on(session, job)
        return
    try:
        assessment_id = uuid.UUID(str(job.payload["assessment_id"]))
        buyer = job.payload.get("buyer_id")
        buyers = {uuid.UUID(str(buyer))} if buyer else None
    except (KeyError, ValueError) as error:
        raise Hopeless("the payload names no assessment") from error
    project_assessment(session, assessment_id, at=job.at, buyers=buyers)
