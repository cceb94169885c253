"""The audit trail for the auditor: what happened, when and by which function, never what was written."""

from __future__ import annotations

import uuid

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from assessments.audit.events import AuditEvent, AuditSeal, EventKind
from assessments.audit.sealing import unsealed
from assessments.audit.tampering import Verification, verify
from assessments.parties import Organization
from assessments.policy import Action
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.here import settings_here
from plumbline.identity.visitor import Visitor
from plumbline.signing import KeyPurpose, public_keys
from plumbline.steward import steward

PAGE = 50
SEALS = 10
LONGEST_NUMBER = 19
LARGEST_CHECKED = 100_000
"""Rows up to which a page checks the whole trail; above, the command line does, which has the time."""


@steward.get("/audit")
@door(Action.STEWARD_AUDIT_READ)
def audit(_visitor: Visitor) -> ResponseReturnValue:
    """Show events newest first, a page at a time, with the last seals. Five statements."""
    kind, before = request.args.get("kind", ""), request.args.get("before", "")
    subject = request.args.get("subject", "").strip()
    query = select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(PAGE + 1)
    if kind in set(EventKind):
        query = query.where(AuditEvent.kind == EventKind(kind))
    if before.isascii() and before.isdecimal() and len(before) < LONGEST_NUMBER:
        query = query.where(AuditEvent.seq < int(before))
    if subject:
        query = query.where(AuditEvent.subject_id == _as_id(subject))
    rows = list(db.session.scalars(query))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    acted = {row.actor_organization_id for row in rows if row.actor_organization_id}
    names = {
        row.id: row.legal_name
        for row in db.session.execute(
            select(Organization.id, Organization.legal_name).where(Organization.id.in_(acted))
        )
    }
    return render_template(
        "steward/audit.html",
        events=rows,
        acting=names,
        kinds=[each.value for each in EventKind],
        kind=kind,
        subject=subject,
        before=before,
        next_before=rows[-1].seq if more else None,
        seals=db.session.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(SEALS)).all(),
        waiting=unsealed(db.session(), at=now()),
    )


@steward.get("/audit/verification")
@door(Action.STEWARD_AUDIT_READ)
def verification(_visitor: Visitor) -> ResponseReturnValue:
    """Check every row and every seal again, and name the first that does not hold."""
    found: Verification | None = None
    rows = db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    if rows <= LARGEST_CHECKED:
        keys = public_keys(settings_here().key_folder, KeyPurpose.SEAL)
        found = verify(db.session(), keys)
    return render_template("steward/verification.html", found=found, rows=rows, at=now())


def _as_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None
