"""Queues as data: which job waits where, how often it is tried, how long it may take."""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from assessments.outbox import JobKind

# With a look for lost leases every five seconds, a lost worker's job runs again within a minute.
LEASE = timedelta(seconds=50)


class Queue(enum.StrEnum):
    """The queues, in the order in which a worker looks into them. The value is the name on Redis."""

    PORTFOLIO = "portfolio"
    LETTERS = "letters"
    EVIDENCE = "evidence"


@dataclass(frozen=True)
class Pace:
    """How a queue treats its jobs. A job is dead after ``attempts``; waits double from ``first_wait``."""

    attempts: int
    first_wait: timedelta
    longest_wait: timedelta
    longest_run: timedelta

    def wait(self, attempt: int) -> timedelta:
        """Time to the next try after ``attempt`` tries: exponential, spread by up to a quarter.

        The spread keeps jobs that failed together from coming back together.
        """
        doublings: int = 2 ** min(max(attempt - 1, 0), 30)
        spread = random.uniform(1.0, 1.25)  # noqa: S311  not a secret
        return min(self.first_wait * doublings, self.longest_wait) * spread


QUEUE_OF: Mapping[JobKind, Queue] = MappingProxyType(
    {
        JobKind.REFRESH_PORTFOLIO: Queue.PORTFOLIO,
        JobKind.LAPSE_REQUEST: Queue.PORTFOLIO,
        JobKind.MEET_DEADLINE: Queue.PORTFOLIO,
        JobKind.SEND_LETTER: Queue.LETTERS,
        JobKind.ANNOUNCE_VERSION: Queue.LETTERS,
        JobKind.SCAN_EVIDENCE: Queue.EVIDENCE,
    }
)

PACE_OF: Mapping[Queue, Pace] = MappingProxyType(
    {
        # Work inside the database: what fails will mostly fail again, unless something was locked.
        Queue.PORTFOLIO: Pace(8, timedelta(seconds=2), timedelta(minutes=10), timedelta(minutes=5)),
        # A mail server may be away for a day: 2 s, 4 s, ... up to an hour apart, about two days in all.
        Queue.LETTERS: Pace(56, timedelta(seconds=2), timedelta(hours=1), timedelta(minutes=2)),
        # A scanner that loads its signatures is away for minutes; 50 MB take it a while.
        Queue.EVIDENCE: Pace(30, timedelta(seconds=2), timedelta(minutes=15), timedelta(minutes=10)),
    }
)


def pace_of(kind: JobKind) -> Pace:
    """Return the pace of the queue in which jobs of ``kind`` wait."""
    return PACE_OF[QUEUE_OF[kind]]
