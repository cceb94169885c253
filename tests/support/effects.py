"""What the handlers of tests do. Apart, so that a worker started by a test loads no application."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from assessments.audit.events import EventKind, record
from assessments.base import new_id
from assessments.parties import SYSTEM
from plumbline.jobs.desk import now


def leave_effect(session: Session, job_id: uuid.UUID) -> None:
    """What the handlers of these tests do: one row that can be counted, in the caller's transaction."""
    record(
        session,
        EventKind.SIGNED_OUT,
        by=SYSTEM,
        at=now(session),
        subject_type="effect",
        subject_id=job_id,
        organization_id=None,
        data={"as": str(new_id())},
    )
