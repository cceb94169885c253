"""Our own answer workbook, written: a cover, one sheet for each section, drop-downs, no macros.

Everything but the answer cells is locked, without a password: it keeps a slip of the hand from damage and
nobody from their own text. Lists of choices stand on a hidden sheet, since a drop-down holds few by itself.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import xlsxwriter

from assessments.questionnaire.formats.draft import clean
from assessments.questionnaire.formats.workbook_layout import (
    FIRST,
    REVISION,
    TICK,
    CellKind,
    Line,
    Role,
    Slot,
    is_day,
)
from assessments.sentences import ENGLISH, N_, Sentence, Texts

FORMAT: Final = "plumbline.workbook.1"
"""What the cover says the file is; the reader takes nothing else."""
COVER, LISTS = "Start", "Lists"
_MOST_TOGETHER: Final = 100
CODE_COLUMN: Final = 3
"""The hidden column of the cover that names each of its facts for the reader."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_INK, _MUTED, _LINE, _PAPER = "#1f2a2e", "#5b6770", "#b9c3c4", "#fbfaf6"
_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_ALLOWED: Final = {"format_columns": True, "format_rows": True, "select_locked_cells": True}


@dataclass(frozen=True)
class Cover:
    """What the first sheet says: of what, for whom, of which version."""

    assessment: str
    company: str
    site: str
    round: str
    questionnaire: str
    version: str
    digest: str
    language: str
    made_at: datetime
    questions: int
    sections: Sequence[str]


@dataclass(frozen=True)
class SectionSheet:
    """One section: its key, title and lines."""

    key: str
    title: str
    lines: Sequence[Line]


