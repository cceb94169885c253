"""Answers of questions no longer asked: kept when a round moved on, read with the words they answered.

They are rows of ``answer`` under a key that this version does not have, or has at the other level (a site's
question that became the company's). Nothing writes them any more. They belong to the assessment's answers:
who may read those may read these, and nobody else (``assessments.policy`` and the door say who that is).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session

from assessments.assessment import (
    Answer,
    AnswerEvidence,
    AnswerRevision,
    Assessment,
    QuestionnaireVersion,
)
from assessments.audit.events import AuditEvent, EventKind
from assessments.evidence.documents import Document
from assessments.parties import Audience, Person
from assessments.questionnaire.model import Level, Question, Questionnaire
from assessments.questionnaire.versions.changes import version_order
from assessments.rounds.moving import compared
from assessments.sheet.reading import questionnaire_of
from assessments.values.answers import AnswerState

_MOVES = (EventKind.VERSION_MOVED, EventKind.VERSION_MOVED_BACK)


@dataclass(frozen=True)
class KeptDocument:
    """A document that is still linked under the key."""

    document_id: uuid.UUID
    title: str


@dataclass(frozen=True)
class KeptAnswer:
    """One answer as it stood last. ``before``: the questionnaire it was answered under, with its words.

    ``instead``: keys to look at now; ``why``: what the author says; ``by``: who saved it, "" where nobody is
    known any more or the reader is told the function alone.
    """

    before: Questionnaire
    question: Question
    company: bool
    state: AnswerState
    parts: Mapping[str, Any]
    note: str | None
    reason: str | None
    revision: int
    at: datetime
    by: str
    instead: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    evidence: tuple[KeptDocument, ...] = ()


@dataclass(frozen=True)
class _Row:
    """An answer or a revision of one, with the version where its mark names it."""

    answer: Answer | AnswerRevision
    at: datetime
    by: str
    version_id: uuid.UUID | None = None
    shown: Sequence[str] | None = None


def kept_answers(session: Session, assessment: Assessment, *, reader: Audience) -> tuple[KeptAnswer, ...]:
    """The answers kept of this assessment and its company, in the order of their questions.

    One statement where nothing was kept. They are read under the rules of the reader's own transaction; the
    names of its people are told to the supplier alone.
    """
    now = questionnaire_of(session, assessment.cycle.version_id)[0]
    company = (
        select(Assessment.id)
        .where(Assessment.cycle_id == assessment.cycle_id, Assessment.site_id.is_(None))
        .scalar_subquery()
    )
    at_home = {level: [one.key for one in now.questions if one.level is level] for level in Level}
    gone = and_(Answer.assessment_id == company, Answer.question.not_in(at_home[Level.COMPANY]))
    if assessment.site_id is not None:
        of_site = and_(Answer.assessment_id == assessment.id, Answer.question.not_in(at_home[Level.SITE]))
        gone = or_(gone, of_site)
    found = session.execute(
        select(Answer, Person.name).outerjoin(Person, Person.id == Answer.updated_by).where(gone)
    ).all()
    rows = [
        _Row(row, row.updated_at, name or "") for row, name in found if row.state is not AnswerState.EMPTY
    ]
    beside = _never_answered_since(session, [row for row, _name in found if row.state is AnswerState.EMPTY])
    if reader is not Audience.SUPPLIER:
        # Beside a company's question stood what each site had said; whoever is on one site's case reads that.
        reached = {assessment.id, *session.scalars(select(company))} if beside else set()
        beside = [row for row in beside if row.answer.assessment_id in reached]
    rows += beside
    if not rows:
        return ()
    moves, own = _moves(session, assessment), assessment.cycle.version
    older = cache(lambda: _older(session, own))
    told = [_told(session, now, row, moves, older) for row in rows]
    linked = _linked(session, {(row.answer.assessment_id, row.answer.question) for row in rows})
    each = [
        replace(
            one,
            evidence=linked.get((row.answer.assessment_id, row.answer.question), ()),
            by=one.by if reader is Audience.SUPPLIER else "",
        )
        for row, one in zip(rows, told, strict=True)
        if one is not None
    ]
    return tuple(sorted(each, key=_order))


def _order(one: KeptAnswer) -> tuple[Any, ...]:
    places = [question.key for question in one.before.questions]
    return places.index(one.question.key), not one.company, version_order(one.before.version)


def _never_answered_since(session: Session, empty: Sequence[Answer]) -> list[_Row]:
    """What stood beside a question that was asked anew, until that question went, too."""
    wanted: dict[tuple[uuid.UUID, str, int], tuple[uuid.UUID, Sequence[str]]] = {}
    for row in empty:
        mark = row.carried
        if mark is not None and mark["revision"] == row.revision:
            for assessment_id, question, revision, parts in mark["old"]:
                place = (uuid.UUID(assessment_id), question, revision)
                wanted[place] = (uuid.UUID(mark["version"]), parts)
    if not wanted:
        return []
    table = AnswerRevision
    found = session.execute(
        select(table, Person.name)
        .outerjoin(Person, Person.id == table.by)
        .where(tuple_(table.assessment_id, table.question, table.revision).in_(wanted))
    ).all()
    return [
        _Row(row, row.at, name or "", *wanted[row.assessment_id, row.question, row.revision])
        for row, name in found
    ]


def _moves(session: Session, assessment: Assessment) -> Sequence[AuditEvent]:
    """The moves of the round that this reader sees, oldest first."""
    whole = select(Assessment.id).where(
        Assessment.cycle_id == assessment.cycle_id,
        or_(Assessment.site_id.is_(None), Assessment.id == assessment.id),
    )
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject_id.in_(whole), AuditEvent.kind.in_(_MOVES))
        .order_by(AuditEvent.seq)
    ).all()


def _told(
    session: Session,
    now: Questionnaire,
    row: _Row,
    moves: Sequence[AuditEvent],
    older: Callable[[], Sequence[uuid.UUID]],
) -> KeptAnswer | None:
    before = _asked_under(session, row, moves, older)
    if before is None:  # a restored database may lack the version
        return None
    question, answer = before.question(row.answer.question), row.answer
    change = compared(before, now).by_key.get(question.key)
    gone = change is not None and change.after is None
    parts = answer.parts
    return KeptAnswer(
        before=before,
        question=question,
        company=question.level is Level.COMPANY,
        state=answer.state,
        parts={key: value for key, value in parts.items() if row.shown is None or key in row.shown},
        note=answer.note,
        reason=answer.reason,
        revision=answer.revision,
        at=row.at,
        by=row.by,
        instead=change.instead if change is not None and gone else (question.key,),
        why=tuple(one.why for one in change.told) if change is not None else (),
    )


def _asked_under(
    session: Session, row: _Row, moves: Sequence[AuditEvent], older: Callable[[], Sequence[uuid.UUID]]
) -> Questionnaire | None:
    """The version that was asked when the answer was saved, as the moves say; else the newest that has it."""
    version_id = row.version_id
    if version_id is None and moves:
        before = [move for move in moves if move.at <= row.at]
        version_id = uuid.UUID(before[-1].data["to_id"] if before else moves[0].data["from_id"])
    if version_id is not None:
        found = questionnaire_of(session, version_id)[0]
        if found.has_question(row.answer.question):
            return found
    for one in older():
        found = questionnaire_of(session, one)[0]
        if found.has_question(row.answer.question):
            return found
    return None


def _older(session: Session, own: QuestionnaireVersion) -> list[uuid.UUID]:
    """Ids of the versions before this one of the same questionnaire, the highest number first."""
    rows = session.execute(
        select(QuestionnaireVersion.id, QuestionnaireVersion.version).where(
            QuestionnaireVersion.slug == own.slug
        )
    ).all()
    before = [row for row in rows if version_order(row.version) < version_order(own.version)]
    return [row.id for row in sorted(before, key=lambda row: version_order(row.version), reverse=True)]


def _linked(
    session: Session, places: set[tuple[uuid.UUID, str]]
) -> dict[tuple[uuid.UUID, str], tuple[KeptDocument, ...]]:
    rows = session.execute(
        select(AnswerEvidence.assessment_id, AnswerEvidence.question, Document.id, Document.title)
        .join(Document, Document.id == AnswerEvidence.document_id)
        .where(tuple_(AnswerEvidence.assessment_id, AnswerEvidence.question).in_(places))
        .order_by(AnswerEvidence.linked_at)
    ).all()
    found: dict[tuple[uuid.UUID, str], tuple[KeptDocument, ...]] = {}
    for assessment_id, question, document_id, title in rows:
        place = (assessment_id, question)
        found[place] = (*found.get(place, ()), KeptDocument(document_id, title))
    return found
