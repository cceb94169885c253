"""What can be wrong with one translated text: slots, numbers, keys, words that do not appear, length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from assessments.questionnaire.languages.telling import Place

LONGEST_CHINESE = 60
"""Characters of a sentence in Chinese; the guide's 45 is an aim, this is where reading on a phone suffers."""

_SLOT = re.compile(r"\{[a-z][a-z0-9_]*\}")
_KEY = re.compile(r"\b[A-Z]{3}[-.]\d+(?!\d)")
_DIGITS = re.compile(r"\d+")
_THOUSANDS = re.compile(r"(?<=\d)[,.\u0020\u00a0\u202f'’](?=\d{3}(?!\d))")
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|https?://")

# Judgements of a supplier and padding, after the content guide's words, in the other languages. Words with
# an everyday meaning of their own (Genehmigung, conforme a) are left to whoever reads the translation.
_WORDS: Mapping[str, str] = {
    "de": r"durchgefallen|konform|Punktzahl|Verstoß|Verstöße|sicherstell\w*|gewährleist\w*|Stakeholder\w*"
    r"|z\. ?B\.|usw\.|etc\.|\w+\*innen",
    "nl": r"geslaagd|gezakt|goedgekeurd|afgekeurd|gecertificeerd\w*|waarborg\w*|stakeholders?|bijv\.|enz\.",
    "fr": r"approuvé\w*|rejeté\w*|certifié\w*|parties prenantes|etc\.|p\. ex\.",
    "es": r"rechazad\w*|certificad[oa]s? (?:por|como)|partes interesadas|etc\.|p\. ej\.",
    "zh-Hans": r"不合格|达标|评分|得分|黑名单|利益相关方|确保",
}


def faults_of(place: Place, english: str, translation: str, language: str) -> Iterator[tuple[str, str]]:
    """Each fault of the translation as (what is wrong, what to do)."""
    for what, pattern in (("slots", _SLOT), ("question keys", _KEY)):
        there, here = sorted(pattern.findall(english)), sorted(pattern.findall(translation))
        if there != here:
            yield f"has the {what} {_said(here)}", f"keep those of the English: {_said(there)}"
    numbers, own = _numbers(english), _numbers(translation)
    if numbers != own and place.path[0] != "lists":
        yield f"has the numbers {_said(own)}", f"keep those of the English: {_said(numbers)}"
    if _MARKUP.search(translation):
        yield "holds HTML or a link", "write plain words"
    if language == "zh-Hans":
        longest = max((len(part) for part in re.split(r"[。？！；]", translation)), default=0)
        if longest > LONGEST_CHINESE:
            yield f"has a sentence of {longest} characters", f"{LONGEST_CHINESE} at most; make two"
    found = _unwanted(translation, language)
    if found is not None:
        yield f"says “{found[0]}”", "say what is seen or done; see the words of the content guide"


def _unwanted(translation: str, language: str) -> re.Match[str] | None:
    words = _WORDS.get(language)
    if words is None:
        return None
    # Chinese puts no spaces between words.
    bounded = words if language == "zh-Hans" else rf"(?<!\w)(?:{words})(?!\w)"
    return re.search(bounded, translation, re.IGNORECASE)


def _numbers(text: str) -> list[str]:
    return sorted(_DIGITS.findall(_THOUSANDS.sub("", text)))


def _said(items: list[str]) -> str:
    return ", ".join(items) or "none"
