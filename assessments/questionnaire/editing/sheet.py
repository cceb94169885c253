"""A question of a topic file as the sheet that a form shows: texts, ticks and rows, and back into a tree.

A sheet holds str, bool, list and dict only. Names of a form are paths in it ("parts.0.options.2.text"), so
that one form without script carries the whole question, and rows are added, moved and removed by path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from assessments.questionnaire.editing.outline import (
    BRACKETS,
    Line,
    lines_of,
    rule_of,
    source_of,
    subject_of,
)

Sheet = dict[str, Any]

_TEXTS = ("text", "help", "why", "care")
_WORDS = ("key", "since", "tier", "level", "recall")
_TICKS = ("plain", "optional", "commercial")
_KNOWN = frozenset(
    (*_TEXTS, *_WORDS, "purposes", "vsme", "applies", "parts", "evidence", "mappings", "change")
)
_INDEX = re.compile(r"[0-9]{1,3}\Z")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?\Z")
_LISTS = ("purposes",)

BLANK: Mapping[str, Sheet] = {
    "parts": {"key": "", "kind": "yes_partly_no", "label": ""},
    "columns": {"key": "", "kind": "short_text", "label": ""},
    "options": {"key": "", "text": ""},
    "rows": {"key": "", "text": ""},
    "map": {"key": "", "text": ""},
    "rule": {"depth": "0", "subject": "", "op": "is", "values": ""},
    "when": {"depth": "0", "subject": "", "op": "is", "values": ""},
    "evidence": {"class": "", "months": "12", "expect": "", "small": [{"text": ""}]},
    "small": {"text": ""},
    "mappings": {"element": "", "strength": "partial"},
    "change": {"version": "", "class": "same_meaning", "why": ""},
    "ladder_change": {"version": "", "comparable": "", "why": ""},
    "findings": {"key": "", "grade": "observation", "questions": "", "saw": ""},
    "next_steps": {"key": "", "levels": "0", "effort": "", "do": ""},
    "for": {"depth": "0", "subject": "", "op": "is", "values": ""},
}
"""What a new row holds, by the list that it stands in."""


# ------------------------------------------------------------------ from a file


def sheet_of(tree: Mapping[str, Any]) -> Sheet:
    """The sheet of a question as it stands in its file."""
    applies = _map(tree.get("applies"))
    change = tree.get("change")
    return {
        **{name: said_in(tree.get(name)) for name in (*_WORDS, *_TEXTS)},
        "purposes": [str(word) for word in _list(tree.get("purposes"))],
        "vsme": joined(tree.get("vsme")),
        "rule": lines_in(applies.get("when")),
        "because": said_in(applies.get("because")),
        "parts": [_part(part) for part in maps_in(tree.get("parts"))],
        "evidence": [_evidence(one) for one in maps_in(tree.get("evidence"))],
        "mappings": [
            {"element": str(element), **_mapping(value)}
            for element, value in _map(tree.get("mappings")).items()
        ],
        "change": [_change(one) for one in maps_in(change if isinstance(change, list) else [change])],
    }


def _part(tree: Mapping[str, Any]) -> Sheet:
    found = _field(tree)
    found |= {
        "when": lines_in(tree.get("when")),
        "bind": said_in(tree.get("bind")),
        "prefill": subject_of(tree["prefill"]) if isinstance(tree.get("prefill"), dict) else "",
        "columns": [_field(column) for column in maps_in(tree.get("columns"))],
        "rows": _pairs(tree.get("rows")),
        "rows_from": _rows_from(tree.get("rows_from")),
        "row_sum": said_in(tree.get("row_sum")),
        "column_sum": ", ".join(f"{key} {said_in(n)}" for key, n in _map(tree.get("column_sum")).items()),
    }
    return found


def _field(tree: Mapping[str, Any]) -> Sheet:
    return {
        **{name: said_in(tree.get(name)) for name in ("key", "kind", "label", "help", "unit", "min", "max")},
        "options": _pairs(tree.get("options")),
        "options_from": said_in(tree.get("options_from")),
        "same_options_as": said_in(tree.get("same_options_as")),
        "alone": joined(tree.get("alone")),
        **{name: tree.get(name) is True for name in _TICKS},
    }


def _rows_from(value: Any) -> str:
    if isinstance(value, dict):
        return f"fact {value['fact']}" if "fact" in value else subject_of(value)
    return said_in(value)


def _evidence(tree: Mapping[str, Any]) -> Sheet:
    return {
        **{name: said_in(tree.get(name)) for name in ("class", "months", "expect", "care")},
        "until": tree.get("until") == "expiry",
        "small": [{"text": said_in(text)} for text in _list(tree.get("small"))],
    }


def _mapping(value: Any) -> Sheet:
    if isinstance(value, dict):
        return {"strength": said_in(value.get("strength")), "leaves": said_in(value.get("leaves"))}
    return {"strength": said_in(value), "leaves": ""}


def _change(tree: Mapping[str, Any]) -> Sheet:
    return {
        **{
            name: said_in(tree.get(name)) for name in ("version", "class", "why", "part", "column", "convert")
        },
        "map": _pairs(tree.get("map")),
        "ask": tree.get("ask") is True,
        "from": _sources(tree.get("from")),
    }


def _sources(value: Any) -> str:
    """``from`` as one line: ``LAB-10`` or ``LAB-10 old=new other=new, LAB-11``."""
    if isinstance(value, list):
        return joined(value)
    several = _map(value).items()
    return ", ".join(" ".join([str(key), *(f"{a}={b}" for a, b in _map(to).items())]) for key, to in several)


def lines_in(rule: Any) -> list[Sheet]:
    """A rule as the rows of a form."""
    return [
        {
            "depth": str(line.depth),
            "subject": "" if line.bracket else line.subject,
            "op": line.subject if line.bracket else line.op,
            "values": line.values,
        }
        for line in lines_of(rule)
    ]


def _pairs(value: Any) -> list[Sheet]:
    return [{"key": str(key), "text": said_in(text)} for key, text in _map(value).items()]


def said_in(value: Any) -> str:
    """A value of a file as a field shows it; "" for what is no single one."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def joined(value: Any) -> str:
    """A list of words as one field shows it."""
    return ", ".join(str(word) for word in _list(value))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def maps_in(value: Any) -> list[dict[str, Any]]:
    """The maps of a list; [] for what is none."""
    return [item for item in _list(value) if isinstance(item, dict)]


