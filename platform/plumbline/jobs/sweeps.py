"""Sweeps: what has outlived its use is removed, a function per kind of thing.

Each runs every ten minutes (``schedule.keep_house``) as the system. A call removes ``SWEPT_AT_ONCE`` rows at
most, in a transaction of its own, and is repeated until it finds fewer. A sweep of another room registers
itself where its handler does, in ``plumbline/jobs/handlers/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_
from sqlalchemy.orm import Session

from assessments.base import Base
from assessments.outbox import JobState, OutboxJob
from plumbline.identity.records import IdempotencyKey, LoginSession, Throttle

DONE_JOBS_STAY = timedelta(days=30)
ENDED_SESSIONS_STAY = timedelta(days=7)
COUNTS_STAY = timedelta(days=1)
ANSWERS_STAY = timedelta(days=2)  # of creations asked for with a key; a day is promised

SWEPT_AT_ONCE = 500

Sweep = Callable[[Session, datetime], int]
_sweeps: dict[str, Sweep] = {}


def sweep(name: str) -> Callable[[Sweep], Sweep]:
    """Register ``function(session, at)``, which returns how many rows it removed."""

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
    done = (OutboxJob.state == JobState.DONE, OutboxJob.done_at < at - DONE_JOBS_STAY)
    return _removed(session, OutboxJob, *done)


@sweep("sessions")
def sweep_sessions(session: Session, at: datetime) -> int:
    """Remove browser sessions that ended by themselves a week ago."""
    return _removed(session, LoginSession, LoginSession.expires_at < at - ENDED_SESSIONS_STAY)


@sweep("throttles")
def sweep_throttles(session: Session, at: datetime) -> int:
    """Remove counts of windows long past."""
    return _removed(session, Throttle, Throttle.window_start < at - COUNTS_STAY)


@sweep("idempotency keys")
def sweep_keys(session: Session, at: datetime) -> int:
    """Remove answers kept for repeated creations."""
    return _removed(session, IdempotencyKey, IdempotencyKey.created_at < at - ANSWERS_STAY)


def _removed(session: Session, table: type[Base], *outlived: ColumnElement[bool]) -> int:
    key = inspect(table).primary_key
    some = select(*key).where(*outlived).limit(SWEPT_AT_ONCE)
    statement = delete(table).where(tuple_(*key).in_(some))
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
