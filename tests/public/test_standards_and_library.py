"""Standards element by element, and the library's pages, for anybody to read and to print."""

from __future__ import annotations

import re

import pytest

from assessments.questionnaire.library import load_library
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
    minerals = visit.get("/standards/OECD-MIN")
    assert "Left over" in minerals.text
    assert "No question. If a customer asks for this, it is asked apart." in minerals.text
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
