"""The access ledger: what each supplier sees of who looked at its data. Append-only.

The line is written in the transaction of the look, before a byte leaves; if it cannot be written, the look is
refused (DESIGN.md 4.9). It names organization and function, never a person.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, text, tuple_
from sqlalchemy.orm import Session

from assessments.base import new_id
from assessments.cursors import instant, read_cursor, write_cursor
from assessments.parties import Actor
from assessments.sentences import N_
from assessments.sharing.disclosure import AccessLedgerEntry, LedgerAction
from assessments.workflow import Invalid


@dataclass(frozen=True)
class LedgerLine:
    """One look as its supplier reads it; whoever else was on the same list is not told."""

    id: uuid.UUID
    at: datetime
    reader_id: uuid.UUID | None
    reader_name: str
    reader_function: str
    action: LedgerAction
    assessment_id: uuid.UUID | None
    what: Mapping[str, Any]


@dataclass(frozen=True)
class LedgerPage:
    """Lines, newest first, and where the next page begins (None: nowhere)."""

    lines: tuple[LedgerLine, ...]
    next_cursor: str | None


def record_opening(
    session: Session,
    reader: Actor,
    reader_name: str,
    *,
    supplier_id: uuid.UUID,
    assessment_id: uuid.UUID | None,
    what: Mapping[str, Any],
    at: datetime,
) -> AccessLedgerEntry:
    """Write that one assessment was opened; ``what`` says which layers and topics, or which page."""
    return _append(
        session, LedgerAction.OPENED, reader, reader_name, [supplier_id], assessment_id, what, at=at
    )


def record_download(
    session: Session,
    reader: Actor,
    reader_name: str,
    *,
    supplier_id: uuid.UUID,
    assessment_id: uuid.UUID | None,
    what: Mapping[str, Any],
    at: datetime,
) -> AccessLedgerEntry:
    """Write that a file was downloaded; ``what`` names it."""
    return _append(
        session, LedgerAction.DOWNLOADED, reader, reader_name, [supplier_id], assessment_id, what, at=at
    )


def record_listing(
    session: Session,
    reader: Actor,
    reader_name: str,
    *,
    supplier_ids: Collection[uuid.UUID],
    what: Mapping[str, Any],
    at: datetime,
    action: LedgerAction = LedgerAction.LISTED,
) -> AccessLedgerEntry | None:
    """Write one line for a list or export that shows several suppliers; none for an empty list.

    ``what`` is read by each of them: it may say which page, never whom or how many else it showed.
    """
    if not supplier_ids:
        return None
    return _append(session, action, reader, reader_name, supplier_ids, None, what, at=at)


@dataclass(frozen=True)
class LedgerReader:
    """An organization that looked, under the name it had, and when it did last."""

    reader_id: uuid.UUID
    name: str
    last_at: datetime


def readers_of(session: Session, supplier_id: uuid.UUID) -> list[LedgerReader]:
    """Return who ever looked at a supplier's data, by name; one statement."""
    found = session.execute(
        select(
            AccessLedgerEntry.reader_id,
            func.max(AccessLedgerEntry.reader_name),
            func.max(AccessLedgerEntry.at, type_=AccessLedgerEntry.at.type),
        )
        .where(_names(session, supplier_id), AccessLedgerEntry.reader_id.is_not(None))
        .group_by(AccessLedgerEntry.reader_id)
        .order_by(func.max(AccessLedgerEntry.reader_name))
    )
    return [LedgerReader(key, name, last) for key, name, last in found if key is not None]


def openings_of(session: Session, supplier_id: uuid.UUID) -> dict[tuple[uuid.UUID, uuid.UUID], datetime]:
    """Return when each reader last opened or took something of each assessment; lists are no openings.

    {(reader, assessment): instant}; one statement.
    """
    found = session.execute(
        select(
            AccessLedgerEntry.reader_id,
            AccessLedgerEntry.assessment_id,
            func.max(AccessLedgerEntry.at, type_=AccessLedgerEntry.at.type),
        )
        .where(
            _names(session, supplier_id),
            AccessLedgerEntry.reader_id.is_not(None),
            AccessLedgerEntry.assessment_id.is_not(None),
        )
        .group_by(AccessLedgerEntry.reader_id, AccessLedgerEntry.assessment_id)
    )
    return {(reader, key): last for reader, key, last in found if reader is not None and key is not None}


def ledger_of(
    session: Session,
    supplier_id: uuid.UUID,
    cursor: str | None = None,
    *,
    reader_id: uuid.UUID | None = None,
    limit: int = 50,
) -> LedgerPage:
    """Return a supplier's ledger (of one reader, or all), newest first, a page at a time.

    Raises Invalid for a made-up cursor.
    """
    columns = [getattr(AccessLedgerEntry, name) for name in LedgerLine.__dataclass_fields__]
    query = (
        select(*columns)
        .where(_names(session, supplier_id))
        .order_by(AccessLedgerEntry.at.desc(), AccessLedgerEntry.id.desc())
        .limit(limit + 1)
    )
    if reader_id is not None:
        query = query.where(AccessLedgerEntry.reader_id == reader_id)
    if cursor is not None:
        at, entry_id = _read_cursor(cursor)
        place = tuple_(AccessLedgerEntry.at, AccessLedgerEntry.id)
        query = query.where(
            place
            < tuple_(literal(at, AccessLedgerEntry.at.type), literal(entry_id, AccessLedgerEntry.id.type))
        )
    lines = [LedgerLine(**row._mapping) for row in session.execute(query)]
    more = len(lines) > limit
    lines = lines[:limit]
    return LedgerPage(tuple(lines), _write_cursor(lines[-1]) if more else None)


def _names(session: Session, supplier_id: uuid.UUID) -> Any:
    if session.get_bind().dialect.name == "postgresql":
        return text("access_ledger.supplier_ids @> to_jsonb(CAST(:ledger_of AS text))").bindparams(
            ledger_of=str(supplier_id)
        )
    return text(
        "EXISTS (SELECT 1 FROM json_each(access_ledger.supplier_ids) s WHERE s.value = :ledger_of)"
    ).bindparams(ledger_of=str(supplier_id))


def _append(
    session: Session,
    action: LedgerAction,
    reader: Actor,
    reader_name: str,
    supplier_ids: Collection[uuid.UUID],
    assessment_id: uuid.UUID | None,
    what: Mapping[str, Any],
    *,
    at: datetime,
) -> AccessLedgerEntry:
    entry = AccessLedgerEntry(
        id=new_id(),
        at=at,
        supplier_ids=sorted({str(supplier_id) for supplier_id in supplier_ids}),
        reader_id=reader.organization_id,
        reader_name=reader_name,
        reader_function=reader.role.function,
        action=action,
        assessment_id=assessment_id,
        what=dict(what),
    )
    session.add(entry)
    # Written now, so that a failure is met before anything is handed out.
    session.flush()
    return entry


def _write_cursor(line: LedgerLine) -> str:
    return write_cursor(line.at.isoformat(), line.id.hex)


def _read_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        at, entry_id = read_cursor(cursor, 2)
        return instant(at), uuid.UUID(entry_id)
    except ValueError as error:
        raise Invalid(
            "This page of the list is not there.", {"cursor": N_("begin again without it")}
        ) from error
