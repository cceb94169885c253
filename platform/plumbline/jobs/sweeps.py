"""Sweeps: what has outlived its use is removed, a function per kind of thing.

Each runs every ten minutes (``schedule.keep_house``) in a transaction of its own, as the system. A sweep of
another room registers itself where its handler does, in ``plumbline/jobs/handlers/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Delete, delete
from sqlalchemy.orm import Session

from assessments.outbox import JobState, OutboxJob
from plumbline.identity import throttling
from plumbline.identity.records import IdempotencyKey, LoginSession

DONE_JOBS_STAY = timedelta(days=30)
ENDED_SESSIONS_STAY = timedelta(days=7)
ANSWERS_STAY = timedelta(days=2)  # of creations asked for with a key; a day is promised

Sweep = Callable[[Session, datetime], int | None]
_sweeps: dict[str, Sweep] = {}


def sweep(name: str) -> Callable[[Sweep], Sweep]:
    """Register ``function(session, at)``, which may return how many rows it removed."""

    def register(function: Sweep) -> Sweep:
        if name in _sweeps:
            raise ValueError(f"two sweeps are called {name}")
        _sweeps[name] = function
        return function

    return register


def sweeps() -> Mapping[str, Sweep]:
    """Return the sweeps registered so far."""
    return MappingProxyType(_sweeps)


@sweep("jobs")
def sweep_jobs(session: Session, at: datetime) -> int:
    """Remove jobs that were done long ago; the dead stay until somebody looks at them."""
    done = delete(OutboxJob).where(OutboxJob.state == JobState.DONE, OutboxJob.done_at < at - DONE_JOBS_STAY)
    return _removed(session, done)


@sweep("sessions")
def sweep_sessions(session: Session, at: datetime) -> int:
    """Remove browser sessions that ended by themselves a week ago."""
    return _removed(session, delete(LoginSession).where(LoginSession.expires_at < at - ENDED_SESSIONS_STAY))


@sweep("throttles")
def sweep_throttles(session: Session, at: datetime) -> None:
    """Remove counts of windows long past."""
    throttling.sweep(session, at=at)


@sweep("idempotency keys")
def sweep_keys(session: Session, at: datetime) -> int:
    """Remove answers kept for repeated creations."""
    return _removed(session, delete(IdempotencyKey).where(IdempotencyKey.created_at < at - ANSWERS_STAY))


def _removed(session: Session, statement: Delete) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
