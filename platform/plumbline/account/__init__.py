"""Signing in and out, switching organization, one's own tokens."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("account", __name__)

from plumbline.account import invitations, sign_in, tokens  # noqa: E402, F401  the views attach themselves to bp
