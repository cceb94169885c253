"""Keeping the list: who may, what is refused, and that every move can be taken back and is an event."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.audit.events import AuditEvent
from assessments.questionnaire.standards import standards
from assessments.sharing.asks import (
    MOST_ROWS,
    BuyerAsk,
    Said,
    add_ask,
    change_ask,
    look_at_ask,
    remove_ask,
    rows_of,
    taken_off,
    undo_ask,
)
from assessments.workflow import Invalid, Refused, Stale, WrongActor
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.asks.conftest import next_version
from tests.conftest import Stack
from tests.support.cast import NOW

SAFETY = Said("ISO45001", reason="Clause 7 of our terms")


def kept(stack: Stack) -> list[Said]:
    """What Nordvolt's list says now."""
    return [row.said for row in stack.session.scalars(rows_of(stack.cast.nordvolt))]


def add(stack: Stack, said: Said = SAFETY) -> BuyerAsk:
    """A row of Nordvolt's, by Anna."""
    return add_ask(stack.session, said, by=stack.cast.anna.actor, at=NOW)


def test_a_row_is_added_changed_and_taken_off_and_each_is_an_event(listed: Stack) -> None:
    session, anna = listed.session, listed.cast.anna.actor
    ask = add(listed)
    smelters = Said("ISO45001", ("ISO45001.4",), "CZE", "copper", "SMR", "Clause 7", shown=False)
    change_ask(session, ask, smelters, revision=1, by=anna, at=NOW)
    assert kept(listed) == [smelters]
    change_ask(session, ask, smelters, revision=2, by=anna, at=NOW)
    remove_ask(session, ask, by=anna, at=NOW)
    assert kept(listed) == []
    assert session.scalars(taken_off(listed.cast.nordvolt)).all() == [ask]
    told = session.scalars(
        select(AuditEvent).where(AuditEvent.subject_id == ask.id).order_by(AuditEvent.seq)
    ).all()
    assert [each.kind.value for each in told] == ["ask_added", "ask_changed", "ask_removed"]
    assert [each.data for each in told] == [{"revision": 1}, {"revision": 2}, {"revision": 3}]
    assert {each.organization_id for each in told} == {listed.cast.nordvolt}


def test_each_move_can_be_taken_back_and_made_again(listed: Stack) -> None:
    session, anna = listed.session, listed.cast.anna.actor
    ask = add(listed)
    undo_ask(session, ask, by=anna, at=NOW)
    assert kept(listed) == []
    undo_ask(session, ask, by=anna, at=NOW)
    assert kept(listed) == [SAFETY]
    other = Said("ISO45001", country="CZE")
    change_ask(session, ask, other, revision=ask.revision, by=anna, at=NOW)
    undo_ask(session, ask, by=anna, at=NOW)
    assert kept(listed) == [SAFETY]
    undo_ask(session, ask, by=anna, at=NOW)
    assert kept(listed) == [other]
    remove_ask(session, ask, by=anna, at=NOW)
    undo_ask(session, ask, by=anna, at=NOW)
    assert kept(listed) == [other]


