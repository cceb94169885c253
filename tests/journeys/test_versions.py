"""A newer version of the questionnaire: read by anybody, moved to, confirmed, and gone back from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assessments.questionnaire.pack.loading import read_pack
from tests.journeys.peopled import peopled
from tests.journeys.running import Running
from tests.journeys.seats import Seat
from tests.journeys.test_accessibility import violations, wider_than
from tests.support.cast import Cast
from tests.versions.conftest import named_standard
from tests.versions.second import SMALL, WHOLE, edited
from tests.versions.world import GIVEN, answered

PUBLIC = "/questionnaire/changes/1.0/1.1"


@dataclass
class World:
    """What answering needs, and where Kovo's round stands."""

    session: Any
    cast: Cast
    running: Running
    base: str = ""


@pytest.fixture
def world(tmp_path: Path, migrated_file: Path) -> Iterator[World]:
    """Kovo's round under 1.0 with answers; 1.1 is published; the server runs."""
    first, second = read_pack(SMALL), read_pack(edited(tmp_path, *WHOLE))
    with peopled(tmp_path, migrated_file) as (running, session, cast):
        made = World(session, cast, running)
        found = answered(made, named_standard(first), named_standard(second))
        made.base = f"/supplier/assessments/{found.smelter.id}"
        session.commit()
        yield made


def faults_of(page: Page) -> list[str]:
    """What axe finds in light and dark, and what sticks out at 360 and 320 px."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {one}" for one in violations(page)]
    for width in (360, 320):
        found += wider_than(page, width)
    return found


def test_anybody_reads_what_changed_without_script(world: World, browser: Browser) -> None:
    seat = Seat(browser, world.running.base, None, java_script_enabled=False)
    page = seat.page
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(PUBLIC)
    expect(page.get_by_role("heading", level=1)).to_have_text("What changed from version 1.0 to 1.1")
    drill = page.locator("#OHS-04")
    expect(drill).to_contain_text("is now “Leak of gas”")
    expect(page.locator("#OHS-03 del").first).to_contain_text("12")
    expect(page.locator("#OHS-03 ins").first).to_contain_text("24")
    lines = page.locator("#OHS-03 del").first.evaluate("e => getComputedStyle(e).textDecorationLine")
    assert "line-through" in lines, "what is gone is struck through, not only of another colour"
    page.get_by_role("link", name="OHS-09", exact=True).click()
    assert page.url.endswith("#OHS-09")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="The same for programs (JSON)")).to_be_hidden()
    expect(drill).to_be_visible()
    data = json.loads(page.request.get(f"{PUBLIC}?as=json").text())
    assert data["to"]["version"] == "1.1"
    seat.leave()
    looked = Seat(browser, world.running.base, None)
    looked.page.goto(PUBLIC)
    faults = faults_of(looked.page)
    looked.leave()
    assert not faults, "\n".join(faults)
    assert "OHS-04  choices_changed" in world.running.command(
        "questionnaire", "diff", "standard@1.0", "standard@1.1"
    )


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_round_is_moved_confirmed_and_moved_back(world: World, browser: Browser, *, script: bool) -> None:
    seat = Seat(browser, world.running.base, None, java_script_enabled=script)
    page = seat.page
    seat.sign_in(world.cast.jana)
    page.goto(world.base)
    page.get_by_role("link", name="See what changes for you").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 1.1: what changes for you")
    expect(page.get_by_role("row", name="Carried over to the new choices")).to_contain_text("2")
    expect(page.locator("#OHS-04 .fate")).to_contain_text("Your answer: Carried over to the new choices")
    if script:
        faults = faults_of(page)
        assert not faults, "\n".join(faults)
        page.emulate_media(color_scheme="light")

    _move(page)
    expect(page.get_by_text("The round is on version 1.1 now.")).to_be_visible()
    page.get_by_role("link", name="Look at the move").click()
    page.get_by_role("button", name="Go back to version 1.0").click()
    expect(page.get_by_text("The round is on version 1.0 again.")).to_be_visible()
    page.get_by_role("link", name="See what changes for you").click()
    _move(page)

    page.goto(f"{world.base}/sections/OHS")
    drill = page.locator("#OHS-04")
    expect(drill.get_by_label("Leak of gas")).to_be_checked()
    drill.get_by_text("What you answered before").click()
    expect(drill.locator("blockquote")).to_contain_text("Gas")
    if script:
        faults = faults_of(page)
        assert not faults, "\n".join(faults)
        page.emulate_media(color_scheme="light")
    drill.get_by_role("button", name="Still true").click()
    expect(page.get_by_text("One answer is confirmed.")).to_be_visible()
    expect(page.locator("#OHS-04-carried")).to_have_count(0)

    dust = page.locator("#OHS-06")
    number = dust.get_by_role("textbox").first
    expect(number).to_have_value(re.compile("250"))
    number.fill("240")
    if script:
        number.blur()
        expect(dust.locator(".save-saved")).to_be_visible()
        expect(page.locator("#OHS-06-carried")).to_have_count(0)
    else:
        dust.get_by_role("button", name="Still true").click()
        expect(page.locator("#OHS-06-carried")).to_have_count(0)
    page.goto(f"{world.base}/sections/PRO")
    agents = page.locator("#PRO-05")
    expect(agents.locator("blockquote")).to_contain_text("For buying")
    page.goto(world.base)
    expect(page.get_by_text("One answer is to be confirmed.")).to_be_visible()
    kept = page.locator("#kept")
    kept.get_by_text("One answer is kept").click()
    expect(kept).to_contain_text("The fire service")
    expect(kept).to_contain_text("under version 1.0")
    if script:
        faults = faults_of(page)
        assert not faults, "\n".join(faults)
        page.emulate_media(color_scheme="light")
    page.goto(f"{world.base}/summary")
    page.emulate_media(media="print")
    expect(page.locator("#kept-OHS-08-company").get_by_text("The fire service")).to_be_visible()
    page.emulate_media(media="screen")
    page.goto(f"{world.base}/version")
    expect(page.get_by_role("button", name=re.compile("Go back"))).to_have_count(0)
    seat.leave()
    assert GIVEN["OHS-04"]["kind"] == "gas"


def _move(page: Page) -> None:
    page.locator("#move > summary").click()
    page.get_by_role("button", name="Move it").click()
