"""Assigning, accepting, declaring: who may, when, and what a tie does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment, AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.outbox import OutboxJob
from assessments.parties import Accreditation, Organization
from assessments.verification.assignment import (
    Assignment,
    Basis,
    accept,
    check_may_work,
    declare_independence,
    live_assignment,
)
from assessments.verification.firms import assign, candidates, end_assignment
from assessments.workflow import Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import submitted
from tests.support.cast import NOW

DAY = timedelta(days=1)


def firm(stack: Stack) -> Organization:
    return stack.session.get_one(Organization, stack.cast.firm)


def assigned(stack: Stack, assessment: Assessment) -> Assignment:
    return assign(
        stack.session, assessment, firm(stack), basis=Basis.DESK, by=stack.cast.sara.actor, at=NOW - DAY
    )


def test_assigning_moves_the_case_writes_an_event_and_asks_for_a_letter(stack: Stack) -> None:
    assessment = submitted(stack)
    assignment = assigned(stack, assessment)
    stack.session.flush()
    assert assessment.state is AssessmentState.IN_VERIFICATION
    assert (assignment.basis, assignment.accepted_at) == (Basis.DESK, None)
    letters = [job.payload.get("letter") for job in stack.session.scalars(select(OutboxJob))]
    assert letters.count("assignment_made") == 1
    made = stack.session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.ASSIGNMENT_MADE)).one()
    assert made.subject_id == assessment.id
    assert made.organization_id == assessment.organization_id


def test_only_the_admin_assigns_and_only_what_was_handed_in(embedded: Stack) -> None:
    assessment = submitted(embedded)
    with pytest.raises(WrongActor):
        assign(
            embedded.session,
            assessment,
            firm(embedded),
            basis=Basis.DESK,
            by=embedded.cast.rene.actor,
            at=NOW,
        )
    assigned(embedded, assessment)
    with pytest.raises(WrongState):
        assigned(embedded, assessment)


def test_a_firm_needs_to_be_one_to_be_accredited_and_to_check_something(embedded: Stack) -> None:
    assessment, session, by = submitted(embedded), embedded.session, embedded.cast.sara.actor
    buyer = session.get_one(Organization, embedded.cast.nordvolt)
    for chosen, basis in ((buyer, Basis.DESK), (firm(embedded), Basis.SELF_DECLARED)):
        with pytest.raises(Refused):
            assign(session, assessment, chosen, basis=basis, by=by, at=NOW)
    held = session.scalars(select(Accreditation).where(Accreditation.firm_id == embedded.cast.firm)).one()
    held.ends_at = NOW - DAY
    with pytest.raises(Refused, match="accreditation"):
        assign(session, assessment, firm(embedded), basis=Basis.DESK, by=by, at=NOW)
    assert assessment.state is AssessmentState.SUBMITTED


def test_nobody_works_before_accepting_and_declaring(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    assignment = assigned(stack, assessment)
    for stranger in (cast.otto, cast.jana, cast.rene):
        with pytest.raises(WrongActor):
            check_may_work(session, assessment, by=stranger.actor)
        with pytest.raises(WrongActor):
            declare_independence(session, assignment, no_ties=True, statement="", by=stranger.actor, at=NOW)
        with pytest.raises(WrongActor):
            accept(session, assignment, by=stranger.actor, at=NOW)
    with pytest.raises(WrongActor):
        accept(session, assignment, by=cast.sam.actor, at=NOW)
    with pytest.raises(WrongActor, match="eclare"):
        check_may_work(session, assessment, by=cast.sam.actor)
    declare_independence(session, assignment, no_ties=True, statement="", by=cast.sam.actor, at=NOW)
    session.flush()
    with pytest.raises(WrongState, match="accepted"):
        check_may_work(session, assessment, by=cast.sam.actor)
    accept(session, assignment, by=cast.lena.actor, at=NOW)
    assert check_may_work(session, assessment, by=cast.sam.actor) is assignment
    with pytest.raises(WrongActor):
        check_may_work(session, assessment, by=cast.lena.actor)


def test_a_lead_who_declares_no_tie_accepts_by_it_and_nobody_declares_twice(embedded: Stack) -> None:
    assessment, lena, session = submitted(embedded), embedded.cast.lena.actor, embedded.session
    assignment = assigned(embedded, assessment)
    declare_independence(session, assignment, no_ties=True, statement="", by=lena, at=NOW)
    session.flush()
    assert assignment.accepted_by == lena.person_id
    assert check_may_work(session, assessment, by=lena) is assignment
    with pytest.raises(WrongState):
        declare_independence(session, assignment, no_ties=False, statement="late", by=lena, at=NOW)


def test_a_tie_needs_a_sentence_keeps_the_person_out_and_the_firm_from_the_supplier(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    assignment = assigned(stack, assessment)
    with pytest.raises(Refused) as refused:
        declare_independence(session, assignment, no_ties=False, statement=" ", by=cast.lena.actor, at=NOW)
    assert refused.value.places == ("statement",)
    declare_independence(
        session, assignment, no_ties=False, statement="Trained the team in 2025.", by=cast.lena.actor, at=NOW
    )
    session.flush()
    assert assignment.accepted_at is None
    with pytest.raises(WrongActor):
        check_may_work(session, assessment, by=cast.lena.actor)
    with pytest.raises(WrongActor):
        end_assignment(session, assignment, reason="Tie.", by=cast.rene.actor, at=NOW)
    with pytest.raises(Refused):
        end_assignment(session, assignment, reason="", by=cast.sara.actor, at=NOW)
    end_assignment(session, assignment, reason="A tie of the lead.", by=cast.sara.actor, at=NOW)
    session.flush()
    assert assessment.state is AssessmentState.SUBMITTED
    assert live_assignment(session, assessment.id) is None
    with pytest.raises(Refused, match="tie"):
        assign(session, assessment, firm(stack), basis=Basis.DESK, by=cast.sara.actor, at=NOW + DAY)
    after = NOW + timedelta(days=3 * 365 + 1)
    session.scalars(select(Accreditation).where(Accreditation.firm_id == cast.firm)).one().ends_at = (
        after + DAY
    )
    assign(session, assessment, firm(stack), basis=Basis.DESK, by=cast.sara.actor, at=after)


def test_candidates_say_why_not(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    held = session.scalars(select(Accreditation).where(Accreditation.firm_id == cast.other_firm)).one()
    held.ends_at = NOW - DAY
    session.flush()
    assignment = assigned(stack, assessment)
    for person in (cast.lena, cast.sam):
        declare_independence(
            session, assignment, no_ties=False, statement="Shares.", by=person.actor, at=NOW - DAY
        )
    session.commit()
    found = {one.firm_id: one for one in candidates(session, assessment, at=NOW)}
    assert set(found) == {cast.firm, cast.other_firm}
    assert "tie" in found[cast.firm].hindrance
    assert (found[cast.firm].running, found[cast.firm].earlier) == (1, 1)
    assert "accreditation ended" in found[cast.other_firm].hindrance
    later = {one.firm_id: one for one in candidates(session, assessment, at=NOW - timedelta(days=30))}
    assert later[cast.other_firm].hindrance == ""