def test_two_who_change_one_row_do_not_overwrite_each_other(listed: Stack) -> None:
    session, anna = listed.session, listed.cast.anna.actor
    ask = add(listed)
    change_ask(session, ask, Said("ISO45001", country="CZE"), revision=1, by=anna, at=NOW)
    with pytest.raises(Stale) as stale:
        change_ask(session, ask, Said("ISO45001", country="DEU"), revision=1, by=anna, at=NOW)
    both = stale.value
    assert (both.current["country"], both.offered["country"]) == ("CZE", "DEU")  # type: ignore[index]
    assert kept(listed) == [Said("ISO45001", country="CZE")]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (Said("ISO99"), "standard"),
        (Said("ISO45001", ("ISO14001.4",)), "elements"),
        (Said("ISO45001", country="QQQ"), "country"),
        (Said("ISO45001", material="unobtainium"), "material"),
        (Said("ISO45001", activity="ALL"), "activity"),
        (Said("ISO45001", reason="a" * 501), "reason"),
        (Said("ISO45001", reason="a\x00b"), "reason"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_place(shown: Stack, said: Said, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(shown, said)
    assert set(refused.value.faults) == {place}


def test_elements_stand_in_the_standards_order_each_once(shown: Stack) -> None:
    ask = add(shown, Said("ISO45001", ("ISO45001.10", "ISO45001.4", "ISO45001.10"), reason="  so \n so "))
    assert (ask.elements, ask.reason) == (["ISO45001.4", "ISO45001.10"], "so so")


def test_the_same_row_stands_once(shown: Stack) -> None:
    session, anna = shown.session, shown.cast.anna.actor
    first = add(shown)
    with pytest.raises(Refused, match="already"):
        add(shown, Said("ISO45001", reason="Another reason"))
    remove_ask(session, first, by=anna, at=NOW)
    add(shown)
    with pytest.raises(Refused, match="already"):
        undo_ask(session, first, by=anna, at=NOW)


def test_a_list_has_an_end(shown: Stack) -> None:
    countries = ["CZE", "DEU", "FRA"]
    rows = [Said(key, country=country) for country in countries for key in standards()][:MOST_ROWS]
    for said in rows:
        add(shown, said)
    with pytest.raises(Refused, match="40 rows"):
        add(shown, Said("ISO45001", material="copper"))


def test_nobody_else_keeps_it(listed: Stack) -> None:
    session, cast = listed.session, listed.cast
    ask = add(listed)
    for member in (cast.axel, cast.jana, cast.lena, cast.sara):
        with pytest.raises(WrongActor):
            add_ask(session, SAFETY, by=member.actor, at=NOW)
    for member in (cast.axel, cast.hugo, cast.jana):
        for move in (remove_ask, undo_ask, look_at_ask):
            with pytest.raises(WrongActor):
                move(session, ask, by=member.actor, at=NOW)
        with pytest.raises(WrongActor):
            change_ask(session, ask, Said("VSME"), revision=1, by=member.actor, at=NOW)
    assert kept(listed) == [SAFETY]


def test_a_row_taken_off_moves_no_more_but_back(shown: Stack) -> None:
    session, anna = shown.session, shown.cast.anna.actor
    ask = add(shown)
    remove_ask(session, ask, by=anna, at=NOW + timedelta(days=1))
    for move in (remove_ask, look_at_ask):
        with pytest.raises(Refused, match="taken off"):
            move(session, ask, by=anna, at=NOW)
    with pytest.raises(Refused, match="taken off"):
        change_ask(session, ask, Said("VSME"), revision=ask.revision, by=anna, at=NOW)


def test_looking_at_it_is_noted_once_a_version(listed: Stack) -> None:
    session, anna = listed.session, listed.cast.anna.actor
    ask = add(listed)
    before = ask.version_id
    look_at_ask(session, ask, by=anna, at=NOW)
    assert (ask.version_id, ask.revision) == (before, 1)
    next_version(listed)
    with pytest.raises(Stale):
        look_at_ask(session, ask, by=anna, at=NOW, revision=2)
    look_at_ask(session, ask, by=anna, at=NOW, revision=1)
    assert ask.version_id != before
    look_at_ask(session, ask, by=anna, at=NOW, revision=1)
    assert ask.revision == 2, "looked at beside another version, it reads otherwise"
    told = session.scalars(select(AuditEvent.kind).where(AuditEvent.subject_id == ask.id)).all()
    assert [kind.value for kind in told] == ["ask_added", "ask_looked_at"]


def test_two_who_add_the_same_row_at_once_leave_one(on_postgresql: Stack) -> None:
    by, refused = on_postgresql.cast.anna.actor, list[str]()
    done = threading.Event()

    def second() -> None:
        with tenant_session(on_postgresql.engine, SYSTEM_TENANT) as session:
            try:
                add_ask(session, SAFETY, by=by, at=NOW)
                session.commit()
            except Refused as error:
                refused.append(str(error.message))
        done.set()

    other = threading.Thread(target=second)
    with tenant_session(on_postgresql.engine, SYSTEM_TENANT) as session:
        add_ask(session, SAFETY, by=by, at=NOW)
        other.start()
        assert not done.wait(1.0)
        session.commit()
    other.join(timeout=20)
    assert refused == ["This row is on your list already."]
    assert kept(on_postgresql) == [SAFETY]


def test_what_somebody_else_did_meanwhile_is_not_taken_back(listed: Stack) -> None:
    session, anna = listed.session, listed.cast.anna.actor
    ask = add(listed)
    narrowed = Said("ISO45001", country="CZE")
    change_ask(session, ask, narrowed, revision=1, by=anna, at=NOW)
    with pytest.raises(Stale) as stale:
        undo_ask(session, ask, by=anna, at=NOW, revision=1)
    assert stale.value.current["country"] == "CZE"  # type: ignore[index]
    assert kept(listed) == [narrowed]
    undo_ask(session, ask, by=anna, at=NOW, revision=2)
    assert kept(listed) == [SAFETY]
