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


def ask(visit: Visit, method: str, path: str, json: Any = None, **headers: str) -> Told:
    """Call the interface with this member's token."""
    response = visit.api(method, path, json=json, **headers)
    return Told(response.status_code, response.get_json(silent=True), response.headers)
