"""The relay to Redis: due rows become wake-ups in RQ, which carry a row's id and nothing else.

The row stays the job. A wake-up that is lost (Redis killed, a worker gone between taking it and starting) is
put there again while the row waits; one too many finds the row taken or done, and does nothing.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue as RqQueue
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from plumbline import logs
from plumbline.jobs import claims, drain, registry
from plumbline.jobs.desk import Desk, now, open_desk
from plumbline.jobs.queues import PACE_OF, QUEUE_OF, Queue
from plumbline.metrics import Metric, count
from plumbline.settings import from_environment
from plumbline.transaction import make_engine

WAKE_UP = "plumbline.jobs.relay.wake_up"
MOST_AT_ONCE = 500

log = logs.logger(__name__)


class WakeUp(RqJob):
    """RQ's record of a wake-up, which may lose the runs of a killed worker without a fault.

    Of such a run RQ keeps the name for a minute longer than its record; whoever deletes the job within that
    minute meets a ValueError, and RQ's worker ends over it: one worker for each job that the killed one had.
    """

    def delete(self, *arguments: Any, **more: Any) -> None:
        """Forget runs without a record, then delete as RQ does."""
        runs = self.execution_registry
        name: Any
        for name in self.connection.zrange(runs.key, 0, -1):
            if not self.connection.exists(f"rq:execution:{self.id}:{name.decode()}"):
                self.connection.zrem(runs.key, name)
        super().delete(*arguments, **more)


def connect(url: str) -> Redis:
    """Return a connection that gives up after five seconds rather than hang."""
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)


def rq_queues(connection: Redis) -> dict[Queue, RqQueue]:
    """Return RQ's queues by ours, in the order in which a worker looks into them."""
    return {
        queue: RqQueue(queue.value, connection=connection, serializer=JSONSerializer, job_class=WakeUp)
        for queue in Queue
    }


def relay(desk: Desk, connection: Redis) -> int:
    """Put a wake-up on Redis for every due row that has none; return how many.

    While Redis cannot be reached the rows wait in the database, and this returns 0.
    """
    with desk.reading() as session:
        rows = claims.due(session, at=now(session), kinds=registry.handlers().keys(), most=MOST_AT_ONCE)
    if not rows:
        return 0
    try:
        return _put(rq_queues(connection), rows)
    except RedisError as fault:
        count(Metric.RELAY_FAULTS)
        log.warning("redis_unreachable", waiting=len(rows), exc_info=fault)
        return 0


def wake_up(row_id: str) -> None:
    """Run the job of one row; what RQ calls. The outcome is in the row, so RQ never sees a failure."""
    drain.run_one(_desk(), uuid.UUID(row_id))


def _put(queues: dict[Queue, RqQueue], rows: list[Any]) -> int:
    # What counts is whether the id stands in the list: RQ's own record of a job outlives a lost wake-up.
    there = {name for queue in queues.values() for name in queue.get_job_ids()}
    added = 0
    for row_id, kind in rows:
        if str(row_id) in there:
            continue
        queue = QUEUE_OF[kind]
        # A run may last as long as its queue allows; the margin lets our own record of it come first.
        longest = int(PACE_OF[queue].longest_run.total_seconds()) + 30
        queues[queue].enqueue_job(
            WakeUp.create(
                WAKE_UP, args=(str(row_id),), id=str(row_id), connection=queues[queue].connection,
                timeout=longest, result_ttl=0, failure_ttl=0, serializer=JSONSerializer, origin=queue.value,
            )
        )  # fmt: skip
        count(Metric.JOBS_RELAYED, queue=queue.value)
        added += 1
    return added


@cache
def _desk() -> Desk:
    # Once per process that RQ forks: a connection must not be shared with the parent.
    settings = from_environment()
    registry.load()
    return open_desk(settings, make_engine(settings), name="rq")
