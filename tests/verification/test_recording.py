"""What an assessor records: levels, checks, notes, drafts, clarifications; by whom and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment, AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.overviews.workbench import read_case
from assessments.parties import SYSTEM, Actor, Site
from assessments.questionnaire.model import FindingKind, Grade, UnknownQuestion
from assessments.sheet.snapshot import submit
from assessments.verification.assignment import Basis
from assessments.verification.clarification import ask_clarification, close_clarification, open_clarification
from assessments.verification.finding import Finding, FindingState
from assessments.verification.notes import AssessorNote, write_note
from assessments.verification.recording import declare_maturity, verify_answer, verify_maturity
from assessments.verification.unshared_findings import delete_finding, draft_finding, revise_finding
from assessments.workflow import Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import answer_everything, assigned, documented, submitted
from tests.support.assessing import opened
from tests.support.cast import NOW

DAY = timedelta(days=1)


@pytest.fixture
def case(embedded: Stack) -> Assessment:
    """A case assigned, accepted, both assessors independent."""
    assessment = submitted(embedded)
    assigned(embedded, assessment)
    return assessment


def draft(stack: Stack, assessment: Assessment, by: Actor, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "topic": "OHS.1", "questions": ["OHS-01"], "grade": Grade.MAJOR, "kind": FindingKind.GAP,
        "statement": "Two of five hoods had no airflow.", "first_step": None, "references": ["ILO.C155"],
        "evidence": [], **more,
    }  # fmt: skip
    return draft_finding(stack.session, assessment, **values, by=by, at=NOW)


def level(stack: Stack, assessment: Assessment, by: Actor, number: int, **more: Any) -> Any:
    values: dict[str, Any] = {"basis": Basis.ON_SITE, "worker_voice": False, "seen": "", **more}
    topic = values.pop("topic", "OHS.1")
    return verify_maturity(stack.session, assessment, topic, number, **values, by=by, at=NOW)


def test_levels_above_two_need_what_was_seen(embedded: Stack, case: Assessment) -> None:
    sam = embedded.cast.sam.actor
    row = level(embedded, case, sam, 2)
    assert (row.verified_level, row.self_level, row.seen) == (2, 3, None)
    with pytest.raises(Refused) as refused:
        level(embedded, case, sam, 3, seen="  ")
    assert refused.value.places == ("seen",)
    assert level(embedded, case, sam, 4, seen="Drills on each shift.").verified_level == 4
    embedded.session.flush()


@pytest.mark.parametrize(
    ("number", "more"),
    [(5, {}), (-1, {}), (1, {"basis": Basis.SELF_DECLARED}), (1, {"topic": "PRO.1"}), (1, {"topic": "X.9"})],
)
def test_levels_that_make_no_sense(
    embedded: Stack, case: Assessment, number: int, more: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        level(embedded, case, embedded.cast.sam.actor, number, **more)


def test_an_answer_carries_each_basis_once_with_its_later_date(stack: Stack) -> None:
    assessment, sam = submitted(stack), stack.cast.sam.actor
    assigned(stack, assessment)
    check: dict[str, Any] = {"worker_voice": False, "by": sam}
    verify_answer(stack.session, assessment, "OHS-01", basis=Basis.DESK, at=NOW - DAY, **check)
    verify_answer(stack.session, assessment, "OHS-01", basis=Basis.ON_SITE, at=NOW - DAY, **check)
    verify_answer(stack.session, assessment, "OHS-01", basis=Basis.DESK, at=NOW, **check)
    stack.session.commit()
    seen = read_case(stack.session, assessment).by_key["OHS.1"].questions[0]
    assert [(one.basis, one.verified_at) for one in seen.checks] == [
        (Basis.ON_SITE, NOW - DAY), (Basis.DESK, NOW)]  # fmt: skip
    with pytest.raises(UnknownQuestion):
        verify_answer(stack.session, assessment, "OHS-99", basis=Basis.DESK, at=NOW, **check)
    with pytest.raises(Refused):
        verify_answer(stack.session, assessment, "OHS-01", basis=Basis.SELF_DECLARED, at=NOW, **check)


def test_only_assigned_people_record_and_only_while_verifying(embedded: Stack, case: Assessment) -> None:
    cast, session = embedded.cast, embedded.session
    for stranger in (cast.otto, cast.jana, cast.rene, cast.anna):
        by = stranger.actor
        for act in (
            lambda by=by: level(embedded, case, by, 1),
            lambda by=by: draft(embedded, case, by),
            lambda by=by: write_note(session, case, "OHS-01", "x", by=by, at=NOW),
            lambda by=by: ask_clarification(session, case, ["OHS-01"], "Why?", by=by, at=NOW),
            lambda by=by: verify_answer(
                session, case, "OHS-01", basis=Basis.DESK, worker_voice=False, by=by, at=NOW
            ),
        ):
            with pytest.raises(WrongActor):
                act()
    written = draft(embedded, case, cast.lena.actor)
    with pytest.raises(WrongActor):
        revise_finding(session, written, {"statement": "Other."}, by=cast.otto.actor, at=NOW)
    case.state, case.fact_check_ends_at = AssessmentState.FACT_CHECK, NOW
    for late in (
        lambda: level(embedded, case, cast.lena.actor, 1),
        lambda: draft(embedded, case, cast.lena.actor),
        lambda: delete_finding(session, written, by=cast.lena.actor, at=NOW),
    ):
        with pytest.raises(WrongState):
            late()


def test_a_draft_says_something_protects_people_and_fills_its_gaps(embedded: Stack, case: Assessment) -> None:
    lena = embedded.cast.lena.actor
    for more, place in (
        ({"statement": " "}, "statement"),
        ({"statement": "{n} of {m} people asked did not know."}, "statement"),
        ({"grade": Grade.CRITICAL}, "first_step"),
    ):
        with pytest.raises(Refused) as refused:
            draft(embedded, case, lena, **more)
        assert refused.value.places == (place,)
    critical = draft(embedded, case, lena, grade=Grade.CRITICAL, first_step="Close the door.")
    minor = draft(embedded, case, embedded.cast.sam.actor, grade=Grade.MINOR)
    assert (critical.number, minor.number, minor.state) == ("OHS.1-1", "OHS.1-2", FindingState.DRAFT)


def test_a_draft_is_revised_and_taken_back_with_events(embedded: Stack, case: Assessment) -> None:
    session, lena = embedded.session, embedded.cast.lena.actor
    found = draft(embedded, case, lena)
    revise_finding(session, found, {"grade": Grade.MINOR, "statement": "One hood."}, by=lena, at=NOW)
    assert (found.grade, found.revision) == (Grade.MINOR, 2)
    with pytest.raises(Refused):
        revise_finding(session, found, {"state": "closed"}, by=lena, at=NOW)
    delete_finding(session, found, by=lena, at=NOW)
    session.commit()
    assert session.scalars(select(Finding)).all() == []
    kinds = [one.kind for one in session.scalars(select(AuditEvent).order_by(AuditEvent.seq))]
    assert kinds[-3:] == [
        EventKind.FINDING_DRAFTED, EventKind.FINDING_REVISED, EventKind.FINDING_DELETED]  # fmt: skip


def test_clarification_reopens_named_questions_once_at_a_time(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    assigned(stack, assessment)
    sam = cast.sam.actor
    for questions, message in (([], "Why?"), (["OHS-01"], "  ")):
        with pytest.raises(Refused):
            ask_clarification(session, assessment, questions, message, by=sam, at=NOW)
    with pytest.raises(UnknownQuestion):
        ask_clarification(session, assessment, ["OHS-99"], "Why?", by=sam, at=NOW)
    friday = NOW - timedelta(days=(NOW.weekday() - 4) % 7)
    asked = ask_clarification(session, assessment, ["OHS-01", "OHS-01"], "Which hoods?", by=sam, at=friday)
    session.commit()
    assert assessment.state is AssessmentState.CLARIFICATION
    assert (asked.questions, asked.due_at) == (["OHS-01"], friday + timedelta(days=14))
    with pytest.raises(WrongState):
        ask_clarification(session, assessment, ["OHS-02"], "And?", by=sam, at=NOW)
    with pytest.raises(WrongActor):
        close_clarification(session, assessment, by=cast.petr.actor, at=NOW)
    close_clarification(session, assessment, by=SYSTEM, at=NOW)
    session.commit()
    assert str(assessment.state) == "in_verification"
    assert open_clarification(session, assessment.id) is None


def test_notes_are_the_firms_alone(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    assigned(stack, assessment)
    write_note(session, assessment, "OHS-01", "Ask about hood 3.", by=cast.sam.actor, at=NOW)
    with pytest.raises(Refused):
        write_note(session, assessment, "OHS-01", " ", by=cast.sam.actor, at=NOW)
    with pytest.raises(UnknownQuestion):
        write_note(session, assessment, "OHS-99", "x", by=cast.sam.actor, at=NOW)
    session.commit()
    assert session.scalars(select(AssessorNote.text)).all() == ["Ask about hood 3."]
    with_notes = read_case(session, assessment, firm_id=cast.firm)
    assert [note.text for note in with_notes.by_key["OHS.1"].questions[0].notes] == ["Ask about hood 3."]
    for other in (None, cast.other_firm):
        case = read_case(session, assessment, firm_id=other)
        assert not any(seen.notes for topic in case.topics for seen in topic.questions)


def test_a_level_is_of_a_rated_topic_that_is_asked_here(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    session.get_one(Site, cast.rival_site).production = False
    rita = cast.rita.actor
    assessment = opened(session, cast.rival_site, by=rita, at=NOW)
    sheet = answer_everything(session, assessment.id, by=rita, at=NOW)
    rated = sheet.questionnaire.rated_topics
    asked = next(t for t in rated if any(sheet.applicability.asks(q.key) for q in t.questions))
    never = next(t for t in rated if not any(sheet.applicability.asks(q.key) for q in t.questions))
    unrated = next(topic for topic in sheet.questionnaire.topics if not topic.rated)
    for topic in ("NO.1", unrated.key, never.key):
        with pytest.raises(Refused) as refused:
            declare_maturity(session, sheet, topic, 2, by=rita, at=NOW)
        assert refused.value.places == ("topic",)
    for number in (-1, 5):
        with pytest.raises(Refused) as refused:
            declare_maturity(session, sheet, asked.key, number, by=rita, at=NOW)
        assert refused.value.places == ("level",)
    for stranger in (cast.jana, cast.lena, cast.anna, cast.rene):
        with pytest.raises(WrongActor):
            declare_maturity(session, sheet, asked.key, 2, by=stranger.actor, at=NOW)
    assert declare_maturity(session, sheet, asked.key, 4, by=rita, at=NOW).self_level == 4
    assert declare_maturity(session, sheet, asked.key, None, by=rita, at=NOW).self_level is None
    submit(session, assessment.id, agrees_to_public_statement=True, by=rita, at=NOW)
    with pytest.raises(WrongState):
        declare_maturity(session, sheet, asked.key, 2, by=rita, at=NOW)
    assigned(embedded, assessment)
    with pytest.raises(Refused, match="is asked here"):
        level(embedded, assessment, cast.sam.actor, 1, topic=never.key)
    assert level(embedded, assessment, cast.sam.actor, 1, topic=asked.key).verified_level == 1


def test_a_finding_rests_on_what_was_handed_in(embedded: Stack, case: Assessment) -> None:
    session, cast = embedded.session, embedded.cast
    unseen = documented(session, cast.kovo, "Never linked", by=cast.jana.actor, at=NOW).latest
    named = [{"version_id": str(unseen.id), "page": 1}]
    with pytest.raises(Refused) as refused:
        draft(embedded, case, cast.lena.actor, evidence=named)
    assert refused.value.places == ("evidence",)
    finding = draft(embedded, case, cast.lena.actor)
    with pytest.raises(Refused):
        revise_finding(session, finding, {"evidence": named}, by=cast.lena.actor, at=NOW)
