"""What a buyer asks of whom as a table of its own: a line for each row of the list, as the list tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assessments.csv_file import csv_file
from assessments.overviews.asks_told import AskTold, Beside
from assessments.questionnaire.model import Strength
from assessments.sharing.portfolio import LARGEST_PAGE

COLUMNS = (
    "standard", "title", "narrowed_to", "country", "material", "activity", "reason", "shown_to_suppliers",
    "elements", *(strength.value for strength in Strength), "left_over", "questions", "suppliers",
    "questionnaire", "looked_beside", "covered_otherwise_since",
)  # fmt: skip
"""Keys of elements and questions are set apart by spaces; ``elements`` and each relation count elements.

``narrowed_to`` is empty for the whole standard; ``suppliers`` counts those who share with the buyer.
"""


def asks_csv(found: Sequence[AskTold], at: Beside) -> bytes:
    """The list as CSV, beside the questionnaire that it was told beside."""
    return csv_file(COLUMNS, (_line(told, at) for told in found))


def _line(told: AskTold, at: Beside) -> dict[str, str]:
    said, covers = told.said, told.covers
    return {
        "standard": said.standard,
        "title": covers.standard.title,
        "narrowed_to": _keys(said.elements),
        "country": said.country,
        "material": said.material,
        "activity": said.activity,
        "reason": said.reason,
        "shown_to_suppliers": "yes" if said.shown else "no",
        "elements": str(len(covers.rows)),
        **{strength.value: str(covers.strengths.get(strength, 0)) for strength in Strength},
        "left_over": _keys(row.element.key for row in covers.left),
        "questions": _keys(question.key for question in covers.questions),
        "suppliers": f"more than {LARGEST_PAGE}" if told.suppliers is None else str(told.suppliers),
        "questionnaire": at.plain.version,
        "looked_beside": told.since or "",
        "covered_otherwise_since": _keys(change.key for change in told.changes),
    }


def _keys(found: Iterable[str]) -> str:
    return " ".join(found)
