"""Uploads sent by the page's script, and those whose body never became a form: too large, or cut off.

The page that holds the upload comes back with the sentence; its other parts are as stored. What was typed
beside the file was in the body that could not be read, and is kept by the browser (kept.js).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from plumbline.errors import expired_form, http_error
from plumbline.extensions import db
from plumbline.guard import decide, door_of, signed_in
from plumbline.supplier import supplier
from plumbline.supplier.evidence_forms import limit_words

Redraw = Callable[..., str]
_REDRAWN: dict[str, Redraw] = {}


def redrawn_by(endpoint: str, redraw: Redraw) -> None:
    """Let ``redraw(visitor, thing or nothing, message)`` draw the page of an endpoint that takes files."""
    _REDRAWN[f"{supplier.name}.{endpoint}"] = redraw


@supplier.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The body is larger than any form with any file may be."""
    said = _("The file is larger than %(limit)s, the most that one file may have.", limit=limit_words())
    remedy = _("Upload a smaller file: fewer pages, images at a lower resolution, or the document in parts.")
    return _again(error, f"{said} {remedy}")


@supplier.errorhandler(ClientDisconnected)
def broken_off(error: ClientDisconnected) -> ResponseReturnValue:
    """The body ended before its announced length."""
    said = _("The upload broke off before the whole file had arrived. Nothing was stored.")
    return _again(error, f"{said} {_('Check the connection and upload the file again.')}")


@supplier.errorhandler(CSRFError)
def nothing_arrived(error: CSRFError) -> ResponseReturnValue:
    """A multipart body that cannot be read gives an empty form, and so no token: that is a broken upload."""
    if request.mimetype == "multipart/form-data" and not request.form and not request.files:
        return broken_off(ClientDisconnected())
    return expired_form(error)


@supplier.after_request
def lead_on(response: Response) -> Response:
    """Tell the script (uploads.js) where a redirect leads, which it would follow by itself."""
    if request.headers.get("X-Upload") == "page" and response.status_code == 303 and response.location:
        response.status_code, response.headers["X-Lead-To"] = 204, response.location
        del response.headers["Location"]
        response.data = b""
    return response


def _again(error: HTTPException, message: str) -> ResponseReturnValue:
    redraw, entry = _REDRAWN.get(request.endpoint or ""), door_of(request.endpoint)
    db.session.rollback()
    if redraw is None or entry is None:
        return http_error(error)
    try:
        visitor = signed_in()
        action = entry.action_for(visitor)
        things: list[Any] = []
        if entry.load is not None:
            things.append(entry.load(visitor, action, **(request.view_args or {})))
        decide(visitor, action, things[0] if things else None)
    except HTTPException as refused:
        return http_error(refused)
    return redraw(visitor, *things, message), 422
