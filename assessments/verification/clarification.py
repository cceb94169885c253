"""Clarification: named questions reopened to the supplier for some working days, the rest frozen."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.assessment import Assessment, record_event
from assessments.audit.events import EventKind
from assessments.base import Base, new_id
from assessments.outbox import JobKind, LetterKind, later, letter
from assessments.parties import Actor
from assessments.sheet.snapshot import freeze_again
from assessments.terms import add_working_days, terms_at
from assessments.verification.assignment import check_may_work, check_reaches, questionnaire_for
from assessments.workflow import Refused


class Clarification(Base):
    """Named questions reopened to the supplier until a day; the rest stays frozen."""

    __tablename__ = "clarification"
    __table_args__ = (Index(None, "assessment_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    questions: Mapped[list[str]]
    message: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]


def ask_clarification(
    session: Session,
    assessment: Assessment,
    questions: Iterable[str],
    message: str,
    *,
    by: Actor,
    at: datetime,
) -> Clarification:
    """Reopen named questions to the supplier for the working days the terms give. Raises UnknownQuestion."""
    check_may_work(session, assessment, by=by)
    keys = list(dict.fromkeys(questions))
    if not keys:
        raise Refused("No question is named.", "Choose at least one question to reopen.")
    if not message.strip():
        raise Refused("The supplier needs to know what is unclear.", "Write a sentence.", places=("message",))
    for key in keys:
        questionnaire_for(session, assessment).question(key)
    assessment.move("ask_clarification", by=by, at=at)
    due = add_working_days(at, terms_at(session, at).clarification_working_days)
    clarification = Clarification(
        id=new_id(),
        assessment_id=assessment.id,
        organization_id=assessment.organization_id,
        questions=keys,
        message=message.strip(),
        due_at=due,
        asked_at=at,
        asked_by=by.person_id,
    )
    session.add(clarification)
    record_event(session, EventKind.CLARIFICATION_ASKED, assessment, by=by, at=at, questions=keys)
    letter(session, LetterKind.CLARIFICATION_ASKED, {"assessment_id": assessment.id}, at=at)
    later(
        session,
        JobKind.MEET_DEADLINE,
        {"assessment_id": str(assessment.id)},
        at=at,
        due=due,
        key=f"clarification/{clarification.id}",
    )
    return clarification


def open_clarification(session: Session, assessment_id: uuid.UUID) -> Clarification | None:
    """Return the clarification that waits for the supplier, if there is one."""
    return session.scalars(
        select(Clarification)
        .where(Clarification.assessment_id == assessment_id, Clarification.answered_at.is_(None))
        .order_by(Clarification.asked_at.desc())
    ).first()


def close_clarification(
    session: Session, assessment: Assessment, *, by: Actor, at: datetime
) -> Clarification | None:
    """Give the reopened questions back to the assessor: the supplier is done, or the time is over.

    What stands now is frozen as the next snapshot, whatever is still open. Raises WrongActor and WrongState.
    """
    check_reaches(session, assessment, by=by)
    clarification = open_clarification(session, assessment.id)
    assessment.move("answer_clarification", by=by, at=at)
    if clarification is not None:
        clarification.answered_at = at
    snapshot = freeze_again(session, assessment, by=by, at=at)
    record_event(
        session, EventKind.CLARIFICATION_ANSWERED, assessment, by=by, at=at, snapshot=snapshot.number
    )
    return clarification
