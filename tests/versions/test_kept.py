"""Answers of questions no longer asked: kept with their words, read by whom the answers are."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessments.assessment import Assessment
from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM, Audience
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.rounds.carried import confirm, to_confirm
from assessments.rounds.kept import KeptAnswer, kept_answers
from assessments.rounds.moving import move_back, move_to_version
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from tests.conftest import Stack
from tests.support.acts import answer_everything, assigned
from tests.support.cast import NOW
from tests.support.programs import ask
from tests.support.statements import counted
from tests.versions.conftest import Make, named_standard
from tests.versions.second import OHS, PACK, PRO, edited, told
from tests.versions.test_links import link
from tests.versions.test_moving import LATER, MOVED, TO_COMPANY
from tests.versions.world import ANSWERED, GIVEN, Round, answered, say

JANA = "Jana"
AGENTS = "    agents: {question: PRO-05, part: agents, true_when: {any_of: [sales, buying]}}\n"
HEADING = "Answers of questions no longer asked"


@pytest.fixture
def world(stack: Stack, standard_first: Questionnaire, standard_second: Questionnaire) -> Round:
    return answered(stack, standard_first, standard_second)


def move(world: Round) -> None:
    move_to_version(world.session, world.smelter, world.second, by=world.stack.cast.jana.actor, at=MOVED)
    world.session.commit()


def kept(world: Round, assessment: Assessment) -> tuple[KeptAnswer, ...]:
    return kept_answers(world.session, assessment, reader=Audience.SUPPLIER)


def hand_in(world: Round) -> None:
    by, session = world.stack.cast.jana.actor, world.session
    confirm(session, world.sheet, to_confirm(world.sheet), by=by, at=LATER)
    answer_everything(session, world.smelter.id, by=by, at=LATER)
    submit(session, world.smelter.id, agrees_to_public_statement=True, by=by, at=LATER)
    session.commit()
    assigned(world.stack, world.smelter, at=LATER)


def test_a_removed_questions_answer_is_kept_with_its_words(
    world: Round, standard_first: Questionnaire
) -> None:
    assert kept(world, world.smelter) == ()
    with counted(world.stack.engine) as ran:
        kept(world, world.smelter)  # once more, with the round read already
    assert len(ran) == 1, ran
    minutes = link(world, "OHS-08", "Minutes")
    move(world)
    (one,) = kept(world, world.smelter)
    assert (one.question.key, one.before.version, one.company) == ("OHS-08", "1.0", True)
    assert one.question.text == standard_first.question("OHS-08").text
    assert (one.state, one.parts) == (AnswerState.ANSWERED, GIVEN["OHS-08"])
    assert (one.at, one.by) == (ANSWERED, JANA)
    assert one.instead == ("OHS-09",)
    assert one.why == ("The new one asks more.",)
    assert [paper.document_id for paper in one.evidence] == [minutes]
    assert kept(world, world.yard) == (one,), "the company's stands beside each site"
    move_back(world.session, world.smelter, by=world.stack.cast.jana.actor, at=LATER)
    world.session.commit()
    assert kept(world, world.smelter) == ()


def test_a_sites_answer_is_kept_where_the_company_answers_now(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    world = answered(stack, first, version(*TO_COMPANY))
    move(world)
    (one,) = kept(world, world.smelter)
    assert (one.question.key, one.company, one.parts) == ("OHS-06", False, GIVEN["OHS-06"])
    assert one.instead == ("OHS-06",)
    assert kept(world, world.yard) == ()


def test_what_stood_beside_a_question_that_went_too_is_kept(
    world: Round, tmp_path: Path, second_folder: Path
) -> None:
    """PRO-05 was asked beside half of PRO-04 and never answered; the version after drops it."""
    move(world)
    text = (second_folder / PRO).read_text("utf-8")
    alone = text[text.index("  - key: PRO-05") :]
    rest = alone[alone.index("    change:") :].split("\n", 1)[1]
    third = read_pack(
        edited(
            tmp_path,
            (PRO, alone[: len(alone) - len(rest)], ""),
            (PACK, 'version: "1.1"', 'version: "1.2"'),
            (
                PACK,
                "    agents: {question: PRO-05, part: agents, true_when: {any_of: [sales, buying]}}\n",
                "",
            ),
            (
                PACK,
                "changes:",
                'changes:\n  - {question: PRO-05, version: "1.2", class: removed, why: "Nobody used it."}',
            ),
            source=second_folder,
        )
    )
    newest = publish_version(world.session, named_standard(third), by=SYSTEM, at=LATER)
    world.session.commit()
    move_to_version(world.session, world.smelter, newest, by=world.stack.cast.jana.actor, at=NOW)
    world.session.commit()
    found = {one.question.key: one for one in kept(world, world.smelter)}
    assert found["PRO-04"].parts == {"agents": ["buying"]}
    assert found["PRO-04"].before.version == "1.0"
    assert found["OHS-08"].before.version == "1.0", "answered under 1.0, though 1.1 was asked in between"
    with counted(world.stack.engine) as ran:
        assert len(kept(world, world.smelter)) > 1
    # the answers, what stood beside one that was never given, the moves, the documents
    assert len(ran) == 4, ran


def test_the_suppliers_people_read_it_on_three_pages_and_by_programs(world: Round, stack: Stack) -> None:
    base = f"/supplier/assessments/{world.smelter.id}"
    petr = stack.visit(world.stack.cast.petr)
    assert HEADING not in petr.get(base).text
    link(world, "OHS-08", "Minutes")
    move(world)
    for page in (petr.get(base), petr.get(f"{base}/version"), petr.get(f"{base}/summary")):
        for said in (HEADING, "The fire service", "under version 1.0", "Look at now: OHS-09", "Minutes"):
            assert said in page.text, said
        assert f"by {JANA}" in page.text
    vault = petr.get("/supplier/evidence")
    assert "no longer asked" in vault.text
    assert any(link.endswith("/version#kept") for link in vault.links()), "its question's page is gone"
    said = ask(petr, "GET", f"/assessments/{world.smelter.id}/version").must()
    assert (said["version"], said["newer"]) == ("1.1", None)
    (kept,) = said["kept"]
    assert (kept["question"], kept["version"], kept["parts"]) == ("OHS-08", "1.0", GIVEN["OHS-08"])
    assert (kept["by"], kept["instead"]) == (JANA, ["OHS-09"])


def test_the_assessor_on_the_case_reads_it_and_nobody_else(world: Round, stack: Stack) -> None:
    move(world)
    cast, path = stack.cast, f"/assessments/{world.smelter.id}"
    for stranger in (cast.rita, cast.hugo, cast.otto, cast.sara, cast.rene, cast.lena):
        assert stack.visit(stranger).get(f"/assessor{path}/kept").status in (403, 404)
        assert ask(stack.visit(stranger), "GET", f"{path}/version").status in (403, 404)
    hand_in(world)
    lena = stack.visit(cast.lena)
    assert f"/assessor{path}/kept" in lena.get(f"/assessor{path}").links()
    page = lena.get(f"/assessor{path}/kept")
    assert "The fire service" in page.text
    assert "by the supplier" in page.text
    assert JANA not in page.text
    (kept,) = ask(lena, "GET", f"{path}/version").must()["kept"]
    assert (kept["question"], kept["by"]) == ("OHS-08", None)
    for stranger in (cast.rita, cast.hugo, cast.otto, cast.sara, cast.rene):
        assert stack.visit(stranger).get(f"/assessor{path}/kept").status in (403, 404)
        assert ask(stack.visit(stranger), "GET", f"{path}/version").status in (403, 404)
    ledger = stack.visit(cast.jana).get("/supplier/ledger")
    assert "answers of questions no longer asked" in ledger.text


def test_whoever_is_on_one_sites_case_does_not_read_what_another_site_had_said(
    stack: Stack, standard_first: Questionnaire, tmp_path: Path
) -> None:
    """The sites differ, so the company is asked anew with both beside; then sites answer it again."""
    to_company = ('{version: "1.1", class: reworded, why: "One lab measures."}',)
    back = (*to_company, '{version: "1.2", class: reworded, why: "Each site has its own."}')
    level = (OHS, "level: site\n    recall: last_24_months", "level: company\n    recall: last_24_months")
    versions = [
        named_standard(
            read_pack(
                edited(
                    tmp_path / number,
                    (PACK, 'version: "1.0"', f'version: "{number}"'),
                    (OHS, "- key: OHS-06", told("- key: OHS-06", *changes)),
                    *more,
                )
            )
        )
        for number, changes, more in (("1.1", to_company, (level,)), ("1.2", back, ()))
    ]
    world = answered(stack, standard_first, versions[0])
    yards = {"dust": {"value": "7", "year": 2025, "basis": "measured"}}
    say(stack, world.yard, "OHS-06", yards, ANSWERED)
    move(world)
    newest = publish_version(world.session, versions[1], by=SYSTEM, at=LATER)
    move_to_version(world.session, world.smelter, newest, by=stack.cast.jana.actor, at=LATER)
    world.session.commit()
    own = [one.parts for one in kept(world, world.smelter)]
    assert (len(own), yards in own, GIVEN["OHS-06"] in own) == (2, True, True)
    on_the_case = kept_answers(world.session, world.smelter, reader=Audience.ASSESSOR)
    assert [one.parts for one in on_the_case] == [GIVEN["OHS-06"]]
