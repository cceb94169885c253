"""Certificates that a supplier says it holds: the answer to PRO-13."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from assessments.parties import Actor
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from tests.support.cast import NOW

ISO14001: Mapping[str, str] = {
    "scheme": "iso14001",
    "number": "EMS 4711",
    "scope": "Ostrava smelter: smelting and casting",
    "issuer": "Body of Tests",
    "valid_until": "2030-03-31",
}
"""A certificate that counts at the smelter on the day of the cast."""


def hold(session: Session, assessment_id: uuid.UUID, *certificates: Mapping[str, str], by: Actor) -> None:
    """Answer PRO-13 with these certificates, durable."""
    sheet = read_sheet(session, assessment_id)
    parts: dict[str, Any] = {"held": "yes", "papers": [dict(certificate) for certificate in certificates]}
    offered = Offered(parts, sheet.answer("PRO-13").revision)
    save_answer(session, sheet, "PRO-13", offered, by=by, at=NOW)
    session.commit()
