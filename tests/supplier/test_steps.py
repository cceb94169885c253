"""An assessment by the steps of due diligence: questions with their state, help that suits, open actions."""

from __future__ import annotations

import pytest

from assessments.actions.action import CorrectiveAction
from assessments.actions.outstanding import actions_of
from assessments.assessment import Assessment
from assessments.questionnaire.asking.by_step import about
from assessments.questionnaire.languages.translation import in_language, library_in
from assessments.questionnaire.pack.loading import load_pack
from assessments.verification.finding import findings_of
from plumbline.supplier.steps import own_tracks
from tests.conftest import Stack
from tests.supplier.conftest import sheet_of, text_of
from tests.support.acts import published
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.page import Page
from tests.support.statements import as_a_server, counted


def step_of(page: Page, key: str) -> str:
    """The HTML of one step, from its heading to the next step's."""
    return page.html.split(f'id="{key}"', 1)[1].split('class="a-step"', 1)[0]


def test_each_asked_question_of_a_step_stands_with_its_state_and_its_card(
    stack: Stack, smelter_on_both: Assessment
) -> None:
    base = f"/supplier/assessments/{smelter_on_both.id}"
    visit = stack.visit(stack.cast.petr)
    page = visit.get(f"{base}/steps")
    sheet = sheet_of(stack, smelter_on_both)
    for track in load_pack().tracks:
        for step in track.steps:
            shown = step_of(page, step.key)
            for question in load_pack().questions:
                link = f'href="{base}/sections/{question.section}#{question.key}"'
                there = question.key in step.questions and sheet.applicability.asks(question.key)
                assert (link in shown) is there, (step.key, question.key)
    for path in (base, f"{base}/sections/MGT"):
        assert f'href="{base}/steps"' in visit.get(path).html


def test_what_is_answered_is_counted_and_never_added_up(embedded: Stack, smelter: Assessment) -> None:
    sheet = sheet_of(embedded, smelter)
    for _track, steps in own_tracks(sheet, ()):
        for one in steps:
            assert one.settled == sum(sheet.settled(question.key) for question, _state in one.questions)
    page = embedded.visit(embedded.cast.petr).get(f"/supplier/assessments/{smelter.id}/steps")
    embed = own_tracks(sheet, ())[0][1][0]
    assert f"{embed.settled} of {len(embed.questions)} questions answered" in page.text
    assert "%" not in text_of(next(page.tree.iter("main")))


def test_help_suits_the_company_and_its_pages_are_in_its_language(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    page = visit.get(f"/supplier/assessments/{smelter.id}/steps?questions=de")
    german = in_language(load_pack(), "de")
    sheet = sheet_of(embedded, smelter)
    for track, steps in own_tracks(sheet, ()):
        told = next(one for one in german.tracks if one.key == track.key)
        assert told.title in page.text
        for one, other in zip(steps, told.steps, strict=True):
            assert other.text in page.text
            for lesson in one.pages:
                assert library_in("de")[lesson.key].title in page.text
    remedy = {step.key: step for step in sheet.questionnaire.tracks[0].steps}["remedy"]
    own = {one.step.key: one for one in own_tracks(sheet, ())[0][1]}["remedy"]
    assert own.pages, "a smelter's complaints have pages that help"
    assert remedy.questions[0] in {question.key for question, _state in own.questions}


def test_minerals_have_their_steps_only_where_something_is_asked_of_them(embedded: Stack) -> None:
    cast = embedded.cast
    company = opened(embedded.session, cast.smelter, by=cast.jana.actor, at=NOW)
    tracks = [track.key for track, _steps in own_tracks(sheet_of(embedded, company), ())]
    assert tracks == ["six", "minerals"]
    page = embedded.visit(cast.jana).get(f"/supplier/assessments/{company.id}/steps")
    assert page.text.index("six steps of due diligence") < page.text.index("five steps for minerals")


def test_open_actions_stand_in_the_steps_of_their_finding(stack: Stack) -> None:
    result = published(stack)
    pack, cast = load_pack(), stack.cast
    rows = actions_of(stack.session, cast.kovo, site_id=result.site_id)
    assert rows
    assert {tuple(row.questions) for row in rows} <= {
        tuple(finding.questions) for finding in findings_of(stack.session, result.assessment_id)
    }
    first = stack.session.get_one(CorrectiveAction, rows[0].action_id)
    first.finding.questions = ["GRV-01"]
    stack.session.commit()
    page = stack.visit(cast.petr).get(f"/supplier/assessments/{result.assessment_id}/steps")
    for step in pack.tracks[0].steps:
        for row in actions_of(stack.session, cast.kovo, site_id=result.site_id):
            link = f'href="/supplier/actions/{row.action_id}"'
            assert (link in step_of(page, step.key)) is about(step, pack, row.topic, row.questions)
    assert f'href="/supplier/actions/{first.id}"' in step_of(page, "remedy")


@pytest.mark.parametrize("name", ["anna", "rita", "sara"])
def test_nobody_else_reaches_them(embedded: Stack, smelter: Assessment, name: str) -> None:
    visit = embedded.visit(getattr(embedded.cast, name))
    assert visit.get(f"/supplier/assessments/{smelter.id}/steps").status == 404


def test_the_steps_take_a_fixed_number_of_statements(embedded: Stack) -> None:
    result = published(embedded)
    later = opened(embedded.session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW, label="2099")
    counts = []
    visit = embedded.visit(embedded.cast.petr)
    for assessment_id in (result.assessment_id, later.id, result.assessment_id):
        path = f"/supplier/assessments/{assessment_id}/steps"
        as_a_server(visit.client.get, path)
        with counted(embedded.engine) as ran:
            as_a_server(visit.client.get, path)
        counts.append(len(ran))
    assert len(set(counts)) == 1, counts
