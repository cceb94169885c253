"""Recurring duties as data, kept by one process at a time: the holder of the lease ``schedule``.

A duty that runs twice does no harm (a seal finds nothing, a job is asked for by key, a sweep is empty), so
the lease saves work and guards nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assessments import leases
from assessments.audit import sealing
from assessments.base import new_id
from assessments.outbox import JobKind, JobState, OutboxJob
from plumbline import logs
from plumbline.jobs import claims, drain, registry
from plumbline.jobs.desk import Desk, now
from plumbline.jobs.evidence import keep_evidence
from plumbline.jobs.sweeps import SWEPT_AT_ONCE, Sweep, sweeps
from plumbline.metrics import Metric, count, put
from plumbline.signing import KeyPurpose, KeyTrouble, signing_key

LEADER = "schedule"
LEADS_FOR = timedelta(seconds=10)

log = logs.logger(__name__)


@dataclass(frozen=True)
class Duty:
    """Something done again and again: its name, the time between two rounds, what one round is.

    ``everywhere``: each process does it, without waiting for the lease of a leader that may be lost, too.
    """

    name: str
    every: timedelta
    run: Callable[[Desk], None]
    everywhere: bool = False


def seal_audit(desk: Desk) -> None:
    """Seal what is committed, one transaction a seal, until nothing is left."""
    try:
        key = signing_key(desk.settings.key_folder, KeyPurpose.SEAL)
    except KeyTrouble as trouble:
        # Said in words: a duty's fault is logged by its places alone, and these name a file and a remedy.
        log.error("seal_key_unusable", error=trouble.message, remedy=trouble.remedy)
        raise
    while True:
        with desk.sessions() as session:
            made = sealing.seal(session, key, at=now(session))
            noted = (made.number, made.hash, made.count) if made else None
        if noted is None:
            break
        number, digest, rows = noted
        count(Metric.SEALS_MADE)
        count(Metric.ROWS_SEALED, rows)
        # Logged with its hash: kept elsewhere, this line is the anchor that shows a cut-off end.
        log.info("seal_made", number=number, hash=digest, rows=rows)


def take_stock(desk: Desk) -> None:
    """Set the gauges of outbox and audit trail."""
    with desk.reading() as session:
        at = now(session)
        outlook = claims.outlook(session, at=at)
        lag = sealing.unsealed(session, at=at)
    put(Metric.OUTBOX_DUE, outlook.due)
    put(Metric.OUTBOX_AGE_SECONDS, outlook.oldest_seconds)
    put(Metric.OUTBOX_DEAD, outlook.dead)
    put(Metric.SEAL_LAG_SECONDS, lag.seconds)


def reap_jobs(desk: Desk) -> None:
    """Take back the jobs of lost workers."""
    drain.reap(desk)


def keep_house(desk: Desk) -> None:
    """Run every sweep; one that fails does not keep the others from running."""
    for name, function in sweeps().items():
        try:
            log.info("swept", sweep=name, rows=_swept(desk, function))
        except Exception as fault:  # a sweep of another room must not end the others
            count(Metric.DUTIES_FAILED, duty=f"sweep_{name}")
            log.error("sweep_failed", sweep=name, exc_info=fault)


def _swept(desk: Desk, function: Sweep) -> int:
    """Repeat a sweep, one transaction each, until it finds less than it may take; return the rows."""
    rows = 0
    while True:
        with desk.sessions() as session:
            removed = function(session, now(session))
        rows += removed
        if removed < SWEPT_AT_ONCE:
            return rows


def asking_for(kind: JobKind, every: timedelta) -> Duty:
    """Return the duty that asks for a job of ``kind`` with an empty payload: "whatever is due".

    None is asked for while an earlier one is open or while this code has no handler for it.
    """

    def run(desk: Desk) -> None:
        if kind not in registry.handlers():
            return
        with desk.sessions() as session:
            at = now(session)
            slot = int(at.timestamp() // every.total_seconds())
            _ask(session, kind, registry.recurring(kind), slot, at=at)

    return Duty(f"ask_{kind.value}", every, run)


SCHEDULE: tuple[Duty, ...] = (
    Duty("seal", timedelta(seconds=1), seal_audit),
    Duty("reap", timedelta(seconds=5), reap_jobs, everywhere=True),
    Duty("stock", timedelta(seconds=10), take_stock),
    asking_for(JobKind.REFRESH_PORTFOLIO, timedelta(minutes=10)),
    asking_for(JobKind.LAPSE_REQUEST, timedelta(minutes=10)),
    Duty("housekeeping", timedelta(minutes=10), keep_house),
    Duty("evidence", timedelta(minutes=30), keep_evidence),
)


@dataclass
class Schedule:
    """One process's part in the schedule; ``tick`` is called about once a second."""

    desk: Desk
    duties: tuple[Duty, ...] = SCHEDULE
    clock: Callable[[], float] = time.monotonic
    _next: dict[str, float] = field(default_factory=dict)
    _leads_until: float = 0.0

    def tick(self) -> bool:
        """Run what is due, and only some of it unless this process leads; whether it does.

        A duty that fails comes again. Raises SQLAlchemyError when the lease cannot be asked for.
        """
        leads = self._lead()
        for duty in self.duties:
            moment = self.clock()
            if moment < self._next.get(duty.name, 0.0) or not (leads or duty.everywhere):
                continue
            self._next[duty.name] = moment + duty.every.total_seconds()
            try:
                duty.run(self.desk)
            except Exception as fault:  # no duty may end the others
                count(Metric.DUTIES_FAILED, duty=duty.name)
                log.error("duty_failed", duty=duty.name, exc_info=fault)
        return leads

    def resign(self) -> None:
        """Give the lease back at a clean stop, so that another process leads at once."""
        if self.clock() < self._leads_until:
            with self.desk.sessions() as session:
                leases.release(session, LEADER, self.desk.holder)
        self._leads_until = 0.0

    def _lead(self) -> bool:
        moment = self.clock()
        # Renewed when half is gone: a write each second would be one to the disk, too.
        if moment < self._leads_until - LEADS_FOR.total_seconds() / 2:
            return True
        with self.desk.sessions() as session:
            taken = leases.take(session, LEADER, self.desk.holder, at=now(session), lasts=LEADS_FOR)
        self._leads_until = moment + LEADS_FOR.total_seconds() if taken else 0.0
        return taken


def _ask(session: Session, kind: JobKind, prefix: str, slot: int, *, at: datetime) -> None:
    still_open = select(
        exists().where(
            OutboxJob.state.in_([JobState.WAITING, JobState.LEASED]), OutboxJob.key.startswith(prefix)
        )
    )
    if session.scalar(still_open):
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(OutboxJob)
        .values(
            id=new_id(), kind=kind, payload={}, key=f"{prefix}{slot}", state=JobState.WAITING, due_at=at,
            attempts=0, created_at=at,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )  # fmt: skip
