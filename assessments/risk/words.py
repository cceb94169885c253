"""What our own tables say of materials, in the languages of the questionnaire; English where none fits.

Names of indices, goods and publishers stay as their publishers write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from assessments.risk.tables import rows

TABLE = "words.csv"
ENGLISH = "en"


class SaidOf(NamedTuple):
    """A text and the language it is in."""

    text: str
    language: str


def said_of(what: str, key: str, english: str, language: str) -> SaidOf:
    """The text in that language; English where there is none, or where the English has changed since.

    ``what``: risk (a kind of risk), note (of a material and a risk, "tin/child"), or of a material uses,
    together (what it comes with) or recycled.
    """
    row = _words().get((what, key))
    if row is None or row[ENGLISH] != english:
        return SaidOf(english, ENGLISH)
    text = row.get(language)
    return SaidOf(text, language) if text else SaidOf(english, ENGLISH)


@cache
def _words() -> Mapping[tuple[str, str], Mapping[str, str]]:
    return {(row["what"], row["key"]): row for row in rows(TABLE)}
