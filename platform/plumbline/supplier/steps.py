"""An assessment by the steps of due diligence: what is answered, what helps, what is being done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from assessments.actions.outstanding import ActionRow, actions_of
from assessments.policy import Action
from assessments.questionnaire.asking.by_step import (
    about,
    pages_of,
    questions_of,
    sections_of,
    topics_of,
    tracks_for,
)
from assessments.questionnaire.asking.steps import fitting_steps
from assessments.questionnaire.languages.translation import library_in
from assessments.questionnaire.library import Lesson
from assessments.questionnaire.model import Question, Track, TrackStep
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import AnswerState
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_own_sheet
from plumbline.supplier import supplier
from plumbline.supplier.cards import base_url
from plumbline.supplier.wayfinding import name_of

MOST_STEPS = 2
"""Next steps shown of each topic: a step has up to seven topics, and their sections show the rest."""


@dataclass(frozen=True)
class OwnStep:
    """A step as the supplier works through it.

    ``questions``: those asked here, each with its state; ``settled``: how many need nothing more. ``helps``
    as ``Group.steps`` of a section; ``pages``: of the library, by the next steps that suit this company.
    """

    step: TrackStep
    questions: tuple[tuple[Question, AnswerState], ...]
    settled: int
    helps: tuple[tuple[str, str, str], ...]
    pages: tuple[Lesson, ...]
    actions: tuple[ActionRow, ...]


@supplier.get("/assessments/<uuid:assessment_id>/steps")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def steps(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Show the steps of each track that this assessment has questions of."""
    actions = actions_of(db.session(), visitor.organization_id, site_id=sheet.site_id)
    return render_template(
        "supplier/steps.html",
        name=name_of(sheet),
        cycle=sheet.cycle_label,
        base=base_url(sheet.assessment_id),
        is_company=sheet.site is None,
        today=now().date(),
        tracks=own_tracks(sheet, actions),
    )


def own_tracks(sheet: AnswerSheet, actions: Sequence[ActionRow]) -> list[tuple[Track, tuple[OwnStep, ...]]]:
    """The tracks for whoever answers this sheet, each with its steps."""
    asked = sections_of(sheet.questionnaire, sheet.applicability.asked)
    return [
        (track, tuple(own_step(sheet, step, actions) for step in track.steps))
        for track in tracks_for(sheet.questionnaire, asked)
    ]


def own_step(sheet: AnswerSheet, step: TrackStep, actions: Sequence[ActionRow]) -> OwnStep:
    """A step of this sheet, in the language it is read in."""
    pack, decided = sheet.questionnaire, sheet.applicability
    asked = [question for question in questions_of(step, pack) if decided.asks(question.key)]
    here = {question.topic for question in asked}
    library = library_in(pack.language)
    fitting = [
        fitting_steps(topic, decided.facts, decided.answers, sheet.self_levels.get(topic.key))
        for topic in topics_of(step, pack)
        if topic.key in here
    ]
    return OwnStep(
        step=step,
        questions=tuple((question, sheet.state_of(question.key)) for question in asked),
        settled=sum(sheet.settled(question.key) for question in asked),
        helps=tuple(
            (one.do, one.effort, one.template if one.template in library and one.template else "")
            for several in fitting
            for one in several[:MOST_STEPS]
        ),
        pages=pages_of((one for several in fitting for one in several), library),
        actions=tuple(row for row in actions if about(step, pack, row.topic, row.questions)),
    )
