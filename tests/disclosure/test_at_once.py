"""Two people at once: what is shared of a site changes by one transaction after the other."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy.orm import Session

from assessments.result import Layer
from assessments.sharing.disclosure import Disclosure
from assessments.sharing.granting import Offer, grant, revoke
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.support.acts import YEAR, disclosed
from tests.support.buyers import listed
from tests.support.cast import NOW
from tests.support.worlds import Finished


def test_a_grant_beside_a_revocation_leaves_no_trace_of_what_was_revoked(finished_postgres: Finished) -> None:
    world, result, cast = finished_postgres, finished_postgres.result, finished_postgres.cast
    first = disclosed(world, result, layers=frozenset({Layer.PROFILE})).id
    offer = Offer(
        site_id=result.site_id, result_id=result.id, layers=frozenset({Layer.STATUS}), purpose="x",
        ends_at=NOW + YEAR,
    )  # fmt: skip
    done = threading.Event()

    def take_back() -> None:
        with tenant_session(world.engine, SYSTEM_TENANT) as session:
            disclosure = session.get_one(Disclosure, first)
            revoke(session, disclosure, by=cast.jana.actor, at=NOW + timedelta(seconds=1))
            session.commit()
        done.set()

    other = threading.Thread(target=take_back)
    with tenant_session(world.engine, SYSTEM_TENANT) as session:
        _grant_and_wait(session, offer, world, other, done)
    other.join(timeout=20)
    assert done.is_set()
    (entry,) = listed(world, cast.anna)
    assert (list(entry.maturity), entry.stage, entry.critical_open) == ([], "published", None)


def _grant_and_wait(
    session: Session, offer: Offer, world: Finished, other: threading.Thread, done: threading.Event
) -> None:
    """Grant, let the other begin while this is not committed, and see it wait."""
    grant(session, offer, buyer_id=world.cast.nordvolt, by=world.cast.jana.actor, at=NOW)
    other.start()
    assert not done.wait(1.0)
    session.commit()
