"""Saving an answer: what is stored, what is kept, what it switches, and what is refused with nothing lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from assessments.assessment import Answer, AnswerRevision
from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import Organization, Site
from assessments.questionnaire.model import UnknownQuestion
from assessments.sheet.answering import Offered, profile_seen, save_answer
from assessments.sheet.profile import describe_site
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from assessments.workflow import Invalid, Stale, WrongState
from tests.answering.conftest import Desk
from tests.support.answers_given import settle
from tests.support.assessing import opened
from tests.support.cast import NOW

OWN = {"systems": ["own"], "employees": {"value": "90", "year": 2025, "basis": "estimated"}}


def history(desk: Desk, key: str) -> list[tuple[int, str, dict[str, object]]]:
    rows = desk.stack.session.scalars(
        select(AnswerRevision)
        .where(AnswerRevision.assessment_id == desk.assessment.id, AnswerRevision.question == key)
        .order_by(AnswerRevision.revision)
    )
    return [(row.revision, row.state.value, row.parts) for row in rows]


def test_an_answer_is_stored_with_its_history_and_its_event(desk: Desk) -> None:
    first = desk.save("OHS-01", OWN)
    second = desk.save("OHS-01", {"systems": ["none"]}, by=desk.stack.cast.jana)
    assert (first.answer.revision, first.answer.state) == (1, AnswerState.INCOMPLETE)
    assert (second.answer.revision, second.answer.state) == (2, AnswerState.ANSWERED)
    assert desk.sheet().answer("OHS-01").parts == {"systems": ["none"]}
    assert history(desk, "OHS-01") == [(1, "incomplete", OWN), (2, "answered", {"systems": ["none"]})]
    events = desk.stack.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.ANSWER_SAVED).order_by(AuditEvent.seq)
    ).all()
    assert [event.data["revision"] for event in events] == [1, 2]
    assert {event.actor_id for event in events} == {
        desk.stack.cast.petr.person_id,
        desk.stack.cast.jana.person_id,
    }


def test_a_stale_save_gets_both_versions_and_changes_nothing(desk: Desk) -> None:
    desk.save("OHS-01", OWN)
    with pytest.raises(Stale) as refused:
        desk.save("OHS-01", {"systems": ["iso45001"]}, revision=0)
    assert refused.value.current["parts"] == OWN  # type: ignore[index]
    assert refused.value.current["revision"] == 1  # type: ignore[index]
    assert refused.value.offered["parts"] == {"systems": ["iso45001"]}  # type: ignore[index]
    assert desk.sheet().answer("OHS-01").parts == OWN


def test_the_same_save_sent_twice_is_done_once_and_is_no_conflict(desk: Desk) -> None:
    desk.save("OHS-01", OWN, revision=0)
    again = desk.save("OHS-01", OWN, revision=0)
    assert (again.written, again.answer.revision) == (False, 1)
    assert len(history(desk, "OHS-01")) == 1


def test_nothing_at_all_writes_nothing(desk: Desk) -> None:
    assert desk.save("OHS-01", {}).written is False
    assert desk.stack.session.scalars(select(Answer)).all() == []


@pytest.mark.parametrize("state", [AnswerState.NOT_KNOWN, AnswerState.WITHHELD])
def test_what_the_supplier_says_about_a_question_is_its_state(desk: Desk, state: AnswerState) -> None:
    assert desk.save("OHS-02", {}, state=state, note="Ask the site manager.").answer.state is state
    answer = desk.sheet().answer("OHS-02")
    assert (answer.state, answer.note) == (state, "Ask the site manager.")


def test_does_not_apply_needs_a_reason(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        desk.save("OHS-02", {}, state=AnswerState.NOT_APPLICABLE)
    assert list(refused.value.faults) == ["OHS-02.reason"]
    kept = desk.save("OHS-02", {}, state=AnswerState.NOT_APPLICABLE, reason="Nobody works here.")
    assert (kept.answer.state, kept.answer.reason) == (AnswerState.NOT_APPLICABLE, "Nobody works here.")


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"systems": ["iso9001"]}, "OHS-01.systems"),
        ({"systems": ["none", "own"]}, "OHS-01.systems"),
        ({"employees": "ninety"}, "OHS-01.employees"),
        ({"employees": "101"}, "OHS-01.employees"),
        ({"employees": {"value": "90", "year": "soon"}}, "OHS-01.employees.year"),
        ({"staff": "90"}, "OHS-01"),
    ],
)
def test_what_cannot_be_read_names_its_place(desk: Desk, parts: dict[str, object], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.save("OHS-01", parts)
    assert list(refused.value.faults) == [place]
    assert desk.sheet().answer("OHS-01").revision == 0


def test_an_unknown_question_is_named(desk: Desk) -> None:
    with pytest.raises(UnknownQuestion, match="OHS-99"):
        save_answer(
            desk.stack.session, desk.sheet(), "OHS-99", Offered({}, 0), by=desk.stack.cast.petr.actor, at=NOW
        )


def test_a_question_that_is_not_asked_is_refused_with_the_rule(desk: Desk) -> None:
    with pytest.raises(WrongState, match="this site does not mine or quarry"):
        desk.save("OHS-13", {}, state=AnswerState.NOT_KNOWN)


def test_an_answer_switches_questions_on_and_off_with_the_reason(desk: Desk) -> None:
    some = {"discharge": [{"row": "process", "leaves": "some"}]}
    on = desk.save("ENV-23", some)
    assert on.changed.now_applies == (("ENV-24", "Asked because process water leaves this site."),)
    off = desk.save("ENV-23", {"discharge": [{"row": "process", "leaves": "none"}]})
    assert [key for key, _reason in off.changed.no_longer_applies] == ["ENV-24"]
    assert off.changed.no_longer_applies[0][1].startswith("Not asked because")


def test_a_company_answer_is_the_same_at_every_site_of_the_cycle(desk: Desk) -> None:
    cast = desk.stack.cast
    yard = opened(desk.stack.session, cast.yard, by=cast.jana.actor, at=NOW)
    desk.save("PRO-02", {"scope": "company", "missing": "none"})
    at_yard = read_sheet(desk.stack.session, yard.id)
    assert at_yard.answer("PRO-02").parts == {"scope": "company", "missing": "none"}
    assert at_yard.answer("PRO-02").assessment_id == at_yard.company_assessment_id
    offered = Offered({"scope": "one_site"}, 0)
    with pytest.raises(Stale):
        save_answer(desk.stack.session, at_yard, "PRO-02", offered, by=cast.jana.actor, at=NOW)


def test_a_profile_question_writes_the_site_and_reads_it_back(desk: Desk) -> None:
    before = desk.sheet().answer("PRO-06")
    assert (before.revision, before.state, before.parts["activities"]) == (0, AnswerState.ANSWERED, ["SMR"])
    desk.save("PRO-06", {"activities": ["SMR", "REC"], "production": "yes"})
    site = desk.stack.session.get_one(Site, desk.stack.cast.smelter)
    desk.stack.session.refresh(site)
    assert (site.activities, site.revision) == (["SMR", "REC"], 2)
    assert desk.sheet().applicability.asks("OHS-14")  # asked of sites that recycle


def test_a_profile_page_that_changed_the_site_makes_an_older_answer_stale(desk: Desk) -> None:
    sheet = desk.sheet()
    question = sheet.questionnaire.question("PRO-06")
    seen = profile_seen(question, sheet.answer("PRO-06").parts)
    site = desk.stack.session.get_one(Site, desk.stack.cast.smelter)
    describe_site(
        desk.stack.session, site, {"activities": ["TRD"]}, revision=1, by=desk.stack.cast.jana.actor, at=NOW
    )
    desk.stack.session.commit()
    with pytest.raises(Stale) as refused:
        desk.save("PRO-06", {"activities": ["SMR"], "production": "no"}, revision=0, profile=seen)
    assert refused.value.current["parts"]["activities"] == ["TRD"]  # type: ignore[index]


def test_a_column_that_was_emptied_since_is_not_shown_from_an_old_answer(desk: Desk) -> None:
    desk.save("PRO-05", {"site_title": "Ostrava smelter", "country": "CZE", "tenure": "owned"})
    site = desk.stack.session.get_one(Site, desk.stack.cast.smelter)
    desk.stack.session.refresh(site)
    describe_site(
        desk.stack.session,
        site,
        {"tenure": None},
        revision=site.revision,
        by=desk.stack.cast.jana.actor,
        at=NOW,
    )
    desk.stack.session.commit()
    assert "tenure" not in desk.sheet().answer("PRO-05").parts


def test_saying_the_lei_of_another_organization_tells_nothing_of_it(desk: Desk) -> None:
    other = desk.stack.session.get_one(Organization, desk.stack.cast.rival)
    other.lei = "549300TRUWO2CD2G5692"
    desk.stack.session.commit()
    parts = {**desk.sheet().answer("PRO-01").parts, "lei": "549300TRUWO2CD2G5692"}
    desk.save("PRO-01", parts)
    assert desk.sheet().answer("PRO-01").parts["lei"] == "549300TRUWO2CD2G5692"


def test_more_people_than_a_column_holds_are_refused_at_the_field(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        desk.save("PRO-03", {"employees": "99999999999"})
    assert list(refused.value.faults) == ["PRO-03.employees"]


def test_after_handing_in_every_answer_is_frozen(desk: Desk) -> None:
    cast = desk.stack.cast
    settle(desk.stack.session, desk.assessment.id, by=cast.petr.actor, at=NOW)
    submit(
        desk.stack.session, desk.assessment.id, agrees_to_public_statement=True, by=cast.jana.actor, at=NOW
    )
    desk.stack.session.commit()
    with pytest.raises(WrongState, match="frozen"):
        desk.save("OHS-01", OWN)
    assert desk.sheet().answer("OHS-01").state is AnswerState.NOT_KNOWN


def test_a_save_is_a_fixed_number_of_statements(desk: Desk, statements: list[str]) -> None:
    counts = []
    for parts in ({"systems": ["own"]}, {"systems": ["none"]}):
        sheet = desk.sheet()
        statements.clear()
        save_answer(
            desk.stack.session, sheet, "OHS-01", Offered(parts, sheet.answer("OHS-01").revision),
            by=desk.stack.cast.petr.actor, at=NOW,
        )  # fmt: skip
        desk.stack.session.commit()
        counts.append(len(statements))
    # PostgreSQL: one statement writes answer, history and event. SQLite: look, write, keep, tell.
    assert counts == ([1, 1] if desk.stack.is_postgresql else [4, 4])


def test_a_sheet_is_one_statement(desk: Desk, statements: list[str]) -> None:
    desk.save("OHS-01", OWN)
    desk.stack.session.rollback()
    statements.clear()
    sheet = read_sheet(desk.stack.session, desk.assessment.id)
    assert sheet.answer("OHS-01").revision == 1
    assert len([s for s in statements if "answer" in s]) == 1
    assert len([s for s in statements if not s.startswith("SELECT set_config")]) == 1


def test_a_question_of_a_site_is_not_asked_of_the_company(desk: Desk) -> None:
    company = read_sheet(desk.stack.session, desk.sheet().company_assessment_id)
    offered = Offered({}, 0, AnswerState.NOT_KNOWN)
    with pytest.raises(WrongState, match="It is answered for each site"):
        save_answer(desk.stack.session, company, "OHS-03", offered, by=desk.stack.cast.petr.actor, at=NOW)
