"""Answering where the line comes and goes, and a round that nobody checks: both in real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from assessments.values.answers import AnswerState
from tests.journeys import acts, showing
from tests.journeys.acts import card
from tests.journeys.conftest import Stage
from tests.journeys.deciding import confirm
from tests.journeys.filling import answer_the_rest, sheet_of
from tests.journeys.people import KOVO, KOVO_LEI, NORDVOLT
from tests.journeys.seats import Seat
from tests.support.desks import wait_for

SITE = "Ostrava smelter"
LABEL = "self-declared, not checked"


class Desk:
    """Kovo's assessment, just opened, with its admin before it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seat = Seat(stage.browser, stage.running.base, stage.people.jana)
        self.page = self.seat.page
        acts.supplier_describes_the_company(self.page, lei=KOVO_LEI, employees=420)
        acts.supplier_adds_a_site(
            self.page, SITE, done="Smelting or refining", material="Nickel", employees=380
        )
        self.assessment = acts.supplier_opens_an_assessment(self.page, SITE)

    def note(self, key: str) -> str | None:
        """The note to the assessor at a question, as the database has it."""
        return sheet_of(self.stage.running, self.assessment).answer(key).note


@pytest.fixture(scope="module")
def desk(shared_stage: Stage) -> Iterator[Desk]:
    made = Desk(shared_stage)
    yield made
    made.seat.leave()


def _note_field(page: Page, key: str) -> None:
    field = card(page, key).get_by_label("Note for the assessor")
    if not field.is_visible():
        card(page, key).get_by_text("A note for the assessor").click()
    field.click()


def test_words_typed_without_a_line_are_sent_when_it_is_back(desk: Desk) -> None:
    page, key = desk.page, "OHS-02"
    acts.contributor_opens_a_section(page, desk.assessment, "OHS")
    card(page, key).get_by_text("Not known yet, does not apply, or kept to yourselves").click()
    card(page, key).get_by_label("Not known yet", exact=True).check()
    acts.saved(page, key)
    _note_field(page, key)
    desk.seat.context.set_offline(True)
    page.keyboard.type("Written in the tunnel")
    expect(card(page, key).locator(".save-offline")).to_be_visible()
    page.keyboard.type(", and on")
    desk.seat.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(card(page, key).locator(".save-saved")).to_be_visible()
    wait_for(lambda: desk.note(key) == "Written in the tunnel, and on")
    assert page.evaluate("document.activeElement.name") == f"{key}.note", "the field was never left"


def test_leaving_in_the_middle_of_a_word_loses_nothing(desk: Desk) -> None:
    page, key = desk.page, "OHS-02"
    acts.contributor_opens_a_section(page, desk.assessment, "OHS")
    _note_field(page, key)
    page.keyboard.press("End")
    page.keyboard.insert_text(" to the last wor")  # at once: no pause in typing saves a part of it before
    page.goto("/supplier/evidence")
    wait_for(lambda: (desk.note(key) or "").endswith(" to the last wor"))


def test_a_round_that_nobody_checked_says_so_wherever_it_shows(desk: Desk) -> None:
    page, stage = desk.page, desk.stage
    answer_the_rest(page, stage.running, desk.assessment)
    assert sheet_of(stage.running, desk.assessment).answer("OHS-02").state is AnswerState.NOT_KNOWN
    acts.supplier_hands_in(page, desk.assessment)
    page.goto(f"/supplier/assessments/{desk.assessment}/summary")
    confirm(page, "Publish without an assessor", "Publish it")
    page.goto("/supplier/")
    expect(page.locator("main")).to_contain_text(LABEL)
    page.get_by_role("link", name=f"{SITE}, 2026").click()
    expect(page.locator("main")).to_contain_text("Self-declared, not checked.")
    stage.running.command("org", "confirm", str(stage.people.kovo))
    showing.supplier_grants_unasked(page, NORDVOLT, SITE, until="2027-06-30")
    buyer = Seat(stage.browser, stage.running.base, stage.people.anna)
    buyer.page.goto("/buyer/")
    expect(buyer.page.get_by_role("row", name=KOVO)).to_contain_text(LABEL)
    showing.buyer_opens_result(buyer.page, KOVO)
    expect(buyer.page.locator("main")).to_contain_text("Self-declared, not checked.")
    buyer.leave()
