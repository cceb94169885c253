"""A filled-in VSME template and the answers: what it gives the empty ones of them.

A point of the standard is the whole company's. Answers of a site are the company's only where it has one
site: elsewhere a template fills none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from assessments.answer_files.compared import FileRefused, Unread
from assessments.questionnaire.formats.draft import DraftRefused
from assessments.questionnaire.formats.vsme import (
    CellAt,
    Mapped,
    TemplateCell,
    mapped,
    maps,
    read_template,
    value_at,
)
from assessments.questionnaire.formats.workbook_reading import Spot
from assessments.questionnaire.model import Level, PartKind, UnknownQuestion
from assessments.sentences import N_, Sentence
from assessments.sheet.answering import Offered
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import SAID, is_blank
from assessments.values.numbers import plain

_FACTORS = {"kg": "0.001", "t": "1", "ha": "1", "m2": "0.0001", "sqm": "0.0001", "m3": "1", "mwh": "1"}
"""What a figure in a unit of the template is multiplied by, to be in ours."""


class Prefill(NamedTuple):
    """What a template would fill: an offer for each question, and what it says that cannot be taken."""

    offers: Mapping[str, Offered]
    unread: tuple[tuple[Unread, Spot], ...]


def read_vsme(sheet: AnswerSheet, raw: bytes) -> Prefill:
    """Read what EFRAG's template, filled in, gives the empty parts of the answers; nothing is saved.

    Raises FileRefused with one sentence for a file that is no such template, or a questionnaire that is not
    mapped.
    """
    if not maps(sheet.questionnaire):
        raise FileRefused("This questionnaire is not mapped to VSME.", "Answer on the page.")
    try:
        cells = read_template(raw)
    except DraftRefused as refused:
        raise FileRefused(str(refused), "Nothing was changed.") from refused
    filling = _Filling(sheet, cells)
    for line in mapped():
        if line.fill is not None and line.cell is not None and line.point in cells:
            filling.take(line, line.cell)
    return Prefill(filling.offers(), tuple(filling.unread))


class _Filling:
    """The offers while a template is read."""

    def __init__(self, sheet: AnswerSheet, cells: Mapping[str, TemplateCell]) -> None:
        self._sheet, self._cells = sheet, cells
        self._parts: dict[str, dict[str, Any]] = {}
        self.unread: list[tuple[Unread, Spot]] = []
        ends = cells.get("template_reporting_period_enddate")
        self._year = int(ends.text[:4]) if ends and ends.text[:4].isdecimal() else None

    def offers(self) -> dict[str, Offered]:
        """An offer for each question of which a part would be filled."""
        offers = {}
        for key, parts in self._parts.items():
            answer = self._sheet.answer(key)
            offers[key] = Offered(parts, answer.revision, note=answer.note)
        return offers

    def take(self, line: Mapped, at: CellAt) -> None:
        """Fill one cell, if it is empty and the template's value is the same thing."""
        cell = self._cells[line.point]
        try:
            question = self._sheet.questionnaire.question(at.question)
            shape = at.shape(question)
        except UnknownQuestion:
            return
        answer = self._sheet.answer(at.question)
        if not self._sheet.applicability.asks(at.question) or answer.state in SAID:
            return
        parts = self._parts.get(at.question, dict(answer.parts))
        if not is_blank(value_at(parts, at)):
            return
        refused = self._refused(line, question.level)
        if refused is not None:
            self.unread.append((Unread(at.question, str(at), refused), cell.spot))
            return
        value: Any = self._value(line, shape, cell)
        if value is None:
            wrong = N_("“%(value)s” cannot be taken over for this answer.", value=cell.text[:60])
            self.unread.append((Unread(at.question, str(at), wrong), cell.spot))
            return
        if shape.kind is PartKind.NUMBER and at.row is None and not shape.plain:
            value = {"value": value, "year": self._year, "basis": None}
        self._parts[at.question] = with_value(parts, at, value)
        if line.currency is not None and "template_currency" in self._cells:
            kept = self._parts[at.question]
            if is_blank(value_at(kept, line.currency)):
                currency = self._cells["template_currency"].text[:3]
                self._parts[at.question] = with_value(kept, line.currency, currency)

    def _refused(self, line: Mapped, level: Level) -> Sentence | None:
        if level is Level.SITE and len(self._sheet.sites) > 1:
            return N_("It is the whole company's figure; this answer is of one site of several.")
        for name, words in line.only_if.items():
            said = self._cells.get(name)
            if said is not None and said.text not in words:
                return N_("It is counted in another way: %(how)s.", how=said.text[:80])
        return None

    def _value(self, line: Mapped, shape: Any, cell: TemplateCell) -> str | None:
        if isinstance(line.fill, Mapping):
            return next(
                (key for word, key in line.fill.items() if word.casefold() == cell.text.casefold()), None
            )
        if line.fill == "choice":
            found = [key for key, label in shape.options.items() if label.casefold() == cell.text.casefold()]
            return found[0] if found else None
        if line.fill == "text":
            return cell.text
        try:
            number = Decimal(cell.text)
        except InvalidOperation:
            return None
        if line.fill == "percent":
            return plain((number * 100).quantize(Decimal("0.01")).normalize())
        unit = self._cells.get(f"{line.point}_unit")
        factor = _FACTORS.get(_unit(unit.text)) if unit else "1"
        return plain((number * Decimal(factor)).normalize()) if factor else None


def _unit(text: str) -> str:
    """ "kilograms (kg)" as "kg"."""
    inside = text.rpartition("(")[2].rstrip(") ") if "(" in text else text
    return inside.strip().casefold().replace("²", "2").replace("³", "3")


def with_value(parts: Mapping[str, Any], at: CellAt, value: Any) -> dict[str, Any]:
    """The parts with that value at the cell."""
    if at.row is None:
        return {**parts, at.part: value}
    rows = [dict(row) for row in parts.get(at.part) or ()]
    row = next((row for row in rows if row["row"] == at.row), None)
    if row is None:
        row = {"row": at.row}
        rows.append(row)
    row[str(at.column)] = value
    return {**parts, at.part: rows}
