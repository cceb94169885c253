"""The tables in ``data/`` as rows of text, each read once per process."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources


@cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """All rows of ``data/<name>``, column to text. FileNotFoundError where there is no such table."""
    text = resources.files("assessments.risk").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def rows_of(name: str, column: str, value: str) -> Iterator[Mapping[str, str]]:
    """The rows of a table whose ``column`` holds ``value``, in the order of the table."""
    return iter(_indexed(name, column).get(value, ()))


@cache
def _indexed(name: str, column: str) -> Mapping[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in rows(name):
        found.setdefault(row[column], []).append(row)
    return found
