"""Running jobs: claim one, run its handler, mark it done in the transaction of its effects.

The same functions serve the embedded worker, which takes whatever is due, and a worker on Redis, which is
handed the id of a row (``run_one``).
"""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assessments.outbox import JobKind, JobState
from plumbline import logs
from plumbline.jobs import claims, registry
from plumbline.jobs.claims import Claimed, LeaseLost
from plumbline.jobs.desk import Desk, now
from plumbline.jobs.queues import LEASE, pace_of
from plumbline.metrics import Metric, count, observe

log = logs.logger(__name__)


class TimeUp(Exception):
    """A job ran longer than its queue allows."""


def drain(
    desk: Desk,
    *,
    stopping: Callable[[], bool] = lambda: False,
    most: int | None = None,
    kinds: Collection[JobKind] | None = None,
    lease: timedelta = LEASE,
) -> int:
    """Run due jobs one after another until none is due, ``most`` were run, or ``stopping()``.

    Returns how many were run, well or not. A job that fails is put back or among the dead, and the others go
    on. Database errors of claiming itself are raised.
    """
    known = registry.handlers().keys() if kinds is None else kinds
    ran = 0
    while known and not stopping() and (most is None or ran < most):
        with desk.sessions() as session:
            claimed = claims.claim(session, desk.holder, at=now(session), kinds=known, lease=lease)
        if claimed is None:
            break
        execute(desk, claimed, lease=lease)
        ran += 1
    return ran


def run_one(desk: Desk, job_id: uuid.UUID, *, lease: timedelta = LEASE) -> bool:
    """Run the job of one row if it is due and nobody has it; whether it was run. For wake-ups by id."""
    with desk.sessions() as session:
        claimed = claims.claim(
            session,
            desk.holder,
            at=now(session),
            kinds=registry.handlers().keys(),
            job_id=job_id,
            lease=lease,
        )
    if claimed is None:
        return False
    execute(desk, claimed, lease=lease, alarm=False)
    return True


def reap(desk: Desk) -> int:
    """Take back the jobs of lost workers; return how many."""
    with desk.sessions() as session:
        back = claims.reap(session, at=now(session))
    for job_id, state in back:
        count(Metric.JOBS_REAPED)
        log.warning("job_reaped", job=job_id, state=state)
    return len(back)


def execute(desk: Desk, claimed: Claimed, *, lease: timedelta = LEASE, alarm: bool = True) -> bool:
    """Run a claimed job; whether it took effect. Never raises for what the handler does.

    ``alarm``: end it by SIGALRM after its queue's longest run (in the main thread only; RQ has its own).
    """
    kind = claimed.kind.value
    started = time.monotonic()
    with logs.about(job=str(claimed.id)):
        try:
            with _deadline(pace_of(claimed.kind).longest_run if alarm else None):
                _run(desk, claimed, lease)
        except LeaseLost:
            log.warning("job_lease_lost", kind=kind, attempt=claimed.attempt)
            return False
        except (Exception, SystemExit) as fault:  # noqa: BLE001  any fault of a handler is the job's, not the worker's
            _record_failure(desk, claimed, fault)
            return False
        seconds = time.monotonic() - started
        count(Metric.JOBS_DONE, kind=kind)
        observe(Metric.JOB_SECONDS, seconds, kind=kind)
        log.info("job_done", kind=kind, attempt=claimed.attempt, seconds=round(seconds, 4))
        return True


def _run(desk: Desk, claimed: Claimed, lease: timedelta) -> None:
    handler = registry.handlers()[claimed.kind]
    job = registry.Job(
        claimed.id, claimed.kind, claimed.payload, claimed.attempt, claimed.asked_at, claimed.at, desk
    )
    if handler.outside is not None:
        with _kept(desk, claimed, lease):
            settle = handler.outside(job)
        with desk.sessions() as session:
            claims.mark_done(session, claimed, at=now(session))
            settle(session)
    elif handler.inside is not None:
        with desk.sessions() as session:
            # Marked first: the row is locked from here to the commit, so the reaper passes it by.
            claims.mark_done(session, claimed, at=now(session))
            handler.inside(session, job)


def _record_failure(desk: Desk, claimed: Claimed, fault: BaseException) -> None:
    kind = claimed.kind.value
    hopeless = isinstance(fault, registry.Hopeless)
    count(Metric.JOBS_FAILED, kind=kind)
    try:
        with desk.sessions() as session:
            state = claims.mark_failed(session, claimed, said(fault), at=now(session), hopeless=hopeless)
    except SQLAlchemyError as second:
        # The database is away: the lease runs out, and the reaper puts the job back.
        log.error("job_failure_not_recorded", kind=kind, exc_info=second)
        return
    if state is JobState.DEAD:
        count(Metric.JOBS_DEAD, kind=kind)
        log.error("job_dead", kind=kind, attempt=claimed.attempt, exc_info=fault)
    else:
        log.warning("job_failed", kind=kind, attempt=claimed.attempt, exc_info=fault)


def said(fault: BaseException) -> str:
    """Return a fault in one line for ``last_error``; a database error without the values it was about."""
    text = str(fault.orig) if isinstance(fault, DBAPIError) else str(fault)
    return f"{type(fault).__name__}: {text}".strip().rstrip(":")


@contextmanager
def _deadline(longest: timedelta | None) -> Iterator[None]:
    if longest is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeUp(f"still running after {longest.total_seconds():.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    began = time.monotonic()
    left, _ = signal.setitimer(signal.ITIMER_REAL, longest.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm was set: it rings when it would have
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001))


@contextmanager
def _kept(desk: Desk, claimed: Claimed, lease: timedelta) -> Iterator[None]:
    """Prolong the lease while the block runs, from a thread: a killed process prolongs nothing."""
    over = threading.Event()
    last = time.monotonic() + pace_of(claimed.kind).longest_run.total_seconds()

    def keep() -> None:
        while not over.wait(lease.total_seconds() / 3) and time.monotonic() < last:
            try:
                with desk.sessions() as session:
                    if not claims.prolong(session, claimed, at=now(session), lease=lease):
                        return
            except SQLAlchemyError as fault:
                log.warning("lease_not_prolonged", job=claimed.id, exc_info=fault)

    keeper = threading.Thread(target=keep, name=f"lease of {claimed.id}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
