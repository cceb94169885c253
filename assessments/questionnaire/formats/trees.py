"""JSON that somebody sent: bounded in bytes, values and depth before and after it is parsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from assessments.questionnaire.formats.draft import DraftRefused
from assessments.questionnaire.formats.sheets import LARGEST_FILE

HEAVIEST: Final = 900_000
DEEPEST: Final = 60


def read_json(raw: bytes) -> Any:
    """The value of a JSON text; DraftRefused with one sentence when it is none, or too much."""
    if len(raw) > LARGEST_FILE:
        raise DraftRefused(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB.")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    # What parsing will keep, by the signs that make values, maps and their entries.
    weight = raw.count(b",") + raw.count(b"[") + 3 * raw.count(b"{") + 2 * raw.count(b":")
    if weight > HEAVIEST:
        raise DraftRefused("The file holds more values than any questionnaire does.")
    try:
        tree = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DraftRefused(f"The file is no JSON: {error.msg}, line {error.lineno}.") from None
    if too_deep(tree):
        raise DraftRefused(f"The file is nested more than {DEEPEST} deep.")
    return tree


def too_deep(tree: Any) -> bool:
    """Whether lists and maps stand in one another deeper than the readers go."""
    level = [tree]
    for _depth in range(DEEPEST + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in inner if isinstance(each, dict | list))


def as_map(value: Any) -> dict[str, Any]:
    """The value if it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A text or number as text; "" for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    return value if isinstance(value, str) else ""
