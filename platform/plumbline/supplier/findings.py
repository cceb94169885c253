"""The fact check: draft findings shared with the supplier before anybody else; replies, disputes, its end."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired

from assessments.actions.action import ActionState
from assessments.actions.outstanding import WANTS_PLAN, ActionRow, actions_of
from assessments.assessment import Assessment, AssessmentState
from assessments.evidence.documents import DocumentVersion
from assessments.policy import Action, Decision, may, visible_to
from assessments.sharing.following import followers_of, publishable_from
from assessments.sheet.reading import questionnaire_of
from assessments.terms import terms_at
from assessments.verification.fact_check import (
    choose_correction_window,
    choose_publication,
    end_fact_check,
    extend_fact_check,
)
from assessments.verification.finding import NEEDS_ACTION, Finding, FindingState, ReplyKind
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_assessment
from plumbline.loading.own import load_finding
from plumbline.reading_language import as_read
from plumbline.refusals import fault_of
from plumbline.rendering import day, say
from plumbline.supplier import supplier
from plumbline.supplier.page_form import PageForm


class ReplyForm(PageForm):
    """The supplier's words on a finding; the button pressed says whether they dispute it."""

    text = StringField()
    kind = StringField()


class WindowForm(PageForm):
    """One correction window, in days from the end of the fact check."""

    days = IntegerField(validators=[InputRequired()])


@dataclass(frozen=True)
class ShownFinding:
    """A finding with what stands around it; ``evidence`` is [(file name, page or "")]."""

    finding: Finding
    topic: str
    section: str
    evidence: tuple[tuple[str, str], ...]
    actions: tuple[ActionRow, ...]

    @property
    def wants_plan(self) -> bool:
        """Whether an action can be proposed on it."""
        return self.finding.grade in NEEDS_ACTION and self.finding.state in WANTS_PLAN

    @property
    def plan_agreed(self) -> bool:
        """Whether an action on it is agreed, or went further."""
        return any(one.state not in {ActionState.PROPOSED, ActionState.RETURNED} for one in self.actions)

    @property
    def can_dispute(self) -> bool:
        """Whether the supplier can still say that it is wrong."""
        return self.finding.state is FindingState.SHARED


