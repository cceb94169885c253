"""Forms as their authors make them, written by openpyxl and by hand."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest

from assessments.questionnaire.formats.files import Format, Reading, Sent, read_sent

Rows = Sequence[Sequence[Any]]
Form = Callable[..., bytes]


def workbook(**sheets: Rows) -> bytes:
    """An .xlsx file with these sheets; cells keep their types."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(raw: bytes, name: str = "form.xlsx", form: Format | None = None, **beside: bytes) -> Reading:
    """What becomes of a file of that name."""
    return read_sent(Sent(name, raw, {f"{role}.csv": each for role, each in beside.items()}), form)


@pytest.fixture
def form() -> Form:
    """Makes the .xlsx of a form: sheets by name, each a list of rows."""
    return workbook
