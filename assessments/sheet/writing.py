"""Writing an answer: the row, its history and its audit event at once, on either database.

A written fast path (ARCHITECTURE.md, "Speed"): on PostgreSQL one call of the function ``write_answer``
(migration 0006), on SQLite the same rows by three statements inside one immediate transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from assessments.assessment import Answer, AnswerRevision
from assessments.audit.events import AuditEvent, EventKind, event_values, record
from assessments.driver import as_document, at_once, by_driver, engine_of
from assessments.parties import Actor, Organization, Site
from assessments.questionnaire.binding import column_from_value
from assessments.questionnaire.model import Question
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.sheet.memory import Remembered
from assessments.sheet.reading import read_instead

_WRITE = "SELECT written, instead FROM write_answer(%s::jsonb)"


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
    event = _event_of(sheet, answer, by=by, at=at, confirmed=confirmed)
    if session.get_bind().dialect.name == "postgresql":
        told = as_document(_values(sheet, answer, event, by=by, at=at))
        written: bool = by_driver(session, _WRITE, (told,)).one().written
        return written
    return _write_apart(session, sheet, answer, event, by=by, at=at)


def write_at_once(
    session: Session, known: Remembered, answer: StoredAnswer, *, by: Actor, at: datetime
) -> Remembered | None:
    """Write the same in a transaction of its own (PostgreSQL) if the sheet, which was not read, is the
    database's; else return the one that is, which the same statement gives back: the last save may have been
    another server's."""
    event = _event_of(known.sheet, answer, by=by, at=at)
    values = _values(known.sheet, answer, event, by=by, at=at)
    values |= {
        **known.proof,
        "since": known.since,
        "tenant": str(by.organization_id),
        "audience": by.audience.value,
    }
    row = at_once(engine_of(session), _WRITE, (as_document(values),))
    if row is None or not row[0]:
        return read_instead(session, known, orjson.loads(row[1]) if row and row[1] else None)
    return None


def _event_of(
    sheet: AnswerSheet, answer: StoredAnswer, *, by: Actor, at: datetime, confirmed: bool = False
) -> dict[str, Any]:
    told = {"question": answer.question, "revision": answer.revision, "state": answer.state.value}
    return event_values(
        EventKind.ANSWER_SAVED,
        by=by,
        at=at,
        subject_type="assessment",
        subject_id=answer.assessment_id,
        organization_id=sheet.organization_id,
        data={**told, "confirmed": True} if confirmed else told,
    )


def _values(
    sheet: AnswerSheet, answer: StoredAnswer, event: dict[str, Any], *, by: Actor, at: datetime
) -> dict[str, Any]:
    return {
        "sheet": sheet.assessment_id, "sheet_state": sheet.state.value, "sheet_revision": sheet.revision,
        "assessment_id": answer.assessment_id, "question": answer.question,
        "organization_id": sheet.organization_id, "state": answer.state.value,
        "parts": answer.parts, "note": answer.note, "reason": answer.reason,
        "revision": answer.revision, "at": at, "person": by.person_id, "event_id": event["id"],
        "event_kind": event["kind"].value, "actor_organization_id": by.organization_id,
        "actor_function": event["actor_function"], "subject_type": event["subject_type"],
        "event_data": event["data"], "event_hash": event["hash"],
    }  # fmt: skip


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


def write_bound(
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
