"""One cycle of one site (or of the company) against one questionnaire version, and the supplier's moves."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import Base, new_id
from assessments.outbox import JobKind, later
from assessments.parties import (
    ASSESSOR_LEAD,
    ASSESSORS,
    PLATFORM,
    STEWARD_ADMIN,
    STEWARD_REVIEWER,
    SUPPLIER_ADMIN,
    Actor,
    Audience,
    Organization,
    Role,
    Site,
    check_supplier,
)
from assessments.values.answers import AnswerState
from assessments.workflow import Move, Refused, Workflow, WrongState


class AssessmentState(enum.StrEnum):
    """The states of DESIGN.md 2."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_VERIFICATION = "in_verification"
    CLARIFICATION = "clarification"
    FACT_CHECK = "fact_check"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CORRECTED = "corrected"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


S = AssessmentState

ASSESSMENT_MOVES: Workflow[AssessmentState, Role] = Workflow(
    name="assessment",
    initial=S.DRAFT,
    moves=(
        Move("submit", frozenset({S.DRAFT}), S.SUBMITTED, SUPPLIER_ADMIN, "snapshot taken and hashed"),
        Move(
            "publish_self_declared",
            frozenset({S.SUBMITTED}),
            S.PUBLISHED,
            SUPPLIER_ADMIN,
            "without an assessor; labelled self-declared, not checked, wherever it shows",
        ),
        Move("assign", frozenset({S.SUBMITTED}), S.IN_VERIFICATION, STEWARD_ADMIN),
        Move(
            "unassign",
            frozenset({S.IN_VERIFICATION}),
            S.SUBMITTED,
            STEWARD_ADMIN,
            "a tie was declared or the firm cannot; another is assigned",
        ),
        Move("ask_clarification", frozenset({S.IN_VERIFICATION}), S.CLARIFICATION, ASSESSORS),
        Move(
            "answer_clarification",
            frozenset({S.CLARIFICATION}),
            S.IN_VERIFICATION,
            SUPPLIER_ADMIN | PLATFORM,
            "the supplier says done, or the working days are over",
        ),
        Move("start_fact_check", frozenset({S.IN_VERIFICATION}), S.FACT_CHECK, ASSESSOR_LEAD),
        Move("extend_fact_check", frozenset({S.FACT_CHECK}), S.FACT_CHECK, SUPPLIER_ADMIN, "once"),
        Move(
            "end_fact_check",
            frozenset({S.FACT_CHECK}),
            S.FACT_CHECK,
            SUPPLIER_ADMIN | ASSESSOR_LEAD | PLATFORM,
        ),
        Move("start_review", frozenset({S.FACT_CHECK}), S.IN_REVIEW, ASSESSOR_LEAD),
        Move("return_from_review", frozenset({S.IN_REVIEW}), S.IN_VERIFICATION, STEWARD_REVIEWER),
        Move("publish", frozenset({S.IN_REVIEW}), S.PUBLISHED, STEWARD_REVIEWER),
        Move("expire", frozenset({S.PUBLISHED, S.CORRECTED}), S.EXPIRED, PLATFORM),
        Move("supersede", frozenset({S.PUBLISHED, S.CORRECTED, S.EXPIRED}), S.SUPERSEDED, PLATFORM),
        Move("correct", frozenset({S.PUBLISHED, S.CORRECTED}), S.CORRECTED, STEWARD_REVIEWER),
        Move(
            "revoke",
            frozenset({S.PUBLISHED, S.CORRECTED, S.EXPIRED}),
            S.REVOKED,
            STEWARD_REVIEWER,
            "two people",
        ),
        Move(
            "withdraw",
            frozenset({S.DRAFT, S.SUBMITTED, S.IN_VERIFICATION, S.CLARIFICATION}),
            S.WITHDRAWN,
            SUPPLIER_ADMIN,
            "until the first finding is shared",
        ),
        Move(
            "stop",
            frozenset({S.IN_VERIFICATION, S.CLARIFICATION, S.FACT_CHECK, S.IN_REVIEW}),
            S.STOPPED,
            SUPPLIER_ADMIN,
            "after the first finding was shared; containment of critical findings goes on",
        ),
    ),
    final=frozenset({S.SUPERSEDED, S.REVOKED, S.WITHDRAWN, S.STOPPED}),
)

