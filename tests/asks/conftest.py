"""A world in which the standard questionnaire is published, and a next version of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from assessments.questionnaire.model import ElementMapping, Question, Questionnaire, Strength
from assessments.questionnaire.versions.published import sealed
from tests.conftest import Stack
from tests.support.assessing import standard
from tests.support.cast import NOW
from tests.support.worlds import (
    built_postgres,
    built_sqlite,
    finished,
    finished_embedded,
    finished_postgres,
)

__all__ = ["built_postgres", "built_sqlite", "finished", "finished_embedded", "finished_postgres"]

LOST, GAINED, RELATED = "ISO45001.8.2", "ISO45001.10", "ISO45001.4"
"""What ``next_version`` does to elements: the first loses a question, the next gains it, one relates anew."""


def remapped(questionnaire: Questionnaire, version: str) -> Questionnaire:
    """The same questions under another number, mapped otherwise to three elements of ISO 45001."""
    loser = next(one for one in questionnaire.questions if LOST in one.mappings)
    related = next(one for one in questionnaire.questions if RELATED in one.mappings and one is not loser)

    def mapped(question: Question) -> Question:
        mappings = dict(question.mappings)
        if question.key == loser.key:
            mappings[GAINED] = mappings.pop(LOST)
        if question.key == related.key:
            was = mappings[RELATED].strength
            other = Strength.EQUAL if was is not Strength.EQUAL else Strength.PARTIAL
            leaves = None if other is Strength.EQUAL else "Something."
            mappings[RELATED] = ElementMapping(other, leaves)
        return replace(question, mappings=mappings)

    sections = tuple(
        replace(
            section,
            topics=tuple(
                replace(topic, questions=tuple(mapped(question) for question in topic.questions))
                for topic in section.topics
            ),
        )
        for section in questionnaire.sections
    )
    return sealed(replace(questionnaire, version=version, sections=sections))


def next_version(stack: Stack, number: str = "9.0") -> Questionnaire:
    """Publish the remapped questionnaire after the standard one; committed."""
    made = remapped(standard(), number)
    publish_version(stack.session, made, by=SYSTEM, at=NOW + timedelta(hours=1))
    stack.session.commit()
    return made


@pytest.fixture
def listed(stack: Stack) -> Stack:
    """Both databases, the questionnaire published."""
    publish_version(stack.session, standard(), by=SYSTEM, at=NOW - timedelta(days=60))
    stack.session.commit()
    return stack


@pytest.fixture
def shown(embedded: Stack) -> Stack:
    """SQLite alone, the questionnaire published."""
    publish_version(embedded.session, standard(), by=SYSTEM, at=NOW - timedelta(days=60))
    embedded.session.commit()
    return embedded
