"""Every route of a room, asked by every kind of visitor: who is let in, told no, told nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from tests.conftest import Stack
from tests.support.page import Visit


def routes(stack: Stack, blueprint: str, values: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield (endpoint, method, address) of every route of a blueprint, its places filled from ``values``.

    A place that ``values`` does not know is a KeyError: a new route is written into the test, or it fails.
    """
    for rule in stack.app.url_map.iter_rules():
        if not rule.endpoint.startswith(f"{blueprint}."):
            continue
        address = rule.rule
        for place in rule.arguments:
            known = values[place]
            for converter in ("<uuid:", "<"):
                address = address.replace(f"{converter}{place}>", str(known))
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule.endpoint.split(".", 1)[1], method, address


def ask(visit: Visit, method: str, address: str, data: Mapping[str, object] | None = None) -> int:
    """The status a visitor gets."""
    return visit.get(address).status if method == "GET" else visit.post(address, dict(data or {})).status


def unknown() -> uuid.UUID:
    """An id that nothing has."""
    return uuid.uuid4()
