"""The line that a supplier reads in its ledger when somebody of another organization reads its data here."""

from __future__ import annotations

from typing import Any

from assessments.assessment import Assessment
from assessments.ledger import record_download, record_opening
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor


def opened(visitor: Visitor, assessment: Assessment, what: dict[str, Any]) -> None:
    """Write that the assessment was opened; without the line nothing is sent."""
    record_opening(
        db.session(), visitor.actor, visitor.organization_name, supplier_id=assessment.organization_id,
        assessment_id=assessment.id, what=what, at=now(),
    )  # fmt: skip


def downloaded(visitor: Visitor, assessment: Assessment, file_name: str) -> None:
    """Write that a file was downloaded."""
    record_download(
        db.session(), visitor.actor, visitor.organization_name, supplier_id=assessment.organization_id,
        assessment_id=assessment.id, what={"files": [file_name]}, at=now(),
    )  # fmt: skip
