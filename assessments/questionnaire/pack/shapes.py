"""The shape of a question in a topic file: from a tree to the model, every fault noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from assessments.questionnaire.binding import BINDABLE
from assessments.questionnaire.model import (
    Binding,
    Column,
    ElementMapping,
    EvidenceExpected,
    Level,
    Part,
    PartKind,
    Purpose,
    Question,
    Recall,
    RowsFrom,
    Strength,
    Tier,
)
from assessments.questionnaire.pack.reading import Cursor
from assessments.questionnaire.rules import ALWAYS, AnswerSource, BadRule, Rule, both, parse, parse_source

QUESTION_KEY = re.compile(r"[A-Z]{2,4}-[0-9]{2,3}\Z")
TOPIC_KEY = re.compile(r"[A-Z]{2,4}\.[0-9]{1,2}\Z")
PART_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")

_FIELD = (
    "options",
    "options_from",
    "same_options_as",
    "alone",
    "unit",
    "min",
    "max",
    "plain",
    "optional",
    "help",
)
_TABLE = ("columns", "rows", "rows_from", "row_sum", "column_sum")
_CHOICES = (PartKind.SINGLE, PartKind.MULTIPLE)
_QUESTION_NEEDS = (
    "key",
    "since",
    "tier",
    "level",
    "recall",
    "purposes",
    "applies",
    "text",
    "help",
    "why",
    "parts",
)


@dataclass(frozen=True)
class Shared:
    """What the pack file gives to every topic file."""

    lists: Mapping[str, Mapping[str, str]]
    tiers: Mapping[Tier, Rule]


@dataclass
class _Options:
    """The option lists seen so far inside one question, for ``same_options_as``."""

    seen: dict[str, tuple[dict[str, str], str | None]] = field(default_factory=dict)


def read_rule(place: Cursor, key: str) -> Rule:
    """The rule at ``key``; a faulty one is reported and counts as always."""
    try:
        return parse(place.tree.get(key))
    except BadRule as bad:
        place.problem(bad.message, bad.remedy, f"{key}.{bad.path}".rstrip("."))
        return ALWAYS


def read_answer_source(place: Cursor, key: str) -> AnswerSource | None:
    """An answer and part named at ``key``; None when left out or faulty."""
    if not place.has(key):
        return None
    inner = place.down(key)
    if not inner.keys(("answer", "part"), ("column", "row")):
        return None
    try:
        source = parse_source(inner.tree)
    except BadRule as bad:
        inner.problem(bad.message, bad.remedy)
        return None
    return source if isinstance(source, AnswerSource) else None


def read_question(place: Cursor, section: str, topic: str, shared: Shared) -> Question | None:
    """One question of a topic file; None when it is too broken to build. Its digest is still empty."""
    place.keys(_QUESTION_NEEDS, ("vsme", "care", "evidence", "mappings", "change"))
    if not isinstance(place.tree, dict):
        return None
    key = place.text("key")
    if key and not (QUESTION_KEY.match(key) and key.startswith(f"{section}-")):
        place.problem(f"is {key}, not a key of section {section}", f"write {section}- and two digits", "key")
    tier = place.word("tier", Tier, Tier.CORE)
    applies, because = _read_applies(place)
    purposes = _read_purposes(place)
    options = _Options()
    parts = tuple(part for inner in place.items("parts") if (part := _read_part(inner, shared, options)))
    if place.has("parts") and not parts:
        place.problem("has no part", "add at least one part with key, kind and label", "parts")
    report_twice(place, "part", [part.key for part in parts])
    return Question(
        key=key,
        section=section,
        topic=topic,
        since=place.text("since"),
        tier=tier,
        level=place.word("level", Level, Level.SITE),
        recall=place.word("recall", Recall, Recall.TODAY),
        purposes=purposes,
        vsme=place.words("vsme"),
        applies=applies,
        rule=both(applies, shared.tiers.get(tier, ALWAYS)),
        because=because,
        text=place.text("text"),
        help=place.text("help"),
        why=place.text("why"),
        care=place.optional_text("care"),
        parts=parts,
        evidence=tuple(found for inner in place.items("evidence") if (found := _read_evidence(inner))),
        mappings=_read_mappings(place),
        digest="",
    )


def _read_applies(place: Cursor) -> tuple[Rule, str | None]:
    inner = place.down("applies")
    if inner.tree is None:
        return ALWAYS, None
    if not inner.keys(("when",), ("because",)):
        return ALWAYS, None
    because = inner.optional_text("because", 200)
    if because is not None and (because[:1].isupper() or because.endswith(".")):
        inner.problem(
            "does not complete 'Asked because ...'", "begin in lower case, without full stop", "because"
        )
    return read_rule(inner, "when"), because


def _read_purposes(place: Cursor) -> tuple[Purpose, ...]:
    known = [purpose.value for purpose in Purpose]
    found = []
    for word in place.words("purposes"):
        if word in known:
            found.append(Purpose(word))
        else:
            place.problem(f"names {word}", f"use {', '.join(known)}", "purposes")
    return tuple(found)


def _read_field(place: Cursor, shared: Shared, options: _Options) -> dict[str, Any]:
    """What a part and a column share, as arguments for either."""
    key, kind = place.text("key"), place.word("kind", PartKind, PartKind.SHORT_TEXT)
    if key and not PART_KEY.match(key):
        place.problem(f"is {key}", "use small letters, digits and _", "key")
    found, options_from = _read_options(place, kind, shared, options)
    alone = place.words("alone")
    for option in alone:
        if option not in found:
            place.problem(f"names {option}, which is no option", "use an option key", "alone")
    if alone and kind is not PartKind.MULTIPLE:
        place.problem("stands at a part of another kind", "use alone with multiple only", "alone")
    low, high = place.number("min"), place.number("max")
    if low is not None and high is not None and low > high:
        place.problem("is larger than max", "swap the two", "min")
    for word in ("unit", "min", "max", "plain"):
        if place.has(word) and kind is not PartKind.NUMBER:
            place.problem("stands at a part of another kind", f"use {word} with number only", word)
    return {
        "key": key,
        "kind": kind,
        "label": place.text("label"),
        "options": found,
        "options_from": options_from,
        "alone": alone,
        "unit": place.optional_text("unit", 40),
        "min": low,
        "max": high,
        "plain": place.truth("plain"),
        "optional": place.truth("optional"),
        "help": place.optional_text("help"),
    }


def _read_options(
    place: Cursor, kind: PartKind, shared: Shared, options: _Options
) -> tuple[dict[str, str], str | None]:
    ways = [way for way in ("options", "options_from", "same_options_as") if place.has(way)]
    if kind not in _CHOICES:
        if ways:
            place.problem(
                "has options, though its kind takes none", "remove them, or use single or multiple", ways[0]
            )
        return {}, None
    if len(ways) != 1:
        said = "has no options" if not ways else f"has {' and '.join(ways)}"
        place.problem(said, "give options, options_from or same_options_as, one of them")
        return {}, None
    found: dict[str, str]
    name: str | None = None
    if ways[0] == "options":
        found = place.texts("options")
        if 0 < len(found) < 2:
            place.problem("has one option", "give at least two", "options")
    elif ways[0] == "options_from":
        name = place.text("options_from")
        found = dict(shared.lists.get(name, {}))
        if not found:
            place.problem(
                f"names the list {name}", f"use one of {', '.join(sorted(shared.lists))}", "options_from"
            )
    else:
        other = place.text("same_options_as")
        found, name = options.seen.get(other, ({}, None))
        if not found:
            place.problem(f"names {other}", "name a part above that has options", "same_options_as")
    options.seen[place.text("key")] = (found, name)
    return found, name


def _read_part(place: Cursor, shared: Shared, options: _Options) -> Part | None:
    if not place.keys(("key", "kind", "label"), (*_FIELD, *_TABLE, "when", "bind", "commercial", "prefill")):
        return None
    shape = _read_field(place, shared, options)
    kind = shape["kind"]
    columns = tuple(
        Column(**_read_field(inner, shared, options), commercial=inner.truth("commercial"))
        for inner in place.items("columns")
        if inner.keys(("key", "kind", "label"), (*_FIELD, "commercial"))
    )
    for word in _TABLE:
        if place.has(word) and kind is not PartKind.TABLE:
            place.problem("stands at a part of another kind", f"use {word} with table only", word)
    if kind is PartKind.TABLE and not columns:
        place.problem("is a table without columns", "add columns, six at most", "columns")
    if len(columns) > 6:
        place.problem(
            f"has {len(columns)} columns", "six at most; a phone shows one row at a time", "columns"
        )
    for column in columns:
        if column.kind in (PartKind.TABLE, PartKind.EVIDENCE) or column.key == "row":
            place.problem(
                f"has the column {column.key} of kind {column.kind}", "use another kind and key", "columns"
            )
    report_twice(place, "column", [column.key for column in columns])
    rows_from = _read_rows_from(place, shared)
    if rows_from is not None and rows_from.list_name is not None:
        shape["options"] = dict(shared.lists.get(rows_from.list_name, {}))
        shape["options_from"] = rows_from.list_name
    return Part(
        **shape,
        when=read_rule(place, "when") if place.has("when") else None,
        bind=_read_binding(place, kind),
        commercial=place.truth("commercial"),
        prefill=read_answer_source(place, "prefill"),
        columns=columns,
        rows=place.texts("rows"),
        rows_from=rows_from,
        row_sum=place.number("row_sum"),
        column_sum=_read_column_sum(place, columns),
    )


def _read_rows_from(place: Cursor, shared: Shared) -> RowsFrom | None:
    if not place.has("rows_from"):
        return None
    if place.has("rows"):
        place.problem("has rows and rows_from", "keep one of the two", "rows_from")
    inner = place.down("rows_from")
    if isinstance(inner.tree, str):  # rows chosen by the reader, from a shared list
        if inner.tree not in shared.lists:
            place.problem(
                f"names the list {inner.tree}", f"use one of {', '.join(sorted(shared.lists))}", "rows_from"
            )
        return RowsFrom(list_name=inner.tree)
    if inner.has("fact"):
        inner.keys(("fact",))
        return RowsFrom(fact=inner.text("fact"))
    source = read_answer_source(place, "rows_from")
    return RowsFrom(answer=source) if source else None


def _read_column_sum(place: Cursor, columns: tuple[Column, ...]) -> dict[str, Decimal]:
    inner = place.down("column_sum")
    if inner.tree is None:
        return {}
    numeric = [column.key for column in columns if column.kind is PartKind.NUMBER]
    inner.keys((), numeric)
    if not isinstance(inner.tree, dict):
        return {}
    return {key: number for key in numeric if (number := inner.number(key)) is not None}


def _read_binding(place: Cursor, kind: PartKind) -> Binding | None:
    if not place.has("bind"):
        return None
    record, _, column = place.text("bind").partition(".")
    wanted = BINDABLE.get(record, {}).get(column)
    if wanted is None:
        place.problem(
            f"names {record}.{column}, which is no column",
            "use organization.<column> or site.<column>",
            "bind",
        )
        return None
    alike = {wanted, PartKind.SHORT_TEXT} if wanted is PartKind.LONG_TEXT else {wanted}
    if kind not in alike:
        place.problem(f"binds a {kind} to {record}.{column}", f"make the part a {wanted}", "bind")
    return Binding(record, column)


def _read_evidence(place: Cursor) -> EvidenceExpected | None:
    if not place.keys(("class", "expect", "small"), ("months", "until", "care")):
        return None
    until = place.has("until")
    if until and place.tree["until"] != "expiry":
        place.problem("takes the word expiry", "write until: expiry, or months: 12", "until")
    if until == place.has("months"):
        place.problem("says not, or twice, how long it counts", "give months: 12 or until: expiry")
    months = place.number("months")
    if months is not None and (months != int(months) or not 1 <= months <= 120):
        place.problem("is no number of months", "write a whole number from 1 to 120", "months")
        months = None
    small = tuple(inner.tree for inner in place.items("small") if isinstance(inner.tree, str) and inner.tree)
    if not small:
        place.problem("gives no example for a small firm", "add one that costs under 30 minutes", "small")
    return EvidenceExpected(
        evidence_class=place.text("class"),
        expect=place.text("expect"),
        small=small,
        months=int(months) if months is not None else None,
        care=place.optional_text("care"),
    )


def _read_mappings(place: Cursor) -> dict[str, ElementMapping]:
    inner = place.down("mappings")
    if inner.tree is None:
        return {}
    if not isinstance(inner.tree, dict):
        inner.problem("should be a map of element: strength", "write GRI.403-5: narrower")
        return {}
    found = {}
    for element, value in inner.tree.items():
        below = inner.down(element)
        if isinstance(value, dict):
            below.keys(("strength",), ("leaves",))
            strength = below.word("strength", Strength, Strength.PARTIAL)
            found[str(element)] = ElementMapping(strength, below.optional_text("leaves"))
        else:
            found[str(element)] = ElementMapping(inner.word(element, Strength, Strength.PARTIAL))
    return found


def report_twice(place: Cursor, what: str, keys: list[str]) -> None:
    """Report each key that stands twice."""
    for key in {key for key in keys if keys.count(key) > 1}:
        place.problem(f"has the {what} {key} twice", "give one of them another key")
