"""What a buyer asks of whom, in a real browser: with script and without, to the supplier's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from assessments.result import Layer
from assessments.sharing.disclosure import LegalBasis
from assessments.sharing.requesting import Named, send_request
from tests.journeys.peopled import peopled
from tests.journeys.running import Running
from tests.journeys.seats import Seat
from tests.journeys.test_accessibility import World
from tests.support.acts import disclosed, self_declared
from tests.support.cast import NOW


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[tuple[Running, World]]:
    """Kovo's yard shared with Nordvolt but for one topic, which asks for more."""
    folder = tmp_path_factory.mktemp("asks")
    with peopled(folder, migrated_file) as (running, session, cast):
        made = World(session, cast, {})
        result = self_declared(made)
        disclosed(made, result, without=frozenset({"OHS.4"}))
        request = send_request(
            session, Named(email=cast.jana.email), layers=[Layer.ANSWERS], purpose="Supply",
            legal_basis=next(iter(LegalBasis)), until=NOW + timedelta(days=90), by=cast.anna.actor,
            at=NOW - timedelta(days=1),
        )  # fmt: skip
        session.commit()
        made.pages = {"result": [f"/buyer/assessments/{result.assessment_id}"],
                      "request": [f"/supplier/sharing/requests/{request.id}"]}  # fmt: skip
        yield running, made


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_from_the_first_row_to_the_suppliers_page(
    world: tuple[Running, World], browser: Browser, script: bool
) -> None:
    running, made = world
    seat = Seat(browser, running.base, made.cast.anna, java_script_enabled=script)
    page, reason = seat.page, f"Clause 7, {'with' if script else 'without'}"
    page.goto("/buyer/")
    page.get_by_role("link", name="What we ask").click()
    page.get_by_label("What you ask").select_option("ISO45001")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("Choose some of its elements").click()
    for element in ("Emergency preparedness", "Context and needs of workers"):
        page.get_by_label(element).check()
    page.get_by_label("Position").select_option("REC")
    page.get_by_label("Why, in your words").fill(reason)
    page.get_by_role("button", name="Put it on the list").click()
    row = page.get_by_role("row").filter(has_text=reason)
    expect(row).to_contain_text("2 of 11 elements")
    expect(row).to_contain_text("Recycling")
    row.get_by_role("link", name="1 supplier who shares with you").click()
    expect(page.locator("#portfolio tbody tr")).to_have_count(1)

    page.goto(made.pages["result"][0])
    asks = page.locator("#asks")
    link = asks.locator("a.chip").first
    expect(link).to_be_visible()
    assert page.locator((link.get_attribute("href") or "").replace(".", r"\.")).count() == 1

    page.goto("/buyer/asks")
    page.get_by_label("One", exact=True).select_option("ISO45001")
    page.get_by_label("The other").select_option("SA8000")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Serve both")).to_be_visible()

    supplier = Seat(browser, running.base, made.cast.jana, java_script_enabled=script)
    supplier.page.goto(made.pages["request"][0])
    expect(supplier.page.get_by_text(reason)).to_be_visible()

    page.goto("/buyer/asks")
    page.get_by_role("row").filter(has_text=reason).get_by_role("link", name=re.compile("ISO 45001")).click()
    page.get_by_role("button", name="Take it off the list").click()
    expect(page.get_by_text("Taken off the list.")).to_be_visible()
    supplier.page.reload()
    expect(supplier.page.get_by_text(reason)).to_have_count(0)
    page.get_by_role("button", name="Put it back").first.click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    page.get_by_role("row").filter(has_text=reason).get_by_role("link", name=re.compile("ISO 45001")).click()
    page.get_by_role("button", name="Take it off the list").click()
    supplier.leave()
    seat.leave()
