"""The steward's pages."""

from __future__ import annotations

from flask import Blueprint

steward = Blueprint("steward", __name__, url_prefix="/steward")
