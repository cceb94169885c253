"""Leases of jobs: lost, kept, reaped, replayed; and work outside a transaction."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from assessments.audit.events import AuditEvent
from assessments.outbox import JobKind, JobState
from plumbline.jobs import claims, drain, queues, registry
from plumbline.jobs.desk import now
from plumbline.jobs.registry import Hopeless, Job, Settle, inside, outside
from tests.support.desks import Place
from tests.support.effects import leave_effect

KIND = JobKind.REFRESH_PORTFOLIO
OTHER = JobKind.LAPSE_REQUEST
SLOW_WORKER = str(Path(__file__).with_name("slow_worker.py"))
pytestmark = pytest.mark.usefixtures("no_handlers")


def effect(session: Session, job: Job) -> None:
    leave_effect(session, job.id)


def effects_by_job(place: Place) -> Counter[str]:
    with place.desk.reading() as session:
        found = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.subject_type == "effect"))
        return Counter(str(one) for one in found)


def ask_many(place: Place, number: int) -> list[str]:
    return [place.ask(number=i) for i in range(number)]


def test_a_worker_that_lost_its_lease_changes_nothing(place: Place) -> None:
    inside(KIND)(effect)
    job_id = place.ask()
    with place.desk.sessions() as session:
        slow = claims.claim(session, "slow", at=now(session), kinds=[KIND], lease=timedelta(seconds=-1))
    assert slow is not None
    assert drain.reap(place.desk) == 1
    assert drain.drain(place.another_desk()) == 1
    assert drain.execute(place.desk, slow) is False
    assert place.effects(job_id) == 1
    job = place.jobs()[job_id]
    assert (job.state, job.attempts) == (JobState.DONE, 2)


def test_a_failure_reported_after_the_lease_was_lost_changes_nothing(place: Place) -> None:
    @inside(KIND)
    def fail(_session: Session, _job: Job) -> None:
        raise OSError("late")

    job_id = place.ask()
    with place.desk.sessions() as session:
        slow = claims.claim(session, "slow", at=now(session), kinds=[KIND], lease=timedelta(seconds=-1))
    assert slow is not None
    with place.desk.sessions() as session:
        claims.reap(session, at=now(session))
        again = claims.claim(session, "quick", at=now(session), kinds=[KIND])
    assert again is not None
    with place.desk.sessions() as session:
        assert claims.mark_failed(session, slow, "late", at=now(session)) is None
    assert (place.jobs()[job_id].state, place.jobs()[job_id].leased_by) == (JobState.LEASED, "quick")


def test_a_job_whose_worker_is_lost_each_time_is_dead_after_its_last_try(place: Place) -> None:
    job_id = place.ask()
    for attempt in range(1, queues.pace_of(KIND).attempts + 1):
        with place.desk.sessions() as session:
            taken = claims.claim(
                session, "doomed", at=now(session), kinds=[KIND], lease=timedelta(seconds=-1)
            )
            assert taken is not None
            assert taken.attempt == attempt
        assert drain.reap(place.desk) == 1
        place.make_due()
    job = place.jobs()[job_id]
    assert job.state is JobState.DEAD
    assert job.last_error is not None
    assert "worker was lost" in job.last_error


def test_the_reaper_leaves_leases_that_run(place: Place) -> None:
    place.ask()
    with place.desk.sessions() as session:
        claims.claim(session, "busy", at=now(session), kinds=[KIND])
    assert drain.reap(place.desk) == 0
    assert place.states() == [JobState.LEASED]


def test_a_dead_job_can_be_replayed(place: Place) -> None:
    @inside(KIND)
    def give_up(_session: Session, _job: Job) -> None:
        raise Hopeless("not yet")

    job_id = place.ask()
    drain.drain(place.desk)
    registry._handlers.clear()
    inside(KIND)(effect)
    with place.desk.sessions() as session:
        assert claims.replay(session, uuid.UUID(job_id), at=now(session))
        assert not claims.replay(session, uuid.uuid4(), at=now(session))
    assert drain.drain(place.desk) == 1
    assert (place.jobs()[job_id].state, place.effects(job_id)) == (JobState.DONE, 1)


def test_work_outside_holds_no_transaction_and_settles_inside_one(place: Place) -> None:
    met: list[int] = []

    @outside(KIND)
    def scan(job: Job) -> Settle:
        # Another writer gets through while this runs: SQLite has room for one at a time.
        with job.desk.sessions() as session:
            leave_effect(session, job.id)
        met.append(1)
        return lambda session: leave_effect(session, job.id)

    job_id = place.ask()
    assert drain.drain(place.desk) == 1
    assert met == [1]
    assert place.effects(job_id) == 2
    assert place.states() == [JobState.DONE]


def test_long_work_outside_keeps_its_lease(place: Place) -> None:
    reaped: list[int] = []

    @outside(KIND)
    def scan(job: Job) -> Settle:
        for _ in range(8):
            time.sleep(0.25)
            reaped.append(drain.reap(job.desk))
        return lambda session: leave_effect(session, job.id)

    job_id = place.ask()
    drain.drain(place.desk, lease=timedelta(seconds=1))
    assert sum(reaped) == 0
    assert (place.jobs()[job_id].state, place.jobs()[job_id].attempts) == (JobState.DONE, 1)


def test_a_job_is_run_by_its_id_once(place: Place) -> None:
    inside(KIND)(effect)
    first, second = place.ask(), place.ask()
    assert drain.run_one(place.desk, uuid.UUID(second))
    assert not drain.run_one(place.desk, uuid.UUID(second))
    assert not drain.run_one(place.desk, uuid.uuid4())
    assert place.effects(second) == 1
    assert place.jobs()[first].state is JobState.WAITING


def test_the_outlook_counts_what_waits_and_what_is_dead(place: Place) -> None:
    place.ask(due_in=-30)
    place.ask(due_in=3600)
    place.ask(OTHER)
    with place.desk.sessions() as session:
        claims.claim(session, "busy", at=now(session), kinds=[OTHER])
        found = claims.outlook(session, at=now(session))
    assert (found.due, found.leased, found.dead) == (1, 1, 0)
    assert 30 <= found.oldest_seconds < 60


def test_claims_are_found_by_the_index_of_open_jobs(place: Place) -> None:
    with place.desk.sessions() as session:
        at = now(session)
        if place.is_postgresql:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN " if place.is_postgresql else "EXPLAIN QUERY PLAN "
        statements: list[str] = []

        def keep(_conn: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
            statements.append(statement)
            seen.append(parameters)

        seen: list[object] = []
        event.listen(place.engine, "before_cursor_execute", keep)
        claims.claim(session, "x", at=at, kinds=[KIND])
        event.remove(place.engine, "before_cursor_execute", keep)
        parameters = seen[0]
        plan = session.connection().exec_driver_sql(explain + statements[0], parameters)  # type: ignore[arg-type]
        shown = "\n".join(str(row) for row in plan)
    assert "ix_outbox_job_due" in shown


def test_two_handlers_for_one_kind_are_refused() -> None:
    inside(KIND)(effect)
    with pytest.raises(ValueError, match="two handlers for refresh_portfolio"):
        outside(KIND)(lambda _job: lambda _session: None)
