"""The way of a workbook over the pages: nothing counts before it is seen, all of it can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from assessments.assessment import Answer, AnswerRevision, Assessment
from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import Site
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from tests.conftest import Stack
from tests.support.cast import NOW
from tests.support.statements import counted
from tests.workbook.conftest import filled, line_of, opened_book, saved_book
from tests.workbook.uploads import base, downloaded, fields_of, saved, take, upload

ACCIDENTS = {"OHS-05.cases.employees@D": 3, "OHS-05.cases.employees@F": 120000, "OHS-05.causes=fall": "x"}


def sheet_of(stack: Stack, assessment: Assessment) -> AnswerSheet:
    stack.session.rollback()
    return read_sheet(stack.session, assessment.id)


def revisions(stack: Stack) -> int:
    stack.session.rollback()
    return stack.session.scalar(select(func.count()).select_from(AnswerRevision)) or 0


def test_a_workbook_goes_out_comes_back_counts_once_and_is_taken_back(
    stack: Stack, smelter_on_both: Assessment
) -> None:
    visit = stack.visit(stack.cast.petr)
    page = visit.get(f"{base(smelter_on_both)}/workbook")
    assert "Fill in offline" in page.heading
    raw = filled(downloaded(visit, smelter_on_both, ""), ACCIDENTS)
    seen = upload(visit, smelter_on_both, raw)
    assert seen.status == 200
    assert "One answer would change." in seen.text
    assert "Falls" in seen.text
    assert revisions(stack) == 0  # looking is not saving
    assert take(visit, smelter_on_both, seen).status == 303
    answer = sheet_of(stack, smelter_on_both).answer("OHS-05")
    assert answer.revision == 1
    assert answer.parts["cases"] == [{"row": "employees", "accidents": "3", "hours": "120000"}]
    assert answer.parts["causes"] == ["fall"]
    again = upload(visit, smelter_on_both, raw)
    assert "Nothing to take over." in again.text
    assert "0 answers would change." in again.text
    back = visit.get(f"{base(smelter_on_both)}/workbook")
    assert "OHS-05" in back.text
    undone = visit.post(f"{base(smelter_on_both)}/workbook/back")
    assert undone.status == 303
    answer = sheet_of(stack, smelter_on_both).answer("OHS-05")
    assert (answer.revision, answer.parts, answer.state) == (2, {}, "empty")
    kinds = list(stack.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)))[-4:]
    assert kinds == [
        EventKind.ANSWER_SAVED, EventKind.FILE_TAKEN_OVER, EventKind.ANSWER_SAVED, EventKind.FILE_TAKEN_BACK,
    ]  # fmt: skip
    happened = visit.get(base(smelter_on_both)).text
    assert "Took one answer over from an uploaded workbook" in happened
    assert "stands as before" in happened


def test_confirming_twice_writes_once(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    seen = upload(visit, smelter, filled(downloaded(visit, smelter), ACCIDENTS))
    assert take(visit, smelter, seen).status == 303
    before = revisions(embedded)
    assert take(visit, smelter, seen).status == 303
    assert revisions(embedded) == before
    assert "All of it stands already." in visit.get(f"{base(smelter)}/workbook").text


def test_what_is_unticked_stays_as_it_is(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    raw = filled(downloaded(visit, smelter), {**ACCIDENTS, "OHS-06.known": "Nobody lost their life"})
    seen = upload(visit, smelter, raw)
    assert "2 answers would change." in seen.text
    take(visit, smelter, seen, OHS_05="")
    sheet = sheet_of(embedded, smelter)
    assert sheet.answer("OHS-05").revision == 0
    assert sheet.answer("OHS-06").parts == {"known": "nobody"}


def test_two_people_one_answer_are_shown_side_by_side(stack: Stack, smelter_on_both: Assessment) -> None:
    petr, jana = stack.visit(stack.cast.petr), stack.visit(stack.cast.jana)
    raw = filled(downloaded(petr, smelter_on_both), {**ACCIDENTS, "OHS-06.known": "Nobody lost their life"})
    theirs = {"cases": [{"row": "employees", "accidents": "5"}]}
    saved(stack, jana, smelter_on_both, "OHS-05", theirs)
    seen = upload(petr, smelter_on_both, raw)
    assert "One was changed here since the download." in seen.text
    assert "Stands now (Jana" in seen.text
    assert fields_of(seen)["take.OHS-05"] == "no"  # what stands stays unless somebody says otherwise
    take(petr, smelter_on_both, seen)
    sheet = sheet_of(stack, smelter_on_both)
    assert sheet.answer("OHS-05").parts == theirs
    assert sheet.answer("OHS-06").revision == 1
    seen = upload(petr, smelter_on_both, raw)
    take(petr, smelter_on_both, seen, OHS_05="yes")
    answer = sheet_of(stack, smelter_on_both).answer("OHS-05")
    assert (answer.revision, answer.parts["causes"]) == (2, ["fall"])


def test_what_only_comes_back_as_it_went_overwrites_nobody(embedded: Stack, smelter: Assessment) -> None:
    petr = embedded.visit(embedded.cast.petr)
    saved(embedded, petr, smelter, "OHS-06", {"known": "open"})
    raw = filled(downloaded(petr, smelter), ACCIDENTS)
    saved(embedded, petr, smelter, "OHS-06", {"known": "nobody"})
    seen = upload(petr, smelter, raw)
    assert "seen.OHS-06" not in fields_of(seen)
    take(petr, smelter, seen)
    assert sheet_of(embedded, smelter).answer("OHS-06").parts == {"known": "nobody"}


def test_an_answer_that_changes_between_looking_and_confirming_stops_all_of_it(
    stack: Stack, smelter_on_both: Assessment
) -> None:
    petr = stack.visit(stack.cast.petr)
    raw = filled(downloaded(petr, smelter_on_both), {**ACCIDENTS, "OHS-06.known": "Nobody lost their life"})
    seen = upload(petr, smelter_on_both, raw)
    saved(stack, petr, smelter_on_both, "OHS-05", {"cases": [{"row": "agency", "accidents": "1"}]})
    again = take(petr, smelter_on_both, seen)
    assert again.status == 412
    assert "Nothing was taken over." in again.text
    assert "Changed on both sides" in again.text
    sheet = sheet_of(stack, smelter_on_both)
    assert sheet.answer("OHS-06").revision == 0
    assert take(petr, smelter_on_both, again, OHS_05="yes").status == 303
    assert sheet_of(stack, smelter_on_both).answer("OHS-06").revision == 1


def test_an_upload_is_not_taken_back_once_one_of_its_answers_changed(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    take(visit, smelter, upload(visit, smelter, filled(downloaded(visit, smelter), ACCIDENTS)))
    saved(embedded, visit, smelter, "OHS-05", {"causes": ["burn"]})
    assert "take it back" not in visit.get(f"{base(smelter)}/workbook").text
    refused = visit.post(f"{base(smelter)}/workbook/back")
    assert refused.status == 409
    assert "OHS-05 has changed since" in refused.text
    assert sheet_of(embedded, smelter).answer("OHS-05").parts == {"causes": ["burn"]}


def test_what_lives_in_the_profile_is_taken_over_and_back(stack: Stack, smelter_on_both: Assessment) -> None:
    visit = stack.visit(stack.cast.jana)
    before = sheet_of(stack, smelter_on_both).answer("PRO-05").parts
    raw = filled(downloaded(visit, smelter_on_both, "PRO"), {"PRO-05.employees": 77, "PRO-05.guards": "No"})
    take(visit, smelter_on_both, upload(visit, smelter_on_both, raw))
    sheet = sheet_of(stack, smelter_on_both)
    assert sheet.site is not None
    assert sheet.site["employees"] == 77
    assert "Nothing to take over." in upload(visit, smelter_on_both, raw).text
    assert visit.post(f"{base(smelter_on_both)}/workbook/back").status == 303
    assert sheet_of(stack, smelter_on_both).answer("PRO-05").parts == before


def test_the_profile_changed_since_stops_taking_back(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.jana)
    raw = filled(downloaded(visit, smelter, "PRO"), {"PRO-05.employees": 77})
    take(visit, smelter, upload(visit, smelter, raw))
    embedded.session.rollback()
    embedded.session.get_one(Site, embedded.cast.smelter).employees = 78
    embedded.session.commit()
    assert visit.post(f"{base(smelter)}/workbook/back").status == 409


def test_what_cannot_be_read_is_named_by_sheet_row_and_column(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    raw = downloaded(visit, smelter)
    for column, typed, why in (
        ("G", "A dream", "“A dream” is none of the choices; choose from the list."),
        ("D", "many", "“many” is not a number."),
        ("E", "=1/0", "It holds “a formula without its result” instead of a value"),
    ):
        book = opened_book(raw)
        sheet, row = line_of(book, "OHS-05.cases.agency")
        sheet[f"{column}{row}"].value = typed
        seen = upload(visit, smelter, saved_book(book))
        assert f"OHS-05 {sheet.title}, row {row}, column {column} {why}" in seen.text
        assert not [one for one in seen.tree.iter("form") if one.get("id") == "changes"]


def test_a_figure_out_of_range_is_named_by_its_own_row(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    raw = downloaded(visit, smelter, "OHS")
    sheet, row = line_of(opened_book(raw), "OHS-01.employees")
    typed = {"OHS-01.systems=own": "x", "OHS-01.employees": 188, "OHS-01.employees@E": 2025}
    seen = upload(visit, smelter, filled(raw, typed))
    assert f"OHS-01 {sheet.title}, row {row}, column D 188 percent is out of range." in seen.text


def test_does_not_apply_needs_its_reason(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    raw = downloaded(visit, smelter)
    seen = upload(visit, smelter, filled(raw, {"OHS-06.state": "Does not apply"}))
    assert "It does not say why it does not apply." in seen.text
    said = {"OHS-06.state": "Does not apply", "OHS-06.reason": "Nobody works here yet"}
    take(visit, smelter, upload(visit, smelter, filled(raw, said)))
    answer = sheet_of(embedded, smelter).answer("OHS-06")
    assert (answer.state, answer.reason) == ("not_applicable", "Nobody works here yet")


def test_a_line_taken_out_is_told_and_empties_nothing(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    saved(embedded, visit, smelter, "OHS-05", {"causes": ["burn"]})
    book = opened_book(downloaded(visit, smelter))
    sheet, row = line_of(book, "OHS-05.causes=burn")
    sheet.delete_rows(row)
    seen = upload(visit, smelter, saved_book(book))
    assert "Its line OHS-05.causes=burn was taken out" in seen.text
    assert "Nothing to take over." in seen.text


@pytest.mark.parametrize("held", ["", "x.y", "0" * 64 + ".AAAA"])
def test_a_form_that_was_not_shown_is_not_taken(embedded: Stack, smelter: Assessment, held: str) -> None:
    visit = embedded.visit(embedded.cast.petr)
    answer = visit.post(f"{base(smelter)}/workbook/changes", {"held": held})
    assert answer.status == 409
    assert "This is not what was shown." in answer.text


def test_changes_held_for_one_assessment_are_not_taken_to_another(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    seen = upload(visit, smelter, filled(downloaded(visit, smelter), ACCIDENTS))
    company = sheet_of(embedded, smelter).company_assessment_id
    answer = visit.post(f"/supplier/assessments/{company}/workbook/changes", fields_of(seen))
    assert answer.status == 409
    assert revisions(embedded) == 0


def test_how_much_is_asked_of_the_database_does_not_grow_with_the_workbook(
    stack: Stack, smelter_on_both: Assessment
) -> None:
    visit = stack.visit(stack.cast.petr)
    visit.get(f"{base(smelter_on_both)}/workbook")  # the form's token
    counts = {}
    for name, answers in (
        ("one", {"OHS-06.known": "Nobody lost their life"}),
        ("many", {**ACCIDENTS, "OHS-06.known": "Nobody lost their life", "ENV-05.total": 12.5}),
    ):
        raw = filled(downloaded(visit, smelter_on_both, ""), answers)
        with counted(stack.engine) as ran:
            assert upload(visit, smelter_on_both, raw).status == 200
        counts[name] = len(ran)
    assert counts["one"] == counts["many"] <= 8, counts
    with counted(stack.engine) as ran:
        downloaded(visit, smelter_on_both)
    assert len(ran) <= 5, ran
    assert not stack.session.scalars(select(Answer)).all()


def test_an_answer_that_waited_for_a_word_waits_again_once_taken_back(
    stack: Stack, smelter_on_both: Assessment
) -> None:
    visit = stack.visit(stack.cast.petr)
    # As a move leaves it: the mark is written with the answer, not into one that a server has shown.
    offered = Offered({"known": "open"}, 0)
    sheet = sheet_of(stack, smelter_on_both)
    save_answer(stack.session, sheet, "OHS-06", offered, by=stack.cast.petr.actor, at=NOW)
    answer = stack.session.get_one(Answer, (smelter_on_both.id, "OHS-06"))
    version = str(smelter_on_both.cycle.version_id)
    answer.carried = {"fate": "confirm", "revision": 1, "version": version, "old": []}
    stack.session.commit()
    assert sheet_of(stack, smelter_on_both).waits("OHS-06")
    raw = filled(downloaded(visit, smelter_on_both), {"OHS-06.known": "Nobody lost their life"})
    take(visit, smelter_on_both, upload(visit, smelter_on_both, raw))
    assert not sheet_of(stack, smelter_on_both).waits("OHS-06")
    assert visit.post(f"{base(smelter_on_both)}/workbook/back").status == 303
    sheet = sheet_of(stack, smelter_on_both)
    assert sheet.answer("OHS-06").parts == {"known": "open"}
    assert sheet.waits("OHS-06")


def test_a_workbook_in_another_language_comes_back_whatever_the_reader_reads(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    path = f"{base(smelter)}/workbook/file?section=OHS"
    german = visit.client.get(f"{path}&questions=de").data
    book = opened_book(german)
    sheet, row = line_of(book, "OHS-06.known")
    assert sheet[f"B{row}"].value != "What is known for the last three years"
    lists = book["Lists"]
    cells = (cell for row in lists.iter_rows() for cell in row if cell.value == "nobody")
    place = next(cell for cell in cells if lists.cell(cell.row + 1, cell.column).value == "open")
    nobody = lists.cell(place.row, place.column - 1).value
    assert visit.client.get(f"{path}&questions=en").status_code == 200
    seen = upload(visit, smelter, filled(german, {"OHS-06.known": nobody}))
    take(visit, smelter, seen)
    assert sheet_of(embedded, smelter).answer("OHS-06").parts == {"known": "nobody"}
