"""The assessor's pages."""

from __future__ import annotations

from flask import Blueprint

assessor = Blueprint("assessor", __name__, url_prefix="/assessor")
