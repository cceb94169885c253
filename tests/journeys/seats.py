"""A person at a browser: signed in by the form, watched for whatever no page may do or say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from tests.journeys.people import PASSWORD
from tests.support.cast import Member
from tests.support.verdict import words_in

PATIENCE = 30_000  # milliseconds
KEEPING = """
const keep = () => keepText(location.pathname, document.title + " " + document.body.textContent);
for (const moment of ["DOMContentLoaded", "htmx:afterSettle"]) document.addEventListener(moment, keep);
"""  # the whole of a page, also what is folded away


class Seat:
    """One person's browser window. ``faults`` collects script errors, refused policies, foreign requests
    and answers of 500 and more; ``told`` keeps each page's text; ``leave`` holds both against the pages."""

    def __init__(self, browser: Browser, base: str, member: Member | None, **options: Any) -> None:
        self.base = base
        self.faults: list[str] = []
        self.told: set[tuple[str, str]] = set()
        self.context: BrowserContext = browser.new_context(
            base_url=base, locale="en-GB", **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("request", self._requested)
        self.context.on("response", self._answered)
        self.context.expose_binding("keepText", self._kept)
        self.context.add_init_script(KEEPING)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", self._said)
        if member is not None:
            self.sign_in(member)

    def sign_in(self, member: Member) -> None:
        """Write mail address and password as a person does."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Mail address").fill(member.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def leave(self) -> None:
        """Close the window. AssertionError when a page did what none may."""
        self.context.close()
        said = [fault for place, text in sorted(self.told) for fault in words_in(place, text)]
        assert not self.faults + said, self.faults + said

    def _kept(self, _source: Any, place: str, text: str) -> None:
        self.told.add((place, " ".join(text.split())))

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.faults.append(f"foreign host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(f"policy: {message.text}")


@contextmanager
def seated(browser: Browser, base: str, member: Member | None, **options: Any) -> Iterator[Page]:
    """The page of one person, for as long as the block lasts."""
    seat = Seat(browser, base, member, **options)
    try:
        yield seat.page
    except BaseException:
        seat.context.close()
        raise
    seat.leave()
