"""What a buyer's pages show and never show: the withheld topic, the stranger, the revoked grant."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from assessments.actions.action import CorrectiveAction
from assessments.publishing.files import verify_file
from assessments.result import Layer, Result
from assessments.sharing.disclosure import LedgerAction, PortfolioRow
from assessments.sharing.granting import revoke
from assessments.sharing.ledger import ledger_of
from assessments.sharing.reading import shared
from assessments.sharing.requesting import decline_request, waiting_for
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


def test_the_profile_alone_shows_counts_of_findings_and_progress_of_actions(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result, layers=frozenset({Layer.STATUS, Layer.PROFILE}))
    shown = shared(embedded.session, embedded.cast.nordvolt, result.assessment_id, at=NOW)
    assert shown is not None
    assert shown.progress is not None
    opened = embedded.visit(embedded.cast.axel).get(f"/buyer/assessments/{result.assessment_id}")
    counted_today = opened.text.partition("Findings and actions today")[2]
    assert f"{shown.progress.major_open} major" in counted_today
    assert f"0 of {shown.progress.actions_agreed} closed and checked" in counted_today
    assert "Root cause" not in opened.text


def test_no_findings_is_said_and_why(embedded: Stack) -> None:
    unchecked = self_declared(embedded)
    disclosed(embedded, unchecked)
    page = embedded.visit(embedded.cast.axel).get(f"/buyer/assessments/{unchecked.assessment_id}")
    assert "Nobody has checked, so there are no findings." in page.text
    assert "How it was checked" not in page.text, "a column of nothing is not drawn"


def test_a_day_that_passed_is_not_called_next(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result)
    embedded.session.execute(update(PortfolioRow).values(next_due_on="2020-01-31"))
    embedded.session.execute(update(CorrectiveAction).values(due_on=date(2020, 1, 31)))
    embedded.session.commit()
    visit = embedded.visit(embedded.cast.axel)
    listed = visit.get("/buyer/").text
    assert "past its date (31 Jan 2020)" in listed
    assert "past a date at one site" in listed
    opened = visit.get(f"/buyer/assessments/{result.assessment_id}").text
    assert "past its date" in opened or "past their dates" in opened
    assert "next 31 Jan 2020" not in listed + opened


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


def test_a_filter_that_cannot_be_used_is_said_at_its_field_and_kept(embedded: Stack) -> None:
    disclosed(embedded, published(embedded))
    visit = embedded.visit(embedded.cast.axel)
    alone = visit.get("/buyer/?level=0")
    assert alone.status == 200
    assert "A level belongs to a topic: choose the topic." in alone.text
    assert alone.values()["level"] == "0"
    assert "Kovo" in alone.text
    topic = visit.get("/buyer/?topic=OHS.2")
    assert topic.values()["topic"] == "OHS.2"
    assert "Take off Accidents and illness from work" in topic.text
    odd = visit.get("/buyer/?level=9&after=nonsense&country=CZE")
    assert odd.status == 200
    assert "Levels run from 0 to 4." in odd.text
    assert odd.values()["country"] == "CZE"


def test_a_supplier_is_found_by_lei_and_by_the_buyers_own_number_and_by_no_others(stack: Stack) -> None:
    result = published(stack)
    disclosed(stack, result)
    disclosed(stack, result, buyer_id=stack.cast.hartwell)
    path = f"/buyer/assessments/{result.assessment_id}/note"
    mine, other = stack.visit(stack.cast.axel), stack.visit(stack.cast.hugo)
    assert mine.post(path, {"own_number": "N-40117"}).status == 303
    assert "your no. N-40117" in mine.get("/buyer/").text
    assert "your no. N-40117" in mine.get("/buyer/?q=40117").text
    assert "Kovo" in mine.get("/buyer/?q=5299000j2n45ddne4y28").text
    assert "Nothing fits these filters" in mine.get("/buyer/?q=5299000J2N45DDNE4Y").text, "only a whole LEI"
    assert "N-40117" not in other.get("/buyer/").text
    assert "Nothing fits these filters" in other.get("/buyer/?q=40117").text


def test_figures_are_of_the_rows_shown(embedded: Stack) -> None:
    disclosed(embedded, published(embedded))
    disclosed(embedded, self_declared(embedded))
    visit = embedded.visit(embedded.cast.axel)
    assert "Sites that share with you 2 of one supplier" in visit.get("/buyer/").text
    assert "Sites that fit 1 of one supplier" in visit.get("/buyer/?q=smelter").text
    assert "Sites that" not in visit.get("/buyer/?q=nobody").text
    assert "Latest changes" in visit.get("/buyer/?sort=changed").text


def test_asking_for_more_names_the_supplier_one_was_reading(stack: Stack) -> None:
    result = published(stack)
    disclosed(stack, result, layers=frozenset({Layer.STATUS}))
    visit = stack.visit(stack.cast.anna)
    opened = visit.get(f"/buyer/assessments/{result.assessment_id}")
    (way,) = [link for link in opened.links() if link.startswith("/buyer/requests?")]
    form = visit.get(way.partition("#")[0])
    assert "Ask Kovohutě Sever a.s. for more" in form.text
    asked = {
        "assessment": str(result.assessment_id), "layers": ["profile"], "purpose": "To see more",
        "legal_basis": "contract", "until": (NOW + timedelta(days=90)).date().isoformat(),
    }  # fmt: skip
    assert visit.post("/buyer/requests", asked).status == 303
    stack.session.rollback()
    (waiting,) = waiting_for(stack.session, stack.cast.kovo, at=NOW)
    assert (waiting.buyer_id, waiting.purpose) == (stack.cast.nordvolt, "To see more")
    assert "Kovohutě Sever a.s." in visit.get("/buyer/requests").text
    other = stack.visit(stack.cast.hugo)
    stranger = other.get(way.partition("#")[0])
    assert "Kovo" not in stranger.text
    assert "Ask for access" in stranger.text


def test_a_reference_to_nothing_one_sees_is_no_way_to_ask(embedded: Stack) -> None:
    result = published(embedded)
    asked = {
        "assessment": str(result.assessment_id), "layers": ["profile"], "purpose": "x",
        "legal_basis": "contract", "until": (NOW + timedelta(days=90)).date().isoformat(),
    }  # fmt: skip
    refused = embedded.visit(embedded.cast.hugo).post("/buyer/requests", asked)
    unknown = embedded.visit(embedded.cast.hugo).post(
        "/buyer/requests", {**asked, "assessment": str(result.id)}
    )
    assert refused.status == unknown.status == 422
    assert "You see nothing of this supplier now" in refused.text
    assert "Kovo" not in refused.text


def test_an_empty_request_says_everything_at_once(embedded: Stack) -> None:
    page = embedded.visit(embedded.cast.anna).post("/buyer/requests", {})
    assert page.status == 422
    summary = next(i for i in page.tree.iter("div") if i.get("class") == "sum")
    places = [link.get("href") for link in summary.iter("a")]
    assert places == ["#named_by", "#layers", "#purpose", "#legal_basis", "#until"]


def test_a_no_is_told_by_no_number_before_silence_would_say_it(embedded: Stack) -> None:
    visit = embedded.visit(embedded.cast.anna)
    typed = {
        "layers": ["status"], "purpose": "x", "legal_basis": "contract", "lei": "5299000J2N45DDNE4Y28",
        "until": (NOW + timedelta(days=90)).date().isoformat(),
    }  # fmt: skip
    assert visit.post("/buyer/requests", typed).status == 303
    before = visit.get("/buyer/").html.partition("</nav>")[0]
    embedded.session.rollback()
    (waiting,) = waiting_for(embedded.session, embedded.cast.kovo, at=NOW)
    decline_request(embedded.session, waiting, by=embedded.cast.jana.actor, at=NOW)
    embedded.session.commit()
    assert visit.get("/buyer/").html.partition("</nav>")[0] == before


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
