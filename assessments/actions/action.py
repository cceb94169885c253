"""Corrective action: root cause, plan, agreement, evidence, verification, and the check months later."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, UniqueConstraint, and_, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from assessments.assessment import record_event
from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import Base, new_id
from assessments.evidence.documents import DocumentVersion
from assessments.outbox import JobKind, later
from assessments.parties import ASSESSORS, STEWARD_MEDIATOR, SUPPLIERS, Actor, Audience, Role
from assessments.sentences import N_
from assessments.terms import add_months, terms_at
from assessments.verification.assignment import Basis, Phase, check_outside, check_reaches, live_assignment
from assessments.verification.finding import Finding, FindingState
from assessments.workflow import Move, Refused, Workflow, WrongState


class ActionKind(enum.StrEnum):
    """What an action is for."""

    CONTAINMENT = "containment"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"
    REMEDY = "remedy"


class ActionState(enum.StrEnum):
    """The states of DESIGN.md 2."""

    PROPOSED = "proposed"
    RETURNED = "returned"
    AGREED = "agreed"
    DISAGREED = "disagreed"
    IN_PROGRESS = "in_progress"
    EVIDENCE_SUBMITTED = "evidence_submitted"
    VERIFIED_CLOSED = "verified_closed"
    EFFECTIVE = "effective"
    REOPENED = "reopened"
    DROPPED = "dropped"


A = ActionState

ACTION_MOVES: Workflow[ActionState, Role] = Workflow(
    name="corrective action",
    initial=A.PROPOSED,
    moves=(
        Move("return", frozenset({A.PROPOSED}), A.RETURNED, ASSESSORS, "with a reason"),
        Move("propose_again", frozenset({A.RETURNED}), A.PROPOSED, SUPPLIERS),
        Move("agree", frozenset({A.PROPOSED}), A.AGREED, ASSESSORS),
        Move(
            "disagree",
            frozenset({A.RETURNED, A.PROPOSED}),
            A.DISAGREED,
            STEWARD_MEDIATOR,
            "after two returns",  # RETURNS_TO_MEDIATE
        ),
        Move("start", frozenset({A.AGREED, A.DISAGREED, A.REOPENED}), A.IN_PROGRESS, SUPPLIERS),
        Move(
            "submit_evidence",
            frozenset({A.AGREED, A.IN_PROGRESS, A.REOPENED}),
            A.EVIDENCE_SUBMITTED,
            SUPPLIERS,
        ),
        Move("send_back", frozenset({A.EVIDENCE_SUBMITTED}), A.IN_PROGRESS, ASSESSORS, "with a reason"),
        Move(
            "verify", frozenset({A.EVIDENCE_SUBMITTED}), A.VERIFIED_CLOSED, ASSESSORS, "how it was verified"
        ),
        Move(
            "find_effective", frozenset({A.VERIFIED_CLOSED}), A.EFFECTIVE, ASSESSORS, "6 or 12 months later"
        ),
        Move("reopen", frozenset({A.VERIFIED_CLOSED, A.EFFECTIVE}), A.REOPENED, ASSESSORS),
        Move(
            "drop",
            frozenset({A.PROPOSED, A.RETURNED, A.AGREED, A.IN_PROGRESS, A.REOPENED}),
            A.DROPPED,
            ASSESSORS,
            "by both, with a reason",
        ),
    ),
    final=frozenset({A.DROPPED}),
)

CLOSING_BASES = frozenset({Basis.DESK, Basis.REMOTE, Basis.ON_SITE})
SETTLED = frozenset({A.VERIFIED_CLOSED, A.EFFECTIVE, A.DROPPED})
CAME_BACK = frozenset({"send_back", "reopen"})
"""Moves after which what was shown before is not enough."""

NEEDS_REASON = frozenset({"return", "send_back", "drop", "reopen", "disagree"})
MOVE_EVENTS = {
    "return": EventKind.ACTION_RETURNED,
    "propose_again": EventKind.ACTION_REVISED,
    "agree": EventKind.ACTION_AGREED,
    "disagree": EventKind.ACTION_DISAGREED,
    "start": EventKind.ACTION_STARTED,
    "submit_evidence": EventKind.ACTION_EVIDENCE_SUBMITTED,
    "send_back": EventKind.ACTION_SENT_BACK,
    "verify": EventKind.ACTION_CLOSED,
    "find_effective": EventKind.ACTION_FOUND_EFFECTIVE,
    "reopen": EventKind.ACTION_REOPENED,
    "drop": EventKind.ACTION_DROPPED,
}


RETURNS_TO_MEDIATE = 2
UNDECIDED = ACTION_MOVES.sources("disagree")
"""States in which a proposal is neither agreed nor given up."""


class CorrectiveAction(Base):
    """One action on one finding. Dates are days in the supplier's calendar; clocks are instants."""

    __tablename__ = "corrective_action"
    __table_args__ = (
        UniqueConstraint("assessment_id", "number"),
        CheckConstraint(
            "state NOT IN ('agreed', 'in_progress', 'evidence_submitted', 'verified_closed', 'effective') "
            "OR agreed_at IS NOT NULL OR disagreed_at IS NOT NULL",
            name="agreed_at",
        ),
        CheckConstraint(
            "state NOT IN ('verified_closed', 'effective') "
            "OR (closed_at IS NOT NULL AND closed_how IS NOT NULL)",
            name="closed_at",
        ),
        Index(None, "finding_id"),
        Index(None, "organization_id"),
        Index(None, "state", "returns"),
        Index(None, "organization_id", "state"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    finding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("finding.id"))
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    topic: Mapped[str] = mapped_column(doc="the finding's, repeated for who may see the plan of a topic")
    number: Mapped[str] = mapped_column(doc="its topic and a count within it, such as OHS.4-2")
    kind: Mapped[ActionKind]
    root_cause: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(doc="a function, not a name")
    due_on: Mapped[date]
    state: Mapped[ActionState] = mapped_column(default=ActionState.PROPOSED)
    revision: Mapped[int] = mapped_column(default=1)
    # Whoever decides on what another has changed meanwhile decides nothing: StaleDataError, answered 409.
    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}
    returns: Mapped[int] = mapped_column(default=0)
    earlier_proposals: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, doc="what was returned, oldest first, with the reason; see plan.py"
    )
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    disagreed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_how: Mapped[str | None] = mapped_column(Text)
    closed_basis: Mapped[Basis | None]
    check_on: Mapped[date | None] = mapped_column(doc="day from which effectiveness is checked")

    finding: Mapped[Finding] = relationship()
    remarks: Mapped[list["ActionRemark"]] = relationship(order_by="ActionRemark.at")
    evidence: Mapped[list["ActionEvidence"]] = relationship(order_by="ActionEvidence.submitted_at")
    dates: Mapped[list["ActionDate"]] = relationship(order_by="ActionDate.asked_at")

    @hybrid_property
    def is_stuck(self) -> bool:
        """Whether a mediator may look and record that both sides disagree (DESIGN.md 2)."""
        return self.returns >= RETURNS_TO_MEDIATE and self.state in UNDECIDED

    @is_stuck.inplace.expression
    @classmethod
    def _is_stuck(cls) -> ColumnElement[bool]:
        return and_(cls.returns >= RETURNS_TO_MEDIATE, cls.state.in_(UNDECIDED))

    def make(
        self,
        session: Session,
        name: str,
        *,
        reason: str = "",
        basis: Basis | None = None,
        by: Actor,
        at: datetime,
    ) -> None:
        """Make move ``name`` of ACTION_MOVES with what it needs; see each branch for what is refused.

        ``submit_evidence`` wants evidence attached since the action last came back; ``verify`` wants
        ``reason`` (how closure was verified) and ``basis``; moves of NEEDS_REASON want ``reason``.
        """
        reason = reason.strip()
        self.check_reached(session, by=by)
        state = ACTION_MOVES.move(name, self.state, by.role)
        if name in NEEDS_REASON and not reason:
            raise Refused(
                "This needs a reason.", "Write why, for the other side to read.", places=("reason",)
            )
        if name == "disagree" and not self.is_stuck:
            raise WrongState("A disagreement is recorded after two returns.", "Propose or return once more.")
        if name == "submit_evidence" and not self._has_new_evidence():
            raise Refused(
                "Nothing new was attached since." if self.evidence else "No evidence is attached.",
                "Attach at least one document or photo.",
                places=("evidence",),
            )
        if name == "verify" and (not reason or basis not in CLOSING_BASES):
            raise Refused(
                "Closing says how it was verified.",
                "Write what you saw or read, and choose desk, remote or on site.",
                places=("reason", "basis"),
            )
        if name == "find_effective" and self.check_on is not None and at.date() < self.check_on:
            raise WrongState(
                N_("Effectiveness is checked from %(day)s on.", day=self.check_on), "Come back then."
            )
        # Facts go in together with the state: a CHECK ties them.
        if name == "return":
            self.returns += 1
        elif name == "agree":
            self.agreed_at = at
        elif name == "disagree":
            self.disagreed_at = at
        elif name == "verify":
            self.closed_at, self.closed_how, self.closed_basis = at, reason, basis
            self.check_on = add_months(at, terms_at(session, at).effectiveness_check_months).date()
        elif name == "reopen":
            self.closed_at = self.check_on = None
        self.state = state
        self.revision += 1
        if reason:
            self.remarks.append(_remark(self, name, reason, by=by, at=at))
        record_action(session, MOVE_EVENTS[name], self, by=by, at=at)
        later(
            session,
            JobKind.REFRESH_PORTFOLIO,
            {"assessment_id": str(self.assessment_id)},
            at=at,
        )
        _follow_with_finding(session, self, name, by=by, at=at)

    def check_reached(self, session: Session, *, by: Actor) -> None:
        """Raise WrongActor unless ``by`` is of its supplier, of the firm at work on it, or of the steward."""
        check_reaches(session, self.finding.assessment, by=by)
        if by.audience is Audience.STEWARD:
            check_outside(session, self.assessment_id, by=by)

    def _has_new_evidence(self) -> bool:
        back = max((remark.at for remark in self.remarks if remark.move in CAME_BACK), default=None)
        return any(back is None or given.submitted_at > back for given in self.evidence)