# ------------------------------------------------------------------ into a file


def tree_of(sheet: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The question that a sheet says, keys in the house's order; what no form shows is kept of ``before``."""
    applies: dict[str, Any] = {"when": rule_of(outline(sheet.get("rule")))}
    if text_in(sheet, "because"):
        applies["because"] = text_in(sheet, "because")
    tree: dict[str, Any] = {name: text_in(sheet, name) for name in _WORDS}
    tree |= {
        "purposes": [word for word in sheet.get("purposes") or () if word],
        "vsme": split_words(sheet.get("vsme")),
        "applies": applies,
        **{name: text_in(sheet, name) for name in _TEXTS},
        "parts": [_part_tree(part) for part in maps_in(sheet.get("parts"))],
        "evidence": [_evidence_tree(one) for one in maps_in(sheet.get("evidence"))],
        "mappings": {
            text_in(one, "element"): _mapping_tree(one)
            for one in maps_in(sheet.get("mappings"))
            if text_in(one, "element")
        },
    }
    changes = [_change_tree(one) for one in maps_in(sheet.get("change"))]
    tree["change"] = changes[0] if len(changes) == 1 else changes
    kept = {key: value for key, value in (before or {}).items() if key not in _KNOWN}
    return {key: value for key, value in tree.items() if value not in ("", [], {})} | kept


def _part_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    tree = _field_tree(sheet)
    when = outline(sheet.get("when"))
    tree |= {
        "when": rule_of(when) if when else "",
        "bind": text_in(sheet, "bind"),
        "prefill": source_of(text_in(sheet, "prefill")) if text_in(sheet, "prefill") else "",
        "columns": [_field_tree(column) for column in maps_in(sheet.get("columns"))],
        "rows": _pair_tree(sheet.get("rows")),
        "rows_from": _rows_from_tree(text_in(sheet, "rows_from")),
        "row_sum": number(text_in(sheet, "row_sum")),
        "column_sum": _sums(text_in(sheet, "column_sum")),
    }
    return {key: value for key, value in tree.items() if value not in ("", [], {})}


def _field_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {name: text_in(sheet, name) for name in ("key", "kind", "label", "help", "unit")}
    tree |= {name: number(text_in(sheet, name)) for name in ("min", "max")}
    tree |= {name: True if sheet.get(name) else "" for name in _TICKS}
    tree |= {
        "alone": split_words(sheet.get("alone")),
        "options": _pair_tree(sheet.get("options")),
        "options_from": text_in(sheet, "options_from"),
        "same_options_as": text_in(sheet, "same_options_as"),
    }
    return {key: value for key, value in tree.items() if value not in ("", [], {})}


def _rows_from_tree(said: str) -> Any:
    if said.startswith("fact "):
        return {"fact": said.removeprefix("fact ").strip()}
    return source_of(said) if "-" in said else said


def _sums(said: str) -> dict[str, Any]:
    pairs = (one.split() for one in said.split(","))
    return {pair[0]: number(pair[1]) if len(pair) > 1 else "" for pair in pairs if pair}


def _evidence_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "class": text_in(sheet, "class"),
        "months": "" if sheet.get("until") else number(text_in(sheet, "months")),
        "until": "expiry" if sheet.get("until") else "",
        "expect": text_in(sheet, "expect"),
        "small": [text for one in maps_in(sheet.get("small")) if (text := text_in(one, "text"))],
        "care": text_in(sheet, "care"),
    }
    return {key: value for key, value in tree.items() if value not in ("", [])}


def _mapping_tree(sheet: Mapping[str, Any]) -> Any:
    leaves = text_in(sheet, "leaves")
    strength = text_in(sheet, "strength")
    return {"strength": strength, "leaves": leaves} if leaves else strength


