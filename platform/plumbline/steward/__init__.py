"""The steward's pages."""

from __future__ import annotations

from flask import Blueprint

steward = Blueprint("steward", __name__, url_prefix="/steward")

from plumbline.steward import (  # noqa: E402, F401  the views attach themselves to the blueprint
    assigning,
    audit,
    desk,
    disputes,
    jobs,
    mediation,
    questionnaires,
    questionnaires_guide,
    questionnaires_outline,
    questionnaires_preview,
    questionnaires_question,
    questionnaires_try,
    reviews,
    terms,
)
