"""CSV as spreadsheet programs read it: UTF-8 with a mark, and no text that such a program would work out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation


def csv_file(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A table with a line of ``columns`` over its rows; each row has a text for each of them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _no_formula(value) for name, value in row.items()})
    return text.getvalue().encode("utf-8-sig")


def _no_formula(value: str) -> str:
    """A text that a spreadsheet would work out begins with a quote; numbers stay numbers."""
    if value[:1] in ("=", "@", "\t", "\r") or (value[:1] in ("+", "-") and not _is_number(value)):
        return f"'{value}"
    return value


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
