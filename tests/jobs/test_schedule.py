"""The schedule: one process keeps it, each duty in its time, and none that fails stops the others."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assessments.audit.events import AuditSeal
from assessments.base import new_id
from assessments.leases import Lease
from assessments.outbox import JobKind, JobState, OutboxJob
from plumbline.identity.records import IdempotencyKey, LoginSession, Throttle
from plumbline.jobs import schedule, sweeps
from plumbline.jobs.desk import Desk, now
from plumbline.jobs.drain import drain
from plumbline.jobs.registry import Job, go_on, inside
from plumbline.jobs.schedule import SCHEDULE, Duty, Schedule
from plumbline.jobs.sweeps import SWEPT_AT_ONCE, sweep
from plumbline.signing import create_keys
from tests.support.cast import make_cast
from tests.support.desks import Place
from tests.support.effects import leave_effect

KIND = JobKind.REFRESH_PORTFOLIO


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def duty(name: str, seconds: float, run: Callable[[Desk], None]) -> Duty:
    return Duty(name, timedelta(seconds=seconds), run)


def test_each_duty_runs_in_its_time(place: Place) -> None:
    ran: list[str] = []
    clock = Clock()
    duties = (
        duty("often", 1, lambda _desk: ran.append("often")),
        duty("seldom", 10, lambda _desk: ran.append("seldom")),
    )
    kept = Schedule(place.desk, duties, clock)
    for _ in range(12):
        assert kept.tick()
        clock.seconds += 1
    assert (ran.count("often"), ran.count("seldom")) == (12, 2)


def test_one_process_leads_and_another_takes_over(place: Place) -> None:
    ran: list[str] = []
    one = Schedule(place.desk, (duty("d", 1, lambda _desk: ran.append("one")),))
    other = Schedule(place.another_desk(), (duty("d", 1, lambda _desk: ran.append("other")),))
    assert one.tick()
    assert not other.tick()
    assert ran == ["one"]
    one.resign()
    assert other.tick()
    assert not one.tick()
    assert ran == ["one", "other"]


def test_lost_jobs_are_taken_back_by_any_process(place: Place) -> None:
    assert Schedule(place.desk, ()).tick()
    ran: list[str] = []
    note = Duty("d", timedelta(seconds=1), lambda _desk: ran.append("everywhere"), everywhere=True)
    assert not Schedule(place.another_desk(), (note,)).tick()
    assert ran == ["everywhere"]
    assert [one.name for one in SCHEDULE if one.everywhere] == ["reap"]


def test_the_lease_is_renewed_before_it_runs_out(place: Place) -> None:
    clock = Clock()
    one, other = Schedule(place.desk, (), clock), Schedule(place.another_desk(), ())
    assert one.tick()
    before = _leads_until(place)
    clock.seconds += schedule.LEADS_FOR.total_seconds() / 2 + 1
    assert one.tick()
    assert _leads_until(place) > before
    assert not other.tick()


def _leads_until(place: Place) -> datetime:
    with place.desk.reading() as session:
        return session.scalars(select(Lease.until)).one()


def test_a_duty_that_fails_does_not_stop_the_others(place: Place) -> None:
    ran: list[str] = []

    def fail(_desk: Desk) -> None:
        raise ZeroDivisionError

    clock = Clock()
    kept = Schedule(
        place.desk, (duty("bad", 1, fail), duty("good", 1, lambda _desk: ran.append("good"))), clock
    )
    kept.tick()
    clock.seconds += 1
    kept.tick()
    assert ran == ["good", "good"]


def test_the_audit_trail_is_sealed_every_second() -> None:
    (seal,) = [one for one in SCHEDULE if one.name == "seal"]
    assert seal.every == timedelta(seconds=1)
    assert seal.run is schedule.seal_audit


def test_sealing_closes_all_that_waits(place: Place) -> None:
    create_keys(place.settings.key_folder)
    for _ in range(3):
        with place.desk.sessions() as session:
            leave_effect(session, new_id())
    place.wait_until_sealable()
    schedule.seal_audit(place.desk)
    with place.desk.reading() as session:
        assert session.scalar(select(func.sum(AuditSeal.count))) == 3


def test_a_job_is_asked_for_once_while_one_is_open(place: Place, no_handlers: None) -> None:
    ask = schedule.asking_for(KIND, timedelta(microseconds=1))
    ask.run(place.desk)
    assert place.states() == [], "nobody could run it"

    @inside(KIND)
    def run(session: Session, job: Job) -> None:
        leave_effect(session, job.id)

    ask.run(place.desk)
    ask.run(place.another_desk())
    assert place.states() == [JobState.WAITING]
    drain(place.desk)
    ask.run(place.desk)
    assert sorted(place.states()) == [JobState.DONE, JobState.WAITING]
    assert {tuple(job.payload) for job in place.jobs().values()} == {()}


def test_sweeps_remove_what_outlived_its_use(place: Place, no_handlers: None) -> None:
    old, recent = place.ask(), place.ask()
    with place.desk.sessions() as session:
        at = now(session)
        done = update(OutboxJob).values(state=JobState.DONE, done_at=at)
        session.execute(done)
        long_ago = at - timedelta(days=40)
        session.execute(update(OutboxJob).where(OutboxJob.id == uuid.UUID(old)).values(done_at=long_ago))
        session.add(Throttle(bucket="x", window_start=long_ago, count=1))
        session.add(Throttle(bucket="y", window_start=at, count=1))
        cast = make_cast(session)
        for name, ended in (("old", long_ago), ("new", at)):
            session.add(
                LoginSession(
                    id=new_id(), secret_sha256=name, person_id=cast.jana.person_id, created_at=ended,
                    last_seen_at=ended, expires_at=ended,
                )
            )  # fmt: skip
            session.add(
                IdempotencyKey(
                    id=new_id(), membership_id=cast.jana.membership_id, route="r", key=name, fingerprint="f",
                    headers={}, created_at=ended,
                )
            )  # fmt: skip
    schedule.keep_house(place.desk)
    assert list(place.jobs()) == [recent]
    with place.desk.reading() as session:
        assert list(session.scalars(select(Throttle.bucket))) == ["y"]
        assert list(session.scalars(select(LoginSession.secret_sha256))) == ["new"]
        assert list(session.scalars(select(IdempotencyKey.key))) == ["new"]


def test_a_sweep_takes_some_at_a_time_and_is_repeated(place: Place, no_handlers: None) -> None:
    with place.desk.sessions() as session:
        long_ago = now(session) - timedelta(days=40)
        rows = [
            Throttle(bucket=str(number), window_start=long_ago, count=1)
            for number in range(2 * SWEPT_AT_ONCE + 1)
        ]
        session.add_all(rows)
    with place.desk.sessions() as session:
        assert sweeps.sweep_throttles(session, now(session)) == SWEPT_AT_ONCE
    schedule.keep_house(place.desk)
    with place.desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Throttle)) == 0


def test_whatever_is_due_goes_on_in_another_job_until_nothing_is(place: Place, no_handlers: None) -> None:
    left = [5, 5, 3]

    @inside(KIND)
    def part(session: Session, job: Job) -> None:
        if left.pop(0) == 5:
            go_on(session, job)

    ask = schedule.asking_for(KIND, timedelta(minutes=10))
    ask.run(place.desk)
    assert drain(place.desk, most=1) == 1
    ask.run(place.desk)  # one is open already, so none is asked for beside it
    assert sorted(place.states()) == [JobState.DONE, JobState.WAITING]
    assert drain(place.desk) == 2
    assert (left, place.states()) == ([], [JobState.DONE] * 3)


def test_a_sweep_that_fails_does_not_stop_the_others(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "_sweeps", {})
    swept: list[str] = []

    @sweep("bad")
    def fail(_session: Session, _at: datetime) -> int:
        raise KeyError("bad")

    @sweep("good")
    def note(_session: Session, _at: datetime) -> int:
        swept.append("good")
        return 0

    schedule.keep_house(place.desk)
    assert swept == ["good"]
    with pytest.raises(ValueError, match="two sweeps are called good"):
        sweep("good")(note)
