"""The workbench: answer beside evidence beside judgement, one topic at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.assessment import Assessment
from assessments.audit.history import steps_taken
from assessments.overviews.workbench import SeenCase
from assessments.parties import Audience, Role
from assessments.policy import Action, AssignedThing
from assessments.questionnaire.model import Question, Topic
from assessments.rounds.kept import kept_answers
from assessments.terms import terms_at
from assessments.verification.assignment import VERIFYING, Assignment, Basis, live_assignment
from assessments.verification.fact_check import unsettled
from assessments.verification.notes import write_note
from assessments.verification.recording import verify_answer, verify_maturity
from assessments.workflow import Refused
from plumbline.assessor import assessor
from plumbline.assessor.drafting import Draft, draft_from_library
from plumbline.assessor.forms import CheckForm, MaturityForm, NoteForm
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, keep, now
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import OnCase, case_of, load_assessment, load_question, load_topic
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say


@assessor.get("/assessments/<uuid:assessment_id>")
@door(Action.ASSESSOR_ASSESSMENT_READ, load=load_assessment, ledger=True)
def case(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Show where the whole case stands: topics with their checks and levels, findings, and the next step."""
    assessment: Assessment = reached.thing
    open_ledger(visitor, assessment, {"page": "overview"})
    return case_page(visitor, assessment)


def case_page(visitor: Visitor, assessment: Assessment, errors: Mapping[str, str] | None = None) -> str:
    """The overview, also shown again after a refused step of the whole case."""
    seen = case_of(visitor, assessment)
    return render_template(
        "assessor/case.html",
        **frame(visitor, seen),
        terms=terms_at(db.session(), now()),
        events=steps_taken(db.session(), assessment.id, assessment.organization_id),
        kept=len(kept_answers(db.session(), assessment, reader=Audience.ASSESSOR)),
        hanging={finding.id for finding in unsettled(db.session(), assessment.id, at=now())},
        errors=errors or {},
    )


@assessor.get("/assessments/<uuid:assessment_id>/topics/<topic>")
@door(Action.ASSESSOR_ASSESSMENT_READ, load=load_topic, ledger=True)
def topic(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Show one topic: its answers and evidence, the record of checks, the ladder, its findings, a draft."""
    on: OnCase[Topic] = reached.thing
    open_ledger(visitor, on.assessment, {"layers": ["answers"], "topics": [on.place.key]})
    return topic_page(visitor, on.assessment, on.place.key)


def topic_page(
    visitor: Visitor,
    assessment: Assessment,
    key: str,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, Any] | None = None,
    draft: Draft | None = None,
) -> str:
    """One topic of the workbench, also shown again with what was typed after a refusal."""
    seen = case_of(visitor, assessment)
    here = seen.by_key.get(key)
    if here is None:
        raise NotFound
    if draft is None and request.args.get("finding") is not None:
        draft = draft_from_library(here, request.args["finding"])
    return render_template(
        "assessor/topic.html",
        **frame(visitor, seen),
        topic=here,
        draft=draft,
        errors=errors or {},
        typed=typed or {},
    )


def frame(visitor: Visitor, seen: SeenCase) -> dict[str, Any]:
    """What every page of a case needs: the case, the assignment, and whether this person may work now."""
    assignment: Assignment | None = live_assignment(db.session(), seen.assessment.id)
    return {
        "case": seen,
        "assessment": seen.assessment,
        "assignment": assignment,
        "at": now(),
        "lead": visitor.role is Role.ASSESSOR_LEAD,
        "verifying": seen.assessment.state in VERIFYING
        and assignment is not None
        and assignment.accepted_at is not None,
    }


def again(visitor: Visitor, assessment: Assessment, what: dict[str, Any]) -> None:
    """After a refusal: nothing of the move stays, and the page shown again has its ledger line."""
    db.session.rollback()
    open_ledger(visitor, assessment, what)
    keep()


@assessor.post("/assessments/<uuid:assessment_id>/topics/<topic>/maturity")
@door(Action.ASSESSOR_MATURITY_VERIFY, load=load_topic)
def record_maturity(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Record the level seen for a topic; above 2 it needs what was seen or heard."""
    on: OnCase[Topic] = reached.thing
    assessment, key = on.assessment, on.place.key
    form = MaturityForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            verify_maturity(
                db.session(), assessment, key, int(form.level.data), basis=Basis(form.basis.data),
                worker_voice=form.worker_voice.data, seen=form.seen.data or "", by=visitor.actor, at=now(),
            )  # fmt: skip
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        again(visitor, assessment, {"layers": ["answers"], "topics": [key]})
        return topic_page(visitor, assessment, key, errors=errors, typed=form.data), status
    say(_("Level %(level)s is recorded for %(topic)s.", level=form.level.data, topic=on.place.title))
    return redirect(f"/assessor/assessments/{assessment.id}/topics/{key}#record", 303)


@assessor.get("/assessments/<uuid:assessment_id>/questions/<question>")
@door(Action.ASSESSOR_ASSESSMENT_READ, load=load_question)
def one_question(_visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Lead to a question where it stands in its topic."""
    on: OnCase[Question] = reached.thing
    return redirect(f"/assessor/assessments/{on.assessment.id}/topics/{on.place.topic}#{on.place.key}", 303)


@assessor.post("/assessments/<uuid:assessment_id>/questions/<question>/verification")
@door(Action.ASSESSOR_ANSWER_VERIFY, load=load_question)
def check_answer(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Record that one answer was checked, and how."""
    on: OnCase[Question] = reached.thing
    form = CheckForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            verify_answer(
                db.session(), on.assessment, on.place.key, basis=Basis(form.basis.data),
                worker_voice=form.worker_voice.data, takes_voice_back=form.heard.data == form.basis.data,
                by=visitor.actor, at=now(),
            )  # fmt: skip
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        again(visitor, on.assessment, {"layers": ["answers"], "topics": [on.place.topic]})
        placed = {f"check-{on.place.key}": f"{on.place.key}: {sentence}" for sentence in errors.values()}
        return topic_page(visitor, on.assessment, on.place.topic, errors=placed), status
    return redirect(f"/assessor/assessments/{on.assessment.id}/topics/{on.place.topic}#{on.place.key}", 303)


@assessor.post("/assessments/<uuid:assessment_id>/questions/<question>/notes")
@door(Action.ASSESSOR_ANSWER_VERIFY, load=load_question)
def add_note(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Write a note that the firm alone reads."""
    on: OnCase[Question] = reached.thing
    form = NoteForm()
    if not form.validate():
        again(visitor, on.assessment, {"layers": ["answers"], "topics": [on.place.topic]})
        place = f"note-{on.place.key}"
        typed = {place: form.text.data or ""}
        fault = {place: f"{on.place.key}: {form.text.errors[0]}"}
        return topic_page(visitor, on.assessment, on.place.topic, errors=fault, typed=typed), 422
    write_note(db.session(), on.assessment, on.place.key, form.text.data or "", by=visitor.actor, at=now())
    return redirect(f"/assessor/assessments/{on.assessment.id}/topics/{on.place.topic}#{on.place.key}", 303)
