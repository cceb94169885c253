"""The company's and a site's particulars as a form: the questionnaire's own bound parts, drawn and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assessments.questionnaire.model import Part, PartKind, Question, Questionnaire
from assessments.sheet.profile import BoundField, bound_fields
from assessments.values.answers import CODECS, is_blank
from plumbline.forms import Form
from plumbline.supplier.cards import PartCard
from plumbline.translated import in_language


@dataclass(frozen=True)
class ProfileField:
    """One column as drawn. ``part`` is the questionnaire's, made fit to stand outside a question."""

    name: str
    column: str
    part: Part
    value: Any


@dataclass(frozen=True)
class ProfileGroup:
    """The columns that one question of the questionnaire asks for, under its text."""

    question: Question
    fields: tuple[ProfileField, ...]


def groups_of(
    questionnaire: Questionnaire, record: str, values: Mapping[str, Any], *, more_rows: str = ""
) -> list[ProfileGroup]:
    """The form of ``organization`` or ``site`` with these values by column, stored or as typed."""
    groups: dict[str, list[ProfileField]] = {}
    for field in bound_fields(questionnaire, record):
        groups.setdefault(field.question.key, []).append(_drawn(record, field, values, more_rows))
    return [ProfileGroup(questionnaire.question(key), tuple(fields)) for key, fields in groups.items()]


def posted_columns(questionnaire: Questionnaire, record: str, form: Form) -> dict[str, Any]:
    """What was typed, {column: raw value or None}, for every column of the form."""
    return {
        field.column: CODECS[field.part.kind].from_form(form.getlist, field.part, f"{record}.{field.column}")
        for field in bound_fields(questionnaire, record)
    }


def shown_fields(groups: list[ProfileGroup]) -> Iterator[ProfileField]:
    """Every field of the groups in order."""
    for group in groups:
        yield from group.fields


def named_faults(groups: list[ProfileGroup], faults: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong as (place, sentence with the field's name), for the summary over the form."""
    labels = [(field.name, field.part.label) for field in shown_fields(groups)]
    return [
        (place, next((f"{label}: {told}" for name, label in labels if is_at(place, name)), told))
        for place, told in ((place, in_language(said)) for place, said in faults.items())
    ]


def is_at(place: str, name: str) -> bool:
    """Whether a place names the field or a cell of it."""
    return place == name or place.startswith(f"{name}.")


def _drawn(record: str, field: BoundField, values: Mapping[str, Any], more_rows: str) -> ProfileField:
    name, part, value = f"{record}.{field.column}", field.part, values.get(field.column)
    if part.kind is PartKind.TABLE:
        rows = [row for row in value or [] if any(not is_blank(cell) for cell in row.values())]
        value = [*rows, {}] if more_rows == name else rows
    card = PartCard(part, value, {})
    return ProfileField(name, field.column, replace(card.drawn, commercial=False), card.typed)
