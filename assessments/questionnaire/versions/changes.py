"""What an author says about changes since the version before: ``change`` in a topic, ``changes`` of a pack.

The classes and what goes with each are the table "Version diff" of reference content-guide.md, part 2. A
change belongs to the version, not to the question: it describes the way from one version to the next, so it
is part of the version's digest (readers and carried answers rest on it) and never of a question's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from assessments.questionnaire.pack.reading import Cursor

ASK = "ask"
"""In a ``map``: this old value has no successor; the part is asked again with the old value beside it."""

VERSION = re.compile(r"[0-9]+\.[0-9]+\Z")


class ChangeClass(StrEnum):
    """What the author says a change means."""

    SAME_MEANING = "same_meaning"
    REWORDED = "reworded"
    CHOICES_CHANGED = "choices_changed"
    SPLIT = "split"
    MERGED = "merged"
    NEW = "new"
    REMOVED = "removed"
    RULE_CHANGED = "rule_changed"
    LADDER_CHANGED = "ladder_changed"


class Subject(StrEnum):
    """What a change is about. Facts and tiers are the pack's; the questions they rule change with them."""

    QUESTION = "question"
    LADDER = "ladder"
    FACT = "fact"
    TIER = "tier"


@dataclass(frozen=True)
class Change:
    """One thing the author says. ``key``: of the question, topic, fact or tier.

    ``map``: old key to new key, or to ``ask``: of options, rows and columns of ``part`` (of the options of
    its ``column``), of parts where no part is named. ``convert``: the factor from the old unit of ``part`` to
    the new one. ``sources``: old question key to {old part: new part}, where its value goes beside.
    """

    about: Subject
    key: str
    version: str
    kind: ChangeClass
    why: str
    part: str | None = None
    column: str | None = None
    map: Mapping[str, str] = field(default_factory=dict)
    ask: bool = False
    convert: Decimal | None = None
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    instead: tuple[str, ...] = ()
    comparable: bool | None = None


def version_order(version: str) -> tuple[int, ...]:
    """The key that sorts versions: 1.10 comes after 1.9. What is no version comes first."""
    return tuple(int(number) for number in version.split(".")) if VERSION.match(version) else ()


def changes_between(changes: Iterable[Change], before: str, after: str) -> tuple[Change, ...]:
    """The changes made after version ``before`` and up to ``after``, oldest first."""
    low, high = version_order(before), version_order(after)
    told = [change for change in changes if low < version_order(change.version) <= high]
    return tuple(sorted(told, key=lambda change: version_order(change.version)))


# ------------------------------------------------------------------ from YAML

_NEEDS: Mapping[ChangeClass, tuple[str, ...]] = {
    ChangeClass.SPLIT: ("from",),
    ChangeClass.MERGED: ("from",),
    ChangeClass.LADDER_CHANGED: ("comparable",),
}
_MAY: Mapping[ChangeClass, tuple[str, ...]] = {
    ChangeClass.REWORDED: ("part", "column", "convert"),
    ChangeClass.CHOICES_CHANGED: ("part", "column", "map", "ask"),
    ChangeClass.REMOVED: ("instead",),
}
_OF: Mapping[Subject, frozenset[ChangeClass]] = {
    Subject.QUESTION: frozenset(ChangeClass) - {ChangeClass.REMOVED, ChangeClass.LADDER_CHANGED},
    Subject.LADDER: frozenset({ChangeClass.LADDER_CHANGED}),
    Subject.FACT: frozenset({ChangeClass.RULE_CHANGED}),
    Subject.TIER: frozenset({ChangeClass.RULE_CHANGED}),
}


def read_changes(place: Cursor, about: Subject, key: str, version: str) -> tuple[Change, ...]:
    """The ``change`` at ``place``, one or a list; faulty ones are reported. () when there is none.

    ``version``: the pack's own, which no change may be later than.
    """
    if not place.has("change"):
        return ()
    inner = place.down("change")
    entries = place.items("change") if isinstance(inner.tree, list) else [inner]
    return tuple(
        found for entry in entries if (found := _read(entry, about, key, version, _OF[about])) is not None
    )


def read_pack_changes(place: Cursor, version: str) -> tuple[Change, ...]:
    """``changes`` of pack.yaml: removed questions, and facts or tiers whose rule differs."""
    found = []
    for entry in place.items("changes"):
        named = [word for word in ("question", "fact", "tier") if entry.has(word)]
        if len(named) != 1:
            entry.problem("does not say what it is about", "name a question, a fact or a tier, one of them")
            continue
        about = Subject(named[0])
        classes = frozenset({ChangeClass.REMOVED}) if about is Subject.QUESTION else _OF[about]
        change = _read(entry, about, entry.text(about.value), version, classes, also=(about.value,))
        if change is not None:
            found.append(change)
    return tuple(found)


