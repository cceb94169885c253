"""The words that reasons and conditions are made of, in each language: data under phrases/, read once.

Every language has the keys and slots of English; what differs is grammar: where the verb stands, what joins,
how a clause names a site, and what a beginning does to the word before it ("parce qu’une").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from assessments.questionnaire.languages.translation import SOURCE, country_names_in
from assessments.questionnaire.model import Level, Questionnaire
from assessments.risk.inherent import country_names, material_names

FOLDER = Path(__file__).parent / "phrases"
PLACES = "places"
_OWN_KEYS = (f"{PLACES}.site", f"{PLACES}.company", "material_names.special")
"""Branches whose keys are each language's own."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLOT = re.compile(r"\{([^{}]*)\}")


class BadPhrases(ValueError):
    """The phrases of a language lack something, or hold what English does not: the message names it."""


@dataclass(frozen=True)
class Linked:
    """A text, and what it is instead before what begins in a certain way; the longest beginning decides."""

    say: str
    before: tuple[tuple[str, str], ...] = ()

    def to(self, following: str) -> str:
        """The text as it stands before that one."""
        if self.before:
            begins = following[:4].casefold()
            for beginning, instead in self.before:
                if begins.startswith(beginning):
                    return instead
        return self.say


@dataclass(frozen=True, eq=False)
class Phrases:
    """The phrases of one language by dotted key ("facts.guards.there")."""

    language: str
    texts: Mapping[str, Linked]
    lists: Mapping[str, tuple[str, ...]]

    def say(self, key: str, /, **slots: str) -> str:
        """The phrase of that key with its slots filled."""
        return self.texts[key].say.format_map(slots)

    def has(self, key: str) -> bool:
        """Whether there is a phrase of that key."""
        return key in self.texts

    def joined(self, how: str, words: Iterable[str]) -> str:
        """a; a and b; a, b and c: each once, as ``joins`` of that name puts them together."""
        several = list(dict.fromkeys(words))
        if len(several) < 2:
            return "".join(several)
        between, last = self.texts[f"joins.{how}.between"], self.texts[f"joins.{how}.last"]
        together = several[0]
        for word in several[1:-1]:
            together += between.to(word) + word
        return together + last.to(several[-1]) + several[-1]

    def sentence(self, lead: str, clause: str) -> str:
        """The clause after its lead ("asked", "when"), with a full stop."""
        return f"{self.led(lead, clause)}{self._stop}"

    def led(self, lead: str, clause: str) -> str:
        """The clause after its lead."""
        return f"{self.texts['lead.' + lead].to(clause)}{clause}"

    @cached_property
    def _stop(self) -> str:
        return self.texts["stop"].say

    def places(self, level: Level) -> Mapping[str, str]:
        """The slots that name this site or, for a company question, one of several."""
        return self._of_company if level is Level.COMPANY else self._of_site

    @cached_property
    def _of_site(self) -> Mapping[str, str]:
        return self._below(f"{PLACES}.site.")

    @cached_property
    def _of_company(self) -> Mapping[str, str]:
        return self._below(f"{PLACES}.company.")

    def _below(self, start: str) -> Mapping[str, str]:
        found = ((key, text.say) for key, text in self.texts.items() if key.startswith(start))
        return {key.removeprefix(start): text for key, text in found}

    def count(self, number: int) -> str:
        """A head-count with its thousands apart, where the language sets them apart."""
        if number < int(self.texts["numbers.grouped_from"].say):
            return str(number)
        return f"{number:,}".replace(",", self.texts["numbers.thousands"].say)

    def number(self, number: Decimal | str) -> str:
        """A stored number with the language's decimal mark."""
        return str(number).replace(".", self.texts["numbers.decimal"].say)

    def material(self, key: str, form: str, names: Mapping[str, str]) -> str:
        """A material inside a clause of that form ("handled", "without", "without_one")."""
        special = self.texts.get(f"material_names.special.{key}.{form}")
        if special is not None:
            return special.say
        name = names[key].split(self.texts["material_names.cut"].say)[0]
        if self.texts["material_names.small"].say == "first":
            name = name[:1].lower() + name[1:]
        return self.texts[f"material_names.{form}"].to(name).format(name=name)


