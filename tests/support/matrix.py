"""The matrix of every route by every visitor by every state of ownership: its cells, and what each expects.

The expectation follows from the door on the view and from policy alone; nothing here reads a view.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from assessments.parties import Audience
from assessments.policy import AssignedThing, Decision, may
from plumbline.guard import SAFE, Door
from plumbline.identity.visitor import create_token, start_session
from tests.support.cast import NOW, Cast, Member
from tests.support.holdings import Holding, Holdings

CSRF = re.compile(rb'name="csrf_token" (?:type="hidden" )?value="([^"]+)"')
NOT_BUSINESS = frozenset({"login_session", "throttle", "access_ledger", "lease"})
"""Tables that a read may touch: the session's last use, counts of tries, the ledger of who read."""

Builder = Callable[[str, Mapping[str, str]], str | None]


def _named(name: str) -> Builder:
    return lambda _endpoint, names: names.get(name)


def _evidence(endpoint: str, names: Mapping[str, str]) -> str | None:
    # The interface takes a version where bytes are read, and the document it belongs to elsewhere.
    return names.get("version_id" if endpoint == "api.content" else "document_id")


def _nobodys(_endpoint: str, _names: Mapping[str, str]) -> str | None:
    # The links of invitations open to whoever has them; no holding of anybody is behind this one.
    return "not-a-link-of-ours"


BUILDERS: Mapping[str, Builder] = {
    **{
        name: _named(name)
        for name in (
            "assessment_id", "site_id", "document_id", "version_id", "finding_id", "action_id",
            "disclosure_id", "request_id", "result_id", "membership_id", "token_id", "buyer_id",
            "assignment_id", "ask_id", "draft_id", "section", "question", "topic", "move", "slug", "version",
        )
    },
    "evidence_id": _evidence,
    "token": _nobodys,
    "material": _nobodys,
    "standard": _nobodys,
    "lesson": _nobodys,
    "before": _nobodys,
    "after": _nobodys,
}  # fmt: skip
"""One builder for each kind of value that stands in a URL; a route with another kind fails a test."""
PUBLIC_WORDS = frozenset({"material", "standard", "lesson", "before", "after"})
"""Words in the addresses of pages that anybody may read."""
OWNED = (
    frozenset(BUILDERS)
    - {"draft_id", "section", "question", "topic", "move", "slug", "version", "token"}
    - PUBLIC_WORDS
)


@dataclass(frozen=True)
class Cell:
    """One request of the matrix: a route and a method, on one holding (None: the route names nothing)."""

    rule: Rule
    method: str
    door: Door
    url: str
    holding: Holding | None

    @property
    def safe(self) -> bool:
        """Whether the method promises to change nothing."""
        return self.method in SAFE

    def __str__(self) -> str:
        """The cell as a failure names it."""
        return f"{self.method} {self.rule.rule} [{self.holding.state if self.holding else '-'}]"


def routes(app: Flask) -> Iterator[tuple[Rule, str, Door | None]]:
    """Every rule and method of the URL map with the door of its view."""
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, door


def cells(app: Flask, holdings: Holdings) -> Iterator[Cell]:
    """Every request there is to make; a holding without one of a route's values has no cell there."""
    urls = app.url_map.bind("localhost")
    for rule, method, door in routes(app):
        if door is None or door.public:
            continue
        owned = rule.arguments & OWNED
        for held in holdings.by_state.values() if owned else [None]:
            names = held.names if held else holdings.by_state["granted"].names
            values = {name: BUILDERS[name](rule.endpoint, names) for name in rule.arguments}
            if None not in values.values():
                yield Cell(rule, method, door, urls.build(rule.endpoint, values, method=method), held)


def expected(cell: Cell, member: Member) -> Decision:
    """What policy says of this member at this door, for a thing in this state of ownership."""
    actor = member.actor
    own = [one for one in cell.door.actions if one.audience in {None, actor.audience}]
    if not own:
        return Decision.STRANGER
    action = next((one for one in own if may(actor, one) is Decision.ALLOWED), own[0])
    if cell.holding is None:
        return may(actor, action)
    if "token_id" in cell.rule.arguments:
        return Decision.ALLOWED if cell.holding.holder == member.person_id else Decision.STRANGER
    return may(actor, action, _as_met(cell.holding, member, cell.rule.arguments))


