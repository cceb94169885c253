"""Whether the process lives, and whether what it needs is there."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from plumbline.extensions import db
from plumbline.guard import public
from plumbline.here import settings_here
from plumbline.metrics import exposition
from plumbline.readiness import checks

bp = Blueprint("health", __name__)
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


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
    found = list(checks(settings_here(), db.engine))
    stopped = any(check.fault and check.stops for check in found)
    status = "not ready" if stopped else "degraded" if any(check.fault for check in found) else "ok"
    response = jsonify({"status": status, "parts": {check.name: check.fault or "ok" for check in found}})
    response.status_code = 503 if stopped else 200
    return response


@bp.get("/metrics")
@public("a scraper is no member; it shows the operator's token, or asks from this machine itself")
def metrics() -> ResponseReturnValue:
    """Serve the figures in Prometheus's text form, of every process that shares a folder with this one.

    To the operator alone: counts without names still tell whether a request reached anybody. It shows
    ``PLUMBLINE_METRICS_TOKEN`` as a bearer token; where none is set, it asks from this machine and not
    through a proxy. Else 404.
    """
    if not _is_operator():
        raise NotFound
    page, media_type = exposition()
    return Response(page, content_type=media_type)


def _is_operator() -> bool:
    settings = settings_here()
    if settings.metrics_token is not None:
        shown = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(shown, f"Bearer {settings.metrics_token}".encode())
    if settings.trusted_hops or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
