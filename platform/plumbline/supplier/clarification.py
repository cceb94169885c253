"""A clarification: the questions an assessor reopened, what was asked, and giving them back."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.assessment import Assessment, AssessmentState
from assessments.policy import Action, Decision, may
from assessments.sheet.contents import SETTLED, AnswerSheet
from assessments.verification.clarification import close_clarification
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_assessment, load_own_sheet
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.cards import base_url
from plumbline.supplier.sections import clarification_of
from plumbline.supplier.wayfinding import name_of


@supplier.get("/assessments/<uuid:assessment_id>/clarification")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def clarification(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Show what is asked, until when, and which questions are open again."""
    found = clarification_of(sheet)
    asked_at = found.asked_at if found else None
    questions = [
        (question, sheet.answer(question.key), sheet.answer(question.key).state in SETTLED)
        for question in sheet.questionnaire.questions
        if question.key in sheet.reopened
    ]
    return render_template(
        "supplier/clarification.html",
        clarification=found,
        questions=questions,
        asked_at=asked_at,
        name=name_of(sheet),
        base=base_url(sheet.assessment_id),
        waits=sheet.state is AssessmentState.CLARIFICATION,
        may_answer=may(visitor.actor, Action.SUPPLIER_CLARIFICATION_ANSWER, sheet) is Decision.ALLOWED,
    )


@supplier.post("/assessments/<uuid:assessment_id>/clarification")
@door(Action.SUPPLIER_CLARIFICATION_ANSWER, load=load_assessment)
def hand_back(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """Give the reopened questions back to the assessor; they are frozen again."""
    close_clarification(db.session(), found, by=visitor.actor, at=now())
    say(_("The assessor goes on with your answers as they stand now."), lead=_("Handed back."))
    return redirect(base_url(found.id), 303)
