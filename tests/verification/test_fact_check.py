"""From draft findings to review and back: who ends what, what disputes do, and what holds a case up."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.assessment import AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import SYSTEM, Actor, Membership, Role
from assessments.publishing.publication import publish
from assessments.questionnaire.model import Grade
from assessments.sheet.snapshot import instant
from assessments.verification.assignment import live_assignment
from assessments.verification.fact_check import (
    check_may_review,
    choose_correction_window,
    choose_publication,
    end_fact_check,
    extend_fact_check,
    return_from_review,
    start_fact_check,
    start_review,
    unsettled,
)
from assessments.verification.finding import Finding, FindingState, findings_of
from assessments.verification.unshared_findings import revise_finding
from assessments.workflow import Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import SIGNER, assigned, in_review, planned, submitted, verified
from tests.support.cast import NOW

DAY = timedelta(days=1)
SHARED = NOW - 40 * DAY


def by_grade(findings: list[Finding]) -> dict[Grade, Finding]:
    return {finding.grade: finding for finding in findings}


def test_the_supplier_reads_first_and_silence_never_blocks(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    assigned(stack, assessment)
    with pytest.raises(WrongActor):
        start_fact_check(session, assessment, by=cast.sam.actor, at=NOW)
    session.rollback()
    again = session.get_one(type(assessment), assessment.id)
    start_fact_check(session, again, by=cast.lena.actor, at=SHARED)
    assert again.fact_check_ends_at == SHARED + 14 * DAY
    extend_fact_check(session, again, by=cast.jana.actor, at=SHARED)
    assert again.fact_check_ends_at == SHARED + 28 * DAY
    with pytest.raises(Refused):
        extend_fact_check(session, again, by=cast.jana.actor, at=SHARED)
    for early in (cast.lena.actor, SYSTEM):
        with pytest.raises(WrongState, match="can reply until"):
            end_fact_check(session, again, by=early, at=SHARED + 27 * DAY)
    with pytest.raises(WrongState):
        start_review(session, again, by=cast.lena.actor, at=SHARED + 27 * DAY)
    end_fact_check(session, again, by=SYSTEM, at=SHARED + 28 * DAY)
    session.commit()
    with pytest.raises(WrongState):
        end_fact_check(session, again, by=cast.jana.actor, at=NOW)


def test_findings_from_shared_to_open_by_grade_and_dispute(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    verified(stack, assessment)
    found = by_grade(findings_of(session, assessment.id))
    critical, major, minor = found[Grade.CRITICAL], found[Grade.MAJOR], found[Grade.MINOR]
    assert {one.state for one in found.values()} == {FindingState.SHARED}
    assert critical.contain_by == SHARED + timedelta(hours=48)
    assert (major.contain_by, major.plan_by) == (None, None)
    with pytest.raises(WrongState):
        revise_finding(session, major, {"statement": "Softer."}, by=cast.lena.actor, at=NOW)
    for stranger in (cast.lena, cast.rita, cast.anna, cast.rene):
        with pytest.raises(WrongActor):
            major.comment(session, "Mine.", by=stranger.actor, at=NOW)
    with pytest.raises(Refused):
        major.comment(session, " ", by=cast.petr.actor, at=NOW)
    minor.dispute(session, "Page 2 names a person.", by=cast.petr.actor, at=NOW)
    major.dispute(session, "The motor ran.", by=cast.jana.actor, at=NOW)
    with pytest.raises(WrongState, match="dispute waits"):
        end_fact_check(session, assessment, by=cast.jana.actor, at=NOW)
    for wrong in (cast.lena, cast.rene, cast.jana):
        with pytest.raises(WrongActor):
            minor.decide(session, "dismiss", "Shown.", by=wrong.actor, at=NOW)
    for outcome, reason, statement in (("forget", "x", None), ("uphold", " ", None), ("amend", "x", " ")):
        with pytest.raises(Refused):
            minor.decide(session, outcome, reason, statement=statement, by=cast.alba.actor, at=NOW)
    minor.decide(session, "dismiss", "Page 2 names it.", by=cast.alba.actor, at=NOW)
    words = "One of five hoods had no airflow."
    major.decide(
        session, "amend", "One motor ran.", statement=words, grade=Grade.MINOR, by=cast.alba.actor, at=NOW
    )
    assert (major.state, major.grade, major.statement) == (FindingState.AMENDED, Grade.MINOR, words)
    before = "Two of five extraction hoods had no airflow on the day of the visit."
    assert major.before_amendment == {"statement": before, "grade": "major"}
    with pytest.raises(WrongState):
        major.decide(session, "uphold", "Again.", by=cast.alba.actor, at=NOW)
    end_fact_check(session, assessment, by=cast.jana.actor, at=NOW)
    session.commit()
    states = {one.grade: one.state for one in findings_of(session, assessment.id) if one is not major}
    assert states == {
        Grade.CRITICAL: FindingState.OPEN, Grade.MINOR: FindingState.DISMISSED,
        Grade.OBSERVATION: FindingState.SHARED, Grade.GOOD_PRACTICE: FindingState.SHARED,
    }  # fmt: skip
    assert major.state is FindingState.OPEN
    assert major.plan_by == NOW + 30 * DAY
    with pytest.raises(WrongState):
        critical.dispute(session, "Too late.", by=cast.jana.actor, at=NOW)
    with pytest.raises(Refused) as hanging:
        start_review(session, assessment, by=cast.lena.actor, at=NOW)
    assert hanging.value.places == (str(critical.id),)
    assert unsettled(session, assessment.id, at=critical.plan_by or NOW) == []
    planned(stack, critical, at=NOW)
    start_review(session, assessment, by=cast.lena.actor, at=NOW)
    session.commit()
    assert assessment.state is AssessmentState.IN_REVIEW


def test_a_second_reader_had_no_hand_in_it(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    in_review(stack, assessment)
    check_may_review(session, assessment, by=cast.rene.actor)
    for role in (cast.sara, cast.alba, cast.lena, cast.jana):
        with pytest.raises(WrongActor):
            check_may_review(session, assessment, by=role.actor)
    assignment = live_assignment(session, assessment.id)
    assert assignment is not None
    assigner = assignment.assigned_by
    assignment.assigned_by = cast.rene.person_id
    with pytest.raises(WrongActor, match="assigned"):
        check_may_review(session, assessment, by=cast.rene.actor)
    assignment.assigned_by = assigner
    finding = findings_of(session, assessment.id)[0]
    finding.decided_by = cast.rene.person_id
    with pytest.raises(WrongActor, match="dispute"):
        check_may_review(session, assessment, by=cast.rene.actor)
    finding.decided_by = None
    session.add(
        Membership(
            person_id=cast.rene.person_id, organization_id=cast.firm, role=Role.ASSESSOR,
            created_at=NOW - 300 * DAY, ended_at=NOW - 100 * DAY,
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(WrongActor, match="belonged"):
        check_may_review(session, assessment, by=cast.rene.actor)
    outsider = Actor(cast.alba.person_id, cast.steward, Role.STEWARD_REVIEWER)
    with pytest.raises(Refused) as refused:
        return_from_review(session, assessment, reason=" ", by=outsider, at=NOW)
    assert refused.value.places == ("reason",)
    return_from_review(session, assessment, reason="Say where it was seen.", by=outsider, at=NOW)
    session.commit()
    assert assessment.state is AssessmentState.IN_VERIFICATION
    start_fact_check(session, assessment, by=cast.lena.actor, at=NOW)
    assert assessment.fact_check_ended_at is None


def test_when_to_publish_is_the_suppliers_choice_made_once_and_recorded(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    verified(stack, assessment)
    jana, ended = cast.jana.actor, NOW - 30 * DAY
    for early in (choose_publication, lambda *a, **k: choose_correction_window(*a, days=5, **k)):
        with pytest.raises(WrongState, match="when the fact check has ended"):
            early(session, assessment, by=jana, at=NOW)
    end_fact_check(session, assessment, by=jana, at=ended)
    for stranger in (cast.petr, cast.rita, cast.lena, cast.rene):
        with pytest.raises(WrongActor):
            choose_publication(session, assessment, by=stranger.actor, at=NOW)
        with pytest.raises(WrongActor):
            choose_correction_window(session, assessment, days=5, by=stranger.actor, at=NOW)
    for days in (0, 91, 30):  # the last would end today
        with pytest.raises(Refused) as refused:
            choose_correction_window(session, assessment, days=days, by=jana, at=NOW)
        assert refused.value.places == ("days",)
    choose_correction_window(session, assessment, days=40, by=jana, at=NOW)
    session.commit()
    assert (assessment.publication_chosen_at, assessment.correction_window_ends_at) == (NOW, ended + 40 * DAY)
    for again in (choose_publication, lambda *a, **k: choose_correction_window(*a, days=5, **k)):
        with pytest.raises(WrongState, match="already"):
            again(session, assessment, by=jana, at=NOW)
    chosen = session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.CORRECTION_WINDOW_CHOSEN)
    ).one()
    assert (chosen.actor_id, chosen.data["days"]) == (cast.jana.person_id, 40)


def test_publishing_now_is_recorded_and_both_dates_are_on_the_result(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    verified(stack, assessment)
    at = NOW - 30 * DAY
    end_fact_check(session, assessment, by=cast.jana.actor, at=at)
    session.commit()
    path = f"/supplier/assessments/{assessment.id}"
    page = stack.visit(cast.jana).get(f"{path}/findings")
    assert "Publish now, without a window" in page.text
    assert stack.visit(cast.petr).post(f"{path}/fact-check/publish").status == 403
    assert stack.visit(cast.jana).post(f"{path}/fact-check/publish").status == 303
    assert stack.visit(cast.jana).post(f"{path}/fact-check/publish").status == 409
    session.rollback()
    session.expire_all()
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.PUBLICATION_CHOSEN)).one()
    assert (event.actor_id, event.at) == (cast.jana.person_id, assessment.publication_chosen_at)
    for finding in findings_of(session, assessment.id):
        if finding.state is FindingState.OPEN:
            planned(stack, finding, at=at)
    start_review(session, assessment, by=cast.lena.actor, at=NOW)
    result = publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW)
    session.commit()
    dates = json.loads(result.content)["dates"]
    assert dates["publication_chosen"] == instant(assessment.publication_chosen_at)
    assert (dates["fact_check_ended"], dates["correction_window_ends"]) == (instant(at), None)


def test_a_withdrawal_and_a_stop_say_why(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    early, late = submitted(embedded, site_id=cast.yard), submitted(embedded)
    verified(embedded, late)
    jana = cast.jana.actor
    for ending in (early.withdraw, late.stop):
        with pytest.raises(Refused) as refused:
            ending(reason=" ", by=jana, at=NOW)
        assert refused.value.places == ("reason",)
        for stranger in (cast.rita, cast.petr, cast.lena):
            with pytest.raises(WrongActor):
                ending(reason="Sold.", by=stranger.actor, at=NOW)
        ending(reason=" The site was sold. ", by=jana, at=NOW)
    session.commit()
    assert (early.state, early.end_reason) == (AssessmentState.WITHDRAWN, "The site was sold.")
    assert (late.state, late.end_reason) == (AssessmentState.STOPPED, "The site was sold.")
