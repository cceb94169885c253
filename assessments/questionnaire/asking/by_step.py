"""The questions by the steps of a way of working: the same records in another order, nothing added up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from assessments.questionnaire.library import Lesson
from assessments.questionnaire.model import NextStep, Question, Questionnaire, Topic, Track, TrackStep


def tracks_for(questionnaire: Questionnaire, sections: Collection[str]) -> tuple[Track, ...]:
    """The tracks for somebody of whom something of these sections is asked, or shared."""
    return tuple(track for track in questionnaire.tracks if track.section in (None, *sections))


def sections_of(questionnaire: Questionnaire, questions: Iterable[str]) -> frozenset[str]:
    """Keys of the sections in which these questions stand."""
    return frozenset(questionnaire.question(key).section for key in questions)


def questions_of(step: TrackStep, questionnaire: Questionnaire) -> tuple[Question, ...]:
    """The questions of a step in the order in which they are asked."""
    return tuple(question for question in questionnaire.questions if question.key in step.questions)


def topics_of(step: TrackStep, questionnaire: Questionnaire) -> tuple[Topic, ...]:
    """The topics to which questions of a step belong, in order. A topic may belong to several steps."""
    keys = {question.topic for question in questions_of(step, questionnaire)}
    return tuple(topic for topic in questionnaire.topics if topic.key in keys)


def without_step(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Keys of the questions that belong to no step of any track."""
    taken = frozenset[str]().union(*(track.questions for track in questionnaire.tracks))
    return tuple(question.key for question in questionnaire.questions if question.key not in taken)


def next_steps_of(topics: Iterable[Topic]) -> tuple[NextStep, ...]:
    """What the guides of these topics offer to do next, whomever it suits."""
    guides = (topic.guide for topic in topics if topic.guide is not None)
    return tuple(step for guide in guides for step in guide.next_steps)


def pages_of(steps: Iterable[NextStep], library: Mapping[str, Lesson]) -> tuple[Lesson, ...]:
    """The pages of the library that next steps point to, each once."""
    named = dict.fromkeys(step.template for step in steps)
    return tuple(library[key] for key in named if key is not None and key in library)


def about(step: TrackStep, questionnaire: Questionnaire, topic: str, questions: Collection[str]) -> bool:
    """Whether a finding belongs to a step: by the questions it names, by its topic where it names none."""
    if questions:
        return any(key in step.questions for key in questions)
    return any(found.key == topic for found in topics_of(step, questionnaire))
