"""Saving answers: parse, decide the state, write change, history and event at once, say what changed.

The write is a written fast path (ARCHITECTURE.md, "Speed"): on PostgreSQL one statement with data-modifying
parts, on SQLite the same rows by three statements inside one immediate transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from assessments.answers import AnswerState, BadValue, clean_reason, parse_parts, state_of
from assessments.assessment import Answer, AnswerRevision
from assessments.base import by_driver
from assessments.canonical import digest
from assessments.events import AuditEvent, EventKind, event_values, record
from assessments.parties import Actor, Organization, Site, check_supplier
from assessments.profile import LARGEST_COUNT
from assessments.questionnaire.asking.applicability import Changed, changed
from assessments.questionnaire.binding import column_from_value
from assessments.questionnaire.model import Question
from assessments.sentences import N_
from assessments.sheet import AnswerSheet, StoredAnswer
from assessments.sheet_reading import read_sheet
from assessments.workflow import Invalid, Stale, WrongState

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Offered:
    """What somebody wants to save. ``state`` says "not known yet", "does not apply", "prefer not to share";
    None lets the parts decide. ``revision`` is the one the person saw (0: nothing yet), ``profile`` the
    ``profile_seen`` of it where parts live in the profile, which pages of the profile change too (None: not
    compared)."""

    parts: Mapping[str, Any]
    revision: int
    state: AnswerState | None = None
    reason: str | None = None
    note: str | None = None
    profile: str | None = None


@dataclass(frozen=True)
class Saved:
    """What became of it: the answer as it stands, the sheet after, and what that switched on or off."""

    answer: StoredAnswer
    sheet: AnswerSheet
    changed: Changed
    written: bool


def save_answer(
    session: Session, sheet: AnswerSheet, key: str, offered: Offered, *, by: Actor, at: datetime
) -> Saved:
    """Save one answer, durable with the caller's commit.

    Raises WrongActor unless ``by`` is of the sheet's supplier; UnknownQuestion; WrongState when it is
    frozen or the question is not asked (with the reason); Invalid naming each place; Stale with both
    versions when somebody saved meanwhile. Saving what already stands writes nothing and is no conflict: a
    save whose answer got lost on the line may be sent again.
    """
    check_supplier(by, sheet.organization_id, message="Only the supplier answers.")
    question = sheet.questionnaire.question(key)
    if not sheet.writable(key):
        raise WrongState(
            "This answer is frozen since the assessment was submitted.",
            "An assessor can reopen a question for clarification.",
            places=(key,),
        )
    if not sheet.applicability.asks(key):
        raise WrongState(
            N_(
                "%(question)s is not asked here. %(why)s",
                question=key,
                why=sheet.applicability.not_asked[key],
            ),
            "Change the answer that decides this, if it is wrong.",
            places=(key,),
        )
    before = sheet.answer(key)
    answer = read_offered(sheet, question, offered, before, at=at)
    if same_answer(before, answer):
        return Saved(before, sheet, Changed((), ()), written=False)
    profile = profile_seen(question, before.parts)
    if offered.revision != before.revision or offered.profile not in {None, profile}:
        raise _stale(before, answer)
    if not write_answer(session, sheet, answer, by=by, at=at):
        current = read_sheet(session, sheet.assessment_id)
        if current.version_sha256 != sheet.version_sha256:
            raise WrongState(
                "The round moved to another version of the questionnaire meanwhile.",
                "Your text was not saved; copy it, and open the question again.",
            )
        if not current.writable(key):
            raise WrongState("The assessment was submitted meanwhile.", "Your text was not saved; copy it.")
        raise _stale(current.answer(key), answer)
    after = sheet.with_answer(answer)
    if any(part.bind is not None for part in question.parts):
        after = _write_bound(session, after, question, answer.parts, by=by, at=at)
    return Saved(answer, after, changed(sheet.applicability, after.applicability), written=True)


def read_offered(
    sheet: AnswerSheet, question: Question, offered: Offered, before: StoredAnswer, *, at: datetime
) -> StoredAnswer:
    """What ``offered`` would stand as after ``before``; nothing is written. Raises Invalid by place."""
    try:
        parts = parse_parts(question, offered.parts)
        reason = clean_reason(offered.reason, question.key)
        state = state_of(
            question, parts, offered.state, reason, sheet.applicability.facts, sheet.applicability.answers
        )
    except BadValue as bad:
        faults = {fault.place: fault.sentence for fault in bad.problems}
        raise Invalid(
            N_("%(question)s was not saved: something in it cannot be read.", question=question.key), faults
        ) from bad
    for part in question.parts:
        people = (parts.get(part.key) or {}).get("value", "0") if part.bind and part.plain else "0"
        if Decimal(people) > LARGEST_COUNT:
            place = f"{question.key}.{part.key}"
            raise Invalid(
                N_("%(question)s was not saved.", question=question.key),
                {place: N_("%(people)s are more people than there are. Check the digits.", people=people)},
            )
    note = (offered.note or "").strip() or None
    if note is not None and len(note) > LONGEST_NOTE:
        place = f"{question.key}.note"
        raise Invalid(
            "The note is too long.",
            {place: N_("It is too long. Write at most %(most)s characters.", most=f"{LONGEST_NOTE:,}")},
        )
    return StoredAnswer(
        question=question.key,
        assessment_id=sheet.home_of(question),
        state=state,
        parts=parts,
        note=note,
        reason=reason if state is AnswerState.NOT_APPLICABLE else None,
        revision=before.revision + 1,
        updated_at=at,
    )


def profile_seen(question: Question, parts: Mapping[str, Any]) -> str:
    """A short digest of the parts that live in the profile, as they stand in ``parts``; "" for none."""
    bound = {part.key: parts.get(part.key) for part in question.parts if part.bind is not None}
    return digest(bound)[:16] if bound else ""


def same_answer(before: StoredAnswer, after: StoredAnswer) -> bool:
    """Whether both say the same, whoever said it when."""
    return (before.state, before.parts, before.note, before.reason) == (
        after.state,
        after.parts,
        after.note,
        after.reason,
    )


def _stale(current: StoredAnswer, offered: StoredAnswer) -> Stale:
    return Stale(
        N_("%(question)s was changed by somebody else since you opened it.", question=current.question),
        current=as_json(current),
        offered=as_json(offered),
    )


def as_json(answer: StoredAnswer) -> dict[str, Any]:
    """An answer as programs read it."""
    return {
        "question": answer.question,
        "state": answer.state.value,
        "parts": dict(answer.parts),
        "note": answer.note,
        "reason": answer.reason,
        "revision": answer.revision,
        "updated_at": answer.updated_at.isoformat() if answer.updated_at else None,
    }


_WRITE = """
WITH held AS (
  SELECT id FROM assessment
  WHERE id = %(sheet)s AND state = %(sheet_state)s AND revision = %(sheet_revision)s
  FOR SHARE),
