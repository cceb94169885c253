"""The questions in the reader's language: chosen on the page, remembered, never part of what is handed in."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment, Snapshot
from tests.conftest import Stack
from tests.supplier.conftest import by_id, form_of, sheet_of, text_of
from tests.support.answers_given import settle
from tests.support.cast import NOW

ENGLISH = "Which written health and safety systems does this site work with today?"


def section(assessment: Assessment, key: str = "OHS", more: str = "") -> str:
    return f"/supplier/assessments/{assessment.id}/sections/{key}{more}"


def first_text(page: object) -> str:
    return text_of(by_id(page, "OHS-01-text"))  # type: ignore[arg-type]


def test_a_language_chosen_on_the_page_is_kept_for_the_visit(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    assert ENGLISH in first_text(visit.get(section(smelter)))
    german = visit.get(section(smelter, more="?questions=de"))
    assert ENGLISH not in first_text(german)
    assert 'lang="de"' in german.html
    assert first_text(visit.get(section(smelter))) == first_text(german)
    assert first_text(visit.get(section(smelter, more="?questions=xx"))) == first_text(german)
    assert ENGLISH in first_text(visit.get(section(smelter, more="?questions=en")))


@pytest.mark.parametrize(
    ("wish", "lang"),
    [("de-AT,de;q=0.9,en;q=0.5", "de"), ("zh-CN,zh;q=0.9", "zh-Hans"), ("fi,en;q=0.5", "en")],
)
def test_the_browser_is_asked_where_nobody_has_chosen(
    embedded: Stack, smelter: Assessment, wish: str, lang: str
) -> None:
    page = embedded.visit(embedded.cast.petr).get(section(smelter), headers={"Accept-Language": wish})
    current = next(found for found in page.tree.iter("b") if found.get("aria-current") == "true")
    assert current.get("lang") == lang
    assert (ENGLISH in first_text(page)) is (lang == "en")


def test_the_other_languages_are_links_that_keep_the_rest_of_the_address(
    embedded: Stack, smelter: Assessment
) -> None:
    page = embedded.visit(embedded.cast.petr).get(section(smelter, more="?add=OHS-05.counts&questions=fr"))
    links = {
        found.get("hreflang"): found.get("href") for found in page.tree.iter("a") if found.get("hreflang")
    }
    assert set(links) == {"en", "de", "nl", "es", "zh-Hans"}
    assert links["nl"] == "?add=OHS-05.counts&questions=nl"


def test_a_save_in_german_stores_the_same_and_names_its_faults_by_german_labels(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter, more="?questions=de")), "section-OHS")
    assert visit.post(section(smelter), fields | {"OHS-01.systems": ["none"]}).status == 303
    assert sheet_of(embedded, smelter).answer("OHS-01").parts == {"systems": ["none"]}
    assert sheet_of(embedded, smelter).questionnaire.language == "en"


def test_what_is_handed_in_holds_the_texts_as_published(embedded: Stack, smelter: Assessment) -> None:
    settle(embedded.session, smelter.id, by=embedded.cast.jana.actor, at=NOW)
    visit = embedded.visit(embedded.cast.jana)
    german = first_text(visit.get(section(smelter, more="?questions=de"))).removeprefix("OHS-01").strip()
    handed_in = visit.post(f"/supplier/assessments/{smelter.id}/submit", {"agreed": "yes"})
    assert handed_in.status == 303, handed_in.text
    chosen = select(Snapshot.content).where(Snapshot.assessment_id == smelter.id)
    [content] = embedded.session.scalars(chosen).all()
    assert json.loads(content)["questionnaire"]["title"] == "Standard questionnaire for metals supply chains"
    assert german
    assert german not in content