def write_workbook(cover: Cover, sections: Sequence[SectionSheet], texts: Texts = ENGLISH) -> bytes:
    """The workbook as .xlsx; the same input gives the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        made = cover.made_at.replace(tzinfo=None)  # the library knows no zones
        book.set_properties({"title": f"{cover.questionnaire} {cover.version}", "created": made})
        book.set_calc_mode("auto")
        drawing = _Drawing(book, texts)
        drawing.cover(cover)
        for section in sections:
            drawing.section(section)
        drawing.lists()
    return buffer.getvalue()


class _Drawing:
    """The workbook while it is drawn: its cell formats, and the lists that its drop-downs need."""

    def __init__(self, book: Any, texts: Texts) -> None:
        self._book, self._texts = book, texts
        self._lists: dict[tuple[tuple[str, str], ...], int] = {}
        self._chosen: dict[str, list[tuple[int, int]]] = {}
        self._known: dict[int, tuple[Mapping[str, str], tuple[tuple[str, str], ...]]] = {}
        base = {"text_wrap": True, "valign": "top", "font_color": _INK}
        cell = {**base, "locked": False, "border": 1, "border_color": _LINE, "bg_color": _PAPER}
        self._as: dict[str, Any] = {
            name: book.add_format(look)
            for name, look in {
                "plain": base,
                "key": {**base, "font_size": 8, "font_color": _MUTED},
                "muted": {**base, "font_size": 9, "font_color": _MUTED},
                "strong": {**base, "bold": True},
                "title": {**base, "bold": True, "font_size": 16, "text_wrap": False},
                "topic": {**base, "bold": True, "font_size": 13, "text_wrap": False, "bottom": 1},
                "head": {**base, "bold": True, "bottom": 1, "bottom_color": _LINE},
                "question": {**base, "bold": True, "top": 1, "top_color": _LINE},
                "helped": {**base, "font_size": 9, "font_color": _MUTED, "top": 1, "top_color": _LINE},
                "small": {**base, "font_size": 9, "bold": True},
                CellKind.TEXT: {**cell, "num_format": "@"},
                CellKind.NUMBER: {**cell, "align": "right"},
                CellKind.DATE: {**cell, "num_format": "yyyy-mm-dd", "align": "left"},
                CellKind.CHOICE: {**cell, "num_format": "@"},
                CellKind.SEVERAL: {**cell, "num_format": "@"},
                CellKind.TICK: {**cell, "num_format": "@", "align": "center"},
            }.items()
        }

    def cover(self, cover: Cover) -> None:
        """The first sheet: what this is, how it is filled in, and what it was made from."""
        sheet = self._sheet(COVER, (26, 60, 4, 4))
        sheet.set_column(CODE_COLUMN, CODE_COLUMN, None, None, {"hidden": True})
        sheet.write_string(0, 0, self._text(N_("Answers to fill in offline")), self._as["title"])
        row = 2
        for code, label, value in (
            ("format", N_("File"), FORMAT),
            ("company", N_("Company"), cover.company),
            ("site", N_("Site"), cover.site),
            ("round", N_("Round"), cover.round),
            ("questionnaire", N_("Questionnaire"), cover.questionnaire),
            ("version", N_("Version"), cover.version),
            ("digest", N_("Digest of the version (SHA-256)"), cover.digest),
            ("assessment", N_("Assessment"), cover.assessment),
            ("language", N_("Language"), cover.language),
            ("sections", N_("Sections"), ", ".join(cover.sections)),
            ("questions", N_("Questions in this file"), str(cover.questions)),
            ("made_at", N_("Downloaded"), f"{cover.made_at:%Y-%m-%dT%H:%M:%SZ}"),
        ):
            sheet.write_string(row, 0, self._text(label), self._as["muted"])
            sheet.write_string(row, 1, clean(value), self._as["plain"])
            sheet.write_string(row, CODE_COLUMN, code, self._as["key"])
            row += 1
        row += 1
        sheet.write_string(row, 0, self._text(N_("How to fill it in")), self._as["strong"])
        for sentence in self._how():
            row += 1
            sheet.write_string(row, 1, self._text(sentence), self._as["plain"])

    @staticmethod
    def _how() -> Sequence[Sentence]:
        return (
            N_("Fill in the light cells with a border. Everything else is locked, so that nothing is lost by a slip of the hand."),  # noqa: E501
            N_("What stands now is filled in already. Leave it as it is, or write over it."),
            N_("Where a cell offers a list, choose from it. Mark each choice that holds with an x."),
            N_("If you cannot answer, choose “Not known yet”, “Does not apply” (with the reason) or “Prefer not to share” under the question."),  # noqa: E501
            N_("Where the help begins with a condition (“Only if …”), leave the part empty unless it holds."),
            N_("Documents are uploaded on the page of the question, not here."),
            N_("Your answers can open further questions. You find those on the page, or in a new download."),
            N_("Save the file as .xlsx and upload it on the page “Fill in offline”. You see each change before it counts."),  # noqa: E501
        )  # fmt: skip

    def section(self, section: SectionSheet) -> None:
        """One sheet for a section."""
        name = _NOT_IN_NAMES.sub(" ", f"{section.key} {section.title}")[:31].strip()
        sheet = self._sheet(name, (13, 40, 34, 24, 13, 13, 13, 13, 13, 13, 10))
        sheet.set_column(REVISION, REVISION, None, None, {"hidden": True})
        sheet.freeze_panes(1, 2)
        sheet.repeat_rows(0)
        heads = (
            N_("Key"), N_("Question"), N_("Help"), N_("Answer"), N_("Year of the figure"), N_("How found"),
        )  # fmt: skip
        for column, head in enumerate(heads):
            sheet.write_string(0, column, self._text(head), self._as["head"])
        for row, line in enumerate(section.lines, 1):
            self._line(sheet, row, line)
        self._choose(sheet)
        sheet.print_area(0, 1, max(len(section.lines), 1), REVISION - 1)

    def _line(self, sheet: Any, row: int, line: Line) -> None:
        look = {Role.QUESTION: "question", Role.TABLE: "small", Role.TOPIC: "topic"}.get(line.role, "plain")
        if line.role is Role.TICK or line.role is Role.SAID:
            look = "muted"
        if line.address:
            sheet.write_string(row, 0, line.address, self._as["key"])
        sheet.write_string(row, 1, clean(line.text), self._as[look])
        if line.help:
            helped = "helped" if line.role is Role.QUESTION else "muted"
            sheet.write_string(row, 2, clean(line.help), self._as[helped])
        if line.role is Role.TABLE:
            for column, head in enumerate(line.headings, FIRST):
                sheet.write_string(row, column, clean(head), self._as["small"])
        for column, (slot, value) in enumerate(zip(line.slots, line.values, strict=True), FIRST):
            self._cell(sheet, row, column, slot, value)
        if line.revision:
            sheet.write_string(row, REVISION, line.revision, self._as["key"])

    def _cell(self, sheet: Any, row: int, column: int, slot: Slot, value: str) -> None:
        look = self._as[slot.kind]
        if not value:
            sheet.write_blank(row, column, None, look)
        elif slot.kind is CellKind.NUMBER and _exact(value):
            sheet.write_number(row, column, float(value), look)
        elif slot.kind is CellKind.DATE and is_day(value):
            sheet.write_datetime(row, column, date.fromisoformat(value), look)
        else:
            sheet.write_string(row, column, self._label(slot, value), look)
        if slot.kind is CellKind.CHOICE:
            self._chosen.setdefault(f"={self._list(slot.options)}", []).append((row, column))
        elif slot.kind is CellKind.TICK:
            self._chosen.setdefault(TICK, []).append((row, column))

    def _label(self, slot: Slot, value: str) -> str:
        """A choice in the words of this workbook; two that read alike bear their keys."""
        if slot.kind is not CellKind.CHOICE:
            return value
        key = next((key for key, label in slot.options.items() if label == value), None)
        return dict(self._worded(slot.options)).get(key or "", value)

    def _worded(self, options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Key and label in the words of this workbook, worked out once for each list."""
        known = self._known.get(id(options))
        if known is None:
            # The list is held so that its id is not given to another.
            known = self._known[id(options)] = options, self._in_words(options)
        return known[1]

    def _in_words(self, options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        worded = [(key, clean(self._text(label))) for key, label in options.items()]
        seen = [label.casefold() for _key, label in worded]
        return tuple(
            (key, f"{label} ({key})" if seen.count(label.casefold()) > 1 else label) for key, label in worded
        )

    def _choose(self, sheet: Any) -> None:
        """Give the cells noted so far their drop-downs, those of one list together."""
        title, message = self._text(N_("Not in the list")), self._text(N_("Choose from the list."))
        for source, cells in self._chosen.items():
            for start in range(0, len(cells), _MOST_TOGETHER):
                (row, column), *others = cells[start : start + _MOST_TOGETHER]
                sheet.data_validation(
                    row, column, row, column,
                    {
                        "validate": "list", "source": [TICK] if source == TICK else source,
                        "error_title": title[:32], "error_message": message[:255],
                        "other_cells": [[r, c, r, c] for r, c in others],
                    },
                )  # fmt: skip
        self._chosen.clear()

    def _list(self, options: Mapping[str, str]) -> str:
        """The cells of the hidden sheet that hold these choices."""
        worded = self._worded(options)
        place = self._lists.setdefault(worded, len(self._lists))
        letter = xlsxwriter.utility.xl_col_to_name(2 * place)
        return f"{LISTS}!${letter}$1:${letter}${len(worded)}"

    def lists(self) -> None:
        """The hidden sheet: for each list a column of labels, and beside it their keys."""
        sheet = self._book.add_worksheet(LISTS)
        for worded, place in self._lists.items():
            for row, (key, label) in enumerate(worded):
                sheet.write_string(row, 2 * place, label)
                sheet.write_string(row, 2 * place + 1, key)
        sheet.protect("", _ALLOWED)
        sheet.hide()

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.protect("", _ALLOWED)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.4, 0.4, 0.5, 0.6)
        sheet.set_footer("&L&8&A&R&8&P / &N")
        sheet.hide_gridlines(2)
        return sheet

    def _text(self, said: str) -> str:
        return said.into(self._texts) if isinstance(said, Sentence) else said


def _exact(value: str) -> bool:
    """Whether a spreadsheet's number holds the value as it is: fifteen digits and no more."""
    try:
        digits = Decimal(value).as_tuple().digits
    except InvalidOperation:
        return False
    return len(digits) <= 15 and f"{float(value):.15g}" == value
