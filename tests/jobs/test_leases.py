"""Leases: one holder at a time, renewed by its holder, anybody's once it ran out."""

from __future__ import annotations

import threading
from datetime import timedelta

from assessments import leases
from plumbline.jobs.desk import now
from tests.support.desks import Place

MINUTE = timedelta(minutes=1)


def take(place: Place, holder: str, later: timedelta = timedelta(0)) -> bool:
    with place.desk.sessions() as session:
        return leases.take(session, "duty", holder, at=now(session) + later, lasts=MINUTE)


def test_a_lease_has_one_holder_until_it_runs_out(place: Place) -> None:
    assert take(place, "one")
    assert not take(place, "two")
    assert take(place, "one"), "its holder may take it again"
    assert not take(place, "two", timedelta(seconds=59))
    assert take(place, "two", timedelta(seconds=61))
    assert not take(place, "one", timedelta(seconds=62))


def test_only_its_holder_renews_a_lease_and_only_while_it_lasts(place: Place) -> None:
    take(place, "one")
    with place.desk.sessions() as session:
        at = now(session)
        assert leases.renew(session, "duty", "one", at=at, lasts=MINUTE)
        assert not leases.renew(session, "duty", "two", at=at, lasts=MINUTE)
        assert not leases.renew(session, "duty", "one", at=at + 2 * MINUTE, lasts=MINUTE)


def test_a_lease_given_back_is_free_at_once(place: Place) -> None:
    take(place, "one")
    with place.desk.sessions() as session:
        leases.release(session, "duty", "two")
    assert not take(place, "two")
    with place.desk.sessions() as session:
        leases.release(session, "duty", "one")
    assert take(place, "two")


def test_of_many_at_once_one_takes_it(place: Place) -> None:
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda n=n: taken.append(take(place, f"holder {n}"))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]


def test_holders_are_told_apart() -> None:
    assert leases.new_holder("worker@host:1") != leases.new_holder("worker@host:1")
