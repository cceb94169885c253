"""Questionnaires in other languages: reading the translations beside a pack, and telling a version in one.

A translation belongs to no version and changes no digest (content guide, part 2). Each unit of it (a
question, a rung, a finding) names the digest of the English it was made from, so it fits every version that
still says that, and a unit whose English has changed since shows English until somebody looked at it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from babel import Locale
from babel.core import get_global

from assessments.questionnaire.languages.telling import Path as TextPath
from assessments.questionnaire.languages.telling import Place, texts_of, told_again, unit_digest
from assessments.questionnaire.library import Lesson, load_library, read_library, texts_of_lesson, told_lesson
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.packfile import PACK_FILE
from assessments.questionnaire.pack.reading import Report

SOURCE = "en"
"""The language every text is written in first."""

HEAD = ("translation", "digests")
"""Keys of a translation's file that hold no text."""

Unit = tuple[str, TextPath]
"""An English file and the unit of it."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Translation:
    """What a pack has in one language: texts by place, and the digest of the English behind each unit."""

    language: str
    texts: Mapping[Place, str]
    digests: Mapping[Unit, str]


@dataclass(frozen=True)
class Gap:
    """A text without a translation that counts. ``stale``: there is one, of an English text that changed."""

    place: Place
    english: str
    stale: bool
    old: str | None = None


def translated_file(file: str, language: str) -> str:
    """Where the translation of an English file lies: ``lab-3.guide.yaml`` has ``lab-3.guide.de.yaml``."""
    return f"{file.removesuffix('.yaml')}.{language}.yaml"


def read_translation(folder: Path, language: str) -> Translation:
    """The translations of a checked pack in that language; empty where there are none.

    Files are trusted here, and read by the quick parser: ``plumbline questionnaire check`` is where each
    fault in them is named. What is no text is left out.
    """
    texts: dict[Place, str] = {}
    digests: dict[Unit, str] = {}
    for path in sorted(folder.rglob(f"*.{language}.yaml")):
        file = path.relative_to(folder).as_posix().removesuffix(f".{language}.yaml") + ".yaml"
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  a safe loader
        if isinstance(tree, dict):
            texts.update(texts_in(tree, file))
            digests.update(digests_in(tree, file))
    return Translation(language, texts, digests)


def texts_in(tree: Mapping[Any, Any], file: str) -> Iterator[tuple[Place, str]]:
    """The texts of one translated file by the place of their English."""
    for key, branch in tree.items():
        if key not in HEAD:
            for path, text in _leaves(branch, (str(key),)):
                yield Place(file, path), text


def _leaves(branch: Any, path: TextPath) -> Iterator[tuple[TextPath, str]]:
    if isinstance(branch, str):
        yield path, branch
    elif isinstance(branch, dict):
        for key, inner in branch.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(branch, list):
        for i, inner in enumerate(branch):
            yield from _leaves(inner, (*path, str(i)))


def digests_in(tree: Mapping[Any, Any], file: str) -> Iterator[tuple[Unit, str]]:
    """The digests that one translated file names, by unit."""
    for name, digest in (tree.get("digests") or {}).items():
        yield (file, tuple(str(name).split(".", 1))), str(digest)


def in_language(questionnaire: Questionnaire, language: str) -> Questionnaire:
    """The questionnaire in that language; English, and named in ``untranslated``, where a text is missing.

    Keys, rules and digest are the same. Made once for each version and language of a process.
    """
    if language == SOURCE or language not in questionnaire.languages:
        return questionnaire
    return _kept(questionnaire, language)


@cache
def _kept(questionnaire: Questionnaire, language: str) -> Questionnaire:
    return told(questionnaire, _shipped(questionnaire.slug, language))


@cache
def _shipped(slug: str, language: str) -> Translation:
    folder = Path(__file__).parent.parent / "packs" / slug
    return read_translation(folder, language) if folder.is_dir() else Translation(language, {}, {})


Tell = Callable[[Questionnaire], Questionnaire]
"""How a read model says the questions: `in_language` for a reader, or `as_written`."""


def as_written(questionnaire: Questionnaire) -> Questionnaire:
    """Leave the questionnaire in the language it was written in."""
    return questionnaire


def told(questionnaire: Questionnaire, translation: Translation) -> Questionnaire:
    """The questionnaire with every text that this translation has, and the names of those that it lacks."""
    chosen, gaps = _compared(texts_of(questionnaire), translation)
    countries = country_names_in(translation.language)
    in_part = {(gap.place.file, gap.place.unit) for gap in gaps}

    def say(place: Place, english: str) -> str:
        if place.path[2:] == ("because",) and (place.file, place.unit) in in_part:
            return english  # it completes a lead: reasons say it in English, by ``untranslated``
        if place.file == PACK_FILE and place.path[:2] == ("lists", "countries"):
            return countries.get(place.path[2], english)
        return chosen.get(place, english)

    return replace(
        told_again(questionnaire, say),
        language=translation.language,
        untranslated=frozenset(_named(gap.place) for gap in gaps),
    )


@cache
def library_in(language: str, slug: str = "standard") -> Mapping[str, Lesson]:
    """The library of a pack that ships with us, in that language; English where a text is missing."""
    library = load_library(slug)
    if language == SOURCE:
        return library
    translation = _shipped(slug, language)
    return MappingProxyType({key: lesson_told(lesson, translation) for key, lesson in library.items()})


def lesson_told(lesson: Lesson, translation: Translation) -> Lesson:
    """The page with every text that this translation has; English as a whole where it has none."""
    chosen, gaps = _compared(texts_of_lesson(lesson), translation)
    again = told_lesson(lesson, lambda place, english: chosen.get(place, english))
    language = translation.language if chosen else SOURCE
    return replace(again, language=language, untranslated=bool(gaps))


def texts_of_pack(questionnaire: Questionnaire, folder: Path) -> dict[Place, str]:
    """All English texts of the pack in ``folder``: the questionnaire's, then those of its library."""
    found = texts_of(questionnaire)
    for lesson in read_library(folder, Report()).values():
        found.update(texts_of_lesson(lesson))
    return found


