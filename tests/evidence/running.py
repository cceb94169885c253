"""PDFs that run something, one for each place where an action can hang."""

from __future__ import annotations

import io

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)


def running_pdf(plain: bytes, where: str) -> bytes:
    """The PDF of two pages ``plain`` with an action at one of the places; "address": a plain link."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    script = {"/S": "/JavaScript", "/JS": "app.alert(1)"}
    address: dict[str, object] = {"/S": "/URI", "/URI": "https://example.org/"}
    link: dict[str, object] = {"/Type": "/Annot", "/Subtype": "/Link", "/Rect": [0, 0, 9, 9]}
    root, page = writer.root_object, writer.pages[1]
    match where:
        case "open":
            _put(root, "/OpenAction", script)
        case "name":
            _put(root, "/Names", {"/JavaScript": {"/Names": ["all", script]}})
        case "page":
            _put(page, "/AA", {"/O": script})
        case "link":
            _put(page, "/Annots", [{**link, "/A": script}])
        case "next":
            _put(page, "/Annots", [{**link, "/A": {**address, "/Next": [script]}}])
        case "address":
            _put(page, "/Annots", [{**link, "/A": address}])
        case "field":
            _put(root, "/AcroForm", {"/Fields": [{"/T": "a", "/Kids": [{"/T": "b", "/AA": {"/K": script}}]}]})
        case "launch":
            _put(root, "/OpenAction", {"/S": "/Launch", "/F": "calc.exe"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _put(holder: DictionaryObject, name: str, value: object) -> None:
    holder[NameObject(name)] = _as_pdf(value)


def _as_pdf(value: object) -> PdfObject:
    if isinstance(value, dict):
        return DictionaryObject({NameObject(name): _as_pdf(each) for name, each in value.items()})
    if isinstance(value, list):
        return ArrayObject(_as_pdf(each) for each in value)
    if isinstance(value, int):
        return NumberObject(value)
    text = str(value)
    return NameObject(text) if text.startswith("/") else TextStringObject(text)
