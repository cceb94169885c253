"""CSV (RFC 4180, with the separators that spreadsheets write): UTF-8 text without control characters."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from plumbline.documents.proof import Reason, Unfit, first_bytes, refuse_second_nature

SEPARATORS = ",;\t|"
LONGEST_LINE = 1024 * 1024
MOST_COLUMNS = 16_384
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def prove(file: BinaryIO) -> None:
    """Return when ``file`` is text that reads as a table of at least one row."""
    start = first_bytes(file, 1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    # Browsers and viewers that guess would take these for a page or a PDF (WHATWG MIME Sniffing 7.1).
    if start.startswith((b"<", b"{\\rtf")) or b"%PDF-" in start:
        raise Unfit(Reason.NOT_WHAT_IT_SAYS)
    refuse_second_nature(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="strict", newline="")
    try:
        first = next(_lines(text), "")
        text.seek(0)
        separator = max(SEPARATORS, key=first.count)
        rows = 0
        for row in csv.reader(_lines(text), delimiter=separator, strict=True):
            rows += any(row)
            if len(row) > MOST_COLUMNS:
                raise Unfit(Reason.BROKEN)
    except UnicodeDecodeError as error:
        raise Unfit(Reason.NOT_UTF8) from error
    except csv.Error as error:
        raise Unfit(Reason.CUT_OFF if "end of data" in str(error) else Reason.BROKEN) from error
    finally:
        text.detach()
    if not rows:
        raise Unfit(Reason.BROKEN)


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if CONTROL.search(line):
            raise Unfit(Reason.NOT_TEXT)
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise Unfit(Reason.BROKEN)
        yield line
