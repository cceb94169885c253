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
    """Answer 503 while a part is away without which requests should go elsewhere, else 200.

    "degraded" still serves: no worker is at work, or jobs were given up. What exactly is wrong where, only
    ``plumbline doctor`` says.
    """
    found = list(checks(current_app.extensions["plumbline"], db.engine))
    stopped = any(check.fault and check.stops for check in found)
    status = "not ready" if stopped else "degraded" if any(check.fault for check in found) else "ok"
    response = jsonify({"status": status, "parts": {check.name: check.fault or "ok" for check in found}})
    response.status_code = 503 if stopped else 200
    return response


@bp.get("/metrics")
@public("counts without names; the proxy keeps it inside (infra/)")
def metrics() -> ResponseReturnValue:
    """Serve the figures in Prometheus's text form, of every process that shares a folder with this one."""
    page, media_type = exposition()
    return Response(page, content_type=media_type)
