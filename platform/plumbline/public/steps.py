"""The bank of questions by step: the steps of due diligence, their questions, and the pages that help."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from assessments.questionnaire.asking.by_step import next_steps_of, pages_of, questions_of, topics_of
from assessments.questionnaire.languages.translation import library_in
from assessments.questionnaire.library import Lesson
from assessments.questionnaire.model import Question, Questionnaire, Track, TrackStep
from assessments.questionnaire.standards import Standard, standards
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire


@dataclass(frozen=True)
class ShownTrackStep:
    """A step with its questions in the order asked, and pages of the library by its topics' next steps."""

    step: TrackStep
    questions: tuple[Question, ...]
    pages: tuple[Lesson, ...]


@dataclass(frozen=True)
class ShownTrack:
    """A way of working with its steps, and the standard that describes it."""

    track: Track
    standard: Standard
    steps: tuple[ShownTrackStep, ...]


@public_pages.get("/questions/steps")
@public("the questions are for everybody to read, before anybody decides to take part")
def question_steps() -> ResponseReturnValue:
    """Show every question that belongs to a step, step by step."""
    shown = shown_questionnaire()
    pack = shown.questionnaire
    tracks = [
        ShownTrack(track, standards()[track.standard], tuple(shown_step(step, pack) for step in track.steps))
        for track in pack.tracks
    ]
    return render_template("public/steps.html", shown=shown, tracks=tracks)


def shown_step(step: TrackStep, pack: Questionnaire) -> ShownTrackStep:
    """A step as the bank shows it, in the language of ``pack``."""
    pages = pages_of(next_steps_of(topics_of(step, pack)), library_in(pack.language))
    return ShownTrackStep(step, questions_of(step, pack), pages)