saved AS (
  INSERT INTO answer AS n
    (assessment_id, question, organization_id, state, parts, note, reason, revision, updated_at, updated_by)
  SELECT %(assessment_id)s, %(question)s, %(organization_id)s, %(state)s, CAST(%(parts)s AS jsonb),
    %(note)s, %(reason)s, %(revision)s, %(at)s, %(person)s FROM held
  ON CONFLICT (assessment_id, question) DO UPDATE SET state = excluded.state, parts = excluded.parts,
    note = excluded.note, reason = excluded.reason, revision = excluded.revision,
    updated_at = excluded.updated_at, updated_by = excluded.updated_by
  WHERE n.revision = excluded.revision - 1
  RETURNING n.revision),
kept AS (
  INSERT INTO answer_revision
    (assessment_id, question, revision, organization_id, state, parts, note, reason, at, by)
  SELECT %(assessment_id)s, %(question)s, saved.revision, %(organization_id)s, %(state)s,
    CAST(%(parts)s AS jsonb), %(note)s, %(reason)s, %(at)s, %(person)s FROM saved),
told AS (
  INSERT INTO audit_event
    (id, at, kind, actor_id, actor_organization_id, actor_function, subject_type, subject_id,
     organization_id, data, hash)
  SELECT %(event_id)s, %(at)s, %(event_kind)s, %(person)s, %(actor_organization_id)s, %(actor_function)s,
    %(subject_type)s, %(assessment_id)s, %(organization_id)s, CAST(%(event_data)s AS jsonb), %(event_hash)s
  FROM saved)
