"""Sentences of the rules in the language of the page: the edge where the catalogue is asked.

Every page, letter and problem asks here; a sentence that no catalogue has stays English.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from babel.support import NullTranslations
from flask import g
from flask_babel import format_date, get_translations

from assessments.sentences import Sentence, spaced
from assessments.workflow import Invalid

CODE = "code"
"""The context under which the catalogue holds code words: "open" of a finding is not "open" of a page."""


def texts() -> NullTranslations:
    """The catalogue of this page or letter, found once: it has one language."""
    here = g._get_current_object()
    found: NullTranslations | None = here.get("texts")
    if found is None:
        found = here.texts = get_translations()
    return found


class PageTexts:
    """The page's language, as sentences ask for it."""

    def text(self, text: str) -> str:
        """The text in this language."""
        return str(texts().ugettext(text)) if text else ""

    def word(self, word: str) -> str:
        """The code word in this language."""
        return str(texts().upgettext(CODE, word))

    def day(self, day: date) -> str:
        """The day as the language writes it ("12 May 2026")."""
        return str(format_date(day, "d MMM y"))


HERE = PageTexts()


def in_language(sentence: str) -> str:
    """A rule's sentence in the page's language; what is no Sentence was put into it where it was written."""
    return sentence.into(HERE) if isinstance(sentence, Sentence) else sentence


def words(code: object) -> str:
    """A code word as words of the page's language ("on_site" as "on site")."""
    return HERE.word(spaced(code))


class Said(Protocol):
    """A refusal, or a fault of the store: what is wrong, and what to do."""

    message: Sentence
    remedy: Sentence


def told(error: Said) -> str:
    """What a refusal says and what to do about it, in one line."""
    return f"{in_language(error.message)} {in_language(error.remedy)}".strip()


def told_faults(error: Invalid) -> dict[str, str]:
    """{place: what is wrong with it} of what could not be read."""
    return {place: in_language(fault) for place, fault in error.faults.items()}
