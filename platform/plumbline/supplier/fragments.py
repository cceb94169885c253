"""Answers to htmx: a piece of a page without its frame."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, request
from flask_babel import format_datetime


def by_htmx() -> bool:
    """Whether the script asks and wants a piece; without it the browser wants a page."""
    return request.headers.get("HX-Request") == "true"


def fragment(template: str, **context: Any) -> str:
    """Draw a piece of a page. It needs nothing of the frame, so the frame's reads are not made."""
    return current_app.jinja_env.get_template(template).render(**context)


def clock(at: datetime) -> str:
    """The time of a save in words ("10:42 UTC")."""
    return f"{format_datetime(at, 'HH:mm')} UTC"
