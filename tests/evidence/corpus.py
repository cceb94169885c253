"""Good files of each type, and hostile ones, all made here: nothing harmful is committed."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from openpyxl import Workbook
from PIL import Image
from pypdf import PdfReader, PdfWriter

from plumbline.documents.proof import Reason
from tests.evidence.running import running_pdf

Change = Callable[[dict[str, bytes]], None]


def noise(size: int) -> bytes:
    """The same random bytes at each call."""
    return random.Random(7).randbytes(size)  # noqa: S311  not a secret


def pdf(pages: int = 1, filler: int = 0) -> bytes:
    """A PDF of empty pages; `filler` adds an object of that many random bytes."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>".encode(),
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>" for _ in range(pages)],
    ]
    if filler:
        objects.append(f"<< /Length {filler} >>\nstream\n".encode() + noise(filler) + b"\nendstream")
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    table = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for place in places:
        out.write(f"{place:010} 00000 n \n".encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def protected_pdf(password: str, algorithm: str) -> bytes:
    """A PDF under a password; an empty one opens freely and restricts."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def updated_pdf() -> bytes:
    """A PDF with a second part appended, as signing does."""
    writer = PdfWriter(io.BytesIO(pdf()), incremental=True)
    writer.add_metadata({"/Title": "Signed"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def image(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    """An image of a colour ramp in PNG or JPEG."""
    made = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, unfolded: int) -> bytes:
    """A PNG whose header says one size and whose data unfolds to `unfolded` zero bytes."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(unfolded >> 20))
    data += packer.compress(bytes(unfolded & ((1 << 20) - 1))) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (png_chunk(b"IHDR", header), png_chunk(b"IDAT", data), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def workbook() -> bytes:
    """A workbook of one sheet with a few rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number in range(20):
        sheet.append([number, f"row {number}", number * 1.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed_workbook(change: Change) -> bytes:
    """A workbook whose parts (name to bytes) `change` altered."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    return zipped(parts)


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def table(rows: int = 20, separator: str = ",") -> bytes:
    return "".join(f"{n}{separator}Zürich{separator}{n * 2}\r\n" for n in range(rows)).encode()


def linked_workbook() -> bytes:
    """A workbook with an entry that is a symbolic link."""
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo("xl/link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def overlapping_workbook() -> bytes:
    """A workbook with an entry whose bytes lie inside another's, as in quines and folded bombs."""
    inner = zipped({"xl/inner.xml": b"<a/>"})
    directory = inner.index(b"PK\x01\x02")
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/outer.bin", inner[:directory], compress_type=zipfile.ZIP_STORED)
    raw = out.getvalue()
    record = bytearray(inner[directory:-22])
    record[42:46] = struct.pack("<I", raw.index(inner[:directory]))
    end = bytearray(raw[-22:])
    count, size = struct.unpack("<HI", end[10:16])
    end[8:16] = struct.pack("<HHI", count + 1, count + 1, size + len(record))
    return raw[:-22] + bytes(record) + bytes(end)


def _with(name: str, data: bytes) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts[name] = data

    return changed_workbook(change)


def _sheet(data: bytes) -> bytes:
    return _with("xl/worksheets/sheet1.xml", data)


def _macro_types() -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml"
        )

    return changed_workbook(change)


def _without(name: str) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        del parts[name]

    return changed_workbook(change)


def _entity_bomb() -> bytes:
    lols = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{lols}]><x>&l9;</x>'.encode()


def _flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :]


GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a PDF": ("permit.pdf", pdf),
    "a PDF of 300 pages": ("PERMIT.PDF", lambda: pdf(300)),
    "a PDF padded with zeros": ("permit.pdf", lambda: pdf() + bytes(5000)),
    "a PDF with an address": ("permit.pdf", lambda: running_pdf(pdf(2), "address")),
    "a PDF updated at its end": ("permit.pdf", updated_pdf),
    "a PNG": ("photo.png", lambda: image("PNG")),
    "a PNG with transparency": ("photo.png", lambda: image("PNG", "RGBA")),
    "a PNG with a palette": ("photo.png", lambda: image("PNG", "P")),
    "a PNG of one bit": ("scan.png", lambda: image("PNG", "1", (1001, 703))),
    "a PNG of one pixel": ("dot.png", lambda: image("PNG", "L", (1, 1))),
    "a JPEG": ("photo.jpg", lambda: image("JPEG")),
    "a grey JPEG": ("photo.jpeg", lambda: image("JPEG", "L")),
    "a CMYK JPEG": ("photo.jpg", lambda: image("JPEG", "CMYK")),
    "a progressive JPEG": ("photo.jpg", lambda: image("JPEG", size=(640, 480), progressive=True)),
    "a JPEG with restart markers": (
        "photo.jpg", lambda: image("JPEG", size=(640, 480), restart_marker_rows=1)),
    "a JPEG with a second view": ("photo.jpg", lambda: image("JPEG") + image("JPEG")),
    "a JPEG with a clip": ("photo.jpg", lambda: image("JPEG") + b"\0\0\0\x18ftypmp42" + bytes(90)),
    "a workbook": ("figures.xlsx", workbook),
    "a table": ("figures.csv", table),
    "a table with semicolons": ("figures.csv", lambda: b"\xef\xbb\xbf" + table(separator=";")),
    "a table of one column": ("names.csv", lambda: b"name\nAnna\nBo\n"),
    "a table with line breaks in cells": ("figures.csv", lambda: b'a,b\n"one\ntwo","say ""hi"""\n'),
    "a table with a formula": ("figures.csv", lambda: b"a,b\n=1+1,2\n"),
}  # fmt: skip

