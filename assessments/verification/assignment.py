"""Assignment, independence, verification and maturity; the assessor's and the reviewer's moves.

Findings and what becomes of them stand in ``assessments.verification.finding``.
"""

import enum
import uuid
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from assessments.assessment import Assessment, AssessmentState, record_event
from assessments.audit.events import EventKind
from assessments.base import Base, new_id
from assessments.parties import (
    Actor,
    Audience,
    Membership,
    Organization,
    Role,
    check_supplier,
)  # fmt: skip
from assessments.questionnaire.model import Questionnaire
from assessments.sentences import N_, CodeWord
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Refused, WrongActor, WrongState

TIE_LASTS = timedelta(days=3 * 365)
"""How long a declared tie keeps a firm from a supplier (the declaration asks for three years)."""


VERIFYING = frozenset({AssessmentState.IN_VERIFICATION, AssessmentState.CLARIFICATION})
"""States in which an assessor records."""


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
    ties, WrongState when the firm has not accepted.
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


def check_reaches(session: Session, assessment: Assessment, *, by: Actor) -> None:
    """Raise WrongActor unless the case belongs to ``by``: its supplier, or a firm that works on it now.

    People of the steward and the platform itself reach every case in their role; buyers reach none.
    """
    match by.audience:
        case Audience.SUPPLIER:
            check_supplier(by, assessment.organization_id)
        case Audience.ASSESSOR:
            check_may_work(session, assessment, by=by)
        case Audience.BUYER:
            raise WrongActor("A buyer reads what it was granted and moves nothing.", "")


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
    if assessment.state not in VERIFYING:
        raise WrongState(
            N_("This assessment is %(state)s; it is not being verified.", state=CodeWord(assessment.state)),
            "A reviewer can return it to verification.",
        )
    return assignment


def questionnaire_for(session: Session, assessment: Assessment) -> Questionnaire:
    """Return the version an assessment runs on."""
    return questionnaire_of(session, assessment.cycle.version_id)[0]
