"""Assignment, independence, verification and maturity; the assessor's and the reviewer's moves.

Findings and what becomes of them stand in ``assessments.finding``.
"""

import enum
import uuid
from collections.abc import Container
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from assessments.assessment import Assessment, AssessmentState, company_assessment_id, record_event
from assessments.base import Base, new_id
from assessments.events import EventKind
from assessments.outbox import JobKind, later
from assessments.parties import (
    Accreditation,
    Actor,
    Audience,
    Membership,
    Organization,
    OrganizationKind,
    Role,
)  # fmt: skip
from assessments.questionnaire.model import Questionnaire
from assessments.sheet import AnswerSheet, questionnaire_of
from assessments.snapshot import frozen, latest_snapshot
from assessments.workflow import Refused, WrongActor, WrongState

TIE_LASTS = timedelta(days=3 * 365)
"""How long a declared tie keeps a firm from a supplier (the declaration asks for three years)."""


class Basis(enum.StrEnum):
    """How something was checked, weakest first (DESIGN.md 1)."""

    SELF_DECLARED = "self_declared"
    DESK = "desk"
    REMOTE = "remote"
    ON_SITE = "on_site"

    @property
    def rank(self) -> int:
        """Place in the order; for choosing the strongest basis, never shown."""
        return list(Basis).index(self)


class Phase(enum.StrEnum):
    """What an assignment is for."""

    VERIFICATION = "verification"
    FOLLOW_UP = "follow_up"


class Assignment(Base):
    """A firm's work on one assessment. In ``follow_up`` it reaches open findings and their actions only."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index(None, "assessment_id"),
        Index(None, "firm_id", "ended_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    # Repeated here so that a row-level policy need not look into the table it protects.
    cycle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cycle.id"))
    company_assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    firm_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    phase: Mapped[Phase] = mapped_column(default=Phase.VERIFICATION)
    basis: Mapped[Basis] = mapped_column(default=Basis.ON_SITE, doc="the kind of verification ordered")
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[uuid.UUID | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]

    assessment: Mapped[Assessment] = relationship(foreign_keys=[assessment_id])
    firm: Mapped[Organization] = relationship(foreign_keys=[firm_id])


class Independence(Base):
    """What an assessor declared before seeing anything: ties to the supplier in the last three years."""

    __tablename__ = "independence"
    __table_args__ = (CheckConstraint("no_ties OR length(statement) > 0", name="statement"),)

    assignment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    no_ties: Mapped[bool]
    statement: Mapped[str | None] = mapped_column(Text)
    declared_at: Mapped[datetime]


class TopicMaturity(Base):
    """Where a site stands in one topic: self-declared and verified are two numbers, never merged."""

    __tablename__ = "topic_maturity"
    __table_args__ = (
        CheckConstraint("self_level BETWEEN 0 AND 4", name="self_level"),
        CheckConstraint("verified_level BETWEEN 0 AND 4", name="verified_level"),
        CheckConstraint("(verified_level IS NULL) = (verified_at IS NULL)", name="verified_at"),
        CheckConstraint("verified_level IS NULL OR verified_level <= 2 OR length(seen) > 0", name="seen"),
    )

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    self_level: Mapped[int | None]
    self_at: Mapped[datetime | None]
    self_by: Mapped[uuid.UUID | None]
    verified_level: Mapped[int | None]
    verified_basis: Mapped[Basis | None]
    worker_voice: Mapped[bool] = mapped_column(default=False)
    # What the assessor saw or heard; above level 2 it is needed (content-guide 1, "Evidence").
    seen: Mapped[str | None] = mapped_column(Text)
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[uuid.UUID | None]


class AnswerVerification(Base):
    """How one answer was checked; an answer can carry several bases, each dated."""

    __tablename__ = "answer_verification"

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    basis: Mapped[Basis] = mapped_column(primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    worker_voice: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime]
    verified_by: Mapped[uuid.UUID | None]


def assign(
    session: Session, assessment: Assessment, firm: Organization, *, basis: Basis, by: Actor, at: datetime
) -> Assignment:
    """Assign a firm. Raises Refused when it is not accredited, declared a tie, or is the supplier itself."""
    if not firm.is_(OrganizationKind.ASSESSMENT_FIRM):
        raise Refused(f"{firm.legal_name} is not an assessment firm.", "Choose an accredited firm.")
    if firm.id == assessment.organization_id:
        raise Refused("A firm cannot assess itself.", "Choose another firm.")
    accredited = session.scalars(
        select(Accreditation).where(
            Accreditation.firm_id == firm.id, Accreditation.starts_at <= at, Accreditation.ends_at > at
        )
    ).first()
    if accredited is None:
        raise Refused(f"{firm.legal_name} holds no running accreditation.", "Choose another firm.")
    tie = session.scalars(
        select(Independence)
        .join(Assignment, Assignment.id == Independence.assignment_id)
        .where(
            Assignment.firm_id == firm.id,
            Independence.organization_id == assessment.organization_id,
            Independence.no_ties.is_(False),
            Independence.declared_at > at - TIE_LASTS,
        )
    ).first()
    if tie is not None:
        raise Refused(f"{firm.legal_name} declared a tie to this supplier.", "Choose another firm.")
    if basis is Basis.SELF_DECLARED:
        raise Refused("An assignment checks something.", "Choose desk, remote or on site.")
    assessment.move("assign", by=by, at=at)
    assignment = Assignment(
        id=new_id(),
        assessment_id=assessment.id,
        cycle_id=assessment.cycle_id,
        company_assessment_id=company_assessment_id(session, assessment.cycle_id),
        organization_id=assessment.organization_id,
        firm_id=firm.id,
        basis=basis,
        phase=Phase.VERIFICATION,
        assigned_at=at,
        assigned_by=by.person_id,
    )
    session.add(assignment)
    session.flush()
    record_event(session, EventKind.ASSIGNMENT_MADE, assessment, by=by, at=at, firm_id=str(firm.id))
    _letter(session, "assignment_made", assessment, at, firm_id=str(firm.id))
    return assignment


def accept(session: Session, assignment: Assignment, *, by: Actor, at: datetime) -> None:
    """Accept the assignment, as the firm's lead."""
    if by.role is not Role.ASSESSOR_LEAD or by.organization_id != assignment.firm_id:
        raise WrongActor("The firm's lead assessor accepts an assignment.", "Ask your lead assessor.")
    if assignment.ended_at is not None:
        raise WrongState("This assignment has ended.", "Ask the steward.")
    if assignment.accepted_at is None:
        assignment.accepted_at, assignment.accepted_by = at, by.person_id
        record_event(session, EventKind.ASSIGNMENT_ACCEPTED, assignment.assessment, by=by, at=at)