def _change_tree(sheet: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {name: text_in(sheet, name) for name in ("version", "class", "part", "column")}
    tree |= {
        "map": _pair_tree(sheet.get("map")),
        "ask": True if sheet.get("ask") else "",
        "convert": number(text_in(sheet, "convert")),
        "from": _sources_tree(text_in(sheet, "from")),
        "why": text_in(sheet, "why"),
    }
    return {key: value for key, value in tree.items() if value not in ("", [], {})}


def _sources_tree(said: str) -> Any:
    words = [one.split() for one in said.split(",") if one.split()]
    if not any("=" in word for one in words for word in one):
        return [one[0] for one in words]
    return {one[0]: dict(word.split("=", 1) for word in one[1:] if "=" in word) for one in words}


def outline(rows: Any) -> list[Line]:
    """The lines of a rule as a form gives them; a line in which nothing was written is none."""
    found = []
    for row in maps_in(rows):
        op, subject = text_in(row, "op"), text_in(row, "subject")
        depth = int(row["depth"]) if _INDEX.match(str(row.get("depth", "0"))) else 0
        if op in BRACKETS:
            found.append(Line(depth, op))
        elif subject or text_in(row, "values"):
            found.append(Line(depth, subject, op or "is", text_in(row, "values")))
    return found


def number(said: str) -> Any:
    """A number as YAML would read it; what is none stays text for the checker to name."""
    if not _NUMBER.match(said):
        return said
    return Decimal(said) if "." in said else int(said)


def _pair_tree(rows: Any) -> dict[str, str]:
    pairs = [(text_in(row, "key"), text_in(row, "text")) for row in maps_in(rows)]
    return {key: text for key, text in pairs if key or text}


def split_words(said: Any) -> list[str]:
    """The words of one field, commas or spaces between."""
    return [word for word in re.split(r"[,\s]+", str(said or "")) if word]


def text_in(sheet: Mapping[str, Any], name: str) -> str:
    """A field's text as the one line that it is in its file, whatever a browser sends."""
    return " ".join(str(sheet.get(name) or "").split())


# ------------------------------------------------------------------ a form's names


def from_fields(fields: Iterable[tuple[str, str]]) -> Sheet:
    """The sheet that posted (name, value) pairs make; names that are no path in one are left out."""
    root: Sheet = {}
    for name, value in fields:
        steps = name.split(".")
        if name in _LISTS:
            root.setdefault(name, []).append(value)
        elif len(steps) <= 8 and all(steps):
            _place(root, steps, value)
    return {name: _listed(value) for name, value in root.items()}


def _place(root: Sheet, steps: list[str], value: str) -> None:
    at: Any = root
    for step in steps[:-1]:
        at = at.setdefault(step, {})
        if not isinstance(at, dict):
            return
    at[steps[-1]] = value


def _listed(value: Any) -> Any:
    """Maps whose keys are all numbers are lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    if value and all(_INDEX.match(key) for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(inner) for key, inner in value.items()}


def whole(sheet: Sheet) -> Sheet:
    """The sheet with everything in it that a form shows; a box that was not ticked posts nothing."""
    parts = [_part({}) | one for one in maps_in(sheet.get("parts"))]
    for part in parts:
        part["columns"] = [_field({}) | column for column in maps_in(part["columns"])]
    return {
        **sheet_of({}),
        **sheet,
        "parts": parts,
        "evidence": [_evidence({}) | one for one in maps_in(sheet.get("evidence"))],
        "mappings": [_mapping("") | {"element": ""} | one for one in maps_in(sheet.get("mappings"))],
        "change": [_change({}) | one for one in maps_in(sheet.get("change"))],
    }


def moved(sheet: Sheet, what: str, path: str) -> None:
    """Change one row in place: ``add`` to the list at ``path``, or ``up``, ``down``, ``remove`` the row.

    A path that leads nowhere changes nothing.
    """
    steps = path.split(".")
    parent: Any = sheet
    for step in steps[:-1]:
        parent = _at(parent, step)
    if what == "add" and isinstance(parent, dict) and steps[-1] in BLANK:
        rows = parent.setdefault(steps[-1], [])
        blank = {k: list(map(dict, v)) if isinstance(v, list) else v for k, v in BLANK[steps[-1]].items()}
        if isinstance(rows, list) and len(rows) < 200:
            rows.append(blank)
    elif isinstance(parent, list) and _INDEX.match(steps[-1]) and int(steps[-1]) < len(parent):
        index = int(steps[-1])
        other = index + {"up": -1, "down": 1}.get(what, 0)
        if what == "remove":
            del parent[index]
        elif 0 <= other < len(parent):
            parent[index], parent[other] = parent[other], parent[index]


def _at(parent: Any, step: str) -> Any:
    if isinstance(parent, list):
        return parent[int(step)] if _INDEX.match(step) and int(step) < len(parent) else None
    return parent.get(step) if isinstance(parent, dict) else None
