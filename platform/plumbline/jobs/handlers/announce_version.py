"""ANNOUNCE_VERSION: ask for a letter to each supplier whose round stays on an older version.

Payload: ``version_id``; ``after``, where a part before ended. Some at a time: each part asks for the next.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from assessments.outbox import AT_ONCE, JobKind, later
from assessments.rounds.announcing import announce
from plumbline.jobs.registry import Hopeless, Job, inside


@inside(JobKind.ANNOUNCE_VERSION)
def announce_version(session: Session, job: Job) -> None:
    """One letter an organization; told twice, it is asked for once."""
    try:
        version_id = uuid.UUID(str(job.payload["version_id"]))
        after = uuid.UUID(str(job.payload["after"])) if job.payload.get("after") else None
    except (KeyError, ValueError) as error:
        raise Hopeless("the payload names no version") from error
    last = announce(session, version_id, at=job.at, most=AT_ONCE, after=after)
    if last is not None:
        payload = {"version_id": str(version_id), "after": str(last)}
        later(session, job.kind, payload, at=job.at, key=f"version/{version_id}/after/{last}")
