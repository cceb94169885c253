"""Filling in offline, in a real browser: down, filled in by a program, up, looked at, taken, undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.peopled import peopled
from tests.journeys.running import Running
from tests.journeys.seats import Seat
from tests.journeys.test_accessibility import violations, wider_than
from tests.support.assessing import opened
from tests.support.cast import NOW, Cast
from tests.workbook.conftest import filled

TYPED = {"OHS-05.cases.employees@D": 3, "OHS-05.causes=fall": "x", "OHS-06.known": "Nobody lost their life"}


@dataclass
class World:
    """Kovo's round, just opened."""

    running: Running
    cast: Cast
    base: str


@pytest.fixture
def world(tmp_path: Path, migrated_file: Path) -> Iterator[World]:
    with peopled(tmp_path, migrated_file) as (running, session, cast):
        found = opened(session, cast.smelter, by=cast.jana.actor, at=NOW)
        session.commit()
        yield World(running, cast, f"/supplier/assessments/{found.id}")


def faults_of(page: Page) -> list[str]:
    """What axe finds in light and dark, and what sticks out at 320 px."""
    found: list[Any] = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {one}" for one in violations(page)]
    return [*found, *wider_than(page, 320)]


def uploads(page: Page, raw: bytes) -> None:
    """Choose the workbook and ask what it would change."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.get_by_label("The workbook that you filled in").set_input_files(
        {"name": "answers.xlsx", "mimeType": kind, "buffer": raw}
    )
    page.get_by_role("button", name="See what would change").click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_workbook_goes_round(world: World, browser: Browser, *, script: bool) -> None:
    seat = Seat(browser, world.running.base, None, java_script_enabled=script)
    page = seat.page
    seat.sign_in(world.cast.petr)
    page.goto(world.base)
    page.get_by_role("link", name="Fill in offline").click()
    faults = faults_of(page) if script else []
    with page.expect_download() as down:
        page.get_by_role("link", name="Download all sections").click()
    assert down.value.suggested_filename.endswith(".xlsx")
    raw = filled(Path(down.value.path()).read_bytes(), TYPED)

    uploads(page, raw)
    expect(page.get_by_role("heading", level=1)).to_have_text("What the file would change")
    change = page.get_by_role("group", name="OHS-05")
    expect(change).to_contain_text("no answer")
    expect(change).to_contain_text("Falls")
    faults += faults_of(page) if script else []
    page.get_by_role("group", name="OHS-06").get_by_label("Take it over").uncheck()
    page.get_by_role("button", name="Take over what is chosen").click()
    expect(page.get_by_text("One answer is taken over.")).to_be_visible()
    faults += faults_of(page) if script else []

    # The line that was left out is changed on the page meanwhile, and comes up side by side.
    page.goto(f"{world.base}/questions/OHS-06")
    page.locator("input[name='OHS-06.known'][value=open]").check()
    page.get_by_role("button", name="Save").first.click()
    page.goto(f"{world.base}/workbook")
    uploads(page, raw)
    both = page.get_by_role("group", name="OHS-06")
    expect(both).to_contain_text("A case is being looked into")
    expect(both.get_by_label("Keep what stands")).to_be_checked()
    faults += faults_of(page) if script else []
    both.get_by_label("Take what the file says").check()
    page.get_by_role("button", name="Take over what is chosen").click()
    expect(page.get_by_text("One answer is taken over.")).to_be_visible()
    uploads(page, raw)
    expect(page.get_by_text("Nothing to take over.")).to_be_visible()

    page.get_by_role("link", name="Back to the workbook").click()
    page.get_by_role("button", name="Take the whole file back").click()
    expect(page.get_by_text("The upload is taken back.")).to_be_visible()
    page.goto(f"{world.base}/questions/OHS-06")
    expect(page.locator("input[name='OHS-06.known'][value=open]")).to_be_checked()
    seat.leave()
    assert not faults, "\n".join(faults)
