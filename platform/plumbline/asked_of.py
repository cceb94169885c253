"""A row of what a buyer asks, in words: of whom, where its portfolio lists them; and the list as a file."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response
from flask_babel import gettext as _

from assessments.risk.inherent import country_names, material_names
from assessments.sharing.asks import Said
from plumbline.documents.serving import attachment
from plumbline.shown_result import position


def whom(said: Said) -> str:
    """Of whom, in a few words of the page's language."""
    words = [
        position(said.activity) if said.activity else "",
        material_names().get(said.material, said.material),
        country_names().get(said.country, said.country),
    ]
    return ", ".join(word for word in words if word) or _("All suppliers")


def portfolio_href(said: Said) -> str:
    """The buyer's portfolio narrowed to those that the row reaches."""
    narrowed = {"country": said.country, "material": said.material, "activity": said.activity}
    query = urlencode({name: value for name, value in narrowed.items() if value})
    return f"/buyer/?{query}" if query else "/buyer/"


def sent_list(raw: bytes) -> Response:
    """The list as a file that was made for this request."""
    response = Response(raw, mimetype="text/csv")
    response.headers["Content-Disposition"] = attachment("what-we-ask-of-whom.csv")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
