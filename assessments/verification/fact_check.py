"""From draft findings to review: the supplier's fact check, its end, the correction window, the hand-over."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, AssessmentState, record_event
from assessments.audit.events import EventKind
from assessments.base import Base
from assessments.outbox import JobKind, LetterKind, later, letter
from assessments.parties import SUPPLIER_ADMIN, Actor, Role, check_supplier
from assessments.questionnaire.model import Grade
from assessments.sentences import N_
from assessments.terms import terms_at
from assessments.verification.assignment import Assignment, check_may_work, check_outside, check_reaches
from assessments.verification.finding import Finding, FindingState, findings_of
from assessments.workflow import Refused, WrongActor, WrongState


def start_fact_check(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> None:
    """Share the draft findings with the supplier, before anybody else, for the days the terms give."""
    check_may_work(session, assessment, by=by)
    terms = terms_at(session, at)
    # State and deadline change together: a query in between would write the state alone, and a CHECK refuses.
    assessment.move("start_fact_check", by=by, at=at)
    assessment.fact_check_ends_at = at + timedelta(days=terms.fact_check_days)
    assessment.fact_check_extended, assessment.fact_check_ended_at = False, None
    assessment.publication_chosen_at = None
    for finding in findings_of(session, assessment.id):
        if finding.state is FindingState.DRAFT:
            finding.share(session, terms, by=by, at=at)
            if assessment.first_finding_shared_at is None:
                assessment.first_finding_shared_at = at
    record_event(session, EventKind.FACT_CHECK_STARTED, assessment, by=by, at=at)
    _end_when_due(session, assessment, at=at)
    letter(session, LetterKind.FACT_CHECK_STARTED, {"assessment_id": assessment.id}, at=at)


def end_fact_check(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> None:
    """End the supplier's time to reply: findings open, clocks of the plan start.

    The supplier's admin may end it at any time; the firm's lead and the platform only once the time is
    over. Raises WrongState while a dispute waits for a decision.
    """
    check_reaches(session, assessment, by=by)
    if assessment.fact_check_ended_at is not None:
        raise WrongState("The fact check has ended already.", "")
    ends = assessment.fact_check_ends_at or at
    if by.role is not Role.SUPPLIER_ADMIN and at < ends:
        raise WrongState(
            N_("The supplier can reply until %(day)s.", day=ends.date()),
            "Wait, or ask the supplier to end it earlier.",
        )
    if disputed_in(session, assessment.id):
        raise WrongState(
            "A dispute waits for its decision.",
            "The steward's appeal function decides it first.",
        )
    assessment.move("end_fact_check", by=by, at=at)
    assessment.fact_check_ended_at = at
    terms = terms_at(session, at)
    for finding in findings_of(session, assessment.id):
        if finding.state in {FindingState.SHARED, FindingState.UPHELD, FindingState.AMENDED}:
            finding.open(session, terms, assessment.organization.employees, by=by, at=at)
    record_event(session, EventKind.FACT_CHECK_ENDED, assessment, by=by, at=at)
    # Written only if somebody receives later results of the site: read when the letter is.
    letter(session, LetterKind.PUBLICATION_ANNOUNCED, {"assessment_id": assessment.id}, at=at)


def disputed_in(session: Session, assessment_id: uuid.UUID) -> list[Finding]:
    """Return the findings whose dispute waits for a decision; the fact check does not end before."""
    return [one for one in findings_of(session, assessment_id) if one.state is FindingState.DISPUTED]


def start_review(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> None:
    """Hand the assessment to the steward's reviewer, once nothing is left hanging.

    Raises Refused naming each critical or major finding that has neither an agreed action, nor a
    recorded disagreement, nor a deadline that went by without a reply.
    """
    check_may_work(session, assessment, by=by)
    if assessment.fact_check_ended_at is None:
        raise WrongState("The fact check has not ended.", "End it first, when its time is over.")
    window = assessment.correction_window_ends_at
    if window is not None and at < window:
        raise WrongState(
            N_("The supplier's correction window runs until %(day)s.", day=window.date()), "Wait until then."
        )
    hanging = unsettled(session, assessment.id, at=at)
    if hanging:
        raise Refused(
            "Some critical or major findings have no agreed action yet.",
            "Agree an action, record the disagreement, or wait for the deadline.",
            places=[str(finding.id) for finding in hanging],
        )
    assessment.move("start_review", by=by, at=at)
    record_event(session, EventKind.REVIEW_STARTED, assessment, by=by, at=at)


def unsettled(session: Session, assessment_id: uuid.UUID, *, at: datetime) -> list[Finding]:
    """Return the critical and major open findings for which nothing is agreed, disagreed or overdue.

    "No reply recorded at the deadline" settles a finding: silence never blocks (DESIGN.md 2).
    """
    # corrective_action is read after this module and imports it; its table is asked by name to keep
    # reading order one way.
    actions = Base.metadata.tables["corrective_action"]
    settled = (
        select(actions.c.finding_id)
        .where(
            actions.c.finding_id == Finding.id, actions.c.state.not_in(["proposed", "returned", "dropped"])
        )
        .exists()
    )
    return list(
        session.scalars(
            select(Finding)
            .where(
                Finding.assessment_id == assessment_id,
                Finding.state == FindingState.OPEN,
                Finding.grade.in_([Grade.MAJOR, Grade.CRITICAL]),
                Finding.plan_by > at,
                ~settled,
            )
            .order_by(Finding.id)
        )
    )


def choose_correction_window(
    session: Session, assessment: Assessment, *, days: int, by: Actor, at: datetime
) -> None:
    """After the fact check the supplier may take one window for corrections before publication.

    It runs from the end of the fact check and has to end later than now.
    """
    ended = _check_may_choose(assessment, by=by)
    if assessment.correction_window_ends_at is not None:
        raise WrongState("The correction window was chosen already.", "It can be taken once.")
    longest = terms_at(session, at).correction_window_days
    if not 1 <= days <= longest:
        raise Refused(
            N_("A window has 1 to %(longest)s days.", longest=longest), "Choose fewer days.", places=("days",)
        )
    ends = ended + timedelta(days=days)
    if ends <= at:
        raise Refused("This window would be over already.", "Choose more days.", places=("days",))
    assessment.correction_window_ends_at = ends
    _choose(session, EventKind.CORRECTION_WINDOW_CHOSEN, assessment, by=by, at=at, days=days)


def choose_publication(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> None:
    """After the fact check the supplier says: publish now, without a window for corrections."""
    _check_may_choose(assessment, by=by)
    _choose(session, EventKind.PUBLICATION_CHOSEN, assessment, by=by, at=at)


def _check_may_choose(assessment: Assessment, *, by: Actor) -> datetime:
    """Return when the fact check ended. Raises WrongActor and WrongState when there is nothing to choose."""
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    if assessment.state is not AssessmentState.FACT_CHECK or assessment.fact_check_ended_at is None:
        raise WrongState("The choice opens when the fact check has ended.", "")
    if assessment.publication_chosen_at is not None:
        raise WrongState("You have chosen when to publish already.", "The choice is made once.")
    return assessment.fact_check_ended_at


def _choose(
    session: Session, kind: EventKind, assessment: Assessment, *, by: Actor, at: datetime, **data: int
) -> None:
    assessment.publication_chosen_at = at
    assessment.revision += 1
    record_event(session, kind, assessment, by=by, at=at, **data)


def return_from_review(
    session: Session, assessment: Assessment, *, reason: str, by: Actor, at: datetime
) -> None:
    """Send the assessment back to verification with reasons."""
    check_may_review(session, assessment, by=by)
    if not reason.strip():
        raise Refused("The firm needs to know why.", "Write the reason.", places=("reason",))
    assessment.move("return_from_review", by=by, at=at)
    assessment.fact_check_ended_at = None
    assessment.end_reason = reason.strip()
    record_event(session, EventKind.REVIEW_RETURNED, assessment, by=by, at=at)


def check_may_review(session: Session, assessment: Assessment, *, by: Actor) -> None:
    """Raise WrongActor unless ``by`` is a second pair of eyes on this case (DESIGN.md 2, "a second person").

    Whoever assigned the firm, belongs to a firm that worked on it, or decided one of its disputes has
    already had a hand in it. ``publishing`` asks before a result leaves.
    """
    if by.role is not Role.STEWARD_REVIEWER:
        raise WrongActor("A reviewer of the steward reads the whole and publishes or returns it.", "")
    assigned = select(Assignment.id).where(Assignment.assessment_id == assessment.id)
    if session.scalars(assigned.where(Assignment.assigned_by == by.person_id)).first() is not None:
        raise WrongActor("You assigned the firm to this case.", "Another reviewer reads it.")
    check_outside(session, assessment.id, by=by)
    decided = select(Finding.id).where(
        Finding.assessment_id == assessment.id, Finding.decided_by == by.person_id
    )
    if session.scalars(decided).first() is not None:
        raise WrongActor("You decided a dispute of this case.", "Another reviewer reads it.")


def extend_fact_check(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> None:
    """Give the supplier the one extension of the fact check. Raises WrongActor, Refused, WrongState."""
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    if assessment.fact_check_ended_at is not None:
        raise WrongState("The fact check has ended already.", "")
    if assessment.fact_check_extended:
        raise Refused("The fact check was already extended once.", "Reply with what you know today.")
    assessment.move("extend_fact_check", by=by, at=at)
    ends = assessment.fact_check_ends_at or at
    assessment.fact_check_ends_at = ends + timedelta(days=terms_at(session, at).fact_check_extension_days)
    assessment.fact_check_extended = True
    record_event(session, EventKind.FACT_CHECK_EXTENDED, assessment, by=by, at=at)
    _end_when_due(session, assessment, at=at)


def _end_when_due(session: Session, assessment: Assessment, *, at: datetime) -> None:
    """Have the platform end the fact check when its time is over: silence never blocks (DESIGN.md 2)."""
    payload = {"assessment_id": str(assessment.id)}
    later(session, JobKind.MEET_DEADLINE, payload, at=at, due=assessment.fact_check_ends_at)
