"""The portfolio's few figures: counts over the very rows that the page lists, and over nothing else.

They cost no statement. Where the list goes on, they say that they are of this page: totals of a long list are
the roll-up's, and counting them here would cost more than the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from assessments.sharing.portfolio import PortfolioEntry, PortfolioPage
from plumbline.buyer.portfolio_filter import link

SOON = timedelta(days=90)


def figures(found: PortfolioPage, today: date, *, narrowed: bool) -> list[dict[str, Any]]:
    """What key_figures draws: [{label, value, detail, href}]; none of it over topics, none a share."""
    if not found.entries:
        return []
    sites = len({entry.site_id for entry in found.entries})
    suppliers = len(found.supplier_ids)
    if found.count is None:
        label = _("Sites on this page")
    else:
        label = _("Sites that fit") if narrowed else _("Sites that share with you")
    of = ngettext("of one supplier", "of %(num)s suppliers", suppliers)
    return [
        {"label": label, "value": str(sites), "detail": of, "href": ""},
        _actions(found.entries, today),
        _critical(found.entries),
        _ending(found.entries, today),
    ]


def _actions(entries: Sequence[PortfolioEntry], today: date) -> dict[str, Any]:
    agreed = sum(entry.actions_agreed or 0 for entry in entries)
    settled = sum(entry.actions_settled or 0 for entry in entries)
    late = sum(bool(entry.next_due_on) and str(entry.next_due_on) < today.isoformat() for entry in entries)
    return {
        "label": _("Corrective actions closed and checked"),
        "value": _("%(done)s of %(all)s", done=settled, all=agreed) if agreed else "0",
        "detail": ngettext("past a date at one site", "past a date at %(num)s sites", late) if late else "",
        "href": "",
    }


def _critical(entries: Sequence[PortfolioEntry]) -> dict[str, Any]:
    at = [entry for entry in entries if entry.critical_open]
    return {
        "label": _("Critical findings open"),
        "value": str(sum(entry.critical_open or 0 for entry in at)),
        "detail": ngettext("at one site", "at %(num)s sites", len(at)) if at else "",
        "href": link(open_critical="yes", after=None) if at else "",
    }


def _ending(entries: Sequence[PortfolioEntry], today: date) -> dict[str, Any]:
    ends = [
        entry.valid_until.date()
        for entry in entries
        if entry.stage == "published" and entry.valid_until is not None
    ]
    soon = [end for end in ends if today <= end <= today + SOON]
    return {
        "label": _("Results that end within 90 days"),
        "value": str(len(soon)),
        "detail": _("the first on %(day)s", day=format_date(min(soon), "d MMM y")) if soon else "",
        "href": "",
    }
