"""Whether the process lives, and whether what it needs is there."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from plumbline.extensions import db
from plumbline.guard import public
from plumbline.metrics import exposition
from plumbline.readiness import checks

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public("says only that the process lives")
def healthz() -> ResponseReturnValue:
    """Answer 200 as long as the process serves."""
    return {"status": "ok"}


@bp.get("/readyz")
@public("load balancers ask it; it names parts, never data")
def readyz() -> ResponseReturnValue:
    """Answer 200 when database, migrations, queue and store are there, else 503 naming the part."""
    found = {
        check.name: check.fault or "ok" for check in checks(current_app.extensions["plumbline"], db.engine)
    }
    ready = all(value == "ok" for value in found.values())
    response = jsonify({"status": "ok" if ready else "not ready", "parts": found})
    response.status_code = 200 if ready else 503
    return response


@bp.get("/metrics")
@public("counts without names; the proxy keeps it inside (infra/)")
def metrics() -> ResponseReturnValue:
    """Serve the figures in Prometheus's text form, of every process that shares a folder with this one."""
    page, media_type = exposition()
    return Response(page, content_type=media_type)
