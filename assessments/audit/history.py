"""What happened to an assessment, step by step, from the audit trail; never what was written."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.audit.events import AuditEvent, EventKind

K = EventKind
STEPS = (
    K.ASSESSMENT_OPENED, K.VERSION_MOVED, K.VERSION_MOVED_BACK, K.ANSWERS_TAKEN_OVER, K.FILE_TAKEN_OVER,
    K.FILE_TAKEN_BACK,
    K.ASSESSMENT_SUBMITTED, K.ASSESSMENT_WITHDRAWN, K.ASSESSMENT_STOPPED,
    K.ASSIGNMENT_MADE, K.ASSIGNMENT_ACCEPTED, K.ASSIGNMENT_ENDED, K.INDEPENDENCE_DECLARED,
    K.CLARIFICATION_ASKED, K.CLARIFICATION_ANSWERED, K.FACT_CHECK_STARTED, K.FACT_CHECK_EXTENDED,
    K.FACT_CHECK_ENDED, K.REVIEW_STARTED, K.REVIEW_RETURNED, K.RESULT_PUBLISHED, K.RESULT_CORRECTED,
    K.RESULT_EXPIRED, K.RESULT_SUPERSEDED, K.RESULT_REVOKED,
)  # fmt: skip
"""Kinds that supplier, assessor and reviewer may all read: steps of the whole, no level and no finding."""


def steps_taken(
    session: Session, assessment_id: uuid.UUID, organization_id: uuid.UUID
) -> Sequence[AuditEvent]:
    """Return the steps of an assessment of that organization, oldest first; one statement."""
    return session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.subject_id == assessment_id,
            AuditEvent.organization_id == organization_id,
            AuditEvent.kind.in_(STEPS),
        )
        .order_by(AuditEvent.seq)
    ).all()


def last_of(session: Session, subject_id: uuid.UUID, kinds: Collection[EventKind]) -> AuditEvent | None:
    """Return the newest event of these kinds about the subject; None before the first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject_id == subject_id, AuditEvent.kind.in_(kinds))
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    ).first()
