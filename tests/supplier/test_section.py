"""A section without script: one form; what can be saved is, and what cannot comes back as it was typed."""

from __future__ import annotations

import pytest

from assessments.assessment import Assessment
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from tests.conftest import Stack
from tests.supplier.conftest import by_id, form_of, sheet_of, text_of
from tests.support.answers_given import settle
from tests.support.cast import NOW


def section(assessment: Assessment, key: str) -> str:
    return f"/supplier/assessments/{assessment.id}/sections/{key}"


@pytest.mark.parametrize("key", ["PRO", "MGT", "ENV", "LAB", "OHS", "ETH", "MIN", "SCM", "CIR", "COM", "GRV"])
def test_sending_a_section_as_it_was_shown_writes_nothing(
    embedded: Stack, smelter: Assessment, key: str
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    shown = visit.get(section(smelter, key))
    answer = visit.post(section(smelter, key), form_of(shown, f"section-{key}"))
    assert (answer.status, answer.location) == (303, section(smelter, key))
    assert "Nothing had changed." in visit.get(section(smelter, key)).text
    assert sheet_of(embedded, smelter).stored == {}


def test_changed_questions_are_saved_and_the_others_left_alone(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "OHS")), "section-OHS")
    fields |= {"OHS-01.systems": ["none"], "OHS-02.state": ["not_known"], "OHS-02.note": ["Ask Jana."]}
    answer = visit.post(section(smelter, "OHS"), {**fields, "save": "next"})
    assert answer.location == section(smelter, "ETH")
    assert "2 answers are saved." in visit.get(section(smelter, "ETH")).text
    sheet = sheet_of(embedded, smelter)
    assert set(sheet.stored) == {"OHS-01", "OHS-02"}
    assert (sheet.answer("OHS-02").state, sheet.answer("OHS-02").note) == (AnswerState.NOT_KNOWN, "Ask Jana.")


def test_a_wrong_value_comes_back_as_typed_and_the_rest_is_saved(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "ENV")), "section-ENV")
    fields |= {"ENV-21.withdrawn.value": ["18 thousand"], "ENV-22.stress": ["low"]}
    answer = visit.post(section(smelter, "ENV"), fields)
    assert answer.status == 422
    assert answer.values()["ENV-21.withdrawn.value"] == "18 thousand"
    assert "Everything else on this page is saved." in answer.text
    assert "#ENV-21-withdrawn" in answer.links()
    assert by_id(answer, "ENV-21-withdrawn").get("aria-invalid") == "true"
    sheet = sheet_of(embedded, smelter)
    assert sheet.answer("ENV-22").parts == {"stress": "low"}
    assert "ENV-21" not in sheet.stored


def test_does_not_apply_without_a_reason_points_at_the_reason(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "OHS")), "section-OHS")
    answer = visit.post(section(smelter, "OHS"), fields | {"OHS-05.state": ["not_applicable"]})
    assert answer.status == 422
    assert "#OHS-05-reason" in answer.links()


def test_a_stale_question_shows_both_values_and_either_can_stay(embedded: Stack, smelter: Assessment) -> None:
    petr, jana = embedded.visit(embedded.cast.petr), embedded.visit(embedded.cast.jana)
    fields = form_of(petr.get(section(smelter, "ENV")), "section-ENV")
    hers = form_of(jana.get(section(smelter, "ENV")), "section-ENV")
    jana.post(section(smelter, "ENV"), hers | {"ENV-22.stress": ["high"]})
    mine = fields | {"ENV-22.stress": ["low"], "ENV-21.sources": ["sea"]}
    answer = petr.post(section(smelter, "ENV"), mine)
    assert answer.status == 412
    both = text_of(by_id(answer, "ENV-22--outcome"))
    assert "Two people, one answer." in both
    assert "Low" in both
    assert "High or very high" in both
    assert "Jana" in both
    sheet = sheet_of(embedded, smelter)
    assert sheet.answer("ENV-22").parts["stress"] == "high"
    assert sheet.answer("ENV-21").parts == {"sources": ["sea"]}
    kept = petr.post(section(smelter, "ENV"), form_of(answer, "section-ENV") | {"ENV-22.resolve": ["mine"]})
    assert kept.status == 303
    assert sheet_of(embedded, smelter).answer("ENV-22").parts["stress"] == "low"


