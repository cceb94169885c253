"""Files made to break a reader: one sentence each, within 256 MB and 5 seconds, never a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.questionnaire_formats.conftest import Form, read, workbook

ROOT = Path(__file__).parents[2]
HEAD = "<row><c t='inlineStr'><is><t>type</t></is></c><c t='inlineStr'><is><t>name</t></is></c></row>"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def archive(sheet: str = "", shared: str = "", packing: int = zipfile.ZIP_DEFLATED, more: str = "") -> bytes:
    """A workbook put together by hand, with one sheet survey."""
    parts = {
        "_rels/.rels": f"<R><Relationship Type='{OFFICE}/officeDocument' Target='xl/workbook.xml'/></R>",
        "xl/workbook.xml": f"<w xmlns:r='{OFFICE}'><sheets><sheet name='survey' r:id='a'/></sheets></w>",
        "xl/_rels/workbook.xml.rels": f"<R><Relationship Id='a' Type='{OFFICE}/worksheet' Target='s.xml'/>"
        f"<Relationship Id='b' Type='{OFFICE}/sharedStrings' Target='t.xml'/></R>",
        "xl/s.xml": sheet or f"<worksheet><sheetData>{HEAD}</sheetData></worksheet>",
        "xl/t.xml": shared or "<sst/>",
    }
    if more:
        parts[more] = "<x/>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return buffer.getvalue()


def rows(lines: Iterable[str]) -> str:
    return f"<worksheet><sheetData>{HEAD}{''.join(lines)}</sheetData></worksheet>"


def laughs() -> str:
    entities = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 40))
    return f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><worksheet>&a39;</worksheet>'


def encrypted() -> bytes:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    return ole + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500


FORM = workbook(survey=[["type", "name", "label"], ["text", "a", "A"]])

TRAPS: dict[str, tuple[bytes, str]] = {
    "old.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1500, "old Excel file"),
    "older.xlsx": (b"\x09\x08\x10\x00" + b"\0" * 100, "old Excel file"),
    "encrypted.xlsx": (encrypted(), "protected with a password"),
    "page.xlsx": (b"<html><table><tr><td>type</td></tr></table>", "web page"),
    "xml.xlsx": (b"<?xml version='1.0'?><Workbook/>", "XML file"),
    "ods.xlsx": (archive(more="content.xml"), "OpenDocument"),
    "binary.xlsx": (archive(more="xl/workbook.bin"), "binary workbook"),
    "text.xlsx": (archive(more="word/document.xml"), "text document"),
    "cut.xlsx": (FORM[:-200], "damaged"),
    "nothing.xlsx": (b"", "empty"),
    "garbage.xlsx": (b"\x01\x02\x03" * 100, "no .xlsx, .csv or .json"),
    "bomb.xlsx": (
        archive(rows(["<row><c t='str'><v>" + "a" * 30_000_000 + "</v></c></row>"])),
        "unpacks to far",
    ),
    "laughs.xlsx": (archive(laughs()), "declares entities"),
    "laughs_shared.xlsx": (archive(shared=laughs()), "declares entities"),
    "deep.xlsx": (archive("<worksheet>" + "<a>" * 300_000), "damaged"),
    "wide.xlsx": (
        archive(rows(f"<row r='{n}'><c r='XFD{n}'><v>1</v></c></row>" for n in range(2, 90_000))),
        "no question",
    ),
    "cells.xlsx": (
        archive(
            rows(f"<row>{f'<c><v>{n}.{n}</v></c>' * 40}</row>" for n in range(8_000)),
            packing=zipfile.ZIP_STORED,
        ),
        "filled cells",
    ),
    "strings.xlsx": (
        archive(shared=f"<sst>{''.join(f'<si><t>{n}</t></si>' for n in range(300_000))}</sst>", packing=0),
        "unpacks to far",
    ),
    "nul.csv": (b"type,name\n\0\0", "no text file"),
    "quote.csv": (b'type,name\ntext,"' + b"x" * 300_000, "cannot be read as CSV"),
    "columns.csv": (b"type,name\n" + b"," * 2_000, "columns"),
    "places.csv": (b"type,name\n" + (b"text,a" + b"," * 900 + b"\n") * 2_000, "cells"),
    "rows.csv": (b"type,name\n" + b"text,a\n" * 12_000, "rows"),
    "groups.csv": (b"type,name\n" + b"begin group,a\n" * 5_000, "nests groups"),
    "deep.json": (b"[" * 100_000, "no JSON"),
    "nested.json": (b"[" * 500 + b"]" * 500, "nested more than"),
    "values.json": (b'{"pages":[' + b"[]," * 700_000 + b"1]}", "more values"),
    "maps.json": (b"[" + b'{"a":{"a":1}},' * 200_000 + b"1]", "more values"),
    "entries.json": (
        b'{"pages":[]' + b"".join(b',"a%d":"b%d"' % (n, n) for n in range(290_000)) + b"}",
        "no SurveyJS",
    ),
    "broken.json": (b'{"pages": [}', "no JSON"),
    "other.json": (b'{"hello": "world"}', "no SurveyJS form and no OSCAL catalog"),
    "elements.json": (
        json.dumps({"elements": [{"type": "text", "name": f"q{n}"} for n in range(11_000)]}).encode(),
        "elements",
    ),
    "new.json": (b'{"catalog":{"metadata":{"oscal-version":"2.0.0"},"controls":[]}}', "versions 1.0 to 1.2"),
    "none.json": (b'{"catalog":{"metadata":{"oscal-version":"1.1.0"},"controls":[]}}', "no control"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the confined reader says of every trap: file to its refusal."""
    folder = tmp_path_factory.mktemp("traps")
    for name, (raw, _why) in TRAPS.items():
        (folder / name).write_bytes(raw)
    return confined(sorted(folder.iterdir()))


