"""A sheet that a process remembers is the one that the database would give it whole (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from assessments.parties import Organization, Site
from assessments.questionnaire.languages.translation import in_language
from assessments.sheet import memory
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import NoSuchAssessment, read_sheet
from assessments.values.answers import AnswerState
from plumbline.transaction import SYSTEM_TENANT, Tenant, tenant_session
from tests.answering.conftest import Desk
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.statements import counted

OWN, ISO = {"systems": ["own"]}, {"systems": ["iso45001"]}
SAID = (AnswerState.NOT_KNOWN, AnswerState.WITHHELD)


@contextmanager
def reading(desk: Desk) -> Iterator[Session]:
    """A transaction of its own, as another request has."""
    with tenant_session(desk.stack.engine, SYSTEM_TENANT) as session:
        yield session


def whole(desk: Desk) -> AnswerSheet:
    """The sheet as a process that has just started reads it."""
    kept, memory._KEPT = memory._KEPT, type(memory._KEPT)()
    try:
        with reading(desk) as session:
            return read_sheet(session, desk.assessment.id)
    finally:
        memory._KEPT = kept


def known(desk: Desk) -> AnswerSheet:
    with reading(desk) as session:
        return read_sheet(session, desk.assessment.id)


def same(one: AnswerSheet, other: AnswerSheet) -> bool:
    """Whether both say the same, also in what they work out."""
    return (
        one == other
        and one.answers == other.answers
        and dict(one.applicability.asked) == dict(other.applicability.asked)
        and dict(one.applicability.not_asked) == dict(other.applicability.not_asked)
        and one.applicability.answers == other.applicability.answers
        and dict(one.progress) == dict(other.progress)
    )


def save(
    desk: Desk, session: Session, key: str, parts: dict[str, Any], state: AnswerState | None, at: datetime
) -> None:
    sheet = read_sheet(session, desk.assessment.id)
    offered = Offered(parts, sheet.answer(key).revision, state)
    save_answer(session, sheet, key, offered, by=desk.stack.cast.petr.actor, at=at)


def test_whatever_others_save_what_is_remembered_is_what_stands(postgres_desk: Desk) -> None:
    desk = postgres_desk
    asked = [
        key for key in known(desk).applicability.asked if key not in known(desk).questionnaire.bound_parts
    ]
    steps = st.tuples(
        st.sampled_from(asked),
        st.sampled_from([None, *SAID]),
        st.sampled_from([timedelta(0), timedelta(minutes=9), timedelta(hours=3), timedelta(days=-2)]),
        st.booleans(),
        st.booleans(),
    )

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(saves=st.lists(steps, min_size=1, max_size=8))
    def sequence(saves: list[tuple[str, AnswerState | None, timedelta, bool, bool]]) -> None:
        for key, state, later, committed, looked in saves:
            with reading(desk) as session:
                if not read_sheet(session, desk.assessment.id).applicability.asks(key):
                    continue
                save(desk, session, key, {}, state, NOW + later)
                # Read again in the same transaction: what may yet be taken back is not remembered.
                read_sheet(session, desk.assessment.id)
                (session.commit if committed else session.rollback)()
            if looked:
                assert same(known(desk), whole(desk))
        assert same(known(desk), whole(desk))

    sequence()


def test_what_was_taken_back_is_not_remembered(postgres_desk: Desk) -> None:
    desk = postgres_desk
    known(desk)
    with reading(desk) as session:
        save(desk, session, "OHS-01", OWN, None, NOW)
        assert read_sheet(session, desk.assessment.id).answer("OHS-01").parts == OWN
        session.rollback()
    with reading(desk) as session:
        save(desk, session, "OHS-01", ISO, None, NOW - timedelta(days=1))
        session.commit()
    assert known(desk).answer("OHS-01").parts == ISO


def test_an_answer_that_was_committed_long_after_its_instant_is_found(
    postgres_desk: Desk,
) -> None:
    desk = postgres_desk
    desk.save("OHS-02", {}, state=AnswerState.NOT_KNOWN)
    known(desk)
    with reading(desk) as session:
        save(desk, session, "OHS-01", OWN, None, NOW - timedelta(hours=1))
        session.commit()
    assert known(desk).answer("OHS-01").parts == OWN
    assert same(known(desk), whole(desk))


def test_columns_of_company_and_site_are_never_remembered_past_their_change(postgres_desk: Desk) -> None:
    desk, cast = postgres_desk, postgres_desk.stack.cast
    desk.save("OHS-02", {}, state=AnswerState.NOT_KNOWN)
    before = known(desk)
    with reading(desk) as session:
        session.execute(update(Site).where(Site.id == cast.smelter).values(employees=7, activities=["REC"]))
        session.execute(
            update(Organization).where(Organization.id == before.organization_id).values(employees=7)
        )
        session.commit()
    after = known(desk)
    assert (after.site or {})["employees"] == 7
    assert dict(after.applicability.asked) != dict(before.applicability.asked)
    assert same(after, whole(desk))


def test_only_what_changed_is_read_and_by_one_statement(postgres_desk: Desk) -> None:
    desk = postgres_desk
    for key in ("OHS-01", "OHS-02", "OHS-03"):
        desk.save(key, {}, state=AnswerState.NOT_KNOWN)
    first = known(desk)
    asked = first.applicability
    with counted(desk.stack.engine) as ran:
        again = known(desk)
    assert len([one for one in ran if "answer_sheet" in one]) == 1
    # Taken over, neither read nor decided again: the very same objects.
    assert all(again.stored[key] is first.stored[key] for key in first.stored)
    assert again.applicability is asked


def test_a_stranger_gets_nothing_from_memory(postgres_desk: Desk) -> None:
    desk, cast = postgres_desk, postgres_desk.stack.cast
    desk.save("OHS-01", OWN)
    known(desk)
    for stranger in (cast.rita, cast.anna, cast.axel):
        with (
            tenant_session(desk.stack.engine, Tenant.of(stranger.actor)) as session,
            pytest.raises(NoSuchAssessment),
        ):
            read_sheet(session, desk.assessment.id)


def test_the_oldest_is_forgotten_first(postgres_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, stack = postgres_desk, postgres_desk.stack
    monkeypatch.setattr(memory, "MOST_KEPT", 1)
    yard = Desk(stack, opened(stack.session, stack.cast.yard, by=stack.cast.jana.actor, at=NOW))
    for one in (desk, yard):
        one.save("OHS-02", {}, state=AnswerState.NOT_KNOWN)
        known(one)
        assert list(memory._KEPT[stack.engine]) == [one.assessment.id]
    assert same(known(desk), whole(desk))


def test_in_another_language_what_is_known_goes_along(postgres_desk: Desk) -> None:
    desk = postgres_desk
    desk.save("OHS-03", {}, state=AnswerState.NOT_KNOWN)
    first = known(desk)
    german = in_language(first.questionnaire, "de")
    before = first.read_in(german)
    assert before is first.read_in(german)
    decided = before.applicability
    desk.save("OHS-02", {}, state=AnswerState.NOT_KNOWN)
    after = known(desk)
    assert after.read_in(german).applicability.asked is decided.asked
    assert same(after.read_in(german), whole(desk).read_in(german))
    assert after.read_in(german).questionnaire is german
