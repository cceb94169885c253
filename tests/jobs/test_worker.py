"""The worker process: it works, stops when asked, and what it leaves when killed is done by the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from assessments.audit.events import AuditEvent, AuditSeal
from assessments.leases import Lease
from assessments.outbox import JobKind, JobState
from plumbline.signing import create_keys
from plumbline.worker import Bell
from tests.support.desks import Place, wait_for

NEVER = 3600
"""Seconds; the time limit of every test ends one that waits so long."""

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from sqlalchemy.orm import Session
from assessments.outbox import JobKind
from plumbline import worker
from plumbline.jobs import registry
from plumbline.jobs.registry import Handler
from plumbline.settings import from_environment
from tests.support.effects import leave_effect
registry.load()
registry._handlers[JobKind.LAPSE_REQUEST] = Handler(inside=lambda session, job: leave_effect(session, job.id))
worker.run(from_environment(), parent=int(sys.argv[1]) if sys.argv[1:] else None)
"""


@contextmanager
def running(place: Place, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    create_keys(place.settings.key_folder)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **place.environment},
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ask(place: Place) -> str:
    return place.ask(JobKind.LAPSE_REQUEST)


def all_done(place: Place, asked: list[str]) -> bool:
    jobs = place.jobs()
    return all(jobs[one].state is JobState.DONE for one in asked)


def test_it_runs_jobs_seals_the_trail_and_stops_when_asked(place: Place) -> None:
    asked = [ask(place) for _ in range(3)]
    with running(place) as worker:
        wait_for(lambda: all_done(place, asked))

        def sealed() -> bool:
            with place.desk.reading() as session:
                rows = session.scalar(select(func.count()).select_from(AuditEvent))
                return session.scalar(select(func.sum(AuditSeal.count))) == rows

        wait_for(sealed)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 0
    with place.desk.reading() as session:
        assert session.scalars(select(Lease)).all() == [], "the next worker leads at once"


def more_effects_than(place: Place, number: int) -> bool:
    return place.effects() > number


def test_killed_again_and_again_it_loses_no_job_and_repeats_none(sqlite_place_only: Place) -> None:
    place = sqlite_place_only
    asked: list[str] = []
    for _ in range(4):
        asked += [ask(place) for _ in range(15)]
        some = partial(more_effects_than, place, len(asked) - 15)
        with running(place) as worker:
            wait_for(some)
            worker.kill()
            worker.wait()
    place.tamper("UPDATE outbox_job SET leased_until = '2020-01-01 00:00:00.000000' WHERE state = 'leased'")
    with running(place):
        wait_for(lambda: all_done(place, asked), seconds=60)
    assert [place.effects(one) for one in asked] == [1] * len(asked)


STARTER = f"""
import os, subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", {PROGRAM!r}, str(os.getpid())]).pid, flush=True)
time.sleep(60)
"""


def test_it_ends_when_the_process_that_started_it_is_gone(sqlite_place_only: Place) -> None:
    place = sqlite_place_only
    create_keys(place.settings.key_folder)
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **place.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        job = ask(place)
        wait_for(lambda: all_done(place, [job]))
        parent.kill()
        parent.wait()
        wait_for(lambda: not Path(f"/proc/{child}").exists(), seconds=20)
    finally:
        parent.kill()
        parent.stdout.close()
        if Path(f"/proc/{child}").exists():
            os.kill(child, signal.SIGKILL)


def test_a_bell_ends_a_wait_at_once_and_is_not_forgotten() -> None:
    bell = Bell()
    bell.ring()
    bell.wait(NEVER)
    assert not bell.stopping
    bell.wait(0.01)
    with bell.on_signals():
        os.kill(os.getpid(), signal.SIGUSR1)
        bell.wait(NEVER)
        assert not bell.stopping
        os.kill(os.getpid(), signal.SIGTERM)
        bell.wait(NEVER)
    assert bell.stopping
    bell.close()