def _as_met(held: Holding, member: Member, names: set[str]) -> object:
    """What stands for the thing: whose it is, as this member's audience reaches it."""
    if member.actor.audience is Audience.ASSESSOR:
        firm = held.firm or uuid.UUID(int=0)
        return AssignedThing(None, firm, held.phase, accepted=True, declared=member.organization_id == firm)
    if member.actor.audience is Audience.BUYER:
        # What a buyer sent or keeps is its own, whoever else reads the supplier.
        own = bool(names & {"request_id", "ask_id"})
        reads = held.asker if own else None
        if not own and member.organization_id in held.live:
            reads = member.organization_id
        return SimpleNamespace(buyer_id=reads)
    return SimpleNamespace(organization_id=held.supplier)


@dataclass
class Caller:
    """A visitor without a browser's memory: every request carries the same cookies or the same token."""

    app: Flask
    member: Member | None
    cookie: str = ""
    token: str = ""
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sign_in(cls, app: Flask, session: Session, member: Member | None) -> Caller:
        """Sign ``member`` in, on pages and for programs; None is nobody. Committed."""
        caller = cls(app, member)
        if member is not None:
            at = NOW
            who = (member.person_id, member.membership_id)
            caller.cookie = f"plumbline={start_session(session, *who, hours=24, at=at)}"
            caller.token = create_token(session, member.membership_id, "matrix", ["*"], days=1, at=at)
            session.commit()
        page = caller.open("GET", "/account/tokens" if member else "/sign-in")
        found = CSRF.search(page.data)
        assert found, page.status
        caller.csrf = found.group(1).decode()
        made = page.headers.get("Set-Cookie", "").partition(";")[0]
        caller.cookie = "; ".join(part for part in (caller.cookie, made) if part)
        return caller

    def open(self, method: str, url: str) -> TestResponse:
        """Make one request, on a page with its form's token and nothing else in the form."""
        client = self.app.test_client(use_cookies=False)
        if url.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            body: Any = None if method in SAFE or method == "DELETE" else {}
            return client.open(url, method=method, json=body, headers=headers)
        form = None if method in SAFE else {"csrf_token": self.csrf}
        headers = {"Cookie": self.cookie} if self.cookie else {}
        return client.open(url, method=method, data=form, headers=headers)


class Watched:
    """The database file under the application: was anything committed, what stands there, and back again."""

    def __init__(self, file: str) -> None:
        self._live = sqlite3.connect(file, isolation_level=None)
        self._kept = sqlite3.connect(":memory:")
        self.keep()

    def keep(self) -> None:
        """Take what stands there now as what ``restore`` brings back."""
        self._live.backup(self._kept)
        self.before = self.digest()
        self.version = self._version()

    def touched(self) -> bool:
        """Whether anybody committed anything since the last look."""
        version = self._version()
        was, self.version = self.version, version
        return version != was

    def changed(self) -> bool:
        """Whether business state differs from what was kept."""
        return self.touched() and self.digest() != self.before

    def restore(self) -> None:
        """Bring back what was kept, sessions and ledger included."""
        self._kept.backup(self._live)
        self.version = self._version()

    def digest(self) -> str:
        """A digest over every row of every table that holds business state."""
        names = self._live.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        whole = hashlib.sha256()
        for (name,) in names.fetchall():
            if name not in NOT_BUSINESS:
                rows = self._live.execute(f'SELECT * FROM "{name}"').fetchall()
                whole.update(repr((name, sorted(map(repr, rows)))).encode())
        return whole.hexdigest()

    def close(self) -> None:
        """Let the file go."""
        self._live.close()
        self._kept.close()

    def _version(self) -> int:
        number: int = self._live.execute("PRAGMA data_version").fetchone()[0]
        return number


def forbidden_words(holdings: Holdings, member: Member) -> list[str]:
    """What no byte sent to this buyer may hold: markers of what is not granted to it, names of strangers."""
    cast: Cast = holdings.cast
    reads = [held for held in holdings.by_state.values() if member.organization_id in held.live]
    words = [held.marker for held in holdings.by_state.values() if held not in reads]
    for supplier, name in ((cast.kovo, "Kovohut"), (cast.rival, "Rival Metals")):
        if supplier not in {held.supplier for held in reads}:
            words.append(name)
    return words
