"""Beside an answer stands which certificate covered it, as the supplier stated it; buyers see none of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment
from assessments.result import Layer, ResultPart
from assessments.sheet.snapshot import frozen, latest_snapshot
from assessments.verification.assignment import Basis
from assessments.verification.recording import verify_answer
from tests.conftest import Stack
from tests.support.acts import LAYERS, assigned, disclosed, published, submitted
from tests.support.cast import NOW
from tests.support.certificates import ISO14001
from tests.support.page import Page
from tests.support.programs import ask

LAPSING = {**ISO14001, "scheme": "sa8000", "valid_until": (NOW - timedelta(days=9)).date().isoformat()}
ELSEWHERE = {**ISO14001, "scheme": "iso45001", "scope": "Brno yard"}
GIVEN = {"PRO-13": {"held": "yes", "papers": [ISO14001, LAPSING, ELSEWHERE]}}


@pytest.fixture
def case(stack: Stack) -> Assessment:
    """The smelter's case at Lena's firm, with three certificates in PRO-13."""
    assessment = submitted(stack, given=GIVEN)
    assigned(stack, assessment)
    return assessment


def read(page: Page) -> str:
    return re.sub(r"(?<=[(“]) | (?=[,.;)”])", "", page.text)


def test_the_case_shows_what_was_stated_of_a_certificate(stack: Stack, case: Assessment) -> None:
    lena = stack.visit(stack.cast.lena)
    page = f"/assessor/assessments/{case.id}/topics/ENV.1"
    shown = read(lena.get(page))
    assert (
        "Covered by a recognised certificate or assessment, by what PRO-13 says: ISO 14001 (environment), "
        "Body of Tests. Number: EMS 4711. What it covers: Ostrava smelter: smelting and casting. "
        "Until 31 Mar 2030." in shown
    )
    assert "Stated by the supplier, not checked." in shown
    verify_answer(
        stack.session, case, "PRO-13", basis=Basis.DESK, worker_voice=False, by=stack.cast.lena.actor, at=NOW
    )
    stack.session.commit()
    again = read(lena.get(page))
    assert "Stated by the supplier, not checked." not in again
    assert "PRO-13 was checked on" in again


def test_what_ended_since_says_so_and_another_site_s_paper_is_not_there(
    stack: Stack, case: Assessment
) -> None:
    lena = stack.visit(stack.cast.lena)
    assert "after it was handed in." in read(lena.get(f"/assessor/assessments/{case.id}/topics/LAB.2"))
    assert "ISO 45001" not in lena.get(f"/assessor/assessments/{case.id}/topics/OHS.4").text


def test_the_interface_says_it_too(stack: Stack, case: Assessment) -> None:
    told = ask(stack.visit(stack.cast.lena), "GET", f"/assessments/{case.id}/answers")
    answers = {each["question"]: each for each in told.json["answers"]}
    covered = answers["ENV-01"]["covered_by"]
    assert [(one["number"], one["issuer"], one["until"]) for one in covered] == [
        ("EMS 4711", "Body of Tests", "2030-03-31")
    ]
    assert covered[0]["checked_at"] is None
    assert answers["OHS-16"]["covered_by"] == answers["PRO-13"]["covered_by"] == []


def test_a_snapshot_without_certificates_is_as_it_was(stack: Stack) -> None:
    assessment = submitted(stack)
    snapshot = latest_snapshot(stack.session, assessment.id)
    assert snapshot is not None
    assert "certificates" not in frozen(snapshot)


def test_a_buyer_reads_nothing_of_it(embedded: Stack) -> None:
    """Answers may be disclosed; what a certificate covered is for the supplier and whoever checks."""
    result = published(embedded, submitted(embedded, given=GIVEN))
    disclosed(embedded, result, layers=LAYERS | {Layer.ANSWERS})
    anna = embedded.visit(embedded.cast.anna)
    page = anna.get(f"/buyer/assessments/{result.assessment_id}")
    assert page.status == 200
    assert "Covered by a recognised" not in page.text
    parts = embedded.session.scalars(select(ResultPart)).all()
    said = [str(part.content) for part in parts]
    assert any("EMS 4711" in one for one in said)  # the answer to PRO-13 itself is an answer as any other
    assert not [one for one in said if "covered_by" in one or "'certificates':" in one]
