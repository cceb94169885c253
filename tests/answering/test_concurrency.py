"""Two people at once, and a save while the assessment is being handed in, on real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import frozen, latest_snapshot, submit
from assessments.values.answers import AnswerState
from assessments.verification.recording import UNSAID, declare_maturity, declared_version
from assessments.workflow import Stale, WrongState
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.answering.conftest import Desk
from tests.support.answers_given import settle
from tests.support.cast import NOW

WITHHELD = AnswerState.WITHHELD
MINE, THEIRS = {"systems": ["own"]}, {"systems": ["iso45001"]}


def in_thread(work: Callable[[], None]) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  handed to the test
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_of_two_people_who_read_the_same_the_second_gets_both_values(desk: Desk) -> None:
    stack = desk.stack
    jana_sheet, petr_sheet = desk.sheet(), desk.sheet()
    stack.session.rollback()
    with tenant_session(stack.engine, SYSTEM_TENANT) as first:
        save_answer(first, jana_sheet, "OHS-01", Offered(MINE, 0), by=stack.cast.jana.actor, at=NOW)
        first.commit()
    with tenant_session(stack.engine, SYSTEM_TENANT) as second, pytest.raises(Stale) as refused:
        save_answer(second, petr_sheet, "OHS-01", Offered(THEIRS, 0), by=stack.cast.petr.actor, at=NOW)
    assert refused.value.current["parts"] == MINE  # type: ignore[index]
    assert refused.value.offered["parts"] == THEIRS  # type: ignore[index]
    assert desk.sheet().answer("OHS-01").parts == MINE


def test_two_first_saves_at_the_same_moment_do_not_overwrite_each_other(postgres_desk: Desk) -> None:
    """The second waits for the first's row and then finds it there, although it had read nothing."""
    stack = postgres_desk.stack
    sheet = postgres_desk.sheet()
    stack.session.rollback()

    def second() -> None:
        with tenant_session(stack.engine, SYSTEM_TENANT) as session:
            save_answer(session, sheet, "OHS-01", Offered(THEIRS, 0), by=stack.cast.petr.actor, at=NOW)
            session.commit()

    with tenant_session(stack.engine, SYSTEM_TENANT) as first:
        save_answer(first, sheet, "OHS-01", Offered(MINE, 0), by=stack.cast.jana.actor, at=NOW)
        thread, raised = in_thread(second)
        thread.join(0.5)
        assert thread.is_alive(), "the second save waits for the first one's transaction"
        first.commit()
    thread.join(10)
    assert [type(error) for error in raised] == [Stale]
    assert postgres_desk.sheet().answer("OHS-01").parts == MINE


def test_a_save_that_began_first_is_in_the_snapshot(postgres_desk: Desk) -> None:
    stack, key = postgres_desk.stack, postgres_desk.assessment.id
    sheet = settle(stack.session, key, by=stack.cast.petr.actor, at=NOW)
    revision = sheet.answer("OHS-02").revision

    def hand_in() -> None:
        with tenant_session(stack.engine, SYSTEM_TENANT) as session:
            submit(session, key, agrees_to_public_statement=True, by=stack.cast.jana.actor, at=NOW)
            session.commit()

    with tenant_session(stack.engine, SYSTEM_TENANT) as saving:
        save_answer(
            saving, sheet, "OHS-02", Offered({}, revision, WITHHELD), by=stack.cast.petr.actor, at=NOW
        )
        thread, raised = in_thread(hand_in)
        thread.join(0.5)
        assert thread.is_alive(), "handing in waits for the save"
        saving.commit()
    thread.join(10)
    assert raised == []
    snapshot = latest_snapshot(stack.session, key)
    assert snapshot is not None
    pinned = {each["question"]: each for each in frozen(snapshot)["answers"]}
    assert (pinned["OHS-02"]["state"], pinned["OHS-02"]["revision"]) == ("withheld", revision + 1)


def test_a_save_that_comes_after_handing_in_began_is_refused(postgres_desk: Desk) -> None:
    stack, key = postgres_desk.stack, postgres_desk.assessment.id
    sheet = settle(stack.session, key, by=stack.cast.petr.actor, at=NOW)
    revision = sheet.answer("OHS-02").revision

    def late() -> None:
        with tenant_session(stack.engine, SYSTEM_TENANT) as session:
            offered = Offered({}, revision, WITHHELD)
            save_answer(session, sheet, "OHS-02", offered, by=stack.cast.petr.actor, at=NOW)
            session.commit()

    with tenant_session(stack.engine, SYSTEM_TENANT) as handing_in:
        submit(handing_in, key, agrees_to_public_statement=True, by=stack.cast.jana.actor, at=NOW)
        thread, raised = in_thread(late)
        thread.join(0.5)
        assert thread.is_alive(), "the save waits until it is known whether it was handed in"
        handing_in.commit()
    thread.join(10)
    assert [type(error) for error in raised] == [WrongState]
    assert read_sheet(stack.session, key).answer("OHS-02").revision == revision


@pytest.mark.parametrize("said", [None, 2])
def test_of_two_levels_at_the_same_moment_the_second_is_told_of_the_first(
    postgres_desk: Desk, said: int | None
) -> None:
    """Whether somebody had said something before or not, the second waits for the first."""
    stack, sheet = postgres_desk.stack, postgres_desk.sheet()
    over = UNSAID
    if said is not None:
        row = declare_maturity(stack.session, sheet, "OHS.1", said, by=stack.cast.jana.actor, at=NOW)
        over = declared_version(row)
        stack.session.commit()
    stack.session.rollback()

    def second() -> None:
        with tenant_session(stack.engine, SYSTEM_TENANT) as session:
            declare_maturity(session, sheet, "OHS.1", 4, by=stack.cast.petr.actor, at=NOW, over=over)
            session.commit()

    with tenant_session(stack.engine, SYSTEM_TENANT) as first:
        declare_maturity(first, sheet, "OHS.1", 3, by=stack.cast.jana.actor, at=NOW, over=over)
        first.flush()
        thread, raised = in_thread(second)
        thread.join(0.5)
        assert thread.is_alive(), "the second waits for the first one's transaction"
        first.commit()
    thread.join(10)
    assert [type(error) for error in raised] == [Stale]
    assert postgres_desk.sheet().self_levels["OHS.1"] == 3
