"""The public halves of the keys, for whoever checks a result or a seal."""

from __future__ import annotations

from flask import jsonify
from flask.typing import ResponseReturnValue

from plumbline.guard import public
from plumbline.here import settings_here
from plumbline.public import public_pages
from plumbline.signing import well_known as published_keys


@public_pages.get("/.well-known/plumbline-keys.json")
@public("signatures are checked with these")
def well_known() -> ResponseReturnValue:
    """Serve the public keys for results and seals."""
    return jsonify(published_keys(settings_here().key_folder))
