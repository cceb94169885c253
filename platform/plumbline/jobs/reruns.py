"""Jobs that were given up, run again: by the steward's admin, or by the operator on the command line.

Each move is one transaction with its audit row. The others of a kind are left alone: what is at work or
done is never touched, and a job that is dead took no effect.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.outbox import JobKind, JobState, OutboxJob
from assessments.parties import Actor, Role
from assessments.sentences import N_, CodeWord
from assessments.workflow import Refused, WrongActor, WrongState
from plumbline.jobs import claims

MAY = frozenset({Role.STEWARD_ADMIN, Role.SYSTEM})


def given_up(session: Session, *, most: int) -> list[OutboxJob]:
    """Return up to ``most`` jobs that were given up, longest ago first."""
    dead = select(OutboxJob).where(OutboxJob.state == JobState.DEAD)
    return list(session.scalars(dead.order_by(OutboxJob.due_at, OutboxJob.id).limit(most)))


def run_again(session: Session, job_id: uuid.UUID, *, by: Actor, at: datetime) -> JobKind:
    """Give one dead job all its tries again, from now; return its kind.

    Raises WrongActor, WrongState when the job is not dead, Refused when there is none.
    """
    _allowed(by)
    job = session.get(OutboxJob, job_id)
    if job is None:
        raise Refused("There is no such job.", "See: plumbline jobs list.")
    if not _replayed(session, job.id, job.kind, by=by, at=at):
        raise WrongState(
            N_("The job is %(state)s, not given up.", state=CodeWord(job.state)), "Nothing needs to be done."
        )
    return job.kind


def run_kind_again(session: Session, kind: JobKind, *, by: Actor, at: datetime) -> int:
    """Do so with every dead job of ``kind``; return how many there were. Raises WrongActor."""
    _allowed(by)
    dead = select(OutboxJob.id).where(OutboxJob.state == JobState.DEAD, OutboxJob.kind == kind)
    ids = session.scalars(dead.order_by(OutboxJob.due_at)).all()
    return sum(_replayed(session, job_id, kind, by=by, at=at) for job_id in ids)


def _allowed(by: Actor) -> None:
    if by.role not in MAY:
        raise WrongActor("Jobs are run again by the steward's admin.", "Ask one of them.")


def _replayed(session: Session, job_id: uuid.UUID, kind: JobKind, *, by: Actor, at: datetime) -> bool:
    if not claims.replay(session, job_id, at=at):
        return False  # somebody else was faster
    events.record(
        session, EventKind.JOB_RUN_AGAIN, by=by, at=at, subject_type="job", subject_id=job_id,
        organization_id=None, data={"kind": kind.value},
    )  # fmt: skip
    return True
