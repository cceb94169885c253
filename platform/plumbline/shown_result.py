"""A result in words, for the two pages that show one: the buyer's and the supplier's own."""

from __future__ import annotations

from typing import Any

from assessments.corrective_action import SETTLED
from assessments.reading import NOT_AGREED, LiveAction, ShownResult
from assessments.risk.inherent import country_names, material_names
from assessments.sentences import N_
from plumbline.guard import now
from plumbline.translated import in_language

POSITIONS = {
    "EXT": N_("Mining"),
    "SMR": N_("Smelting and refining"),
    "SEM": N_("Semi-fabrication"),
    "MAN": N_("Manufacturing"),
    "REC": N_("Recycling"),
    "TRD": N_("Trading"),
    "SRV": N_("Services"),
}


def position(key: str) -> str:
    """A place in the chain in words of the page's language."""
    return in_language(POSITIONS.get(key, key))


def result_frame(shown: ShownResult) -> dict[str, Any]:
    """What templates/layouts/result.html wants of a result: the result, its place in words, its actions.

    ``late``: the numbers of agreed actions whose day lies before ``today`` and that nobody closed.
    """
    today = now().date()
    open_ones = [action for action in shown.live if action.state not in SETTLED | NOT_AGREED]
    return {
        "shared": shown,
        "country": country_names().get(shown.country, shown.country),
        "positions": ", ".join(map(position, shown.activities)),
        "materials": ", ".join(material_names().get(key, key) for key in shown.materials),
        "actions": by_finding(shown),
        "today": today,
        "late": [action.number for action in open_ones if action.due_on < today],
    }


def by_finding(shown: ShownResult) -> dict[str | None, list[LiveAction]]:
    """The actions of today by the number of the finding they answer."""
    found: dict[str | None, list[LiveAction]] = {}
    for action in shown.live:
        found.setdefault(action.finding, []).append(action)
    return found