def test_the_other_version_may_stay(embedded: Stack, smelter: Assessment) -> None:
    petr, jana = embedded.visit(embedded.cast.petr), embedded.visit(embedded.cast.jana)
    fields = form_of(petr.get(section(smelter, "ENV")), "section-ENV")
    jana.post(section(smelter, "ENV"), fields | {"ENV-22.stress": ["high"]})
    stale = petr.post(section(smelter, "ENV"), fields | {"ENV-22.stress": ["low"]})
    taken = petr.post(section(smelter, "ENV"), form_of(stale, "section-ENV") | {"ENV-22.resolve": ["theirs"]})
    assert taken.status == 303
    assert sheet_of(embedded, smelter).answer("ENV-22").parts["stress"] == "high"


def test_a_question_that_was_only_shown_is_no_conflict(embedded: Stack, smelter: Assessment) -> None:
    """Jana saves one question while Petr's page is open; Petr sends his form with another one changed."""
    petr, jana = embedded.visit(embedded.cast.petr), embedded.visit(embedded.cast.jana)
    first = form_of(jana.get(section(smelter, "ENV")), "section-ENV")
    jana.post(section(smelter, "ENV"), first | {"ENV-22.stress": ["low"]})
    shown = form_of(petr.get(section(smelter, "ENV")), "section-ENV")
    again = form_of(jana.get(section(smelter, "ENV")), "section-ENV")
    jana.post(section(smelter, "ENV"), again | {"ENV-22.stress": ["medium"]})
    assert petr.post(section(smelter, "ENV"), shown | {"ENV-21.sources": ["sea"]}).status == 303
    sheet = sheet_of(embedded, smelter)
    assert sheet.answer("ENV-22").parts["stress"] == "medium"
    assert sheet.answer("ENV-21").parts == {"sources": ["sea"]}


def test_a_row_can_be_added_without_script_and_loses_nothing(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "PRO")), "section-PRO")
    fields |= {"PRO-07.products.row1.product": ["Copper cathode"], "add_row": ["PRO-07.products"]}
    answer = visit.post(section(smelter, "PRO"), fields)
    assert answer.location.endswith("?add=PRO-07.products#PRO-07")
    rows = form_of(visit.get(answer.location.partition("#")[0]), "section-PRO")["PRO-07.products.rows"]
    assert rows == ["row1", "row2", "row3"]
    stored = sheet_of(embedded, smelter).answer("PRO-07").parts["products"]
    assert stored == [{"row": None, "product": "Copper cathode"}]


def test_what_an_answer_switches_on_is_said_with_its_reason(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "ENV")), "section-ENV")
    visit.post(section(smelter, "ENV"), fields | {"ENV-23.discharge.process.leaves": ["some"]})
    page = visit.get(section(smelter, "ENV"))
    assert "ENV-24 is asked now. Asked because process water leaves this site." in page.text
    assert text_of(by_id(page, "ENV-24")).startswith("ENV-24")


def test_what_is_not_asked_stands_with_its_reason(embedded: Stack, smelter: Assessment) -> None:
    text = embedded.visit(embedded.cast.petr).get(section(smelter, "OHS")).text
    assert "Not asked because this site does not mine or quarry." in text


def test_company_questions_and_commercial_figures_say_so(embedded: Stack, smelter: Assessment) -> None:
    page = embedded.visit(embedded.cast.petr).get(section(smelter, "PRO"))
    assert "Answered once for your company; also used by your other sites." in text_of(by_id(page, "PRO-02"))
    assert "shared only by a switch of its own" in text_of(by_id(page, "PRO-04"))


def test_a_value_from_an_earlier_answer_waits_to_be_confirmed(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "ENV")), "section-ENV")
    visit.post(
        section(smelter, "ENV"), fields | {"ENV-21.withdrawn.value": ["500"], "ENV-22.stress": ["high"]}
    )
    page = visit.get(section(smelter, "ENV"))
    assert page.values()["ENV-22.withdrawn.value"] == "500"
    assert "Filled in from your answer to ENV-21." in page.text
    assert "withdrawn" not in sheet_of(embedded, smelter).answer("ENV-22").parts


def test_the_own_level_is_saved_with_the_section(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "OHS")), "section-OHS")
    assert visit.post(section(smelter, "OHS"), fields | {"level-OHS-1.level": ["3"]}).status == 303
    assert sheet_of(embedded, smelter).self_levels == {"OHS.1": 3}


