"""Findings: what an assessor saw, the supplier's replies and disputes, and how disputes end."""

import enum
import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, UniqueConstraint, and_, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from assessments.assessment import Assessment
from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import Base, new_id
from assessments.outbox import JobKind, LetterKind, later, letter
from assessments.parties import (
    ASSESSOR_LEAD,
    ASSESSORS,
    PLATFORM,
    STEWARD_APPEAL,
    SUPPLIER_ADMIN,
    SUPPLIERS,
    Actor,
    Role,
    check_supplier,
)
from assessments.questionnaire.model import FindingKind, Grade
from assessments.sentences import N_
from assessments.terms import Terms, terms_at
from assessments.verification.assignment import check_outside
from assessments.workflow import Move, Refused, Workflow, WrongState

NEEDS_ACTION = frozenset({Grade.MINOR, Grade.MAJOR, Grade.CRITICAL})
"""Grades that go ``open`` and want a plan; good practice and observations never do."""


OPEN_PLACE = re.compile(r"\{[a-z_]+\}")
"""What a text of the finding library leaves to be filled in ("{n} of {m} people")."""


class FindingState(enum.StrEnum):
    """The states of DESIGN.md 2."""

    DRAFT = "draft"
    SHARED = "shared"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    AMENDED = "amended"
    DISMISSED = "dismissed"
    OPEN = "open"
    CLOSED = "closed"


F = FindingState
_ENDS = SUPPLIER_ADMIN | ASSESSOR_LEAD | PLATFORM

FINDING_MOVES: Workflow[FindingState, Role] = Workflow(
    name="finding",
    initial=F.DRAFT,
    moves=(
        Move("share", frozenset({F.DRAFT}), F.SHARED, ASSESSOR_LEAD),
        Move("dispute", frozenset({F.SHARED}), F.DISPUTED, SUPPLIERS),
        Move("uphold", frozenset({F.DISPUTED}), F.UPHELD, STEWARD_APPEAL),
        Move("amend", frozenset({F.DISPUTED}), F.AMENDED, STEWARD_APPEAL),
        Move("dismiss", frozenset({F.DISPUTED}), F.DISMISSED, STEWARD_APPEAL),
        Move("open", frozenset({F.SHARED, F.UPHELD, F.AMENDED}), F.OPEN, _ENDS, "when the fact check ends"),
        Move("close", frozenset({F.OPEN}), F.CLOSED, ASSESSORS, "every action verified and closed"),
        Move("reopen", frozenset({F.CLOSED}), F.OPEN, ASSESSORS, "a later check found it was not effective"),
    ),
    final=frozenset({F.DISMISSED}),
)

DECISIONS = {"uphold": EventKind.FINDING_UPHELD, "amend": EventKind.FINDING_AMENDED,
             "dismiss": EventKind.FINDING_DISMISSED}  # fmt: skip


class ReplyKind(enum.StrEnum):
    """What the supplier does with a shared finding."""

    COMMENT = "comment"
    DISPUTE = "dispute"


def numbered(topic: str, taken: Iterable[str]) -> str:
    """The next number within a topic, such as "OHS.4-2", after those ``taken`` in its assessment.

    Never counted over topics: a gap would tell whoever is shown some of them how many the others have.
    """
    own = [int(number.rpartition("-")[2]) for number in taken if number.startswith(f"{topic}-")]
    return f"{topic}-{max(own, default=0) + 1}"


FOLLOWED = frozenset({FindingState.OPEN, FindingState.CLOSED})