SELECT revision FROM saved
"""
"""As the driver takes it, so that nothing is left to compile for each save."""


def write_answer(
    session: Session,
    sheet: AnswerSheet,
    answer: StoredAnswer,
    *,
    by: Actor,
    at: datetime,
    confirmed: bool = False,
) -> bool:
    """Write answer, history and event if nobody was faster and the sheet's state still holds.

    ``confirmed``: nothing in it changed, somebody said that it is still true.
    """
    told = {"question": answer.question, "revision": answer.revision, "state": answer.state.value}
    event = event_values(
        EventKind.ANSWER_SAVED,
        by=by,
        at=at,
        subject_type="assessment",
        subject_id=answer.assessment_id,
        organization_id=sheet.organization_id,
        data={**told, "confirmed": True} if confirmed else told,
    )
    if session.get_bind().dialect.name == "postgresql":
        written = by_driver(
            session,
            _WRITE,
            {
                "sheet": sheet.assessment_id, "sheet_state": sheet.state.value,
                "sheet_revision": sheet.revision,
                "assessment_id": answer.assessment_id, "question": answer.question,
                "organization_id": sheet.organization_id, "state": answer.state.value,
                "parts": json.dumps(answer.parts), "note": answer.note, "reason": answer.reason,
                "revision": answer.revision, "at": at, "person": by.person_id, "event_id": event["id"],
                "event_kind": event["kind"].value, "actor_organization_id": by.organization_id,
                "actor_function": event["actor_function"], "subject_type": event["subject_type"],
                "event_data": json.dumps(event["data"]), "event_hash": event["hash"],
            },
        )  # fmt: skip
        return written.first() is not None
    return _write_apart(session, sheet, answer, event, by=by, at=at)


def _write_apart(
    session: Session,
    sheet: AnswerSheet,
    answer: StoredAnswer,
    event: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> bool:
    """The same rows on SQLite, whose writers are alone from BEGIN IMMEDIATE on."""
    columns = {
        "state": answer.state, "parts": answer.parts, "note": answer.note, "reason": answer.reason,
        "revision": answer.revision, "updated_at": at, "updated_by": by.person_id,
    }  # fmt: skip
    place = {"assessment_id": answer.assessment_id, "question": answer.question}
    now_at = session.execute(
        select(Answer.revision).where(
            Answer.assessment_id == answer.assessment_id, Answer.question == answer.question
        )
    ).scalar()
    if (now_at or 0) != answer.revision - 1:
        return False
    table = Answer.__table__
    if now_at is None:
        session.execute(insert(table).values(**place, organization_id=sheet.organization_id, **columns))  # type: ignore[arg-type]
    else:
        session.execute(
            update(table)  # type: ignore[arg-type]
            .where(table.c.assessment_id == answer.assessment_id, table.c.question == answer.question)
            .values(**columns)
        )
    session.execute(
        insert(AnswerRevision.__table__).values(  # type: ignore[arg-type]
            **place, revision=answer.revision, organization_id=sheet.organization_id, state=answer.state,
            parts=answer.parts, note=answer.note, reason=answer.reason, at=at, by=by.person_id,
        )
    )  # fmt: skip
    session.execute(insert(AuditEvent.__table__).values(**event))  # type: ignore[arg-type]
    return True


def _write_bound(
    session: Session,
    sheet: AnswerSheet,
    question: Question,
    parts: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> AnswerSheet:
    """Write bound parts into their columns and return the sheet that shows them."""
    columns: dict[str, dict[str, Any]] = {"organization": {}, "site": {}}
    for part in question.parts:
        if part.bind is not None:
            columns[part.bind.record][part.bind.column] = column_from_value(part, parts.get(part.key))
    kept = {"legal_name", "country", "name"}  # what a record must have is not emptied by leaving a field out
    for record_name in columns:
        columns[record_name] = {
            k: v for k, v in columns[record_name].items() if v is not None or k not in kept
        }
    if columns["organization"]:
        _write_organization(session, sheet, columns["organization"])
        record(
            session, EventKind.ORGANIZATION_DESCRIBED, by=by, at=at, subject_type="organization",
            subject_id=sheet.organization_id, organization_id=sheet.organization_id,
            data={"columns": sorted(columns["organization"])},
        )  # fmt: skip
    if columns["site"] and sheet.site_id is not None:
        session.execute(
            update(Site).where(Site.id == sheet.site_id).values(**columns["site"], revision=Site.revision + 1)
        )
        record(
            session, EventKind.SITE_DESCRIBED, by=by, at=at, subject_type="site", subject_id=sheet.site_id,
            organization_id=sheet.organization_id, data={"columns": sorted(columns["site"])},
        )  # fmt: skip
    return sheet.with_columns(columns["organization"], columns["site"])


def _write_organization(session: Session, sheet: AnswerSheet, columns: Mapping[str, Any]) -> None:
    statement = (
        update(Organization)
        .where(Organization.id == sheet.organization_id)
        .values(**columns, revision=Organization.revision + 1)
    )
    session.execute(statement)
