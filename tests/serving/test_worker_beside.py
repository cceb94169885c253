"""The worker beside the server: started again when it ends, shown on /readyz, gone when the server is."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from assessments.outbox import JobKind, JobState
from plumbline import children
from plumbline.children import Child
from tests.serving.conftest import Served
from tests.support import processes
from tests.support.desks import wait_for


def drained(served: Served) -> bool:
    return set(served.place.states()) <= {JobState.DONE}


def test_a_worker_killed_alone_is_started_again_and_drains(served: Served) -> None:
    served.place.ask(JobKind.LAPSE_REQUEST)
    wait_for(lambda: drained(served), seconds=60)
    first = served.worker()

    os.kill(first, signal.SIGKILL)
    served.place.ask(JobKind.LAPSE_REQUEST)
    wait_for(lambda: drained(served), seconds=60)

    assert served.worker() != first
    [ended] = served.logged("child_ended")
    assert (ended["pid"], ended["code"], ended["level"]) == (first, -9, "error")
    assert served.process.poll() is None
    # Its lease of the schedule has to end before the new one leads; then the page is whole again.
    wait_for(lambda: served.parts()["status"] == "ok", seconds=60)


def test_a_web_process_that_ends_leaves_the_worker_alone(served: Served) -> None:
    worker, [web, *_more] = served.worker(), served.children("serve")
    os.kill(web, signal.SIGTERM)
    wait_for(lambda: web not in served.children("serve") and served.children("serve"))
    wait_for(lambda: served.get("/healthz")[0] == 200)
    assert served.children("worker") == [worker]
    assert served.logged("child_ended") == []


def test_a_stopped_server_stops_its_worker_and_a_killed_one_leaves_no_orphan(served: Served) -> None:
    worker = served.worker()
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait()
    wait_for(lambda: processes.has_ended(worker))


def test_sigterm_ends_both(served: Served) -> None:
    worker = served.worker()
    wait_for(lambda: served.logged("worker_started"))
    served.process.terminate()
    assert served.process.wait(timeout=60) == 0
    assert processes.has_ended(worker)
    assert served.logged("worker_stopped")
    assert served.logged("child_ended") == []
    assert "Traceback" not in served.log.read_text()


def test_figures_of_the_worker_stand_on_the_page_of_the_server(served: Served) -> None:
    served.place.ask(JobKind.LAPSE_REQUEST)
    wait_for(lambda: drained(served), seconds=60)

    def shown() -> bool:
        page = served.get("/metrics")[1]
        return 'plumbline_jobs_done_total{kind="lapse_request"}' in page and "plumbline_outbox_due " in page

    wait_for(shown)
    assert 'plumbline_requests_total{endpoint="health.metrics"' in served.get("/metrics")[1]


def test_without_a_worker_the_page_says_so_and_still_serves(served: Served) -> None:
    wait_for(lambda: served.parts()["status"] == "ok", seconds=60)
    # Nobody holds the schedule: as after a worker that cannot start.
    served.process.send_signal(signal.SIGSTOP)
    os.kill(served.worker(), signal.SIGKILL)
    served.place.tamper("DELETE FROM lease")
    status, _told = served.get("/readyz")
    assert status == 200
    assert served.parts()["status"] == "degraded"
    assert served.parts()["parts"]["worker"].startswith("no worker is at work")
    served.process.send_signal(signal.SIGCONT)


ENDS_AT_ONCE = (sys.executable, "-c", "raise SystemExit(3)")


def test_a_child_that_does_not_stay_is_started_ever_more_slowly_and_never_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(children, "LONGEST_WAIT", 0.04)
    child = Child("probe", ENDS_AT_ONCE)
    started: list[int] = []
    waits: list[float] = []
    start = child._start

    def counted() -> None:
        started.append(1)
        waits.append(child._wait)
        start()

    monkeypatch.setattr(child, "_start", counted)

    def five() -> bool:
        child.keep()
        return len(started) >= 6

    wait_for(five)
    child.stop(within=10)
    child.keep()
    assert waits[:6] == [0.0, 0.01, 0.02, 0.04, 0.04, 0.04]
    assert len(started) == 6, "stopped is stopped"


def test_a_child_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    deaf = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(3600)"
    )
    child = Child("deaf", (sys.executable, "-c", deaf, str(tmp_path / "up")))
    child.keep()
    wait_for((tmp_path / "up").exists)
    child.stop(within=0.2)  # the child would sleep beyond the time limit of a test
