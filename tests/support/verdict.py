"""The words that never describe a supplier (DESIGN.md 1): for what stands written and what is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORDS = re.compile(
    r"\b(pass(es|ed|ing)?|fail(s|ed|ing|ures?)?|approved|rejected|(non-?)?compliant|certified|blacklisted"
    r"|scor(es?|ed|ing)|ratings?)\b",
    re.IGNORECASE,
)
ALLOWED = {
    "There is no pass and no fail.": "says what Plumbline does not do",
    "there is no pass or fail.": "says what Plumbline does not do",
    "nobody gets a pass or a fail.": "says what Plumbline does not do",
    "pass_on": "the key of an option about minerals handed on to others",
}
"""Phrases that may hold one of the words, each with the reason."""


def words_in(place: str, text: str, used: set[str] | None = None) -> Iterator[str]:
    """Each forbidden word in a text, with its place; allowed phrases are taken out first."""
    for phrase in ALLOWED:
        if phrase in text:
            text = text.replace(phrase, "")
            if used is not None:
                used.add(phrase)
    for found in WORDS.finditer(text.replace("_", " ")):
        yield f"{place}: {found.group(0)!r} in “{text[max(0, found.start() - 40) : found.end() + 40]}”"
