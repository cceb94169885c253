"""XLSX (ISO/IEC 29500): an archive looked over before anything is unpacked, then every part read through."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from typing import Any, BinaryIO
from xml.parsers import expat

from assessments.questionnaire.formats.archives import BROKEN_ARCHIVE
from plumbline.documents.proof import Reason, Unfit, last_bytes
from plumbline.documents.proof.limits import (
    HIGHEST_RATIO,
    LARGEST_DIRECTORY,
    MIB,
    MOST_ENTRIES,
    MOST_UNPACKED,
)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
TYPES = "[Content_Types].xml"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
END_RECORD = struct.Struct("<4s4H2IH")
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
STEP = 256 * 1024
PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
MACROS = ("vbaproject", "/activex/", "/macrosheets/")
XML_ENDINGS = (".xml", ".rels", ".vml")


def prove(file: BinaryIO) -> None:
    """Return when ``file`` is one whole workbook without macros, embedded files or live links."""
    start = file.read(4)
    if start == OLD_OFFICE:
        raise Unfit(Reason.WORKBOOK_PROTECTED)
    if start != b"PK\x03\x04":
        raise Unfit(Reason.NOT_WHAT_IT_SAYS)
    _look_at_end(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _look_over(file, entries)
            main = _main_part(archive)
            sheets = 0
            for entry in entries:
                found = _read_through(archive, entry)
                if entry.filename == main:
                    sheets = found
            if not sheets:
                raise Unfit(Reason.NOT_A_WORKBOOK)
    except BROKEN_ARCHIVE as error:
        raise Unfit(Reason.BROKEN) from error


def _look_at_end(file: BinaryIO) -> None:
    """Raise Unfit unless the archive's directory ends the file and is of a size to be read."""
    end = last_bytes(file, END_RECORD.size)
    if len(end) < END_RECORD.size or not end.startswith(b"PK\x05\x06"):
        raise Unfit(Reason.TWO_THINGS if b"PK\x05\x06" in last_bytes(file) else Reason.CUT_OFF)
    _, _, _, _, count, directory, _, comment = END_RECORD.unpack(end)
    if comment:
        raise Unfit(Reason.TWO_THINGS)
    if count > MOST_ENTRIES or directory > LARGEST_DIRECTORY:
        raise Unfit(Reason.WORKBOOK_TOO_LARGE)


def _look_over(file: BinaryIO, entries: list[zipfile.ZipInfo]) -> None:
    """Raise Unfit for what the directory alone shows: bombs, protection, links, names, overlaps."""
    if len({entry.filename.casefold() for entry in entries}) != len(entries):
        raise Unfit(Reason.BROKEN)
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Unfit(Reason.WORKBOOK_TOO_LARGE)
    size = file.seek(0, os.SEEK_END)
    place = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        _look_at(entry)
        file.seek(entry.header_offset)
        header = file.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size:
            raise Unfit(Reason.BROKEN)
        mark, *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
        name = file.read(name_length)
        # The names must agree: programs differ in which of the two they believe.
        if mark != b"PK\x03\x04" or name != entry.orig_filename.encode(
            "utf-8" if entry.flag_bits & 0x800 else "cp437"
        ):
            raise Unfit(Reason.BROKEN)
        # An entry that begins inside another, or before the first, unfolds the same bytes again and again.
        if entry.header_offset < place or (place == 0 and entry.header_offset != 0):
            raise Unfit(Reason.TWO_THINGS if place == 0 else Reason.WORKBOOK_TOO_LARGE)
        place = entry.header_offset + LOCAL_HEADER.size + name_length + extra_length + entry.compress_size
    if place > size:
        raise Unfit(Reason.BROKEN)


def _look_at(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if entry.flag_bits & 0x1:
        raise Unfit(Reason.WORKBOOK_PROTECTED)
    if entry.compress_type not in PACKINGS:
        raise Unfit(Reason.BROKEN)
    if entry.file_size > MIB and entry.file_size > HIGHEST_RATIO * entry.compress_size:
        raise Unfit(Reason.WORKBOOK_TOO_LARGE)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Unfit(Reason.BROKEN)
    if name.startswith("/") or "\\" in name or "\0" in entry.orig_filename or ".." in name.split("/"):
        raise Unfit(Reason.BROKEN)
    lowered = f"/{name.casefold()}"
    if any(word in lowered for word in MACROS):
        raise Unfit(Reason.WORKBOOK_MACROS)
    if "/embeddings/" in lowered:
        raise Unfit(Reason.WORKBOOK_HOLDS_FILES)


def _main_part(archive: zipfile.ZipFile) -> str:
    """Return the name of the workbook part, from the list of content types."""
    if TYPES not in archive.namelist():
        raise Unfit(Reason.NOT_A_WORKBOOK)
    found: list[str] = []

    def element(name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "").casefold()
        if "macroenabled" in kind or "vbaproject" in kind:
            raise Unfit(Reason.WORKBOOK_MACROS)
        if name.rpartition("}")[2] == "Override" and kind == WORKBOOK.casefold():
            found.append(attributes.get("PartName", "").lstrip("/"))

    _parse(archive, archive.getinfo(TYPES), element)
    if not found or found[0] not in archive.namelist():
        raise Unfit(Reason.NOT_A_WORKBOOK)
    return found[0]


def _read_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Read one entry to its end, as XML where it is; return how many sheets it names."""
    sheets = 0

    def element(name: str, _attributes: dict[str, str]) -> None:
        nonlocal sheets
        kind = name.rpartition("}")[2]
        if kind == "ddeLink":
            raise Unfit(Reason.WORKBOOK_LINKS)
        sheets += kind == "sheet"

    named = entry.filename.casefold()
    if named.endswith(XML_ENDINGS):
        # Only the small parts are looked at element by element; in sheets that would cost seconds.
        counted = named.endswith("workbook.xml") or "/externallinks/" in f"/{named}"
        _parse(archive, entry, element if counted else None)
    else:
        with archive.open(entry) as part:
            while part.read(STEP):
                pass
    return sheets


def _parse(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, element: Any) -> None:
    """Parse one part without document type: no entity is ever declared, none can be expanded."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartDoctypeDeclHandler = _no_doctype
    if element is not None:
        parser.StartElementHandler = element
    try:
        with archive.open(entry) as part:
            while piece := part.read(STEP):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unfit(Reason.BROKEN) from error


def _no_doctype(*_declaration: object) -> None:
    raise Unfit(Reason.BROKEN)
