"""What a format has no place for travels beside what it has: attributes of an item as JSON.

Each format keeps natively what it can, so that others read it, and puts the rest into one cell, property or
remark of ours. Where the native form may say the same in another way, the extras hold our value and the text
that stood for it when it was written (``as``): whoever edits the text wins over the extras.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, Final, TypeVar

import orjson

from assessments.questionnaire.formats.draft import (
    Choice,
    Condition,
    Dialect,
    Field,
    Item,
    Untranslated,
    clean,
)
from assessments.questionnaire.formats.trees import as_list, as_map, too_deep
from assessments.questionnaire.rules import BadRule, as_number, parse, to_data
from assessments.questionnaire.vocabulary import PartKind

INSIDE: Final = frozenset({"items", "columns"})
SomeItem = TypeVar("SomeItem", bound=Item)


def extras(item: SomeItem, native: SomeItem) -> dict[str, Any]:
    """The attributes in which ``item`` differs from ``native``, what the format by itself would give back."""
    return {
        each.name: encoded(getattr(item, each.name))
        for each in fields(item)
        if each.name not in INSIDE and getattr(item, each.name) != getattr(native, each.name)
    }


def encoded(value: Any) -> Any:
    """A value of an item as JSON data."""
    if value is None or isinstance(value, str | bool):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Untranslated):
        return {"dialect": value.dialect.value, "text": value.text}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [{"key": v.key, "label": dict(v.label)} if isinstance(v, Choice) else v for v in value]
    return {"rule": to_data(value)}


def restored(item: SomeItem, found: Mapping[str, Any]) -> SomeItem:
    """The item with those attributes; what does not fit (somebody wrote it by hand) is left as it was."""
    known = {each.name for each in fields(item)} - INSIDE
    values: dict[str, Any] = {}
    for name in known & found.keys():
        try:
            values[name] = _decoded(name, found[name])
        except (ValueError, TypeError, KeyError, BadRule):
            continue
    if isinstance(item, Field) and "kind" in values:
        listed = values.get("list_name", item.list_name) is not None
        if values["kind"] is not None and takes_list(values["kind"]) != listed:
            del values["kind"]  # a kind with choices needs a list, and the others have none
    return replace(item, **values)


def takes_list(kind: PartKind | None) -> bool:
    """Whether fields of that kind have choices."""
    return kind in (PartKind.SINGLE, PartKind.MULTIPLE, PartKind.YES_PARTLY_NO)


def condition_from(data: Any) -> Condition:
    """The condition of ``encoded``; ValueError when it is none."""
    found = as_map(data)
    if "rule" in found:
        return parse(found["rule"])
    return _untranslated(found)


def _untranslated(data: Any) -> Untranslated:
    return Untranslated(Dialect(data["dialect"]), clean(_text(data["text"])))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def texts_from(data: Any) -> dict[str, str]:
    """Texts by language, those that are none left out."""
    found = {clean(k): clean(v) for k, v in as_map(data).items() if isinstance(v, str)}
    return {language: text for language, text in found.items() if language and text}


def _decoded(name: str, data: Any) -> Any:
    if name in ("label", "hint", "guidance", "constraint_message"):
        return texts_from(data)
    if name == "kind":
        return None if data is None else PartKind(data)
    if name in ("low", "high"):
        number = None if data is None else as_number(_text(data))
        if data is not None and number is None:
            raise ValueError(data)
        return number
    if name in ("other", "whole"):
        return data is True
    if name == "alone":
        return tuple(_text(each) for each in as_list(data))
    if name == "rows":
        return tuple(Choice(clean(_text(row["key"])), texts_from(row["label"])) for row in as_list(data))
    if name == "relevant":
        return condition_from(data)
    if name in ("constraint", "count", "calculation"):
        return _untranslated(data)
    return None if data is None else clean(_text(data))


def packed(found: Mapping[str, Any]) -> str:
    """The extras as one short text; "" when there are none. Nothing in it reads as a quote of a field."""
    return orjson.dumps(found).decode().replace("${", "\\u0024{") if found else ""


def unpacked(text: str) -> dict[str, Any]:
    """The extras of a text; {} when it holds none of ours."""
    if not text.startswith("{"):
        return {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return {} if too_deep(found) else as_map(found)
