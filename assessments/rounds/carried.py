"""Answers that came from another version or round: the mark they bear, showing what was, saying "still true".

``Answer.carried`` is ``{"fate", "revision", "version", "old", "offers", "before"}``: what became of it, the
revision it has as carried (any later one means that somebody answered since), the version it comes from, the
revisions of the answers it comes from, each with its parts that are shown, the documents offered with them
(carried_links.py), and the mark it had before, for the way back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from assessments.assessment import Answer, AnswerRevision
from assessments.parties import Actor, check_supplier
from assessments.questionnaire.model import Question, UnknownQuestion
from assessments.questionnaire.versions.carrying import Carry, Parts
from assessments.sentences import N_
from assessments.sheet.answering import as_json
from assessments.sheet.contents import SETTLED, AnswerSheet, StoredAnswer, check_open
from assessments.sheet.reading import questionnaire_of, read_sheet
from assessments.sheet.writing import write_answer
from assessments.values.answers import AnswerState, BadValue, parse_parts
from assessments.workflow import Stale


@dataclass(frozen=True)
class OldAnswer:
    """An answer as it stood in the version or round that this one comes from."""

    version: str
    question: Question
    state: AnswerState
    parts: Mapping[str, Any]
    reason: str | None
    at: datetime


def fits(question: Question, parts: Parts) -> Parts | None:
    """The parts as an answer to ``question`` stores them; None where they are none."""
    known = {part.key for part in question.parts}
    try:
        return parse_parts(question, {key: value for key, value in parts.items() if key in known})
    except BadValue:
        return None


def mark_of(
    carry: Carry,
    version_id: uuid.UUID,
    revision: int,
    before: Any = None,
    *,
    offers: Iterable[tuple[str, uuid.UUID]] = (),
) -> dict[str, Any]:
    """The mark of an answer that is written as ``revision``; sources of ``carry`` are StoredAnswers."""
    shown = carry.beside or ((carry.own,) if carry.own else ())
    offered = [[question, str(document)] for question, document in offers]
    return {
        "fate": carry.fate.value,
        "revision": revision,
        "version": str(version_id),
        "old": [
            [str(one.source.assessment_id), one.question, one.source.revision, sorted(one.parts)]
            for one in shown
        ],
        **({"offers": offered} if offered else {}),
        **({"before": before} if before else {}),
    }


def put(
    session: Session,
    organization_id: uuid.UUID,
    answer: StoredAnswer,
    mark: Mapping[str, Any] | None,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Write an answer at its revision, with its history row; the caller holds the assessment's lock."""
    present = session.get(Answer, (answer.assessment_id, answer.question), populate_existing=True)
    columns: dict[str, Any] = {
        "state": answer.state, "parts": dict(answer.parts), "note": answer.note, "reason": answer.reason,
        "revision": answer.revision,
    }  # fmt: skip
    place = {"assessment_id": answer.assessment_id, "question": answer.question}
    owned = {**place, "organization_id": organization_id, **columns}
    carried = dict(mark) if mark else None
    if present is None:
        session.add(Answer(**owned, updated_at=at, updated_by=by.person_id, carried=carried))
    else:
        for name, value in columns.items():
            setattr(present, name, value)
        present.updated_at, present.updated_by, present.carried = at, by.person_id, carried
    session.add(AnswerRevision(**owned, at=at, by=by.person_id))


def confirm(
    session: Session, sheet: AnswerSheet, keys: Iterable[str], *, by: Actor, at: datetime
) -> tuple[AnswerSheet, tuple[str, ...]]:
    """Say that carried answers are still true: each gets a revision of its own, dated today.

    Returns the sheet after and the keys that were confirmed; those that do not wait, are not asked or lack
    something are left out. Raises WrongActor unless ``by`` is of the sheet's supplier, WrongState when an
    answer is frozen, Stale when somebody changed one meanwhile.
    """
    check_supplier(by, sheet.organization_id, message="Only the supplier answers.")
    done = []
    for key in keys:
        answer = sheet.stored.get(key)
        waits = answer is not None and answer.waits and sheet.applicability.asks(key)
        if answer is None or not waits or sheet.state_of(key) not in SETTLED:
            continue
        check_open(sheet, key)
        after = answer._replace(revision=answer.revision + 1, updated_at=at, carried=None)
        if not write_answer(session, sheet, after, by=by, at=at, confirmed=True):
            raise Stale(
                N_("%(question)s was changed by somebody else since you opened it.", question=key),
                current=as_json(read_sheet(session, sheet.assessment_id).answer(key)),
                offered=as_json(after),
            )
        sheet = sheet.with_answer(after)
        done.append(key)
    return sheet, tuple(done)


def to_confirm(sheet: AnswerSheet) -> tuple[str, ...]:
    """Keys of asked questions whose carried answer is whole and that nobody has confirmed or changed yet."""
    return tuple(
        key for key in sheet.applicability.asked if sheet.waits(key) and sheet.state_of(key) in SETTLED
    )


def old_answers(
    session: Session, sheet: AnswerSheet, keys: Sequence[str] | None = None
) -> Mapping[str, tuple[OldAnswer, ...]]:
    """What stood before, for every carried answer that nobody has saved since; one statement, or none.

    ``keys``: of these questions alone.
    """
    wanted: dict[tuple[uuid.UUID, str, int], list[tuple[str, uuid.UUID, Sequence[str]]]] = {}
    for key, answer in sheet.stored.items():
        mark = answer.carried
        if mark is None or mark["revision"] != answer.revision or (keys is not None and key not in keys):
            continue
        for assessment_id, question, revision, parts in mark["old"]:
            place = (uuid.UUID(assessment_id), question, revision)
            wanted.setdefault(place, []).append((key, uuid.UUID(mark["version"]), parts))
    if not wanted:
        return {}
    rows = session.scalars(
        select(AnswerRevision).where(
            tuple_(AnswerRevision.assessment_id, AnswerRevision.question, AnswerRevision.revision).in_(wanted)
        )
    )
    by_place = {(row.assessment_id, row.question, row.revision): row for row in rows}
    found: dict[str, tuple[OldAnswer, ...]] = {}
    for place, goes in wanted.items():
        row = by_place.get(place)
        for key, version_id, parts in goes:
            old = _old(session, row, version_id, parts)
            found[key] = (*found.get(key, ()), *((old,) if old else ()))
    return found


def _old(
    session: Session, row: AnswerRevision | None, version_id: uuid.UUID, shown: Sequence[str]
) -> OldAnswer | None:
    if row is None:
        return None
    questionnaire, _sha256 = questionnaire_of(session, version_id)
    try:
        question = questionnaire.question(row.question)
    except UnknownQuestion:  # kept from a version older than the one before
        return None
    parts = {key: value for key, value in row.parts.items() if key in shown}
    return OldAnswer(questionnaire.version, question, row.state, parts, row.reason, row.at)
