"""LAPSE_REQUEST: silence is no. Payload: ``request_id``; empty for whatever is due, some at a time."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from assessments.outbox import AT_ONCE, JobKind
from assessments.sharing.requesting import lapse_due
from assessments.sharing.requesting import lapse_request as lapse
from plumbline.jobs.registry import Hopeless, Job, go_on, inside


@inside(JobKind.LAPSE_REQUEST)
def lapse_request(session: Session, job: Job) -> None:
    """Let it lapse if it still waits; matched or not, the same happens."""
    if not job.payload:
        if lapse_due(session, at=job.at, most=AT_ONCE) >= AT_ONCE:
            go_on(session, job)
        return
    try:
        request_id = uuid.UUID(str(job.payload["request_id"]))
    except (KeyError, ValueError) as error:
        raise Hopeless("the payload names no request") from error
    lapse(session, request_id, at=job.at)
