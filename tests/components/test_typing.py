"""Words in a field that nobody left yet, and files on the way: no pause and no lost line takes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from tests.support.answering import HOST, Server

UPLOAD = """{% extends 'layouts/page.html' %}{% from 'components/csrf.html' import csrf %}
{% from 'components/file_field.html' import file_field %}
{% from 'components/text_field.html' import text_field %}
{% from 'components/save_state.html' import save_texts %}
{% block title %}Upload{% endblock %}{% block heading %}<h1>Upload</h1>{% endblock %}
{% block content %}
<form id="upload-form" method="post" action="/upload" enctype="multipart/form-data" data-keep>
{{ csrf() }}{{ file_field('file', 'File') }}{{ text_field('title', 'What is it?') }}
<button class="btn">Upload</button></form>{% endblock %}
{% block end %}{{ save_texts() }}{% endblock %}"""
FILE = FilePayload(name="plan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 plan")


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route("**/*", server.serve)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert not faults


def caret(page: Page) -> list[object]:
    """The field in which somebody types, and where in it."""
    found: list[object] = page.evaluate(
        "[document.activeElement.name, document.activeElement.selectionStart]"
    )
    return found


def test_a_pause_in_typing_saves_once_and_leaves_the_caret(page: Page, server: Server) -> None:
    page.goto(f"{HOST}/section")
    box = page.locator("[name='OHS-01.said']")
    box.press_sequentially("half a sentence")
    box.press("ArrowLeft")
    expect(page.locator("#OHS-01 .save-saved")).to_be_visible()
    assert caret(page) == ["OHS-01.said", len("half a sentence") - 1]
    assert [sent["OHS-01.said"] for _, sent in server.posts] == [["half a sentence"]]
    box.blur()
    page.locator("[name='OHS-02.said']").fill("another")
    page.locator("[name='OHS-02.said']").blur()
    expect(page.locator("#OHS-02 .save-saved")).to_be_visible()
    assert [path for path, _ in server.posts] == ["/save/OHS-01", "/save/OHS-02"], "leaving sends nothing new"


def test_somebody_elses_words_do_not_take_the_field_away(page: Page, server: Server) -> None:
    def stale(route: Route) -> None:
        said = '<div class="stale" data-focus tabindex="-1">Two people, one answer.</div>'
        body = server.outcome("OHS-01", 7, said)
        route.fulfill(status=412, body=body, content_type="text/html")

    server.answers["/save/OHS-01"] = stale
    page.goto(f"{HOST}/section")
    page.locator("[name='OHS-01.said']").press_sequentially("mine")
    expect(page.locator("#OHS-01 .stale")).to_be_visible()
    assert caret(page) == ["OHS-01.said", 4]
    del server.answers["/save/OHS-01"]
    page.keyboard.type(" and more")
    expect(page.locator("#OHS-01 .save-saved")).to_be_visible()
    assert server.posts[-1][1]["OHS-01.revision"] == ["7"]
    assert server.posts[-1][1]["OHS-01.said"] == ["mine and more"]


def test_without_a_line_words_wait_and_go_when_it_is_back(page: Page, server: Server) -> None:
    page.goto(f"{HOST}/section")
    server.answers["/save/OHS-01"] = lambda route: route.abort()
    page.locator("[name='OHS-01.said']").press_sequentially("in the tunnel")
    expect(page.locator("#OHS-01 .save-offline")).to_be_visible()
    page.keyboard.type(", still")
    assert "in the tunnel, still" in page.evaluate("Object.values(localStorage).join()")
    del server.answers["/save/OHS-01"]
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#OHS-01 .save-saved")).to_be_visible()
    assert server.posts[-1][1]["OHS-01.said"] == ["in the tunnel, still"]
    assert caret(page)[0] == "OHS-01.said"


def test_a_broken_upload_keeps_file_and_words_and_tries_again(page: Page, server: Server) -> None:
    server.answers["/vault"] = lambda route: server.page(route, UPLOAD)
    server.answers["/upload"] = lambda route: route.abort()
    page.goto(f"{HOST}/vault")
    page.get_by_label("File").set_input_files(FILE)
    page.get_by_label("What is it?").fill("Emergency plan")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("The upload broke off.")
    assert page.get_by_label("What is it?").input_value() == "Emergency plan"
    assert page.evaluate("document.querySelector('[type=file]').files[0].name") == "plan.pdf"
    lead = {"X-Lead-To": "/done"}
    server.answers["/upload"] = lambda route: route.fulfill(status=204, headers=lead)
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(f"{HOST}/done")


def test_a_refused_file_says_why_and_stays_chosen(page: Page, server: Server) -> None:
    refused = (
        "{% extends 'layouts/page.html' %}{% from 'components/error_summary.html' import error_summary %}"
        "{% block title %}Upload{% endblock %}{% block content %}"
        "{{ error_summary({'file': 'This is no PDF.'}) }}{% endblock %}"
    )
    server.answers["/vault"] = lambda route: server.page(route, UPLOAD)
    server.answers["/upload"] = lambda route: server.page(route, refused, status=422)
    page.goto(f"{HOST}/vault")
    page.get_by_label("File").set_input_files(FILE)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#upload-form .upload")).to_contain_text("This is no PDF.")
    assert page.evaluate("document.querySelector('[type=file]').files.length") == 1
