"""Idempotency-Key on creations: the same request again gets the same answer and makes nothing again.

The key's row is written first and in the same transaction as the effect (draft-ietf-httpapi-idempotency-key).
"""

from __future__ import annotations

import hashlib

from flask import Response, g, request
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from assessments.base import new_id
from assessments.sentences import N_
from assessments.workflow import Invalid, Refused
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.records import IdempotencyKey
from plumbline.identity.visitor import Visitor

LONGEST = 200
KEPT = ("Location", "ETag", "Content-Type")


class StillRunning(Refused):
    """The first request with this key has not been answered yet."""

    code = "in_flight"


def replayed(visitor: Visitor, route: str, *, content: str | None = None) -> Response | None:
    """Claim the request's key, or return the answer given to it before.

    ``content``: the digest of a body that was a stream and is gone; else the body itself is compared. Raises
    Invalid when the key was used with another body, StillRunning while the first is at work.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST:
        raise Invalid(
            "The Idempotency-Key is unusable.",
            {"Idempotency-Key": N_("send 1 to %(most)s characters", most=LONGEST)},
        )
    fingerprint = hashlib.sha256(
        request.method.encode()
        + request.full_path.encode()
        + (request.get_data() if content is None else content.encode())
    ).hexdigest()
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    claimed = db.session.execute(
        insert(IdempotencyKey)
        .values(
            id=new_id(), membership_id=visitor.membership_id, route=route, key=key, fingerprint=fingerprint,
            status=None, headers={}, body=None, note=None, created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["membership_id", "route", "key"])
        .returning(IdempotencyKey.id)
    ).first()  # fmt: skip
    if claimed is not None:
        g.idempotency_id = claimed[0]
        return None
    row = db.session.scalars(
        select(IdempotencyKey).where(
            IdempotencyKey.membership_id == visitor.membership_id,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
        )
    ).one()
    if row.fingerprint != fingerprint:
        raise Invalid(
            "This Idempotency-Key was used for another request.", {"Idempotency-Key": "use a new key"}
        )
    if row.status is None:
        raise StillRunning("The first request with this key is still being answered.", "Try again shortly.")
    response = Response(row.body or b"", status=row.status)
    for name, value in row.headers.items():
        response.headers[name] = value
    response.headers["Idempotent-Replayed"] = "true"
    return response


def remember(response: Response) -> None:
    """Keep the answer beside the claimed key, in the transaction of the effect."""
    claimed = g.pop("idempotency_id", None)
    if claimed is None or response.status_code >= 400:
        return
    row = db.session.get(IdempotencyKey, claimed)
    if row is not None:
        row.status = response.status_code
        row.body = response.get_data()
        row.headers = {name: response.headers[name] for name in KEPT if name in response.headers}