class Finding(Base):
    """What was seen: topic, questions, statement, requirement references, evidence with page."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("assessment_id", "number"),
        CheckConstraint("state = 'draft' OR shared_at IS NOT NULL", name="shared_at"),
        CheckConstraint("state <> 'open' OR opened_at IS NOT NULL", name="opened_at"),
        CheckConstraint("state <> 'closed' OR closed_at IS NOT NULL", name="closed_at"),
        CheckConstraint(
            "state NOT IN ('upheld', 'amended', 'dismissed') "
            "OR (decided_at IS NOT NULL AND decision IS NOT NULL)",
            name="decided",
        ),
        CheckConstraint(
            "grade NOT IN ('good_practice', 'observation') OR state <> 'open'", name="grade_open"
        ),
        Index(None, "organization_id"),
        Index(None, "state"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(doc="its topic and a count within it, such as OHS.4-2")
    topic: Mapped[str]
    questions: Mapped[list[str]]
    grade: Mapped[Grade]
    kind: Mapped[FindingKind]
    statement: Mapped[str] = mapped_column(Text)
    first_step: Mapped[str | None] = mapped_column(Text)
    references: Mapped[list[str]] = mapped_column(doc="ids of standards' elements")
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(doc="[{version_id, page}]")
    state: Mapped[FindingState] = mapped_column(default=FindingState.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    # Whoever decides on what another has changed meanwhile decides nothing: StaleDataError, answered 409.
    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[uuid.UUID | None]
    shared_at: Mapped[datetime | None]
    contain_by: Mapped[datetime | None] = mapped_column(doc="critical: contained by then; runs from shared")
    opened_at: Mapped[datetime | None]
    plan_by: Mapped[datetime | None]
    verify_by: Mapped[datetime | None]
    # An amended finding keeps what it said before, for both to read.
    before_amendment: Mapped[dict[str, Any] | None]
    decision: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]
    closed_at: Mapped[datetime | None]

    assessment: Mapped[Assessment] = relationship()
    replies: Mapped[list["Reply"]] = relationship(back_populates="finding", order_by="Reply.at")

    def _move(self, name: str, *, by: Actor) -> None:
        self.state = FINDING_MOVES.move(name, self.state, by.role)
        self.revision += 1

    @property
    def standing(self) -> FindingState | None:
        """Its state while that says something: what never opens has none once the fact check is over."""
        over = self.assessment.fact_check_ended_at is not None
        return (
            None
            if over and self.state is FindingState.SHARED and self.grade not in NEEDS_ACTION
            else self.state
        )

    @hybrid_property
    def is_followed(self) -> bool:
        """Whether a follow-up reaches it: open, or closed and looked at again months later."""
        return self.state in FOLLOWED and self.grade in NEEDS_ACTION

    @is_followed.inplace.expression
    @classmethod
    def _is_followed(cls) -> ColumnElement[bool]:
        return and_(cls.state.in_(FOLLOWED), cls.grade.in_(NEEDS_ACTION))

    def share(self, session: Session, terms: Terms, *, by: Actor, at: datetime) -> None:
        """Show the draft to the supplier; containment of a critical finding starts its clock now."""
        self._move("share", by=by)
        self.shared_at = at
        if self.grade is Grade.CRITICAL:
            self.contain_by = at + timedelta(hours=terms.critical_contained_hours)
        record_finding(session, EventKind.FINDING_SHARED, self, by=by, at=at)

    def open(self, session: Session, terms: Terms, employees: int | None, *, by: Actor, at: datetime) -> None:
        """Start the plan's clocks. Good practice and observations never open; they stay as they are."""
        if self.grade not in NEEDS_ACTION:
            return
        self._move("open", by=by)
        self.opened_at = at
        self.plan_by = at + timedelta(days=terms.plan_days(self.grade.value, employees))
        self.verify_by = terms.verified_by(self.grade.value, at)
        record_finding(session, EventKind.FINDING_OPENED, self, by=by, at=at)

    def close(self, session: Session, *, by: Actor, at: datetime) -> None:
        """Close the finding; ``actions`` calls this when its last action is verified."""
        self._move("close", by=by)
        self.closed_at = at
        record_finding(session, EventKind.FINDING_CLOSED, self, by=by, at=at)

    def reopen(self, session: Session, *, by: Actor, at: datetime) -> None:
        """Open the finding again after a check found that the action did not hold."""
        self._move("reopen", by=by)
        self.closed_at = None
        record_finding(session, EventKind.FINDING_OPENED, self, by=by, at=at)

    def comment(self, session: Session, text: str, *, by: Actor, at: datetime) -> "Reply":
        """Add the supplier's words beside the finding; allowed while it is with the supplier."""
        self._check_replies(by)
        if self.state is FindingState.DRAFT:
            raise WrongState("This finding is not shared yet.", "The supplier replies in the fact check.")
        reply = self._reply(session, ReplyKind.COMMENT, text, by=by, at=at)
        record_finding(session, EventKind.FINDING_COMMENTED, self, by=by, at=at)
        return reply

    def dispute(self, session: Session, text: str, *, by: Actor, at: datetime) -> "Reply":
        """Say that the finding is wrong, with the reason; ``appeal`` decides."""
        self._check_replies(by)
        # Its end opens what nobody disputes, so one of the two comes first.
        ended = select(Assessment.fact_check_ended_at).where(Assessment.id == self.assessment_id)
        if session.scalar(ended.with_for_update(read=True)) is not None:
            raise WrongState(
                "The fact check has ended.", "A correction of the result can still be asked for."
            )
        reply = self._reply(session, ReplyKind.DISPUTE, text, by=by, at=at)
        self._move("dispute", by=by)
        record_finding(session, EventKind.FINDING_DISPUTED, self, by=by, at=at)
        return reply

    def decide(
        self,
        session: Session,
        outcome: str,
        reason: str,
        *,
        statement: str | None = None,
        grade: Grade | None = None,
        first_step: str | None = None,
        by: Actor,
        at: datetime,
    ) -> None:
        """Decide a dispute: ``uphold``, ``amend`` (statement or grade) or ``dismiss``, with the reason.

        Amended up to critical it begins with ``first_step``, and its containment runs from now. Raises
        WrongActor for somebody of the firm that assessed, WrongState, Refused naming what is missing.
        """
        if outcome not in DECISIONS:
            raise Refused("A dispute is upheld, amended or dismissed.", "Choose one.", places=("outcome",))
        check_outside(session, self.assessment_id, by=by)
        FINDING_MOVES.move(outcome, self.state, by.role)
        if not reason.strip():
            raise Refused("A decision says why.", "Write the reason.", places=("reason",))
        if outcome == "amend" and not (statement and statement.strip()) and grade in {None, self.grade}:
            raise Refused(
                "An amendment changes the statement or the grade.",
                "Write the new words.",
                places=("statement",),
            )
        if outcome == "amend":
            check_words(
                statement if statement and statement.strip() else self.statement,
                grade or self.grade,
                first_step or self.first_step,
            )
        # Read before the state changes: its facts go in together with it.
        terms = terms_at(session, at)
        self._move(outcome, by=by)
        if outcome == "amend":
            self.before_amendment = {"statement": self.statement, "grade": self.grade.value}
            self.statement = statement.strip() if statement and statement.strip() else self.statement
            self._regrade(grade or self.grade, first_step, terms, at)
        self.decision, self.decided_at, self.decided_by = reason.strip(), at, by.person_id
        record_finding(session, DECISIONS[outcome], self, by=by, at=at)
        letter(session, LetterKind.FINDING_DECIDED, {"assessment_id": self.assessment_id}, at=at)
        # A dispute keeps the fact check open beyond its time; the last decision lets it end.
        if self.assessment.fact_check_ends_at is not None:
            later(
                session,
                JobKind.MEET_DEADLINE,
                {"assessment_id": str(self.assessment_id)},
                at=at,
                due=max(at, self.assessment.fact_check_ends_at),
            )

    def _regrade(self, grade: Grade, first_step: str | None, terms: Terms, at: datetime) -> None:
        """Take another grade with what it brings: a critical one is contained from now, others are not."""
        self.first_step = (first_step or "").strip() or self.first_step
        if grade is self.grade:
            return
        self.grade = grade
        critical = grade is Grade.CRITICAL
        self.contain_by = at + timedelta(hours=terms.critical_contained_hours) if critical else None

    def _check_replies(self, by: Actor) -> None:
        check_supplier(by, self.organization_id, message="Only people of the supplier reply to a finding.")

    def _reply(self, session: Session, kind: ReplyKind, text: str, *, by: Actor, at: datetime) -> "Reply":
        if not text.strip():
            raise Refused("A reply needs words.", "Write what the assessor should know.", places=("text",))
        reply = Reply(
            id=new_id(),
            finding=self,
            organization_id=self.organization_id,
            author_organization_id=by.organization_id,
            author_function=by.role.function,
            kind=kind,
            text=text.strip(),
            at=at,
            by=by.person_id,
        )
        session.add(reply)
        return reply


