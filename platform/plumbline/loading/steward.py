"""What the steward reaches: cases by their state, and content only as reviewer, appeal or mediator."""

from __future__ import annotations

import uuid

from sqlalchemy import exists, select
from werkzeug.exceptions import Forbidden, NotFound

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment, AssessmentState
from assessments.evidence.documents import DocumentVersion
from assessments.overviews.workbench import behind_action
from assessments.policy import Action, Decision, may
from assessments.sheet.snapshot import pinned_versions
from assessments.verification.assignment import Assignment, check_outside
from assessments.verification.fact_check import check_may_review
from assessments.verification.finding import Finding, FindingState
from assessments.workflow import WrongActor
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor
from plumbline.loading import existing
from plumbline.loading.assigned import OnVersion
from plumbline.translated import told


def load_case(_visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> Assessment:
    """A submitted assessment, for what needs no content; NotFound for a draft."""
    found = db.session.get(Assessment, assessment_id)
    if found is None or found.state is AssessmentState.DRAFT:
        raise NotFound
    return found


def load_assignment(_visitor: Visitor, _action: Action, assignment_id: uuid.UUID) -> Assignment:
    """An assignment of any firm."""
    return existing(Assignment, assignment_id)


def load_review(visitor: Visitor, action: Action, assessment_id: uuid.UUID) -> Assessment:
    """A case that is in review, for a reviewer who had no hand in it; Forbidden says why not."""
    found = load_case(visitor, action, assessment_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found  # the door says no, before anything is read
    if found.state is not AssessmentState.IN_REVIEW:
        raise Forbidden("This case is not in review, so its content is not open to you.")
    try:
        check_may_review(db.session(), found, by=visitor.actor)
    except WrongActor as error:
        raise Forbidden(told(error)) from error
    return found


def load_disputed_case(visitor: Visitor, action: Action, assessment_id: uuid.UUID) -> Assessment:
    """A case with a dispute that waits, for appeal; Forbidden without one, or to somebody of the firm."""
    found = load_case(visitor, action, assessment_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    disputed = select(Finding.id).where(
        Finding.assessment_id == assessment_id, Finding.state == FindingState.DISPUTED
    )
    if db.session.scalars(disputed).first() is None:
        raise Forbidden("No finding of this case is disputed, so its content is not open to you.")
    _from_outside(visitor, assessment_id)
    return found


def load_dispute(visitor: Visitor, action: Action, finding_id: uuid.UUID) -> Finding:
    """A disputed finding, for appeal; Forbidden once it is decided, or to somebody of the firm."""
    found = _shared(finding_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    if found.state is not FindingState.DISPUTED:
        raise Forbidden("This finding is not disputed, or the dispute is decided.")
    _from_outside(visitor, found.assessment_id)
    return found


def load_stuck_action(visitor: Visitor, action: Action, action_id: uuid.UUID) -> CorrectiveAction:
    """An action that was returned at least twice and is neither agreed nor disagreed, for a mediator."""
    found = existing(CorrectiveAction, action_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    if not found.is_stuck:
        raise Forbidden("Both sides are still talking about this action, or have agreed.")
    return found


def load_reviewed_finding(visitor: Visitor, action: Action, finding_id: uuid.UUID) -> Finding:
    """A finding of a case in review."""
    found = _shared(finding_id)
    load_review(visitor, action, found.assessment_id)
    return found


def load_reviewed_action(visitor: Visitor, action: Action, action_id: uuid.UUID) -> CorrectiveAction:
    """A corrective action of a case in review."""
    found = existing(CorrectiveAction, action_id)
    load_review(visitor, action, found.assessment_id)
    return found


def load_stuck_finding(visitor: Visitor, action: Action, finding_id: uuid.UUID) -> Finding:
    """A finding with an action that both sides cannot agree on, for a mediator."""
    found = _shared(finding_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    stuck = select(CorrectiveAction.id).where(
        CorrectiveAction.finding_id == finding_id, CorrectiveAction.is_stuck
    )
    if db.session.scalars(stuck).first() is None:
        raise Forbidden("Both sides are still talking about this finding's actions, or have agreed.")
    return found


def load_review_evidence(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, version_id: uuid.UUID
) -> OnVersion | Assessment:
    """A document of a case in review."""
    assessment = load_review(visitor, action, assessment_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return assessment  # the door says no, whether there is such a document or not
    return OnVersion(assessment, _version(assessment, version_id))


def load_dispute_evidence(
    visitor: Visitor, action: Action, finding_id: uuid.UUID, version_id: uuid.UUID
) -> OnVersion | Finding:
    """A document of a case with a dispute."""
    finding = load_dispute(visitor, action, finding_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return finding
    return OnVersion(finding.assessment, _version(finding.assessment, version_id))


def load_stuck_evidence(
    visitor: Visitor, action: Action, action_id: uuid.UUID, version_id: uuid.UUID
) -> OnVersion | CorrectiveAction:
    """A document that an action both sides cannot agree on, or its finding, rests on; for a mediator."""
    found = load_stuck_action(visitor, action, action_id)
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    version = db.session.get(DocumentVersion, version_id)
    if version is None or version.id not in behind_action(found):
        raise NotFound
    return OnVersion(found.finding.assessment, version)


def load_version(visitor: Visitor, action: Action, version_id: uuid.UUID) -> OnVersion | None:
    """A document of whichever case this reviewer, appeal or mediator may read now.

    None for whom the door refuses.
    """
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return None
    if action is Action.STEWARD_ACTION_MEDIATE:
        return _stuck_version(version_id)
    reviews = action is Action.STEWARD_REVIEW_DECIDE
    waiting = (
        Assessment.state == AssessmentState.IN_REVIEW
        if reviews
        else exists().where(Finding.assessment_id == Assessment.id, Finding.state == FindingState.DISPUTED)
    )
    cases = db.session.scalars(
        select(Assessment.id)
        .join(DocumentVersion, DocumentVersion.organization_id == Assessment.organization_id)
        .where(DocumentVersion.id == version_id, waiting)
    ).all()
    load = load_review if reviews else load_disputed_case
    for assessment_id in cases:
        try:
            case = load(visitor, action, assessment_id)
            return OnVersion(case, _version(case, version_id))
        except (Forbidden, NotFound):
            continue
    raise NotFound


def _shared(finding_id: uuid.UUID) -> Finding:
    found = existing(Finding, finding_id)
    if found.state is FindingState.DRAFT:
        raise NotFound
    return found


def _stuck_version(version_id: uuid.UUID) -> OnVersion:
    stuck = db.session.scalars(
        select(CorrectiveAction)
        .join(DocumentVersion, DocumentVersion.organization_id == CorrectiveAction.organization_id)
        .where(DocumentVersion.id == version_id, CorrectiveAction.is_stuck)
    )
    for found in stuck:
        if version_id in behind_action(found):
            return OnVersion(found.finding.assessment, db.session.get_one(DocumentVersion, version_id))
    raise NotFound


def _from_outside(visitor: Visitor, assessment_id: uuid.UUID) -> None:
    try:
        check_outside(db.session(), assessment_id, by=visitor.actor)
    except WrongActor as error:
        raise Forbidden(told(error)) from error


def _version(assessment: Assessment, version_id: uuid.UUID) -> DocumentVersion:
    version = db.session.scalars(
        select(DocumentVersion).where(
            DocumentVersion.id == version_id, DocumentVersion.organization_id == assessment.organization_id
        )
    ).first()
    if version is None or version.id not in pinned_versions(db.session(), assessment.id):
        raise NotFound
    return version
