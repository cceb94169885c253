"""The steps of a whole case that its lead makes: fact check, its end, the hand-over to the second reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, AssessmentState
from assessments.parties import Actor
from assessments.policy import Action, AssignedThing
from assessments.verification.fact_check import end_fact_check, start_fact_check, start_review, unsettled
from assessments.workflow import Refused
from plumbline.assessor import assessor
from plumbline.assessor.workbench import again, case_page
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.assigned import case_of, load_assessment
from plumbline.refusals import faults_of
from plumbline.rendering import say


@assessor.post("/assessments/<uuid:assessment_id>/fact-check")
@door(Action.ASSESSOR_FACT_CHECK_START, load=load_assessment)
def begin_fact_check(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Share the draft findings with the supplier; what is unchecked or without a level is confirmed first."""
    assessment: Assessment = reached.thing
    confirmed = request.form.get("unfinished") == "yes"
    asks = assessment.state is AssessmentState.IN_VERIFICATION and not confirmed
    if asks and case_of(visitor, assessment).unfinished:
        sentence = _("Say that you send it as it stands, or finish what is listed first.")
        again(visitor, assessment, {"page": "overview"})
        return case_page(visitor, assessment, {"unfinished": sentence}), 422
    return _step(visitor, reached.thing, start_fact_check,
                 _("The supplier reads the draft now, before anyone else."))  # fmt: skip


@assessor.post("/assessments/<uuid:assessment_id>/fact-check/end")
@door(Action.ASSESSOR_FACT_CHECK_START, load=load_assessment)
def close_fact_check(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """End the fact check once its time is over; silence never blocks."""
    return _step(visitor, reached.thing, end_fact_check,
                 _("The fact check is over; findings are open and their plans run."))  # fmt: skip


@assessor.post("/assessments/<uuid:assessment_id>/review")
@door(Action.ASSESSOR_REVIEW_START, load=load_assessment)
def begin_review(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Hand over to the steward's second reader, or name what still hangs."""
    return _step(visitor, reached.thing, start_review, _("A second reader of the steward has it now."))


def _step(
    visitor: Visitor,
    assessment: Assessment,
    step: Callable[..., None],
    done: str,
) -> ResponseReturnValue:
    session: Session = db.session()
    by: Actor = visitor.actor
    at: datetime = now()
    try:
        step(session, assessment, by=by, at=at)
    except Refused as error:
        errors, status = faults_of(error), status_of(error)
        if step is start_review:
            # Which findings hang is named, each with a link to where it can be settled.
            for finding in unsettled(session, assessment.id, at=at):
                errors[f"finding-{finding.number}"] = _("F-%(number)s has no agreed action, no recorded "
                    "disagreement, and its plan is not due yet.", number=finding.number)  # fmt: skip
        again(visitor, assessment, {"page": "overview"})
        return case_page(visitor, assessment, errors), status
    say(done)
    return redirect(f"/assessor/assessments/{assessment.id}", 303)
