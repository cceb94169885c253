"""The outbox: the row written in the caller's transaction *is* the job (DESIGN.md 3)."""

import enum
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.base import Base, new_id

AT_ONCE = 200
"""How many things that are due one transaction takes on: each holds its locks until the commit."""


class JobKind(enum.StrEnum):
    """What a job does; each member has exactly one handler in ``plumbline.jobs`` (a house test asks)."""

    SCAN_EVIDENCE = "scan_evidence"
    SEND_LETTER = "send_letter"
    REFRESH_PORTFOLIO = "refresh_portfolio"
    LAPSE_REQUEST = "lapse_request"
    MEET_DEADLINE = "meet_deadline"
    ANNOUNCE_VERSION = "announce_version"


class LetterKind(enum.StrEnum):
    """Every letter there is; ``plumbline.mail`` writes it from three templates (a test asks for them)."""

    ASSESSMENT_SUBMITTED = "assessment_submitted"
    ASSIGNMENT_MADE = "assignment_made"
    CLARIFICATION_ASKED = "clarification_asked"
    FACT_CHECK_STARTED = "fact_check_started"
    FINDING_DECIDED = "finding_decided"
    PUBLICATION_ANNOUNCED = "publication_announced"
    RESULT_PUBLISHED = "result_published"
    RESULT_AVAILABLE = "result_available"
    REQUEST_SENT = "request_sent"
    REQUEST_DECIDED = "request_decided"
    DISCLOSURE_GRANTED = "disclosure_granted"
    DISCLOSURE_REVOKED = "disclosure_revoked"
    ACTION_NEEDED = "action_needed"
    MEMBER_INVITED = "member_invited"
    VERSION_PUBLISHED = "version_published"


class JobState(enum.StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class OutboxJob(Base):
    """One job, durable from the commit of the transaction that asked for it."""

    __tablename__ = "outbox_job"
    __table_args__ = (
        CheckConstraint("(state = 'leased') = (leased_until IS NOT NULL)", name="leased_until"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_at"),
        Index(
            "ix_outbox_job_due",
            "due_at",
            postgresql_where=text("state IN ('waiting', 'leased')"),
            sqlite_where=text("state IN ('waiting', 'leased')"),
        ),
        Index(
            "ix_outbox_job_dead",
            "kind",
            postgresql_where=text("state = 'dead'"),
            sqlite_where=text("state = 'dead'"),
        ),
        Index(None, "done_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[JobKind]
    payload: Mapped[dict[str, Any]]
    # The same key twice is the same job: asked for again, it is not made again.
    key: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


def later(
    session: Session,
    kind: JobKind,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    due: datetime | None = None,
    key: str | None = None,
) -> OutboxJob:
    """Record a job in the caller's transaction; it exists if and only if that transaction commits.

    ``payload`` holds ids and plain values, never content. ``due`` defaults to ``at``. With ``key`` the
    caller states the job's identity; two rows of one key violate the unique constraint, so ask first
    where a repeat is possible.
    """
    job = OutboxJob(id=new_id(), kind=kind, payload=dict(payload), key=key, due_at=due or at, created_at=at)
    session.add(job)
    return job


def letter(
    session: Session, kind: LetterKind, about: Mapping[str, Any], *, at: datetime, due: datetime | None = None
) -> OutboxJob:
    """Ask for a letter about ids ({"assessment_id": id}, ...). Who reads it is found when it is written."""
    payload = {"letter": kind.value, **{name: str(value) for name, value in about.items()}}
    return later(session, JobKind.SEND_LETTER, payload, at=at, due=due)
