"""The answers as VSME datapoints, for a report of one's own.

A point of the standard is the whole company's. What only answers of one site of several give names the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.csv_file import csv_file
from assessments.questionnaire.asking.applicability import rows_of
from assessments.questionnaire.formats.vsme import (
    UNITS,
    CellAt,
    Datapoint,
    Mapped,
    cell_at,
    coverage,
    datapoints,
    mapped,
    maps,
    value_at,
)
from assessments.questionnaire.model import Level, PartKind, UnknownQuestion
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import SAID
from assessments.values.numbers import plain

COLUMNS = ("concept", "member", "row", "module", "paragraph", "label", "value", "unit", "scope", "answers")


@dataclass(frozen=True)
class Given:
    """One datapoint out of the answers. ``scope`` is "company", or the site that it is of alone."""

    point: Datapoint
    member: str
    row: str
    value: str
    unit: str
    scope: str
    answers: tuple[str, ...]

    def as_row(self) -> dict[str, str]:
        """The point as a line of a table, by the names in ``COLUMNS``."""
        return {
            "concept": f"vsme:{self.point.concept}", "member": self.member, "row": self.row,
            "module": self.point.module, "paragraph": self.point.paragraph, "label": self.point.label,
            "value": self.value, "unit": self.unit, "scope": self.scope, "answers": " ".join(self.answers),
        }  # fmt: skip


def given_points(sheet: AnswerSheet) -> list[Given]:
    """The datapoints that the answers of this assessment give, in the order of the map."""
    if not maps(sheet.questionnaire):
        return []
    by_concept: dict[str, Datapoint] = {}
    for point in datapoints():
        by_concept.setdefault(point.concept, point)
    return [one for line in mapped() for one in _given(sheet, line, by_concept[line.concept])]


def _given(sheet: AnswerSheet, line: Mapped, point: Datapoint) -> Iterator[Given]:
    reading = _Reading(sheet)
    try:
        values = list(reading.values(line))
    except UnknownQuestion:
        return
    questions = tuple(dict.fromkeys(reading.read))
    levels = {sheet.questionnaire.question(key).level for key in questions}
    alone = Level.SITE in levels and len(sheet.sites) > 1
    scope = str(sheet.site["name"]) if alone and sheet.site else "company"
    unit = UNITS.get(point.kind, "")
    if line.currency is not None:
        money = reading.text(line.currency)
        unit = f"tCO2e/{money}" if "Intensity" in line.point else money
    for row, value in values:
        yield Given(point, line.member, row, value, unit, scope, questions)


class _Reading:
    """Reads cells of the answers and remembers of which questions."""

    def __init__(self, sheet: AnswerSheet) -> None:
        self._sheet = sheet
        self.read: list[str] = []
        self._ways: Mapping[str, Callable[[Mapped], str]] = {
            "cell": self._cell,
            "whole": self._whole,
            "ratio": self._ratio,
            "share": self._share,
            "is": self._is,
            "at_least": self._at_least,
            "words": self._words,
            "constant": self._constant,
            "pair": self._pair,
        }

    def values(self, line: Mapped) -> Iterator[tuple[str, str]]:
        """(row, value) of the point; nothing where the answers do not give it."""
        if line.how == "rows":
            yield from self._rows(line.what)
            return
        if line.none_when is not None and self._holds(line.none_when):
            yield "", "0"
            return
        value = self._ways[line.how](line)
        if value:
            yield "", value

    def text(self, at: CellAt) -> str:
        """What stands at a cell, as a reader sees it."""
        value = self._at(at)
        shape = at.shape(self._sheet.questionnaire.question(at.question))
        if shape.kind is PartKind.NUMBER:
            number = value["value"] if isinstance(value, Mapping) else value
            return "" if number is None else str(number)
        if shape.kind in (PartKind.SINGLE, PartKind.YES_PARTLY_NO, PartKind.MULTIPLE) and value is not None:
            keys = value if isinstance(value, list) else [value]
            return "; ".join(shape.options.get(key, key) for key in keys)
        return "" if value is None else str(value)

    def _at(self, at: CellAt) -> Any:
        self.read.append(at.question)
        answer = self._sheet.answer(at.question)
        if not self._sheet.applicability.asks(at.question) or answer.state in SAID:
            return None
        return value_at(answer.parts, at)

    def _number(self, at: CellAt) -> Decimal | None:
        value = self._at(at)
        value = value.get("value") if isinstance(value, Mapping) else value
        return None if value is None else Decimal(value)

    def _cell(self, line: Mapped) -> str:
        assert line.cell is not None  # noqa: S101  a line of this kind has one
        text = self.text(line.cell)
        return plain(Decimal(text) / 100) if text and line.fill == "percent" else text

    def _whole(self, line: Mapped) -> str:
        return _plain(self._all(line.what))

    def _all(self, cells: Sequence[str]) -> Decimal | None:
        numbers = [self._number(cell_at(at)) for at in cells]
        return None if None in numbers else sum((n for n in numbers if n is not None), Decimal())

    def _ratio(self, line: Mapped) -> str:
        of, by = self._all(line.what["of"]), self._all(line.what["by"])
        if of is None or not by:
            return ""
        return _plain((of / by * line.what.get("times", 1)).quantize(Decimal("0.00000001")))

    def _share(self, line: Mapped) -> str:
        percent, of = self._number(cell_at(line.what["percent"])), self._number(cell_at(line.what["of"]))
        return "" if percent is None or of is None else _plain(of * percent / 100)

    def _is(self, line: Mapped) -> str:
        if self._at(cell_at(line.what["cell"])) is None:
            return ""
        return "true" if self._holds(line.what) else "false"

    def _holds(self, what: Mapping[str, Any]) -> bool:
        value = self._at(cell_at(what["cell"]))
        said = set(value) if isinstance(value, list) else {value} - {None}
        if not said or said & set(what.get("none_of", ())):
            return False
        return bool(said & set(what["any_of"])) if "any_of" in what else True

    def _at_least(self, line: Mapped) -> str:
        number = self._number(cell_at(line.what["cell"]))
        return "" if number is None else "true" if number >= line.what["number"] else "false"

    def _words(self, line: Mapped) -> str:
        value = self._at(cell_at(line.what["cell"]))
        said = value if isinstance(value, list) else [value]
        return "; ".join(line.what["as"][key] for key in said if key in line.what["as"])

    def _constant(self, line: Mapped) -> str:
        assert line.given is not None  # noqa: S101  a line of this kind names what it needs
        return str(line.what) if self._at(line.given) is not None else ""

    def _pair(self, line: Mapped) -> str:
        numbers = [self._number(cell_at(at)) for at in line.what]
        return "" if None in numbers else ", ".join(_plain(number) for number in numbers)

    def _rows(self, what: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        at = cell_at(what["part"])
        part = self._sheet.questionnaire.question(at.question).part(at.part)
        decided = self._sheet.applicability
        labels = {**part.options, **rows_of(self._sheet.questionnaire, part, decided.facts, decided.answers)}
        for number, row in enumerate(self._at(at) or (), 1):
            name = labels.get(row["row"], row["row"]) if row["row"] else str(number)
            columns = [part.column(key) for key in what["columns"]]
            cells = [
                str(row[c.key]) if c.kind is PartKind.NUMBER else _shown(row[c.key], c)
                for c in columns
                if row.get(c.key) is not None
            ]
            value = name if what.get("own") else ", ".join(cells)
            if value:
                yield name, value


def _shown(value: Any, column: Any) -> str:
    keys = value if isinstance(value, list) else [value]
    return "; ".join(column.options.get(key, str(key)) for key in keys)


def _plain(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


def points_csv(points: Sequence[Given]) -> bytes:
    """The points as CSV."""
    return csv_file(COLUMNS, (point.as_row() for point in points))


def points_json(sheet: AnswerSheet, points: Sequence[Given]) -> dict[str, Any]:
    """The points as programs read them, with what they are of and how much of the standard they cover."""
    counted = coverage()
    return {
        "taxonomy": "EFRAG VSME XBRL taxonomy 2026-05-01",
        "assessment": str(sheet.assessment_id),
        "company": sheet.organization["legal_name"],
        "questionnaire": sheet.questionnaire.slug,
        "version": sheet.questionnaire.version,
        "coverage": counted._asdict(),
        "points": [point.as_row() for point in points],
    }
