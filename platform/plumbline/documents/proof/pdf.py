"""PDF: header at the first byte, end of file at the last, a page tree that can be walked, no protection."""

from __future__ import annotations

import logging
import re
from typing import BinaryIO

from pypdf import PdfReader

from plumbline.documents.proof import Reason, Unfit, first_bytes, last_bytes, refuse_second_nature

HEADER = re.compile(rb"%PDF-[12]\.\d")
PADDING = b"\0\t\n\f\r \x1a"


def prove(file: BinaryIO) -> None:
    """Return when ``file`` is a whole, open PDF of at least one page."""
    # Readers take a header within the first 1024 bytes; at the first byte, nothing else can stand before it.
    if not HEADER.match(first_bytes(file, 8)):
        raise Unfit(Reason.NOT_WHAT_IT_SAYS)
    end = last_bytes(file).rstrip(PADDING)
    if not end.endswith(b"%%EOF"):
        raise Unfit(Reason.TWO_THINGS if b"%%EOF" in end else Reason.CUT_OFF)
    refuse_second_nature(file)
    logging.disable()
    file.seek(0)
    try:
        reader = PdfReader(file)
        if reader.is_encrypted:
            raise Unfit(Reason.PDF_PROTECTED)
        pages = len(reader.pages)
        if pages:
            reader.pages[0].mediabox  # noqa: B018  read, so that a first page that cannot be read shows
            reader.pages[pages - 1].mediabox  # noqa: B018
    except (Unfit, MemoryError, RecursionError):
        raise
    except Exception as error:  # a parser meets broken input in any way at all
        raise Unfit(Reason.BROKEN) from error
    if not pages:
        raise Unfit(Reason.PDF_EMPTY)