@supplier.get("/assessments/<uuid:assessment_id>/findings")
@door(Action.SUPPLIER_FINDING_READ, load=load_assessment)
def findings(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Show the findings shared with the supplier, and where the fact check stands."""
    return findings_page(visitor, assessment)


def findings_page(
    visitor: Visitor,
    assessment: Assessment,
    *,
    reply: ReplyForm | None = None,
    replied: uuid.UUID | None = None,
    window: WindowForm | None = None,
    fault: str = "",
) -> str:
    """Draw the page; ``reply`` is what was typed on the finding ``replied``, ``fault`` about the whole."""
    at = now()
    shown = shown_findings(visitor, assessment)
    terms = terms_at(db.session(), at)
    checking = assessment.state is AssessmentState.FACT_CHECK
    coming = assessment.state in {AssessmentState.FACT_CHECK, AssessmentState.IN_REVIEW}
    ends = assessment.fact_check_ends_at
    follows = followers_of(db.session(), assessment.site_id, at=at) if coming and assessment.site_id else ()
    return render_template(
        "supplier/findings.html", assessment=assessment, findings=shown, at=at, terms=terms,
        site=assessment.site, reply=reply or ReplyForm.blank(), replied=replied, fault=fault,
        window=window or WindowForm.blank(days=terms.correction_window_days),
        replying=checking and assessment.fact_check_ended_at is None,
        ended=checking and assessment.fact_check_ended_at is not None,
        over=ends is not None and at >= ends,
        extended_to=ends + timedelta(days=terms.fact_check_extension_days)
        if ends and not assessment.fact_check_extended
        else None,
        disputes=sum(one.finding.state is FindingState.DISPUTED for one in shown),
        without_plan=[one for one in shown if one.wants_plan and not one.actions],
        followers=follows, earliest=publishable_from(db.session(), assessment, at=at) if follows else None,
        may_end=may(visitor.actor, Action.SUPPLIER_FACT_CHECK_END, assessment) is Decision.ALLOWED,
    )  # fmt: skip


def shown_findings(visitor: Visitor, assessment: Assessment) -> list[ShownFinding]:
    """Return the shared findings in their order, with names for their topics, evidence and actions."""
    rows = db.session.scalars(
        select(Finding)
        .where(Finding.assessment_id == assessment.id, visible_to(visitor.actor, Finding))
        .options(selectinload(Finding.replies))
        .order_by(Finding.id)
    ).all()
    questionnaire = as_read(questionnaire_of(db.session(), assessment.cycle.version_id)[0])
    names = _file_names([one for row in rows for one in row.evidence])
    actions = actions_of(db.session(), visitor.organization_id, assessment_id=assessment.id)
    shown = []
    for row in rows:
        topic = questionnaire.topic(row.topic)
        own = tuple(
            one
            for one in actions
            if one.finding_number == row.number and one.state is not ActionState.DROPPED
        )
        evidence = tuple(
            (names.get(one.get("version_id", ""), _("a document")), str(one.get("page") or ""))
            for one in row.evidence
        )
        section = questionnaire.section(topic.section).title
        shown.append(ShownFinding(row, topic.title, section, evidence, own))
    return shown


def _file_names(evidence: list[dict[str, Any]]) -> dict[str, str]:
    wanted = [uuid.UUID(one["version_id"]) for one in evidence if one.get("version_id")]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(DocumentVersion.id, DocumentVersion.file_name).where(DocumentVersion.id.in_(wanted))
    )
    return {str(key): name for key, name in rows}


def findings_url(assessment_id: uuid.UUID) -> str:
    """Where the findings of an assessment are read."""
    return f"/supplier/assessments/{assessment_id}/findings"


@supplier.get("/findings/<uuid:finding_id>")
@door(Action.SUPPLIER_FINDING_READ, load=load_finding)
def one_finding(_visitor: Visitor, finding: Finding) -> ResponseReturnValue:
    """Lead to a finding where it stands among the others."""
    return redirect(f"{findings_url(finding.assessment_id)}#finding-F-{finding.number}", 303)


@supplier.post("/findings/<uuid:finding_id>/replies")
@door(Action.SUPPLIER_FINDING_REPLY, load=load_finding)
def reply(visitor: Visitor, finding: Finding) -> ResponseReturnValue:
    """Comment a finding, or dispute it with a reason; refused, the words come back in their place."""
    form = ReplyForm()
    disputes = form.kind.data == ReplyKind.DISPUTE.value
    assessment = finding.assessment
    try:
        if disputes:
            finding.dispute(db.session(), form.text.data or "", by=visitor.actor, at=now())
        else:
            finding.comment(db.session(), form.text.data or "", by=visitor.actor, at=now())
    except Refused as error:
        db.session.rollback()
        status = form.refuse(error)
        return findings_page(visitor, assessment, reply=form, replied=finding.id), status
    if disputes:
        say(_("Somebody at the steward who had no part in it decides, and says why."),
            lead=_("F-%(number)s is disputed.", number=finding.number))  # fmt: skip
    else:
        say(_("Your words stand beside F-%(number)s.", number=finding.number))
    return redirect(f"{findings_url(assessment.id)}#finding-F-{finding.number}", 303)


@supplier.post("/assessments/<uuid:assessment_id>/fact-check/extend")
@door(Action.SUPPLIER_FACT_CHECK_END, load=load_assessment)
def extend(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Take the one extension of the fact check."""
    try:
        extend_fact_check(db.session(), assessment, by=visitor.actor, at=now())
    except Refused as error:
        return _refused(visitor, assessment, error)
    say(_("You have until %(day)s now.", day=day(assessment.fact_check_ends_at)), lead=_("Extended."))
    return redirect(findings_url(assessment.id), 303)


@supplier.post("/assessments/<uuid:assessment_id>/fact-check/end")
@door(Action.SUPPLIER_FACT_CHECK_END, load=load_assessment)
def end(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """End the fact check: findings open and the clocks of the plan start."""
    try:
        end_fact_check(db.session(), assessment, by=visitor.actor, at=now())
    except Refused as error:
        return _refused(visitor, assessment, error)
    say(_("The findings are open now, and the dates for the plan run."), lead=_("The fact check has ended."))
    return redirect(findings_url(assessment.id), 303)


@supplier.post("/assessments/<uuid:assessment_id>/fact-check/window")
@door(Action.SUPPLIER_FACT_CHECK_END, load=load_assessment)
def take_window(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Take the one correction window before publication."""
    form = WindowForm()
    if not form.validate():
        form.days.errors = [_("Write a whole number of days.")]
        return findings_page(visitor, assessment, window=form), 422
    try:
        choose_correction_window(
            db.session(), assessment, days=form.days.data or 0, by=visitor.actor, at=now()
        )
    except Refused as error:
        db.session.rollback()
        status = form.refuse(error)
        return findings_page(visitor, assessment, window=form), status
    say(_("Nothing is published before it ends; both dates stand on the result."),
        lead=_("Your correction window runs."))  # fmt: skip
    return redirect(findings_url(assessment.id), 303)


@supplier.post("/assessments/<uuid:assessment_id>/fact-check/publish")
@door(Action.SUPPLIER_FACT_CHECK_END, load=load_assessment)
def publish_now(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Choose to publish without a correction window."""
    try:
        choose_publication(db.session(), assessment, by=visitor.actor, at=now())
    except Refused as error:
        return _refused(visitor, assessment, error)
    say(_("It goes on without a correction window; the day of this choice stands on the result."))
    return redirect(findings_url(assessment.id), 303)


def _refused(visitor: Visitor, assessment: Assessment, error: Refused) -> ResponseReturnValue:
    return findings_page(visitor, assessment, fault=fault_of(error)), status_of(error)
