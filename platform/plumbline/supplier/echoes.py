"""What a save or a refusal says of the fields: how a number was read, what each fault is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assessments.questionnaire.model import Column, Part, PartKind, Question
from assessments.values.numbers import spaced
from plumbline.translated import in_language

MOST_TOLD = 4


def read_as(question: Question, typed: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """The numbers that were read otherwise than typed ("18.400,5" as "18 400.5 m3"), four at most."""
    found: list[str] = []
    for part in question.parts:
        for shape, raw, value in _numbers(part, typed.get(part.key), stored.get(part.key)):
            if value and raw.strip() != value:
                unit = f" {shape.unit}" if shape.unit and shape.unit not in {"year", "percent"} else ""
                found.append(f"{spaced(value)}{' %' if shape.unit == 'percent' else unit}")
    return found[:MOST_TOLD]


def named(question: Question, faults: Mapping[str, str]) -> list[tuple[str, str]]:
    """Faults of an answer as (place, sentence with the question's key and the field's name)."""
    return [(place, _named(question, place, said)) for place, said in faults.items()]


def _named(question: Question, place: str, said: str) -> str:
    for part in question.parts:
        name = f"{question.key}.{part.key}"
        if len(question.parts) > 1 and (place == name or place.startswith(f"{name}.")):
            return f"{question.key}, {part.label}: {in_language(said)}"
    return f"{question.key}: {in_language(said)}"


def _numbers(part: Part, raw: Any, value: Any) -> Iterator[tuple[Part | Column, str, str]]:
    """(shape, as typed, as stored) of a number, or of each number of a table whose rows still match."""
    if part.kind is PartKind.NUMBER:
        yield part, _text(raw), _text(value)
    elif part.kind is PartKind.TABLE and isinstance(raw, list) and isinstance(value, list):
        rows = [row for row in raw if isinstance(row, Mapping)]
        columns = [column for column in part.columns if column.kind is PartKind.NUMBER]
        for stored in value:
            key = stored.get("row")
            typed = next((row for row in rows if row.get("row") == key), None) if key else None
            if typed is None:
                continue
            for column in columns:
                yield column, _text(typed.get(column.key)), _text(stored.get(column.key))


def _text(value: Any) -> str:
    found = value.get("value") if isinstance(value, Mapping) else value
    return "" if found is None else str(found)
