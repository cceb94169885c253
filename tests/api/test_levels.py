"""A topic's level by the interface: nobody overwrites another's unseen; neither number tells of the other."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.assessment import Assessment
from tests.conftest import Stack
from tests.support.acts import assigned, submitted
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.support.programs import Told, ask

TOPIC = "OHS.1"


@pytest.fixture
def draft(stack: Stack) -> Assessment:
    found = opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW)
    stack.session.commit()
    return found


@pytest.fixture
def case(stack: Stack) -> Assessment:
    """Handed in with the supplier's own view of the topic, 3, and in the hands of a firm."""
    assessment = submitted(stack)
    assigned(stack, assessment)
    return assessment


def put(visit: Visit, assessment: Assessment, body: dict[str, Any], if_match: str | None = None) -> Told:
    headers = {} if if_match is None else {"If_Match": if_match}
    return ask(visit, "PUT", f"/assessments/{assessment.id}/maturity/{TOPIC}", body, **headers)


def read(visit: Visit, assessment: Assessment) -> dict[str, Any]:
    listed = ask(visit, "GET", f"/assessments/{assessment.id}/maturity").must()["items"]
    found: dict[str, Any] = next(each for each in listed if each["topic"] == TOPIC)
    return found


def quoted(told: dict[str, Any]) -> str:
    return f'"{told["etag"]}"'


def test_of_two_who_say_it_differently_the_second_reads_both(stack: Stack, draft: Assessment) -> None:
    petr, jana = stack.visit(stack.cast.petr), stack.visit(stack.cast.jana)
    first = put(petr, draft, {"level": 2})
    assert first.headers["ETag"] == quoted(first.must())
    assert read(jana, draft) == first.json
    unseen = put(jana, draft, {"level": 4}).must(428)
    assert first.json["etag"] in unseen["detail"]
    second = put(jana, draft, {"level": 4}, quoted(first.json)).must()
    late = put(petr, draft, {"level": 1}, quoted(first.json)).must(412)
    assert late["current"] == {"topic": TOPIC, "self_level": 4, "etag": second["etag"]}
    assert late["offered"] == {"level": 1}
    assert read(petr, draft) == second
    # "2" is no version: whoever guesses the level that was seen last overwrites nothing.
    assert put(petr, draft, {"level": 1}, '"4"').status == 412
    assert put(petr, draft, {"level": 1}, '"x"').status == 422
    # Who read that nobody said anything does not overwrite what was said since.
    assert put(petr, draft, {"level": 1}, '"0"').status == 412


def test_what_was_taken_back_may_be_said_again_unseen(stack: Stack, draft: Assessment) -> None:
    petr = stack.visit(stack.cast.petr)
    first = put(petr, draft, {"level": 0}).must()
    assert put(petr, draft, {"level": 3}).status == 428, "level 0 is a level"
    back = put(petr, draft, {"level": None}, quoted(first)).must()
    assert (back["self_level"], back["etag"]) == (None, "0")
    assert put(petr, draft, {"level": 1}, quoted(first)).status == 412
    assert put(petr, draft, {"level": 1}).must()["self_level"] == 1


def test_a_page_saves_over_a_programs_level_and_the_program_is_told(stack: Stack, draft: Assessment) -> None:
    petr, jana = stack.visit(stack.cast.petr), stack.visit(stack.cast.jana)
    first = put(petr, draft, {"level": 2}).must()
    drawn = {"level-OHS-1.level": "3", "level-OHS-1.revision": "2"}
    assert jana.post(f"/supplier/assessments/{draft.id}/sections/OHS", drawn).status == 303
    assert put(petr, draft, {"level": 1}, quoted(first)).must(412)["current"]["self_level"] == 3


def test_two_assessors_do_not_overwrite_each_other_unseen(stack: Stack, case: Assessment) -> None:
    lena, sam = stack.visit(stack.cast.lena), stack.visit(stack.cast.sam)
    assert read(lena, case)["etag"] == "0", "the supplier's own view is not theirs to replace"
    first = put(lena, case, {"level": 2, "basis": "on_site"}).must()
    assert read(sam, case) == first
    assert put(sam, case, {"level": 2, "basis": "desk"}).status == 428
    walked = {"level": 2, "basis": "on_site", "seen": "Two of five hoods."}
    second = put(lena, case, walked, quoted(first)).must()
    assert second["etag"] != first["etag"], "the same level for another reason is another version"
    late = put(sam, case, {"level": 1, "basis": "desk"}, quoted(first)).must(412)
    assert late["current"] == {
        "topic": TOPIC, "verified_level": 2, "verified_basis": "on_site", "worker_voice": False,
        "seen": "Two of five hoods.", "etag": second["etag"],
    }  # fmt: skip
    assert late["offered"] == {"level": 1, "basis": "desk", "worker_voice": False, "seen": ""}
    assert read(lena, case) == second


def test_a_supplier_cannot_tell_from_its_version_that_the_topic_was_verified(
    stack: Stack, case: Assessment
) -> None:
    petr, lena = stack.visit(stack.cast.petr), stack.visit(stack.cast.lena)
    before = read(petr, case)
    put(lena, case, {"level": 1, "basis": "on_site"}).must()
    assert read(petr, case) == before
