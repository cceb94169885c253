"""Proving what an upload is by reading all of it, in a confined child process.

Each module proves one kind: ``prove(file)`` returns when the whole file is what it should be and raises
Unfit otherwise. Nothing here imports more of the house than one list of errors: the child starts fast.
"""

from __future__ import annotations

import enum
import os
import zipfile
from typing import BinaryIO

from assessments.questionnaire.formats.archives import BROKEN_ARCHIVE

END = 64 * 1024
"""Bytes at a file's end that are looked at for a second nature."""


class Reason(enum.StrEnum):
    """Why a file is not taken; ``types.REFUSALS`` has the sentence for each."""

    NOT_ON_LIST = "not_on_list"
    NOT_WHAT_IT_SAYS = "not_what_it_says"
    TWO_THINGS = "two_things"
    CUT_OFF = "cut_off"
    BROKEN = "broken"
    TOO_MUCH = "too_much"
    PDF_PROTECTED = "pdf_protected"
    PDF_EMPTY = "pdf_empty"
    PDF_SCRIPT = "pdf_script"
    TOO_MANY_PIXELS = "too_many_pixels"
    NOT_A_WORKBOOK = "not_a_workbook"
    WORKBOOK_PROTECTED = "workbook_protected"
    WORKBOOK_MACROS = "workbook_macros"
    WORKBOOK_HOLDS_FILES = "workbook_holds_files"
    WORKBOOK_LINKS = "workbook_links"
    WORKBOOK_TOO_LARGE = "workbook_too_large"
    NOT_TEXT = "not_text"
    NOT_UTF8 = "not_utf8"


class Unfit(Exception):
    """The file is not taken, for ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def last_bytes(file: BinaryIO, count: int = END) -> bytes:
    """Return the last ``count`` bytes of ``file``, or all of it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - count))
    return file.read(count)


def first_bytes(file: BinaryIO, count: int) -> bytes:
    """Return the first ``count`` bytes of ``file``."""
    file.seek(0)
    return file.read(count)


def refuse_second_nature(file: BinaryIO) -> None:
    """Raise Unfit when a file that is no archive would also open as one (a polyglot)."""
    if b"PK\x05\x06" not in last_bytes(file, END + 22):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            entries = len(archive.infolist())
    except BROKEN_ARCHIVE:
        return  # four chance bytes
    if entries:
        raise Unfit(Reason.TWO_THINGS)
