"""A new round takes over what was handed in last: each answer to be confirmed, under any newer version."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from assessments.assessment import AnswerEvidence, Assessment, QuestionnaireVersion
from assessments.audit.events import AuditEvent, EventKind
from assessments.evidence.documents import Document
from assessments.parties import Site
from assessments.questionnaire.model import Questionnaire
from assessments.rounds.carried import confirm, old_answers, to_confirm
from assessments.rounds.opening import open_assessment
from assessments.rounds.taking_over import last_handed_in, take_over
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.linking import link_evidence
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from assessments.workflow import Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import answer_everything, documented
from tests.support.cast import NOW
from tests.versions.world import DAY, GIVEN, Round, answered, say

HANDED_IN = NOW - 4 * DAY
NEXT = NOW - DAY


@pytest.fixture
def handed_in(stack: Stack, first: Questionnaire, second: Questionnaire) -> Round:
    """The smelter handed in under 1.0, with one document; 1.1 is published."""
    world = answered(stack, first, second)
    session, by = stack.session, stack.cast.jana.actor
    paper = documented(session, stack.cast.kovo, "Drill note", by=by, at=HANDED_IN)
    link_evidence(session, world.sheet, "OHS-01", session.get_one(Document, paper.id), by=by, at=HANDED_IN)
    answer_everything(session, world.smelter.id, by=by, at=HANDED_IN)
    submit(session, world.smelter.id, agrees_to_public_statement=True, by=by, at=HANDED_IN)
    session.commit()
    return world


def next_round(world: Round, version: QuestionnaireVersion, label: str = "2027") -> Assessment:
    site = world.session.get_one(Site, world.stack.cast.smelter)
    found = open_assessment(
        world.session, site, version, label=label, by=world.stack.cast.jana.actor, at=NEXT
    )
    world.session.commit()
    return found


def taken(world: Round, version: QuestionnaireVersion) -> tuple[Assessment, AnswerSheet]:
    assessment = next_round(world, version)
    take_over(world.session, assessment, by=world.stack.cast.jana.actor, at=NEXT)
    world.session.commit()
    return assessment, read_sheet(world.session, assessment.id)


def test_under_the_same_version_everything_is_to_be_confirmed(handed_in: Round) -> None:
    earlier = last_handed_in(handed_in.session, handed_in.stack.cast.smelter)
    assert earlier is not None
    assert (earlier.cycle, earlier.version) == ("2026", "1.0")
    _assessment, sheet = taken(handed_in, handed_in.first)
    assert {key: sheet.answer(key).parts for key in ("OHS-01", "OHS-04", "OHS-08")} == {
        key: GIVEN[key] for key in ("OHS-01", "OHS-04", "OHS-08")
    }
    whole = [key for key in sheet.applicability.asked if not key.startswith("PRO-0") or key == "PRO-04"]
    assert list(to_confirm(sheet)) == whole
    assert sheet.open_questions() == whole
    linked = handed_in.session.scalars(
        select(AnswerEvidence.question).where(AnswerEvidence.assessment_id == sheet.company_assessment_id)
    ).all()
    assert linked == ["OHS-01"]


def test_under_a_newer_version_the_changes_say_what_becomes_of_it(handed_in: Round) -> None:
    assessment, sheet = taken(handed_in, handed_in.second)
    assert sheet.questionnaire.version == "1.1"
    assert sheet.answer("OHS-04").parts["kind"] == "leak"
    assert sheet.answer("OHS-06").parts["dust"]["value"] == "250"
    assert sheet.answer("PRO-05").state is AnswerState.EMPTY
    assert "OHS-08" not in sheet.stored
    assert sheet.answer("OHS-09").revision == 0
    assert "OHS-01" in to_confirm(sheet), "it means the same, but a round has passed"
    old = old_answers(handed_in.session, sheet)
    assert old["OHS-04"][0].parts["kind"] == "gas"
    assert old["PRO-05"][0].question.key == "PRO-04"
    by = handed_in.stack.cast.petr.actor
    after, done = confirm(handed_in.session, sheet, to_confirm(sheet), by=by, at=NOW)
    assert done
    assert to_confirm(after) == ()
    told = handed_in.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == EventKind.ANSWERS_TAKEN_OVER)
    ).one()
    assert told.subject_id == assessment.id
    assert (told.data["before"], told.data["evidence"]) == ("2026", 1)
    assert told.data["answers"] == len(done)


def test_what_stands_already_is_never_overwritten(handed_in: Round) -> None:
    session, by = handed_in.session, handed_in.stack.cast.jana.actor
    assessment = next_round(handed_in, handed_in.second)
    say(handed_in.stack, assessment, "OHS-01", {"known": "no", "missing": "The night shift"}, NEXT)
    keys = take_over(session, assessment, by=by, at=NEXT)
    session.commit()
    assert "OHS-01" not in keys
    assert read_sheet(session, assessment.id).answer("OHS-01").parts["known"] == "no"
    assert take_over(session, assessment, by=by, at=NEXT) == ()


def test_what_was_answered_after_handing_in_stays_behind(handed_in: Round) -> None:
    """The yard is still a draft of the same round: what it says was never handed in."""
    session, by = handed_in.session, handed_in.stack.cast.jana.actor
    assert last_handed_in(session, handed_in.stack.cast.yard) is None
    with pytest.raises(Refused, match="Nothing was handed in"):
        take_over(session, handed_in.yard, by=by, at=NEXT)
    with pytest.raises(WrongState):
        take_over(session, handed_in.smelter, by=by, at=NEXT)
    for member in (handed_in.stack.cast.petr, handed_in.stack.cast.rita):
        with pytest.raises(WrongActor):
            take_over(session, handed_in.yard, by=member.actor, at=NEXT)
