"""What is recorded of a topic or an answer: the supplier's own view, and what an assessor found and how."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, AssessmentState, record_event
from assessments.audit.events import EventKind
from assessments.canonical import digest
from assessments.parties import Actor, check_supplier
from assessments.questionnaire.model import Questionnaire
from assessments.sentences import N_
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.snapshot import frozen, latest_snapshot
from assessments.verification.assignment import (
    AnswerVerification,
    Basis,
    TopicMaturity,
    check_verifying,
    questionnaire_for,
)
from assessments.workflow import Refused, Stale, WrongState

UNSAID = "0"
"""The version of a level that nobody gave, or that was taken back."""


def declared_version(row: TopicMaturity | None) -> str:
    """The version of the supplier's own view: ``UNSAID``, or the level and a digest of when it was said.

    Nothing that an assessor records changes it, so it tells the supplier nothing of that.
    """
    return _version(row.self_level, row.self_at) if row else UNSAID


def verified_version(row: TopicMaturity | None) -> str:
    """The version of what an assessor found: ``UNSAID``, or the level and a digest of the record."""
    if row is None:
        return UNSAID
    return _version(row.verified_level, row.verified_at, row.verified_basis, row.worker_voice, row.seen)


def _version(level: int | None, at: datetime | None, *more: object) -> str:
    if level is None or at is None:
        return UNSAID
    return f"{level}-{digest([level, at.astimezone(UTC).isoformat(), *more])[:16]}"


def declare_maturity(
    session: Session,
    sheet: AnswerSheet,
    topic: str,
    level: int | None,
    *,
    by: Actor,
    at: datetime,
    over: str | None = None,
) -> TopicMaturity:
    """Record the supplier's own view of a rated topic that is asked here, 0 to 4 (None takes it back).

    ``over``: the ``declared_version`` that it is to replace (None: not compared). Raises WrongActor for
    anybody else, WrongState once submitted or when the round moved to another version since ``sheet`` was
    read, Refused for another topic or level, Stale, with both, when somebody said otherwise meanwhile.
    """
    check_supplier(by, sheet.organization_id, message="Only the supplier says where it sees itself.")
    # Held until the commit: nothing is declared on a sheet that is being handed in, or by a ladder that a
    # round which moves has left. Shared, so that two who save beside each other do not wait.
    assessment = session.scalars(
        select(Assessment)
        .where(Assessment.id == sheet.assessment_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
    if assessment.state is not AssessmentState.DRAFT:
        raise WrongState("The assessment is submitted; your own view of a topic is frozen.", "")
    if assessment.revision != sheet.revision:
        raise WrongState("The assessment moved on meanwhile.", "Open the topic again.", places=(topic,))
    _check_level(sheet.questionnaire, sheet.applicability.asked, topic, level)
    row = _maturity(session, assessment, topic)
    if over not in {None, declared_version(row)}:
        current = {"topic": topic, "self_level": row.self_level, "etag": declared_version(row)}
        raise _stale(current, {"level": level})
    row.self_level, row.self_at, row.self_by = level, at, by.person_id
    record_event(session, EventKind.MATURITY_DECLARED, assessment, by=by, at=at)
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
    over: str | None = None,
) -> TopicMaturity:
    """Record what the assessor found for a rated topic that was asked here, 0 to 4.

    Above 2 it needs what was seen or heard. ``over``: the ``verified_version`` that it is to replace (None:
    not compared); Stale, with both, when a colleague recorded another meanwhile.
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
    if over not in {None, verified_version(row)}:
        current = {
            "topic": topic, "verified_level": row.verified_level, "verified_basis": row.verified_basis,
            "worker_voice": row.worker_voice, "seen": row.seen, "etag": verified_version(row),
        }  # fmt: skip
        offered = {"level": level, "basis": basis.value, "worker_voice": worker_voice, "seen": seen}
        raise _stale(current, offered)
    row.verified_level, row.verified_basis, row.worker_voice = level, basis, worker_voice
    row.seen, row.verified_at, row.verified_by = seen.strip() or None, at, by.person_id
    record_event(
        session, EventKind.MATURITY_VERIFIED, assessment, by=by, at=at, basis=basis.value,
    )  # fmt: skip
    return row


def _check_level(questionnaire: Questionnaire, asked: Container[str], topic: str, level: int | None) -> None:
    rated = next((each for each in questionnaire.rated_topics if each.key == topic), None)
    if rated is None:
        raise Refused(
            N_("%(topic)s is not a rated topic of this version.", topic=topic),
            "Choose one.",
            places=("topic",),
        )
    if not any(question.key in asked for question in rated.questions):
        raise Refused(
            N_("Nothing of %(topic)s is asked here.", topic=topic), "Choose another topic.", places=("topic",)
        )
    if level is not None and not 0 <= level <= 4:
        raise Refused("Levels run from 0 to 4.", "Choose a step of the ladder.", places=("level",))


def _stale(current: Mapping[str, object], offered: Mapping[str, object]) -> Stale:
    return Stale("Somebody else gave this topic a level since you read it.", current=current, offered=offered)


def _maturity(session: Session, assessment: Assessment, topic: str) -> TopicMaturity:
    """The topic's row, held until the commit: of two who replace the same level one is told of the other."""
    place = {"assessment_id": assessment.id, "topic": topic}
    row = session.get(TopicMaturity, place, with_for_update=True, populate_existing=True)
    if row is None:
        # Of two who say something of it first at once, the second waits here and finds the first's row.
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        new = insert(TopicMaturity).values(**place, organization_id=assessment.organization_id)
        session.execute(new.on_conflict_do_nothing())
        row = session.get_one(TopicMaturity, place, with_for_update=True, populate_existing=True)
    return row


def verify_answer(
    session: Session,
    assessment: Assessment,
    question: str,
    *,
    basis: Basis,
    worker_voice: bool,
    takes_voice_back: bool = False,
    by: Actor,
    at: datetime,
) -> AnswerVerification:
    """Record that an answer was checked, and how. Checked twice the same way, the later date stands.

    Worker voice once recorded stays with that way of checking: a second check without it does not unsay what
    people said. Only ``takes_voice_back``, for a tick that was wrong, removes it. Raises UnknownQuestion
    for a key that this version does not have.
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
    row.worker_voice = worker_voice or (bool(row.worker_voice) and not takes_voice_back)
    row.verified_at, row.verified_by = at, by.person_id
    record_event(
        session, EventKind.ANSWER_VERIFIED, assessment, by=by, at=at, question=question, basis=basis.value
    )
    return row
