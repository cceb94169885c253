"""The application as a WSGI server loads it: ``gunicorn plumbline.wsgi:app``."""

from __future__ import annotations

from plumbline.app import create_app
from plumbline.settings import from_environment

app = create_app(from_environment())
