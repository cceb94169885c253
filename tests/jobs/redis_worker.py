"""The worker with Redis as it is, but for one handler of these tests that takes the seconds it was told.

Its child, RQ's worker, is this file again.
"""

from __future__ import annotations

import os
import sys
import time

from sqlalchemy.orm import Session

from assessments.outbox import JobKind
from plumbline import logs, worker
from plumbline.jobs import registry
from plumbline.jobs.registry import Handler, Job
from plumbline.settings import from_environment
from tests.support.effects import leave_effect


def take_time(session: Session, job: Job) -> None:
    leave_effect(session, job.id)
    session.flush()
    time.sleep(float(os.environ["SLOW_SECONDS"]))


registry.load()
registry._handlers[JobKind.REFRESH_PORTFOLIO] = Handler(inside=take_time)
settings = from_environment()
if "rq" in sys.argv:
    logs.configure(settings)
    worker.run_rq(settings)
else:
    worker.RQ_WORKER = (sys.executable, __file__, "rq")
    worker.run(settings)