class Reply(Base):
    """The supplier's words on a finding."""

    __tablename__ = "reply"
    __table_args__ = (Index(None, "finding_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    author_organization_id: Mapped[uuid.UUID | None]
    author_function: Mapped[str]
    kind: Mapped[ReplyKind]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[uuid.UUID | None]

    finding: Mapped[Finding] = relationship(back_populates="replies")


def check_words(statement: str, grade: Grade, first_step: str | None) -> None:
    """Raise Refused when a finding says nothing, or is critical without a first step."""
    if not statement.strip():
        raise Refused("A finding says what was seen.", "Write what, where, when.", places=("statement",))
    gaps = OPEN_PLACE.findall(statement)
    if gaps:
        raise Refused(
            N_("The statement still has open places: %(list)s.", list=", ".join(dict.fromkeys(gaps))),
            "Write what you saw in place of each.",
            places=("statement",),
        )
    if grade is Grade.CRITICAL and not (first_step or "").strip():
        raise Refused(
            "A critical finding begins with protecting people.",
            "Write the first step.",
            places=("first_step",),
        )


def findings_of(session: Session, assessment_id: uuid.UUID) -> list[Finding]:
    """Return the findings of an assessment in their order."""
    return list(
        session.scalars(select(Finding).where(Finding.assessment_id == assessment_id).order_by(Finding.id))
    )


def record_finding(session: Session, kind: EventKind, finding: Finding, *, by: Actor, at: datetime) -> None:
    """Append an event about a finding, owned by its supplier."""
    events.record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="finding",
        subject_id=finding.id,
        organization_id=finding.organization_id,
        data={
            "assessment_id": str(finding.assessment_id),
            "state": finding.state.value,
        },
    )