class ActionRemark(Base):
    """What was said with a move; both texts of a disagreement are kept here."""

    __tablename__ = "action_remark"
    __table_args__ = (Index(None, "action_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("corrective_action.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    move: Mapped[str]
    author_function: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[uuid.UUID | None]


class ActionEvidence(Base):
    """A document version offered as proof that an action was done."""

    __tablename__ = "action_evidence"
    __table_args__ = (Index(None, "version_id"),)

    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("corrective_action.id"), primary_key=True)
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document_version.id"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    note: Mapped[str | None] = mapped_column(Text)
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[uuid.UUID | None]

    version: Mapped[DocumentVersion] = relationship()


class ActionDate(Base):
    """A new date asked for and granted or refused with a reason; the old one stays readable."""

    __tablename__ = "action_date"
    __table_args__ = (
        CheckConstraint("(granted IS NULL) = (decided_at IS NULL)", name="decided"),
        Index(None, "action_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    action_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("corrective_action.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    old_on: Mapped[date]
    new_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID | None]
    granted: Mapped[bool | None]
    decision: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]


def _follow_with_finding(
    session: Session, action: CorrectiveAction, name: str, *, by: Actor, at: datetime
) -> None:
    """Close the finding with its last action, open it again with a reopened one."""
    finding = action.finding
    if name in {"verify", "drop"} and finding.state is FindingState.OPEN:
        session.flush()
        # Two who close the last two actions at once: the second waits here, and sees what the first did.
        session.refresh(finding, with_for_update=True)
        others = session.scalars(
            select(CorrectiveAction)
            .where(CorrectiveAction.finding_id == finding.id)
            .execution_options(populate_existing=True)
        ).all()
        if all(other.state in SETTLED for other in others) and any(
            other.state is not ActionState.DROPPED for other in others
        ):
            finding.close(session, by=by, at=at)
    elif name == "reopen" and finding.state is FindingState.CLOSED:
        finding.reopen(session, by=by, at=at)
    if name in {"find_effective", "drop"}:
        _end_follow_up(session, action, by=by, at=at)


def _end_follow_up(session: Session, action: CorrectiveAction, *, by: Actor, at: datetime) -> None:
    """End the firm's follow-up when nothing is left to look at: no open finding, no action to check again."""
    session.flush()
    waiting = session.scalars(
        select(CorrectiveAction.id).where(
            CorrectiveAction.assessment_id == action.assessment_id,
            CorrectiveAction.state.not_in([ActionState.EFFECTIVE, ActionState.DROPPED]),
        )
    ).first()
    opened = session.scalars(
        select(Finding.id).where(
            Finding.assessment_id == action.assessment_id, Finding.state == FindingState.OPEN
        )
    ).first()
    assignment = live_assignment(session, action.assessment_id)
    if waiting or opened or assignment is None or assignment.phase is not Phase.FOLLOW_UP:
        return
    assignment.ended_at = at
    record_event(session, EventKind.ASSIGNMENT_ENDED, assignment.assessment, by=by, at=at)


def _remark(action: CorrectiveAction, move: str, text: str, *, by: Actor, at: datetime) -> ActionRemark:
    return ActionRemark(
        id=new_id(),
        action_id=action.id,
        organization_id=action.organization_id,
        move=move,
        author_function=by.role.function,
        text=text,
        at=at,
        by=by.person_id,
    )


def record_action(
    session: Session, kind: EventKind, action: CorrectiveAction, *, by: Actor, at: datetime
) -> None:
    """Append an event about an action, owned by its supplier."""
    events.record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="corrective_action",
        subject_id=action.id,
        organization_id=action.organization_id,
        data={
            "assessment_id": str(action.assessment_id),
            "finding_id": str(action.finding_id),
            "state": action.state.value,
        },
    )
