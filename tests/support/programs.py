"""A program that talks to the interface: status, body and headers of each answer, typed for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.page import Visit


@dataclass(frozen=True)
class Told:
    """One answer of the interface."""

    status: int
    json: Any
    headers: Any

    def must(self, status: int = 200) -> Any:
        """The body, when the status is the one expected; else the problem is shown."""
        assert self.status == status, (self.status, self.json)
        return self.json


@dataclass(frozen=True)
class Heard:
    """What an operation was asked with success, and what it answered."""

    operation: str
    request: Any
    response: Any


HEARD: dict[str, Heard] = {}
"""The first of each operation, for the examples of the document (tests/api/conftest.py)."""


def ask(visit: Visit, method: str, path: str, json: Any = None, **headers: str) -> Told:
    """Call the interface with this member's token."""
    response = visit.api(method, path, json=json, **headers)
    told = Told(response.status_code, response.get_json(silent=True), response.headers)
    if told.status in {200, 201}:
        name, _values = visit.stack.app.url_map.bind("").match("/api/v1" + path.partition("?")[0], method)
        operation = name.removeprefix("api.")
        HEARD.setdefault(operation, Heard(operation, json, told.json))
    return told
