"""Silence never blocks: the platform ends a clarification or a fact check whose time is over."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from assessments.assessment import Assessment, AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.outbox import JobKind, OutboxJob
from assessments.parties import Role
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import latest_snapshot
from assessments.verification.clarification import ask_clarification, open_clarification
from assessments.verification.fact_check import extend_fact_check
from assessments.verification.finding import FindingState, findings_of
from plumbline.jobs.handlers.meet_deadline import meet_deadline
from plumbline.jobs.registry import Job
from tests.conftest import Stack
from tests.support.acts import assigned, submitted, verified
from tests.support.cast import NOW

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def asked_for(stack: Stack) -> list[OutboxJob]:
    """The jobs that wait for a deadline, in the order in which they are due."""
    stack.session.commit()
    wanted = select(OutboxJob).where(OutboxJob.kind == JobKind.MEET_DEADLINE).order_by(OutboxJob.due_at)
    return list(stack.session.scalars(wanted))


def run(stack: Stack, row: OutboxJob, at: datetime) -> None:
    """What a worker does with the job at an instant."""
    job = Job(row.id, row.kind, row.payload, 1, row.created_at, at, None)  # type: ignore[arg-type]
    meet_deadline(stack.session, job)
    stack.session.commit()


def ended_by(stack: Stack, case: uuid.UUID, kind: EventKind) -> list[str]:
    """The function that stands in each event of a kind."""
    found = select(AuditEvent.actor_function).where(AuditEvent.subject_id == case, AuditEvent.kind == kind)
    return list(stack.session.scalars(found))


def test_a_clarification_that_nobody_answers_ends_on_its_day(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    case = submitted(stack)
    assigned(stack, case)
    question = next(iter(read_sheet(session, case.id).applicability.asked))
    ask_clarification(session, case, [question], "Which year?", by=cast.lena.actor, at=NOW)
    (job,) = asked_for(stack)
    asked = open_clarification(session, case.id)
    assert asked is not None
    assert job.due_at == asked.due_at > NOW + 11 * DAY
    run(stack, job, asked.due_at - SECOND)
    assert open_clarification(session, case.id) is not None
    run(stack, job, asked.due_at)
    run(stack, job, asked.due_at)
    assert case.state is AssessmentState.IN_VERIFICATION
    assert open_clarification(session, case.id) is None
    frozen = latest_snapshot(session, case.id)
    assert frozen is not None
    assert (frozen.number, frozen.taken_by) == (2, None)
    assert ended_by(stack, case.id, EventKind.CLARIFICATION_ANSWERED) == [Role.SYSTEM.function]


def test_a_fact_check_ends_by_itself_and_not_before_its_extension(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    case = submitted(stack)
    verified(stack, case)
    first = case.fact_check_ends_at
    extend_fact_check(session, case, by=cast.jana.actor, at=NOW - 30 * DAY)
    early, late = asked_for(stack)
    assert (early.due_at, late.due_at) == (first, case.fact_check_ends_at)
    run(stack, early, early.due_at)
    assert case.fact_check_ended_at is None
    run(stack, late, late.due_at)
    assert case.fact_check_ended_at == late.due_at
    assert FindingState.OPEN in {one.state for one in findings_of(session, case.id)}
    assert ended_by(stack, case.id, EventKind.FACT_CHECK_ENDED) == [Role.SYSTEM.function]


def test_a_dispute_keeps_it_open_and_its_decision_ends_it(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    case: Assessment = submitted(stack)
    verified(stack, case)
    ends = case.fact_check_ends_at
    assert ends is not None
    finding = findings_of(session, case.id)[0]
    finding.dispute(session, "The hoods run.", by=cast.petr.actor, at=ends - DAY)
    (job,) = asked_for(stack)
    run(stack, job, ends)
    assert case.fact_check_ended_at is None
    finding.decide(session, "uphold", "They stood still.", by=cast.alba.actor, at=ends + DAY)
    again = asked_for(stack)[-1]
    assert again.due_at == ends + DAY
    run(stack, again, ends + DAY)
    assert case.fact_check_ended_at == ends + DAY
