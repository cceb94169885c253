"""Pages that anybody may read: the rules in force, the questions, risks, standards, the library, the keys."""

from __future__ import annotations

from flask import Blueprint

public_pages = Blueprint("public", __name__)

from plumbline.public import bank, keys, library, preview, risks, rules, standards  # noqa: E402, F401  views attach
