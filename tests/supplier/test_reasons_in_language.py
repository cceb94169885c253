"""Why a question is asked, in the language its questions are read in; the snapshot stays English."""

from __future__ import annotations

import json

from assessments.assessment import Assessment
from assessments.sheet.snapshot import latest_snapshot
from tests.conftest import Stack
from tests.supplier.conftest import HTMX, by_id, form_of, text_of
from tests.support.answers_given import settle
from tests.support.cast import NOW
from tests.support.page import Page, Visit

ENGLISH = ("Asked because", "Not asked because")
WATER = {"ENV-23.revision": "0", "ENV-23.profile": "", "ENV-23.discharge.process.leaves": "some"}
PROCESS_WATER = "Wird gefragt, weil Prozesswasser diesen Standort verlässt."


def section(assessment: Assessment, key: str) -> str:
    return f"/supplier/assessments/{assessment.id}/sections/{key}"


def german(stack: Stack, smelter: Assessment) -> Visit:
    """Petr, who chose German for the questions once."""
    visit = stack.visit(stack.cast.petr)
    visit.get(f"{section(smelter, 'OHS')}?questions=de")
    return visit


def is_german(page: Page) -> bool:
    return not any(lead in page.text for lead in ENGLISH)


def test_a_section_says_in_german_what_is_asked_and_what_is_not(embedded: Stack, smelter: Assessment) -> None:
    page = embedded.visit(embedded.cast.petr).get(f"{section(smelter, 'OHS')}?questions=de")
    assert "Wird gefragt, weil dieser Standort" in text_of(by_id(page, "OHS-04"))
    assert "Wird nicht gefragt, weil dieser Standort kein Erz oder Gestein abbaut." in page.text
    assert is_german(page)
    [reason] = [found for found in page.tree.iter("dd") if "kein Erz oder Gestein" in text_of(found)]
    assert reason.get("lang") == "de"


def test_what_everybody_is_asked_gives_no_reason_in_any_language(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    for language in ("en", "de", "fr", "zh-Hans"):
        page = visit.get(f"{section(smelter, 'PRO')}?questions={language}")
        card = by_id(page, "PRO-01")
        assert [found for found in card.iter("p") if "asked" in (found.get("class") or "").split()] == []


def test_a_save_by_htmx_keeps_the_language_of_its_reasons(embedded: Stack, smelter: Assessment) -> None:
    visit = german(embedded, smelter)
    url = f"/supplier/assessments/{smelter.id}/questions/ENV-23"
    answer = visit.post(url, WATER, headers=HTMX)
    assert PROCESS_WATER in text_of(by_id(answer, "ENV-24-slot"))
    assert is_german(answer)
    gone = visit.post(
        url, {**WATER, "ENV-23.revision": "1", "ENV-23.discharge.process.leaves": "none"}, headers=HTMX
    )
    slot = text_of(by_id(gone, "ENV-24-slot"))
    assert "Wird nicht gefragt, weil kein Prozesswasser diesen Standort verlässt." in slot
    assert is_german(gone)


def test_a_save_without_script_says_in_german_what_it_switched_on(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = german(embedded, smelter)
    fields = form_of(visit.get(section(smelter, "ENV")), "section-ENV")
    visit.post(section(smelter, "ENV"), fields | {"ENV-23.discharge.process.leaves": ["some"]})
    page = visit.get(section(smelter, "ENV"))
    assert PROCESS_WATER in page.text
    assert is_german(page)


def test_the_page_of_a_question_that_is_not_asked_says_why_in_german(
    embedded: Stack, smelter: Assessment
) -> None:
    page = german(embedded, smelter).get(f"/supplier/assessments/{smelter.id}/questions/OHS-13")
    assert "Wird nicht gefragt, weil dieser Standort kein Erz oder Gestein abbaut." in page.text
    assert is_german(page)


def test_the_snapshot_holds_its_reasons_in_english(embedded: Stack, smelter: Assessment) -> None:
    settle(embedded.session, smelter.id, by=embedded.cast.petr.actor, at=NOW)
    embedded.session.commit()
    visit = embedded.visit(embedded.cast.jana)
    visit.get(f"{section(smelter, 'OHS')}?questions=de")
    assert visit.post(f"/supplier/assessments/{smelter.id}/submit", {"agreed": "yes"}).status == 303
    embedded.session.rollback()
    snapshot = latest_snapshot(embedded.session, smelter.id)
    assert snapshot is not None
    content = json.loads(snapshot.content)
    assert all(reason.startswith("Asked because ") for reason in content["asked"].values())
    assert all(reason.startswith("Not asked because ") for reason in content["not_asked"].values())
