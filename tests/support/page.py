"""A browser's view of the application: every page it reads is held to the standards of the house."""

from __future__ import annotations

import contextvars
import re
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plumbline.identity.visitor import create_token, start_session
from tests.support.cast import Member

if TYPE_CHECKING:
    from tests.conftest import Stack

TOKEN = re.compile(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"')


class ApartClient(FlaskClient):
    """A client whose requests run in a context of their own, as a server's do.

    Without it the end of a request would leave the test's own session as nobody, who sees no row.
    """

    def open(self, *args: Any, **more: Any) -> TestResponse:
        """Make one request."""
        return contextvars.Context().run(super().open, *args, **more)


class Page:
    """A page as read: status, text, tree, and what stands in it."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.html = response.get_data(as_text=True)
        if response.mimetype == "text/html" and self.html and self.status not in {301, 302, 303, 307, 308}:
            self.tree = parse(self.html)
            hold_to_standards(self)

    @property
    def text(self) -> str:
        """What a reader reads, white space folded."""
        return " ".join(" ".join(self.tree.itertext()).split())

    @property
    def heading(self) -> str:
        """The page's one h1."""
        found = self.tree.find(".//h1")
        assert found is not None, "a page has a heading"
        return " ".join(" ".join(found.itertext()).split())

    def links(self) -> list[str]:
        """Every address a reader can follow from here."""
        return [found.get("href", "") for found in self.tree.iter("a") if found.get("href")]

    def values(self) -> dict[str, str]:
        """What the inputs of the page hold, by name; a repeated name keeps its last value."""
        held = {}
        for found in self.tree.iter("input"):
            kind = found.get("type", "text")
            if found.get("name") and (kind not in {"checkbox", "radio"} or found.get("checked") is not None):
                held[found.get("name", "")] = found.get("value", "")
        for found in self.tree.iter("textarea"):
            held[found.get("name", "")] = "".join(found.itertext())
        for found in self.tree.iter("select"):
            chosen = [o for o in found.iter("option") if o.get("selected") is not None]
            if chosen:
                held[found.get("name", "")] = chosen[0].get("value", "")
        return held


def parse(html: str) -> Element:
    """Parse a page; what a browser would have to guess is an error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        tree: Element = parser.parse(html)
    faults = [fault for fault in parser.errors if fault[1] != "expected-doctype-but-got-start-tag"]
    assert not faults, f"malformed page: {faults[:5]}"
    return tree


def hold_to_standards(page: Page) -> None:
    """One heading, a title, forms have actions and tokens, ids are unique, nothing inline or foreign."""
    headings = page.tree.findall(".//h1")
    if not page.html.lstrip().lower().startswith("<!doctype"):
        return  # a fragment for htmx
    assert len(headings) == 1, f"{len(headings)} h1"
    title = page.tree.find(".//title")
    assert title is not None
    assert (title.text or "").endswith("- Plumbline"), title.text
    for form in page.tree.iter("form"):
        assert form.get("action"), "a form says where it goes"
        if form.get("method", "get").lower() == "post":
            assert any(i.get("name") == "csrf_token" for i in form.iter("input")), f"no token: {form.attrib}"
    ids = [found.get("id") for found in page.tree.iter() if found.get("id")]
    assert len(ids) == len(set(ids)), {i for i in ids if ids.count(i) > 1}
    for found in page.tree.iter():
        assert found.get("style") is None, f"inline style: {found.tag}"
        assert not [a for a in found.attrib if a.startswith("on")], f"inline script: {found.attrib}"
        for address in (found.get("src"), found.get("href") if found.tag == "link" else None):
            assert not (address or "").startswith(("http:", "https:", "//")), f"foreign host: {address}"


class Visit:
    """A browser (or, for the API, a program with a token) of one member of the cast."""

    def __init__(self, stack: Stack, who: Any = None) -> None:
        self.stack = stack
        self.member: Member | None = who
        self.client = stack.app.test_client()
        self.token = ""
        self._csrf = ""
        if self.member is not None:
            at = datetime.now(UTC)
            secret = start_session(
                stack.session, self.member.person_id, self.member.membership_id, hours=12, at=at
            )
            self.token = create_token(stack.session, self.member.membership_id, "test", ["*"], days=1, at=at)
            stack.session.commit()
            self.client.set_cookie("plumbline", secret, domain="localhost")

    def get(self, path: str, **more: Any) -> Page:
        """Open a page."""
        self.stack.session.rollback()
        page = Page(self.client.get(path, **more))
        found = TOKEN.search(page.html)
        if found:
            self._csrf = found.group(1)
        return page

    def post(self, path: str, data: Any = None, **more: Any) -> Page:
        """Send a form as its page would, token included. Repeated fields as lists."""
        if not self._csrf:
            self.get("/account/tokens" if self.member else "/sign-in")
        self.stack.session.rollback()
        fields = {**(data or {}), "csrf_token": self._csrf}
        return Page(self.client.post(path, data=fields, **more))

    def api(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Call the API with this member's token."""
        self.stack.session.rollback()
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=sent)
