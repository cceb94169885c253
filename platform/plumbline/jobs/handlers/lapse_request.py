"""LAPSE_REQUEST: silence is no. Payload: ``request_id``; empty for every request whose time is over."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from assessments.outbox import JobKind
from assessments.requesting import lapse_due
from assessments.requesting import lapse_request as lapse
from plumbline.jobs.registry import Hopeless, Job, inside


@inside(JobKind.LAPSE_REQUEST)
def lapse_request(session: Session, job: Job) -> None:
    """Let it lapse if it still waits; matched or not, the same happens."""
    if not job.payload:
        lapse_due(session, at=job.at)
        return
    try:
        request_id = uuid.UUID(str(job.payload["request_id"]))
    except (KeyError, ValueError) as error:
        raise Hopeless("the payload names no request") from error
    lapse(session, request_id, at=job.at)
