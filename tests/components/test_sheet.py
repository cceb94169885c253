"""The component sheet in a real browser: it fits from 320 px on, and axe finds nothing in any scheme."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.answering import HOST, Server
from tests.support.drawing import ASSETS

AXE = ASSETS / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}},
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_sheet_fits_and_axe_finds_nothing(
    browser: Browser, server: Server, view: str, direction: str
) -> None:
    context = browser.new_context(**VIEWS[view], bypass_csp=True)
    server.answers["/sheet"] = lambda route: route.fulfill(
        body=server.draw.sheet(dir=direction), content_type="text/html; charset=utf-8"
    )
    context.route("**/*", server.serve)
    page = context.new_page()
    page.goto(f"{HOST}/sheet")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.evaluate(AXE.read_text())
    options: dict[str, Any] = {"runOnly": RULES}
    if view == "forced colours":  # the reader chooses them, and axe computes them wrongly
        options["rules"] = {"color-contrast": {"enabled": False}}
    found = page.evaluate("(options) => axe.run(document, options)", options)
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    context.close()
