"""The floor: bare Flask and psycopg under the same server, the same durable rows with the least SQL.

No sign-in page, no policy, no questionnaire, no rules: only what any correct implementation must read and
write. Statements are prepared and committed; ``STATEMENTS`` is printed beside ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, request

STATEMENTS: dict[str, list[str]] = {
    "save_answer": [
        (
            "SELECT m.person_id, m.organization_id FROM api_token t JOIN membership m ON m.id = t.membership_id "
            "WHERE t.secret_sha256 = %s AND t.expires_at > now()"
        ),
        (
            "WITH saved AS (UPDATE answer SET state = %s, parts = %s::jsonb, revision = revision + 1, "
            "updated_at = now(), updated_by = %s WHERE assessment_id = %s AND question = %s AND revision = %s "
            "RETURNING revision), kept AS (INSERT INTO answer_revision (assessment_id, question, revision, "
            "organization_id, state, parts, at, by) SELECT %s, %s, revision, %s, %s, %s::jsonb, now(), %s FROM saved), "
            "told AS (INSERT INTO audit_event (id, at, kind, actor_id, actor_organization_id, actor_function, "
            "subject_type, subject_id, organization_id, data, hash) SELECT %s, now(), 'answer_saved', %s, %s, "
            "'supplier admin', 'assessment', %s, %s, %s::jsonb, %s FROM saved) SELECT revision FROM saved"
        ),
        "COMMIT",
    ],
    "open_section": [
        (
            "SELECT m.person_id, m.organization_id FROM login_session s JOIN membership m ON m.id = s.membership_id "
            "WHERE s.secret_sha256 = %s AND s.expires_at > now()"
        ),
        (
            "SELECT question, state, parts, note, reason, revision, updated_at FROM answer "
            "WHERE assessment_id IN (%s, %s)"
        ),
    ],
    "portfolio": [
        (
            "SELECT m.person_id, m.organization_id FROM api_token t JOIN membership m ON m.id = t.membership_id "
            "WHERE t.secret_sha256 = %s AND t.expires_at > now()"
        ),
        (
            "SELECT supplier_id, assessment_id, supplier_name, site_name, country, activities, materials, stage, "
            "stage_since, basis, published_at, valid_until, shared_until, maturity, critical_open, major_open, "
            "minor_open, observations, good_practices, actions_settled, actions_agreed, next_due_on FROM portfolio_row "
            "WHERE buyer_id = %s AND visible_from <= now() AND visible_until > now() AND country = %s "
            "ORDER BY supplier_name, assessment_id LIMIT 51"
        ),
        (
            "INSERT INTO access_ledger (id, at, supplier_ids, reader_id, reader_name, reader_function, action, what) "
            "VALUES (%s, now(), %s::jsonb, %s, 'Bench Motors', 'buyer admin', 'listed', '{}')"
        ),
        "COMMIT",
    ],
}

app = Flask("floor")
_local = threading.local()


def talk() -> psycopg.Connection[Any]:
    """Return this thread's connection, as the role that row-level security does not hold up."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["FLOOR_DSN"], prepare_threshold=1)
    connection: psycopg.Connection[Any] = _local.connection
    return connection


def _who(statement: str, secret: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = (
        talk().execute(statement, (hashlib.sha256(secret.encode()).hexdigest(),)).fetchone()
    )
    assert row is not None
    return row


@app.put("/save/<assessment>/<question>")
def save(assessment: str, question: str) -> Any:
    """Save one answer: the row, its history, its audit row."""
    body = request.get_json()
    who, write, _commit = STATEMENTS["save_answer"]
    person, owner = _who(who, request.headers["Authorization"].split()[1])
    parts = json.dumps(body["parts"])
    seen = int(request.headers["If-Match"].strip('"'))
    event = uuid.uuid4()
    data = json.dumps({"question": question, "revision": seen + 1, "state": "answered"})
    digest = hashlib.sha256(f"{event}{person}{owner}{assessment}{data}".encode()).hexdigest()
    row = talk().execute(
        write,
        ("answered", parts, person, assessment, question, seen, assessment, question, owner, "answered", parts, person,
         event, person, owner, assessment, owner, data, digest),
    ).fetchone()  # fmt: skip
    talk().commit()
    assert row is not None
    return {"revision": row[0]}, 200, {"ETag": f'"{row[0]}"'}


@app.get("/section/<assessment>/<company>")
def section(assessment: str, company: str) -> Any:
    """Read every answer of the sheet and draw it as a list."""
    who, read = STATEMENTS["open_section"]
    _who(who, request.cookies["plumbline"])
    rows = talk().execute(read, (assessment, company)).fetchall()
    talk().rollback()
    items = "".join(f"<li>{row[0]} {row[1]} {json.dumps(row[2])} {row[5]}</li>" for row in rows)
    return f"<!doctype html><title>section</title><h1>section</h1><ul>{items}</ul>"


@app.get("/portfolio")
def portfolio() -> Any:
    """Read a page of 50, filtered and sorted, and write the ledger row before the answer leaves."""
    who, read, ledger, _commit = STATEMENTS["portfolio"]
    _person, buyer = _who(who, request.headers["Authorization"].split()[1])
    rows = talk().execute(read, (buyer, request.args["country"])).fetchall()
    listed = json.dumps([str(row[0]) for row in rows[:50]])
    talk().execute(ledger, (uuid.uuid4(), listed, buyer))
    talk().commit()
    at = datetime.now(UTC).isoformat()
    keys = ("supplier_id", "assessment_id", "supplier", "site", "country", "activities", "materials", "stage",
            "stage_since", "basis", "published_at", "valid_until", "shared_until", "maturity", "critical", "major",
            "minor", "observations", "good_practices", "settled", "agreed", "next_due_on")  # fmt: skip
    shown = [
        {
            k: v if isinstance(v, str | int | list | bool | None) else str(v)
            for k, v in zip(keys, row, strict=True)
        }
        for row in rows[:50]
    ]
    return {"items": shown, "more": len(rows) > 50, "at": at}