FINISHED = frozenset({S.PUBLISHED, S.CORRECTED, S.EXPIRED, S.SUPERSEDED})


class NotReady(Refused):
    """A submission with needed questions open; ``places`` are their keys, for a list with links."""

    code = "not_ready"


class QuestionnaireVersion(Base):
    """A published questionnaire, whole, as canonical JSON. It never changes; its digest stays."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str]
    version: Mapped[str]
    title: Mapped[str]
    content: Mapped[str] = mapped_column(Text, doc="canonical JSON")
    sha256: Mapped[str]
    published_at: Mapped[datetime]


class Cycle(Base):
    """One round of an organization against one version; the label is what people call it ("2026")."""

    __tablename__ = "cycle"
    __table_args__ = (UniqueConstraint("organization_id", "label"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    label: Mapped[str]
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire_version.id"))
    opened_at: Mapped[datetime]

    version: Mapped[QuestionnaireVersion] = relationship()


class Assessment(Base):
    """The record that moves. ``site_id`` empty: the company's, whose answers every site's snapshot pins."""

    __tablename__ = "assessment"
    __table_args__ = (
        UniqueConstraint("cycle_id", "site_id"),
        Index(
            "uq_assessment_company",
            "cycle_id",
            unique=True,
            postgresql_where=text("site_id IS NULL"),
            sqlite_where=text("site_id IS NULL"),
        ),
        CheckConstraint("state IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL", name="submitted_at"),
        CheckConstraint(
            "state NOT IN ('published', 'corrected', 'expired', 'superseded') OR published_at IS NOT NULL",
            name="published_at",
        ),
        CheckConstraint("state <> 'fact_check' OR fact_check_ends_at IS NOT NULL", name="fact_check_ends_at"),
        Index(None, "organization_id"),
        Index(None, "state", "state_since"),
        Index(None, "site_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    cycle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cycle.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    state: Mapped[AssessmentState] = mapped_column(default=AssessmentState.DRAFT)
    state_since: Mapped[datetime]
    opened_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    first_finding_shared_at: Mapped[datetime | None]
    fact_check_ends_at: Mapped[datetime | None]
    fact_check_extended: Mapped[bool] = mapped_column(default=False)
    fact_check_ended_at: Mapped[datetime | None]
    # After the fact check: publish now, or one correction window; both dates are on the result.
    publication_chosen_at: Mapped[datetime | None] = mapped_column(doc="when the supplier chose either")
    correction_window_ends_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(default=1)
    # Whoever decides on what another has changed meanwhile decides nothing: StaleDataError, answered 409.
    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}

    cycle: Mapped[Cycle] = relationship()
    organization: Mapped[Organization] = relationship()
    site: Mapped[Site | None] = relationship()

    def move(self, name: str, *, by: Actor, at: datetime) -> None:
        """Make move ``name`` or raise WrongState or WrongActor. The caller records the event.

        Buyers who follow the site's later results see the new stage as soon as the job has run. A supplier
        moves its own; whether a firm may is asked of its assignment (``assignment.check_may_work``).
        """
        if by.audience is Audience.SUPPLIER:
            check_supplier(by, self.organization_id)
        self.state = ASSESSMENT_MOVES.move(name, self.state, by.role)
        self.state_since = at
        self.revision += 1
        session = object_session(self)
        if session is not None and self.site_id is not None:
            later(session, JobKind.REFRESH_PORTFOLIO, {"assessment_id": str(self.id)}, at=at)

    def withdraw(self, *, reason: str, by: Actor, at: datetime) -> None:
        """Take the assessment back, until the first finding is shared; afterwards only ``stop``.

        Raises Refused without a reason, WrongState and WrongActor.
        """
        if self.site_id is None:
            raise Refused(
                "The company's answers are not withdrawn by themselves.", "Withdraw the assessment of a site."
            )
        reason = self._reason(reason, by=by)
        if self.first_finding_shared_at is not None:
            raise WrongState(
                "Findings have been shared, so this assessment can no longer be withdrawn.",
                "Stop it instead: it ends with today's date, and containment of critical findings goes on.",
            )
        self.move("withdraw", by=by, at=at)
        self.end_reason = reason
        self._record(EventKind.ASSESSMENT_WITHDRAWN, by=by, at=at)

    def stop(self, *, reason: str, by: Actor, at: datetime) -> None:
        """End an assessment whose findings were shared. Raises Refused without a reason."""
        reason = self._reason(reason, by=by)
        if self.first_finding_shared_at is None:
            raise WrongState("No finding has been shared yet.", "Withdraw the assessment instead.")
        self.move("stop", by=by, at=at)
        self.end_reason = reason
        self._record(EventKind.ASSESSMENT_STOPPED, by=by, at=at)

    def _reason(self, reason: str, *, by: Actor) -> str:
        check_supplier(by, self.organization_id, roles=SUPPLIER_ADMIN)
        if not reason.strip():
            raise Refused("An end needs a reason.", "Write a sentence.", places=("reason",))
        return reason.strip()

    def _record(self, kind: EventKind, *, by: Actor, at: datetime, **data: Any) -> None:
        session = object_session(self)
        assert session is not None, "an assessment moves inside a session"  # noqa: S101
        record_event(session, kind, self, by=by, at=at, **data)


class Answer(Base):
    """The one current state of a question in an assessment; every earlier one is in AnswerRevision."""

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint("state <> 'not_applicable' OR length(reason) > 0", name="reason"),
        CheckConstraint("revision > 0", name="revision"),
        Index(None, "organization_id", "updated_at"),
    )

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    state: Mapped[AnswerState]
    parts: Mapped[dict[str, Any]]
    note: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int]
    updated_at: Mapped[datetime]
    updated_by: Mapped[uuid.UUID | None]
    # How it came from another version or round (see rounds); it counts while ``revision`` is the one here.
    carried: Mapped[dict[str, Any] | None]


class AnswerRevision(Base):
    """What an answer was at each revision. Only ever added to."""

    __tablename__ = "answer_revision"

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    state: Mapped[AnswerState]
    parts: Mapped[dict[str, Any]]
    note: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[uuid.UUID | None]


class AnswerEvidence(Base):
    """A document linked to an answer; a draft follows the document's newest version."""

    __tablename__ = "answer_evidence"
    __table_args__ = (Index(None, "document_id"),)

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    linked_at: Mapped[datetime]
    linked_by: Mapped[uuid.UUID | None]


class Snapshot(Base):
    """What was submitted, frozen: answers, company answers pinned by revision, evidence versions, profile."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("assessment_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    number: Mapped[int]
    content: Mapped[str] = mapped_column(Text, doc="canonical JSON")
    sha256: Mapped[str]
    taken_at: Mapped[datetime]
    taken_by: Mapped[uuid.UUID | None]


def record_event(
    session: Session, kind: EventKind, assessment: Assessment, *, by: Actor, at: datetime, **data: Any
) -> None:
    """Append an event about ``assessment``, owned by its supplier; ``data`` is plain ids, states, counts."""
    events.record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="assessment",
        subject_id=assessment.id,
        organization_id=assessment.organization_id,
        data={"state": assessment.state.value, **data},
    )


def company_assessment_id(session: Session, cycle_id: uuid.UUID) -> uuid.UUID:
    """Return the id of the cycle's company assessment, which opened with its first site."""
    return session.scalars(
        select(Assessment.id).where(Assessment.cycle_id == cycle_id, Assessment.site_id.is_(None))
    ).one()