def confined(files: list[Path]) -> dict[str, Any]:
    """File to refusal (None: read), by a process of little memory and time, which must live through it."""
    program = [sys.executable, str(Path(__file__).with_name("confined_reader.py")), *map(str, files)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lines[-1:], files[len(lines)].name, done.stderr[-2000:])
    return {line["file"]: line["refused"] for line in lines}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_refused_in_one_sentence(name: str, told: dict[str, Any]) -> None:
    said = told[name]
    assert said is not None
    assert TRAPS[name][1] in said
    assert "\n" not in said
    assert said[-1] == "."


def test_many_expressions_and_constraints_end_in_time(tmp_path: Path) -> None:
    nested = "not(" * 39 + "${q1} = 'a'" + ")" * 39
    lines = [f"text,q{n},Q,{nested},{'. > 1 and ' * 100}. > 2" for n in range(5_000)]
    file = tmp_path / "expressions.csv"
    file.write_text("type,name,label,relevant,constraint\n" + "\n".join(lines))
    assert confined([file]) == {file.name: None}


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (["type", "name", "label", "label"], "“label” twice, in columns C and D"),
        (["type", "name", "label", "Label "], "“label” twice"),
        (["type", "name", "relevant", "relevance"], "“relevant” twice (“relevant” and “relevance”)"),
        (["type", "name", "label::fr", "label:: fr"], "“label” twice"),
    ],
)
def test_duplicate_headers_are_one_clear_sentence(form: Form, headers: list[str], told: str) -> None:
    reading = read(form(survey=[headers, ["text", "a", "A", "B"]]))
    assert reading.draft is None
    assert reading.refused is not None
    assert told in reading.refused
    assert reading.refused.startswith("The sheet survey has the header")


@pytest.mark.parametrize(
    ("types", "told"),
    [
        (["begin group"], "opens the group g at row 2 and never closes it"),
        (["end group"], "closes a group at row 2 that it never opened"),
        (["begin group", "end repeat"], "closes a repeat at row 3, but the group g of row 2 is open"),
    ],
)
def test_groups_that_do_not_close_are_one_clear_sentence(form: Form, types: list[str], told: str) -> None:
    reading = read(form(survey=[["type", "name"], *([typed, "g"] for typed in types)]))
    assert reading.refused is not None
    assert told in reading.refused
