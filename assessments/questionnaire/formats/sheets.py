"""Sheets of cells as texts, from .xlsx (ISO/IEC 29500) and .csv files of which nothing is believed.

Our own reader, sparse and counting: libraries hold a row as wide as its last cell says and unfold a part
before anybody can count it, so that a file of a few kilobytes fills the memory. Here only the sheets asked
for are read, in one pass, and each limit ends the reading with a sentence.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from assessments.questionnaire.formats.archives import BROKEN_ARCHIVE
from assessments.questionnaire.formats.draft import DraftRefused, clean

LARGEST_FILE: Final = 12 * 1024 * 1024
LARGEST_PART: Final = 12 * 1024 * 1024
MOST_UNPACKED: Final = 192 * 1024 * 1024
MOST_ENTRIES: Final = 2_000
HIGHEST_RATIO: Final = 150
MOST_CELLS: Final = 250_000
MOST_CHARACTERS: Final = 8_000_000
MOST_COLUMNS: Final = 1_024
MOST_PLACES: Final = 1_500_000

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_SHEETS: Final = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
TOO_LARGE: Final = (
    "The workbook unpacks to far more than a questionnaire holds; save the survey's own sheets alone."
)
PROTECTED: Final = "The workbook is protected with a password; save it without one and try again."
BROKEN: Final = "The workbook is damaged; open it in a spreadsheet program, save it as .xlsx and try again."


@dataclass(frozen=True)
class Row:
    """One row that holds something: its number as the program shows it, and texts by column from 0."""

    number: int
    cells: dict[int, str]


@dataclass
class Sheet:
    """One sheet. ``faulty``: cells that hold an error of the program, as (row, column, error)."""

    name: str
    rows: list[Row] = field(default_factory=list)
    faulty: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass
class Workbook:
    """The sheets that were read, and the names of all."""

    names: tuple[str, ...]
    sheets: dict[str, Sheet]


def column_letters(column: int) -> str:
    """The name of a column counted from 0: A, B, ..., AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def refuse_strangers(raw: bytes) -> None:
    """Raise DraftRefused for what is no .xlsx though it may be called so, with what to do."""
    if raw.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in raw:
            raise DraftRefused(PROTECTED)
        raise DraftRefused(
            "This is an old Excel file (.xls), whatever its name says; open it and save it as .xlsx."
        )
    if raw[:2] in _OLD_SHEETS:
        raise DraftRefused("This is a very old Excel file (.xls); open it and save it as .xlsx.")
    start = raw[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        raise DraftRefused(
            "This is a web page with the name of a workbook; open it as a sheet and save it as .xlsx."
        )
    if start.startswith(b"<"):
        raise DraftRefused("This is an XML file, not a workbook; save it as .xlsx and try again.")


def open_archive(raw: bytes) -> zipfile.ZipFile:
    """The archive, looked over before anything is unpacked; DraftRefused when it is not to be trusted."""
    if len(raw) > LARGEST_FILE:
        raise DraftRefused(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB.")
    refuse_strangers(raw)
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = archive.infolist()
    except BROKEN_ARCHIVE:
        raise DraftRefused(BROKEN) from None
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise DraftRefused(TOO_LARGE)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise DraftRefused(PROTECTED)
    names = {entry.filename for entry in entries}
    if len(names) != len(entries):
        raise DraftRefused(BROKEN)
    if "content.xml" in names:
        raise DraftRefused("This is an OpenDocument file; open it and save it as .xlsx.")
    if "xl/workbook.bin" in names:
        raise DraftRefused("This is a binary workbook (.xlsb); open it and save it as .xlsx.")
    if "word/document.xml" in names:
        raise DraftRefused("This is a text document, not a workbook.")
    return archive


def unpacked(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The bytes of one part in pieces; DraftRefused when it is larger than a part may be, or broken."""
    try:
        entry = archive.getinfo(name)
        if entry.file_size > LARGEST_PART:
            raise DraftRefused(TOO_LARGE)
        if entry.file_size > 1024 * 1024 and entry.file_size > HIGHEST_RATIO * max(entry.compress_size, 1):
            raise DraftRefused(TOO_LARGE)
        left = LARGEST_PART
        with archive.open(entry) as part:
            while piece := part.read(512 * 1024):
                left -= len(piece)
                if left < 0:
                    raise DraftRefused(TOO_LARGE)
                yield piece
    except DraftRefused:
        raise
    except BROKEN_ARCHIVE:
        raise DraftRefused(BROKEN) from None


class Budget:
    """What may still be kept: counts down over all sheets of a file."""

    def __init__(self) -> None:
        self.cells, self.characters = MOST_CELLS, MOST_CHARACTERS

    def spend(self, characters: int) -> None:
        """Take one cell and its characters off; DraftRefused when nothing is left."""
        self.cells -= 1
        self.characters -= characters
        if self.cells < 0 or self.characters < 0:
            raise DraftRefused(
                f"The sheets hold more than {MOST_CELLS:,} filled cells or {MOST_CHARACTERS:,} characters; "
                "no questionnaire is that long."
            )


# ------------------------------------------------------------------ text files


def read_csv(raw: bytes, name: str, note: Callable[[str], None]) -> Sheet:
    """The sheet of a .csv file; commas, semicolons or tabs; UTF-8, UTF-16 or (noted) Western European."""
    if len(raw) > LARGEST_FILE:
        raise DraftRefused(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB.")
    text = _decoded(raw, note)
    if "\x00" in text:
        raise DraftRefused("This is no text file; save the sheet as CSV (UTF-8) and try again.")
    head = text[: text.find("\n", 0, 100_000)] if "\n" in text[:100_000] else text[:100_000]
    mark = max(",;\t", key=head.count)
    sheet, budget, places = Sheet(name), Budget(), MOST_PLACES
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        for number, record in enumerate(reader, 1):
            places -= len(record)
            if places < 0:
                raise DraftRefused(
                    f"{name} has more than {MOST_PLACES:,} cells; no questionnaire is that long."
                )
            if len(record) > MOST_COLUMNS:
                raise DraftRefused(f"Row {number} of {name} has more than {MOST_COLUMNS:,} columns.")
            cells = {}
            for column, cell in enumerate(record):
                if said := clean(cell):
                    budget.spend(len(said))
                    cells[column] = said
            if cells:
                sheet.rows.append(Row(number, cells))
    except csv.Error as error:
        raise DraftRefused(f"{name} cannot be read as CSV ({error}); save it again as CSV (UTF-8).") from None
    return sheet


def _decoded(raw: bytes, note: Callable[[str], None]) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError:
            raise DraftRefused("The text is neither UTF-8 nor UTF-16; save it as CSV (UTF-8).") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        note("is no UTF-8 text; it was read as Western European, so look at the accents")
        return raw.decode("cp1252", errors="replace")
