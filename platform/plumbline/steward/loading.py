"""What the steward reaches: cases by their state, and content only as reviewer, appeal or mediator."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from werkzeug.exceptions import Forbidden, NotFound

from assessments.assessment import Assessment, AssessmentState
from assessments.corrective_action import ActionState, CorrectiveAction
from assessments.disclosure import LedgerAction
from assessments.evidence import DocumentVersion
from assessments.fact_check import check_may_review
from assessments.finding import Finding, FindingState
from assessments.ledger import record_download, record_opening
from assessments.policy import Action, Decision, may
from assessments.verification import Assignment, check_outside
from assessments.workbench import pinned_versions
from assessments.workflow import WrongActor
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor

MEDIATED = frozenset({ActionState.PROPOSED, ActionState.RETURNED})
RETURNS = 2
"""After so many returns a mediator can record that both sides disagree."""


def load_case(_visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> Assessment:
    """A submitted assessment, for what needs no content; NotFound for a draft."""
    found = db.session.get(Assessment, assessment_id)
    if found is None or found.state is AssessmentState.DRAFT:
        raise NotFound
    return found


def load_assignment(_visitor: Visitor, _action: Action, assignment_id: uuid.UUID) -> Assignment:
    """An assignment of any firm."""
    found = db.session.get(Assignment, assignment_id)
    if found is None:
        raise NotFound
    return found


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
        raise Forbidden(f"{error.message} {error.remedy}") from error
    return found


def load_dispute(visitor: Visitor, action: Action, finding_id: uuid.UUID) -> Finding:
    """A disputed finding, for appeal; Forbidden once it is decided, or to somebody of the firm."""
    found = db.session.get(Finding, finding_id)
    if found is None or found.state is FindingState.DRAFT:
        raise NotFound
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    if found.state is not FindingState.DISPUTED:
        raise Forbidden("This finding is not disputed, or the dispute is decided.")
    try:
        check_outside(db.session(), found.assessment_id, by=visitor.actor)
    except WrongActor as error:
        raise Forbidden(f"{error.message} {error.remedy}") from error
    return found


def load_stuck_action(visitor: Visitor, action: Action, action_id: uuid.UUID) -> CorrectiveAction:
    """An action that was returned at least twice and is neither agreed nor disagreed, for a mediator."""
    found = db.session.get(CorrectiveAction, action_id)
    if found is None:
        raise NotFound
    if may(visitor.actor, action) is not Decision.ALLOWED:
        return found
    if found.returns < RETURNS or found.state not in MEDIATED:
        raise Forbidden("Both sides are still talking about this action, or have agreed.")
    return found


@dataclass(frozen=True)
class OnVersion:
    """A document version as it is met in a case."""

    assessment: Assessment
    version: DocumentVersion


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


def _version(assessment: Assessment, version_id: uuid.UUID) -> DocumentVersion:
    version = db.session.scalars(
        select(DocumentVersion).where(
            DocumentVersion.id == version_id, DocumentVersion.organization_id == assessment.organization_id
        )
    ).first()
    if version is None or version.id not in pinned_versions(db.session(), assessment.id):
        raise NotFound
    return version


def open_ledger(
    visitor: Visitor,
    assessment: Assessment,
    what: dict[str, Any],
    *,
    action: LedgerAction = LedgerAction.OPENED,
) -> None:
    """Write the line that the supplier reads in its ledger; without it the page is not sent."""
    write = record_download if action is LedgerAction.DOWNLOADED else record_opening
    write(
        db.session(),
        visitor.actor,
        visitor.organization_name,
        supplier_id=assessment.organization_id,
        assessment_id=assessment.id,
        what=what,
        at=now(),
    )