@dataclass(frozen=True)
class Wording:
    """The phrases of a questionnaire's language with the names of materials and countries in it."""

    phrases: Phrases
    materials: Mapping[str, str]
    countries: Mapping[str, str]


@lru_cache(maxsize=128)
def wording_of(questionnaire: Questionnaire) -> Wording:
    """How reasons are worded in the language of that questionnaire's texts."""
    phrases = phrases_in(questionnaire.language)
    if phrases.language == SOURCE:
        return Wording(phrases, material_names(), country_names())
    named = country_names_in(phrases.language)  # retired and numeric codes among them
    return Wording(
        phrases,
        {**material_names(), **questionnaire.lists.get("materials", {})},
        {code: named.get(code, english) for code, english in country_names().items()},
    )


@cache
def phrases_in(language: str) -> Phrases:
    """The phrases of that language, of English where there are none. Raises BadPhrases if they do not fit."""
    path = FOLDER / f"{language}.yaml"
    if not path.exists():
        return phrases_in(SOURCE)
    found = read_phrases(path)
    if language != SOURCE:
        check_phrases(found, phrases_in(SOURCE))
    return found


def languages_with_phrases() -> tuple[str, ...]:
    """The languages that reasons can be said in."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def read_phrases(path: Path) -> Phrases:
    """Read one language. Raises BadPhrases for anything but texts, lists of texts and linked texts."""
    texts: dict[str, Linked] = {}
    lists: dict[str, tuple[str, ...]] = {}
    tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  a safe loader
    for key, leaf in _leaves(tree, ""):
        if isinstance(leaf, Linked):
            texts[key] = leaf
        else:
            lists[key] = leaf
    return Phrases(path.stem, texts, lists)


def _leaves(branch: Any, key: str) -> Iterator[tuple[str, Linked | tuple[str, ...]]]:
    if isinstance(branch, str) and branch:
        yield key, Linked(branch)
    elif isinstance(branch, list) and branch and all(isinstance(text, str) and text for text in branch):
        yield key, tuple(branch)
    elif isinstance(branch, dict) and set(branch) == {"say", "before"}:
        yield key, _linked(branch["say"], branch["before"], key)
    elif isinstance(branch, dict) and all(isinstance(name, str) for name in branch):
        for name, inner in branch.items():
            yield from _leaves(inner, f"{key}.{name}" if key else name)
    else:
        raise BadPhrases(f"{key or 'the file'} is no text, no list of texts and no branch of them")


def _linked(say: Any, before: Any, key: str) -> Linked:
    if not isinstance(say, str) or not isinstance(before, dict):
        raise BadPhrases(f"{key} is no text with what it is before certain beginnings")
    beginnings: dict[str, str] = {}
    for begins, instead in before.items():
        if not isinstance(begins, str) or not isinstance(instead, str):
            raise BadPhrases(f"{key} names a beginning that is no text")
        beginnings.update(dict.fromkeys(begins.split(), instead))
    return Linked(say, tuple(sorted(beginnings.items(), key=lambda one: -len(one[0]))))


def check_phrases(found: Phrases, english: Phrases) -> None:
    """Raise BadPhrases where keys or slots differ from those of English."""
    odd = (_shared(found.texts) ^ _shared(english.texts)) | (found.lists.keys() ^ english.lists.keys())
    if odd:
        raise BadPhrases(f"{found.language} and English differ in {', '.join(sorted(odd))}")
    site, company = (set(found.places(level)) for level in (Level.SITE, Level.COMPANY))
    if site != company:
        raise BadPhrases(f"{found.language} names for one level only: {', '.join(sorted(site ^ company))}")
    for key in _shared(found.texts):
        if _slots(found, key) != _slots(english, key):
            raise BadPhrases(f"{found.language}: {key} has other slots than English")


def _shared(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if not key.startswith(_OWN_KEYS)}


def _slots(phrases: Phrases, key: str) -> frozenset[str]:
    """The slots of a phrase, the language's own for places left out, where it may have any."""
    text = phrases.texts[key]
    slots = frozenset(slot for one in (text.say, *dict(text.before).values()) for slot in _SLOT.findall(one))
    return slots - set(phrases.places(Level.SITE)) if key.startswith(("facts.", "unknown.")) else slots
