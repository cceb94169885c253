"""Giving questions back to the supplier with what is unclear; everything else stays frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.assessment import Assessment
from assessments.policy import Action, AssignedThing
from assessments.terms import terms_at
from assessments.verification.clarification import ask_clarification
from assessments.workflow import Refused
from plumbline.assessor import assessor
from plumbline.assessor.forms import ClarificationForm
from plumbline.assessor.workbench import again, frame
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import case_of, load_assessment
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import day, say


@assessor.get("/assessments/<uuid:assessment_id>/clarification")
@door(Action.ASSESSOR_CLARIFICATION_ASK, load=load_assessment, ledger=True)
def choose_questions(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Choose the questions to give back; those named in the address are ticked."""
    open_ledger(visitor, reached.thing, {"page": "clarification"})
    return _page(visitor, reached.thing, request.args.getlist("question"))


@assessor.post("/assessments/<uuid:assessment_id>/clarification")
@door(Action.ASSESSOR_CLARIFICATION_ASK, load=load_assessment)
def ask(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Give the chosen questions back with the message."""
    assessment: Assessment = reached.thing
    form = ClarificationForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    asked = {seen.key for topic in case_of(visitor, assessment).topics for seen in topic.questions}
    chosen = [key for key in form.questions.data or () if key in asked]
    message = form.message.data or ""
    if not errors:
        try:
            given = ask_clarification(db.session(), assessment, chosen, message, by=visitor.actor, at=now())
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        again(visitor, assessment, {"page": "clarification"})
        return _page(visitor, assessment, chosen, message, errors), status
    say(
        _("The supplier has until %(day)s for %(questions)s.", day=day(given.due_at),
          questions=", ".join(chosen)),
        lead=_("Given back."),
    )  # fmt: skip
    return redirect(f"/assessor/assessments/{assessment.id}", 303)


def _page(
    visitor: Visitor,
    assessment: Assessment,
    chosen: Sequence[str],
    message: str = "",
    errors: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "assessor/clarification.html",
        **frame(visitor, case_of(visitor, assessment)),
        chosen=chosen,
        message=message,
        days=terms_at(db.session(), now()).clarification_working_days,
        errors=errors or {},
    )
