"""The second reading: the whole of a case, then published or returned with reasons."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden, NotFound

from assessments.assessment import Assessment
from assessments.audit.history import steps_taken
from assessments.evidence.documents import DocumentVersion, readable
from assessments.overviews.workbench import read_case
from assessments.parties import Audience
from assessments.policy import Action
from assessments.publishing.publication import publish
from assessments.sharing.disclosure import LedgerAction
from assessments.sharing.following import publishable_from
from assessments.verification.assignment import live_assignment
from assessments.verification.fact_check import return_from_review
from assessments.workflow import Refused
from plumbline.documents import open_store
from plumbline.documents.preview import NoPreview
from plumbline.documents.serving import image_preview, original
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, keep, now
from plumbline.here import result_signer, settings_here
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import OnVersion
from plumbline.loading.steward import load_dispute_evidence, load_review, load_review_evidence
from plumbline.reading_language import as_read
from plumbline.refusals import faults_of, form_faults
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.forms import ReasonForm
from plumbline.transaction import set_down

WHOLE = {"layers": ["profile", "findings", "plan", "answers"]}


@steward.get("/reviews/<uuid:assessment_id>")
@door(Action.STEWARD_REVIEW_DECIDE, load=load_review, ledger=True)
def review(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Show the whole case to its second reader."""
    open_ledger(visitor, assessment, WHOLE)
    return _page(assessment)


@steward.post("/reviews/<uuid:assessment_id>/publish")
@door(Action.STEWARD_REVIEW_DECIDE, load=load_review)
def publish_result(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Publish the result, signed; from then on it does not change."""
    signer = result_signer()
    try:
        result = publish(db.session(), assessment, signer, by=visitor.actor, at=now())
    except Refused as error:
        return _again(visitor, assessment, faults_of(error)), status_of(error)
    say(
        _("Result %(number)s, fingerprint %(sha256)s…", number=result.number, sha256=result.sha256[:16]),
        lead=_("Published."),
    )
    return redirect("/steward/", 303)


@steward.post("/reviews/<uuid:assessment_id>/return")
@door(Action.STEWARD_REVIEW_DECIDE, load=load_review)
def return_case(visitor: Visitor, assessment: Assessment) -> ResponseReturnValue:
    """Return the case to the firm with reasons."""
    form = ReasonForm()
    errors, status = form_faults(form) if not form.validate() else {}, 422
    if not errors:
        try:
            return_from_review(
                db.session(), assessment, reason=form.reason.data or "", by=visitor.actor, at=now()
            )
        except Refused as error:
            errors, status = faults_of(error), status_of(error)
    if errors:
        return _again(visitor, assessment, errors), status
    say(_("The firm reads your reasons."), lead=_("Returned."))
    return redirect("/steward/", 303)


@steward.get("/reviews/<uuid:assessment_id>/evidence/<uuid:version_id>")
@door(Action.STEWARD_REVIEW_DECIDE, load=load_review_evidence, ledger=True)
def review_evidence(visitor: Visitor, on: OnVersion) -> ResponseReturnValue:
    """Send a document of a case in review."""
    return original(open_store(settings_here()), opened(visitor, on))


@steward.get("/reviews/<uuid:assessment_id>/evidence/<uuid:version_id>/preview")
@door(Action.STEWARD_REVIEW_DECIDE, load=load_review_evidence, ledger=True)
def review_picture(visitor: Visitor, on: OnVersion) -> Response:
    """Send a picture of a case in review, for the page."""
    return _picture(visitor, on)


@steward.get("/disputes/<uuid:finding_id>/evidence/<uuid:version_id>")
@door(Action.STEWARD_DISPUTE_DECIDE, load=load_dispute_evidence, ledger=True)
def dispute_evidence(visitor: Visitor, on: OnVersion) -> ResponseReturnValue:
    """Send a document of a case with a dispute."""
    return original(open_store(settings_here()), opened(visitor, on))


@steward.get("/disputes/<uuid:finding_id>/evidence/<uuid:version_id>/preview")
@door(Action.STEWARD_DISPUTE_DECIDE, load=load_dispute_evidence, ledger=True)
def dispute_picture(visitor: Visitor, on: OnVersion) -> Response:
    """Send a picture of a case with a dispute, for the page."""
    return _picture(visitor, on)


def _picture(visitor: Visitor, on: OnVersion) -> Response:
    version = opened(visitor, on, LedgerAction.OPENED)
    try:
        return image_preview(open_store(settings_here()), version)
    except NoPreview:
        raise NotFound from None


def opened(
    visitor: Visitor, on: OnVersion, action: LedgerAction = LedgerAction.DOWNLOADED
) -> DocumentVersion:
    """Return what may be sent, its ledger line written; Forbidden while the file is held."""
    held = readable(on.version, Audience.STEWARD, settings_here().unscanned_evidence)
    if held:
        raise Forbidden(held)
    open_ledger(visitor, on.assessment, {"files": [on.version.file_name]}, action=action)
    set_down(db.session())
    return on.version


def _again(visitor: Visitor, assessment: Assessment, errors: Mapping[str, str]) -> str:
    db.session.rollback()
    open_ledger(visitor, assessment, WHOLE)
    keep()
    return _page(assessment, errors)


def _page(assessment: Assessment, errors: Mapping[str, str] | None = None) -> str:
    session = db.session()
    return render_template(
        "steward/review.html",
        case=read_case(session, assessment, tell=as_read),
        assessment=assessment,
        assignment=live_assignment(session, assessment.id),
        at=now(),
        events=steps_taken(session, assessment.id, assessment.organization_id),
        earliest=publishable_from(session, assessment, at=now()),
        errors=errors or {},
    )
