"""What a certificate in PRO-13 does on the pages: it covers, it offers, and nothing counts unconfirmed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assessments.assessment import Assessment
from assessments.values.answers import AnswerState
from tests.conftest import Stack
from tests.supplier.conftest import HTMX, by_id, form_of, sheet_of, text_of
from tests.support.certificates import ISO14001, hold
from tests.support.page import Page

COVERS = "Covered by a recognised certificate or assessment: ISO 14001 (environment), Body of Tests, until"


def read(element: Any) -> str:
    """What a reader reads: names stand in elements of their own, without spaces around them."""
    return re.sub(r"(?<=[(“]) | (?=[,.;)”])", "", text_of(element))


def section(assessment: Assessment, key: str = "ENV") -> str:
    return f"/supplier/assessments/{assessment.id}/sections/{key}"


def shown(stack: Stack, assessment: Assessment, key: str = "ENV") -> Page:
    return stack.visit(stack.cast.petr).get(section(assessment, key))


def test_what_a_certificate_offers_waits_until_it_is_confirmed(
    stack: Stack, smelter_on_both: Assessment
) -> None:
    smelter, cast = smelter_on_both, stack.cast
    hold(stack.session, smelter.id, ISO14001, by=cast.jana.actor)
    visit = stack.visit(cast.petr)
    page = visit.get(section(smelter))
    card = read(by_id(page, "ENV-01"))
    assert "Offered, because ISO 14001 (environment) asks for it (4.4; 5.2, 8.1, 9.1.1;" in card
    assert "Change what is different here. It counts once you save it." in card
    fields = form_of(page, "section-ENV")
    assert fields["ENV-01.systems"] == ["iso14001"]
    assert fields["ENV-01.says"] == ["aims", "work", "checks"]
    assert "ENV-01.edition" not in fields or fields["ENV-01.edition"] == [""]

    # The form sent as it was shown confirms nothing.
    visit.post(section(smelter), fields)
    assert "ENV-01" not in sheet_of(stack, smelter).stored

    visit.post(section(smelter), fields | {"confirm": ["ENV-01"]})
    answer = sheet_of(stack, smelter).answer("ENV-01")
    assert answer.parts == {
        "systems": ["iso14001"],
        "says": ["aims", "work", "checks"],
        "looked_at": ["body"],
    }
    assert answer.state is AnswerState.INCOMPLETE  # the edition and what it covers only the supplier knows
    again = read(by_id(visit.get(section(smelter)), "ENV-01"))
    assert "Offered, because" not in again
    assert COVERS in again


def test_what_was_changed_beside_an_offer_is_saved_with_it(embedded: Stack, smelter: Assessment) -> None:
    hold(embedded.session, smelter.id, ISO14001, by=embedded.cast.jana.actor)
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter)), "section-ENV")
    visit.post(section(smelter), fields | {"ENV-01.systems": ["iso14001", "own"]})
    assert sheet_of(embedded, smelter).answer("ENV-01").parts["systems"] == ["own", "iso14001"]


def test_an_answer_that_stands_is_covered_and_offered_nothing(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    fields = form_of(visit.get(section(smelter)), "section-ENV")
    visit.post(section(smelter), fields | {"ENV-01.systems": ["own"]})
    hold(embedded.session, smelter.id, ISO14001, by=embedded.cast.jana.actor)
    page = visit.get(section(smelter))
    assert "Offered, because" not in text_of(by_id(page, "ENV-01"))
    assert COVERS in read(by_id(page, "ENV-01"))
    assert form_of(page, "section-ENV")["ENV-01.systems"] == ["own"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"valid_until": "2026-01-31"}, "ended on 31 Jan 2026 and covers nothing now. If there is a new one"),
        ({"valid_until": ""}, "has no end date and covers nothing yet. Enter the date in PRO-13."),
        ({"scope": "Brno yard"}, "names another site (“Brno yard”) and says nothing of this one."),
        (
            {"scope": "Smelting"},
            "does not say which of your sites it covers. Write the name of the site",
        ),
        ({"scheme": "asi"}, "is about materials that your profile does not name here."),
    ],
)
def test_what_covers_nothing_says_why_and_what_to_do(
    embedded: Stack, smelter: Assessment, changed: dict[str, str], said: str
) -> None:
    hold(embedded.session, smelter.id, {**ISO14001, **changed}, by=embedded.cast.jana.actor)
    page = shown(embedded, smelter)
    assert said in read(page.tree)
    assert "Covered by a recognised" not in page.text
    assert "Offered, because" not in page.text


def test_a_topic_says_until_when_it_is_covered(embedded: Stack, smelter: Assessment) -> None:
    hold(embedded.session, smelter.id, ISO14001, by=embedded.cast.jana.actor)
    page = shown(embedded, smelter)
    topics = [read(one) for one in page.tree.iter("ul") if "certificates" in (one.get("class") or "")]
    assert topics[0].startswith(COVERS)
    assert len(topics) == 6  # ENV.1 and ENV.3 to ENV.7; energy and climate are no part of it


def test_a_save_by_script_draws_the_parts_that_an_offer_had_opened(
    embedded: Stack, smelter: Assessment
) -> None:
    hold(embedded.session, smelter.id, ISO14001, by=embedded.cast.jana.actor)
    visit = embedded.visit(embedded.cast.petr)
    fields = {
        name: values
        for name, values in form_of(visit.get(section(smelter)), "section-ENV").items()
        if name.startswith("ENV-01.")
    }
    url = f"/supplier/assessments/{smelter.id}/questions/ENV-01"
    fields = {**fields, "ENV-01.systems": ["none"]}
    page = visit.post(url, fields, headers=HTMX)
    assert page.status == 200
    assert text_of(by_id(page, "ENV-01-says-slot")) == ""


def test_the_summary_counts_what_waits_to_be_confirmed(embedded: Stack, smelter: Assessment) -> None:
    hold(embedded.session, smelter.id, ISO14001, by=embedded.cast.jana.actor)
    visit = embedded.visit(embedded.cast.petr)
    page = visit.get(f"/supplier/assessments/{smelter.id}/summary")
    assert "For one of them your certificates offer an answer that waits for your word." in page.text
    assert COVERS in read(page.tree)


def test_pages_need_no_statement_more_where_certificates_are_held(
    stack: Stack, smelter_on_both: Assessment, statements: list[str]
) -> None:
    visit = stack.visit(stack.cast.petr)
    counts = []
    for certificates in ((), (ISO14001, {**ISO14001, "scheme": "sa8000"})):
        if certificates:
            hold(stack.session, smelter_on_both.id, *certificates, by=stack.cast.jana.actor)
        visit.get(section(smelter_on_both))
        statements.clear()
        assert visit.get(section(smelter_on_both)).status == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
