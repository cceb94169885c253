"""What an assessor records beside an answer: how it was checked, and notes that only the firm reads."""

from __future__ import annotations

from sqlalchemy import select

from assessments.policy import Action
from assessments.questionnaire.model import Question
from assessments.verification.assignment import AnswerVerification, Basis
from assessments.verification.notes import write_note
from assessments.verification.recording import verify_answer
from plumbline.api.answers import CheckOut, FirmNote
from plumbline.api.operation import Call, Shape, operation
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.loading.assigned import OnCase, load_question


class CheckIn(Shape):
    """How an answer was checked, and whether workers were heard on it."""

    basis: Basis
    worker_voice: bool = False


class ChecksOut(Shape):
    """Every way in which an answer was checked so far, each with its date."""

    question: str
    checks: list[CheckOut]


class NoteIn(Shape):
    """What the firm wants to remember."""

    text: str


@operation(
    "PUT",
    "/assessments/<uuid:assessment_id>/answers/<question>/verification",
    Action.ASSESSOR_ANSWER_VERIFY,
    summary="Record how an answer was checked",
    tag="answers",
    load=load_question,
    body=CheckIn,
    returns=ChecksOut,
)
def put_check(call: Call) -> ChecksOut:
    """Record desk, remote or on_site; checked again the same way, the later date stands."""
    on: OnCase[Question] = call.thing.thing
    given: CheckIn = call.body
    session = db.session()
    verify_answer(
        session, on.assessment, on.place.key, basis=given.basis, worker_voice=given.worker_voice,
        by=call.visitor.actor, at=now(),
    )  # fmt: skip
    session.flush()
    rows = session.scalars(
        select(AnswerVerification)
        .where(
            AnswerVerification.assessment_id == on.assessment.id, AnswerVerification.question == on.place.key
        )
        .order_by(AnswerVerification.verified_at)
    )
    names = list(CheckOut.model_fields)
    checks = [CheckOut(**{name: getattr(row, name) for name in names}) for row in rows]
    return ChecksOut(question=on.place.key, checks=checks)


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/answers/<question>/notes",
    Action.ASSESSOR_ANSWER_VERIFY,
    summary="Write a note that only your firm reads",
    tag="answers",
    load=load_question,
    body=NoteIn,
    returns=FirmNote,
    status=201,
)
def post_note(call: Call) -> FirmNote:
    """Keep a note beside a question; the supplier never reads it, nor does the steward."""
    on: OnCase[Question] = call.thing.thing
    given: NoteIn = call.body
    made = write_note(db.session(), on.assessment, on.place.key, given.text, by=call.visitor.actor, at=now())
    return FirmNote(text=made.text, written_at=made.written_at)
