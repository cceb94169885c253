"""From an id of evidence to what the visitor may have of it: own, named in an assigned case, or granted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.assessment import Assessment
from assessments.corrective_action import ActionEvidence, CorrectiveAction
from assessments.evidence import Document, DocumentVersion
from assessments.finding import Finding
from assessments.parties import Audience
from assessments.policy import Action, AssignedThing, visible_to
from assessments.questionnaire.model import Question
from assessments.reading import SharedVersion, shared_version
from assessments.sheet import AnswerSheet
from assessments.verification import Assignment, Phase
from assessments.workbench import pinned_versions
from plumbline.api.loading import followed, load_answer, reached
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.identity.visitor import Visitor
from plumbline.loading import find


@dataclass(frozen=True)
class GrantedVersion:
    """A version granted to a buyer, with whose eyes it is read."""

    buyer_id: uuid.UUID
    version: SharedVersion


@dataclass(frozen=True)
class OnVersion:
    """A version as it is met in an assigned assessment."""

    assessment: Assessment
    version: DocumentVersion


@dataclass(frozen=True)
class LinkedAnswer:
    """A question of an own assessment and a document of the own vault."""

    sheet: AnswerSheet
    question: Question
    document: Document

    @property
    def organization_id(self) -> uuid.UUID:
        """Whose it is, for policy."""
        return self.sheet.organization_id


def load_document(visitor: Visitor, _action: Action, evidence_id: uuid.UUID) -> Document:
    """A document of the own vault."""
    return find(visitor, Document, evidence_id)


def load_link(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str, evidence_id: uuid.UUID
) -> LinkedAnswer:
    """A question of an own assessment, and a document of the own vault."""
    on = load_answer(visitor, action, assessment_id, question)
    return LinkedAnswer(on.sheet, on.place, find(visitor, Document, evidence_id))


def own_version(visitor: Visitor, evidence_id: uuid.UUID) -> DocumentVersion:
    """A version of the own vault by its id, or the newest of a document by the document's."""
    version = db.session.scalars(
        select(DocumentVersion).where(
            DocumentVersion.id == evidence_id, visible_to(visitor.actor, DocumentVersion)
        )
    ).first()
    return version or find(visitor, Document, evidence_id).latest


def load_content(
    visitor: Visitor, _action: Action, evidence_id: uuid.UUID
) -> DocumentVersion | AssignedThing | GrantedVersion:
    """The version that the visitor may have under this id, whichever way it is reached."""
    if visitor.actor.audience is Audience.SUPPLIER:
        return own_version(visitor, evidence_id)
    if visitor.actor.audience is Audience.BUYER:
        granted = shared_version(db.session(), visitor.organization_id, evidence_id, at=now())
        if granted is None:
            raise NotFound
        return GrantedVersion(visitor.organization_id, granted)
    return _assigned_version(visitor, evidence_id)


def _assigned_version(visitor: Visitor, version_id: uuid.UUID) -> AssignedThing:
    """A version that the submission, a finding or an action of one of the firm's live cases names."""
    cases = db.session.execute(
        select(DocumentVersion, Assessment)
        .join(Assessment, Assessment.organization_id == DocumentVersion.organization_id)
        .join(Assignment, Assignment.assessment_id == Assessment.id)
        .where(
            DocumentVersion.id == version_id,
            Assignment.firm_id == visitor.organization_id,
            Assignment.ended_at.is_(None),
        )
        .order_by(Assignment.assigned_at.desc())
    ).all()
    for version, assessment in cases:
        found = reached(
            visitor,
            select(Assessment)
            .join(Assignment, Assignment.assessment_id == Assessment.id)
            .where(Assessment.id == assessment.id),
        )
        if _named(assessment, version, found.phase):
            return AssignedThing(
                OnVersion(assessment, version), found.firm_id, found.phase, found.accepted, found.declared
            )
    raise NotFound


def _named(assessment: Assessment, version: DocumentVersion, phase: Phase) -> bool:
    """Whether the case names the version; a follow-up reaches closure evidence and open findings alone."""
    closure = db.session.scalars(
        select(ActionEvidence.version_id)
        .join(CorrectiveAction, CorrectiveAction.id == ActionEvidence.action_id)
        .where(ActionEvidence.version_id == version.id, CorrectiveAction.assessment_id == assessment.id)
    ).first()
    if closure is not None:
        return True
    verifying = phase is Phase.VERIFICATION
    findings = db.session.scalars(select(Finding).where(Finding.assessment_id == assessment.id))
    if any(
        str(version.id) == str(named.get("version_id"))
        for finding in findings
        if verifying or followed(finding)
        for named in finding.evidence
    ):
        return True
    return verifying and version.id in pinned_versions(db.session(), assessment.id)
