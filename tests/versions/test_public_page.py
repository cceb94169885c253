"""The public page of what changed between two versions."""

from __future__ import annotations

import pytest

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.model import Questionnaire
from tests.conftest import Stack
from tests.support.cast import NOW
from tests.versions.world import DAY

PAGE = "/questionnaire/changes/1.0/1.1"


@pytest.fixture
def both(embedded: Stack, standard_first: Questionnaire, standard_second: Questionnaire) -> Stack:
    publish_version(embedded.session, standard_first, by=SYSTEM, at=NOW - 9 * DAY)
    publish_version(embedded.session, standard_second, by=SYSTEM, at=NOW - DAY)
    embedded.session.commit()
    return embedded


def test_anybody_reads_what_changed_word_by_word(both: Stack) -> None:
    page = both.visit().get(PAGE)
    assert page.status == 200
    assert page.heading == "What changed from version 1.0 to 1.1"
    gone, put = (
        '<del><span class="vh">taken out: </span>12</del>',
        '<ins><span class="vh">put in: </span>24</ins>',
    )
    assert gone + put in page.html
    for said in (
        "is now “Leak of gas”", "before: mg/m³ now: µg/m³", "Carried over, to be confirmed",
        "Two years show more.", "Look at instead: OHS-09", "Comes from: PRO-04",
        "It is asked by another rule.",
        "before: the last 12 months now: the last 24 months", "Steps before and after can be compared.",
        "Who is asked the questions of “standard” depth", "Help and examples",
    ):  # fmt: skip
        assert said in page.text, said
    assert page.html.index('id="PRO-04"') < page.html.index('id="OHS-01"'), "the questionnaire's own order"
    main = page.html.partition("<main")[2].partition("</main")[0]
    for word in ("same_meaning", "choices_changed", "last_12", "{", "None", "not told"):
        assert word not in main, word


def test_the_same_for_programs(both: Stack) -> None:
    data = both.visit().get(f"{PAGE}?as=json").response.get_json()
    assert (data["from"]["version"], data["to"]["version"], data["problems"]) == ("1.0", "1.1", [])
    assert data["fates"]["confirm"] == 2


def test_the_older_comes_first_and_what_is_not_published_is_not_there(both: Stack) -> None:
    visit = both.visit()
    turned = visit.get("/questionnaire/changes/1.1/1.0")
    assert (turned.status, turned.location) == (302, PAGE)
    assert "Nothing differs" in visit.get("/questionnaire/changes/1.1/1.1").text
    for path in ("1.0/2.0", "0.9/1.1", "x/1.1", "x/y"):
        assert visit.get(f"/questionnaire/changes/{path}").status == 404
