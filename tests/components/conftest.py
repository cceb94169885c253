"""Templates drawn without an application, and a browser that asks a server played by the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.answering import Server
from tests.support.drawing import Drawing
from tests.support.real_servers import Chromium


@pytest.fixture(scope="package")
def pages() -> Drawing:
    return Drawing()


@pytest.fixture
def server() -> Server:
    return Server(Drawing())


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.executable, args=list(chromium.flags))
        yield started
        started.close()
