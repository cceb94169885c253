"""Findings: what an assessor saw, the supplier's replies and disputes, and how disputes end."""

import enum
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from assessments import events
from assessments.assessment import Assessment
from assessments.base import Base, new_id
from assessments.events import EventKind
from assessments.outbox import JobKind, later
from assessments.parties import Actor, Role
from assessments.questionnaire.model import FindingKind, Grade
from assessments.snapshot import pinned_versions
from assessments.terms import Terms
from assessments.verification import check_outside, check_verifying
from assessments.workflow import Move, Refused, Workflow, WrongActor, WrongState

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
_SUPPLIER = frozenset({Role.SUPPLIER_ADMIN, Role.SUPPLIER_CONTRIBUTOR})
_ASSESSORS = frozenset({Role.ASSESSOR, Role.ASSESSOR_LEAD})
_LEAD = frozenset({Role.ASSESSOR_LEAD})
_APPEAL = frozenset({Role.STEWARD_APPEAL})
_ENDS = frozenset({Role.SUPPLIER_ADMIN, Role.ASSESSOR_LEAD, Role.SYSTEM})

FINDING_MOVES: Workflow[FindingState, Role] = Workflow(
    name="finding",
    initial=F.DRAFT,
    moves=(
        Move("share", frozenset({F.DRAFT}), F.SHARED, _LEAD),
        Move("dispute", frozenset({F.SHARED}), F.DISPUTED, _SUPPLIER),
        Move("uphold", frozenset({F.DISPUTED}), F.UPHELD, _APPEAL),
        Move("amend", frozenset({F.DISPUTED}), F.AMENDED, _APPEAL),
        Move("dismiss", frozenset({F.DISPUTED}), F.DISMISSED, _APPEAL),
        Move("open", frozenset({F.SHARED, F.UPHELD, F.AMENDED}), F.OPEN, _ENDS, "when the fact check ends"),
        Move("close", frozenset({F.OPEN}), F.CLOSED, _ASSESSORS, "every action verified and closed"),
        Move("reopen", frozenset({F.CLOSED}), F.OPEN, _ASSESSORS, "a later check found it was not effective"),
    ),
    final=frozenset({F.DISMISSED}),
)

DECISIONS = {"uphold": EventKind.FINDING_UPHELD, "amend": EventKind.FINDING_AMENDED,
             "dismiss": EventKind.FINDING_DISMISSED}  # fmt: skip


class ReplyKind(enum.StrEnum):
    """What the supplier does with a shared finding."""

    COMMENT = "comment"
    DISPUTE = "dispute"


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
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    number: Mapped[int]
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

    def share(self, session: Session, terms: Terms, *, by: Actor, at: datetime) -> None:
        """Show the draft to the supplier; containment of a critical finding starts its clock now."""
        self._move("share", by=by)
        self.shared_at = at
        if self.grade is Grade.CRITICAL:
            self.contain_by = at + timedelta(hours=terms.critical_contained_hours)
        _record(session, EventKind.FINDING_SHARED, self, by=by, at=at)

    def open(self, session: Session, terms: Terms, employees: int | None, *, by: Actor, at: datetime) -> None:
        """Start the plan's clocks. Good practice and observations never open; they stay as they are."""
        if self.grade not in NEEDS_ACTION:
            return
        self._move("open", by=by)
        self.opened_at = at
        self.plan_by = at + timedelta(days=terms.plan_days(self.grade.value, employees))
        self.verify_by = terms.verified_by(self.grade.value, at)
        _record(session, EventKind.FINDING_OPENED, self, by=by, at=at)

    def close(self, session: Session, *, by: Actor, at: datetime) -> None:
        """Close the finding; ``corrective_action`` calls this when its last action is verified."""
        self._move("close", by=by)
        self.closed_at = at
        _record(session, EventKind.FINDING_CLOSED, self, by=by, at=at)

    def reopen(self, session: Session, *, by: Actor, at: datetime) -> None:
        """Open the finding again after a check found that the action did not hold."""
        self._move("reopen", by=by)
        self.closed_at = None
        _record(session, EventKind.FINDING_OPENED, self, by=by, at=at)

    def comment(self, session: Session, text: str, *, by: Actor, at: datetime) -> "Reply":
        """Add the supplier's words beside the finding; allowed while it is with the supplier."""
        if self.state is FindingState.DRAFT:
            raise WrongState("This finding is not shared yet.", "The supplier replies in the fact check.")
        reply = self._reply(session, ReplyKind.COMMENT, text, by=by, at=at)
        _record(session, EventKind.FINDING_COMMENTED, self, by=by, at=at)
        return reply

    def dispute(self, session: Session, text: str, *, by: Actor, at: datetime) -> "Reply":
        """Say that the finding is wrong, with the reason; ``appeal`` decides."""
        if self.assessment.fact_check_ended_at is not None:
            raise WrongState(
                "The fact check has ended.", "A correction of the result can still be asked for."
            )
        reply = self._reply(session, ReplyKind.DISPUTE, text, by=by, at=at)
        self._move("dispute", by=by)
        _record(session, EventKind.FINDING_DISPUTED, self, by=by, at=at)
        return reply

    def decide(
        self,
        session: Session,
        outcome: str,
        reason: str,
        *,
        statement: str | None = None,
        grade: Grade | None = None,
        by: Actor,
        at: datetime,
    ) -> None:
        """Decide a dispute: ``uphold``, ``amend`` (statement or grade) or ``dismiss``, with the reason.

        Raises WrongActor for somebody of the firm that assessed.
        """
        if outcome not in DECISIONS:
            raise Refused("A dispute is upheld, amended or dismissed.", "Choose one.", places=("outcome",))
        if not reason.strip():
            raise Refused("A decision says why.", "Write the reason.", places=("reason",))
        if outcome == "amend" and not (statement and statement.strip()) and grade in {None, self.grade}:
            raise Refused(
                "An amendment changes the statement or the grade.",
                "Write the new words.",
                places=("statement",),
            )
        check_outside(session, self.assessment_id, by=by)
        self._move(outcome, by=by)
        if outcome == "amend":
            self.before_amendment = {"statement": self.statement, "grade": self.grade.value}
            self.statement = statement.strip() if statement and statement.strip() else self.statement
            self.grade = grade or self.grade
        self.decision, self.decided_at, self.decided_by = reason.strip(), at, by.person_id
        _record(session, DECISIONS[outcome], self, by=by, at=at)
        later(
            session,
            JobKind.SEND_LETTER,
            {"letter": "finding_decided", "assessment_id": str(self.assessment_id)},
            at=at,
        )

    def _reply(self, session: Session, kind: ReplyKind, text: str, *, by: Actor, at: datetime) -> "Reply":
        if by.role not in _SUPPLIER or by.organization_id != self.organization_id:
            raise WrongActor("Only people of the supplier reply to a finding on it.", "")
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


