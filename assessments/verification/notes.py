"""Notes that a firm keeps for itself beside a question; nobody else reads them, the supplier included."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.assessment import Assessment
from assessments.base import Base, new_id
from assessments.parties import Actor
from assessments.verification.assignment import check_may_work, questionnaire_for
from assessments.workflow import Refused


class AssessorNote(Base):
    """A note of the firm for itself; no one else reads it, the supplier included."""

    __tablename__ = "assessor_note"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    firm_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    question: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by: Mapped[uuid.UUID | None]


def write_note(
    session: Session, assessment: Assessment, question: str, text: str, *, by: Actor, at: datetime
) -> AssessorNote:
    """Write a note that only the firm reads; raises UnknownQuestion and what ``check_may_work`` raises."""
    assignment = check_may_work(session, assessment, by=by)
    if not text.strip():
        raise Refused("The note is empty.", "Write what you want to remember.", places=("text",))
    questionnaire_for(session, assessment).question(question)
    note = AssessorNote(
        id=new_id(),
        assessment_id=assessment.id,
        organization_id=assessment.organization_id,
        firm_id=assignment.firm_id,
        question=question,
        text=text.strip(),
        written_at=at,
        written_by=by.person_id,
    )
    session.add(note)
    return note
