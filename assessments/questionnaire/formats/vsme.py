"""The datapoints of the VSME standard, and which answers of ours give them (see data/README.md)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import yaml

from assessments.questionnaire.formats.draft import DraftRefused
from assessments.questionnaire.formats.sheets import column_letters
from assessments.questionnaire.formats.workbook_reading import Spot
from assessments.questionnaire.formats.workbook_xml import defined_names, read_workbook
from assessments.questionnaire.model import Field, Question, Questionnaire

_FEWEST_NAMES: Final = 5
"""Names of datapoints that a workbook must have to be taken for EFRAG's template."""
UNITS: Final[Mapping[str, str]] = {
    "energyItemType": "MWh",
    "ghgEmissionsItemType": "tCO2e",
    "massItemType": "t",
    "areaItemType": "ha",
    "volumeItemType": "m3",
    "percentItemType": "fraction",
}
"""The unit in which a point of a type is given, as the template has it."""


@dataclass(frozen=True)
class Datapoint:
    """A point of the standard. ``concept`` without its prefix; ``module`` such as B3, "" for general ones."""

    concept: str
    module: str
    paragraph: str
    kind: str
    label: str


@dataclass(frozen=True)
class CellAt:
    """Where a value stands in an answer: a part, or a cell of a table."""

    question: str
    part: str
    row: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        return ".".join(filter(None, (self.question, self.part, self.row, self.column)))

    def shape(self, question: Question) -> Field:
        """The part or column; UnknownQuestion where there is none."""
        part = question.part(self.part)
        return part.column(self.column) if self.column else part


@dataclass(frozen=True)
class Mapped:
    """One line of the map. ``how``: its kind, and ``what`` that takes; ``fill``: how it comes back."""

    point: str
    how: str
    what: Any
    cell: CellAt | None = None
    fill: Any = None
    only_if: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    currency: CellAt | None = None
    given: CellAt | None = None
    none_when: Mapping[str, Any] | None = None

    @property
    def concept(self) -> str:
        """The concept, without the member that it is broken down by."""
        return self.point.partition("_")[0]

    @property
    def member(self) -> str:
        """What the concept is broken down by, "" for the whole."""
        return self.point.partition("_")[2]


_WAYS: Final = (
    "sum",
    "whole",
    "ratio",
    "share",
    "is",
    "at_least",
    "words",
    "rows",
    "constant",
    "pair",
    "cell",
)


@cache
def datapoints() -> tuple[Datapoint, ...]:
    """Every point of the standard, in its order; a few concepts stand there twice, in two disclosures."""
    text = (files("assessments.questionnaire.formats") / "data/vsme_datapoints.csv").read_text("utf-8")
    return tuple(
        Datapoint(
            concept=row["concept"].removeprefix("vsme:"),
            module=row["number"],
            paragraph=row["paragraph"],
            kind=row["data_type"],
            label=row["label_en"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def mapped() -> tuple[Mapped, ...]:
    """The lines of the map in their order."""
    text = (files("assessments.questionnaire.formats") / "data/vsme_map.yaml").read_text("utf-8")
    return tuple(_mapped(line) for line in yaml.safe_load(text)["points"])


def _mapped(line: Mapping[str, Any]) -> Mapped:
    how = next(way for way in _WAYS if way in line)
    return Mapped(
        point=line["point"],
        how=how,
        what=line[how],
        cell=cell_at(line["cell"]) if "cell" in line else None,
        fill=line.get("fill"),
        only_if={name: tuple(words) for name, words in line.get("only_if", {}).items()},
        currency=cell_at(line["currency"]) if "currency" in line else None,
        given=cell_at(line["given"]) if "given" in line else None,
        none_when=line.get("none_when"),
    )


def cell_at(text: str) -> CellAt:
    """``ENV-05.total`` or ``ENV-06.split.fuels.other``."""
    question, part, *rest = text.split(".")
    return CellAt(question, part, *rest)


def maps(questionnaire: Questionnaire) -> bool:
    """Whether the map is of this questionnaire."""
    return questionnaire.slug == "standard"


class Coverage(NamedTuple):
    """How many of the standard's points the questionnaire gives, and how many a template can fill."""

    points: int
    given: int
    filled: int


def coverage() -> Coverage:
    """Count the concepts of the standard, those that the map gives, and those that a template fills."""
    known = {point.concept for point in datapoints()}
    given = {line.concept for line in mapped()}
    return Coverage(len(known), len(given), len({line.concept for line in mapped() if line.fill is not None}))


def value_at(parts: Mapping[str, Any], at: CellAt) -> Any:
    """What stands at a cell of an answer's parts; None for nothing."""
    value = parts.get(at.part)
    if at.row is None:
        return value
    row = next((row for row in value or () if row["row"] == at.row), None)
    return row.get(at.column) if row else None


@dataclass(frozen=True)
class TemplateCell:
    """What stands under a name of the template."""

    text: str
    spot: Spot


def read_template(raw: bytes) -> Mapping[str, TemplateCell]:
    """What a filled-in template says under each name that it gives to one cell; empty cells are left out.

    Of names for several cells the first that holds something counts. Raises DraftRefused with one sentence
    for a file that is no template.
    """
    names = defined_names(raw)
    known = {point.concept for point in datapoints()}
    if sum(name.partition("_")[0] in known for name in names) < _FEWEST_NAMES:
        raise DraftRefused(
            "This is not EFRAG's VSME template: its cells do not have the names of the datapoints."
        )
    wanted = {sheet for sheet, _cells in names.values()}
    book = read_workbook(raw, wanted.__contains__)
    rows = {name: {row.number: row.cells for row in sheet.rows} for name, sheet in book.sheets.items()}
    found: dict[str, TemplateCell] = {}
    for name, (sheet, cells) in names.items():
        for row, column in _within(cells):
            text = rows.get(sheet, {}).get(row, {}).get(column, "")
            if text:
                found[name] = TemplateCell(text, Spot(sheet, row, column_letters(column)))
                break
    return found


def _within(cells: str) -> list[tuple[int, int]]:
    """The first cells of a range, row by row; a name of the template spans few."""
    first, _, last = cells.replace("$", "").partition(":")
    top, left = _place(first)
    bottom, right = _place(last) if last else (top, left)
    return [
        (row, column)
        for row in range(top, min(bottom, top + 200) + 1)
        for column in range(left, min(right, left + 20) + 1)
    ]


def _place(cell: str) -> tuple[int, int]:
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(cell[len(letters) :]), column - 1
