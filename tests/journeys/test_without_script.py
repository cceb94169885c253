"""Answering a section with JavaScript switched off: plain posts, and nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from assessments.values.answers import AnswerState
from tests.journeys import acts
from tests.journeys.acts import card
from tests.journeys.conftest import Stage
from tests.journeys.filling import sheet_of
from tests.journeys.people import KOVO_LEI
from tests.journeys.seats import Seat

SITE = "Ostrava smelter"


class Desk:
    """Kovo's assessment, just opened, and two people without script before it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        people = (stage.people.jana, stage.people.petr)
        self.seats = [
            Seat(stage.browser, stage.running.base, one, java_script_enabled=False) for one in people
        ]
        self.jana, self.petr = (seat.page for seat in self.seats)
        acts.supplier_describes_the_company(self.jana, lei=KOVO_LEI, employees=420)
        acts.supplier_adds_a_site(
            self.jana, SITE, done="Smelting or refining", material="Nickel", employees=380
        )
        self.assessment = acts.supplier_opens_an_assessment(self.jana, SITE)

    def opens(self, page: Page, section: str) -> None:
        """Go to a section."""
        acts.contributor_opens_a_section(page, self.assessment, section)

    def state(self, key: str) -> AnswerState:
        """How a question is answered, as the database has it."""
        return sheet_of(self.stage.running, self.assessment).answer(key).state


@pytest.fixture(scope="module")
def desk(shared_stage: Stage) -> Iterator[Desk]:
    made = Desk(shared_stage)
    yield made
    for seat in made.seats:
        seat.leave()


def test_a_section_is_answered_by_plain_posts(desk: Desk) -> None:
    page = desk.petr
    desk.opens(page, "OHS")
    card(page, "OHS-01").get_by_label("Our own written way of working").check()
    lost = card(page, "OHS-06")
    expect(lost.locator("table")).to_have_count(0)
    lost.locator("input[name='OHS-06.known'][value=open]").check()
    asked = card(page, "OHS-15")
    asked.get_by_text("Not known yet, does not apply, or kept to yourselves").click()
    asked.get_by_label("Not known yet", exact=True).check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Health and safety")
    acts.notice(page, "3 answers are saved.")
    assert desk.state("OHS-15") is AnswerState.NOT_KNOWN

    desk.opens(page, "OHS")  # what was chosen has opened its other parts
    expect(lost.locator("table")).to_have_count(1)
    share = card(page, "OHS-01").get_by_role("group", name="Share of employees covered today")
    share.get_by_role("textbox").first.fill("80")
    share.get_by_label("Data year").fill("2025")
    share.get_by_label("How known").select_option(label="Estimated")
    card(page, "OHS-01").get_by_label("Someone from our own company").check()
    share.get_by_role("textbox").first.press("Enter")
    acts.notice(page, "One answer is saved.")
    assert desk.state("OHS-01") is AnswerState.ANSWERED


def test_a_table_gets_its_rows_and_a_rule_its_questions(desk: Desk) -> None:
    page = desk.petr
    desk.opens(page, "PRO")
    card(page, "PRO-07").get_by_label("Product or service, row 1").fill("Nickel anodes")
    card(page, "PRO-07").get_by_role("button", name="Add a row").click()
    expect(card(page, "PRO-07").get_by_label("Product or service, row 1")).to_have_value("Nickel anodes")
    card(page, "PRO-07").get_by_label("Product or service, row 2").fill("Slag")
    card(page, "PRO-07").get_by_label("Product or service, row 2").press("Enter")
    expect(card(page, "PRO-07").get_by_label("Product or service, row 2")).to_have_value("Slag")
    card(page, "PRO-06").get_by_label("Yes", exact=True).check()
    card(page, "PRO-06").get_by_label("Yes", exact=True).press("Enter")
    acts.notice(page, "OHS-08 is asked now.")
    acts.notice(page, "this site makes, treats or stores materials")


def test_a_stale_answer_gives_both_values_back(desk: Desk) -> None:
    for page in (desk.jana, desk.petr):
        desk.opens(page, "OHS")
    first, second = card(desk.petr, "OHS-02"), card(desk.jana, "OHS-02")
    first.get_by_label("Some", exact=True).check()
    first.get_by_label("Some", exact=True).press("Enter")
    acts.notice(desk.petr, "One answer is saved.")
    second.get_by_label("Every job, cleaning and repair too").check()
    second.get_by_label("Every job, cleaning and repair too").press("Enter")
    expect(desk.jana.locator(".sum")).to_contain_text("OHS-02: two people, one answer")
    both = second.get_by_role("group", name="Two people, one answer.")
    for text in ("Yours", "Every job, cleaning and repair too", "Petr", "Some"):
        expect(both).to_contain_text(text)
    both.get_by_role("button", name="Keep mine").click()
    acts.notice(desk.jana, "One answer is saved.")
    expect(second.get_by_label("Every job, cleaning and repair too")).to_be_checked()

    desk.opens(desk.petr, "OHS")
    desk.opens(desk.jana, "OHS")
    first.get_by_label("Most", exact=True).check()
    first.get_by_label("Most", exact=True).press("Enter")
    acts.notice(desk.petr, "One answer is saved.")
    second.get_by_label("None yet").check()
    second.get_by_label("None yet").press("Enter")
    second.get_by_role("button", name="Take the other").click()
    expect(second.get_by_label("Most", exact=True)).to_be_checked()


def test_an_error_keeps_what_was_typed_and_saves_the_rest(desk: Desk) -> None:
    page = desk.petr
    desk.opens(page, "ENV")
    taken = card(page, "ENV-21").get_by_role("group", name="Water taken in the year")
    taken.get_by_role("textbox").first.fill("about 18,400 or so")
    taken.get_by_label("Data year").fill("2025")
    card(page, "ENV-22").get_by_label("Low", exact=True).check()
    card(page, "ENV-22").get_by_label("Low", exact=True).press("Enter")
    expect(page.locator(".sum")).to_contain_text("ENV-21")
    expect(page.locator(".sum")).to_contain_text("Everything else on this page is saved.")
    expect(taken.get_by_role("textbox").first).to_have_value("about 18,400 or so")
    expect(taken.get_by_label("Data year")).to_have_value("2025")
    acts.notice(page, "Not saved yet. What you typed stands here as you typed it.")
    assert desk.state("ENV-22") is AnswerState.INCOMPLETE
    page.locator(".sum").get_by_role("link").first.click()
    taken.get_by_role("textbox").first.fill("18400")
    taken.get_by_role("textbox").first.press("Enter")
    acts.notice(page, "One answer is saved.")
    expect(taken.get_by_role("textbox").first).to_have_value("18400")
