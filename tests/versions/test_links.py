"""Evidence follows: offered where a question came of others, moved with its answer, and back as it was."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from assessments.assessment import AnswerEvidence, company_assessment_id
from assessments.evidence.documents import Document
from assessments.parties import Site
from assessments.questionnaire.model import Questionnaire
from assessments.rounds.carried import to_confirm
from assessments.rounds.carried_links import offered_documents
from assessments.rounds.moving import move_back, move_to_version, outlook
from assessments.rounds.opening import open_assessment
from assessments.rounds.taking_over import take_over
from assessments.sheet.linking import link_evidence
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from tests.conftest import Stack
from tests.support.acts import answer_everything, documented
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.versions.conftest import Make
from tests.versions.test_moving import LATER, MOVED, TO_COMPANY, TO_SITE
from tests.versions.world import ANSWERED, DAY, Round, answered, say


def link(world: Round, key: str, title: str, *, yard: bool = False) -> uuid.UUID:
    """Link a document of that title to the answer of the smelter (or the yard); its id."""
    session, by = world.session, world.stack.cast.jana.actor
    here = read_sheet(session, world.yard.id) if yard else world.sheet
    there = session.scalars(select(Document).where(Document.title == title)).first()
    paper = there or documented(session, world.stack.cast.kovo, title, by=by, at=ANSWERED)
    assert link_evidence(session, here, key, paper, by=by, at=ANSWERED)
    session.commit()
    return paper.id


def links(world: Round) -> set[tuple[Any, ...]]:
    """Every link of the round, whole."""
    world.session.expire_all()
    rows = world.session.scalars(select(AnswerEvidence)).all()
    return {(row.assessment_id, row.question, row.document_id, row.linked_at, row.linked_by) for row in rows}


def move(world: Round) -> None:
    move_to_version(world.session, world.smelter, world.second, by=world.stack.cast.jana.actor, at=MOVED)
    world.session.commit()


def back(world: Round) -> None:
    move_back(world.session, world.smelter, by=world.stack.cast.jana.actor, at=LATER)
    world.session.commit()


def offers(world: Round, *keys: str) -> dict[str, list[tuple[str, str]]]:
    found = offered_documents(world.session, world.sheet, keys)
    return {key: [(one.question, one.title) for one in of] for key, of in found.items()}


@pytest.fixture
def world(stack: Stack, standard_first: Questionnaire, standard_second: Questionnaire) -> Round:
    return answered(stack, standard_first, standard_second)


def test_a_split_questions_evidence_is_offered_and_stays_where_it_was(world: Round) -> None:
    contract, minutes = link(world, "PRO-04", "Agent contract"), link(world, "OHS-08", "Minutes")
    before = links(world)
    assert outlook(world.session, world.smelter, world.second).links.offered == {
        "PRO-05": (("PRO-04", contract),),
        "OHS-09": (("OHS-08", minutes),),
    }
    move(world)
    assert links(world) == before, "an offer is no link"
    asked = ("PRO-04", "PRO-05", "OHS-09", "OHS-01")
    assert offers(world, *asked) == {
        "PRO-05": [("PRO-04", "Agent contract")],
        "OHS-09": [("OHS-08", "Minutes")],
    }
    by, session = world.stack.cast.jana.actor, world.session
    world.say("PRO-05", {"agents": ["buying"]}, LATER)
    assert offers(world, "PRO-05"), "an answer takes no offer away"
    link_evidence(session, world.sheet, "PRO-05", session.get_one(Document, contract), by=by, at=LATER)
    session.commit()
    assert offers(world, *asked) == {"OHS-09": [("OHS-08", "Minutes")]}


def test_evidence_without_an_answer_is_offered_too(
    stack: Stack, first: Questionnaire, second: Questionnaire
) -> None:
    world = answered(stack, first, second)
    link(world, "PRO-04", "Agent contract", yard=True)
    move(world)
    sheet = read_sheet(world.session, world.yard.id)
    found = offered_documents(world.session, sheet, ["PRO-05"])
    assert [(one.question, one.title) for one in found["PRO-05"]] == [("PRO-04", "Agent contract")]
    assert sheet.answer("PRO-05").parts == {}
    assert offers(world, "PRO-05") == {}, "the smelter linked nothing"
    back(world)
    assert offered_documents(world.session, read_sheet(world.session, world.yard.id), ["PRO-05"]) == {}


def test_going_back_restores_the_links_as_they_were(world: Round) -> None:
    contract = link(world, "PRO-04", "Agent contract")
    before = links(world)
    move(world)
    assert offers(world, "PRO-05")
    back(world)
    assert links(world) == before
    assert [one.document_id for one in world.sheet.evidence["PRO-04"]] == [contract]
    move(world)
    assert offers(world, "PRO-05"), "and again"


def test_a_sites_evidence_becomes_the_companys_with_its_answer_and_back(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    world = answered(stack, first, version(*TO_COMPANY))
    lab, other = link(world, "OHS-06", "Lab report"), link(world, "OHS-06", "Yard report", yard=True)
    link(world, "OHS-06", "Lab report", yard=True)
    before = links(world)
    move(world)
    company = company_assessment_id(world.session, world.smelter.cycle_id)
    assert {(row[0], row[1], row[2]) for row in links(world)} == {
        (company, "OHS-06", lab), (company, "OHS-06", other),
    }  # fmt: skip
    for one in (world.smelter.id, world.yard.id, company):
        found = read_sheet(world.session, one).evidence["OHS-06"]
        assert {linked.document_id for linked in found} == {lab, other}
    assert to_confirm(world.sheet) == ("OHS-06",), "it is confirmed with its answer"
    back(world)
    assert links(world) == before


def test_where_sites_disagree_their_evidence_is_offered_to_the_company(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    world = answered(stack, first, version(*TO_COMPANY))
    lab = link(world, "OHS-06", "Lab report")
    session, by = world.session, world.stack.cast.jana.actor
    say(stack, world.yard, "OHS-06", {"dust": {"value": "9", "year": 2025, "basis": "measured"}}, ANSWERED)
    before = links(world)
    move(world)
    company = company_assessment_id(session, world.smelter.cycle_id)
    sheet = read_sheet(session, company)
    assert sheet.evidence == {}
    assert [one.document_id for one in offered_documents(session, sheet, ["OHS-06"])["OHS-06"]] == [lab]
    link_evidence(session, sheet, "OHS-06", session.get_one(Document, lab), by=by, at=LATER)
    session.commit()
    back(world)
    assert links(world) == before


def test_a_companys_evidence_becomes_each_sites_and_back(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    world = answered(stack, first, version(*TO_SITE))
    note = link(world, "OHS-01", "Drill note")
    before = links(world)
    move(world)
    assert {(row[0], row[2]) for row in links(world)} == {(world.smelter.id, note), (world.yard.id, note)}
    back(world)
    assert links(world) == before


def test_a_new_round_offers_what_was_handed_in_with_the_questions_it_came_of(world: Round) -> None:
    session, by = world.session, world.stack.cast.jana.actor
    contract = link(world, "PRO-04", "Agent contract")
    answer_everything(session, world.smelter.id, by=by, at=MOVED)
    submit(session, world.smelter.id, agrees_to_public_statement=True, by=by, at=MOVED)
    site = session.get_one(Site, world.stack.cast.smelter)
    later = open_assessment(session, site, world.second, label="2027", by=by, at=NOW - DAY)
    take_over(session, later, by=by, at=NOW - DAY)
    session.commit()
    sheet = read_sheet(session, later.id)
    assert [one.document_id for one in sheet.evidence["PRO-04"]] == [contract]
    found = offered_documents(session, sheet, ["PRO-05"])
    assert [(one.question, one.document_id) for one in found["PRO-05"]] == [("PRO-04", contract)]


def test_the_card_offers_it_and_one_press_links_it(world: Round, stack: Stack) -> None:
    contract = link(world, "PRO-04", "Agent contract")
    looked = stack.visit(world.stack.cast.jana).get(f"/supplier/assessments/{world.smelter.id}/version")
    assert "offered at the questions that came of another: PRO-05." in looked.text
    move(world)
    visit: Visit = stack.visit(world.stack.cast.petr)
    base = f"/supplier/assessments/{world.smelter.id}"
    page = visit.get(f"{base}/sections/PRO")
    assert "Linked to PRO-04 before. Does it show this, too?" in page.text
    offered = visit.get(f"{base}/questions/PRO-05/evidence")
    assert "From the question that this one came of" in offered.text
    done = visit.post(f"{base}/questions/PRO-05/evidence", {"PRO-05.offered.add": str(contract)})
    assert (done.status, done.location) == (303, f"{base}/sections/PRO#PRO-05")
    assert [one.document_id for one in world.sheet.evidence["PRO-05"]] == [contract]
    assert "Linked to PRO-04 before" not in visit.get(f"{base}/sections/PRO").text
