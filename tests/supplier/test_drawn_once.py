"""Cards are drawn once and kept: what is shown from memory is what would be drawn, for every firm its own."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import pytest

from assessments.assessment import Assessment
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from tests.conftest import Stack
from tests.supplier.conftest import sheet_of
from tests.support.answers_given import settle
from tests.support.assessing import opened
from tests.support.cast import NOW

FRESH = re.compile(r'<input[^>]*name="csrf_token"[^>]*>')
"""What is another at each request."""
SECTIONS = ("PRO", "ENV", "OHS", "MIN")


def pages(stack: Stack, assessment: Assessment) -> dict[str, str]:
    visit = stack.visit(stack.cast.petr)
    base = f"/supplier/assessments/{assessment.id}/sections"
    return {key: FRESH.sub("", visit.get(f"{base}/{key}").html) for key in SECTIONS}


def forget(stack: Stack) -> None:
    """As after a start of the server."""
    written: Any = stack.app.jinja_env.globals["written"]
    written._drawn = OrderedDict()


@pytest.mark.parametrize("answered", [False, True], ids=["empty", "answered"])
def test_a_page_from_memory_is_the_page_as_drawn(
    embedded: Stack, smelter: Assessment, answered: bool
) -> None:
    if answered:
        settle(embedded.session, smelter.id, by=embedded.cast.petr.actor, at=NOW)
        embedded.session.commit()
    forget(embedded)
    first, again = pages(embedded, smelter), pages(embedded, smelter)
    assert first == again


def test_another_firm_s_page_holds_its_own_addresses_and_words(embedded: Stack, smelter: Assessment) -> None:
    cast = embedded.cast
    yard = opened(embedded.session, cast.yard, by=cast.jana.actor, at=NOW)
    note = Offered({}, 0, AnswerState.NOT_KNOWN, note="Only the smelter says this.")
    sheet = sheet_of(embedded, smelter)
    save_answer(embedded.session, sheet, "OHS-02", note, by=cast.petr.actor, at=NOW)
    embedded.session.commit()
    forget(embedded)
    assert "Only the smelter says this." in pages(embedded, smelter)["OHS"]
    warm = pages(embedded, yard)
    forget(embedded)
    assert warm == pages(embedded, yard)
    assert not any(str(smelter.id) in html or "\0" in html for html in warm.values())


def test_a_card_looks_new_when_anything_drawn_of_it_changed(embedded: Stack, smelter: Assessment) -> None:
    cast, session = embedded.cast, embedded.session
    pages(embedded, smelter)
    for offered in (
        Offered({"systems": ["none"]}, 0),
        Offered({"systems": ["none"]}, 1, note="See the plan."),
        Offered({"systems": ["own"], "employees": {"value": "90", "year": 2025, "basis": "estimated"}}, 2),
        Offered({}, 3, AnswerState.NOT_APPLICABLE, reason="Nobody works here."),
    ):
        save_answer(session, read_sheet(session, smelter.id), "OHS-01", offered, by=cast.petr.actor, at=NOW)
        session.commit()
        warm = pages(embedded, smelter)["OHS"]
        forget(embedded)
        assert warm == pages(embedded, smelter)["OHS"]
