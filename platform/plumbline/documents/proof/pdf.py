"""PDF: header at the first byte, end of file at the last, a page tree that can be walked, no protection."""

from __future__ import annotations

import logging
import re
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from plumbline.documents.proof import Reason, Unfit, first_bytes, last_bytes, refuse_second_nature

HEADER = re.compile(rb"%PDF-[12]\.\d")
RUNS = frozenset({"/JavaScript", "/Launch"})
"""Kinds of action that run a script or a program (ISO 32000-2, 12.6.4); links and form fields stay."""
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
        _refuse_what_runs(reader)
    except (Unfit, MemoryError, RecursionError):
        raise
    except Exception as error:  # a parser meets broken input in any way at all
        raise Unfit(Reason.BROKEN) from error
    if not pages:
        raise Unfit(Reason.PDF_EMPTY)


def _refuse_what_runs(reader: PdfReader) -> None:
    """Raise Unfit for a script or a program wherever an action can hang: document, names, pages, fields."""
    root = _open(reader.trailer.get("/Root"))
    names = _open(_open(root, "/Names"), "/JavaScript")
    if isinstance(names, DictionaryObject):
        raise Unfit(Reason.PDF_SCRIPT)
    _refuse_actions(root)
    _refuse_fields(_open(_open(root, "/AcroForm"), "/Fields"))
    for page in reader.pages:
        _refuse_actions(page)
        notes = _open(page, "/Annots")
        for note in notes if isinstance(notes, ArrayObject) else []:
            _refuse_actions(_open(note))


def _refuse_fields(fields: Any) -> None:
    waiting, seen = list(fields) if isinstance(fields, ArrayObject) else [], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, IndirectObject):
            if each.idnum in seen:
                continue
            seen.add(each.idnum)
        field = _open(each)
        _refuse_actions(field)
        kids = _open(field, "/Kids")
        waiting += kids if isinstance(kids, ArrayObject) else []


def _refuse_actions(thing: Any) -> None:
    """Look at what hangs on ``thing``: its action, those for its occasions, and those that follow."""
    occasions = _open(thing, "/AA")
    waiting = [_open(thing, "/OpenAction"), _open(thing, "/A")]
    if isinstance(occasions, DictionaryObject):
        waiting += [_open(occasions, name) for name in occasions]
    seen: list[Any] = []
    while waiting:
        action = waiting.pop()
        if isinstance(action, ArrayObject):
            waiting += [_open(each) for each in action if isinstance(each, IndirectObject | DictionaryObject)]
        if not isinstance(action, DictionaryObject) or any(action is each for each in seen):
            continue
        seen.append(action)
        if _open(action, "/S") in RUNS or "/JS" in action:
            raise Unfit(Reason.PDF_SCRIPT)
        waiting.append(_open(action, "/Next"))


def _open(thing: Any, name: str = "") -> Any:
    """The thing itself, or its entry ``name``, followed to where it lies; None where there is none."""
    found = thing.get_object() if thing is not None else None
    if not name:
        return found
    return _open(found.get(name)) if isinstance(found, DictionaryObject) else None
