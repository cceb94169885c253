"""Moving a round under way to a newer version, confirming, and going back; on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from assessments.assessment import AnswerRevision, company_assessment_id
from assessments.audit.events import AuditEvent, EventKind
from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.questionnaire.versions.diff import Fate
from assessments.questionnaire.versions.published import sealed
from assessments.rounds.carried import confirm, old_answers, to_confirm
from assessments.rounds.moving import last_move, move_back, move_to_version, newer_version, outlook
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from assessments.verification.recording import declare_maturity
from assessments.workflow import Refused, Stale, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import answer_everything
from tests.support.cast import NOW
from tests.versions.conftest import Make
from tests.versions.second import GUIDE, LADDER, MAPPED, NUMBER, OHS, PACK, V11, edited, told
from tests.versions.world import DAY, GIVEN, Round, answered

MOVED = NOW - 2 * DAY
LATER = NOW - DAY


@pytest.fixture
def world(stack: Stack, first: Questionnaire, second: Questionnaire) -> Round:
    return answered(stack, first, second)


@pytest.fixture
def moved(world: Round) -> Round:
    move_to_version(world.session, world.smelter, world.second, by=world.stack.cast.jana.actor, at=MOVED)
    world.session.commit()
    return world


def test_looking_changes_nothing_and_says_what_concerns_this_company(world: Round) -> None:
    newer = newer_version(world.session, world.smelter)
    assert newer is world.second
    seen = outlook(world.session, world.smelter, world.second)
    assert world.sheet.questionnaire.version == "1.0"
    assert seen.concerned == (
        "PRO-04", "PRO-05", "OHS-01", "OHS-03", "OHS-04", "OHS-06", "OHS-07", "OHS-09", "OHS-08",
    )  # fmt: skip
    assert [key for key, _reason in seen.switched.now_applies] == ["PRO-05", "OHS-09"]
    assert seen.fates == {Fate.CARRIED: 1, Fate.MAPPED: 2, Fate.ASKED: 1, Fate.CONFIRM: 2, Fate.KEPT: 1}
    assert not world.session.dirty
    yard = outlook(world.session, world.yard, world.second)
    assert yard.fates == {Fate.CARRIED: 1, Fate.KEPT: 1}


def test_the_round_moves_as_a_whole_and_answers_follow(moved: Round) -> None:
    sheet = moved.sheet
    assert sheet.questionnaire.version == "1.1"
    assert read_sheet(moved.session, moved.yard.id).questionnaire.version == "1.1"
    assert newer_version(moved.session, moved.smelter) is None
    assert sheet.answer("OHS-01").revision == 1, "what means the same is not touched"
    assert sheet.answer("OHS-04").parts == {"day": "2026-05-04", "kind": "leak"}
    assert sheet.answer("OHS-06").parts["dust"]["value"] == "250"
    assert sheet.answer("PRO-04").state is AnswerState.ANSWERED
    assert sheet.answer("PRO-05").state is AnswerState.EMPTY
    assert to_confirm(sheet) == ("PRO-04", "OHS-04", "OHS-06"), "OHS-03 lacks something anyway"
    assert {"PRO-04", "PRO-05", "OHS-03", "OHS-04", "OHS-06", "OHS-09"} <= set(sheet.open_questions())
    assert "OHS-01" not in sheet.open_questions()
    assert sheet.progress["OHS"].settled == 1


def test_history_and_events_tell_of_it(moved: Round) -> None:
    session, smelter = moved.session, moved.smelter
    kept = session.scalars(
        select(AnswerRevision)
        .where(AnswerRevision.assessment_id == smelter.id, AnswerRevision.question == "OHS-04")
        .order_by(AnswerRevision.revision)
    ).all()
    assert [row.parts["kind"] for row in kept] == ["gas", "leak"]
    company = company_assessment_id(session, smelter.cycle_id)
    events = session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.VERSION_MOVED)).all()
    assert {event.subject_id for event in events} == {smelter.id, moved.yard.id, company}
    told = next(event.data for event in events if event.subject_id == smelter.id)
    assert (told["from"], told["to"]) == ("1.0", "1.1")
    assert told["answers"] == {"mapped": 2, "asked": 1, "confirm": 2}
    assert read_sheet(session, company).stored["OHS-08"].parts == GIVEN["OHS-08"], "kept"


def test_old_answers_stand_beside_until_somebody_answers(moved: Round) -> None:
    old = old_answers(moved.session, moved.sheet)
    assert set(old) == {"PRO-04", "PRO-05", "OHS-03", "OHS-04", "OHS-06"}
    assert (old["OHS-04"][0].version, old["OHS-04"][0].parts["kind"]) == ("1.0", "gas")
    assert (old["PRO-05"][0].question.key, old["PRO-05"][0].parts) == ("PRO-04", {"agents": ["buying"]})
    assert old["OHS-06"][0].question.part("dust").unit == "mg/m³"
    moved.say("PRO-05", {"agents": ["buying"]}, LATER)
    assert set(old_answers(moved.session, moved.sheet)) == {"PRO-04", "OHS-03", "OHS-04", "OHS-06"}


def test_still_true_is_a_revision_of_its_own(moved: Round) -> None:
    by, session = moved.stack.cast.petr.actor, moved.session
    sheet, done = confirm(session, moved.sheet, ["OHS-04", "OHS-01", "PRO-05"], by=by, at=LATER)
    session.commit()
    assert done == ("OHS-04",)
    assert to_confirm(sheet) == to_confirm(moved.sheet) == ("PRO-04", "OHS-06")
    now = moved.sheet.answer("OHS-04")
    assert (now.revision, now.parts["kind"], now.updated_at) == (3, "leak", LATER)
    saved = session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.ANSWER_SAVED).order_by(AuditEvent.seq.desc())
    ).first()
    assert saved is not None
    assert saved.data["confirmed"] is True
    before = moved.sheet
    moved.say("OHS-06", {"dust": {"value": "300", "year": 2025, "basis": "measured"}}, LATER)
    with pytest.raises(Stale):
        confirm(session, before, ["OHS-06"], by=by, at=LATER)
    session.rollback()
    with pytest.raises(WrongActor):
        confirm(session, moved.sheet, ["PRO-04"], by=moved.stack.cast.rita.actor, at=LATER)


def test_an_unconfirmed_answer_stops_the_submission(moved: Round) -> None:
    by, session = moved.stack.cast.jana.actor, moved.session
    for key in list(moved.sheet.open_questions()):
        if key not in to_confirm(moved.sheet) and moved.sheet.applicability.asks(key):
            moved.say(key, {}, LATER, AnswerState.NOT_KNOWN)
    assert moved.sheet.open_questions() == list(to_confirm(moved.sheet)) != []
    with pytest.raises(Refused) as refused:
        submit(session, moved.smelter.id, agrees_to_public_statement=True, by=by, at=LATER)
    assert list(refused.value.places) == list(to_confirm(moved.sheet))
    session.rollback()
    confirm(session, moved.sheet, to_confirm(moved.sheet), by=by, at=LATER)
    submit(session, moved.smelter.id, agrees_to_public_statement=True, by=by, at=LATER)


def test_going_back_until_the_first_answer(moved: Round) -> None:
    by, session = moved.stack.cast.jana.actor, moved.session
    assert last_move(session, moved.smelter) is not None
    move_back(session, moved.yard, by=by, at=LATER)
    session.commit()
    sheet = moved.sheet
    assert sheet.questionnaire.version == "1.0"
    assert {key: sheet.answer(key).parts for key in GIVEN} == GIVEN
    assert to_confirm(sheet) == ()
    assert newer_version(session, moved.smelter) is moved.second
    with pytest.raises(WrongState, match="no move"):
        move_back(session, moved.smelter, by=by, at=LATER)
    again = move_to_version(session, moved.smelter, moved.second, by=by, at=LATER)
    assert again.fates[Fate.MAPPED] == 2
    session.commit()
    moved.say("OHS-09", {"who": "The authority"}, NOW)
    with pytest.raises(WrongState, match="no move"):
        move_back(session, moved.smelter, by=by, at=NOW)


def test_who_typed_into_the_old_version_is_told(world: Round) -> None:
    before = world.sheet
    move_to_version(world.session, world.smelter, world.second, by=world.stack.cast.jana.actor, at=MOVED)
    world.session.commit()
    late = Offered({"kind": "gas"}, before.answer("OHS-04").revision)
    with pytest.raises(WrongState if world.stack.is_postgresql else (WrongState, Stale)):
        save_answer(world.session, before, "OHS-04", late, by=world.stack.cast.petr.actor, at=LATER)
    world.session.rollback()
    if world.stack.is_postgresql:  # on SQLite a sheet is read inside the writer's own transaction
        with pytest.raises(WrongState, match="another version"):
            save_answer(
                world.session, before, "OHS-02", Offered({"shifts": ["night"]}, 0),
                by=world.stack.cast.petr.actor, at=LATER,
            )  # fmt: skip


def test_what_cannot_be_moved_is_refused(world: Round, version: Make, first: Questionnaire) -> None:
    session, cast = world.session, world.stack.cast
    for member in (cast.petr, cast.rita, cast.sara):
        with pytest.raises(WrongActor):
            move_to_version(session, world.smelter, world.second, by=member.actor, at=MOVED)
    with pytest.raises(Refused, match="not newer"):
        move_to_version(session, world.smelter, world.first, by=cast.jana.actor, at=MOVED)
    answer_everything(session, world.yard.id, by=cast.jana.actor, at=MOVED)
    submit(session, world.yard.id, agrees_to_public_statement=True, by=cast.jana.actor, at=MOVED)
    session.commit()
    assert newer_version(session, world.yard) is None, "what is handed in is offered no newer version"
    with pytest.raises(WrongState, match="handed in or taken back"):
        move_to_version(session, world.smelter, world.second, by=cast.jana.actor, at=MOVED)
    session.rollback()
    assert world.sheet.questionnaire.version == "1.0"


def test_a_level_under_another_ladder_is_taken_back(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    other = LADDER[1][2].replace("comparable: true", "comparable: false")
    after = version(NUMBER, LADDER[0], (GUIDE, "ladder:", other))
    world = answered(stack, first, after)
    by, session = stack.cast.jana.actor, world.session
    declare_maturity(session, world.sheet, "OHS.1", 3, by=by, at=MOVED)
    session.commit()
    move_to_version(session, world.smelter, world.second, by=by, at=MOVED)
    session.commit()
    assert world.sheet.self_levels == {}
    move_back(session, world.smelter, by=by, at=LATER)
    session.commit()
    assert world.sheet.self_levels == {"OHS.1": 3}


TO_COMPANY = (
    NUMBER,
    (OHS, "level: site\n    recall: last_24_months", "level: company\n    recall: last_24_months"),
    (OHS, "- key: OHS-06", told("- key: OHS-06", f'{{{V11}, class: reworded, why: "One lab measures."}}')),
)
TO_SITE = (
    NUMBER,
    (OHS, "level: company\n    recall: today", "level: site\n    recall: today"),
    (OHS, "- key: OHS-01", told("- key: OHS-01", f'{{{V11}, class: reworded, why: "Sites differ."}}')),
)


def test_a_sites_question_becomes_the_companys_and_back(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    world = answered(stack, first, version(*TO_COMPANY))
    by, session = stack.cast.jana.actor, world.session
    company = company_assessment_id(session, world.smelter.cycle_id)
    move_to_version(session, world.smelter, world.second, by=by, at=MOVED)
    session.commit()
    for assessment_id in (world.smelter.id, world.yard.id, company):
        answer = read_sheet(session, assessment_id).answer("OHS-06")
        assert (answer.assessment_id, answer.parts, answer.revision) == (company, GIVEN["OHS-06"], 1)
    assert to_confirm(world.sheet) == ("OHS-06",)
    confirm(session, world.sheet, ["OHS-06"], by=by, at=LATER)
    session.rollback()
    move_back(session, world.smelter, by=by, at=LATER)
    session.commit()
    answer = world.sheet.answer("OHS-06")
    assert (answer.assessment_id, answer.parts) == (world.smelter.id, GIVEN["OHS-06"])
    assert read_sheet(session, world.yard.id).answer("OHS-06").revision == 0


def test_a_companys_question_becomes_each_sites_and_back(
    stack: Stack, first: Questionnaire, version: Make
) -> None:
    world = answered(stack, first, version(*TO_SITE))
    by, session = stack.cast.jana.actor, world.session
    move_to_version(session, world.yard, world.second, by=by, at=MOVED)
    session.commit()
    for site in (world.smelter, world.yard):
        answer = read_sheet(session, site.id).answer("OHS-01")
        assert (answer.assessment_id, answer.parts) == (site.id, GIVEN["OHS-01"])
        assert answer.waits
    world.say("OHS-01", {"known": "no", "missing": "The night shift"}, LATER)
    assert read_sheet(session, world.yard.id).answer("OHS-01").parts == GIVEN["OHS-01"]


def test_the_version_after_next_is_reached_in_one_move(
    stack: Stack, first: Questionnaire, version: Make, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What 1.1 and 1.2 say is done one after the other; a version that is silent is never published."""
    gas = '{version: "1.1", class: choices_changed, part: kind, map: {gas: leak}, why: "x"}'
    leak = '{version: "1.2", class: choices_changed, part: kind, map: {leak: spill}, why: "x"}'
    follows = (
        '{version: "1.1", class: rule_changed, why: "x"}, {version: "1.2", class: rule_changed, why: "x"}'
    )
    second = version(NUMBER, *MAPPED)
    folder = tmp_path_factory.mktemp("third")
    third = read_pack(
        edited(
            folder,
            (PACK, 'version: "1.0"', 'version: "1.2"'),
            (OHS, '{fire: "Fire", gas: "Gas"}', '{fire: "Fire", spill: "Gas spilt", smoke: "Smoke"}'),
            (OHS, "drill_kind, is: gas", "drill_kind, is: spill"),
            (OHS, "- key: OHS-04", f"- key: OHS-04\n    change: [{gas}, {leak}]"),
            (OHS, "- key: OHS-07", f"- key: OHS-07\n    change: [{follows}]"),
        )
    )
    world = answered(stack, first, second)
    silent = sealed(replace(third, changes=()))
    with pytest.raises(Refused, match="not told"):
        publish_version(world.session, silent, by=SYSTEM, at=LATER)
    publish_version(world.session, third, by=SYSTEM, at=LATER)
    world.session.commit()
    newer = newer_version(world.session, world.smelter)
    assert newer is not None
    assert newer.version == "1.2"
    move_to_version(world.session, world.smelter, newer, by=stack.cast.jana.actor, at=LATER)
    world.session.commit()
    assert world.sheet.answer("OHS-04").parts == {"day": "2026-05-04", "kind": "spill"}