def declare_independence(
    session: Session, assignment: Assignment, *, no_ties: bool, statement: str, by: Actor, at: datetime
) -> Independence:
    """Declare ties, or none, before anything is shown.

    With ties this person stays outside and the steward decides (``firms.end_assignment``). A lead who
    declares none accepts the assignment with the same word, if nobody has.
    """
    if by.organization_id != assignment.firm_id or by.person_id is None:
        raise WrongActor("Only people of the assigned firm declare independence.", "")
    if assignment.ended_at is not None:
        raise WrongState("This assignment has ended.", "Ask the steward.")
    if not no_ties and not statement.strip():
        raise Refused("A tie needs a sentence.", "Say what ties you to the supplier.", places=("statement",))
    present = session.get(Independence, (assignment.id, by.person_id))
    if present is not None:
        raise WrongState("You have declared already.", "A change goes to the steward.")
    declaration = Independence(
        assignment_id=assignment.id,
        person_id=by.person_id,
        organization_id=assignment.organization_id,
        no_ties=no_ties,
        statement=statement.strip() or None,
        declared_at=at,
    )
    session.add(declaration)
    record_event(
        session, EventKind.INDEPENDENCE_DECLARED, assignment.assessment, by=by, at=at, no_ties=no_ties
    )
    if no_ties and by.role is Role.ASSESSOR_LEAD:
        accept(session, assignment, by=by, at=at)
    return declaration


def live_assignment(session: Session, assessment_id: uuid.UUID) -> Assignment | None:
    """Return the assignment that runs on this assessment, if any."""
    return session.scalars(
        select(Assignment)
        .where(Assignment.assessment_id == assessment_id, Assignment.ended_at.is_(None))
        .order_by(Assignment.assigned_at.desc())
    ).first()


def check_may_work(session: Session, assessment: Assessment, *, by: Actor) -> Assignment:
    """Return the assignment under which ``by`` works now.

    Raises WrongActor when the firm is not assigned or the person has not declared independence without
    ties, WrongState when the assessment is not being verified.
    """
    assignment = live_assignment(session, assessment.id)
    if assignment is None or assignment.firm_id != by.organization_id or by.person_id is None:
        raise WrongActor("This assessment is not assigned to your firm.", "")
    declaration = session.get(Independence, (assignment.id, by.person_id))
    if declaration is None or not declaration.no_ties:
        raise WrongActor("Declare your independence first.", "Open the assignment and declare.")
    if assignment.accepted_at is None:
        raise WrongState("Your firm has not accepted this assignment yet.", "Your lead assessor accepts it.")
    return assignment


def check_outside(session: Session, assessment_id: uuid.UUID, *, by: Actor) -> None:
    """Raise WrongActor when ``by`` belongs, or belonged, to a firm that was assigned to this assessment."""
    belongs = (
        select(Membership.id)
        .join(Assignment, Assignment.firm_id == Membership.organization_id)
        .where(Assignment.assessment_id == assessment_id, Membership.person_id == by.person_id)
    )
    if session.scalars(belongs).first() is not None:
        raise WrongActor("You belong, or belonged, to the firm that assessed.", "Somebody else takes it.")


def check_verifying(session: Session, assessment: Assessment, *, by: Actor) -> Assignment:
    """Return the assignment under which ``by`` verifies now; WrongState when nothing is being verified."""
    assignment = check_may_work(session, assessment, by=by)
    if assessment.state not in {AssessmentState.IN_VERIFICATION, AssessmentState.CLARIFICATION}:
        raise WrongState(
            f"This assessment is {assessment.state.value.replace('_', ' ')}; it is not being verified.",
            "A reviewer can return it to verification.",
        )
    return assignment


