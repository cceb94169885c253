"""A save may rest on a sheet that was not read: it writes what it would have written on one that was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assessments.assessment import Answer, AnswerRevision
from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import Site
from assessments.sheet import memory
from assessments.sheet.answering import Offered, Saved, save_known
from assessments.sheet.reading import believed, read_sheet, read_to_save
from assessments.values.answers import AnswerState
from assessments.workflow import Refused, Stale, WrongState
from tests.answering.conftest import Desk
from tests.answering.test_remembered_sheets import ISO, OWN, known, reading, same, whole
from tests.support.cast import NOW
from tests.support.statements import counted

SAID = (None, AnswerState.NOT_KNOWN, AnswerState.WITHHELD)
Memory = Any


def save(desk: Desk, session: Session, key: str, parts: dict[str, Any], revision: int, **more: Any) -> Saved:
    """Save as a request does: on what the process remembers, or on what it reads."""
    found = believed(session, desk.assessment.id)
    return save_known(
        session,
        found or read_to_save(session, desk.assessment.id),
        key,
        Offered(parts, revision, **more),
        by=desk.stack.cast.petr.actor,
        at=NOW,
        unread=found is not None,
        as_read=lambda sheet: sheet,
    )


@contextmanager
def of_process(other: Memory) -> Iterator[None]:
    """Remember what another process remembers."""
    kept, memory._KEPT = memory._KEPT, other
    try:
        yield
    finally:
        memory._KEPT = kept


@pytest.fixture
def warm(postgres_desk: Desk) -> Desk:
    """A process that has just saved, and remembers it."""
    known(postgres_desk)
    with reading(postgres_desk) as session:
        save(postgres_desk, session, "OHS-02", {}, 0, state=AnswerState.NOT_KNOWN)
        session.commit()
    return postgres_desk


def test_a_save_asks_for_no_sheet_and_the_next_one_neither(warm: Desk) -> None:
    with counted(warm.stack.engine) as ran:
        for revision, parts in enumerate((OWN, ISO, OWN)):
            with reading(warm) as session:
                assert save(warm, session, "OHS-01", parts, revision).written
                session.commit()
    assert len(ran) == 3
    assert all("FROM write_answer(" in one for one in ran)
    assert same(known(warm), whole(warm))


def test_whoever_saves_in_whichever_process_the_same_stands(postgres_desk: Desk) -> None:
    desk = postgres_desk
    sheet = known(desk)
    asked = [key for key in sheet.applicability.asked if key not in sheet.questionnaire.bound_parts][:40]
    processes = [type(memory._KEPT)() for _ in range(2)]
    steps = st.tuples(
        st.sampled_from(asked),
        st.sampled_from(SAID),
        st.integers(0, 1),  # the process
        st.sampled_from(["alone", "commit", "rollback", "savepoint"]),
        st.integers(0, 1),  # how many revisions behind
    )

    def one_save(step: tuple[str, AnswerState | None, int, str, int]) -> None:
        key, state, process, ending, behind = step
        before = whole(desk)
        revision = max(before.answer(key).revision - behind, 0)
        with of_process(processes[process]), reading(desk) as session:
            if ending != "alone":  # in a transaction that runs, a save is part of it
                session.connection()
            inner = session.begin_nested() if ending == "savepoint" else None
            try:
                saved = save(desk, session, key, {}, revision, state=state)
            except (Stale, WrongState):
                assert not before.applicability.asks(key) or revision != before.answer(key).revision
                session.rollback()
                return
            if inner is not None:
                inner.rollback()
            (session.rollback if ending == "rollback" else session.commit)()
        stands = whole(desk).answer(key)
        expected = saved.answer if ending in {"alone", "commit"} else before.answer(key)
        assert stands == expected
        with of_process(processes[process]):
            assert same(known(desk), whole(desk))

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(saves=st.lists(steps, min_size=1, max_size=8))
    def sequence(saves: list[tuple[str, AnswerState | None, int, str, int]]) -> None:
        for step in saves:
            one_save(step)

    sequence()
    with reading(desk) as session:
        count = func.count()
        rows = session.scalar(select(func.sum(Answer.revision)))
        assert session.scalar(select(count).select_from(AnswerRevision)) == (rows or 0)
        saved = select(count).where(AuditEvent.kind == EventKind.ANSWER_SAVED)
        assert session.scalar(saved) == (rows or 0)


def test_a_save_that_rests_on_an_unread_sheet_is_committed_when_it_returns(warm: Desk) -> None:
    with reading(warm) as session:
        assert save(warm, session, "OHS-01", OWN, 0).written
        assert not session.in_transaction()
        assert whole(warm).answer("OHS-01").parts == OWN
        session.rollback()
    assert whole(warm).answer("OHS-01").parts == OWN
    assert same(known(warm), whole(warm))


def test_within_a_transaction_that_runs_the_sheet_is_read(warm: Desk) -> None:
    with reading(warm) as session:
        session.connection()
        assert believed(session, warm.assessment.id) is None
        assert save(warm, session, "OHS-01", OWN, 0).written
        session.rollback()
    assert whole(warm).answer("OHS-01").revision == 0
    assert same(known(warm), whole(warm))


def test_another_server_saved_the_same_question(warm: Desk) -> None:
    with of_process(type(memory._KEPT)()), reading(warm) as session:
        save(warm, session, "OHS-01", OWN, 0)
        session.commit()
    with reading(warm) as session, pytest.raises(Stale) as refused:
        save(warm, session, "OHS-01", ISO, 0)
    assert _parts(refused.value.current) == OWN
    assert _parts(refused.value.offered) == ISO


def test_another_server_saved_another_question(warm: Desk) -> None:
    with of_process(type(memory._KEPT)()), reading(warm) as session:
        save(warm, session, "OHS-03", {}, 0, state=AnswerState.NOT_KNOWN)
        session.commit()
    with counted(warm.stack.engine) as ran, reading(warm) as session:
        saved = save(warm, session, "OHS-01", OWN, 0)
        session.commit()
    assert saved.sheet.answer("OHS-03").state is AnswerState.NOT_KNOWN
    assert len([one for one in ran if "set_config" not in one]) == 2  # what stands came back with the refusal
    assert all("FROM write_answer(" in one for one in ran if "set_config" not in one)
    assert same(known(warm), whole(warm))


def test_the_site_changed_so_that_the_question_is_no_longer_asked(warm: Desk) -> None:
    desk, cast = warm, warm.stack.cast
    with reading(desk) as session:
        session.execute(update(Site).where(Site.id == cast.smelter).values(activities=["TRD"], materials=[]))
        session.commit()
    gone = next(
        key
        for key in known_before(desk)
        if not whole(desk).applicability.asks(key) and key not in whole(desk).questionnaire.bound_parts
    )
    with reading(desk) as session, pytest.raises(WrongState, match="is not asked here"):
        save(desk, session, gone, {}, 0, state=AnswerState.NOT_KNOWN)


def known_before(desk: Desk) -> list[str]:
    """What the process believes to be asked."""
    with reading(desk) as session:
        found = believed(session, desk.assessment.id)
        assert found is not None
        return list(found.sheet.applicability.asked)


def test_what_already_stands_is_looked_up_before_it_is_said(warm: Desk) -> None:
    with of_process(type(memory._KEPT)()), reading(warm) as session:
        save(warm, session, "OHS-02", {}, 1, state=AnswerState.WITHHELD)
        session.commit()
    # The process believes that "not known" stands at revision 1; saving it again is not "nothing to do".
    with reading(warm) as session, pytest.raises(Stale):
        save(warm, session, "OHS-02", {}, 1, state=AnswerState.NOT_KNOWN)


def test_what_a_savepoint_took_back_is_not_counted_as_saved(warm: Desk) -> None:
    with reading(warm) as session:
        inner = session.begin_nested()
        save(warm, session, "OHS-01", OWN, 0)
        inner.rollback()
        session.commit()
    with reading(warm) as session:
        # As many answers and revisions as the process would count, but another answer's.
        save(warm, session, "OHS-03", {}, 0, state=AnswerState.NOT_KNOWN)
        session.commit()
    assert known(warm).answer("OHS-01").revision == 0
    assert same(known(warm), whole(warm))


def test_a_stranger_saves_nothing_on_what_is_remembered(warm: Desk) -> None:
    rita = warm.stack.cast.rita
    with reading(warm) as session:
        found = believed(session, warm.assessment.id)
        assert found is not None
        with pytest.raises(Refused):
            save_known(
                session, found, "OHS-01", Offered(OWN, 0), by=rita.actor, at=NOW + timedelta(1), unread=True,
                as_read=lambda sheet: sheet,
            )  # fmt: skip
    assert read_sheet(warm.stack.session, warm.assessment.id).answer("OHS-01").revision == 0


def _parts(version: Any) -> Any:
    return version["parts"]
