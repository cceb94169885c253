"""The buyer's pages."""

from __future__ import annotations

from flask import Blueprint

buyer = Blueprint("buyer", __name__, url_prefix="/buyer")
