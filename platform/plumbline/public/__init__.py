"""Pages that anybody may read: the rules in force, the public keys."""

from __future__ import annotations

from flask import Blueprint

public_pages = Blueprint("public", __name__)

from plumbline.public import keys, rules  # noqa: E402, F401  the views attach themselves
