"""The outbox drained: each job takes effect once, whatever becomes of its workers."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assessments.audit.events import AuditEvent
from assessments.outbox import JobKind, JobState, later
from plumbline.jobs import drain, queues
from plumbline.jobs.desk import now
from plumbline.jobs.registry import Hopeless, Job, inside
from tests.support.desks import Place, start, wait_for
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


def test_a_job_exists_only_if_its_transaction_commits(place: Place) -> None:
    inside(KIND)(effect)

    def ask_and_fail() -> None:
        with place.desk.sessions() as session:
            later(session, KIND, {}, at=now(session))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_fail()
    assert drain.drain(place.desk) == 0
    assert place.jobs() == {}


def test_a_job_takes_effect_and_is_done_in_one_transaction(place: Place) -> None:
    inside(KIND)(effect)
    job_id = place.ask()
    assert drain.drain(place.desk) == 1
    job = place.jobs()[job_id]
    assert (job.state, job.attempts, job.leased_by, job.last_error) == (JobState.DONE, 1, None, None)
    assert job.done_at is not None
    assert place.effects(job_id) == 1
    assert drain.drain(place.desk) == 0
    assert place.effects(job_id) == 1


def test_a_handler_gets_its_payload_and_the_times(place: Place) -> None:
    seen: list[Job] = []

    @inside(KIND)
    def look(_session: Session, job: Job) -> None:
        seen.append(job)

    job_id = place.ask(site="one", count=3)
    drain.drain(place.desk)
    (job,) = seen
    assert (str(job.id), job.kind, dict(job.payload), job.attempt) == (
        job_id,
        KIND,
        {"site": "one", "count": 3},
        1,
    )
    assert job.asked_at == place.jobs()[job_id].created_at
    assert job.asked_at <= job.at
    assert job.desk is place.desk


def test_a_job_waits_until_it_is_due(place: Place) -> None:
    inside(KIND)(effect)
    place.ask(due_in=3600)
    assert drain.drain(place.desk) == 0
    assert place.states() == [JobState.WAITING]
    place.make_due()
    assert drain.drain(place.desk) == 1


def test_the_oldest_due_job_comes_first(place: Place) -> None:
    order: list[int] = []

    @inside(KIND)
    def note(_session: Session, job: Job) -> None:
        order.append(job.payload["number"])

    place.ask(due_in=-10, number=2)
    place.ask(due_in=-30, number=1)
    place.ask(due_in=-5, number=3)
    drain.drain(place.desk)
    assert order == [1, 2, 3]


def test_a_kind_that_this_code_does_not_know_is_left_for_a_worker_that_does(place: Place) -> None:
    inside(KIND)(effect)
    place.ask(OTHER)
    assert drain.drain(place.desk) == 0
    assert place.states() == [JobState.WAITING]


def test_four_threads_run_each_job_exactly_once(place: Place) -> None:
    inside(KIND)(effect)
    asked = ask_many(place, 60)
    ran: list[int] = []

    def work() -> None:
        ran.append(drain.drain(place.another_desk()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ran) == 60
    assert effects_by_job(place) == Counter(dict.fromkeys(asked, 1))
    assert set(place.states()) == {JobState.DONE}


def test_four_processes_run_each_job_exactly_once(place: Place) -> None:
    asked = ask_many(place, 40)
    workers = [start(SLOW_WORKER, "0", environment=place.environment) for _ in range(4)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0, 0]
    assert effects_by_job(place) == Counter(dict.fromkeys(asked, 1))


def test_a_killed_workers_job_is_run_again_after_its_lease_and_takes_effect_once(place: Place) -> None:
    inside(KIND)(effect)
    job_id = place.ask()
    worker = start(SLOW_WORKER, "60", environment=place.environment)
    try:
        wait_for(lambda: place.jobs()[job_id].state is JobState.LEASED)
        time.sleep(0.3)  # into the handler: its effect is written and not committed
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert place.effects(job_id) == 0
    assert drain.drain(place.desk) == 0, "while the lease lasts the job is nobody else's"

    def back() -> bool:
        drain.reap(place.desk)
        return drain.drain(place.desk) == 1

    wait_for(back, seconds=10)  # the worker's lease is 2 s
    job = place.jobs()[job_id]
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert place.effects(job_id) == 1


def test_a_poison_job_ends_among_the_dead_with_its_error_and_the_others_go_on(place: Place) -> None:
    @inside(KIND)
    def maybe(session: Session, job: Job) -> None:
        leave_effect(session, job.id)
        if job.payload["number"] == 1:
            raise LookupError("no such site")

    asked = ask_many(place, 3)
    for _ in range(queues.pace_of(KIND).attempts + 2):
        drain.drain(place.desk)
        place.make_due()
    jobs = place.jobs()
    assert [jobs[one].state for one in asked] == [JobState.DONE, JobState.DEAD, JobState.DONE]
    dead = jobs[asked[1]]
    assert dead.attempts == queues.pace_of(KIND).attempts
    assert dead.last_error == "LookupError: no such site"
    assert effects_by_job(place) == Counter({asked[0]: 1, asked[2]: 1})


def test_after_a_failure_the_job_waits_longer_each_time(place: Place) -> None:
    @inside(KIND)
    def fail(_session: Session, _job: Job) -> None:
        raise OSError("away")

    job_id = place.ask()
    waits = []
    for _ in range(4):
        before = place.database_now()
        assert drain.drain(place.desk) == 1
        job = place.jobs()[job_id]
        assert job.state is JobState.WAITING
        waits.append((job.due_at - before).total_seconds())
        place.make_due()
    assert waits == sorted(waits)
    assert 2 <= waits[0] < 6
    assert 16 <= waits[3] < 26


def test_waits_stay_below_the_longest_of_the_queue() -> None:
    for pace in queues.PACE_OF.values():
        assert pace.wait(1) >= pace.first_wait
        assert pace.wait(10_000) <= pace.longest_wait * 1.25


def test_a_hopeless_job_is_dead_at_once(place: Place) -> None:
    @inside(KIND)
    def give_up(_session: Session, _job: Job) -> None:
        raise Hopeless("the payload names nothing")

    job_id = place.ask()
    drain.drain(place.desk)
    job = place.jobs()[job_id]
    assert (job.state, job.attempts, job.last_error) == (
        JobState.DEAD,
        1,
        "Hopeless: the payload names nothing",
    )


def test_a_handler_that_exits_does_not_take_the_worker_along(place: Place) -> None:
    @inside(KIND)
    def leave(_session: Session, job: Job) -> None:
        if job.payload["number"] == 0:
            sys.exit(0)

    asked = ask_many(place, 2)
    assert drain.drain(place.desk) == 2
    jobs = place.jobs()
    assert (jobs[asked[0]].state, jobs[asked[0]].last_error) == (JobState.WAITING, "SystemExit: 0")
    assert jobs[asked[1]].state is JobState.DONE


def test_a_handler_that_hangs_is_ended(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    @inside(KIND)
    def hang(_session: Session, _job: Job) -> None:
        time.sleep(3600)

    short = queues.Pace(3, timedelta(seconds=1), timedelta(seconds=1), timedelta(seconds=0.2))
    monkeypatch.setattr(drain, "pace_of", lambda _kind: short)
    job_id = place.ask()
    before = signal.getsignal(signal.SIGALRM)
    drain.drain(place.desk)
    error = place.jobs()[job_id].last_error
    assert error is not None
    assert error.startswith("TimeUp: still running")
    assert signal.getsignal(signal.SIGALRM) is before


def test_an_error_of_the_database_keeps_its_values_to_itself(place: Place) -> None:
    @inside(KIND)
    def wrong(session: Session, _job: Job) -> None:
        session.execute(text("SELECT :secret FROM no_such_table"), {"secret": "content of an answer"})

    job_id = place.ask()
    drain.drain(place.desk)
    error = place.jobs()[job_id].last_error
    assert error is not None
    assert "no_such_table" in error
    assert "content of an answer" not in error