def gaps(english: Mapping[Place, str], translation: Translation) -> list[Gap]:
    """The texts that have no translation, or one of an English text that has changed, in reading order."""
    return _compared(english, translation)[1]


def coverage(questionnaire: Questionnaire, folder: Path) -> dict[str, float]:
    """The share of texts that each language of the pack in ``folder`` has, 0 to 1; English has all."""
    english = texts_of_pack(questionnaire, folder)
    all_of_them = len({(place.file, place.unit, text) for place, text in _own_texts(english)})
    shares = {SOURCE: 1.0}
    for language in questionnaire.languages:
        if language != SOURCE:
            missing = len(gaps(english, read_translation(folder, language)))
            shares[language] = round(1 - missing / all_of_them, 4) if all_of_them else 1.0
    return shares


@cache
def country_names_in(language: str) -> Mapping[str, str]:
    """Names of countries by ISO 3166-1 alpha-3 code, from Unicode CLDR."""
    names = Locale.parse(language, sep="-").territories
    twos = get_global("territory_aliases")
    return {three: names[two[0]] for three, two in twos.items() if len(three) == 3 and two[0] in names}


def _compared(
    english_texts: Mapping[Place, str], translation: Translation
) -> tuple[dict[Place, str], list[Gap]]:
    units: defaultdict[Unit, list[tuple[Place, str]]] = defaultdict(list)
    for place, english in _own_texts(english_texts):
        units[place.file, place.unit].append((place, english))
    chosen: dict[Place, str] = {}
    missing: list[Gap] = []
    for unit, texts in units.items():
        fits = translation.digests.get(unit) == unit_digest(texts)
        # What stands twice in a unit (the options of "same_options_as") is translated once.
        by_english = {
            english: translation.texts[place]
            for place, english in reversed(texts)
            if place in translation.texts
        }
        noted: set[str] = set()
        for place, english in texts:
            found = translation.texts.get(place) or by_english.get(english)
            if found is not None and fits:
                chosen[place] = found
            elif english not in noted:
                noted.add(english)
                missing.append(Gap(place, english, stale=found is not None, old=found))
    return chosen, missing


def _own_texts(english: Mapping[Place, str]) -> Iterator[tuple[Place, str]]:
    """All texts but the names of countries, which every language has from elsewhere."""
    for place, text in english.items():
        if place.path[:2] != ("lists", "countries"):
            yield place, text


def _named(place: Place) -> str:
    """What a reader calls the unit: a question's key, else the file's name without its ending."""
    if place.path[0] == "questions":
        return place.path[1]
    return place.file.rpartition("/")[2].removesuffix(".yaml")