def draft_finding(
    session: Session,
    assessment: Assessment,
    *,
    topic: str,
    questions: Sequence[str],
    grade: Grade,
    kind: FindingKind,
    statement: str,
    first_step: str | None,
    references: Iterable[str],
    evidence: Sequence[dict[str, Any]],
    by: Actor,
    at: datetime,
) -> Finding:
    """Write down what was seen.

    Raises WrongActor and WrongState as ``verification.check_verifying`` does; Refused when the statement is
    empty, a critical finding has no first step that protects people, or it rests on what was not handed in.
    """
    check_verifying(session, assessment, by=by)
    check_words(statement, grade, first_step)
    _check_evidence(session, assessment, evidence)
    last = session.scalar(select(func.max(Finding.number)).where(Finding.assessment_id == assessment.id))
    finding = Finding(
        id=new_id(),
        assessment=assessment,
        organization_id=assessment.organization_id,
        number=(last or 0) + 1,
        topic=topic,
        questions=list(questions),
        grade=grade,
        kind=kind,
        statement=statement.strip(),
        first_step=(first_step or "").strip() or None,
        references=list(references),
        evidence=list(evidence),
        state=FindingState.DRAFT,
        drafted_at=at,
        drafted_by=by.person_id,
    )
    session.add(finding)
    session.flush()
    _record(session, EventKind.FINDING_DRAFTED, finding, by=by, at=at)
    return finding


def _check_evidence(session: Session, assessment: Assessment, evidence: Sequence[dict[str, Any]]) -> None:
    """What a finding names becomes readable through it, so it names only what the supplier handed in."""
    named = {str(each["version_id"]) for each in evidence}
    if named and not named <= {str(one) for one in pinned_versions(session, assessment.id)}:
        raise Refused("Evidence that was not handed in.", "Name what you were shown.", places=("evidence",))


def check_words(statement: str, grade: Grade, first_step: str | None) -> None:
    """Raise Refused when a finding says nothing, or is critical without a first step."""
    if not statement.strip():
        raise Refused("A finding says what was seen.", "Write what, where, when.", places=("statement",))
    gaps = OPEN_PLACE.findall(statement)
    if gaps:
        raise Refused(
            f"The statement still has open places: {', '.join(dict.fromkeys(gaps))}.",
            "Write what you saw in place of each.",
            places=("statement",),
        )
    if grade is Grade.CRITICAL and not (first_step or "").strip():
        raise Refused(
            "A critical finding begins with protecting people.",
            "Write the first step.",
            places=("first_step",),
        )


def revise_finding(
    session: Session, finding: Finding, changes: dict[str, Any], *, by: Actor, at: datetime
) -> None:
    """Change a draft finding's own fields. Once shared it changes only through ``decide``."""
    check_verifying(session, finding.assessment, by=by)
    if finding.state is not FindingState.DRAFT:
        raise WrongState("A shared finding is not rewritten.", "It changes by reply, dispute and decision.")
    allowed = {"topic", "questions", "grade", "kind", "statement", "first_step", "references", "evidence"}
    unknown = set(changes) - allowed
    if unknown:
        raise Refused("These fields cannot be changed.", "Leave them out.", places=sorted(unknown))
    check_words(
        changes.get("statement", finding.statement),
        changes.get("grade", finding.grade),
        changes.get("first_step", finding.first_step),
    )
    _check_evidence(session, finding.assessment, changes.get("evidence", ()))
    for name, value in changes.items():
        setattr(finding, name, value)
    finding.revision += 1
    _record(session, EventKind.FINDING_REVISED, finding, by=by, at=at)


def delete_finding(session: Session, finding: Finding, *, by: Actor, at: datetime) -> None:
    """Take a draft back before anybody else saw it; its number is not used again while later ones stand."""
    check_verifying(session, finding.assessment, by=by)
    if finding.state is not FindingState.DRAFT:
        raise WrongState("A shared finding is not deleted.", "It changes by reply, dispute and decision.")
    _record(session, EventKind.FINDING_DELETED, finding, by=by, at=at)
    session.delete(finding)


def findings_of(session: Session, assessment_id: uuid.UUID) -> list[Finding]:
    """Return the findings of an assessment in their order."""
    return list(
        session.scalars(
            select(Finding).where(Finding.assessment_id == assessment_id).order_by(Finding.number)
        )
    )


def _record(session: Session, kind: EventKind, finding: Finding, *, by: Actor, at: datetime) -> None:
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
            "number": finding.number,
            "topic": finding.topic,
            "grade": finding.grade.value,
            "state": finding.state.value,
        },
    )
