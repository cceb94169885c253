"""An address that only takes what a form sends leads back to the form's page when it is opened."""

from __future__ import annotations

import uuid

import pytest

from plumbline.errors import page_of
from tests.conftest import Stack
from tests.supplier_sharing.conftest import FactCheck

NO_PAGE = {"/sign-out", "/organization/switch", "/language"}
"""Buttons of every page: there is no one form to lead back to."""


def test_every_address_that_is_only_posted_to_has_a_page(embedded: Stack) -> None:
    opened = {rule.rule for rule in embedded.app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    posted = [
        rule
        for rule in embedded.app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and rule.rule not in opened and not rule.rule.startswith("/api/")
    ]
    urls = embedded.app.url_map.bind("localhost")
    some = {"move": "agree", "topic": "OHS.1", "question": "OHS-01", "section": "OHS"}
    lost = []
    with embedded.app.test_request_context():
        for rule in posted:
            values = {name: some.get(name, uuid.uuid4()) for name in rule.arguments}
            address = urls.build(rule.endpoint, values, method="POST")
            page = page_of(address)
            if not page or page in {"/supplier/", "/assessor/", "/steward/", "/buyer/"}:
                lost.append(rule.rule)
    assert set(lost) <= NO_PAGE | {"/steward/jobs/again"}, lost


@pytest.mark.parametrize(
    ("posted", "page"),
    [
        ("submit", "summary"), ("publish-self-declared", "summary"),
        ("fact-check/extend", "findings"), ("fact-check/window", "findings"), ("withdraw", ""),
    ],
)  # fmt: skip
def test_the_suppliers_forms_are_found_again(checking: FactCheck, posted: str, page: str) -> None:
    base = f"/supplier/assessments/{checking.assessment.id}"
    visit = checking.stack.visit(checking.stack.cast.jana)
    led = visit.get(f"{base}/{posted}")
    assert (led.status, led.location) == (303, f"{base}/{page}".rstrip("/"))
    assert visit.get(led.location).status == 200


def test_a_reply_leads_back_to_its_finding(checking: FactCheck) -> None:
    visit = checking.stack.visit(checking.stack.cast.petr)
    finding = checking.finding(1)
    led = visit.get(f"/supplier/findings/{finding.id}/replies")
    assert led.location == f"/supplier/findings/{finding.id}"
    assert visit.get(led.location).location == f"{checking.path}#finding-F-{finding.number}"
    stranger = checking.stack.visit(checking.stack.cast.rita)
    assert stranger.get(f"/supplier/findings/{finding.id}").status == 404
