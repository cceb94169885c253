"""Workbooks: one question or a whole assessment, opened and changed as a spreadsheet program would."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from assessments.assessment import Assessment
from tests.conftest import Stack
from tests.support.assessing import opened
from tests.support.cast import NOW

REVISION = 11
"""The column of the revision, as openpyxl counts."""


@pytest.fixture
def smelter(embedded: Stack) -> Assessment:
    """The smelter's assessment, where the database makes no difference."""
    return opened(embedded.session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW)


@pytest.fixture
def smelter_on_both(stack: Stack) -> Assessment:
    """The smelter's assessment, on SQLite and on PostgreSQL."""
    return opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW)


def opened_book(raw: bytes) -> openpyxl.Workbook:
    """The workbook as a program opens it."""
    return openpyxl.load_workbook(io.BytesIO(raw))


def saved_book(book: openpyxl.Workbook) -> bytes:
    """The workbook as the program saves it."""
    buffer = io.BytesIO()
    book.save(buffer)
    book.close()
    return buffer.getvalue()


def line_of(book: openpyxl.Workbook, address: str) -> tuple[Worksheet, int]:
    """The sheet and row of the line at that address."""
    for sheet in book.worksheets:
        for (cell,) in sheet.iter_rows(min_col=1, max_col=1):
            if cell.value == address:
                return sheet, int(cell.row)
    raise KeyError(address)


def filled(raw: bytes, answers: Mapping[str, Any]) -> bytes:
    """The workbook with these answers typed: address to value, "address@E" for another column than D."""
    book = opened_book(raw)
    for place, value in answers.items():
        address, _, column = place.partition("@")
        sheet, row = line_of(book, address)
        sheet[f"{column or 'D'}{row}"].value = value
    return saved_book(book)
