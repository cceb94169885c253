"""The worker process: jobs and recurring duties beside the server.

Without Redis one process drains the outbox (``run_embedded``), beside the embedded server or several of them
on PostgreSQL. With Redis it keeps the schedule and relays due rows, and a child of it is RQ's worker
(``run_with_redis``). Both stop cleanly on SIGTERM or SIGINT, after the job at hand, and look for work at once
on SIGUSR1. Killed outright they lose nothing: leases run out within a minute.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from redis import Redis
from rq import Worker as RqWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from plumbline import logs
from plumbline.children import Child
from plumbline.jobs import registry, relay
from plumbline.jobs.desk import Desk, open_desk
from plumbline.jobs.drain import drain
from plumbline.jobs.schedule import Schedule
from plumbline.settings import BadSettings, Settings, from_environment
from plumbline.transaction import make_engine

LOOKS_EVERY = 0.5  # seconds between looks at an empty outbox: one indexed read each
RESTS = 2.0  # seconds before the next try when the database is away
RQ_WORKER = (sys.executable, "-m", "plumbline.worker")
_PR_SET_PDEATHSIG = 1

log = logs.logger(__name__)


class Bell:
    """What wakes a waiting worker: a signal to stop, a ring, or the end of the process that started it."""

    def __init__(self, *, parent: int | None = None) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._parent = parent
        self._stopped = False

    @property
    def stopping(self) -> bool:
        """Whether to end after the job at hand."""
        return self._stopped or (self._parent is not None and os.getppid() != self._parent)

    def stop(self) -> None:
        """Ask for the end."""
        self._stopped = True
        self.ring()

    def ring(self) -> None:
        """End the present wait, or the next one."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._in, b".")

    def wait(self, seconds: float) -> None:
        """Wait until rung, at most ``seconds``."""
        if select.select([self._out], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._out, 4096)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._out)
        os.close(self._in)

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[Bell]:
        """Be rung by SIGTERM, SIGINT (stop) and SIGUSR1 (look now) inside the block; main thread only."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        def ring(_number: int, _frame: FrameType | None) -> None:
            self.ring()

        wanted = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGUSR1: ring}
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(settings: Settings, *, parent: int | None = None) -> None:
    """Work until told to stop; ``plumbline worker``.

    ``parent``: the id of the process that started this one; stop, too, when that is gone. It is told and not
    looked up, because it may be gone before this process is far enough to look.
    """
    logs.configure(settings)
    bell = Bell(parent=parent)
    with bell.on_signals():
        if settings.redis_url:
            run_with_redis(settings, bell)
        else:
            run_embedded(settings, bell)
    bell.close()


def run_embedded(settings: Settings, bell: Bell) -> None:
    """Drain the outbox and keep the schedule in this process until the bell says stop."""
    registry.load()
    engine = make_engine(settings)
    desk = open_desk(settings, engine)
    log.info("worker_started", mode="embedded", holder=desk.holder)
    # The schedule has a thread of its own, so that a long scan does not hold up seals and reaping.
    keeper = threading.Thread(target=_keep_schedule, args=(desk, bell), name="schedule", daemon=True)
    keeper.start()
    while not bell.stopping:
        try:
            ran = drain(desk, stopping=lambda: bell.stopping)
        except SQLAlchemyError as fault:
            log.error("database_unreachable", exc_info=fault)
            bell.wait(RESTS)
            continue
        if not ran:
            bell.wait(LOOKS_EVERY)
    keeper.join(timeout=10)
    engine.dispose()
    log.info("worker_stopped")


def run_with_redis(settings: Settings, bell: Bell) -> None:
    """Keep the schedule, relay due rows, and keep one RQ worker running as a child until told to stop."""
    if settings.redis_url is None:
        raise ValueError("run_with_redis needs PLUMBLINE_REDIS_URL")
    registry.load()
    engine = make_engine(settings)
    desk = open_desk(settings, engine, name="relay")
    connection = relay.connect(settings.redis_url)
    log.info("worker_started", mode="redis", holder=desk.holder)
    keeper = threading.Thread(target=_keep_schedule, args=(desk, bell), name="schedule", daemon=True)
    keeper.start()
    child = Child("rq_worker", RQ_WORKER)
    while not bell.stopping:
        child.keep()
        try:
            relay.relay(desk, connection)
        except SQLAlchemyError as fault:
            log.error("database_unreachable", exc_info=fault)
            bell.wait(RESTS)
        bell.wait(LOOKS_EVERY)
    child.stop(within=60)  # longer than the lease: what it was at is taken back anyway
    keeper.join(timeout=10)
    connection.close()
    engine.dispose()
    log.info("worker_stopped")


def run_rq(settings: Settings) -> None:
    """Be RQ's worker: fork for each wake-up, run its row. Ends when its parent does."""
    if settings.redis_url is None:
        raise ValueError("run_rq needs PLUMBLINE_REDIS_URL")
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):  # elsewhere than on Linux the supervisor sees to it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    registry.load()
    connection = Redis.from_url(settings.redis_url)
    queues = list(relay.rq_queues(connection).values())
    worker = RqWorker(queues, connection=connection, serializer=JSONSerializer, job_class=relay.WakeUp)
    worker.work(logging_level=settings.log_level)


def _keep_schedule(desk: Desk, bell: Bell) -> None:
    schedule = Schedule(desk)
    while not bell.stopping:
        try:
            schedule.tick()
        except SQLAlchemyError as fault:
            log.error("schedule_failed", exc_info=fault)
        # Not the bell: a ring is for the loop that looks for work.
        for _ in range(10):
            if bell.stopping:
                break
            time.sleep(0.1)
    with contextlib.suppress(SQLAlchemyError):
        schedule.resign()


def _main() -> int:
    try:
        settings = from_environment()
    except BadSettings as bad:
        for fault in bad.faults:
            sys.stderr.write(f"{fault}\n")
        return 2
    logs.configure(settings)
    run_rq(settings)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
