"""Files that are no workbook of this assessment: one clear sentence, and nothing lost."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.answer_files.compared import FileRefused
from assessments.answer_files.workbook import read_upload, workbook_of
from assessments.assessment import Assessment
from assessments.questionnaire.formats.sheets import LARGEST_FILE
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from tests.conftest import Stack
from tests.support.answers_given import settle
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.workbook.conftest import line_of, opened_book, saved_book
from tests.workbook.uploads import base, downloaded, upload


def bomb() -> bytes:
    """A workbook whose sheet unfolds to gigabytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b" " * 200 * 1024 * 1024)
    return buffer.getvalue()


def plain_book() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "Hello"
    return saved_book(book)


FILES = {
    "empty": (b"", "damaged"),
    "a text": (b"Hello", "damaged"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file (.xls)"),
    "protected": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "protected with a password",
    ),
    "a bomb": (bomb(), "unpacks to far more"),
    "another workbook": (plain_book(), "no answer workbook of this platform"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_answer_workbook_is_refused_in_one_sentence(
    embedded: Stack, smelter: Assessment, name: str
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    raw, said = FILES[name]
    page = upload(visit, smelter, raw, "answers.xls")
    assert page.status == 422
    assert said in page.text
    assert "Fill in offline" in page.heading


def test_a_file_that_is_too_large_is_refused_unread(embedded: Stack, smelter: Assessment) -> None:
    # Not sent as a form: the test client leaves the temporary file of a large body open.
    sheet = read_sheet(embedded.session, smelter.id)
    with pytest.raises(FileRefused, match="larger than"):
        read_upload(sheet, b"PK\x03\x04" + b"\0" * LARGEST_FILE)


def test_no_file_at_all(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    page = visit.post(f"{base(smelter)}/workbook", {}, content_type="multipart/form-data")
    assert page.status == 422
    assert "Choose the workbook that you filled in." in page.text


def test_a_workbook_of_another_assessment_names_it(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    other = opened(embedded.session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW, label="2027")
    page = upload(visit, other, downloaded(visit, smelter))
    assert page.status == 422
    assert (
        "made for another assessment: Kovohuť" in page.text
        or "made for another assessment: Kovo" in page.text
    )
    assert "2026" in page.text


def test_a_workbook_of_another_version_says_which(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    book = opened_book(downloaded(visit, smelter))
    start = book.worksheets[0]
    for (cell,) in start.iter_rows(min_col=4, max_col=4):
        if cell.value == "digest":
            start.cell(cell.row, 2).value = "0" * 64
    page = upload(visit, smelter, saved_book(book))
    assert page.status == 422
    assert "which is not the one asked here" in page.text


def test_nobody_reaches_the_workbook_of_another_company(embedded: Stack, smelter: Assessment) -> None:
    stranger = embedded.visit(embedded.cast.rita)
    assert stranger.client.get(f"{base(smelter)}/workbook/file").status_code == 404
    assert upload(stranger, smelter, b"").status == 404


def test_frozen_answers_are_shown_and_not_taken(embedded: Stack, smelter: Assessment) -> None:
    jana = embedded.cast.jana
    settle(embedded.session, smelter.id, by=jana.actor, at=NOW)
    submit(embedded.session, smelter.id, agrees_to_public_statement=True, by=jana.actor, at=NOW)
    embedded.session.commit()
    visit = embedded.visit(jana)
    assert "nothing can be uploaded" in visit.get(f"{base(smelter)}/workbook").text
    book = opened_book(downloaded(visit, smelter))
    sheet, row = line_of(book, "OHS-06.note")
    sheet[f"D{row}"].value = "late"
    page = upload(visit, smelter, saved_book(book))
    assert "It is frozen since the assessment was submitted." in page.text


@pytest.fixture
def sheet_and_file(embedded: Stack, smelter: Assessment) -> tuple[AnswerSheet, bytes]:
    sheet = read_sheet(embedded.session, smelter.id)
    return sheet, workbook_of(sheet, section="OHS", at=NOW)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_workbook_is_refused_or_read_and_nothing_else(
    data: st.DataObject, sheet_and_file: tuple[AnswerSheet, bytes]
) -> None:
    """Bytes changed, cut, doubled: the reader answers or refuses with one sentence, never otherwise."""
    sheet, raw = sheet_and_file
    broken = bytearray(raw)
    for _change in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        broken = broken[: data.draw(st.integers(0, len(broken)))]
    try:
        upload_read = read_upload(sheet, bytes(broken))
    except FileRefused:
        return
    assert set(upload_read.offers) <= {question.key for question in sheet.questionnaire.questions}


TYPED = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False),
    st.text(max_size=60),
    st.sampled_from(["=1+1", "#N/A", "x", "Yes", "-", "1,234", "2026-13-40", "a" * 3000]),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_typed_is_offered_or_named_by_its_cell(
    data: st.DataObject, sheet_and_file: tuple[AnswerSheet, bytes]
) -> None:
    """Any value in any cell, addresses and revisions included: each line is read, or told with its place."""
    sheet, raw = sheet_and_file
    book = opened_book(raw)
    page = book.worksheets[1]
    for _change in range(data.draw(st.integers(1, 12))):
        row, column = data.draw(st.integers(2, page.max_row)), data.draw(st.integers(1, 11))
        typed = data.draw(TYPED)
        if isinstance(typed, str):
            typed = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", typed)
        page.cell(row, column).value = typed
    read = read_upload(sheet, saved_book(book))
    for unread, spot in read.unread:
        assert str(unread.said)
        assert spot.row >= 1