def _read(
    place: Cursor,
    about: Subject,
    key: str,
    newest: str,
    classes: frozenset[ChangeClass],
    also: tuple[str, ...] = (),
) -> Change | None:
    if not isinstance(place.tree, dict) or not place.has("class"):
        place.keys(("version", "class", "why", *also))
        return None
    kind = place.word("class", ChangeClass, ChangeClass.SAME_MEANING)
    if kind not in classes:
        known = ", ".join(one.value for one in ChangeClass if one in classes)
        place.problem(f"is {kind.value}, which does not fit here", f"use {known}", "class")
        return None
    if not place.keys(("version", "class", "why", *_NEEDS.get(kind, ()), *also), _MAY.get(kind, ())):
        return None
    version = place.text("version")
    if not VERSION.match(version):
        place.problem("is no version", 'write version: "1.1", in double quotes', "version")
    elif version_order(version) > version_order(newest):
        place.problem(f"is {version}, later than the pack's {newest}", "use the pack's version", "version")
    return Change(
        about=about,
        key=key,
        version=version,
        kind=kind,
        why=place.text("why", 300),
        part=place.optional_text("part"),
        column=place.optional_text("column"),
        map=_read_map(place, kind),
        ask=place.truth("ask"),
        convert=_read_factor(place),
        sources=_read_sources(place),
        instead=place.words("instead"),
        comparable=place.truth("comparable") if place.has("comparable") else None,
    )


def _read_map(place: Cursor, kind: ChangeClass) -> Mapping[str, str]:
    if place.has("map") and place.truth("ask"):
        place.problem("stands beside a map", "keep one: ask takes nothing over", "ask")
    if place.has("column") and not place.has("part"):
        place.problem("names no part", "add part: the table of that column", "column")
    return place.texts("map") if kind is ChangeClass.CHOICES_CHANGED else {}


def _read_factor(place: Cursor) -> Decimal | None:
    factor = place.number("convert")
    if factor is not None and factor <= 0:
        place.problem("is no factor", "write what the old number is multiplied by: convert: 1000", "convert")
        return None
    if factor is not None and not place.has("part"):
        place.problem("names no part", "add part: the one whose unit changed", "convert")
    return factor


def _read_sources(place: Cursor) -> dict[str, Mapping[str, str]]:
    """``from``: [LAB-10, LAB-11], or {LAB-10: {old part: new part}} where an old value goes somewhere."""
    if not place.has("from"):
        return {}
    inner = place.down("from")
    if isinstance(inner.tree, list):
        return {key: {} for key in place.words("from")}
    if not isinstance(inner.tree, dict) or not inner.tree:
        inner.problem("names no question", "write from: [LAB-10], or from: {LAB-10: {old_part: new_part}}")
        return {}
    return {str(key): inner.texts(key) if inner.tree[key] else {} for key in inner.tree}


# ------------------------------------------------------------------ to JSON and back


def change_data(change: Change) -> dict[str, Any]:
    """The change as JSON data, what was left out left out; maps as pairs: their order carries meaning."""
    data: dict[str, Any] = {
        "about": change.about.value,
        "key": change.key,
        "version": change.version,
        "class": change.kind.value,
        "why": change.why,
    }
    more: dict[str, Any] = {
        "part": change.part,
        "column": change.column,
        "map": [[old, new] for old, new in change.map.items()] or None,
        "ask": change.ask or None,
        "convert": None if change.convert is None else format(change.convert, "f"),
        "from": [[key, [[a, b] for a, b in parts.items()]] for key, parts in change.sources.items()] or None,
        "instead": list(change.instead) or None,
        "comparable": change.comparable,
    }
    return data | {name: value for name, value in more.items() if value is not None}


def change_from(data: Mapping[str, Any]) -> Change:
    """The change of ``change_data``. Raises KeyError, TypeError or ValueError for other data."""
    factor = data.get("convert")
    return Change(
        about=Subject(data["about"]),
        key=data["key"],
        version=data["version"],
        kind=ChangeClass(data["class"]),
        why=data["why"],
        part=data.get("part"),
        column=data.get("column"),
        map=dict(data.get("map", ())),
        ask=data.get("ask", False),
        convert=None if factor is None else Decimal(factor),
        sources={key: dict(parts) for key, parts in data.get("from", ())},
        instead=tuple(data.get("instead", ())),
        comparable=data.get("comparable"),
    )
