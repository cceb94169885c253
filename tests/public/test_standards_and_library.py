"""Standards element by element, and the library's pages, for anybody to read and to print."""

from __future__ import annotations

import re

import pytest

from assessments.questionnaire.languages.translation import in_language, library_in
from assessments.questionnaire.library import load_library
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.standards import standards
from tests.conftest import Stack


def test_every_standard_is_listed_with_a_count_that_is_no_share(published: Stack) -> None:
    page = published.visit().get("/standards")
    assert set(page.links()) >= {f"/standards/{key}" for key in standards()}
    assert "13 of 19" in page.text
    assert "%" not in page.text
    assert "not that answering meets the standard" in page.text


@pytest.mark.parametrize("standard", list(standards()))
def test_a_standard_shows_every_element_once(published: Stack, standard: str) -> None:
    page = published.visit().get(f"/standards/{standard}")
    for element in standards()[standard].elements:
        assert page.html.count(f'id="{element.key}"') == 1
        assert element.title in page.text
    assert "%" not in page.text
    assert re.search(r"\d+ of \d+ elements have a question\.", page.text)


def test_what_is_left_over_and_what_is_unsure_is_said(published: Stack) -> None:
    visit = published.visit()
    mining = visit.get("/standards/GRI14")
    assert "Left over" in mining.text
    assert "No question. If a customer asks for this, it is asked apart." in mining.text
    assert "Left over" not in visit.get("/standards/OECD-MIN").text
    assert "the title alone is sure" in visit.get("/standards/CM3").text
    assert "A heading; its parts have questions:" in visit.get("/standards/OECD-RBC").text
    assert (
        "the element still asks: what workers and others need and expect"
        in visit.get("/standards/ISO45001").text
    )
    assert visit.get("/standards/ISO1").status == 404


@pytest.mark.parametrize("lesson", list(load_library()))
def test_a_page_of_the_library_can_be_read_and_taken_as_text(published: Stack, lesson: str) -> None:
    visit = published.visit()
    assert f"/library/{lesson}" in visit.get("/library").links()
    page = visit.get(f"/library/{lesson}")
    assert page.heading == load_library()[lesson].title
    assert any(link.startswith("/questions/") for link in page.links())
    text = visit.get(f"/library/{lesson}.txt")
    assert text.response.mimetype == "text/plain"
    assert text.html.startswith(page.heading)
    assert f'filename="{lesson}.txt"' in text.response.headers["Content-Disposition"]


def test_an_unknown_page_is_not_there(published: Stack) -> None:
    assert published.visit().get("/library/nothing").status == 404
    assert published.visit().get("/library/nothing.txt").status == 404


def test_the_library_is_read_in_the_visitors_language(published: Stack) -> None:
    german = library_in("de")["first_day"]
    visit = published.visit()
    page = visit.get("/library/first_day?questions=de")
    assert page.heading == german.title
    assert '<article class="sheet" lang="de">' in page.html
    assert "Not translated in full yet" not in page.text
    assert "?questions=nl" in page.links()
    # Kept for the visit: a link from a next step carries no language.
    assert german.intro in visit.get("/library").text
    text = visit.get("/library/first_day.txt")
    assert text.html.startswith(german.title)
    assert text.response.headers["Content-Language"] == "de"
    assert 'filename="first_day.de.txt"' in text.response.headers["Content-Disposition"]
    assert visit.get("/library/first_day?questions=en").heading == "Talk on the first day"


def test_the_browser_is_asked_for_the_library_too(published: Stack) -> None:
    page = published.visit().get("/library/stop_work", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert page.heading == library_in("zh-Hans")["stop_work"].title
    assert '<article class="sheet" lang="zh-Hans">' in page.html


def test_every_public_page_with_questions_tells_them_in_the_visitors_language(published: Stack) -> None:
    german = in_language(load_pack(), "de")
    question = german.question("OHS-01")
    visit = published.visit()
    for address, said in (
        ("/questions?questions=de", german.section("OHS").title),
        ("/questions/OHS.1?questions=de", question.text),
        ("/standards/ISO45001?questions=de", question.text),
        ("/questions/preview?employees=8&positions=SRV&questions=de", german.section("OHS").title),
    ):
        page = visit.get(address)
        assert page.status == 200, address
        assert said in page.text, address
        assert 'lang="de"' in page.html, address
        assert any("questions=nl" in link for link in page.links()), address
