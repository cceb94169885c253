"""A result that was answered under an older version: read in the words it answered, whatever came since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.model import Question, Questionnaire
from assessments.questionnaire.versions.changes import Change, ChangeClass, Subject
from assessments.questionnaire.versions.published import sealed
from assessments.result import Layer
from assessments.sharing.reading import shared
from tests.conftest import Stack
from tests.support.acts import disclosed, published
from tests.support.assessing import standard
from tests.support.cast import NOW

NEWER = "9.0"


def newer(gone: str, reworded: str) -> Questionnaire:
    """The standard questionnaire without one question, and with another in other words."""
    was = standard()

    def after(question: Question) -> Question:
        return replace(question, text="Words of today?") if question.key == reworded else question

    sections = tuple(
        replace(
            section,
            topics=tuple(
                replace(topic, questions=tuple(after(one) for one in topic.questions if one.key != gone))
                for topic in section.topics
            ),
        )
        for section in was.sections
    )
    told = (
        Change(Subject.QUESTION, gone, NEWER, ChangeClass.REMOVED, "Nobody used it."),
        Change(Subject.QUESTION, reworded, NEWER, ChangeClass.REWORDED, "Plainer."),
    )
    return sealed(replace(was, version=NEWER, sections=sections, changes=(*was.changes, *told)))


@pytest.mark.parametrize("with_status", [True, False])
def test_a_buyer_reads_it_after_a_newer_version_dropped_a_question(stack: Stack, with_status: bool) -> None:
    result = published(stack)
    layers = frozenset({Layer.PROFILE, Layer.ANSWERS} | ({Layer.STATUS} if with_status else set()))
    disclosed(stack, result, layers=layers)
    seen = shared(stack.session, stack.cast.nordvolt, result.assessment_id, at=NOW)
    assert seen is not None
    gone, reworded = [one["question"] for told in seen.answers.values() for one in told["answers"]][:2]
    publish_version(stack.session, newer(gone, reworded), by=SYSTEM, at=NOW + timedelta(hours=1))
    stack.session.commit()
    visit, path = stack.visit(stack.cast.axel), f"/buyer/assessments/{result.assessment_id}"
    for page in (visit.get(path), visit.get(f"{path}?by=step")):
        assert page.status == 200
        for key in (gone, reworded):
            assert standard().question(key).text in page.text
        assert "Words of today?" not in page.text
