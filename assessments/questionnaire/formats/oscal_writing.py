"""A draft as an OSCAL catalog (JSON): what it asks as controls, which we read back unchanged.

Title, guidance, rationale and choices stand where any reader of catalogs finds them; the rest of an item
(kind, conditions, further languages) is a remark on a property in our own namespace.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from assessments.questionnaire.formats.draft import (
    Draft,
    Field,
    Group,
    Item,
    Machine,
    Note,
    Repeat,
    Report,
    Table,
    Texts,
    Untranslated,
)
from assessments.questionnaire.formats.extras import extras, packed
from assessments.questionnaire.formats.oscal_reading import LOOSE, MARK, NAMESPACE, native_item
from assessments.questionnaire.vocabulary import PartKind

_VERSION: Final = "1.1.3"
_WRITTEN: Final = "2000-01-01T00:00:00Z"
"""The same draft gives the same bytes, so the catalog cannot carry the hour; its own version tells it."""

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def write_catalog(draft: Draft, report: Report) -> bytes:
    """The draft as the JSON of a catalog, UTF-8 and indented."""
    return orjson.dumps({"catalog": _Writing(draft, report).catalog()}, option=orjson.OPT_INDENT_2)


class _Writing:
    def __init__(self, draft: Draft, report: Report) -> None:
        self._draft, self._report = draft, report
        self._language = draft.languages[0]
        self._taken: set[str] = set()
        self._lists = {each.name: each for each in draft.lists}

    def catalog(self) -> dict[str, Any]:
        """The whole tree."""
        draft = self._draft
        title = _line(draft.title.get(self._language, "")) or draft.name
        more: dict[str, Any] = {
            "name": draft.name,
            "languages": list(draft.languages),
            "title": dict(draft.title),
            "version": draft.version,
            "lists": [
                {
                    "name": each.name,
                    "choices": [{"key": choice.key, "label": dict(choice.label)} for choice in each.choices],
                }
                for each in draft.lists
            ],
        }
        held = self._held(draft.items)
        seed = orjson.dumps([more, held])
        return {
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:{seed.hex()}")),
            "metadata": {
                "title": title,
                "last-modified": _WRITTEN,
                "version": _line(draft.version) or "0",
                "oscal-version": _VERSION,
                "props": [_mark("questionnaire", more)],
            },
            **held,
        }

    def _held(self, items: Sequence[Item]) -> dict[str, Any]:
        """Groups and controls: OSCAL keeps them apart, so each knows its place."""
        held: dict[str, Any] = {}
        for order, item in enumerate(items):
            key = "groups" if isinstance(item, Group | Table) else "controls"
            held.setdefault(key, []).append(self._object(item, order))
        return held

    def _apart(self, held: dict[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
        """The same with the controls in a group of their own: a group of OSCAL never holds both."""
        if len(held) < 2:
            return held
        loose = {
            "id": self._id(f"{group['id']}_controls"),
            "class": LOOSE,
            "title": group["title"],
            "props": [_mark(LOOSE, {})],
            "controls": held["controls"],
        }
        return {"groups": [*held["groups"], loose]}

    def _object(self, item: Item, order: int) -> dict[str, Any]:
        what = _what(item)
        found: dict[str, Any] = {"id": self._id(item.name), "class": what}
        label = {} if isinstance(item, Machine) else item.label
        found["title"] = _line(label.get(self._language, "")) or _line(item.name) or "-"
        if isinstance(item, Field) and item.list_name in self._lists:
            found["params"] = [self._param(found["id"], item)]
        found["parts"] = self._parts(found["id"], item)
        if not found["parts"]:
            del found["parts"]
        native = native_item(what, item.name, found, self._language)
        more: dict[str, Any] = {"order": order, **extras(item, native)}
        if found["id"] != item.name:
            more["name"] = item.name
        if isinstance(item, Field) and (item.constraint is not None or (item.low, item.high) != (None, None)):
            more["constrained"] = True
        if isinstance(item.relevant, Untranslated):
            self._report.refused("catalog", 0, item.name, f"the condition of {item.name} is kept as it is")
        found["props"] = [_mark(what, more)]
        if isinstance(item, Group):
            found |= self._apart(self._held(item.items), found)
        elif isinstance(item, Table):
            found |= self._held(item.columns)
        return found

    def _id(self, name: str) -> str:
        wanted = name if _TOKEN.match(name) else "q_" + re.sub(r"[^A-Za-z0-9_.-]+", "_", name)
        found, number = wanted, 1
        while found in self._taken:
            number += 1
            found = f"{wanted}_{number}"
        self._taken.add(found)
        return found

    def _param(self, about: str, field: Field) -> dict[str, Any]:
        choices = self._lists[field.list_name or ""].choices
        said = [_line(choice.label.get(self._language, "")) or choice.key for choice in choices]
        many = field.kind is PartKind.MULTIPLE
        select = {"how-many": "one-or-more" if many else "one", "choice": said}
        return {"id": self._id(f"{about}_prm"), "label": "answer", "select": select}

    def _parts(self, about: str, item: Item) -> list[dict[str, Any]]:
        if isinstance(item, Machine):
            return []
        found = []
        texts: list[tuple[str, Texts]] = [("guidance", item.hint)]
        if not isinstance(item, Note):
            texts.append(("rationale", item.guidance))
        if isinstance(item, Field | Note):
            texts.insert(0, ("statement", item.label))
        for name, text in texts:
            if said := text.get(self._language, ""):
                found.append({"id": self._id(f"{about}_{name}"), "name": name, "prose": said})
        return found


def _what(item: Item) -> str:
    words: Mapping[type[Any], str] = {
        Field: "field",
        Note: "note",
        Machine: "machine",
        Table: "table",
        Repeat: "repeat",
        Group: "group",
    }
    return words[type(item)]


def _mark(what: str, more: Mapping[str, Any]) -> dict[str, str]:
    return {"name": MARK, "ns": NAMESPACE, "value": what, "remarks": packed(more)}


def _line(text: str) -> str:
    return " ".join(text.split())
