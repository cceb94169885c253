"""The supplier's pages."""

from __future__ import annotations

from flask import Blueprint

supplier = Blueprint("supplier", __name__, url_prefix="/supplier")

# The views attach themselves to the blueprint; one name a line keeps merges small.
from plumbline.supplier import (  # noqa: E402
    action_plan,  # noqa: F401
    actions,  # noqa: F401
    assessments,  # noqa: F401
    clarification,  # noqa: F401
    evidence,  # noqa: F401
    evidence_links,  # noqa: F401
    findings,  # noqa: F401
    home,  # noqa: F401
    ledger,  # noqa: F401
    levels,  # noqa: F401
    members,  # noqa: F401
    organization,  # noqa: F401
    questions,  # noqa: F401
    results,  # noqa: F401
    sections,  # noqa: F401
    sharing,  # noqa: F401
    sharing_grant,  # noqa: F401
    sites,  # noqa: F401
    steps,  # noqa: F401
    summary,  # noqa: F401
    versions,  # noqa: F401
    vsme,  # noqa: F401
    workbook,  # noqa: F401
)
