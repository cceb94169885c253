"""Sentences for people: marked for translation where a rule says them, translated where they are shown.

A rule knows no language. It says ``N_("%(firm)s holds no running accreditation.", firm=name)``: an English
string that still knows its text and its values. The catalogue is collected from these marks (``make texts``),
and the edge (plumbline/translated.py) looks the text up and fills the values in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol, Self


class Texts(Protocol):
    """One language: what stands for a text, for a code word, and how a day is written."""

    def text(self, text: str) -> str:
        """The text in this language, with the same ``%(name)s`` places."""

    def word(self, word: str) -> str:
        """A code word, its underscores already spaces ("in review")."""

    def day(self, day: date) -> str:
        """A day of the calendar."""


class _English:
    """The language that the marks are written in."""

    def text(self, text: str) -> str:
        return text

    def word(self, word: str) -> str:
        return word

    def day(self, day: date) -> str:
        return f"{day:%Y-%m-%d}"


ENGLISH: Texts = _English()


class Sentence(str):
    """An English text that keeps its template and its values apart.

    A value is a string (left as it is), a number, a day, another Sentence or a tuple of these. A sign of per
    cent is written ``%%`` where there are values.
    """

    text: str
    values: Mapping[str, Any]

    def __new__(cls, text: str, /, **values: Any) -> Self:
        """Make it from its template and the values of its places."""
        made = super().__new__(cls, _filled(text, values, ENGLISH))
        made.text, made.values = text, values
        return made

    def into(self, texts: Texts) -> str:
        """The sentence in another language."""
        return _filled(texts.text(self.text), self.values, texts)


N_ = Sentence


class CodeWord(Sentence):
    """A state, role or move as words inside a sentence ("in_review" as "in review")."""

    def __new__(cls, code: str, /) -> Self:
        """Make it from the code that is stored."""
        return super().__new__(cls, spaced(code))

    def into(self, texts: Texts) -> str:
        """The words in another language."""
        return texts.word(self.text)


class WholeSentences(Sentence):
    """Parts of a message, each begun with a capital and ended with a full stop."""

    def __new__(cls, *parts: Sentence) -> Self:
        """Make it from parts without capital and full stop ("it is no date", "write year-month-day")."""
        made = super().__new__(cls, _ended(str(part) for part in parts))
        made.values = {str(number): part for number, part in enumerate(parts)}
        return made

    def into(self, texts: Texts) -> str:
        """The sentences in another language."""
        return _ended(part.into(texts) for part in self.values.values())


def sentence(text: str) -> Sentence:
    """The same, as a Sentence: a literal handed to a refusal is marked by where it stands."""
    return text if isinstance(text, Sentence) else Sentence(text)


def spaced(code: object) -> str:
    """A code as English words."""
    return str(code).replace("_", " ")


def _filled(text: str, values: Mapping[str, Any], texts: Texts) -> str:
    return text % {name: _shown(value, texts) for name, value in values.items()} if values else text


def _shown(value: Any, texts: Texts) -> str:
    if isinstance(value, Sentence):
        return value.into(texts)
    if isinstance(value, date):
        return texts.day(value)
    if isinstance(value, tuple):
        return ", ".join(_shown(each, texts) for each in value)
    return str(value)


def _ended(parts: Any) -> str:
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)


def counted(number: int, word: str) -> str:
    """A number of things in the English of commands and reports, which nobody translates: 1 row, 2 rows."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
