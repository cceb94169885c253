"""A section in a real browser: what saves as it is typed, what opens in place, what survives a lost line."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from assessments.assessment import Assessment
from plumbline.identity.visitor import start_session
from tests.conftest import Stack
from tests.supplier.conftest import sheet_of
from tests.support.cast import NOW, Member
from tests.support.real_servers import Chromium


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium.executable, args=list(chromium.flags))
        yield opened
        opened.close()


@pytest.fixture
def host(embedded: Stack) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, embedded.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def context_of(stack: Stack, browser: Browser, member: Member, *, script: bool = True) -> BrowserContext:
    secret = start_session(stack.session, member.person_id, member.membership_id, hours=1, at=NOW)
    stack.session.commit()
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1100, "height": 900})
    context.add_cookies([{"name": "plumbline", "value": secret, "domain": "127.0.0.1", "path": "/"}])
    return context


def open_section(context: BrowserContext, host: str, assessment: Assessment, key: str) -> Page:
    page = context.new_page()
    page.goto(f"{host}/supplier/assessments/{assessment.id}/sections/{key}")
    return page


def test_an_answer_saves_as_it_is_given_and_opens_what_it_needs(
    embedded: Stack, smelter: Assessment, browser: Browser, host: str
) -> None:
    page = open_section(context_of(embedded, browser, embedded.cast.petr), host, smelter, "ENV")
    card = page.locator("#ENV-22")
    expect(card.get_by_label("Water taken from this area in the year")).to_have_count(0)
    card.get_by_label("High or very high").check()
    expect(card.locator(".save-saved")).to_be_visible()
    expect(card.get_by_label("Water taken from this area in the year").first).to_be_visible()
    page.locator("[name='ENV-23.discharge.process.leaves']").select_option("some")
    expect(page.locator("#ENV-24")).to_contain_text("Asked because process water leaves this site.")
    assert sheet_of(embedded, smelter).answer("ENV-22").parts == {"stress": "high"}


def test_what_cannot_be_read_is_said_at_the_field_and_mended_in_place(
    embedded: Stack, smelter: Assessment, browser: Browser, host: str
) -> None:
    page = open_section(context_of(embedded, browser, embedded.cast.petr), host, smelter, "ENV")
    card = page.locator("#ENV-21")
    field = page.locator("[name='ENV-21.withdrawn.value']")
    field.fill("18 thousand")
    field.blur()
    expect(card.locator(".outcome .err")).to_contain_text("is not a number")
    beside = card.locator(".part:has([name='ENV-21.withdrawn.value']) .err")
    expect(beside).to_be_visible()
    expect(beside).to_contain_text("is not a number")
    sentence, box = beside.bounding_box(), field.bounding_box()
    assert sentence is not None
    assert box is not None
    assert sentence["y"] < box["y"], "the sentence stands over its field"
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("18 thousand")
    field.fill("18000")
    field.blur()
    expect(card.locator(".save-saved")).to_be_visible()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(beside).to_have_count(0)


def test_what_does_not_apply_is_asked_for_its_reason_before_it_is_a_fault(
    embedded: Stack, smelter: Assessment, browser: Browser, host: str
) -> None:
    page = open_section(context_of(embedded, browser, embedded.cast.petr), host, smelter, "ENV")
    card = page.locator("#ENV-21")
    card.get_by_text("Not known yet, does not apply").click()
    card.get_by_label("Does not apply to us").check()
    reason = card.get_by_label("Why it does not apply")
    expect(reason).to_be_focused()
    expect(card.locator(".err")).to_have_count(0)
    reason.blur()
    expect(card.locator(".reason .err")).to_contain_text("Write the reason in a sentence.")
    reason.fill("The yard has no water.")
    reason.blur()
    expect(card.locator(".save-saved")).to_be_visible()
    expect(card.locator(".err")).to_have_count(0)


def test_two_people_on_one_answer_choose_with_both_in_sight(
    embedded: Stack, smelter: Assessment, browser: Browser, host: str
) -> None:
    jana = open_section(context_of(embedded, browser, embedded.cast.jana), host, smelter, "OHS")
    petr = open_section(context_of(embedded, browser, embedded.cast.petr), host, smelter, "OHS")
    jana.locator("#OHS-01").get_by_label("No written system yet").check()
    expect(jana.locator("#OHS-01 .save-saved")).to_be_visible()
    petr.locator("#OHS-01").get_by_label("ISO 45001").check()
    expect(petr.locator("#OHS-01 .stale")).to_contain_text("Jana")
    petr.get_by_role("button", name="Keep mine").click()
    expect(petr.locator("#OHS-01 .save-saved")).to_be_visible()
    assert sheet_of(embedded, smelter).answer("OHS-01").parts == {"systems": ["iso45001"]}


def test_a_lost_line_loses_nothing(embedded: Stack, smelter: Assessment, browser: Browser, host: str) -> None:
    context = context_of(embedded, browser, embedded.cast.petr)
    page = open_section(context, host, smelter, "OHS")
    context.set_offline(True)
    page.locator("#OHS-01").get_by_label("No written system yet").check()
    expect(page.locator("#OHS-01 .save-offline")).to_contain_text("Kept on this device")
    context.set_offline(False)
    expect(page.locator("#OHS-01 .save-saved")).to_be_visible(timeout=15000)
    assert sheet_of(embedded, smelter).answer("OHS-01").parts == {"systems": ["none"]}


def test_without_script_a_section_saves_as_one_form(
    embedded: Stack, smelter: Assessment, browser: Browser, host: str
) -> None:
    context = context_of(embedded, browser, embedded.cast.petr, script=False)
    page = open_section(context, host, smelter, "OHS")
    page.locator("#OHS-01").get_by_label("No written system yet").check()
    page.locator("#level-OHS-1 input[value='1']").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Business ethics")
    sheet = sheet_of(embedded, smelter)
    assert (sheet.answer("OHS-01").parts, sheet.self_levels) == ({"systems": ["none"]}, {"OHS.1": 1})
