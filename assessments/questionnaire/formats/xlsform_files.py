"""The files of an XLSForm: which sheets of a workbook or which text files are its parts, and writing them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import xlsxwriter

from assessments.questionnaire.formats.draft import DraftRefused, Report
from assessments.questionnaire.formats.sheets import Row, Sheet, read_csv
from assessments.questionnaire.formats.workbook_xml import read_workbook
from assessments.questionnaire.formats.xlsform_reading import Sheets

_ROLES: Final = ("survey", "choices", "settings")


def role_of(name: str) -> str:
    """Which part of a form a sheet of that name is; "" for none."""
    word = name.strip().casefold()
    return {"choice": "choices", "choices and columns": "choices", "setting": "settings"}.get(
        word, word if word in _ROLES else ""
    )


def has_survey(raw: bytes) -> bool:
    """Whether the workbook is a form by its sheets. Raises DraftRefused."""
    names = read_workbook(raw, lambda _name: False).names
    return any(role_of(name) == "survey" for name in names) or _only_sheet(raw, names) is not None


def _only_sheet(raw: bytes, names: tuple[str, ...]) -> Sheet | None:
    """The one sheet of the workbook where its headers are those of a survey, whatever it is called."""
    if len(names) != 1 or role_of(names[0]):
        return None
    sheet = read_workbook(raw, lambda _name: True).sheets.get(names[0])
    if sheet is None or not sheet.rows:
        return None
    words = {cell.strip().casefold() for cell in sheet.rows[0].cells.values()}
    shown = any(word == "label" or word.startswith("label:") for word in words)
    return sheet if shown and {"type", "name"} <= words else None


def is_form_header(row: Row | None) -> bool:
    """Whether the first row of a text file is that of a form: it names types and names, or a sheet."""
    if row is None:
        return False
    words = {cell.strip().casefold() for cell in row.cells.values()}
    other = words & {"list_name", "list name", "form_title", "form_id"}
    return bool({"type", "name"} <= words or other or role_of(row.cells.get(0, "")))


def sheets_of_workbook(raw: bytes) -> Sheets | None:
    """The sheets of the form in a workbook; None when there is no sheet survey. Raises DraftRefused."""
    book = read_workbook(raw, lambda name: bool(role_of(name)))
    found: dict[str, Sheet] = {}
    others = []
    for name in book.names:
        role = role_of(name)
        if not role:
            others.append(name)
        elif role in found:
            raise DraftRefused(f"The workbook has the sheet {role} twice; rename or remove one of them.")
        elif name in book.sheets:
            found[role] = book.sheets[name]
    if "survey" not in found:
        only = _only_sheet(raw, book.names)
        return None if only is None else Sheets(only)
    return Sheets(found["survey"], found.get("choices"), found.get("settings"), tuple(others))


def sheets_of_texts(files: Mapping[str, bytes], report: Report) -> Sheets | None:
    """The sheets of the form in text files by role; one file may hold them all, each named in column A."""
    found: dict[str, Sheet] = {}
    for role, raw in files.items():
        sheet = read_csv(raw, role, lambda text, role=role: report.changed(role, 0, "", f"the file {text}"))  # type: ignore[misc]
        found[role] = sheet
    survey = found.get("survey")
    if survey is None:
        return None
    together = _together(survey)
    if together is not None:
        found = {**found, **together}
    return Sheets(found.get("survey") or survey, found.get("choices"), found.get("settings"))


def _together(sheet: Sheet) -> dict[str, Sheet] | None:
    """The sheets of a file in which column A names a sheet and its rows follow; None if it is none."""
    if not sheet.rows or not role_of(sheet.rows[0].cells.get(0, "")):
        return None
    found: dict[str, Sheet] = {}
    current: Sheet | None = None
    for row in sheet.rows:
        if named := row.cells.get(0, ""):
            role = role_of(named)
            current = found.setdefault(role, Sheet(role)) if role else None
        cells = {column - 1: said for column, said in row.cells.items() if column > 0}
        if current is not None and cells:
            current.rows.append(Row(row.number, cells))
    return found


@dataclass(frozen=True)
class Written:
    """The sheets of a form: name to rows, the first of which holds the headers."""

    sheets: Mapping[str, list[list[str]]] = field(default_factory=dict)

    def workbook(self) -> bytes:
        """The form as .xlsx, without formulas and links."""
        buffer = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(buffer, options) as book:
            # The same draft gives the same bytes, whenever it is written.
            book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  the library knows no zones
            bold = book.add_format({"bold": True})
            for name, rows in self.sheets.items():
                sheet = book.add_worksheet(name)
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, max(len(rows[0]) - 1, 0), 24)
                for number, row in enumerate(rows):
                    for column, said in enumerate(row):
                        if said:
                            sheet.write_string(number, column, said, bold if number == 0 else None)
        return buffer.getvalue()

    def texts(self) -> dict[str, bytes]:
        """The form as text files: survey.csv, choices.csv, settings.csv."""
        files = {}
        for name, rows in self.sheets.items():
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\r\n").writerows(rows)
            files[f"{name}.csv"] = text.getvalue().encode("utf-8-sig")
        return files
