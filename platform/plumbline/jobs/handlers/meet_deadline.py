"""MEET_DEADLINE: the time of a clarification or a fact check is over. Payload: ``assessment_id``."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from assessments.outbox import JobKind
from assessments.verification import deadlines
from plumbline.jobs.registry import Hopeless, Job, inside


@inside(JobKind.MEET_DEADLINE)
def meet_deadline(session: Session, job: Job) -> None:
    """End what is overdue; what was ended or extended meanwhile stays as it is."""
    try:
        assessment_id = uuid.UUID(str(job.payload["assessment_id"]))
    except (KeyError, ValueError) as error:
        raise Hopeless("the payload names no assessment") from error
    deadlines.meet_deadline(session, assessment_id, at=job.at)
