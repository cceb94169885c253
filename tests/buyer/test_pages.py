"""What a buyer's pages show and never show: the withheld topic, the stranger, the revoked grant."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from assessments.disclosure import LedgerAction
from assessments.granting import revoke
from assessments.ledger import ledger_of
from assessments.result import Layer, Result
from assessments.result_file import verify_file
from plumbline.signing import KeyPurpose, create_keys, public_keys
from tests.conftest import Stack
from tests.support.acts import disclosed, published, self_declared
from tests.support.cast import NOW
from tests.support.statements import as_a_server, counted

WITHHELD = "OHS.1"


@pytest.fixture
def result(stack: Stack) -> Result:
    """Kovo's smelter, published."""
    return published(stack)


def test_a_granted_site_stands_in_the_portfolio_without_the_withheld_topic(
    stack: Stack, result: Result
) -> None:
    disclosed(stack, result, without=frozenset({WITHHELD}))
    visit = stack.visit(stack.cast.axel)
    listed = visit.get("/buyer/")
    assert "Kovohutě Sever a.s." in listed.text
    # The filter offers every topic of the public questionnaire; cells stand for what was granted alone.
    strip = next(i for i in listed.tree.iter("span") if i.get("class") == "strip")
    assert "OHS.4" in strip.get("aria-label", "")
    assert WITHHELD not in strip.get("aria-label", "")
    opened = visit.get(f"/buyer/assessments/{result.assessment_id}")
    assert opened.status == 200
    assert "Where the site stands" in opened.text
    assert "Safety system" not in opened.text, "the withheld topic has no cell"
    assert "Whether there is more is not told." in opened.text


def test_the_supplier_reads_in_its_ledger_what_was_listed_and_opened(stack: Stack, result: Result) -> None:
    disclosed(stack, result)
    visit = stack.visit(stack.cast.axel)
    visit.get("/buyer/")
    visit.get(f"/buyer/assessments/{result.assessment_id}")
    stack.session.rollback()
    lines = ledger_of(stack.session, stack.cast.kovo).lines
    seen = [line.action for line in lines if line.reader_id == stack.cast.nordvolt]
    assert seen == [LedgerAction.OPENED, LedgerAction.LISTED]
    assert {line.reader_function for line in lines if line.reader_id == stack.cast.nordvolt} == {
        "buyer viewer"
    }


def test_a_buyer_without_a_grant_learns_nothing(stack: Stack, result: Result) -> None:
    disclosed(stack, result)
    visit = stack.visit(stack.cast.hugo)
    assert "Kovo" not in visit.get("/buyer/").html
    for path in ("", "/file"):
        assert visit.get(f"/buyer/assessments/{result.assessment_id}{path}").status == 404


def test_a_revocation_stops_the_next_request(stack: Stack, result: Result) -> None:
    grant = disclosed(stack, result)
    visit = stack.visit(stack.cast.anna)
    assert visit.get(f"/buyer/assessments/{result.assessment_id}").status == 200
    revoke(stack.session, grant, by=stack.cast.jana.actor, at=NOW)
    stack.session.commit()
    assert visit.get(f"/buyer/assessments/{result.assessment_id}").status == 404
    assert "Kovo" not in visit.get("/buyer/").html


def test_status_alone_shows_no_profile(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result, layers=frozenset({Layer.STATUS}))
    opened = embedded.visit(embedded.cast.axel).get(f"/buyer/assessments/{result.assessment_id}")
    assert "About this result" in opened.text
    assert "Where the site stands" not in opened.text
    assert "Findings" not in opened.text


def test_self_declared_is_said_on_list_and_page(embedded: Stack) -> None:
    result = self_declared(embedded)
    disclosed(embedded, result)
    visit = embedded.visit(embedded.cast.axel)
    assert "self-declared, not checked" in visit.get("/buyer/").text
    assert "Self-declared, not checked." in visit.get(f"/buyer/assessments/{result.assessment_id}").text


def test_the_signed_file_is_checked_without_a_network(embedded: Stack) -> None:
    create_keys(embedded.settings.key_folder)
    result = published(embedded)
    disclosed(embedded, result, without=frozenset({WITHHELD}))
    answer = embedded.visit(embedded.cast.axel).client.get(f"/buyer/assessments/{result.assessment_id}/file")
    checked = verify_file(answer.data, public_keys(embedded.settings.key_folder, KeyPurpose.RESULT))
    assert checked.result_id == str(result.id)
    assert WITHHELD not in json.dumps(checked.content)


def test_the_filter_bar_narrows_and_says_what_is_set(embedded: Stack) -> None:
    disclosed(embedded, published(embedded))
    visit = embedded.visit(embedded.cast.axel)
    assert "Kovo" in visit.get("/buyer/?country=CZE&material=copper").text
    empty = visit.get("/buyer/?country=DEU")
    assert "Nothing fits these filters" in empty.text
    assert visit.get("/buyer/?sort=best&level=9&after=nonsense").status == 200


def test_a_request_is_answered_alike_for_known_and_unknown(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.anna)
    typed = {
        "layers": ["status", "profile"], "purpose": "Due diligence", "legal_basis": "contract",
        "until": (NOW + timedelta(days=90)).date().isoformat(),
    }  # fmt: skip
    known = visit.post("/buyer/requests", {**typed, "lei": "5299000J2N45DDNE4Y28"})
    unknown = visit.post("/buyer/requests", {**typed, "lei": "5299000J2N45DDNE4Y99"})
    assert (known.status, known.location) == (unknown.status, unknown.location) == (303, "/buyer/requests")
    assert visit.get("/buyer/requests").text.count("sent if they take part") == 2


def test_a_faulty_request_keeps_what_was_typed(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.anna)
    page = visit.post("/buyer/requests", {"purpose": "Keep these words", "lei": "short"})
    assert page.status == 422
    assert page.values()["purpose"] == "Keep these words"


def test_a_viewer_cannot_ask(embedded: Stack) -> None:
    assert embedded.visit(embedded.cast.axel).post("/buyer/requests", {"purpose": "x"}).status == 403


def test_own_note_is_kept_for_one_buyer(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result)
    disclosed(embedded, result, buyer_id=embedded.cast.hartwell)
    path = f"/buyer/assessments/{result.assessment_id}"
    assert embedded.visit(embedded.cast.axel).post(f"{path}/note", {"own_number": "N-77"}).status == 303
    assert "N-77" in embedded.visit(embedded.cast.anna).get(path).html
    assert "N-77" not in embedded.visit(embedded.cast.hugo).get(path).html


def test_the_list_asks_a_fixed_number_of_statements(embedded: Stack) -> None:
    disclosed(embedded, published(embedded))
    visit = embedded.visit(embedded.cast.axel)
    visit.get("/buyer/")
    with counted(embedded.engine) as one:
        as_a_server(visit.client.get, "/buyer/")
    disclosed(embedded, self_declared(embedded))
    with counted(embedded.engine) as two:
        as_a_server(visit.client.get, "/buyer/")
    # who asks, the page, the questionnaire's version, the ledger row, the switcher's memberships
    assert len(one) == len(two) == 5, one
