"""The supplier's own result page, its place in the navigation, and what home says around it."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest

from assessments.assessment import Assessment
from assessments.parties import Role
from assessments.publishing.files import verify_file
from assessments.result import Layer, Result
from assessments.sharing.disclosure import LegalBasis
from assessments.sharing.requesting import Named, send_request
from assessments.verification.finding import FindingState, findings_of
from plumbline.navigation import current_place, places
from tests.conftest import Stack
from tests.support.acts import (
    KEYS,
    disclosed,
    documented,
    in_review,
    planned,
    published,
    self_declared,
    submitted,
)
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.statements import as_a_server, counted


@pytest.fixture
def result(stack: Stack) -> Result:
    """Kovo's smelter, published."""
    return published(stack)


def test_a_supplier_reads_its_result_whole_and_takes_its_file(stack: Stack, result: Result) -> None:
    disclosed(stack, result)
    visit = stack.visit(stack.cast.petr)
    assert f"/supplier/results/{result.id}" in visit.get("/supplier/").html
    assert f"/supplier/results/{result.id}" in visit.get("/supplier/sharing").html
    about = visit.get(f"/supplier/assessments/{result.assessment_id}")
    assert f"/supplier/results/{result.id}" in about.html
    page = visit.get(f"/supplier/results/{result.id}")
    for word in (
        "Where the site stands", "Two of five extraction hoods", "The motor was ordered in May.",
        "Corrective actions", "0 of 3 closed and checked", result.sha256, "plumbline result verify",
        "Nordvolt Mobility SE",
    ):  # fmt: skip
        assert word in page.text, word
    answer = visit.client.get(f"/supplier/results/{result.id}/file")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert verify_file(answer.data, KEYS).result_id == str(result.id)
    assert json.loads(answer.data)["sha256"] == result.sha256


def test_nobody_else_reaches_the_whole(stack: Stack, result: Result) -> None:
    disclosed(stack, result)
    for name in ("anna", "lena", "rita", "sara"):
        for path in ("", "/file"):
            visit = stack.visit(getattr(stack.cast, name))
            assert visit.get(f"/supplier/results/{result.id}{path}").status == 404, name


def test_the_result_is_a_fixed_number_of_statements(embedded: Stack) -> None:
    result = published(embedded)
    visit = embedded.visit(embedded.cast.jana)
    counts = []
    for _ in range(2):
        with counted(embedded.engine) as seen:
            as_a_server(visit.get, f"/supplier/results/{result.id}")
        counts.append(len(seen))
        findings = findings_of(embedded.session, result.assessment_id)
        planned(embedded, next(one for one in findings if one.state is FindingState.OPEN))
        embedded.session.commit()
    assert counts[0] == counts[1]


def test_a_buyer_counts_the_actions_that_it_reads(stack: Stack, result: Result) -> None:
    """The roll-up lags behind; the page's count is of the actions it lists."""
    disclosed(stack, result)
    findings = findings_of(stack.session, result.assessment_id)
    planned(stack, next(one for one in findings if one.state is FindingState.OPEN))
    stack.session.commit()
    page = stack.visit(stack.cast.anna).get(f"/buyer/assessments/{result.assessment_id}")
    assert "0 of 4 closed and checked" in page.text


def test_a_buyer_reads_titles_of_documents_and_that_nobody_scanned_them(stack: Stack) -> None:
    paper = _paper(stack)
    result = published(stack)
    disclosed(stack, result, layers=frozenset({Layer.STATUS}), evidence=frozenset({paper}))
    page = stack.visit(stack.cast.anna).get(f"/buyer/assessments/{result.assessment_id}")
    chip = next(i for i in page.tree.iter("a") if i.get("href") == f"/buyer/evidence/{paper}")
    assert "".join(chip.itertext()) == "Emergency plan"
    assert "not scanned" in page.text


def _paper(stack: Stack) -> uuid.UUID:
    """A document of Kovo's in quarantine, as it is where no scanner looks at it."""
    by = stack.cast.petr.actor
    document = documented(stack.session, stack.cast.kovo, "Emergency plan", by=by, at=NOW, release=False)
    stack.session.commit()
    return document.latest.id


def test_the_vault_does_not_promise_a_scan_that_nobody_makes(embedded: Stack) -> None:
    _paper(embedded)
    page = embedded.visit(embedded.cast.petr).get("/supplier/evidence")
    assert "being scanned" not in page.text
    row = next(each for each in page.tree.iter("tr") if "Emergency plan" in "".join(each.itertext()))
    assert "not scanned" in "".join(row.itertext())
    assert "No virus scanner is set up here" in page.text


