"""Findings: all of a case, drafts written and revised, and one with what was said and its plan."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.assessment import Assessment
from assessments.overviews.workbench import read_actions, read_findings, read_named
from assessments.parties import Role
from assessments.policy import Action, AssignedThing
from assessments.questionnaire.model import Topic
from assessments.verification.assignment import Phase, questionnaire_for
from assessments.verification.finding import Finding, FindingState
from assessments.verification.unshared_findings import delete_finding, draft_finding, revise_finding
from assessments.workflow import Refused
from plumbline.assessor import assessor
from plumbline.assessor.drafting import draft_from_finding, draft_from_form
from plumbline.assessor.workbench import again, topic_page
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import OnCase, case_of, load_assessment, load_finding, load_topic
from plumbline.reading_language import as_read
from plumbline.refusals import faults_of
from plumbline.rendering import say


@assessor.get("/assessments/<uuid:assessment_id>/findings")
@door(Action.ASSESSOR_FINDING_READ, load=load_assessment, ledger=True)
def findings(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """List the findings of a case; a follow-up lists those that are open or looked at again."""
    assessment: Assessment = reached.thing
    found = read_findings(db.session(), assessment.id)
    if reached.phase is Phase.FOLLOW_UP:
        found = [finding for finding in found if finding.is_followed]
    grade, state = request.args.get("grade", ""), request.args.get("state", "")
    shown = [one for one in found if grade in {"", one.grade.value} and state in {"", one.state.value}]
    open_ledger(visitor, assessment, {"layers": ["findings", "plan"]})
    return render_template(
        "assessor/findings.html",
        assessment=assessment,
        phase=reached.phase,
        findings=shown,
        total=len(found),
        actions=read_actions(db.session(), assessment.id),
        titles={
            topic.key: topic.title for topic in as_read(questionnaire_for(db.session(), assessment)).topics
        },
        chosen={"grade": grade, "state": state},
        at=now(),
    )


@assessor.post("/assessments/<uuid:assessment_id>/topics/<topic>/findings")
@door(Action.ASSESSOR_FINDING_WRITE, load=load_topic)
def write_finding(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Write a draft finding in a topic."""
    on: OnCase[Topic] = reached.thing
    assessment, key = on.assessment, on.place.key
    here = case_of(visitor, assessment).by_key.get(key)
    if here is None:
        raise NotFound
    draft = draft_from_form(request.form, here)
    if draft.faults:
        again(visitor, assessment, {"layers": ["answers"], "topics": [key]})
        return topic_page(visitor, assessment, key, errors=draft.faults, draft=draft), 422
    try:
        made = draft_finding(
            db.session(), assessment, topic=key, **draft.fields(), by=visitor.actor, at=now()
        )
    except Refused as error:
        errors = faults_of(error)
        again(visitor, assessment, {"layers": ["answers"], "topics": [key]})
        return topic_page(visitor, assessment, key, errors=errors, draft=draft), status_of(error)
    say(_("The supplier sees it when the fact check starts, before anyone else."),
        lead=_("F-%(number)s is kept as a draft.", number=made.number))  # fmt: skip
    return redirect(f"/assessor/assessments/{assessment.id}/topics/{key}#record", 303)


@assessor.get("/findings/<uuid:finding_id>")
@door(Action.ASSESSOR_FINDING_READ, load=load_finding, ledger=True)
def finding(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Show one finding: a draft to revise, else its replies, its dispute and its plan."""
    found: Finding = reached.thing
    if found.state is FindingState.DRAFT:
        open_ledger(visitor, found.assessment, {"layers": ["answers"], "topics": [found.topic]})
        return topic_page(visitor, found.assessment, found.topic, draft=draft_from_finding(found))
    open_ledger(visitor, found.assessment, {"layers": ["findings", "plan"], "topics": [found.topic]})
    return finding_page(visitor, found, reached.phase)


def finding_page(
    visitor: Visitor, found: Finding, phase: Phase, errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """A shared finding with everything said on it, also shown again after a refused move."""
    assessment, session = found.assessment, db.session()
    actions = [one for one in read_actions(session, assessment.id) if one.finding_id == found.id]
    questionnaire = as_read(questionnaire_for(session, assessment))
    topic = questionnaire.topic(found.topic)
    return render_template(
        "assessor/finding.html",
        assessment=assessment,
        finding=found,
        phase=phase,
        topic_title=topic.title,
        section_title=questionnaire.section(topic.section).title,
        actions=actions,
        named=read_named(session, found),
        lead=visitor.role is Role.ASSESSOR_LEAD,
        at=now(),
        errors=errors or {},
        typed=typed or {},
    )


@assessor.post("/findings/<uuid:finding_id>")
@door(Action.ASSESSOR_FINDING_WRITE, load=load_finding)
def revise(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Keep a draft under other words."""
    found: Finding = reached.thing
    assessment, key = found.assessment, found.topic
    here = case_of(visitor, assessment).by_key.get(key)
    if here is None:
        raise NotFound
    draft = draft_from_form(request.form, here, found)
    if draft.faults:
        again(visitor, assessment, {"layers": ["answers"], "topics": [key]})
        return topic_page(visitor, assessment, key, errors=draft.faults, draft=draft), 422
    try:
        revise_finding(db.session(), found, draft.fields(), by=visitor.actor, at=now())
    except Refused as error:
        errors = faults_of(error)
        again(visitor, assessment, {"layers": ["answers"], "topics": [key]})
        return topic_page(visitor, assessment, key, errors=errors, draft=draft), status_of(error)
    say(_("The draft is kept."), lead=_("F-%(number)s.", number=found.number))
    return redirect(f"/assessor/assessments/{assessment.id}/topics/{key}#record", 303)


@assessor.post("/findings/<uuid:finding_id>/delete")
@door(Action.ASSESSOR_FINDING_WRITE, load=load_finding)
def take_back(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Take a draft back that nobody else has seen."""
    found: Finding = reached.thing
    assessment_id, key, number = found.assessment_id, found.topic, found.number
    delete_finding(db.session(), found, by=visitor.actor, at=now())
    say(_("The draft F-%(number)s is gone.", number=number))
    return redirect(f"/assessor/assessments/{assessment_id}/topics/{key}#record", 303)
