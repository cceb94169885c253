"""Deciding who sees what: nothing chosen beforehand, checked before it is sent, ended at once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from assessments.assessment import Assessment
from assessments.audit.events import AuditEvent
from assessments.outbox import OutboxJob
from assessments.result import Layer
from assessments.sharing.disclosure import AccessRequest, Disclosure, LegalBasis, PortfolioRow, RequestState
from assessments.sharing.ledger import record_listing, record_opening
from assessments.sharing.reading import shared
from assessments.sharing.requesting import Named, send_request
from tests.support.acts import disclosed
from tests.support.cast import NOW
from tests.support.page import Page, Visit
from tests.support.statements import counted
from tests.support.worlds import Finished

UNTIL = (NOW + timedelta(days=200)).date().isoformat()
EVERYTHING = [Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN]


def ask(world: Finished, layers: list[Layer] | None = None) -> str:
    request = send_request(
        world.session, Named(lei="5299000J2N45DDNE4Y28"), layers=layers or EVERYTHING,
        purpose="Bronze castings from 2027", legal_basis=LegalBasis.DUE_DILIGENCE_LAW,
        until=NOW + timedelta(days=200), by=world.cast.hugo.actor, at=NOW - timedelta(hours=1),
    )  # fmt: skip
    world.session.commit()
    return f"/supplier/sharing/requests/{request.id}"


def offer(world: Finished, **more: Any) -> dict[str, Any]:
    return {
        "buyer": "Hartwell Motors plc", "purpose": "Castings", "what": str(world.ids.result), "topics": "all",
        "layer": ["status", "profile", "findings", "plan"], "until": UNTIL, **more,
    }  # fmt: skip


def seen(world: Finished, buyer: uuid.UUID) -> Any:
    world.session.rollback()
    world.session.expire_all()
    return shared(world.session, buyer, world.result.assessment_id, at=NOW)


def counts(world: Finished) -> list[int | None]:
    world.session.rollback()
    return [
        world.session.scalar(select(func.count()).select_from(table))
        for table in (Disclosure, PortfolioRow, OutboxJob, AuditEvent)
    ]


def aloud(page: Page) -> str:
    """The page as it is read aloud: no space before a comma where a bold word ends."""
    return page.text.replace(" ,", ",")


def grant(visit: Visit, world: Finished, **more: Any) -> Page:
    return visit.post("/supplier/sharing/new", offer(world, do="share", **more))


def test_the_form_opens_with_nothing_chosen(finished_embedded: Finished) -> None:
    visit = finished_embedded.visit(finished_embedded.cast.jana)
    for path in ("/supplier/sharing/new", ask(finished_embedded)):
        page = visit.get(path)
        ticked = {
            box.get("name") for box in page.tree.iter("input")
            if box.get("type") in {"radio", "checkbox"} and box.get("checked") is not None
        }  # fmt: skip
        assert ticked == {"topics"}, path
        assert "Share what I chose" not in page.text


def test_a_preset_ticks_parts_and_nothing_else(finished_embedded: Finished) -> None:
    visit = finished_embedded.visit(finished_embedded.cast.jana)
    page = visit.post("/supplier/sharing/new", {"preset": "everything_answered", "purpose": "Castings"})
    assert page.status == 200
    ticked = {
        (box.get("name"), box.get("value")) for box in page.tree.iter("input")
        if box.get("type") == "checkbox" and box.get("checked") is not None
    }  # fmt: skip
    assert ticked == {("layer", word) for word in ("status", "profile", "findings", "plan", "answers")}
    assert page.values()["purpose"].strip() == "Castings"


def test_the_preview_says_what_the_buyer_will_see_and_leaves_nothing_behind(finished: Finished) -> None:
    visit = finished.visit(finished.cast.jana)
    chosen = offer(finished, topics="named", topic=["OHS.1", "MIN.1"], do="check")
    before = counts(finished)
    page = visit.post("/supplier/sharing/new", chosen)
    assert page.status == 200
    assert counts(finished) == before
    assert seen(finished, finished.cast.hartwell) is None
    assert "A preview: nothing has been sent." in page.text
    drawn = page.text.partition("What Hartwell Motors plc would see")[2]
    assert "Safety system and how workers take part" in drawn
    assert "Two of five extraction hoods" in drawn
    assert "Accidents and illness from work" not in drawn
    assert "A furnace door guard" not in drawn
    assert visit.post("/supplier/sharing/new", {**chosen, "do": "share"}).status == 303
    truth = seen(finished, finished.cast.hartwell)
    assert list(truth.profile) == ["OHS.1", "MIN.1"]
    assert truth.answers == {}


def test_what_is_granted_reads_as_a_sentence_and_as_the_buyer_sees_it(finished: Finished) -> None:
    visit = finished.visit(finished.cast.jana)
    granted = grant(visit, finished, commercial="on", later="on", evidence=str(finished.ids.permit))
    assert granted.status == 303
    page = visit.get("/supplier/sharing")
    assert (
        "Hartwell Motors plc sees stage and dates, profile, findings, plan, commercial figures and one "
        "evidence file of Ostrava smelter (the 2026 result), later results too, until" in aloud(page)
    )
    assert "not opened yet" in page.text
    eyes = visit.get(f"/supplier/sharing/buyers/{finished.cast.hartwell}")
    assert "1 document: Permit" in eyes.text
    assert "Commercial figures:" in eyes.text
    assert visit.get(f"/supplier/sharing/buyers/{finished.cast.nordvolt}").status == 404


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "buyer": ({"buyer": "Nobody GmbH"}, "There is no buyer of exactly this legal name"),
    "own name": ({"buyer": "Kovohutě Sever a.s."}, "There is no buyer of exactly this legal name"),
    "what": ({"what": "odd"}, "Choose what it is about."),
    "until": ({"until": "never"}, "Choose the day on which it ends."),
    "past": ({"until": "2020-01-01"}, "The end: choose a day after the start"),
    "layers": ({"layer": []}, "The parts: choose at least one to share."),
    "topics": ({"topics": "named"}, "Tick at least one topic"),
    "unknown topic": ({"topics": "named", "topic": "XYZ.1"}, "The topics: there is no topic XYZ.1."),
    "evidence": ({"evidence": "odd"}, "Choose documents of your own vault."),
    "purpose": ({"purpose": " "}, "What they may use it for: write it"),
    "start": ({"start": "soon"}, "Write the day as in"),
}


@pytest.mark.parametrize("case", sorted(FAULTS))
def test_an_offer_that_makes_no_sense_comes_back_whole(finished_embedded: Finished, case: str) -> None:
    changed, sentence = FAULTS[case]
    visit = finished_embedded.visit(finished_embedded.cast.jana)
    for do in ("check", "share"):
        page = visit.post("/supplier/sharing/new", {**offer(finished_embedded), **changed, "do": do})
        assert page.status == 422, case
        assert sentence in page.text
        assert page.values()["buyer"] == changed.get("buyer", "Hartwell Motors plc")
    assert seen(finished_embedded, finished_embedded.cast.hartwell) is None


def test_an_empty_form_says_everything_at_once_in_the_order_of_its_fields(
    finished_embedded: Finished,
) -> None:
    visit = finished_embedded.visit(finished_embedded.cast.jana)
    page = visit.post("/supplier/sharing/new", {"topics": "all", "do": "share"})
    assert page.status == 422
    summary = next(i for i in page.tree.iter("div") if i.get("class") == "sum")
    places = [link.get("href") for link in summary.iter("a")]
    assert places == ["#buyer", "#purpose", "#what", "#layers", "#until"]
    assert "Which company: write its exact legal name or its LEI." in page.text
    assert "There is no buyer of exactly this legal name" not in page.text


def test_a_document_of_another_vault_is_not_shared(finished_embedded: Finished) -> None:
    visit = finished_embedded.visit(finished_embedded.cast.jana)
    page = grant(visit, finished_embedded, evidence=str(finished_embedded.ids.rival_paper))
    assert page.status == 422
    assert "Evidence: choose documents of your own vault." in page.text


def test_a_request_is_answered_item_by_item(finished: Finished) -> None:
    path = ask(finished, [*EVERYTHING, Layer.COMMERCIAL, Layer.EVIDENCE])
    visit = finished.visit(finished.cast.jana)
    listed = visit.get("/supplier/sharing")
    assert "Hartwell Motors plc asks to see your results" in listed.text
    assert "Bronze castings from 2027" in listed.text
    assert "a law on due diligence in supply chains" in listed.text
    choices = {
        "item-status": "share", "item-profile": "share", "item-findings": "keep", "item-plan": "keep",
        "item-commercial": "keep",
    }  # fmt: skip
    base = {"what": str(finished.ids.result), "topics": "all", "until": UNTIL}
    unfinished = visit.post(path, {**base, **choices, "do": "share"})
    assert unfinished.status == 422
    assert "Choose share or keep for each item." in unfinished.text
    whole = {**base, **choices, "item-evidence": "share"}
    without_files = visit.post(path, {**whole, "do": "share"})
    assert "Tick the documents, or keep evidence." in without_files.text
    whole["evidence"] = str(finished.ids.survey)
    checked = visit.post(path, {**whole, "do": "check"})
    assert "Share what I chose" in checked.text
    assert "1 document: Survey" in checked.text
    assert visit.post(path, {**whole, "do": "share"}).status == 303
    truth = seen(finished, finished.cast.hartwell)
    assert truth.profile
    assert (truth.findings, truth.plan, truth.commercial) == ({}, {}, {})
    assert [one.file_name for one in truth.evidence] == ["Survey.pdf"]
    (request,) = finished.session.scalars(select(AccessRequest))
    assert request.state is RequestState.PARTLY_GRANTED
    twice = visit.post(path, {**whole, "do": "share"})
    assert twice.status == 409


@pytest.mark.parametrize("how", ["decline", "keep all"])
def test_declining_costs_one_click_and_shows_nothing(finished_embedded: Finished, how: str) -> None:
    path = ask(finished_embedded)
    visit = finished_embedded.visit(finished_embedded.cast.jana)
    if how == "decline":
        answer = visit.post(path, {"do": "decline"})
    else:
        kept = {f"item-{layer.value}": "keep" for layer in EVERYTHING}
        checked = visit.post(path, {**kept, "do": "check", "until": UNTIL})
        assert "every item is kept" in checked.text
        answer = visit.post(path, {**kept, "do": "share", "until": UNTIL})
    assert answer.status == 303
    assert seen(finished_embedded, finished_embedded.cast.hartwell) is None
    (request,) = finished_embedded.session.scalars(select(AccessRequest))
    assert request.state is RequestState.DECLINED
    assert "asks to see" not in visit.get("/supplier/sharing").text.partition("Who can see our results ")[2]


def test_ending_ends_at_once_and_says_what_it_cannot_undo(finished: Finished) -> None:
    made = disclosed(finished, finished.result)
    visit = finished.visit(finished.cast.jana)
    assert "What revoking cannot undo:" in visit.get("/supplier/sharing").text
    assert seen(finished, finished.cast.nordvolt) is not None
    assert visit.post(f"/supplier/sharing/{made.id}/revoke").status == 303
    assert seen(finished, finished.cast.nordvolt) is None
    ended = visit.get("/supplier/sharing?show=ended")
    assert "Nordvolt Mobility SE saw" in ended.text
    assert "What they took before stays with them." in ended.text
    twice = visit.post(f"/supplier/sharing/{made.id}/revoke")
    assert twice.status == 409
    again = visit.get(f"/supplier/sharing/new?like={made.id}")
    assert again.values()["buyer"] == "Nordvolt Mobility SE"
    assert again.values()["until"] == ""


def test_the_ladder_of_rights(finished_embedded: Finished) -> None:
    world = finished_embedded
    made, path = disclosed(world, world.result), ask(world)
    contributor = world.visit(world.cast.petr)
    page = contributor.get("/supplier/sharing")
    assert "Nordvolt Mobility SE sees" in page.text
    assert "End now" not in page.text
    assert "latest looks" not in page.text
    for closed in ("/supplier/sharing/new", path, "/supplier/ledger", "/supplier/members"):
        assert contributor.get(closed).status == 403, closed
    for closed in ("/supplier/sharing/new", path, f"/supplier/sharing/{made.id}/revoke"):
        assert contributor.post(closed, offer(world)).status == 403, closed
    for stranger in (world.cast.rita, world.cast.anna, world.cast.lena, world.cast.rene):
        visit = world.visit(stranger)
        assert visit.get(path).status == 404
        assert visit.post(path, {"do": "decline"}).status == 404
        assert visit.post(f"/supplier/sharing/{made.id}/revoke").status == 404
        assert visit.get(f"/supplier/sharing/buyers/{world.cast.nordvolt}").status == 404
    assert "Nordvolt" not in world.visit(world.cast.rita).get("/supplier/sharing").text


def test_every_look_is_read_by_organization_and_function(finished: Finished) -> None:
    world, session = finished, finished.session
    for hour, (who, name) in enumerate(
        ((world.cast.anna, "Nordvolt Mobility SE"), (world.cast.hugo, "Hartwell Motors plc"))
    ):
        record_opening(
            session, who.actor, name, supplier_id=world.cast.kovo, assessment_id=world.result.assessment_id,
            what={"status": True, "profile": ["OHS.1", "MIN.1"]}, at=NOW - timedelta(hours=hour + 1),
        )  # fmt: skip
    record_listing(
        session, world.cast.axel.actor, "Nordvolt Mobility SE", what={"page": "portfolio"}, at=NOW,
        supplier_ids=[world.cast.kovo, world.cast.rival],
    )  # fmt: skip
    session.commit()
    visit = world.visit(world.cast.jana)
    page = visit.get("/supplier/ledger")
    assert "Nordvolt Mobility SE, viewer your row in their list of suppliers List" in aloud(page)
    assert (
        "Hartwell Motors plc, admin Ostrava smelter, 2026: stage and dates; profile on Safety system and how "
        "workers take part and Rules on minerals and knowing the chain Page" in aloud(page)
    )
    assert "Anna" not in page.text
    assert "Rival" not in page.text
    one = visit.get(f"/supplier/ledger?reader={world.cast.hartwell}")
    assert "Hartwell Motors plc, admin" in aloud(one)
    assert "Nordvolt Mobility SE, " not in aloud(one)
    other = aloud(world.visit(world.cast.rita).get("/supplier/ledger"))
    assert "Nordvolt Mobility SE, viewer" in other
    assert "Hartwell" not in other
    for odd in ("?reader=odd", "?after=odd"):
        assert visit.get(f"/supplier/ledger{odd}").status == 404


def test_a_grant_says_when_it_was_opened_itself_and_not_what_its_buyer_ever_did(
    finished_embedded: Finished,
) -> None:
    world, cast = finished_embedded, finished_embedded.cast
    disclosed(world, world.result, at=NOW - timedelta(days=1))

    def opened(at: Any, assessment: uuid.UUID) -> str:
        record_opening(
            world.session, cast.anna.actor, "Nordvolt Mobility SE", supplier_id=cast.kovo,
            assessment_id=assessment, what={"status": True}, at=at,
        )  # fmt: skip
        world.session.commit()
        page = world.visit(cast.jana).get("/supplier/sharing").text
        return page.partition("What you have granted")[2].partition("The latest looks")[0]

    of_kovo = select(Assessment.id).where(Assessment.organization_id == cast.kovo)
    other = next(key for key in world.session.scalars(of_kovo) if key != world.result.assessment_id)
    assert "not opened yet" in opened(NOW - timedelta(days=2), world.result.assessment_id), "before the grant"
    assert "not opened yet" in opened(NOW - timedelta(hours=3), other), "of another assessment"
    assert "last opened" in opened(NOW - timedelta(hours=2), world.result.assessment_id)


def test_the_ledger_names_topics_and_folds_what_is_the_same(finished_embedded: Finished) -> None:
    world, cast = finished_embedded, finished_embedded.cast
    for second in (1, 2):
        record_opening(
            world.session, cast.petr.actor, "Meridian", supplier_id=cast.kovo,
            assessment_id=world.result.assessment_id, at=NOW.replace(second=second),
            what={"layers": ["answers"], "topics": ["OHS.4"]},
        )  # fmt: skip
    world.session.commit()
    page = aloud(world.visit(cast.jana).get("/supplier/ledger"))
    assert "Ostrava smelter, 2026: answers on Training, emergencies and facilities at work (2 times)" in page
    assert "OHS.4" not in page
    assert page.count("answers on") == 1


def test_a_long_ledger_comes_a_page_at_a_time(finished_embedded: Finished) -> None:
    world = finished_embedded
    for number in range(53):
        record_listing(
            world.session, world.cast.axel.actor, "Nordvolt Mobility SE", supplier_ids=[world.cast.kovo],
            what={"page": f"part {number}"}, at=NOW - timedelta(minutes=number),
        )  # fmt: skip
    world.session.commit()
    visit = world.visit(world.cast.jana)
    first = visit.get("/supplier/ledger")
    assert "part 49" in first.text
    assert "part 50" not in first.text
    (onward,) = [link for link in first.links() if "after=" in link]
    assert "part 52" in visit.get(onward).text


def test_what_a_buyer_sees_costs_the_same_for_one_assessment_and_for_two(finished_embedded: Finished) -> None:
    world = finished_embedded
    costs = []
    later: dict[str, Any] = {"site_id": world.cast.yard, "result_id": None, "follow_later": True}
    none: dict[str, Any] = {}
    visit = world.visit(world.cast.jana)
    visit.get("/supplier/sharing")
    for more in (none, later):
        disclosed(world, world.result, **more)
        with counted(world.engine) as statements:
            seen = visit.get(f"/supplier/sharing/buyers/{world.cast.nordvolt}")
        assert seen.status == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_the_page_costs_the_same_for_one_grant_and_for_many(finished_embedded: Finished) -> None:
    world = finished_embedded
    visit = world.visit(world.cast.jana)
    disclosed(world, world.result)
    visit.get("/supplier/sharing")

    def cost() -> int:
        with counted(world.engine) as statements:
            assert visit.get("/supplier/sharing").status == 200
        return len(statements)

    one = cost()
    for _more in range(4):
        disclosed(world, world.result)
        disclosed(world, world.result, buyer_id=world.cast.hartwell)
    assert cost() == one
