"""Submitting: what is frozen, what is refused, and that nothing changes it afterwards."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from assessments.assessment import AssessmentState, NotReady, Snapshot, company_assessment_id
from assessments.audit.events import AuditEvent, EventKind
from assessments.outbox import JobKind, OutboxJob
from assessments.parties import Site
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import STATEMENT_FORM, freeze_again, frozen, instant, latest_snapshot, submit
from assessments.verification.clarification import ask_clarification, close_clarification
from assessments.workflow import Invalid, Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import answer_everything, assigned, submitted
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.worlds import Finished


def test_submitting_freezes_everything_asked_under_its_hash(stack: Stack) -> None:
    assessment = submitted(stack)
    snapshot = latest_snapshot(stack.session, assessment.id)
    assert snapshot is not None
    assert snapshot.number == 1
    assert snapshot.sha256 == hashlib.sha256(snapshot.content.encode()).hexdigest()
    content = frozen(snapshot)
    sheet = read_sheet(stack.session, assessment.id)
    assert list(content["asked"]) == sorted(sheet.applicability.asked)
    assert {answer["question"] for answer in content["answers"]} == set(sheet.applicability.asked)
    assert content["not_asked"]
    assert all(content["not_asked"].values())
    assert content["questionnaire"]["sha256"] == sheet.questionnaire.digest
    assert content["self_declared"] == {"OHS.1": 3, "MIN.1": 2}
    assert content["open"] == []


def test_open_questions_are_named_and_nothing_is_submitted(stack: Stack) -> None:
    jana = stack.cast.jana.actor
    assessment = opened(stack.session, stack.cast.smelter, by=jana, at=NOW)
    waiting = read_sheet(stack.session, assessment.id).open_questions()
    with pytest.raises(NotReady) as refused:
        submit(stack.session, assessment.id, agrees_to_public_statement=True, by=jana, at=NOW)
    assert list(refused.value.places) == waiting
    assert len(waiting) > 20
    assert assessment.state is AssessmentState.DRAFT
    assert latest_snapshot(stack.session, assessment.id) is None


def test_only_the_suppliers_admin_submits_and_only_once(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    assessment = opened(session, cast.smelter, by=cast.jana.actor, at=NOW)
    answer_everything(session, assessment.id, by=cast.jana.actor, at=NOW)
    for stranger in (cast.petr, cast.rita, cast.lena, cast.anna, cast.rene):
        with pytest.raises(WrongActor):
            submit(session, assessment.id, agrees_to_public_statement=True, by=stranger.actor, at=NOW)
    submit(session, assessment.id, agrees_to_public_statement=True, by=cast.jana.actor, at=NOW)
    with pytest.raises(WrongState):
        submit(session, assessment.id, agrees_to_public_statement=True, by=cast.jana.actor, at=NOW)
    company = company_assessment_id(session, assessment.cycle_id)
    with pytest.raises(Refused, match="company"):
        submit(session, company, agrees_to_public_statement=True, by=cast.jana.actor, at=NOW)


def test_handing_in_agrees_to_the_form_of_the_public_statement(stack: Stack) -> None:
    session, jana = stack.session, stack.cast.jana.actor
    assessment = opened(session, stack.cast.smelter, by=jana, at=NOW)
    answer_everything(session, assessment.id, by=jana, at=NOW)
    with pytest.raises(Invalid) as refused:
        submit(session, assessment.id, agrees_to_public_statement=False, by=jana, at=NOW)
    assert refused.value.places == ("agrees_to_public_statement",)
    assert assessment.state is AssessmentState.DRAFT
    snapshot = submit(session, assessment.id, agrees_to_public_statement=True, by=jana, at=NOW)
    session.commit()
    agreed = {"form": STATEMENT_FORM, "agreed_at": instant(NOW), "by": "supplier admin"}
    assert frozen(snapshot)["public_statement"] == agreed
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.ASSESSMENT_SUBMITTED)).one()
    assert (event.actor_id, event.data["statement_form"]) == (stack.cast.jana.person_id, STATEMENT_FORM)
    # A later snapshot keeps what was agreed, and when.
    assert frozen(freeze_again(session, assessment, by=jana, at=NOW))["public_statement"] == agreed


def test_a_company_answer_changed_elsewhere_leaves_the_snapshot_alone(stack: Stack) -> None:
    session, jana = stack.session, stack.cast.jana.actor
    assessment = submitted(stack)
    snapshot = latest_snapshot(session, assessment.id)
    assert snapshot is not None
    before = snapshot.content
    pinned = next(
        answer for answer in frozen(snapshot)["answers"] if answer["level"] == "company" and answer["parts"]
        and answer["question"] not in {"PRO-01", "PRO-03"}
    )  # fmt: skip
    assert pinned["assessment_id"] == str(company_assessment_id(session, assessment.cycle_id))
    # The yard's draft of the same cycle shows the same company answer, and writes it.
    other = opened(session, stack.cast.yard, by=jana, at=NOW)
    sheet = read_sheet(session, other.id)
    offered = Offered(sheet.answer(pinned["question"]).parts, pinned["revision"], note="Said anew")
    save_answer(session, sheet, pinned["question"], offered, by=jana, at=NOW)
    session.commit()
    session.refresh(snapshot)
    assert snapshot.content == before
    assert read_sheet(session, assessment.id).answer(pinned["question"]).revision == pinned["revision"] + 1


def test_decimals_travel_as_text(embedded: Stack) -> None:
    site = embedded.session.get_one(Site, embedded.cast.smelter)
    site.latitude, site.longitude = 49.8209, -18.2625
    assessment = submitted(embedded)
    snapshot = latest_snapshot(embedded.session, assessment.id)
    assert snapshot is not None
    content = frozen(snapshot)
    assert (content["site"]["latitude"], content["site"]["longitude"]) == ("49.8209", "-18.2625")
    assert content["site"]["materials"][0]["secondary_share"] == 20


@pytest.mark.parametrize("change", ["UPDATE snapshot SET sha256 = 'x'", "DELETE FROM snapshot"])
def test_the_database_refuses_to_change_a_snapshot(finished: Finished, change: str) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        finished.session.execute(text(change))
    finished.session.rollback()


def test_a_clarification_ends_in_the_next_snapshot(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    assessment = submitted(stack)
    first = latest_snapshot(session, assessment.id)
    assigned(stack, assessment)
    ask_clarification(
        session,
        assessment,
        ["OHS-01"],
        "Which year is this?",
        by=cast.lena.actor,
        at=NOW - timedelta(days=20),
    )
    sheet = read_sheet(session, assessment.id)
    before = sheet.answer("OHS-01")
    offered = Offered(before.parts, before.revision, note="The year 2025")
    save_answer(session, sheet, "OHS-01", offered, by=cast.jana.actor, at=NOW)
    close_clarification(session, assessment, by=cast.jana.actor, at=NOW)
    session.commit()
    second = latest_snapshot(session, assessment.id)
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)
    assert first.sha256 != second.sha256
    notes = {answer["question"]: answer["note"] for answer in frozen(second)["answers"]}
    assert notes["OHS-01"] == "The year 2025"
    assert assessment.state is AssessmentState.IN_VERIFICATION


def test_the_letter_is_asked_for_in_the_transaction(embedded: Stack) -> None:
    session, jana = embedded.session, embedded.cast.jana.actor
    assessment = opened(session, embedded.cast.smelter, by=jana, at=NOW)
    answer_everything(session, assessment.id, by=jana, at=NOW)
    session.commit()
    submit(session, assessment.id, agrees_to_public_statement=True, by=jana, at=NOW)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Snapshot)) == 0
    letters = select(OutboxJob.payload).where(OutboxJob.kind == JobKind.SEND_LETTER)
    assert session.scalars(letters).all() == []
    submit(session, assessment.id, agrees_to_public_statement=True, by=jana, at=NOW)
    session.commit()
    assert session.scalars(letters).all() == [
        {"letter": "assessment_submitted", "assessment_id": str(assessment.id)}
    ]
