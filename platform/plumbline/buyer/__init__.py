"""The buyer's pages: what suppliers granted, read models only, every look in the supplier's ledger."""

from __future__ import annotations

from flask import Blueprint

buyer = Blueprint("buyer", __name__, url_prefix="/buyer")

from plumbline.buyer import (  # noqa: E402, F401  the views attach themselves
    asks,
    asks_compared,
    notes,
    portfolio,
    requests,
    results,
)
