"""The line that a supplier reads in its ledger when somebody of another organization looks at its data."""

from __future__ import annotations

from typing import Any

from assessments.assessment import Assessment
from assessments.sharing.disclosure import LedgerAction
from assessments.sharing.ledger import record_download, record_opening
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor


def open_ledger(
    visitor: Visitor,
    assessment: Assessment,
    what: dict[str, Any],
    *,
    action: LedgerAction = LedgerAction.OPENED,
) -> None:
    """Write the line of one opening or download; without it nothing is sent."""
    write = record_download if action is LedgerAction.DOWNLOADED else record_opening
    write(
        db.session(),
        visitor.actor,
        visitor.organization_name,
        supplier_id=assessment.organization_id,
        assessment_id=assessment.id,
        what=what,
        at=now(),
    )
