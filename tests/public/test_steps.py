"""The bank of questions by step: the six steps and the five, each with its questions and pages that help."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.asking.by_step import next_steps_of, pages_of, topics_of
from assessments.questionnaire.languages.translation import in_language
from assessments.questionnaire.library import load_library
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.versions.published import sealed
from tests.conftest import Stack
from tests.support.assessing import standard
from tests.support.page import Page


def step_of(page: Page, key: str) -> str:
    """The HTML of one step, from its heading to the next step's."""
    return page.html.split(f'id="{key}"', 1)[1].split('class="a-step"', 1)[0]


def test_each_step_lists_its_questions_at_their_topics_and_pages_that_help(published: Stack) -> None:
    pack, page = load_pack(), published.visit().get("/questions/steps")
    for track in pack.tracks:
        assert track.title in page.text
        assert f'href="/standards/{track.standard}"' in page.html
        for step in track.steps:
            shown = step_of(page, step.key)
            for question in pack.questions:
                link = f'href="/questions/{question.topic}#{question.key}"'
                assert (link in shown) is (question.key in step.questions), (step.key, question.key)
            for lesson in pages_of(next_steps_of(topics_of(step, pack)), load_library()):
                assert f'href="/library/{lesson.key}"' in shown


def test_the_bank_goes_from_section_to_step_and_back(published: Stack) -> None:
    by_section = published.visit().get("/questions")
    assert 'href="/questions/steps"' in by_section.html
    by_step = published.visit().get("/questions/steps")
    current = next(a for a in by_step.tree.iter("a") if a.get("href") == "/questions/steps")
    assert current.get("aria-current") == "true"


@pytest.mark.parametrize("language", ["de", "zh-Hans"])
def test_steps_are_read_in_the_visitors_language(published: Stack, language: str) -> None:
    page = published.visit().get(f"/questions/steps?questions={language}")
    for track in in_language(load_pack(), language).tracks:
        assert track.title in page.text
        assert all(step.title in page.text and step.text in page.text for step in track.steps)


def test_a_version_without_steps_says_so(embedded: Stack) -> None:
    without = sealed(replace(load_pack(), tracks=(), version="1.1"))
    publish_version(embedded.session, without, by=SYSTEM, at=datetime.now(UTC))
    embedded.session.commit()
    page = embedded.visit().get("/questions/steps")
    assert page.status == 200
    assert "This version is not sorted by step" in page.text
    assert "/questions/steps" not in embedded.visit().get("/questions").html


def test_on_either_database_anybody_reads_the_steps(stack: Stack) -> None:
    publish_version(stack.session, standard(), by=SYSTEM, at=datetime.now(UTC))
    stack.session.commit()
    assert load_pack().tracks[0].steps[0].title in stack.visit().get("/questions/steps").text
