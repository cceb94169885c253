"""A result by step: the same as by topic in another order, and of a withheld topic nothing."""

from __future__ import annotations

import pytest

from assessments.overviews.own_results import read_own
from assessments.questionnaire.asking.by_step import topics_of
from assessments.questionnaire.pack.loading import load_pack
from assessments.result import Layer, Result
from assessments.sharing.reading import shared
from plumbline.shown_result import by_step
from tests.conftest import Stack
from tests.support.acts import disclosed, published, self_declared
from tests.support.cast import NOW
from tests.support.page import Page
from tests.support.statements import as_a_server, counted
from tests.support.withheld import WITHHELD, never_asked

SIX, MINERALS = load_pack().tracks


@pytest.fixture
def result(stack: Stack) -> Result:
    """Kovo's smelter, published."""
    return published(stack)


def step_of(page: Page, key: str) -> str:
    """The HTML of one step, from its heading to the next step's or the end of its list."""
    return page.html.split(f'id="{key}"', 1)[1].split('class="a-step"', 1)[0].split('id="findings"', 1)[0]


def titles_in(html: str) -> set[str]:
    """The titles of those topics that have a row."""
    return {
        topic.title
        for topic in load_pack().topics
        if f'<th scope="row">{topic.title}<' in html or f'<span id="topic-{topic.key}">{topic.title}<' in html
    }


@pytest.mark.parametrize("reader", ["supplier", "buyer"])
def test_each_step_has_the_topics_of_its_questions(stack: Stack, result: Result, reader: str) -> None:
    pack = load_pack()
    disclosed(stack, result)
    if reader == "supplier":
        visit, path = stack.visit(stack.cast.petr), f"/supplier/results/{result.id}"
    else:
        visit, path = stack.visit(stack.cast.axel), f"/buyer/assessments/{result.assessment_id}"
    by_topic, page = visit.get(path), visit.get(f"{path}?by=step")
    assert f'href="{path}?by=step"' in by_topic.html
    shown = titles_in(by_topic.html)
    for track in (SIX, MINERALS):
        for step in track.steps:
            own = {topic.title for topic in topics_of(step, pack) if topic.rated}
            assert titles_in(step_of(page, step.key)) == own & shown, step.key


def test_of_a_withheld_topic_no_step_and_no_track_says_anything(stack: Stack, result: Result) -> None:
    disclosed(stack, result, without=WITHHELD)
    pack = load_pack()
    page = stack.visit(stack.cast.axel).get(f"/buyer/assessments/{result.assessment_id}?by=step")
    assert not titles_in(page.html) & {pack.topic(key).title for key in WITHHELD}
    assert MINERALS.title not in page.text
    assert all(step.title not in page.text for step in MINERALS.steps)
    assert all(step.title in page.text for step in SIX.steps), "the six are the same for everybody"
    seen = shared(stack.session, stack.cast.nordvolt, result.assessment_id, at=NOW)
    assert seen is not None
    whole = read_own(stack.session, stack.session.get_one(Result, result.id))
    assert by_step(seen, pack) == by_step(never_asked(whole), pack), "withheld looks like never asked"


def test_findings_and_actions_stand_in_their_steps_and_lead_to_the_page(embedded: Stack) -> None:
    result = published(embedded)
    whole = read_own(embedded.session, result)
    page = embedded.visit(embedded.cast.jana).get(f"/supplier/results/{result.id}?by=step")
    told = [one for _track, steps in by_step(whole, load_pack()) for step in steps for one in step.findings]
    done = [one for _track, steps in by_step(whole, load_pack()) for step in steps for one in step.actions]
    assert told
    assert done
    for anchor in [f"finding-F-{one['number']}" for one in told] + [f"action-{one.number}" for one in done]:
        assert f'href="#{anchor}"' in page.html
        assert f'id="{anchor}"' in page.html


def test_what_is_not_granted_is_not_in_a_step_either(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result, layers=frozenset({Layer.STATUS}))
    page = embedded.visit(embedded.cast.axel).get(f"/buyer/assessments/{result.assessment_id}?by=step")
    assert titles_in(page.html) == set()
    assert "finding-F-" not in page.html
    assert page.text.count("Nothing of this step stands on this page.") == len(SIX.steps)


def test_unchecked_stays_said(embedded: Stack) -> None:
    result = self_declared(embedded)
    disclosed(embedded, result)
    page = embedded.visit(embedded.cast.axel).get(f"/buyer/assessments/{result.assessment_id}?by=step")
    assert "Nobody has checked these topics" in page.text
    assert "Self-declared, not checked." in page.text


def test_a_result_by_step_takes_a_fixed_number_of_statements(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result)
    other = self_declared(embedded)
    disclosed(embedded, other)
    for name, paths in (
        ("axel", [f"/buyer/assessments/{one.assessment_id}?by=step" for one in (result, other)]),
        ("jana", [f"/supplier/results/{one.id}?by=step" for one in (result, other)]),
    ):
        visit, counts = embedded.visit(getattr(embedded.cast, name)), set()
        for path in (*paths, *paths):
            as_a_server(visit.client.get, path)
            with counted(embedded.engine) as ran:
                as_a_server(visit.client.get, path)
            counts.add(len(ran))
        assert len(counts) == 1, (name, counts)
