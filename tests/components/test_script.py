"""assets/main.js in a real browser: saving, losing the line, being signed out, and never losing a word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.support.answering import FORM, HOST, Server

LATER = 8000


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.route("**/*", server.serve)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield opened
    assert not faults


def card(page: Page, key: str = "OHS-01") -> Locator:
    return page.locator(f"#{key}")


def say(page: Page, text: str, key: str = "OHS-01") -> None:
    box = page.locator(f"[name='{key}.said']")
    box.fill(text)
    box.blur()


def kept(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "Object.keys(localStorage).flatMap((k) => Object.values(JSON.parse(localStorage[k]).fields).flat())"
    )
    return found


def test_a_change_saves_its_own_question_and_nothing_else(page: Page, server: Server) -> None:
    page.goto(f"{HOST}/section")
    page.locator("[name='OHS-02.said']").fill("still being typed")
    say(page, "18400 from the meter")
    expect(card(page).locator(".save-saved")).to_be_visible()
    path, sent = next((p, s) for p, s in server.posts if p == "/save/OHS-01")
    assert sent["OHS-01.said"] == ["18400 from the meter"]
    assert sent["OHS-01.revision"] == ["1"]
    assert sent["csrf_token"] == ["token"]
    assert not [name for name in sent if name.startswith("OHS-02")]
    assert path == "/save/OHS-01"


def test_the_next_save_carries_the_revision_of_the_last(page: Page, server: Server) -> None:
    page.goto(f"{HOST}/section")
    for text in ("one", "two", "three"):
        say(page, text)
        expect(card(page).locator("input[type=hidden][name='OHS-01.revision']")).to_have_value(
            str(["one", "two", "three"].index(text) + 2)
        )
    assert [s["OHS-01.revision"] for _, s in server.posts] == [["1"], ["2"], ["3"]]
    assert page.locator("[name='OHS-01.said']").input_value() == "three"


def test_what_was_saved_is_not_kept_and_what_was_not_is(page: Page, server: Server) -> None:
    page.goto(f"{HOST}/section")
    say(page, "kept until saved")
    expect(card(page).locator(".save-saved")).to_be_visible()
    page.wait_for_function("localStorage.length === 0")
    server.answers["/save/OHS-01"] = lambda route: route.abort()
    say(page, "on the train")
    expect(card(page).locator(".save-offline")).to_be_visible()
    assert "on the train" in kept(page)
    expect(page.locator("[data-save-summary]")).to_contain_text("1")


def test_a_dropped_line_is_tried_again_until_it_is_back(page: Page, server: Server) -> None:
    drops = iter([True, True])

    def flaky(route: Route) -> None:
        if next(drops, False):
            route.abort()
        else:
            server.saved(route, "OHS-01")

    server.answers["/save/OHS-01"] = flaky
    page.goto(f"{HOST}/section")
    say(page, "sent in the end")
    expect(card(page).locator(".save-offline")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(card(page).locator(".save-saved")).to_be_visible(timeout=LATER)
    assert len(server.posts) == 3
    expect(page.locator("[data-save-summary]")).to_be_empty()
    page.wait_for_function("localStorage.length === 0")


def test_after_closing_the_page_kept_text_is_offered_and_put_back(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.abort()
    page.goto(f"{HOST}/section")
    say(page, "written in the tunnel")
    expect(card(page).locator(".save-offline")).to_be_visible()
    del server.answers["/save/OHS-01"]
    server.values["OHS-01"] = "a colleague's words"
    page.goto(f"{HOST}/section")
    offer = page.locator("[data-kept]")
    expect(offer).to_contain_text("written in the tunnel")
    assert page.locator("[name='OHS-01.said']").input_value() == "a colleague's words", (
        "nothing is put back unasked"
    )
    offer.get_by_role("button", name="Put it back").click()
    expect(card(page).locator(".save-saved")).to_be_visible()
    assert server.posts[-1][1]["OHS-01.said"] == ["written in the tunnel"]


def test_kept_text_is_offered_to_the_same_person_alone_and_can_be_let_go(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.abort()
    page.goto(f"{HOST}/section")
    say(page, "mine")
    expect(card(page).locator(".save-offline")).to_be_visible()
    server.person = "p2"
    page.goto(f"{HOST}/section")
    expect(page.locator("[data-kept]").first).to_be_hidden()
    server.person = "p1"
    page.goto(f"{HOST}/section")
    page.get_by_role("button", name="Let it go").click()
    page.goto(f"{HOST}/section")
    expect(page.locator("[data-kept]").first).to_be_hidden()


def test_being_signed_out_is_said_and_text_survives_signing_in_again(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.fulfill(status=401, body="")
    page.goto(f"{HOST}/section")
    say(page, "after lunch")
    link = card(page).locator(".save-signed_out a")
    expect(link).to_have_attribute("href", "/sign-in?next=%2Fsection")
    link.click()
    del server.answers["/save/OHS-01"]
    page.goto(f"{HOST}/section")
    expect(page.locator("[data-kept]")).to_contain_text("after lunch")


def test_a_save_led_to_the_sign_in_page_is_not_taken_for_an_answer(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.fulfill(status=303, headers={"Location": "/sign-in"})
    page.goto(f"{HOST}/section")
    say(page, "hold on")
    expect(card(page).locator(".save-signed_out, .save-not_saved, .save-offline").first).to_be_visible()
    assert card(page).locator("input[type=password]").count() == 0
    assert "hold on" in kept(page)


def test_faults_are_tied_to_their_fields(page: Page, server: Server) -> None:
    fault = '<p class="err" data-field="OHS-01.said" id="OHS-01-said-said">Too short.</p>'
    server.answers["/save/OHS-01"] = lambda route: route.fulfill(
        status=422, body=server.outcome("OHS-01", 1, fault), content_type="text/html"
    )
    page.goto(f"{HOST}/section")
    say(page, "x")
    box = page.locator("[name='OHS-01.said']")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_value("x")
    assert "x" in kept(page)
    del server.answers["/save/OHS-01"]
    say(page, "long enough")
    expect(box).not_to_have_attribute("aria-invalid", "true")


def test_both_versions_come_with_412(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.fulfill(
        status=412, body=server.outcome("OHS-01", 7, '<p class="stale">theirs</p>'), content_type="text/html"
    )
    page.goto(f"{HOST}/section")
    say(page, "mine")
    expect(card(page)).to_contain_text("theirs")
    expect(page.locator("[name='OHS-01.revision']")).to_have_value("7")
    assert "mine" in kept(page)


def test_a_server_fault_offers_to_try_again(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.fulfill(status=500, body="")
    page.goto(f"{HOST}/section")
    say(page, "again")
    button = card(page).get_by_role("button", name="Try again")
    expect(button).to_be_visible()
    del server.answers["/save/OHS-01"]
    button.click()
    expect(card(page).locator(".save-saved")).to_be_visible()


def test_a_row_is_added_in_place_and_put_back_from_what_was_kept(page: Page, server: Server) -> None:
    server.answers["/save/OHS-01"] = lambda route: route.abort()
    page.goto(f"{HOST}/section")
    card(page).get_by_role("button", name="Add a row").click()
    page.locator("[name='OHS-01.rows.row2.name']").fill("second smelter")
    page.locator("[name='OHS-01.rows.row2.name']").blur()
    assert [i.input_value() for i in card(page).locator("[name='OHS-01.rows.rows']").all()] == [
        "row1",
        "row2",
    ]
    expect(card(page).locator(".save-offline")).to_be_visible()
    del server.answers["/save/OHS-01"]
    page.goto(f"{HOST}/section")
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("[name='OHS-01.rows.row2.name']")).to_have_value("second smelter")
    expect(card(page).locator(".save-saved")).to_be_visible()
    assert server.posts[-1][1]["OHS-01.rows.row2.name"] == ["second smelter"]


def test_a_posted_form_that_arrived_is_not_offered_again_and_one_that_did_not_is(
    page: Page, server: Server
) -> None:
    def arrives(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=303, headers={"Location": f"{HOST}/done"})
        else:
            server.page(route, FORM)

    def fails(route: Route) -> None:
        source = "{% extends 'layouts/error.html' %}" if route.request.method == "POST" else FORM
        server.page(route, source, 500 if route.request.method == "POST" else 200)

    server.answers["/reply"] = arrives
    page.goto(f"{HOST}/reply")
    page.get_by_label("Your reply").fill("first reply")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    page.goto(f"{HOST}/reply")
    expect(page.get_by_text("first reply")).to_have_count(0)

    server.answers["/reply"] = fails
    page.get_by_label("Your reply").fill("second reply")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Something went wrong")).to_be_visible()
    page.goto(f"{HOST}/reply")
    expect(page.get_by_text("second reply")).to_be_visible()


def test_signing_out_asks_before_it_erases_kept_text(page: Page, server: Server) -> None:
    page.goto(f"{HOST}/reply")
    page.get_by_label("Your reply").fill("half a sentence")
    page.once("dialog", lambda asked: asked.dismiss())
    page.get_by_role("button", name="Sign out").click()
    assert "half a sentence" in kept(page)
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert kept(page) == []


def test_a_dialog_opens_takes_the_focus_and_gives_it_back(page: Page) -> None:
    page.goto(f"{HOST}/reply")
    page.get_by_text("End now").click()
    expect(page.get_by_role("dialog", name="End it?")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == "End now"


def test_characters_left_are_said_near_the_end(page: Page) -> None:
    page.goto(f"{HOST}/reply")
    page.get_by_label("Your reply").fill("x" * 205)
    expect(page.locator(".left")).to_contain_text("5 characters left")


def test_without_script_everything_is_there_and_posts(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.route("**/*", server.serve)
    page = context.new_page()
    page.goto(f"{HOST}/section")
    page.locator("[name='OHS-01.said']").fill("by hand")
    page.locator("[name='OHS-01.said']").press("Enter")
    path, sent = server.posts[-1]
    assert path == "/section"
    assert sent["OHS-01.said"] == ["by hand"]
    assert sent["save"] == ["form"], "Enter saves; it does not add a row"
    page.goto(f"{HOST}/section")
    page.get_by_role("button", name="Add a row").first.click()
    assert server.posts[-1][1]["add_row"] == ["OHS-01.rows"]
    page.goto(f"{HOST}/reply")
    page.get_by_text("End now").click()
    expect(page.get_by_text("End it?")).to_be_visible()
    context.close()
