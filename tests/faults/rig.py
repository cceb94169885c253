"""The kill rig: server and worker as processes of their own, killed by their ids in the middle of work."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from assessments.outbox import JobKind, JobState, OutboxJob, later
from plumbline.jobs.desk import now
from tests.faults.clients import Clients
from tests.faults.ledger import Ledger, Outcome
from tests.support import processes, servers
from tests.support.desks import Place, wait_for

ROUNDS = int(
    os.environ.get("KILL_ROUNDS", "10")
)  # each of server and worker; 10 are promised, nights may ask for more
PATIENCE = 240.0  # seconds; a machine shared with others is slow, and nobody waits when all is well


class Part:
    """The server or the worker: started, killed with everything it started, started again."""

    def __init__(self, place: Place, folder: Path, *command: str) -> None:
        self.command = [sys.executable, "-m", "plumbline.cli", *command]
        self.environment = {"PATH": os.environ["PATH"], **os.environ, **place.environment}
        self.log = folder / f"{command[0]}.log"
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._known: set[int] = set()

    def start(self) -> None:
        """Start it as the leader of a process group of its own."""
        self.starts += 1
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    @property
    def ended(self) -> bool:
        """Whether it is gone although nobody killed it."""
        return self._process is not None and self._process.poll() is not None

    def how(self) -> str:
        """How it ended, and its last words."""
        code = self._process.poll() if self._process is not None else None
        began = f"{' '.join(self.command[3:])}: code {code}, started {self.starts} times"
        return f"{began}; its log ends:\n{self._tail()}"

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else "(no log)"

    def kill(self, *, orphans: bool = False) -> None:
        """SIGKILL to its process group; ``orphans``: what left the group (RQ's work-horse) lives on."""
        assert self._process is not None
        assert self._process.poll() is None, f"it ended by itself: {self.how()}"
        family = set(descendants(self._process.pid))
        self._known |= family
        group = [pid for pid in family if _in_group(pid, self._process.pid)]
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if not orphans:
            self._kill(family)
        # A web process that is not gone yet holds the port, and the next server would find it taken.
        wait_for(lambda: all(processes.has_ended(pid) for pid in group))

    def end(self) -> None:
        """Leave nothing behind, orphans of earlier rounds included."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._kill(self._known)

    @staticmethod
    def _kill(pids: set[int]) -> None:
        for pid in pids:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                # The id may be somebody else's by now; ours run Python.
                if b"python" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)


def _in_group(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def descendants(pid: int) -> Iterator[int]:
    """The ids of every process that ``pid`` started, and of theirs."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


class Rig:
    """One campaign on one stack: clients at work, server and worker killed ``ROUNDS`` times each."""

    def __init__(self, place: Place, folder: Path, assessment_id: str, *, seed: int) -> None:
        self.place = place
        self.assessment_id = assessment_id
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.port = processes.free_port()
        self.server = Part(place, folder, "serve", "--port", str(self.port), "--without-worker")
        self.worker = Part(place, folder, "worker")
        self.random = random.Random(seed)  # noqa: S311  not a secret
        self.caught = 0  # jobs that a killed worker was at
        self.killed = {"server": 0, "worker": 0}

    def campaign(self, clients: Clients) -> None:
        """Run all rounds, then let the last worker bring every job to its end."""
        with clients.at_work(), contextlib.ExitStack() as over:
            for part in (self.server, self.worker):
                over.callback(part.end)
                part.start()
            for number in range(ROUNDS):
                self._kill_server()
                self._kill_worker(number, orphans=number % 2 == 1)
            self._acknowledged_more()
            self._waits(lambda: self.ledger.of("upload", Outcome.ACKNOWLEDGED) or clients.faults)
            clients.stop()
            self._drained()

    def send_letters(self, *marks: str) -> None:
        """Record letters as the platform does when something is asked of a supplier."""
        for mark in marks:
            payload = {"letter": "action_needed", "assessment_id": self.assessment_id, "mark": mark}
            intent = self.ledger.intend("letter", mark)
            with self.place.desk.sessions() as session:
                job = later(session, JobKind.SEND_LETTER, payload, at=now(session))
            self.ledger.settle(intent, Outcome.ACKNOWLEDGED, str(job.id))

    def _kill_server(self) -> None:
        self._acknowledged_more()
        time.sleep(self.random.uniform(0, 0.3))
        self.server.kill()
        self.killed["server"] += 1
        self.server.start()

    def _kill_worker(self, number: int, *, orphans: bool) -> None:
        before = self._done()
        self.send_letters(f"call-{number}")
        self._waits(lambda: self._done() > before)  # it is up
        self.send_letters(*(f"letter-{number}-{one}" for one in range(2)))
        until = time.monotonic() + 3
        while not self._at_work() and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(self.random.choice((0, 0, 0.02, 0.2)))
        self.worker.kill(orphans=orphans)
        self.killed["worker"] += 1
        self._age_leases()
        self.worker.start()

    def _acknowledged_more(self) -> None:
        before = len(self.ledger.of("save", Outcome.ACKNOWLEDGED))
        self._waits(lambda: len(self.ledger.of("save", Outcome.ACKNOWLEDGED)) > before + 3)

    def _done(self) -> int:
        with self.place.desk.reading() as session:
            return session.scalar(select(func.count()).where(OutboxJob.state == JobState.DONE)) or 0

    def _at_work(self) -> bool:
        with self.place.desk.reading() as session:
            return session.scalar(select(OutboxJob.id).where(OutboxJob.state == JobState.LEASED)) is not None

    def _age_leases(self) -> None:
        """Let the killed worker's leases run out now and not in 50 seconds: the next one reaps them."""
        with self.place.desk.sessions() as session:
            leased = OutboxJob.state == JobState.LEASED
            self.caught += session.scalar(select(func.count()).where(leased)) or 0
            past = now(session) - timedelta(minutes=1)
            session.execute(update(OutboxJob).where(leased).values(leased_until=past))

    def _drained(self) -> None:
        def none_open() -> bool:
            with self.place.desk.reading() as session:
                still_open = OutboxJob.state.in_([JobState.WAITING, JobState.LEASED])
                return not session.scalar(select(func.count()).where(still_open))

        self._waits(none_open)

    def _waits(self, condition: Callable[[], object]) -> None:
        def settled() -> object:
            return condition() or self.server.ended or self.worker.ended

        try:
            wait_for(settled, PATIENCE)
            assert not self.server.ended, "the server ended by itself"
            assert not self.worker.ended, "the worker ended by itself"
        except AssertionError as fault:
            logs = "\n".join(part.how() for part in (self.server, self.worker))
            still = [
                f"{job.kind} {job.state} after {job.attempts} tries, due {job.due_at}: {job.last_error}"
                for job in self.place.jobs().values()
                if job.state is not JobState.DONE
            ]
            told = "\n".join([f"{fault}; {self.killed}; {self.place.database_now()}", *still, logs])
            raise AssertionError(told) from fault


def audit_verified(environment: dict[str, str]) -> str:
    """What ``plumbline audit verify`` says of the trail after a campaign; Stuck when a seal does not hold."""
    return servers.plumbline("audit", "verify", environment=environment)


def migrated(database: dict[str, str]) -> None:
    """Bring an empty database up to date, as an operator does."""
    servers.plumbline("db", "upgrade", environment=database)
