"""The moves of an outbox row: claimed, done, tried again, dead, taken back, replayed.

Each is one statement that names the state and the holder it starts from, so that a worker that lost its
lease changes nothing. ``at`` is the database's time (``desk.now``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Update, case, func, literal, select, text, update
from sqlalchemy.orm import Session

from assessments.outbox import JobKind, JobState, OutboxJob
from plumbline.jobs.queues import LEASE, pace_of

_LONGEST_ERROR = 2000
# Written out, not bound, so that the planner of either database sees that the partial index covers it.
_OPEN = text("outbox_job.state IN ('waiting', 'leased')")
_WAITING = OutboxJob.state == literal("waiting", literal_execute=True)
_LEASED = OutboxJob.state == literal("leased", literal_execute=True)


class LeaseLost(Exception):
    """Somebody else has the job by now; what this worker did in its transaction is undone."""


@dataclass(frozen=True)
class Claimed:
    """A job that one holder has until its lease ends; ``attempt`` tells this claim from a later one.

    ``asked_at``: when the job was recorded; ``at``: when it was claimed.
    """

    id: uuid.UUID
    kind: JobKind
    payload: Mapping[str, Any]
    attempt: int
    asked_at: datetime
    holder: str
    at: datetime


def claim(
    session: Session,
    holder: str,
    *,
    at: datetime,
    kinds: Collection[JobKind],
    job_id: uuid.UUID | None = None,
    lease: timedelta = LEASE,
) -> Claimed | None:
    """Lease the next due job of ``kinds``, or the one named; None when there is none (any more).

    One at a time: a worker that dies takes down only the job it was at, and no neighbour is counted as tried.
    Of several workers each gets another row (``SKIP LOCKED``; SQLite has one writer at a time). Kinds that
    this code does not know stay for a worker that does.
    """
    row = select(OutboxJob.id).where(_OPEN, _WAITING, OutboxJob.due_at <= at, OutboxJob.kind.in_(kinds))
    if job_id is not None:
        row = row.where(OutboxJob.id == job_id)
    row = row.order_by(OutboxJob.due_at, OutboxJob.id).limit(1).with_for_update(skip_locked=True)
    taken = session.execute(
        update(OutboxJob)
        .where(OutboxJob.id.in_(row))
        .values(
            state=JobState.LEASED,
            leased_until=at + lease,
            leased_by=holder,
            attempts=OutboxJob.attempts + 1,
        )
        .returning(OutboxJob.id, OutboxJob.kind, OutboxJob.payload, OutboxJob.attempts, OutboxJob.created_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return Claimed(taken[0], taken[1], taken[2], taken[3], taken[4], holder, at) if taken else None


def prolong(session: Session, claimed: Claimed, *, at: datetime, lease: timedelta = LEASE) -> bool:
    """Move the end of a lease that is still held; False when it is not."""
    return _moved(session, _mine(claimed).values(leased_until=at + lease))


def mark_done(session: Session, claimed: Claimed, *, at: datetime) -> None:
    """Mark the job done, in the transaction of its effects. Raises LeaseLost."""
    done = _mine(claimed).values(
        state=JobState.DONE, done_at=at, leased_until=None, leased_by=None, last_error=None
    )
    if not _moved(session, done):
        raise LeaseLost(f"job {claimed.id}, attempt {claimed.attempt}")


def mark_failed(
    session: Session, claimed: Claimed, error: str, *, at: datetime, hopeless: bool = False
) -> JobState | None:
    """Put the job back for a later try, or among the dead after its last; None when the lease was lost."""
    pace = pace_of(claimed.kind)
    dead = hopeless or claimed.attempt >= pace.attempts
    state = JobState.DEAD if dead else JobState.WAITING
    due = at if dead else at + pace.wait(claimed.attempt)
    failed = _mine(claimed).values(
        state=state, due_at=due, leased_until=None, leased_by=None, last_error=error[:_LONGEST_ERROR]
    )
    return state if _moved(session, failed) else None


def reap(session: Session, *, at: datetime) -> list[tuple[uuid.UUID, JobState]]:
    """Take back every job whose lease ran out: due at once, or dead when that was its last try.

    A row that its worker holds locked at this moment is left alone: that worker is about to finish.
    """
    lost = select(OutboxJob.id).where(_OPEN, _LEASED, OutboxJob.leased_until < at)
    tries = case({kind: pace_of(kind).attempts for kind in JobKind}, value=OutboxJob.kind)
    back = session.execute(
        update(OutboxJob)
        .where(OutboxJob.id.in_(lost.with_for_update(skip_locked=True)))
        .values(
            state=case((OutboxJob.attempts >= tries, JobState.DEAD), else_=JobState.WAITING),
            due_at=at,
            leased_until=None,
            leased_by=None,
            last_error="The worker was lost: its lease ended before the job did.",
        )
        .returning(OutboxJob.id, OutboxJob.state)
        .execution_options(synchronize_session=False)
    )
    return [(job_id, state) for job_id, state in back]


def replay(session: Session, job_id: uuid.UUID, *, at: datetime) -> bool:
    """Give a dead job all its tries again, from now; False when it is not dead."""
    again = (
        update(OutboxJob)
        .where(OutboxJob.id == job_id, OutboxJob.state == JobState.DEAD)
        .values(state=JobState.WAITING, attempts=0, due_at=at)
    )
    return _moved(session, again)


def due(
    session: Session, *, at: datetime, kinds: Collection[JobKind], most: int
) -> list[tuple[uuid.UUID, JobKind]]:
    """Return up to ``most`` due jobs, oldest first, for the relay."""
    query: Select[uuid.UUID, JobKind] = (
        select(OutboxJob.id, OutboxJob.kind)
        .where(_OPEN, _WAITING, OutboxJob.due_at <= at, OutboxJob.kind.in_(kinds))
        .order_by(OutboxJob.due_at, OutboxJob.id)
        .limit(most)
    )
    return [(job_id, kind) for job_id, kind in session.execute(query)]


@dataclass(frozen=True)
class Outlook:
    """The state of the outbox: due and waiting, age of the oldest of them in seconds, leased, dead."""

    due: int
    oldest_seconds: float
    leased: int
    dead: int


def outlook(session: Session, *, at: datetime) -> Outlook:
    """Count the outbox for ``/metrics``, ``/readyz`` and ``plumbline doctor``."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(OutboxJob.due_at)).where(_OPEN, _WAITING, OutboxJob.due_at <= at)
    ).one()
    leased = session.scalar(select(func.count()).where(_OPEN, _LEASED)) or 0
    dead = session.scalar(select(func.count()).where(OutboxJob.state == JobState.DEAD)) or 0
    return Outlook(waiting, (at - oldest).total_seconds() if oldest else 0.0, leased, dead)


def _mine(claimed: Claimed) -> Update:
    return update(OutboxJob).where(
        OutboxJob.id == claimed.id,
        OutboxJob.state == JobState.LEASED,
        OutboxJob.leased_by == claimed.holder,
        OutboxJob.attempts == claimed.attempt,
    )


def _moved(session: Session, statement: Update) -> bool:
    moved = session.execute(
        statement.returning(OutboxJob.id).execution_options(synchronize_session=False)
    ).first()
    return moved is not None