def declare_maturity(
    session: Session, sheet: AnswerSheet, topic: str, level: int | None, *, by: Actor, at: datetime
) -> TopicMaturity:
    """Record the supplier's own view of a rated topic that is asked here, 0 to 4 (None takes it back).

    Raises WrongActor for anybody else, WrongState once submitted, Refused for another topic or level.
    """
    if by.audience is not Audience.SUPPLIER or by.organization_id != sheet.organization_id:
        raise WrongActor("Only the supplier says where it sees itself.", "")
    assessment = session.get_one(Assessment, sheet.assessment_id)
    if assessment.state is not AssessmentState.DRAFT:
        raise WrongState("The assessment is submitted; your own view of a topic is frozen.", "")
    _check_level(sheet.questionnaire, sheet.applicability.asked, topic, level)
    row = _maturity(session, assessment, topic)
    row.self_level, row.self_at, row.self_by = level, at, by.person_id
    record_event(session, EventKind.MATURITY_DECLARED, assessment, by=by, at=at, topic=topic, level=level)
    return row


def verify_maturity(
    session: Session,
    assessment: Assessment,
    topic: str,
    level: int,
    *,
    basis: Basis,
    worker_voice: bool,
    seen: str,
    by: Actor,
    at: datetime,
) -> TopicMaturity:
    """Record what the assessor found for a rated topic that was asked here, 0 to 4.

    Above 2 it needs what was seen or heard.
    """
    check_verifying(session, assessment, by=by)
    handed_in = latest_snapshot(session, assessment.id)
    asked = frozen(handed_in)["asked"] if handed_in else {}
    _check_level(questionnaire_for(session, assessment), asked, topic, level)
    if basis is Basis.SELF_DECLARED:
        raise Refused("A verified level was checked somehow.", "Choose how.", places=("basis",))
    if level > 2 and not seen.strip():
        raise Refused(
            "Above level 2 a verified level needs something that you saw or heard.",
            "Write what it was: what, where, when, how many of how many.",
            places=("seen",),
        )
    row = _maturity(session, assessment, topic)
    row.verified_level, row.verified_basis, row.worker_voice = level, basis, worker_voice
    row.seen, row.verified_at, row.verified_by = seen.strip() or None, at, by.person_id
    record_event(
        session, EventKind.MATURITY_VERIFIED, assessment, by=by, at=at, topic=topic, level=level,
        basis=basis.value,
    )  # fmt: skip
    return row


def _check_level(questionnaire: Questionnaire, asked: Container[str], topic: str, level: int | None) -> None:
    rated = next((each for each in questionnaire.rated_topics if each.key == topic), None)
    if rated is None:
        raise Refused(f"{topic} is not a rated topic of this version.", "Choose one.", places=("topic",))
    if not any(question.key in asked for question in rated.questions):
        raise Refused(f"Nothing of {topic} is asked here.", "Choose another topic.", places=("topic",))
    if level is not None and not 0 <= level <= 4:
        raise Refused("Levels run from 0 to 4.", "Choose a step of the ladder.", places=("level",))


def _maturity(session: Session, assessment: Assessment, topic: str) -> TopicMaturity:
    row = session.get(TopicMaturity, (assessment.id, topic))
    if row is None:
        row = TopicMaturity(
            assessment_id=assessment.id, topic=topic, organization_id=assessment.organization_id
        )
        session.add(row)
    return row


def verify_answer(
    session: Session,
    assessment: Assessment,
    question: str,
    *,
    basis: Basis,
    worker_voice: bool,
    by: Actor,
    at: datetime,
) -> AnswerVerification:
    """Record that an answer was checked, and how. Checked twice the same way, the later date stands.

    Raises UnknownQuestion for a key that this version does not have.
    """
    check_verifying(session, assessment, by=by)
    if basis is Basis.SELF_DECLARED:
        raise Refused("An answer was checked somehow.", "Choose desk, remote or on site.", places=("basis",))
    questionnaire_for(session, assessment).question(question)
    row = session.get(AnswerVerification, (assessment.id, question, basis))
    if row is None:
        row = AnswerVerification(
            assessment_id=assessment.id,
            question=question,
            basis=basis,
            organization_id=assessment.organization_id,
        )
        session.add(row)
    row.worker_voice, row.verified_at, row.verified_by = worker_voice, at, by.person_id
    record_event(
        session, EventKind.ANSWER_VERIFIED, assessment, by=by, at=at, question=question, basis=basis.value
    )
    return row


def questionnaire_for(session: Session, assessment: Assessment) -> Questionnaire:
    """Return the version an assessment runs on."""
    return questionnaire_of(session, assessment.cycle.version_id)[0]


def _letter(session: Session, letter: str, assessment: Assessment, at: datetime, **more: str) -> None:
    payload = {"letter": letter, "assessment_id": str(assessment.id), **more}
    later(session, JobKind.SEND_LETTER, payload, at=at)
