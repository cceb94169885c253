"""With PLUMBLINE_RECORD_EXAMPLES=1 the tests of this folder write down the document's examples.

They are what was really asked and answered first, for each operation; long lists are cut.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plumbline.api.operation import OPERATIONS
from tests.support.programs import HEARD, Heard
from tests.support.worlds import built_postgres, built_sqlite, finished, finished_embedded, finished_postgres

__all__ = ["built_postgres", "built_sqlite", "finished", "finished_embedded", "finished_postgres"]

EXAMPLES = Path(__file__).parents[2] / "platform" / "plumbline" / "api" / "examples.json"
LONGEST = 2
"""Entries of a list that an example shows."""


@pytest.fixture(scope="session", autouse=True)
def _written_down() -> Iterator[None]:
    yield
    if os.environ.get("PLUMBLINE_RECORD_EXAMPLES") == "1":
        by_name = {each.name: each for each in OPERATIONS}
        found = {name: _shown(heard) for name, heard in HEARD.items() if name in by_name}
        lines = [f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found)]
        EXAMPLES.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _shown(heard: Heard) -> dict[str, Any]:
    told = {"request": heard.request, "response": heard.response}
    return {which: _cut(said) for which, said in told.items() if said is not None}


def _cut(said: Any, depth: int = 0) -> Any:
    if isinstance(said, list):
        return [_cut(each, depth + 1) for each in said[:LONGEST]]
    if isinstance(said, dict):
        kept = said if depth < 3 else dict(list(said.items())[:12])
        return {name: _cut(each, depth + 1) for name, each in kept.items()}
    return said
