"""A certificate that pre-answers, in a browser: offered, confirmed, covering; with script and without."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.acts import card, saved
from tests.journeys.peopled import peopled
from tests.journeys.running import Running
from tests.journeys.seats import Seat
from tests.journeys.test_versions import faults_of
from tests.support.assessing import opened
from tests.support.cast import NOW, Cast
from tests.support.certificates import ISO14001, hold


@dataclass
class World:
    """Kovo's round at its smelter, two certificates in PRO-13, and the server."""

    session: Any
    cast: Cast
    running: Running
    assessment: uuid.UUID

    @property
    def base(self) -> str:
        """Where the pages of the round lie."""
        return f"/supplier/assessments/{self.assessment}"


@pytest.fixture
def world(tmp_path: Path, migrated_file: Path) -> Iterator[World]:
    with peopled(tmp_path, migrated_file) as (running, session, cast):
        assessment = opened(session, cast.smelter, by=cast.jana.actor, at=NOW)
        lapsed = {**ISO14001, "scheme": "iso45001", "valid_until": "2026-01-31"}
        hold(session, assessment.id, ISO14001, lapsed, by=cast.jana.actor)
        yield World(session, cast, running, assessment.id)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_what_a_certificate_offers_is_confirmed(world: World, browser: Browser, *, script: bool) -> None:
    seat = Seat(browser, world.running.base, None, java_script_enabled=script)
    page = seat.page
    seat.sign_in(world.cast.petr)
    page.goto(f"{world.base}/summary")
    expect(page.get_by_text("For one of them your certificates offer an answer")).to_be_visible()
    page.goto(f"{world.base}/sections/ENV")
    expect(page.locator("ul.certificates").first).to_contain_text("Covered by a recognised certificate")
    system = card(page, "ENV-01")
    expect(system).to_contain_text("Offered, because ISO 14001 (environment) asks for it")
    expect(system.get_by_label("ISO 14001")).to_be_checked()
    expect(system.get_by_label("Aims, signed by the top")).to_be_checked()
    if script:
        faults = faults_of(page)
        assert not faults, "\n".join(faults)
        page.emulate_media(color_scheme="light")
    system.get_by_role("button", name=re.compile("It is right, save it")).click()
    expect(page.get_by_text("One answer is saved.")).to_be_visible()
    expect(system).not_to_contain_text("Offered, because")
    expect(system).to_contain_text("Covered by a recognised certificate")
    system.get_by_label("All work of our own people").check()
    if script:
        saved(page, "ENV-01")
    page.goto(f"{world.base}/sections/OHS")
    expect(page.locator("ul.certificates").first).to_contain_text("ended on 31 Jan 2026")
    expect(card(page, "OHS-01")).not_to_contain_text("Offered, because")
    page.locator("ul.certificates a").first.click()
    assert page.url.endswith("/sections/PRO#PRO-13")
    seat.leave()
