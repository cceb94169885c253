"""What programs and busy people make of a workbook: understood as meant, or told in one sentence."""

from __future__ import annotations

from assessments.assessment import Assessment
from tests.conftest import Stack
from tests.support.page import Visit
from tests.workbook.conftest import filled, line_of, opened_book, saved_book
from tests.workbook.uploads import downloaded, saved, upload

CASES = [
    {"row": "contractors", "accidents": "2", "hours": "900"},
    {"row": "employees", "accidents": "3", "hours": "120000"},
]


def visit_of(stack: Stack) -> Visit:
    return stack.visit(stack.cast.petr)


def test_a_download_that_comes_back_as_it_went_changes_nothing(embedded: Stack, smelter: Assessment) -> None:
    """Whatever the order in which rows and choices were stored."""
    visit = visit_of(embedded)
    saved(embedded, visit, smelter, "OHS-05", {"cases": CASES, "causes": ["vehicle", "fall"]})
    page = upload(visit, smelter, downloaded(visit, smelter))
    assert "0 answers would change." in page.text


def test_only_the_part_that_differs_is_shown(embedded: Stack, smelter: Assessment) -> None:
    visit = visit_of(embedded)
    saved(embedded, visit, smelter, "OHS-05", {"cases": CASES, "causes": ["vehicle", "fall"]})
    page = upload(visit, smelter, filled(downloaded(visit, smelter), {"OHS-05.causes=machine": "x"}))
    assert "One answer would change." in page.text
    assert "120" not in page.text


def test_a_column_put_in_is_told_and_moves_no_answer(embedded: Stack, smelter: Assessment) -> None:
    visit = visit_of(embedded)
    raw = downloaded(visit, smelter)
    for place in (1, 3, 9):
        book = opened_book(raw)
        line_of(book, "OHS-05")[0].insert_cols(place)
        page = upload(visit, smelter, saved_book(book))
        assert page.status == 422
        assert "a column was added or taken out" in page.text
    book = opened_book(raw)
    line_of(book, "OHS-05")[0].delete_cols(3)
    assert "a column was added or taken out" in upload(visit, smelter, saved_book(book)).text


def test_a_line_whose_cells_were_moved_is_told(embedded: Stack, smelter: Assessment) -> None:
    visit = visit_of(embedded)
    page = upload(visit, smelter, filled(downloaded(visit, smelter), {"OHS-05@K": None}))
    assert page.status == 200
    assert "holds no version" in page.text
    assert "0 answers would change." in page.text


def test_a_workbook_without_its_cover_is_told_apart_from_a_strange_one(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = visit_of(embedded)
    book = opened_book(downloaded(visit, smelter))
    book.remove(book.worksheets[0])
    page = upload(visit, smelter, saved_book(book))
    assert page.status == 422
    assert "The first sheet, which says what the workbook was made for, was taken out" in page.text


def test_sheets_and_lines_may_be_called_and_stand_otherwise(embedded: Stack, smelter: Assessment) -> None:
    visit = visit_of(embedded)
    book = opened_book(filled(downloaded(visit, smelter), {"OHS-05.causes=fall": True}))
    sheet = line_of(book, "OHS-05")[0]
    sheet.title = "Mine & 'yours' <2>"
    sheet.insert_rows(1, 3)
    notes = book.create_sheet("Notes", 0)
    notes["A1"] = "Ask Vera about OHS-05"
    for _row in range(400):
        sheet.append([None, ""])
    page = upload(visit, smelter, saved_book(book))
    assert "One answer would change." in page.text


def test_a_share_typed_with_its_sign_is_that_share(embedded: Stack, smelter: Assessment) -> None:
    """Programs turn 92,5% that somebody types into 0.925 and a format."""
    visit = visit_of(embedded)
    raw = downloaded(visit, smelter)
    for typed, shown in ((0.925, "0.0%"), ("92,5 %", "@"), (92.5, "General"), (0.925, '"about" 0.00%')):
        book = opened_book(filled(raw, {"OHS-01.employees": typed}))
        sheet, row = line_of(book, "OHS-01.employees")
        sheet[f"D{row}"].number_format = shown
        page = upload(visit, smelter, saved_book(book))
        assert "92.5 %" in page.text, (typed, shown)
    book = opened_book(filled(raw, {"OHS-05.cases.employees": 0.12}))
    sheet, row = line_of(book, "OHS-05.cases.employees")
    sheet[f"D{row}"].number_format = "0%"
    assert "“12%” is not a number" in upload(visit, smelter, saved_book(book)).text
