"""How often something may be tried. Counted in the database: with the store down nothing is unlimited."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from plumbline.identity.records import Throttle


@dataclass(frozen=True)
class Limit:
    """At most ``times`` within ``window``, for one kind of thing."""

    name: str
    times: int
    window: timedelta


SIGN_IN_ACCOUNT = Limit("sign-in account", 10, timedelta(minutes=5))
SIGN_IN_ADDRESS = Limit("sign-in address", 50, timedelta(minutes=5))
SIGN_IN_ALL = Limit("sign-in all", 2000, timedelta(minutes=5))
REQUESTS_SENT = Limit("access requests", 200, timedelta(days=1))
"""By one buyer: each may become a letter to somebody, and a list of guesses is not a question."""


class TooMany(Exception):
    """The limit is reached; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many tries; again in {retry_after} s")
        self.retry_after = retry_after


def count(session: Session, limit: Limit, subject: str, *, at: datetime) -> None:
    """Count one try of ``subject``; raise TooMany past the limit. The caller commits either way."""
    seconds = int(limit.window.total_seconds())
    start = datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, tz=UTC)
    bucket = hashlib.sha256(f"{limit.name}\0{subject}".encode()).hexdigest()
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert(Throttle) if dialect == "postgresql" else sqlite.insert(Throttle)
    statement = insert.values(bucket=bucket, window_start=start, count=1).on_conflict_do_update(
        index_elements=["bucket", "window_start"], set_={"count": Throttle.count + 1}
    )
    session.execute(statement)
    tried = session.scalar(
        select(Throttle.count).where(Throttle.bucket == bucket, Throttle.window_start == start)
    )
    if (tried or 0) > limit.times:
        raise TooMany(max(1, int((start + limit.window - at).total_seconds())))