def test_a_level_that_does_not_exist_is_refused_and_the_rest_saved(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "OHS")), "section-OHS")
    wrong = fields | {"level-OHS-1.level": ["7"], "OHS-02.state": ["not_known"]}
    assert visit.post(section(smelter, "OHS"), wrong).status == 422
    sheet = sheet_of(embedded, smelter)
    assert (sheet.self_levels, list(sheet.stored)) == ({}, ["OHS-02"])


def test_after_handing_in_a_section_is_read_only(embedded: Stack, smelter: Assessment) -> None:
    cast = embedded.cast
    visit = embedded.visit(cast.petr)
    before = form_of(visit.get(section(smelter, "OHS")), "section-OHS")
    settle(embedded.session, smelter.id, by=cast.petr.actor, at=NOW)
    submit(embedded.session, smelter.id, agrees_to_public_statement=True, by=cast.jana.actor, at=NOW)
    embedded.session.commit()
    page = visit.get(section(smelter, "OHS"))
    assert "As it was handed in; nobody can change it." in page.text
    assert not [f for f in page.tree.iter("form") if f.get("id") == "section-OHS"]
    late = visit.post(section(smelter, "OHS"), before | {"OHS-01.systems": ["none"]})
    assert late.status == 422
    assert "frozen" in late.text
    assert sheet_of(embedded, smelter).answer("OHS-01").state is AnswerState.NOT_KNOWN


def test_an_unknown_section_and_a_strangers_section_are_not_there(
    embedded: Stack, smelter: Assessment
) -> None:
    assert embedded.visit(embedded.cast.petr).get(section(smelter, "XYZ")).status == 404
    assert embedded.visit(embedded.cast.rita).get(section(smelter, "OHS")).status == 404
    assert embedded.visit(embedded.cast.anna).get(section(smelter, "OHS")).status == 404


def test_a_section_opens_in_a_fixed_number_of_statements(
    stack: Stack, smelter_on_both: Assessment, statements: list[str]
) -> None:
    visit = stack.visit(stack.cast.petr)
    counts = []
    for answered in (False, True):
        if answered:
            settle(stack.session, smelter_on_both.id, by=stack.cast.petr.actor, at=NOW)
        visit.get(section(smelter_on_both, "MIN"))
        statements.clear()
        assert visit.get(section(smelter_on_both, "MIN")).status == 200
        counts.append(len(statements))
    # Who asks, the sheet.
    assert counts == [2, 2]


def test_what_is_typed_into_a_question_that_the_same_form_switches_off_is_kept(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "MGT")), "section-MGT")
    typed = {"MGT-13.stage": ["none"], "MGT-14.changed": ["The hoods hang since May."]}
    assert visit.post(section(smelter, "MGT"), fields | typed).status == 303
    sheet = sheet_of(embedded, smelter)
    assert not sheet.applicability.asks("MGT-14")
    assert sheet.stored["MGT-14"].parts == {"changed": "The hoods hang since May."}
    assert "MGT-14 is no longer asked." in visit.get(section(smelter, "MGT")).text


def test_what_an_earlier_answer_offers_is_saved_once_it_is_confirmed(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, "LAB")), "section-LAB")
    assert fields["LAB-03.average.value"] == ["420"]
    visit.post(section(smelter, "LAB"), fields | {"LAB-02.all": ["yes"]})
    assert "LAB-03" not in sheet_of(embedded, smelter).stored
    visit.post(section(smelter, "LAB"), fields | {"confirm": ["LAB-03"]})
    assert sheet_of(embedded, smelter).stored["LAB-03"].parts["average"]["value"] == "420"


@pytest.mark.parametrize(("key", "question"), [("ETH", "ETH-07"), ("ETH", "ETH-11")])
def test_what_a_save_answers_never_takes_the_place_of_a_part(
    embedded: Stack, smelter: Assessment, key: str, question: str
) -> None:
    """A part may be called like the line under it that a save replaces; ids are unique on every page."""
    page = embedded.visit(embedded.cast.petr).get(section(smelter, key))
    assert f"{question}-outcome" in page.html
    assert by_id(page, f"{question}--outcome").get("class") == "outcome"
    assert f'hx-target="#{question}--outcome"' in page.html
