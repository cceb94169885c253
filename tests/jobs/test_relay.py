"""The relay and RQ on a real Redis: ids only, and whatever Redis or a worker forgets is run again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from assessments.outbox import JobKind, JobState
from plumbline.jobs import relay
from plumbline.jobs.drain import drain
from plumbline.jobs.registry import Job, inside
from plumbline.signing import create_keys
from tests.support.desks import Place, wait_for
from tests.support.effects import leave_effect
from tests.support.real_servers import Redis as RedisServer

WORKER = str(Path(__file__).with_name("redis_worker.py"))
KIND = JobKind.REFRESH_PORTFOLIO


@pytest.fixture
def talk(redis_server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(redis_server.url) as connection:
        connection.flushdb()
        yield connection
        connection.flushdb()


@pytest.fixture
def _handled(no_handlers: None) -> None:
    @inside(KIND)
    def run(session: Session, job: Job) -> None:
        leave_effect(session, job.id)


def queued(talk: Redis) -> list[str]:
    return [name.decode() for name in talk.lrange("rq:queue:portfolio", 0, -1)]  # type: ignore[union-attr]


@pytest.mark.usefixtures("_handled")
def test_a_due_row_gets_one_wake_up_that_holds_its_id_and_nothing_else(
    postgres_place: Place, talk: Redis
) -> None:
    job_id = postgres_place.ask(site="the content of a payload")
    postgres_place.ask(due_in=3600)
    assert relay.relay(postgres_place.desk, talk) == 1
    assert relay.relay(postgres_place.desk, talk) == 0
    assert queued(talk) == [job_id]
    kept: dict[bytes, bytes] = talk.hgetall(f"rq:job:{job_id}")  # type: ignore[assignment]
    assert b"the content of a payload" not in b"".join(kept.values())
    assert json.loads(zlib.decompress(kept[b"data"])) == [relay.WAKE_UP, None, [job_id], {}]


@pytest.mark.usefixtures("_handled")
def test_wake_ups_lost_with_redis_are_put_there_again(postgres_place: Place, talk: Redis) -> None:
    asked = [postgres_place.ask() for _ in range(5)]
    assert relay.relay(postgres_place.desk, talk) == 5
    talk.flushdb()
    assert relay.relay(postgres_place.desk, talk) == 5
    assert queued(talk) == asked


@pytest.mark.usefixtures("_handled")
def test_a_wake_up_taken_from_the_list_by_a_worker_that_died_is_put_there_again(
    postgres_place: Place, talk: Redis
) -> None:
    """RQ's record of the job stays behind and says queued; only the list tells."""
    job_id = postgres_place.ask()
    relay.relay(postgres_place.desk, talk)
    talk.lpop("rq:queue:portfolio")
    assert talk.exists(f"rq:job:{job_id}")
    assert relay.relay(postgres_place.desk, talk) == 1
    assert queued(talk) == [job_id]


@pytest.mark.usefixtures("_handled")
def test_while_redis_is_away_rows_wait_in_the_database(postgres_place: Place) -> None:
    postgres_place.ask()
    nobody = relay.connect("redis://127.0.0.1:1/0")
    assert relay.relay(postgres_place.desk, nobody) == 0
    assert postgres_place.states() == [JobState.WAITING]


@pytest.mark.usefixtures("_handled")
def test_a_wake_up_too_many_does_nothing(postgres_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_desk", lambda: postgres_place.desk)
    job_id = postgres_place.ask()
    relay.wake_up(job_id)
    relay.wake_up(job_id)
    assert postgres_place.effects(job_id) == 1
    assert drain(postgres_place.desk) == 0


@pytest.fixture
def redis_place(postgres_place: Place, redis_server: RedisServer, talk: Redis) -> Place:
    postgres_place.environment["PLUMBLINE_REDIS_URL"] = redis_server.url
    return postgres_place


def start_worker(place: Place, slow: str = "0") -> subprocess.Popen[bytes]:
    create_keys(place.settings.key_folder)
    return subprocess.Popen(
        [sys.executable, WORKER],
        env={
            "PYTHONPATH": f"{Path(__file__).parents[2]}",
            "PATH": os.environ["PATH"],
            "SLOW_SECONDS": slow,
            **place.environment,
        },
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    mine = [int(word) for word in found.stdout.split()]
    return mine + [one for child in mine for one in children(child)]


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker, RQ's worker under it and its work-horse: the machine is gone."""
    for pid in [*children(worker.pid), worker.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    worker.wait()


def test_rq_runs_what_the_relay_carries_and_the_worker_stops_when_asked(redis_place: Place) -> None:
    worker = start_worker(redis_place)
    try:
        asked = [redis_place.ask() for _ in range(3)]
        wait_for(lambda: all(redis_place.jobs()[one].state is JobState.DONE for one in asked), seconds=60)
        assert [redis_place.effects(one) for one in asked] == [1, 1, 1]
        under = children(worker.pid)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
        assert not [pid for pid in under if Path(f"/proc/{pid}").exists()]
    finally:
        kill(worker)


def test_a_worker_killed_with_its_work_horse_loses_no_job(redis_place: Place) -> None:
    worker = start_worker(redis_place, slow="60")
    try:
        job_id = redis_place.ask()
        wait_for(lambda: redis_place.jobs()[job_id].state is JobState.LEASED, seconds=60)
    finally:
        kill(worker)
    assert redis_place.effects(job_id) == 0
    second = start_worker(redis_place)
    try:
        # Its lease is most of a minute; moved to its end here instead of waiting.
        redis_place.tamper(
            "UPDATE outbox_job SET leased_until = now() - interval '1 second' WHERE state = 'leased'"
        )
        wait_for(lambda: redis_place.jobs()[job_id].state is JobState.DONE, seconds=60)
    finally:
        kill(second)
    assert redis_place.effects(job_id) == 1
    assert redis_place.jobs()[job_id].attempts == 2


def test_rqs_worker_is_started_again_when_it_is_killed(redis_place: Place) -> None:
    worker = start_worker(redis_place)
    try:
        first = redis_place.ask()
        wait_for(lambda: redis_place.jobs()[first].state is JobState.DONE, seconds=60)
        for pid in children(worker.pid):
            os.kill(pid, signal.SIGKILL)
        second = redis_place.ask()
        wait_for(lambda: redis_place.jobs()[second].state is JobState.DONE, seconds=60)
    finally:
        kill(worker)


@pytest.mark.usefixtures("_handled")
def test_a_run_whose_record_is_gone_does_not_end_the_worker(postgres_place: Place, talk: Redis) -> None:
    job_id = postgres_place.ask()
    relay.relay(postgres_place.desk, talk)
    # What a worker killed two minutes ago leaves: the name of a run, its record expired before it.
    talk.zadd(f"rq:executions:{job_id}", {"gone": time.time() + 60})
    [queue] = [found for found in relay.rq_queues(talk).values() if found.job_ids]
    record = queue.fetch_job(job_id)
    assert record is not None
    record.cleanup(ttl=0)  # what RQ's worker does after each run
    assert not talk.exists(f"rq:job:{job_id}", f"rq:executions:{job_id}")
