"""Answers of questions that the round's version no longer asks, read beside the case."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from assessments.assessment import Assessment
from assessments.parties import Audience
from assessments.policy import Action, AssignedThing
from assessments.rounds.kept import kept_answers
from plumbline.assessor import assessor
from plumbline.extensions import db
from plumbline.guard import door
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import case_of, load_assessment
from plumbline.shown_kept import shown_kept


@assessor.get("/assessments/<uuid:assessment_id>/kept")
@door(Action.ASSESSOR_ASSESSMENT_READ, load=load_assessment, ledger=True)
def kept(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Show what the supplier had answered under an older version, with the words it answered."""
    assessment: Assessment = reached.thing
    open_ledger(visitor, assessment, {"page": "kept"})
    return render_template(
        "assessor/kept.html",
        case=case_of(visitor, assessment),
        kept=shown_kept(kept_answers(db.session(), assessment, reader=Audience.ASSESSOR)),
    )
