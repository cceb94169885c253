"""The assessor's pages."""

from __future__ import annotations

from flask import Blueprint

assessor = Blueprint("assessor", __name__, url_prefix="/assessor")

from plumbline.assessor import (  # noqa: E402, F401  the views attach themselves to the blueprint
    actions,
    assignments,
    clarification,
    evidence,
    findings,
    kept,
    stages,
    workbench,
)
