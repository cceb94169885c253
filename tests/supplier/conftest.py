"""An open assessment of Kovo's smelter and the fields that its pages post."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assessments.assessment import Assessment
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from tests.conftest import Stack
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.page import Page
from tests.support.statements import counted

HTMX = {"HX-Request": "true"}


@pytest.fixture
def smelter(embedded: Stack) -> Assessment:
    """The smelter's assessment, where the database makes no difference."""
    return opened(embedded.session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW)


@pytest.fixture
def smelter_on_both(stack: Stack) -> Assessment:
    """The smelter's assessment, on SQLite and on PostgreSQL."""
    return opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW)


@pytest.fixture
def statements(stack: Stack) -> Iterator[list[str]]:
    """The SQL that a request runs; clear it to begin."""
    with counted(stack.engine) as ran:
        yield ran


def sheet_of(stack: Stack, assessment: Assessment) -> AnswerSheet:
    """The sheet as it stands now."""
    stack.session.rollback()
    return read_sheet(stack.session, assessment.id)


def form_of(page: Page, identifier: str) -> dict[str, list[str]]:
    """Everything that a browser would send of a form, by name, as the page stands; buttons left out."""
    form = next(found for found in page.tree.iter("form") if found.get("id") == identifier)
    fields: dict[str, list[str]] = {}
    for found in form.iter():
        name = found.get("name")
        if not name or found.get("disabled") is not None:
            continue
        if found.tag == "input":
            if found.get("type") in {"checkbox", "radio"} and found.get("checked") is None:
                continue
            if found.get("type") != "file":
                fields.setdefault(name, []).append(found.get("value", ""))
        elif found.tag == "textarea":
            fields.setdefault(name, []).append("".join(found.itertext()).removeprefix("\n"))
        elif found.tag == "select":
            options = list(found.iter("option"))
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            fields.setdefault(name, []).extend(o.get("value", "") for o in chosen)
    fields.pop("csrf_token", None)
    return fields


def by_id(page: Page, identifier: str) -> Any:
    """The element with that id."""
    return next(found for found in page.tree.iter() if found.get("id") == identifier)


def text_of(element: Any) -> str:
    """What a reader reads of an element."""
    return " ".join(" ".join(element.itertext()).split())
