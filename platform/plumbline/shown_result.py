"""A result in words, for the two pages that show one: the buyer's and the supplier's own."""

from __future__ import annotations

from typing import Any

from assessments.corrective_action import SETTLED
from assessments.reading import NOT_AGREED, LiveAction, ShownResult
from assessments.risk.inherent import country_names, material_names
from plumbline.guard import now

POSITIONS = {"EXT": "Mining", "SMR": "Smelting and refining", "SEM": "Semi-fabrication",
             "MAN": "Manufacturing",
             "REC": "Recycling", "TRD": "Trading", "SRV": "Services"}  # fmt: skip


def result_frame(shown: ShownResult) -> dict[str, Any]:
    """What templates/layouts/result.html wants of a result: the result, its place in words, its actions.

    ``late``: the numbers of agreed actions whose day lies before ``today`` and that nobody closed.
    """
    today = now().date()
    open_ones = [action for action in shown.live if action.state not in SETTLED | NOT_AGREED]
    return {
        "shared": shown,
        "country": country_names().get(shown.country, shown.country),
        "positions": ", ".join(POSITIONS.get(key, key) for key in shown.activities),
        "materials": ", ".join(material_names().get(key, key) for key in shown.materials),
        "actions": by_finding(shown),
        "today": today,
        "late": [action.number for action in open_ones if action.due_on < today],
    }


def by_finding(shown: ShownResult) -> dict[int | None, list[LiveAction]]:
    """The actions of today by the number of the finding they answer."""
    found: dict[int | None, list[LiveAction]] = {}
    for action in shown.live:
        found.setdefault(action.finding, []).append(action)
    return found