HOSTILE: dict[str, tuple[str, Callable[[], bytes], Reason]] = {
    # names
    "a page": ("evidence.html", lambda: b"<html></html>", Reason.NOT_ON_LIST),
    "a picture that runs script": ("logo.svg", lambda: b"<svg/>", Reason.NOT_ON_LIST),
    "a program": ("setup.exe", lambda: b"MZ" + bytes(64), Reason.NOT_ON_LIST),
    "a document with two endings": ("permit.pdf.exe", pdf, Reason.NOT_ON_LIST),
    "a macro workbook by name": ("figures.xlsm", workbook, Reason.NOT_ON_LIST),
    "an old workbook by name": ("figures.xls", workbook, Reason.NOT_ON_LIST),
    "no ending": ("permit", pdf, Reason.NOT_ON_LIST),
    # the wrong type under a name
    "a page as PDF": ("permit.pdf", lambda: b"<html><script>x</script></html>", Reason.NOT_WHAT_IT_SAYS),
    "a PNG as PDF": ("permit.pdf", lambda: image("PNG"), Reason.NOT_WHAT_IT_SAYS),
    "a PDF as PNG": ("photo.png", pdf, Reason.NOT_WHAT_IT_SAYS),
    "a PNG as JPEG": ("photo.jpg", lambda: image("PNG"), Reason.NOT_WHAT_IT_SAYS),
    "a GIF as PNG": ("photo.png", lambda: image("GIF", "P"), Reason.NOT_WHAT_IT_SAYS),
    "a PDF as workbook": ("figures.xlsx", pdf, Reason.NOT_WHAT_IT_SAYS),
    "a PDF as table": ("figures.csv", pdf, Reason.NOT_WHAT_IT_SAYS),
    "a page as table": ("figures.csv", lambda: b"\xef\xbb\xbf \n<!doctype html>", Reason.NOT_WHAT_IT_SAYS),
    "rich text as table": ("figures.csv", lambda: b"{\\rtf1 hello}", Reason.NOT_WHAT_IT_SAYS),
    "an archive as workbook": ("figures.xlsx", lambda: zipped({"a.txt": b"hello"}), Reason.NOT_A_WORKBOOK),
    "a text document as workbook": (
        "figures.xlsx",
        lambda: zipped({"[Content_Types].xml": b'<Types><Override PartName="/word/document.xml" ContentType='
                        b'"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
                        b"</Types>", "word/document.xml": b"<d/>"}),
        Reason.NOT_A_WORKBOOK),
    "a workbook without its book": (
        "figures.xlsx", lambda: _without("xl/workbook.xml"), Reason.NOT_A_WORKBOOK),
    # cut off
    "the start of a PDF": ("permit.pdf", lambda: pdf(30)[:900], Reason.CUT_OFF),
    "the start of a PNG": ("photo.png", lambda: image("PNG")[:-20], Reason.CUT_OFF),
    "a PNG without its end": ("photo.png", lambda: image("PNG")[:-12], Reason.CUT_OFF),
    "a PNG with too few pixels": ("photo.png", lambda: png_of(100, 100, 100 * 50), Reason.CUT_OFF),
    "only a PNG's signature": ("photo.png", lambda: b"\x89PNG\r\n\x1a\n", Reason.CUT_OFF),
    "the start of a JPEG": ("photo.jpg", lambda: image("JPEG", size=(640, 480))[:4000], Reason.CUT_OFF),
    "a JPEG without its end": ("photo.jpg", lambda: image("JPEG")[:-2], Reason.CUT_OFF),
    "a JPEG cut in a marker": ("photo.jpg", lambda: image("JPEG")[:-1], Reason.CUT_OFF),
    "a JPEG cut in its head": ("photo.jpg", lambda: image("JPEG")[:60], Reason.CUT_OFF),
    "the start of a workbook": ("figures.xlsx", lambda: workbook()[:-30], Reason.CUT_OFF),
    "a workbook cut in its last record": ("figures.xlsx", lambda: workbook()[:20], Reason.CUT_OFF),
    "a table cut in a cell": ("figures.csv", lambda: b'a,b\n1,"two', Reason.CUT_OFF),
    # two things at once
    "a PDF and an archive": ("permit.pdf", lambda: pdf() + zipped({"a": b"b"}), Reason.TWO_THINGS),
    "an archive inside a PDF": (
        "permit.pdf", lambda: pdf() + zipped({"a": b"b"}) + b"\n%%EOF\n", Reason.TWO_THINGS),
    "a PDF and a page": ("permit.pdf", lambda: pdf() + b"<script>alert(1)</script>", Reason.TWO_THINGS),
    "a page before a PDF": ("permit.pdf", lambda: b"<html>" + pdf(), Reason.NOT_WHAT_IT_SAYS),
    "a PNG and an archive": ("photo.png", lambda: image("PNG") + zipped({"a": b"b"}), Reason.TWO_THINGS),
    "a PNG and a page": ("photo.png", lambda: image("PNG") + b"<script>alert(1)</script>", Reason.TWO_THINGS),
    "a PNG with one byte more": ("photo.png", lambda: image("PNG") + b"\n", Reason.TWO_THINGS),
    "a JPEG and an archive": ("photo.jpg", lambda: image("JPEG") + zipped({"a": b"b"}), Reason.TWO_THINGS),
    "a JPEG and a page": ("photo.jpg", lambda: image("JPEG") + b"<?php evil();", Reason.TWO_THINGS),
    "a JPEG and a program": ("photo.jpg", lambda: image("JPEG") + b"MZ" + bytes(99), Reason.TWO_THINGS),
    "a table and an archive": ("figures.csv", lambda: table() + zipped({"a": b"b"}), Reason.TWO_THINGS),
    "a workbook after something": ("figures.xlsx", lambda: b"PK\x03\x04junk" + workbook(), Reason.TWO_THINGS),
    "a workbook before something": ("figures.xlsx", lambda: workbook() + b"<script>", Reason.TWO_THINGS),
    # bombs
    "a PNG of 50,000 by 50,000": ("photo.png", lambda: png_of(50_000, 50_000, 0), Reason.TOO_MANY_PIXELS),
    "a PNG that unfolds to more than it says": (
        "photo.png", lambda: png_of(10, 10, 300 << 20), Reason.BROKEN),
    "a JPEG that says 65,000 by 65,000": (
        "photo.jpg",
        lambda: image("JPEG").replace(struct.pack(">HH", 30, 40), struct.pack(">HH", 65_000, 65_000), 1),
        Reason.TOO_MANY_PIXELS),
    "a workbook that unfolds 1000 to 1": (
        "figures.xlsx", lambda: _with("xl/media/big.bin", bytes(60 << 20)), Reason.WORKBOOK_TOO_LARGE),
    "a workbook that says 5 GB": (
        "figures.xlsx", lambda: _size_of_first_entry(5 << 30), Reason.WORKBOOK_TOO_LARGE),
    "a workbook of 20,000 entries": (
        "figures.xlsx", lambda: zipped({f"a{n}": b"" for n in range(20_000)}), Reason.WORKBOOK_TOO_LARGE),
    "a workbook folded onto itself": ("figures.xlsx", overlapping_workbook, Reason.WORKBOOK_TOO_LARGE),
    "a billion laughs": ("figures.xlsx", lambda: _sheet(_entity_bomb()), Reason.BROKEN),
    "an entity that reads a file": (
        "figures.xlsx",
        lambda: _sheet(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'), Reason.BROKEN),
    "a table of one endless line": ("figures.csv", lambda: b"a," * (2 << 20), Reason.BROKEN),
    # protected, active, hiding something
    "a PDF with a password": ("permit.pdf", lambda: protected_pdf("secret", "AES-256"), Reason.PDF_PROTECTED),
    "a PDF with a script for opening": ("permit.pdf", lambda: running_pdf(pdf(2), "open"), Reason.PDF_SCRIPT),
    "a PDF with a script by name": ("permit.pdf", lambda: running_pdf(pdf(2), "name"), Reason.PDF_SCRIPT),
    "a PDF with a script on a page": ("permit.pdf", lambda: running_pdf(pdf(2), "page"), Reason.PDF_SCRIPT),
    "a PDF with a script on a link": ("permit.pdf", lambda: running_pdf(pdf(2), "link"), Reason.PDF_SCRIPT),
    "a PDF with a script in a field": ("permit.pdf", lambda: running_pdf(pdf(2), "field"), Reason.PDF_SCRIPT),
    "a PDF that starts a program": ("permit.pdf", lambda: running_pdf(pdf(2), "launch"), Reason.PDF_SCRIPT),
    "a PDF with a script after one": ("permit.pdf", lambda: running_pdf(pdf(2), "next"), Reason.PDF_SCRIPT),
    "a PDF with restrictions": ("permit.pdf", lambda: protected_pdf("", "RC4-128"), Reason.PDF_PROTECTED),
    "a workbook with a password": (
        "figures.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), Reason.WORKBOOK_PROTECTED),
    "a workbook of encrypted entries": (
        "figures.xlsx", lambda: _flagged(0x1), Reason.WORKBOOK_PROTECTED),
    "a workbook with macros": (
        "figures.xlsx", lambda: _with("xl/vbaProject.bin", b"x"), Reason.WORKBOOK_MACROS),
    "a workbook that says it has macros": ("figures.xlsx", _macro_types, Reason.WORKBOOK_MACROS),
    "a workbook with old macros": (
        "figures.xlsx", lambda: _with("xl/macrosheets/sheet1.xml", b"<x/>"), Reason.WORKBOOK_MACROS),
    "a workbook with controls": (
        "figures.xlsx", lambda: _with("xl/activeX/activeX1.xml", b"<x/>"), Reason.WORKBOOK_MACROS),
    "a workbook with a file inside": (
        "figures.xlsx", lambda: _with("xl/embeddings/oleObject1.bin", b"x"), Reason.WORKBOOK_HOLDS_FILES),
    "a workbook that calls a program": (
        "figures.xlsx",
        lambda: _with("xl/externalLinks/externalLink1.xml", b'<x><ddeLink ddeService="cmd"/></x>'),
        Reason.WORKBOOK_LINKS),
    "a workbook with a link in it": ("figures.xlsx", linked_workbook, Reason.BROKEN),
    "a workbook that climbs out": ("figures.xlsx", lambda: _with("../../evil.xml", b"<x/>"), Reason.BROKEN),
    "a workbook with an absolute name": (
        "figures.xlsx", lambda: _with("/etc/evil.xml", b"<x/>"), Reason.BROKEN),
    "a workbook with two parts of one name": (
        "figures.xlsx", lambda: _with("xl/WORKBOOK.xml", b"<x/>"), Reason.BROKEN),
    # damaged
    "a PDF without pages": ("permit.pdf", lambda: pdf(0), Reason.PDF_EMPTY),
    "a PDF of nothing": ("permit.pdf", lambda: b"%PDF-1.7\n%%EOF\n", Reason.BROKEN),
    "a PDF without a number": ("permit.pdf", lambda: b"%PDF-x\n%%EOF\n", Reason.NOT_WHAT_IT_SAYS),
    "a PNG with a wrong checksum": ("photo.png", lambda: _flipped(image("PNG"), 45), Reason.BROKEN),
    "a PNG of no width": ("photo.png", lambda: png_of(0, 10, 10), Reason.BROKEN),
    "a JPEG of noise": (
        "photo.jpg", lambda: b"\xff\xd8\xff\xe0\0\4xx" + noise(3000), Reason.BROKEN),
    "a JPEG without a picture": ("photo.jpg", lambda: b"\xff\xd8\xff\xd9", Reason.BROKEN),
    "a workbook with a damaged sheet": ("figures.xlsx", lambda: _sheet(b"<sheet"), Reason.BROKEN),
    "a workbook with a damaged byte": ("figures.xlsx", lambda: _flipped(workbook(), 80), Reason.BROKEN),
    "a table with zeros": ("figures.csv", lambda: b"a,b\n1,\x002\n", Reason.NOT_TEXT),
    "a table in an old alphabet": ("figures.csv", lambda: "a,Zürich\n".encode("cp1252"), Reason.NOT_UTF8),
    "a table in UTF-16": ("figures.csv", lambda: "a,b\n".encode("utf-16"), Reason.NOT_UTF8),
    "a table of empty lines": ("figures.csv", lambda: b"\n\n,,\n", Reason.BROKEN),
    "a table with a cell gone wrong": ("figures.csv", lambda: b'a,"b"c,d\n', Reason.BROKEN),
}  # fmt: skip


def _size_of_first_entry(size: int) -> bytes:
    """A workbook whose directory says in 64 bits that its first entry unfolds to `size` bytes."""
    raw = workbook()
    central = raw.index(b"PK\x01\x02")
    name_length = struct.unpack("<H", raw[central + 28 : central + 30])[0]
    extra = struct.pack("<HHQ", 1, 8, size)
    head = bytearray(raw[central : central + 46])
    head[24:28] = b"\xff\xff\xff\xff"
    head[30:32] = struct.pack("<H", len(extra))
    name = raw[central + 46 : central + 46 + name_length]
    rest = raw[central + 46 + name_length : -22]
    end = bytearray(raw[-22:])
    end[12:16] = struct.pack("<I", struct.unpack("<I", end[12:16])[0] + len(extra))
    return raw[:central] + bytes(head) + name + extra + rest + bytes(end)


def _flagged(flag: int) -> bytes:
    """A workbook whose first entry carries a flag in both of its headers."""
    raw = bytearray(workbook())
    raw[6] |= flag
    raw[raw.index(b"PK\x01\x02") + 8] |= flag
    return bytes(raw)
