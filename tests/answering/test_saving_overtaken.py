"""What a page tells of a save at once (PostgreSQL) that somebody overtook before it was told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assessments.sheet import reading
from plumbline.supplier import questions
from tests.answering.conftest import Desk
from tests.support.page import Page, Visit
from tests.support.statements import as_a_server

HTMX = {"HX-Request": "true"}


def sent(visit: Visit, desk: Desk, key: str, fields: dict[str, str]) -> Page:
    """A card's form as its page posts it by script, with what it held before."""
    path = f"/supplier/assessments/{desk.assessment.id}/questions/{key}"
    held = {name: value for name, value in visit.get(path).values().items() if name.startswith(f"{key}.")}
    return as_a_server(visit.post, path, {**held, **fields}, headers=HTMX)


def revision_in(page: Page, key: str) -> int:
    """The version that the card's next save says it saw."""
    found = re.search(rf'name="{key}\.revision" value="(\d+)"', page.html)
    assert found, page.html
    return int(found.group(1))


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("ENV-23", {"ENV-23.discharge.process.leaves": "some"}),  # switches ENV-24 on
        ("OHS-03", {"OHS-03.state": "not_known", "OHS-03.resolve": "mine"}),
    ],
)
def test_a_card_goes_on_from_the_version_that_was_saved_from_it(
    postgres_desk: Desk, petr: Visit, monkeypatch: pytest.MonkeyPatch, key: str, fields: dict[str, str]
) -> None:
    """Said to have seen what somebody saved right after, it would write over that unseen."""

    def read_late(*args: Any) -> Any:
        assert postgres_desk.sheet().answer(key).revision == 1
        postgres_desk.save(key, {}, 1, note="overtook", by=postgres_desk.stack.cast.jana)
        return reading.read_sheet(*args)

    monkeypatch.setattr(questions, "read_sheet", read_late)
    told = sent(petr, postgres_desk, key, fields)
    assert told.status == 200, told.html
    assert postgres_desk.sheet().answer(key).note == "overtook"
    assert revision_in(told, key) == 1
    assert "overtook" not in told.html
