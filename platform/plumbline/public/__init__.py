"""Pages that anybody may read: the rules in force, the questions, risks, standards, the library, the keys."""

from __future__ import annotations

from flask import Blueprint

public_pages = Blueprint("public", __name__)

from plumbline.public import (  # noqa: E402  the views attach themselves
    bank,  # noqa: F401
    changes,  # noqa: F401
    keys,  # noqa: F401
    library,  # noqa: F401
    preview,  # noqa: F401
    risks,  # noqa: F401
    rules,  # noqa: F401
    standards,  # noqa: F401
    steps,  # noqa: F401
)
