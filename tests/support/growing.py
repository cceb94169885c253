"""A world made larger without acting it out again: its rows once more, under ids of their own.

For counting statements alone: what stands there twice is no history that anybody made, and nothing but
reading is asked of it.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Enum, Integer, String, Table, UniqueConstraint, Uuid

from assessments.base import Base

ONCE = frozenset({
    "audit_seal", "idempotency_key", "lease", "login_session", "organization", "outbox_job",
    "questionnaire_version", "subscription", "terms", "throttle",
})  # fmt: skip
"""What is no part of a case: each stands for the whole installation, or for a visit."""
BESIDE: Mapping[str, Mapping[str, Any]] = {"questionnaire_version": {"version": "0.8"}}
"""Of these there is one more, with these values: an older version of the questionnaire."""
WITH_CHILDREN = frozenset({"document"})
"""What never stands without what belongs to it: a second one comes with its case, not alone."""
WORDS = frozenset({"layer", "path", "question", "topic"})
"""Columns with keys of the questionnaire or of the code: another word would name nothing."""
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")

_fresh = itertools.count(1)
Row = dict[str, Any]


def grow(file: str) -> None:
    """Add to each thing's children, then a second of every case, in the SQLite database ``file``."""
    with sqlite3.connect(file) as live:
        live.execute("PRAGMA foreign_keys=OFF")
        for table in Base.metadata.sorted_tables:
            if table.name in BESIDE or table.name == "organization":
                rows = _rows(live, table)
                _add(live, table, rows, _new_ids(table, rows), BESIDE.get(table.name, {}))
        tables = [table for table in Base.metadata.sorted_tables if table.name not in ONCE]
        children = {table.name: _rows(live, table) for table in tables}
        for table in [table for table in tables if table.name not in WITH_CHILDREN]:
            _add(live, table, children[table.name], _new_ids(table, children[table.name]))
        whole = {table.name: _rows(live, table) for table in tables}
        new: dict[str, str] = {}
        for table in tables:
            new |= _new_ids(table, whole[table.name])
        for table in tables:
            _add(live, table, whole[table.name], new)
        broken = live.execute("PRAGMA foreign_key_check").fetchall()
    live.close()
    assert not broken, broken[:5]


def _rows(live: sqlite3.Connection, table: Table) -> list[Row]:
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    found = live.execute(f'SELECT {listed} FROM "{table.name}"').fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _new_ids(table: Table, rows: Iterable[Row]) -> dict[str, str]:
    key = [column for column in table.primary_key.columns if isinstance(column.type, Uuid)]
    if len(key) != 1 or key[0].foreign_keys or len(table.primary_key.columns) != 1:
        return {}
    return {row[key[0].name]: uuid.uuid4().hex for row in rows}


def _add(
    live: sqlite3.Connection,
    table: Table,
    rows: list[Row],
    new: Mapping[str, str],
    said: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Add ``rows`` once more with the ids that are ``new``, those that nobody may have twice set apart."""
    for row in rows:
        made = {name: _told(value, new) for name, value in row.items()} | dict(said)
        for columns in _alone(table):
            if all(made[name] == row[name] for name in columns) and None not in (row[n] for n in columns):
                _set_apart(table, columns, made)
        names = ", ".join(f'"{name}"' for name in made)
        places = ", ".join("?" * len(made))
        live.execute(
            f'INSERT OR IGNORE INTO "{table.name}" ({names}) VALUES ({places})', tuple(made.values())
        )


def _told(value: Any, new: Mapping[str, str]) -> Any:
    """A value with the ids that are new in it, in the spelling it had."""
    if not isinstance(value, str) or len(value) < 32:
        return value

    def put(found: re.Match[str]) -> str:
        old = found[0]
        made = new.get(old.replace("-", ""))
        return old if made is None else str(uuid.UUID(made)) if "-" in old else made

    return ID.sub(put, value)


def _alone(table: Table) -> list[tuple[str, ...]]:
    """The columns that no two rows may have alike."""
    kept = [index.columns for index in table.indexes if index.unique]
    kept += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    return [tuple(column.name for column in columns) for columns in [*kept, table.primary_key.columns]]


def _set_apart(table: Table, columns: tuple[str, ...], made: Row) -> None:
    """Change a number or word among them; a row that has neither stays alike and is left out."""
    for name in columns:
        column = table.c[name]
        if column.foreign_keys or made[name] is None:
            continue
        if isinstance(column.type, Integer):
            made[name] += 1000 * next(_fresh)
            return
        if isinstance(column.type, String) and not isinstance(column.type, Enum) and name not in WORDS:
            made[name] = f"{made[name]}~{next(_fresh)}"
            return
