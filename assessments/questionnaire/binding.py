"""Bound parts: the value lives in a column of the organization or the site, shown and edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.questionnaire.model import Part, PartKind, Question, Questionnaire

BINDABLE: Mapping[str, Mapping[str, PartKind]] = {
    "organization": {
        "legal_name": PartKind.SHORT_TEXT,
        "country": PartKind.SINGLE,
        "legal_form": PartKind.SHORT_TEXT,
        "employees": PartKind.NUMBER,
        "lei": PartKind.SHORT_TEXT,
        "register_number": PartKind.SHORT_TEXT,
        "vat_number": PartKind.SHORT_TEXT,
        "duns": PartKind.SHORT_TEXT,
    },
    "site": {
        "name": PartKind.SHORT_TEXT,
        "country": PartKind.SINGLE,
        "address": PartKind.LONG_TEXT,
        "latitude": PartKind.NUMBER,
        "longitude": PartKind.NUMBER,
        "tenure": PartKind.SINGLE,
        "activities": PartKind.MULTIPLE,
        "production": PartKind.SINGLE,
        "employees": PartKind.NUMBER,
        "agency_workers": PartKind.NUMBER,
        "migrant_workers": PartKind.NUMBER,
        "employer_housing": PartKind.SINGLE,
        "guards": PartKind.SINGLE,
        "near_indigenous_land": PartKind.SINGLE,
        "materials": PartKind.TABLE,
    },
}
"""The columns that a part may be bound to, and the kind the part then has. A long text may be short."""


TRUTHS = frozenset({"production", "employer_housing", "guards", "near_indigenous_land"})
_WHOLE = frozenset({"employees", "agency_workers", "migrant_workers"})


class NotBound(ValueError):
    """The part has no column behind it."""


def value_from_column(part: Part, column_value: Any) -> Any:
    """The stored form of a part's value, from what the column holds; None where it holds nothing."""
    if part.bind is None:
        raise NotBound(f"{part.key} is bound to no column")
    if column_value is None or column_value == "" or column_value == []:
        return None
    if part.bind.column in TRUTHS:
        return "yes" if column_value else "no"
    if part.kind is PartKind.NUMBER:
        number = column_value if isinstance(column_value, Decimal) else Decimal(repr(column_value))
        return {"value": _plain(number), "year": None, "basis": None}
    if part.kind is PartKind.MULTIPLE:
        return [key for key in part.options if key in column_value]
    if part.kind is PartKind.TABLE:
        return [_row(part, entry) for entry in column_value]
    return column_value


def column_from_value(part: Part, value: Any) -> Any:
    """What to write into the column for a part's stored value; the inverse of ``value_from_column``."""
    if part.bind is None:
        raise NotBound(f"{part.key} is bound to no column")
    if part.bind.column in TRUTHS:
        return None if value is None else value == "yes"
    if part.kind in (PartKind.MULTIPLE, PartKind.TABLE):
        return [_entry(row) for row in value or []] if part.kind is PartKind.TABLE else list(value or [])
    if value is None:
        return None
    if part.kind is PartKind.NUMBER:
        number = Decimal(value["value"])
        return int(number) if part.bind.column in _WHOLE else float(number)
    return value


def bound_parts(
    question: Question, organization: Mapping[str, Any], site: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The values of the question's bound parts that have one, {part key: value}."""
    records = {"organization": organization, "site": site or {}}
    found = {}
    for part in question.parts:
        if part.bind is not None:
            value = value_from_column(part, records[part.bind.record].get(part.bind.column))
            if value is not None:
                found[part.key] = value
    return found


def with_bound(
    questionnaire: Questionnaire,
    answers: Mapping[str, Mapping[str, Any]],
    organization: Mapping[str, Any],
    site: Mapping[str, Any] | None,
) -> dict[str, dict[str, Any]]:
    """The answers with the values of bound parts put in from the columns, as a snapshot holds them."""
    together = {key: dict(parts) for key, parts in answers.items()}
    for question in questionnaire.questions:
        if any(part.bind is not None for part in question.parts):
            together.setdefault(question.key, {}).update(bound_parts(question, organization, site))
    return together


def _row(part: Part, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A material of a site's column as a row of the table: the material is the row's key."""
    cells: dict[str, Any] = {"row": entry.get("material")}
    for column in part.columns:
        cell = entry.get(column.key)
        if cell is not None:
            number = column.kind is PartKind.NUMBER and not isinstance(cell, str)
            cells[column.key] = _plain(Decimal(repr(cell))) if number else cell
    return cells


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    cells = {key: cell for key, cell in row.items() if key != "row" and cell is not None}
    if "secondary_share" in cells:
        share = Decimal(cells["secondary_share"])
        cells["secondary_share"] = int(share) if share == share.to_integral_value() else float(share)
    return {"material": row.get("row"), **cells}


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
