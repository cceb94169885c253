"""The supplier's pages."""

from __future__ import annotations

from flask import Blueprint

supplier = Blueprint("supplier", __name__, url_prefix="/supplier")
