"""The door: a file in one of the formats to a draft and a report, and a draft to files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import PurePath
from typing import Any, Final

from assessments.questionnaire.formats.column_mapping import ColumnMapping
from assessments.questionnaire.formats.counting import summary
from assessments.questionnaire.formats.draft import Draft, DraftRefused, Report, clean, sound
from assessments.questionnaire.formats.oscal_reading import find_catalog, read_catalog
from assessments.questionnaire.formats.oscal_writing import write_catalog
from assessments.questionnaire.formats.sheets import Sheet, read_csv, refuse_strangers
from assessments.questionnaire.formats.spreadsheet import read_spreadsheet, sheets_of
from assessments.questionnaire.formats.surveyjs_reading import read_survey
from assessments.questionnaire.formats.surveyjs_writing import write_survey
from assessments.questionnaire.formats.trees import read_json
from assessments.questionnaire.formats.xlsform_files import (
    has_survey,
    is_form_header,
    role_of,
    sheets_of_texts,
    sheets_of_workbook,
)
from assessments.questionnaire.formats.xlsform_reading import read_form
from assessments.questionnaire.formats.xlsform_writing import write_form


class Format(StrEnum):
    """The formats that are read; all but the last are written too."""

    XLSFORM = "xlsform"
    XLSFORM_CSV = "xlsform-csv"
    SURVEYJS = "surveyjs"
    OSCAL = "oscal"
    SPREADSHEET = "spreadsheet"


@dataclass
class Reading:
    """One file that was read. ``draft`` None: ``refused`` says in one sentence why.

    ``mapping``: how the columns of a spreadsheet were taken, to be remembered.
    """

    format: Format | None
    draft: Draft | None = None
    report: Report = field(default_factory=Report)
    refused: str | None = None
    mapping: ColumnMapping | None = None

    def summary(self) -> dict[str, Any]:
        """What was understood, as ``plumbline questionnaire import --json`` prints it."""
        return summary(self.format or "", self.draft, self.report, self.refused)


@dataclass(frozen=True)
class Sent:
    """What somebody sent: a file, and those beside it that may belong to it (the CSV files of one form)."""

    name: str
    raw: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name without its ending, as a form can be called."""
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", clean(PurePath(self.name).stem)).strip("_") or "form"

    @cached_property
    def tree(self) -> Any:
        """The value of a JSON file. Raises DraftRefused."""
        return read_json(self.raw)

    @property
    def is_csv(self) -> bool:
        """Whether the file is text by its ending."""
        return PurePath(self.name).suffix.lower() in (".csv", ".tsv", ".txt")


def read_sent(sent: Sent, form: Format | None = None, mapping: ColumnMapping | None = None) -> Reading:
    """Read what was sent; the format is recognised unless ``form`` says it. Never raises for its content.

    ``mapping``: of the columns, where it is a spreadsheet that is no XLSForm.
    """
    reading = Reading(form or (Format.SPREADSHEET if mapping else None), mapping=mapping)
    try:
        if not sent.raw.strip():
            raise DraftRefused("The file is empty.")
        reading.format = reading.format or recognised(sent)
        reading.draft = sound(_read(sent, reading))
    except DraftRefused as refused:
        reading.refused = " ".join(str(refused).split())
    except (MemoryError, RecursionError):
        reading.refused = "The file takes more memory to read than any questionnaire does."
    return reading


_JSON: Final = (b"{", b"[")


def recognised(sent: Sent) -> Format:
    """The format of what was sent, by its first bytes; DraftRefused when it is none of ours."""
    start = sent.raw[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK"):
        return Format.XLSFORM if has_survey(sent.raw) else Format.SPREADSHEET
    refuse_strangers(sent.raw)
    if start.startswith(_JSON) and not sent.is_csv:
        return Format.OSCAL if find_catalog(sent.tree) is not None else Format.SURVEYJS
    if sent.is_csv:
        head = read_csv(sent.raw[:65_536], sent.stem, lambda _text: None).rows[:1]
        return Format.XLSFORM_CSV if is_form_header(head[0] if head else None) else Format.SPREADSHEET
    raise DraftRefused("This is no .xlsx, .csv or .json file; save it as one of them.")


def _read(sent: Sent, reading: Reading) -> Draft:
    form, report = reading.format, reading.report
    if form is Format.SURVEYJS:
        return read_survey(sent.tree, sent.stem, report)
    if form is Format.OSCAL:
        return read_catalog(sent.tree, sent.stem, report)
    if form is Format.SPREADSHEET:
        sheets = [_text(sent, report)] if sent.is_csv else sheets_of(sent.raw)
        draft, reading.mapping = read_spreadsheet(sheets, reading.mapping, sent.stem, report)
        return draft
    if form is Format.XLSFORM and not sent.is_csv:
        found = sheets_of_workbook(sent.raw)
        if found is None:
            raise DraftRefused("The workbook has no sheet “survey”; it is no XLSForm.")
        return read_form(found, sent.stem, report)
    texts = sheets_of_texts(csv_roles(sent), report)
    if texts is None:
        raise DraftRefused("There is no survey.csv; a form in text files has survey.csv and choices.csv.")
    return read_form(texts, sent.stem, report)


def _text(sent: Sent, report: Report) -> Sheet:
    return read_csv(sent.raw, sent.stem, lambda text: report.changed(sent.stem, 0, "", f"the file {text}"))


def csv_roles(sent: Sent) -> dict[str, bytes]:
    """The text files of a form by role: the file sent, and those beside it whose name fits."""
    roles: dict[str, bytes] = {}
    own = PurePath(sent.name).stem
    mine = next((role for role in ("choices", "settings", "survey") if role in own.casefold()), "survey")
    roles[mine] = sent.raw
    for role in ("survey", "choices", "settings"):
        wanted = re.sub(mine, role, own, flags=re.IGNORECASE)
        for name, raw in sent.beside.items():
            stem = PurePath(name).stem
            if role != mine and (stem.casefold() == wanted.casefold() or role_of(stem) == role):
                roles.setdefault(role, raw)
    return roles


def write_draft(draft: Draft, form: Format) -> tuple[dict[str, bytes], Report]:
    """The draft as files by name, and what the format could not say. Raises DraftRefused."""
    report = Report()
    if form is Format.XLSFORM:
        return {f"{draft.name}.xlsx": write_form(draft, report).workbook()}, report
    if form is Format.XLSFORM_CSV:
        return write_form(draft, report).texts(), report
    if form is Format.SURVEYJS:
        return {f"{draft.name}.json": write_survey(draft, report)}, report
    if form is Format.OSCAL:
        return {f"{draft.name}.json": write_catalog(draft, report)}, report
    raise DraftRefused("This format is read only; write xlsform, xlsform-csv, surveyjs or oscal.")
