"""Before anybody has an account: what would we be asked, and what is known of our materials."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Stage
from tests.journeys.seats import Seat


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request: pytest.FixtureRequest, shared_stage: Stage) -> Iterator[Page]:
    seat = Seat(
        shared_stage.browser, shared_stage.running.base, None, java_script_enabled=bool(request.param)
    )
    yield seat.page
    seat.leave()


def test_a_company_like_mine(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="What would we be asked?").click()
    expect(page.get_by_text("Nothing is described yet")).to_be_visible()
    page.get_by_label("People, all sites together").fill("220")
    page.get_by_label("Makes half-finished metal").check()
    page.get_by_label("Something is mined, made, treated or stored there").check()
    page.get_by_label("Materials", exact=True).fill("Copper")
    page.get_by_label("Countries of its sites").fill("Germany")
    page.get_by_role("button", name="Show the questions").click()
    asked = page.locator("#asked")
    expect(asked).to_have_text("133")
    expect(page.get_by_text("Asked because your company has 220 people.").first).to_be_attached()

    page.get_by_text("What earlier answers may say").click()
    page.get_by_label("Water used in a process leaves the site").check()
    page.get_by_role("button", name="Show the questions").click()
    expect(asked).to_have_text("134")
    assert "process_water=yes" in page.url

    page.get_by_role("link", name="Take off Copper").click()
    expect(page.get_by_role("link", name="Take off Copper")).to_have_count(0)
    expect(asked).not_to_have_text("134")

    page.get_by_role("link", name="Large smelter-refiner").click()
    expect(asked).to_have_text("189")
    page.reload()
    expect(asked).to_have_text("189")
    page.get_by_text("Company profile: 15 asked").scroll_into_view_if_needed()
    page.get_by_role("link", name="How is your company registered today?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Identity and size")


def test_the_questions_by_step(page: Page) -> None:
    page.goto("/questions")
    page.get_by_role("navigation", name="Order of the questions").get_by_role("link", name="By step").click()
    expect(page.get_by_role("heading", name="The six steps of due diligence")).to_be_visible()
    step = page.get_by_role("region", name="Make harm good")
    expect(step.get_by_role("listitem")).to_have_count(4)
    step.locator("a[href*='GRV-01']").click()
    expect(page).to_have_url(re.compile(r"/questions/GRV\.1#GRV-01$"))
    page.go_back()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Schaden wiedergutmachen")).to_be_visible()


def test_a_material_and_a_country(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Risks").click()
    page.get_by_role("combobox", name="Material").select_option(label="Cobalt")
    page.get_by_role("combobox", name="Country").select_option(label="Congo - Kinshasa")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cobalt from Congo - Kinshasa")
    expect(page.locator("#country-indices")).to_contain_text(
        "World Bank, Worldwide Governance Indicators, 2023"
    )
    page.get_by_role("link", name=re.compile("How far back do you know")).first.click()
    expect(page).to_have_url(re.compile(r"/questions/LAB\.3#LAB-12$"))

    page.goto("/risks/cobalt?country=COD")
    page.get_by_role("combobox", name="Country").select_option(label="No country")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cobalt")
