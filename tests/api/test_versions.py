"""Programs move a round to a newer version, confirm carried answers, and go back."""

from __future__ import annotations

import pytest

from assessments.questionnaire.pack.loading import read_pack
from tests.conftest import Stack
from tests.support.programs import ask
from tests.versions.conftest import named_standard
from tests.versions.second import SMALL, WHOLE, edited
from tests.versions.world import Round, answered


@pytest.fixture
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Round:
    second = read_pack(edited(tmp_path_factory.mktemp("second"), *WHOLE))
    return answered(stack, named_standard(read_pack(SMALL)), named_standard(second))


def test_a_round_is_moved_and_its_answers_confirmed(stack: Stack, world: Round) -> None:
    jana, path = stack.visit(stack.cast.jana), f"/assessments/{world.smelter.id}"
    ask(jana, "POST", f"{path}/version", {"version": "9.9"}).must(422)
    said = ask(jana, "POST", f"{path}/version", {"version": "1.1"}).must()
    assert (said["version"], said["to_confirm"]) == ("1.1", ["PRO-04", "OHS-04", "OHS-06"])
    assert {"question": "OHS-08", "answer": "kept"} in said["answers"]
    assert [one["question"] for one in said["now_applies"]] == ["PRO-05", "OHS-09"]
    assert ask(jana, "GET", path).must()["version"] == "1.1"
    confirmed = ask(jana, "POST", f"{path}/answers/OHS-04/confirmation").must()
    answers = {one["question"]: one for one in ask(jana, "GET", f"{path}/answers").must()["answers"]}
    assert (answers["OHS-04"]["to_confirm"], answers["OHS-06"]["to_confirm"]) == (False, True)
    assert answers["OHS-04"]["revision"] == confirmed["revision"]
    ask(jana, "POST", f"{path}/version", {"version": "1.0"}).must(409)


def test_a_topic_is_confirmed_by_one_post(stack: Stack, world: Round) -> None:
    jana, path = stack.visit(stack.cast.jana), f"/assessments/{world.smelter.id}"
    ask(jana, "POST", f"{path}/version", {"version": "1.1"}).must()
    said = ask(jana, "POST", f"{path}/topics/OHS.1/confirmation").must()
    assert said == {"confirmed": ["OHS-04", "OHS-06"], "to_confirm": ["PRO-04"]}
    ask(jana, "POST", f"{path}/topics/OHS.9/confirmation").must(404)
    ask(stack.visit(stack.cast.rita), "POST", f"{path}/topics/PRO.1/confirmation").must(404)


def test_naming_the_version_before_goes_back_until_something_is_answered(stack: Stack, world: Round) -> None:
    jana, path = stack.visit(stack.cast.jana), f"/assessments/{world.smelter.id}"
    ask(jana, "POST", f"{path}/version", {"version": "1.1"}).must()
    back = ask(jana, "POST", f"{path}/version", {"version": "1.0"}).must()
    assert (back["version"], back["to_confirm"]) == ("1.0", [])
    ask(jana, "POST", f"{path}/version", {"version": "1.1"}).must()


def test_an_admin_moves_and_a_contributor_confirms(stack: Stack, world: Round) -> None:
    petr, rita = stack.visit(stack.cast.petr), stack.visit(stack.cast.rita)
    path = f"/assessments/{world.smelter.id}"
    ask(petr, "POST", f"{path}/version", {"version": "1.1"}).must(403)
    ask(rita, "POST", f"{path}/version", {"version": "1.1"}).must(404)
    ask(stack.visit(stack.cast.jana), "POST", f"{path}/version", {"version": "1.1"}).must()
    ask(petr, "POST", f"{path}/answers/OHS-06/confirmation").must()
    ask(rita, "POST", f"{path}/answers/OHS-04/confirmation").must(404)
