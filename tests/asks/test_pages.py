"""The pages of the list: kept by admins, read by viewers, beside a result, by a supplier that is asked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.questionnaire.elements import narrowed
from assessments.questionnaire.standards import standards
from assessments.result import Layer
from assessments.sharing.asks import BuyerAsk, Said, add_ask
from assessments.sharing.disclosure import LegalBasis
from assessments.sharing.requesting import Named, send_request
from tests.asks.conftest import GAINED, LOST, next_version
from tests.conftest import Stack
from tests.support.acts import disclosed
from tests.support.assessing import standard
from tests.support.cast import NOW, Member
from tests.support.statements import as_a_server, counted
from tests.support.worlds import Finished


def add(world: Stack, said: Said, by: Member | None = None) -> BuyerAsk:
    """A row of Nordvolt's (or of ``by``'s buyer), committed."""
    made = add_ask(world.session, said, by=(by or world.cast.anna).actor, at=NOW)
    world.session.commit()
    return made


def test_an_admin_builds_the_list_without_script(listed: Stack) -> None:
    visit = listed.visit(listed.cast.anna)
    empty = visit.get("/buyer/asks")
    assert "No row yet" in empty.text
    assert "never makes a question and never decides about a supplier" in empty.text
    chosen = visit.get("/buyer/asks/new?standard=ISO45001")
    typed = {**chosen.values(), "elements": ["ISO45001.4", LOST], "country": "CZE", "reason": "Clause 7"}
    sent = visit.post("/buyer/asks", typed)
    assert sent.status == 303
    page = visit.get(sent.location)
    for word in ("On the list.", "2 of 11 elements", "Clause 7", "Czechia"):
        assert word in page.text, word
    assert "/buyer/?country=CZE" in page.links()
    row = next(link for link in page.links() if re.fullmatch(r"/buyer/asks/[0-9a-f-]{36}", link))
    assert "Change this row" in visit.get(row).text
    changed = visit.post(row, {**visit.get(row).values(), "country": "", "elements": []})
    assert "The row is changed." in visit.get(changed.location).text
    assert "All suppliers" in visit.get("/buyer/asks").text
    off = visit.post(f"{row}/remove", {})
    assert "Taken off the list." in visit.get(off.location).text
    assert "Taken off lately" in visit.get("/buyer/asks").text
    assert visit.post(f"{row}/undo", {}).location == "/buyer/asks"
    assert "Taken back." in visit.get("/buyer/asks").text
    assert "ISO 45001" in visit.get("/buyer/asks").text


def test_the_button_that_takes_back_pressed_twice_takes_back_once(shown: Stack) -> None:
    visit = shown.visit(shown.cast.anna)
    sent = visit.post("/buyer/asks", {"standard": "ISO45001"})
    revision = visit.get(sent.location).values()["revision"]
    undo = f"/buyer/asks/{sent.location.rpartition('=')[2]}/undo"
    assert visit.post(undo, {"revision": revision}).location == "/buyer/asks"
    again = visit.post(undo, {"revision": revision})
    assert "nothing was taken back" in visit.get(again.location).text
    assert "No row yet" in visit.get("/buyer/asks").text


def test_a_viewer_reads_and_keeps_nothing(shown: Stack) -> None:
    ask = add(shown, Said("ISO45001"))
    visit = shown.visit(shown.cast.axel)
    for path in ("/buyer/asks", f"/buyer/asks/{ask.id}"):
        page = visit.get(path)
        assert page.status == 200
        assert not [form for form in page.tree.iter("form") if "/asks" in form.get("action", "")
                    and form.get("method") == "post"]  # fmt: skip
    assert visit.get("/buyer/asks/new").status == 403
    assert visit.post("/buyer/asks", {"standard": "VSME"}).status == 403


def test_another_buyer_meets_nothing(shown: Stack) -> None:
    ask = add(shown, Said("ISO45001", reason="Only Nordvolt says so"))
    visit = shown.visit(shown.cast.hugo)
    assert "Only Nordvolt" not in visit.get("/buyer/asks").html
    assert visit.get(f"/buyer/asks/{ask.id}").status == 404
    assert visit.post(f"/buyer/asks/{ask.id}/remove", {}).status == 404
    assert "Only Nordvolt" not in visit.get(f"/buyer/asks?did={ask.id}").html
    assert "Choose two" in visit.get(f"/buyer/asks/compared?one={ask.id}&other=VSME").text


def test_one_row_shows_each_element_and_what_is_left_over(shown: Stack) -> None:
    key = next(key for key in standards() if narrowed(standard(), key).left)
    told = narrowed(standard(), key)
    page = shown.visit(shown.cast.axel).get(f"/buyer/asks/{add(shown, Said(key)).id}")
    for row in told.rows:
        assert row.element.title in page.text or row.element.certainty == "low"
    left = page.text.partition("No question touches these.")[2]
    assert all(row.element.key in left for row in told.left)


def test_what_was_typed_wrong_comes_back_with_its_fault(shown: Stack) -> None:
    visit = shown.visit(shown.cast.anna)
    refused = visit.post(
        "/buyer/asks", {"standard": "ISO45001", "country": "XX", "reason": "Keep these words"}
    )
    assert refused.status == 422
    assert "Country: choose one of the list." in refused.text
    assert "Keep these words" in refused.html
    assert visit.post("/buyer/asks", {"standard": "ISO99"}).status == 422
    assert "choose one of the standards" in visit.get("/buyer/asks/new?standard=x").text


def test_who_comes_second_sees_both(shown: Stack) -> None:
    ask = add(shown, Said("ISO45001", country="CZE"))
    visit = shown.visit(shown.cast.anna)
    typed = visit.get(f"/buyer/asks/{ask.id}").values()
    assert visit.post(f"/buyer/asks/{ask.id}", {**typed, "country": "DEU"}).status == 303
    second = visit.post(f"/buyer/asks/{ask.id}", {**typed, "country": "FRA", "reason": "My words"})
    assert second.status == 412
    assert "Changed by somebody else." in second.text
    assert "Germany" in second.text
    assert second.values()["reason"].strip() == "My words"
    assert second.values()["revision"] == "2"


def test_a_new_version_is_told_on_the_row_until_somebody_looked(shown: Stack) -> None:
    ask = add(shown, Said("ISO45001"))
    next_version(shown)
    visit = shown.visit(shown.cast.anna)
    assert "3 elements are covered otherwise since version 1.0" in visit.get("/buyer/asks").text
    page = visit.get(f"/buyer/asks/{ask.id}")
    assert f"#{LOST}" in page.links()
    assert f"#{GAINED}" in page.links()
    assert "/questionnaire/changes/1.0/9.0" in page.links()
    assert visit.post(f"/buyer/asks/{ask.id}/looked", {}).status == 303
    assert "covered otherwise" not in visit.get("/buyer/asks").text


def test_two_stand_side_by_side(shown: Stack) -> None:
    ask = add(shown, Said("ISO45001", country="CZE"))
    page = shown.visit(shown.cast.axel).get(f"/buyer/asks/compared?one={ask.id}&other=SA8000")
    assert "Serve both" in page.text
    assert "ISO 45001" in page.text
    assert "Left over" in page.text
    same = shown.visit(shown.cast.axel).get("/buyer/asks/compared?one=VSME&other=VSME")
    assert same.status == 200


def test_a_result_shows_the_rows_that_reach_it_and_links_what_is_disclosed_alone(finished: Finished) -> None:
    add(finished, Said("ISO45001"))
    add(finished, Said("GRI", country="DEU"))
    add(finished, Said("SA8000"), by=finished.cast.hugo)
    disclosed(finished, finished.result, without=frozenset({"OHS.1"}))
    page = finished.visit(finished.cast.axel).get(f"/buyer/assessments/{finished.result.assessment_id}")
    asks = page.html.partition('id="asks"')[2].partition("</section>")[0]
    assert "ISO 45001" in asks
    assert "GRI" not in asks
    assert "SA8000" not in asks
    linked = re.findall(r'href="#([^"]+)"', asks)
    assert linked
    assert set(linked) <= {found.get("id") for found in page.tree.iter()}
    assert "topic-OHS.1" not in linked


def test_a_withheld_topic_reads_as_one_that_was_never_asked(finished: Finished) -> None:
    """The section is the same bytes whether the supplier kept a topic back or has nothing on it."""
    add(finished, Said("ISO45001", ("ISO45001.6.1.2",)))
    path = f"/buyer/assessments/{finished.result.assessment_id}"
    sections = []
    for layers in (frozenset({Layer.STATUS}), frozenset({Layer.STATUS, Layer.PROFILE})):
        topics = frozenset({"LAB.1"})  # none of the row's
        disclosed(finished, finished.result, layers=layers, topics=topics)
        html = finished.visit(finished.cast.axel).get(path).html
        sections.append(html.partition('id="asks"')[2].partition("</section>")[0])
    assert sections[0] == sections[1]
    assert 'href="#' not in sections[0]


def test_the_supplier_reads_why_beside_the_request(listed: Stack) -> None:
    cast = listed.cast
    add(listed, Said("ISO45001", country="CZE", reason="Clause 7 of our terms"))
    add(listed, Said("CSDDD", reason="For ourselves", shown=False))
    add(listed, Said("GRI", country="DEU", reason="Of others"))
    request = send_request(
        listed.session, Named(email=cast.jana.email), layers=[Layer.STATUS], purpose="Supply",
        legal_basis=next(iter(LegalBasis)), until=NOW + timedelta(days=90), by=cast.anna.actor,
        at=NOW - timedelta(days=1),
    )  # fmt: skip
    listed.session.commit()
    page = listed.visit(cast.jana).get(f"/supplier/sharing/requests/{request.id}")
    assert "Clause 7 of our terms" in page.text
    assert "/standards/ISO45001" in page.links()
    for word in ("For ourselves", "Of others", "CSDDD"):
        assert word not in page.html
    assert listed.visit(cast.rita).get(f"/supplier/sharing/requests/{request.id}").status == 404


def test_the_supplier_reads_why_beside_what_a_buyer_sees(finished: Finished) -> None:
    add(finished, Said("ISO45001", reason="Clause 7 of our terms"))
    path = f"/supplier/sharing/buyers/{finished.cast.nordvolt}"
    assert finished.visit(finished.cast.petr).get(path).status == 404
    disclosed(finished, finished.result)
    assert "Clause 7 of our terms" in finished.visit(finished.cast.petr).get(path).text


@pytest.mark.parametrize("more", [1, 4])
def test_the_list_is_a_fixed_number_of_statements(shown: Stack, more: int) -> None:
    for country in ("CZE", "DEU", "FRA", "ESP")[:more]:
        add(shown, Said("ISO45001", country=country))
    visit = shown.visit(shown.cast.axel)
    visit.get("/buyer/asks")
    with counted(shown.engine) as ran:
        as_a_server(visit.client.get, "/buyer/asks")
    # who asks, the versions, rows taken off, rows, suppliers, what waits
    assert len(ran) == 6, ran
    key = shown.session.scalars(select(BuyerAsk.id)).first()
    shown.session.rollback()
    with counted(shown.engine) as one:
        as_a_server(visit.client.get, f"/buyer/asks/{key}")
    # who asks, the row, the versions, suppliers, what waits
    assert len(one) == 5, one


def test_a_result_takes_as_many_statements_for_many_rows_as_for_one(finished_embedded: Finished) -> None:
    world = finished_embedded
    disclosed(world, world.result)
    visit, path = world.visit(world.cast.axel), f"/buyer/assessments/{world.result.assessment_id}"
    taken = []
    for said in (None, Said("ISO45001"), Said("SA8000"), Said("CM3", material="copper")):
        if said:
            add(world, said)
        visit.get(path)
        with counted(world.engine) as ran:
            as_a_server(visit.client.get, path)
        taken.append(len(ran))
    assert [count - taken[0] for count in taken] == [0, 1, 1, 1], (
        "the rows always, the versions where any reaches"
    )
