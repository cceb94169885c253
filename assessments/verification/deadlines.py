"""What the platform does when a time that was given is over: silence never blocks (DESIGN.md 2)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, AssessmentState
from assessments.parties import SYSTEM
from assessments.verification.clarification import close_clarification, open_clarification
from assessments.verification.fact_check import disputed_in, end_fact_check


def meet_deadline(session: Session, assessment_id: uuid.UUID, *, at: datetime) -> bool:
    """End the clarification or the fact check of an assessment whose time is over; whether it did.

    Nothing happens while the time runs (it may have been extended), while a dispute waits for its decision,
    or when somebody ended it before. Twice does no harm.
    """
    assessment = session.scalars(
        select(Assessment).where(Assessment.id == assessment_id).with_for_update()
    ).first()
    if assessment is None:
        return False
    if assessment.state is AssessmentState.CLARIFICATION:
        asked = open_clarification(session, assessment.id)
        if asked is None or at < asked.due_at:
            return False
        close_clarification(session, assessment, by=SYSTEM, at=at)
        return True
    if assessment.state is AssessmentState.FACT_CHECK and assessment.fact_check_ended_at is None:
        ends = assessment.fact_check_ends_at
        if ends is None or at < ends or disputed_in(session, assessment.id):
            return False
        end_fact_check(session, assessment, by=SYSTEM, at=at)
        return True
    return False
