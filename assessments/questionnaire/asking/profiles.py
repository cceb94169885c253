"""Reading an example supplier: columns of organization and sites, answers, and facts stated by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from assessments.questionnaire.binding import BINDABLE, TRUTHS
from assessments.questionnaire.pack.loading import PROFILES
from assessments.questionnaire.pack.reading import Cursor, Report, read_yaml
from assessments.questionnaire.pack.references import WORDS_OF_FACTS
from assessments.questionnaire.rules import as_number
from assessments.questionnaire.vocabulary import POSITIONS
from assessments.risk.inherent import country_names, material_names

_KEYS = ("organization", "sites", "answers", "facts")
_WHOLE = ("employees", "agency_workers", "migrant_workers")
_LISTS = ("positions", "materials", "material_groups", "flagged_materials")


class BadProfile(ValueError):
    """The profile is no example supplier; ``remedy`` says what to write instead."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.message, self.remedy = message, remedy


@dataclass(frozen=True)
class Profile:
    """An example supplier. ``facts`` are stated by hand and win over what columns and answers give."""

    name: str
    organization: Mapping[str, Any]
    sites: tuple[Mapping[str, Any], ...]
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def profile_of(data: Any, name: str = "profile") -> Profile:
    """A profile from a mapping with organization and site or sites, and perhaps answers, facts and name."""
    if not isinstance(data, Mapping):
        raise BadProfile("a profile is a map", "write organization: and sites:")
    for key in data:
        if key not in (*_KEYS, "name", "site"):
            raise BadProfile(f"a profile has no key {key}", f"use name, {', '.join(_KEYS)}")
    sites = data.get("sites", [data["site"]] if "site" in data else [])
    if not isinstance(sites, list | tuple) or not all(isinstance(site, Mapping) for site in sites):
        raise BadProfile("sites is no list of maps", "write sites: [{country: NLD, activities: [MAN]}]")
    for key in ("organization", "answers", "facts"):
        if not isinstance(data.get(key, {}), Mapping):
            raise BadProfile(f"{key} is no map", f"write {key}: {{key: value}}")
    for question, parts in data.get("answers", {}).items():
        if not isinstance(parts, Mapping):
            raise BadProfile(f"answers.{question} is no map", f"write {question}: {{part: value}}")
    _check_columns("organization", data.get("organization", {}))
    for site in sites:
        _check_columns("site", site)
    return Profile(
        name=str(data.get("name", name)),
        organization=data.get("organization", {}),
        sites=tuple(sites),
        answers=data.get("answers", {}),
        facts={key: _fact(key, value) for key, value in data.get("facts", {}).items()},
    )


def read_profiles(folder: Path, report: Report) -> list[Profile]:
    """The example suppliers of a pack, from its ``profiles`` folder; faults noted."""
    found = []
    for path in sorted((folder / PROFILES).glob("*.yaml")):
        name = f"{PROFILES}/{path.name}"
        before = len(report.problems)
        tree = read_yaml(path, name, report)
        if len(report.problems) > before:
            continue
        try:
            found.append(profile_of(tree, path.stem))
        except BadProfile as bad:
            Cursor(tree, name, "", report).problem(bad.message, bad.remedy)
    return found


def _check_columns(record: str, columns: Mapping[str, Any]) -> None:
    for column, value in columns.items():
        place = f"{record}.{column}"
        if column not in BINDABLE[record]:
            raise BadProfile(f"{place} is no column", f"use {', '.join(BINDABLE[record])}")
        if value is None:
            continue
        if column == "materials":
            _check_materials(place, value)
            continue
        fits, what, remedy = _SHAPES.get(column, _TEXT)
        if not fits(value):
            raise BadProfile(f"{place} is {what}", remedy.format(column=column))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_country(value: Any) -> bool:
    return isinstance(value, str) and value in country_names()


def _is_positions(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(item in POSITIONS for item in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_Shape = tuple[Callable[[Any], bool], str, str]
_TEXT: _Shape = (_is_text, "no text", 'write {column}: "..."')
_NUMBER: _Shape = (lambda value: as_number(value) is not None, "no number", "write {column}: 52.1")
_SHAPES: Mapping[str, _Shape] = {
    **dict.fromkeys(_WHOLE, (_is_count, "no number of people", "write {column}: 25")),
    **dict.fromkeys(TRUTHS, (_is_truth, "not true or false", "write {column}: true")),
    **dict.fromkeys(("latitude", "longitude"), _NUMBER),
    "country": (_is_country, "no country", "write its ISO code of three letters, such as NLD"),
    "activities": (_is_positions, "no list of positions", f"use {', '.join(POSITIONS)}"),
}


def _check_materials(place: str, value: Any) -> None:
    remedy = "write materials: [{material: tin, secondary_share: 20}]"
    if not isinstance(value, list | tuple):
        raise BadProfile(f"{place} is no list", remedy)
    for entry in value:
        if not isinstance(entry, Mapping) or entry.get("material") not in tuple(material_names()):
            raise BadProfile(f"{place} has an entry without a known material", remedy)
        share = entry.get("secondary_share")
        if share is not None and (isinstance(share, str) or as_number(share) is None):
            raise BadProfile(f"{place} has a secondary_share that is no number", remedy)


def _fact(name: str, value: Any) -> Any:
    """A fact stated by hand, of the kind that the engine gives."""
    words = WORDS_OF_FACTS.get(name)
    if words is not None:
        said = value if isinstance(value, list | tuple) else [value]
        many = name in _LISTS
        if many is not isinstance(value, list | tuple) or not all(word in tuple(words) for word in said):
            some = ", ".join(list(words)[:8])
            raise BadProfile(f"facts.{name} is {value}", f"use {'a list of ' if many else ''}{some}")
        return tuple(value) if many else value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if name in _WHOLE or not isinstance(value, bool | str):
        raise BadProfile(
            f"facts.{name} is of no kind that a fact has", "write a word, a number, true or false"
        )
    return value
