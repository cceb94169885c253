"""A worker in a process of its own: its handler leaves one effect, then takes the seconds it was told."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from sqlalchemy.orm import Session

from assessments.outbox import JobKind
from plumbline.jobs.desk import open_desk
from plumbline.jobs.drain import drain
from plumbline.jobs.registry import Job, inside
from plumbline.settings import from_environment
from plumbline.transaction import make_engine
from tests.support.effects import leave_effect


@inside(JobKind.REFRESH_PORTFOLIO)
def take_time(session: Session, job: Job) -> None:
    leave_effect(session, job.id)
    session.flush()
    time.sleep(float(sys.argv[1]))


settings = from_environment()
drain(open_desk(settings, make_engine(settings)), lease=timedelta(seconds=2))
