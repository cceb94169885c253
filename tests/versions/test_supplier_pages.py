"""The supplier's pages: what a newer version changes, moving, confirming, going back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.rounds.carried import to_confirm
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.workflow import WrongState
from plumbline.supplier import questions
from tests.conftest import Stack
from tests.support.acts import answer_everything
from tests.support.cast import NOW, site
from tests.support.page import Page, Visit
from tests.versions.world import DAY, GIVEN, Round, answered


@pytest.fixture
def world(stack: Stack, standard_first: Questionnaire, standard_second: Questionnaire) -> Round:
    return answered(stack, standard_first, standard_second)


@pytest.fixture
def base(world: Round) -> str:
    return f"/supplier/assessments/{world.smelter.id}"


@pytest.fixture
def jana(stack: Stack, world: Round) -> Visit:
    return stack.visit(world.stack.cast.jana)


def move(visit: Visit, base: str) -> Page:
    done = visit.post(f"{base}/version", {"to": "1.1"})
    assert (done.status, done.location) == (303, base)
    return visit.get(base)


def test_the_page_says_what_changes_for_this_company_first(world: Round, base: str, jana: Visit) -> None:
    assert "A newer version of the questionnaire is there." in jana.get(base).text
    page = jana.get(f"{base}/version")
    assert page.heading == "Version 1.1: what changes for you"
    mine, _sep, rest = page.html.partition("Everything else that changed")
    assert 'id="OHS-04"' in mine
    assert 'id="ladder-OHS-1"' in rest
    for said in (
        "Carried over to the new choices, to be confirmed", "Your answer: Kept in the history",
        "PRO-05 For what do you use agents today?", "Move this round to version 1.1?",
    ):  # fmt: skip
        assert said in page.text, said
    assert world.sheet.questionnaire.version == "1.0", "looking moves nothing"


def test_moving_confirming_and_going_on(world: Round, base: str, jana: Visit) -> None:
    page = move(jana, base)
    assert "The round is on version 1.1 now. 5 answers wait for you." in page.text
    assert "3 answers are to be confirmed." in page.text
    assert "Moved from version 1.0 of the questionnaire to version 1.1" in page.text
    section = jana.get(f"{base}/sections/OHS")
    assert "From version 1.0. The choices changed; your answer was carried over to them." in section.text
    assert "/questionnaire/changes/1.0/1.1#OHS-04" in section.links()
    assert "2 answers of this topic wait for a word." in section.text
    assert "What you answered before" in section.text
    fields = {name: value for name, value in section.values().items() if name != "csrf_token"}
    done = jana.post(f"{base}/sections/OHS", {**fields, "still_true": "OHS-04"})
    assert (done.status, done.location) == (303, f"{base}/sections/OHS#OHS-04")
    after = jana.get(f"{base}/sections/OHS")
    assert "Still true. One answer is confirmed." in after.text
    assert 'id="OHS-04-carried"' not in after.html
    assert 'id="OHS-06-carried"' in after.html
    assert to_confirm(world.sheet) == ("PRO-04", "OHS-06")
    jana.post(f"{base}/sections/PRO", {"still_true": "PRO.1"})
    jana.post(f"{base}/sections/OHS", {"still_true": "OHS.1"})
    assert to_confirm(world.sheet) == ()
    assert "to be confirmed" not in jana.get(base).text


def test_an_old_answer_stands_beside_what_is_asked_anew(world: Round, base: str, jana: Visit) -> None:
    move(jana, base)
    page = jana.get(f"{base}/questions/PRO-05")
    assert "This is asked anew. What you answered before stands here." in page.text
    assert "PRO-04 Where do your materials come from" in page.text
    assert "For buying" in page.text
    jana.post(f"{base}/questions/PRO-05", {"PRO-05.agents": "buying", "PRO-05.revision": "1"})
    assert world.sheet.answer("PRO-05").parts == {"agents": ["buying"]}
    assert "asked anew" not in jana.get(f"{base}/questions/PRO-05").text


def test_one_question_alone_is_confirmed_too(world: Round, base: str, jana: Visit) -> None:
    move(jana, base)
    page = jana.get(f"{base}/questions/OHS-06")
    fields = {name: value for name, value in page.values().items() if name.startswith("OHS-06")}
    jana.post(f"{base}/questions/OHS-06", {**fields, "still_true": "OHS-06"})
    assert to_confirm(world.sheet) == ("PRO-04", "OHS-04")


def test_a_save_and_the_word_that_it_is_still_true_are_one(
    world: Round, base: str, jana: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(jana, base)
    fields = {
        n: v for n, v in jana.get(f"{base}/questions/OHS-06").values().items() if n.startswith("OHS-06")
    }

    def refused(*_args: Any, **_more: Any) -> str:
        raise WrongState("The round moved meanwhile.", "Open it again.")

    monkeypatch.setattr(questions, "confirm_posted", refused)
    before = world.sheet.answer("OHS-06")
    said = {**fields, "OHS-06.note": "written with it", "still_true": "OHS-06"}
    assert jana.post(f"{base}/questions/OHS-06", said).status == 409
    assert world.sheet.answer("OHS-06") == before


def test_going_back_is_offered_until_the_first_answer(world: Round, base: str, jana: Visit) -> None:
    move(jana, base)
    page = jana.get(f"{base}/version")
    assert "Go back to version 1.0" in page.text
    done = jana.post(f"{base}/version/back")
    assert (done.status, done.location) == (303, base)
    assert "The round is on version 1.0 again." in jana.get(base).text
    assert {key: world.sheet.answer(key).parts for key in GIVEN} == GIVEN
    move(jana, base)
    jana.post(f"{base}/sections/OHS", {"still_true": "OHS-04"})
    assert "Go back" not in jana.get(f"{base}/version").text
    assert jana.post(f"{base}/version/back").status == 409


def test_where_part_of_the_round_is_taken_back_nobody_is_sent_to_a_move_that_is_refused(
    world: Round, base: str, jana: Visit
) -> None:
    world.yard.withdraw(reason="Not this year.", by=world.stack.cast.jana.actor, at=NOW)
    world.session.commit()
    assert "A newer version of the questionnaire is there." not in jana.get(base).text
    assert "See what changes for you" not in jana.get(f"/supplier/?assessment={world.smelter.id}").text
    page = jana.get(f"{base}/version")
    assert "This round stays on its own, because part of it has been handed in or taken back" in page.text
    assert "/questionnaire/changes/1.0/1.1" in page.links()
    assert f"{base}/version" not in [form.get("action") for form in page.tree.iter("form")]
    assert jana.post(f"{base}/version", {"to": "1.1"}).status == 409


def test_a_contributor_looks_and_an_admin_moves(world: Round, base: str) -> None:
    petr = world.stack.visit(world.stack.cast.petr)
    page = petr.get(f"{base}/version")
    assert "An admin of your company can move it." in page.text
    assert "Move it" not in page.text
    assert petr.post(f"{base}/version", {"to": "1.1"}).status == 403
    rita = world.stack.visit(world.stack.cast.rita)
    assert rita.get(f"{base}/version").status == 404
    jana = world.stack.visit(world.stack.cast.jana)
    assert jana.post(f"{base}/version", {"to": "9.9"}).status in {409, 422}
    assert world.sheet.questionnaire.version == "1.0"


def test_a_new_round_begins_with_what_was_handed_in(world: Round, jana: Visit) -> None:
    session, by = world.session, world.stack.cast.jana.actor
    assert "Begin with the answers" not in jana.get("/supplier/assessments/new").text
    answer_everything(session, world.smelter.id, by=by, at=NOW - DAY)
    submit(session, world.smelter.id, agrees_to_public_statement=True, by=by, at=NOW - DAY)
    session.commit()
    page = jana.get("/supplier/assessments/new")
    assert "Begin with the answers you handed in last" in page.text
    smelter = str(world.stack.cast.smelter)
    done = jana.post("/supplier/assessments/new", {"site": smelter, "label": "2027", "take_over": "yes"})
    assert done.status == 303
    opened = jana.get(done.location)
    assert "of your last round stand in it." in opened.text
    assert "Took" in opened.text
    section = jana.get(f"{done.location}/sections/OHS")
    assert "From version 1.0." in section.text
    made = jana.api("POST", "/assessments", {"site_id": smelter, "cycle": "2028", "take_over": True})
    assert made.status_code == 201, made.text
    answers = jana.api("GET", f"/assessments/{made.get_json()['id']}/answers").get_json()["answers"]
    assert any(one["to_confirm"] for one in answers)
    plain = jana.api("POST", "/assessments", {"site_id": smelter, "cycle": "2029"})
    answers = jana.api("GET", f"/assessments/{plain.get_json()['id']}/answers").get_json()["answers"]
    assert not any(one["to_confirm"] for one in answers)


def test_a_site_joins_its_round_on_the_rounds_version(world: Round, jana: Visit, stack: Stack) -> None:
    """1.1 was published since; the round under way stays on 1.0, and so does a site that joins it."""
    for number, make in enumerate((by_page, by_interface)):
        added = site(world.session, stack.cast.kovo, f"Plant {number}", "CZE")
        world.session.commit()
        opened = make(jana, added)
        assert read_sheet(world.session, opened).questionnaire.version == "1.0"
    fresh = jana.api("POST", "/assessments", {"site_id": str(added), "cycle": "2031"})
    assert fresh.get_json()["version"] == "1.1"


def by_page(visit: Visit, added: uuid.UUID) -> uuid.UUID:
    done = visit.post("/supplier/assessments/new", {"site": str(added), "label": "2026"})
    assert done.status == 303, done.text
    return uuid.UUID(done.location.rpartition("/")[2])


def by_interface(visit: Visit, added: uuid.UUID) -> uuid.UUID:
    made = visit.api("POST", "/assessments", {"site_id": str(added), "cycle": "2026"})
    assert made.status_code == 201, made.text
    return uuid.UUID(made.get_json()["id"])
