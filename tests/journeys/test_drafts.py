"""The steward's admin writes the next version: begins, changes, meets a fault, mends it, tries, publishes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Stage
from tests.journeys.seats import Seat
from tests.journeys.test_accessibility import violations, wider_than

WHY = "It says from when on a rule counts."


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_draft_from_its_first_word_to_its_publication(embedded_stage: Stage, script: bool) -> None:
    stage = embedded_stage
    seat = Seat(
        stage.browser, stage.running.base, stage.people.sara, java_script_enabled=script,
        accept_downloads=True,
    )  # fmt: skip
    page = seat.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Questionnaire").click()
    expect(page.get_by_text("No draft yet")).to_be_visible()
    page.get_by_label("Number of the new version").fill("1.1")
    page.get_by_role("button", name="Begin the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft of version 1.1")
    expect(page.get_by_text("the check is clean")).to_be_visible()
    base = page.url
    held(page, script=script)

    page.get_by_role("button", name="Put this draft away").click()
    expect(page.get_by_text("The draft is put away.")).to_be_visible()
    expect(page.get_by_text("No draft yet")).to_be_visible()
    page.locator("summary", has_text="Put away").click()
    held(page, script=script)
    page.get_by_role("button", name="Take up again").click()
    expect(page.get_by_text("It stands as it stood.")).to_be_visible()

    page.goto(f"{base}/topics/OHS.1/guide")
    held(page, script=script)
    page.get_by_label("Effort").first.fill("three hours")
    page.get_by_role("button", name="Save the guide").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Effort").first).to_have_value("three hours")

    page.goto(f"{base}/questions/LAB-10")
    held(page, script=script)
    page.get_by_label("Question", exact=True).fill("Which of these practices are ruled out in writing today?")
    page.get_by_role("button", name="A line", exact=False).first.click()
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    page.get_by_label("Fact or answer").first.fill("employes")
    page.get_by_label("Comparison").first.select_option(label="at least")
    page.get_by_label("Values, commas between").first.fill("60")
    save(page)
    expect(page.get_by_text(re.compile("employes")).first).to_be_visible()
    page.goto(f"{base}?only=faults")
    expect(
        page.get_by_role("link", name="Which of these practices are ruled out in writing today?")
    ).to_be_visible()

    page.goto(f"{base}/questions/LAB-10")
    page.get_by_label("Fact or answer").first.fill("employees")
    page.get_by_label("Comparison").first.select_option(label="at least")
    save(page)
    expect(page.locator(".said")).to_contain_text("60 people or more")
    expect(page.get_by_text(re.compile("Of the example suppliers, [0-9] of 8 are asked"))).to_be_visible()
    page.get_by_role("link", name="Draft of 1.1").click()
    page.get_by_role("link", name="What changed").click()
    expect(page.get_by_text("Not every change is told.")).to_be_visible()
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_role("heading", name="One thing needs a correction")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("not told as it is"))).to_be_visible()

    page.goto(f"{base}/questions/LAB-10")
    for meaning in ("Reworded", "Asked of others"):
        page.get_by_role("button", name="Say what a change means").click()
        page.get_by_label("Meaning").last.select_option(label=meaning)
        page.get_by_label("Why, in the reader's words").last.fill(WHY)
    save(page)
    page.goto(f"{base}/preview")
    page.get_by_role("link", name=re.compile("Micro")).first.click()
    expect(page.locator("#asked")).to_be_visible()
    held(page, script=script)
    page.goto(f"{base}/try/OHS?example=Large+smelter-refiner")
    expect(page.get_by_text("Who took part")).to_have_count(0)
    page.locator("[name='OHS-16.practised']").fill("2026-05-12")
    page.get_by_role("button", name="Take these answers").last.click()
    expect(page.get_by_text("Who took part").first).to_be_visible()
    held(page, script=script)
    page.goto(f"{base}/history")
    expect(page.get_by_role("row")).to_have_count(5)
    held(page, script=script)
    page.goto(f"{base}/changes")
    expect(page.get_by_text("Every change is told.")).to_be_visible()
    held(page, script=script)
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_text("Version 1.1 is published.")).to_be_visible()
    page.goto("/questionnaire/changes/1.0/1.1")
    expect(page.get_by_text(WHY).first).to_be_visible()
    seat.leave()


def save(page: Page) -> None:
    """Save the question and read that it is."""
    page.get_by_role("button", name="Save this question").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def held(page: Page, *, script: bool) -> None:
    """The page as it stands keeps to the standards; axe needs script."""
    if script:
        assert violations(page) == []
        assert wider_than(page, 360) == []
