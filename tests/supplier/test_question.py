"""One question by htmx: what comes back is a piece of the page, and says what changed."""

from __future__ import annotations

from assessments.assessment import Assessment
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from tests.conftest import Stack
from tests.supplier.conftest import HTMX, by_id, sheet_of, text_of
from tests.support.answers_given import settle
from tests.support.assessing import standard
from tests.support.cast import NOW

FIRST = {"OHS-01.revision": "0", "OHS-01.profile": "", "OHS-01.state": ""}


def question(assessment: Assessment, key: str) -> str:
    return f"/supplier/assessments/{assessment.id}/questions/{key}"


def test_a_save_answers_with_the_new_revision_and_the_rail(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    answer = visit.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    assert answer.status == 200
    assert answer.values()["OHS-01.revision"] == "1"
    assert "Saved" in text_of(by_id(answer, "OHS-01--outcome"))
    assert "2 of 174 questions answered" in text_of(by_id(answer, "rail"))
    assert sheet_of(embedded, smelter).answer("OHS-01").state is AnswerState.ANSWERED


def test_parts_open_and_close_in_place(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    closed = visit.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    assert len(by_id(closed, "OHS-01-employees-slot")) == 0
    opened = visit.post(
        question(smelter, "OHS-01"),
        {**FIRST, "OHS-01.revision": "1", "OHS-01.systems": ["own"]},
        headers=HTMX,
    )
    assert "Share of employees covered today" in text_of(by_id(opened, "OHS-01-employees-slot"))


def test_a_question_that_now_applies_comes_with_its_card(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {"ENV-23.revision": "0", "ENV-23.profile": "", "ENV-23.discharge.process.leaves": "some"}
    answer = visit.post(question(smelter, "ENV-23"), sent, headers=HTMX)
    card = text_of(by_id(answer, "ENV-24-slot"))
    assert "New here." in card
    assert "Asked because process water leaves this site." in card
    sent |= {"ENV-23.revision": "1", "ENV-23.discharge.process.leaves": "none"}
    gone = visit.post(question(smelter, "ENV-23"), sent, headers=HTMX)
    assert "ENV-24 is no longer asked." in text_of(by_id(gone, "ENV-24-slot"))


def test_a_wrong_value_is_named_and_nothing_is_saved(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {**FIRST, "OHS-01.systems": ["own"], "OHS-01.employees.value": "120"}
    answer = visit.post(question(smelter, "OHS-01"), sent, headers=HTMX)
    assert answer.status == 422
    assert "out of range" in answer.text
    assert answer.values()["OHS-01.revision"] == "0"
    assert sheet_of(embedded, smelter).stored == {}


def test_a_stale_save_shows_both_and_keeping_mine_saves_it(embedded: Stack, smelter: Assessment) -> None:
    jana, petr = embedded.visit(embedded.cast.jana), embedded.visit(embedded.cast.petr)
    jana.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    mine = {**FIRST, "OHS-01.systems": ["iso45001"]}
    stale = petr.post(question(smelter, "OHS-01"), mine, headers=HTMX)
    assert stale.status == 412
    assert "No written system yet" in stale.text
    assert "ISO 45001" in stale.text
    revision = stale.values()["OHS-01.revision"]
    assert revision == "1"
    kept = petr.post(
        question(smelter, "OHS-01"),
        mine | {"OHS-01.revision": revision, "OHS-01.resolve": "mine"},
        headers=HTMX,
    )
    assert kept.status == 200
    assert by_id(kept, "OHS-01").get("data-question") == "OHS-01"
    assert sheet_of(embedded, smelter).answer("OHS-01").parts == {"systems": ["iso45001"]}


def test_without_script_a_stale_save_is_told_at_the_top(embedded: Stack, smelter: Assessment) -> None:
    jana, petr = embedded.visit(embedded.cast.jana), embedded.visit(embedded.cast.petr)
    jana.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    stale = petr.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["iso45001"]})
    assert stale.status == 412
    assert "OHS-01: two people, one answer" in stale.text
    assert by_id(stale, "OHS-01-stale") is not None, "the summary's link leads somewhere"


def test_taking_the_other_draws_the_card_with_it(embedded: Stack, smelter: Assessment) -> None:
    jana, petr = embedded.visit(embedded.cast.jana), embedded.visit(embedded.cast.petr)
    jana.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    mine = {**FIRST, "OHS-01.systems": ["iso45001"], "OHS-01.resolve": "theirs"}
    taken = petr.post(question(smelter, "OHS-01"), mine, headers=HTMX)
    assert taken.values()["OHS-01.systems"] == "none"
    assert sheet_of(embedded, smelter).answer("OHS-01").revision == 1


def test_a_save_whose_answer_was_lost_may_be_sent_again(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {**FIRST, "OHS-01.systems": ["none"]}
    for _try in range(2):
        answer = visit.post(question(smelter, "OHS-01"), sent, headers=HTMX)
        assert (answer.status, answer.values()["OHS-01.revision"]) == (200, "1")


def test_a_frozen_question_says_so_in_its_place(embedded: Stack, smelter: Assessment) -> None:
    settle(embedded.session, smelter.id, by=embedded.cast.petr.actor, at=NOW)
    submit(embedded.session, smelter.id, agrees_to_public_statement=True, by=embedded.cast.jana.actor, at=NOW)
    embedded.session.commit()
    visit = embedded.visit(embedded.cast.petr)
    answer = visit.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    assert answer.status == 422
    assert "frozen" in text_of(by_id(answer, "OHS-01--outcome"))


def test_alone_on_its_page_a_question_saves_without_script(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    assert visit.get(question(smelter, "OHS-01")).heading == "Question OHS-01"
    answer = visit.post(question(smelter, "OHS-01"), {**FIRST, "OHS-01.systems": ["none"]})
    assert (answer.status, answer.location) == (303, question(smelter, "OHS-01"))
    wrong = visit.post(
        question(smelter, "OHS-01"), {**FIRST, "OHS-01.revision": "1", "OHS-01.employees.value": "x"}
    )
    assert wrong.status == 422
    assert wrong.values()["OHS-01.employees.value"] == "x"


def test_a_question_that_is_not_asked_has_a_page_with_the_reason(
    embedded: Stack, smelter: Assessment
) -> None:
    page = embedded.visit(embedded.cast.petr).get(question(smelter, "OHS-13"))
    assert (page.status, page.heading) == (200, "Question OHS-13")
    assert "Not asked because this site does not mine or quarry." in page.text


def test_an_unknown_question_is_not_there(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    assert visit.get(question(smelter, "OHS-99")).status == 404
    assert visit.post(question(smelter, "OHS-99"), FIRST).status == 404


def test_strangers_save_nothing(embedded: Stack, smelter: Assessment) -> None:
    for name in ("rita", "anna", "lena", "sara"):
        visit = embedded.visit(getattr(embedded.cast, name))
        assert visit.post(question(smelter, "OHS-01"), FIRST, headers=HTMX).status == 404


def test_a_level_is_saved_on_its_own(embedded: Stack, smelter: Assessment) -> None:
    path = f"/supplier/assessments/{smelter.id}/maturity/OHS.1"
    petr, jana = embedded.visit(embedded.cast.petr), embedded.visit(embedded.cast.jana)
    first = petr.post(path, {"level-OHS-1.revision": "", "level-OHS-1.level": "2"}, headers=HTMX)
    assert (first.status, first.values()["level-OHS-1.revision"]) == (200, "2")
    late = jana.post(path, {"level-OHS-1.revision": "", "level-OHS-1.level": "3"}, headers=HTMX)
    assert "A colleague had chosen “2” meanwhile; yours stands now." in late.text
    assert sheet_of(embedded, smelter).self_levels == {"OHS.1": 3}
    assert petr.post(path, {"level-OHS-1.level": "5"}, headers=HTMX).status == 422
    unrated = f"/supplier/assessments/{smelter.id}/maturity/PRO.1"
    assert petr.post(unrated, {"level-PRO-1.level": "2"}, headers=HTMX).status == 404


def test_a_save_is_a_fixed_number_of_statements(
    stack: Stack, smelter_on_both: Assessment, statements: list[str]
) -> None:
    visit = stack.visit(stack.cast.petr)
    path = question(smelter_on_both, "OHS-01")
    visit.post(path, {**FIRST, "OHS-01.systems": ["none"]}, headers=HTMX)
    counts = []
    for revision, systems in (("1", "own"), ("2", "none")):
        statements.clear()
        sent = {**FIRST, "OHS-01.revision": revision, "OHS-01.systems": [systems]}
        assert visit.post(path, sent, headers=HTMX).status == 200
        counts.append(len(statements))
    # Who asks, the save (one statement on PostgreSQL, which proves that the sheet remembered still stands);
    # SQLite: who asks, the sheet, look, write, keep, tell.
    assert counts == ([2, 2] if stack.is_postgresql else [6, 6])


def test_saved_says_how_a_number_was_read_and_what_is_missing(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {"ENV-21.revision": "0", "ENV-21.withdrawn.value": "18.400,5"}
    answer = visit.post(question(smelter, "ENV-21"), sent, headers=HTMX)
    assert answer.status == 200
    assert "read as 18 400.5 m³" in answer.text
    missing = [part.label for part in standard().question("ENV-21").parts if not part.optional][1:]
    assert missing, "the question needs more than the number"
    assert f"still open: {missing[0]}" in answer.text
    plain = visit.post(
        question(smelter, "ENV-21"), {"ENV-21.revision": "1", "ENV-21.withdrawn.value": "18400"}, headers=HTMX
    )
    assert "read as" not in plain.text, "a number that stands as typed needs no echo"


def test_a_fault_is_a_whole_sentence_that_names_its_field(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {"ENV-21.revision": "0", "ENV-21.withdrawn.value": "18 thousand"}
    page = visit.post(question(smelter, "ENV-21"), sent)
    label = next(part.label for part in standard().question("ENV-21").parts if part.key == "withdrawn")
    sentence = "“18 thousand” is not a number. Enter digits only, such as 1234 or 12.5; 12,5 is read as well."
    assert f"ENV-21, {label}: {sentence}" in page.text
    reason = visit.post(
        question(smelter, "OHS-01"), {"OHS-01.revision": "0", "OHS-01.state": "not_applicable"}
    )
    assert "OHS-01: It does not say why it does not apply. Write the reason in a sentence." in reason.text