PLACES = {
    Role.SUPPLIER_ADMIN: {
        "/supplier/": "/supplier/", "/supplier/assessments/new": "/supplier/",
        "/supplier/assessments/1/sections/OHS": "/supplier/", "/supplier/results/1": "/supplier/",
        "/supplier/organization": "/supplier/organization", "/supplier/sites": "/supplier/organization",
        "/supplier/sites/1": "/supplier/organization", "/supplier/sites/new": "/supplier/organization",
        "/supplier/members": "/supplier/organization", "/account/tokens": "/supplier/organization",
        "/supplier/evidence/1": "/supplier/evidence", "/supplier/actions/1": "/supplier/actions",
        "/supplier/findings/1/actions/new": "/supplier/actions", "/supplier/ledger": "/supplier/sharing",
        "/supplier/sharing/new": "/supplier/sharing",
    },
    Role.ASSESSOR: {"/assessor/": "/assessor/", "/assessor/assessments/1/topics/OHS.1": "/assessor/"},
    Role.BUYER_ADMIN: {
        "/buyer/assessments/1": "/buyer/", "/buyer/requests": "/buyer/requests",
        "/buyer/asks/compared": "/buyer/asks",
    },
    Role.STEWARD_ADMIN: {
        "/steward/reviews/1": "/steward/", "/steward/assessments/1/assign": "/steward/",
        "/steward/terms": "/steward/terms",
    },
    Role.STEWARD_AUDITOR: {"/steward/audit/verification": "/steward/audit", "/steward/": "/steward/"},
}  # fmt: skip


@pytest.mark.parametrize("role", PLACES, ids=str)
def test_every_page_has_its_place_in_the_navigation(embedded: Stack, role: Role) -> None:
    with embedded.app.test_request_context():
        for path, href in PLACES[role].items():
            here = current_place(places(role), path)
            assert here is not None, path
            assert here.href == href, path


def test_the_navigation_says_what_waits_and_where_one_is(stack: Stack, result: Result) -> None:
    cast = stack.cast
    send_request(
        stack.session, Named(lei="5299000J2N45DDNE4Y28"), layers=[Layer.STATUS],
        purpose="Due diligence", legal_basis=LegalBasis.CONTRACT, until=NOW + timedelta(days=90),
        by=cast.anna.actor, at=NOW,
    )  # fmt: skip
    stack.session.commit()
    page = stack.visit(cast.jana).get("/supplier/sites")
    bar = next(page.tree.iter("nav"))
    links = {each.get("href"): each for each in bar.iter("a")}
    words = {href: " ".join("".join(each.itertext()).split()) for href, each in links.items()}
    assert words["/supplier/sharing"] == "Who can see our results 1 wait"
    assert words["/supplier/actions"] == "Actions 3 wait"
    assert links["/supplier/organization"].get("aria-current") == "true"
    assert links["/supplier/"].get("aria-current") is None


def test_a_section_is_opened_without_counting(embedded: Stack) -> None:
    draft = opened(embedded.session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW, label="2031")
    embedded.session.commit()
    visit = embedded.visit(embedded.cast.jana)
    with counted(embedded.engine) as seen:
        as_a_server(visit.get, f"/supplier/assessments/{draft.id}/sections/OHS")
    assert not [one for one in seen if "corrective_action" in one]


def test_the_steps_are_told_to_everybody_who_works_on_it(embedded: Stack) -> None:
    result = published(embedded)
    page = embedded.visit(embedded.cast.jana).get(f"/supplier/assessments/{result.assessment_id}")
    told = next(i for i in page.tree.iter("ol") if i.get("class") == "timeline")
    lines = ["".join(item.itertext()) for item in told]
    assert "supplier" in lines[0]
    assert "steward reviewer" in lines[-1]
    reading = submitted(embedded, label="2027")
    in_review(embedded, reading)
    case = embedded.visit(embedded.cast.lena).get(f"/assessor/assessments/{reading.id}")
    second = embedded.visit(embedded.cast.rene).get(f"/steward/reviews/{reading.id}")
    for page in (case, second):
        assert "What happened" in page.text
        assert "Handed over to a second reader" in page.text


def test_home_counts_what_changed_since_the_round_before(stack: Stack) -> None:
    before = submitted(stack, label="2025")
    draft: Assessment = opened(
        stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW, label="2026"
    )
    stack.session.commit()
    page = stack.visit(stack.cast.jana).get(f"/supplier/?assessment={draft.id}")
    assert "What changed since 2025" in page.text
    counts = next(i for i in page.tree.iter("ul") if i.get("class") == "counted")
    numbers = [int("".join(b.itertext())) for b in counts.iter("b")]
    asked = int(page.text.split("Of the ")[1].split()[0])
    assert sum(numbers[:4]) == asked
    first = stack.visit(stack.cast.jana).get(f"/supplier/?assessment={before.id}")
    assert "What changed since" not in first.text


def test_self_declared_is_said_on_the_own_page(embedded: Stack) -> None:
    result = self_declared(embedded)
    page = embedded.visit(embedded.cast.jana).get(f"/supplier/results/{result.id}")
    assert "Self-declared, not checked." in page.text
