"""Loaders of the interface: one address, and for each audience the way on which it reaches the thing.

The ways themselves are in ``plumbline.loading``, the pages' too; here the audience, and for the steward the
function, says which.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment
from assessments.evidence.documents import Document, DocumentVersion
from assessments.parties import Audience
from assessments.policy import Action, AssignedThing, visible_to
from assessments.questionnaire.model import Question, Topic, UnknownQuestion
from assessments.sentences import N_
from assessments.sheet.contents import AnswerSheet
from assessments.verification.assignment import questionnaire_for
from assessments.verification.finding import Finding, FindingState
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor
from plumbline.loading import ToSave, assigned, find, load_own_sheet, load_to_save, shared, steward
from plumbline.loading.assigned import OnVersion
from plumbline.loading.shared import GrantedVersion


def load_answer(visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str) -> ToSave:
    """A question of the visitor's own assessment, read; one that the version does not have is named."""
    return _answer(visitor, action, assessment_id, question, seen=False)


def load_answer_to_save(visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str) -> ToSave:
    """The same for the save itself, which alone may rest on a sheet that was not read."""
    return _answer(visitor, action, assessment_id, question, seen=version_named())


def version_named() -> bool:
    """Whether the request names the version that it builds on."""
    return request.headers.get("If-Match", "*").strip() not in {"", "*"}


def _answer(
    visitor: Visitor, _action: Action, assessment_id: uuid.UUID, question: str, *, seen: bool
) -> ToSave:
    try:
        return load_to_save(visitor, assessment_id, question, seen=seen)
    except UnknownQuestion:
        on = load_own_sheet(visitor, Action.SUPPLIER_ANSWER_SAVE, assessment_id)
        raise no_such("question", question, on.questionnaire) from None


def load_assessment(visitor: Visitor, action: Action, assessment_id: uuid.UUID) -> Any:
    """An assessment for what needs no content: the supplier's own, one assigned, any handed in."""
    if visitor.actor.audience is Audience.ASSESSOR:
        return assigned.load_assessment(visitor, action, assessment_id)
    if visitor.actor.audience is Audience.STEWARD:
        return steward.load_case(visitor, action, assessment_id)
    return find(visitor, Assessment, assessment_id)


def load_content(visitor: Visitor, action: Action, assessment_id: uuid.UUID) -> Any:
    """An assessment with what was written in it; for the steward in review, or while a dispute waits."""
    if action is Action.STEWARD_REVIEW_DECIDE:
        return steward.load_review(visitor, action, assessment_id)
    if action is Action.STEWARD_DISPUTE_DECIDE:
        return steward.load_disputed_case(visitor, action, assessment_id)
    return load_assessment(visitor, action, assessment_id)


def load_answers(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID
) -> AnswerSheet | AssignedThing | Assessment:
    """The supplier's own sheet; for others the assessment, read as it was handed in."""
    if visitor.actor.audience is Audience.SUPPLIER:
        return load_own_sheet(visitor, action, assessment_id)
    found: AssignedThing | Assessment = load_content(visitor, action, assessment_id)
    return found


@dataclass(frozen=True)
class OnTopic:
    """A topic of one assessment, for policy its supplier's."""

    assessment: Assessment
    topic: Topic

    @property
    def organization_id(self) -> uuid.UUID:
        """Whose it is."""
        return self.assessment.organization_id


def load_topic(visitor: Visitor, action: Action, assessment_id: uuid.UUID, topic: str) -> Any:
    """A topic of an own or assigned assessment."""
    found = load_assessment(visitor, action, assessment_id)
    assessment: Assessment = unwrapped(found)
    questionnaire = questionnaire_for(db.session(), assessment)
    try:
        place = OnTopic(assessment, questionnaire.topic(topic))
    except UnknownQuestion:
        raise no_such("topic", topic, questionnaire) from None
    return replace(found, thing=place) if isinstance(found, AssignedThing) else place


def load_finding(visitor: Visitor, action: Action, finding_id: uuid.UUID) -> Any:
    """A finding to act on: shared with the supplier, of an assigned case, any that was shared for appeal."""
    if visitor.actor.audience is Audience.ASSESSOR:
        return assigned.load_finding(visitor, action, finding_id)
    found = find(visitor, Finding, finding_id)
    if found.state is FindingState.DRAFT:
        raise NotFound
    return found


def read_finding(visitor: Visitor, action: Action, finding_id: uuid.UUID) -> Any:
    """A finding to read; for the steward in review, while it is disputed, or while its plan is stuck."""
    if action is Action.STEWARD_REVIEW_DECIDE:
        return steward.load_reviewed_finding(visitor, action, finding_id)
    if action is Action.STEWARD_DISPUTE_DECIDE:
        return steward.load_dispute(visitor, action, finding_id)
    if action is Action.STEWARD_ACTION_MEDIATE:
        return steward.load_stuck_finding(visitor, action, finding_id)
    return load_finding(visitor, action, finding_id)


def load_action(visitor: Visitor, action: Action, action_id: uuid.UUID) -> Any:
    """A corrective action to move: the supplier's own, of an assigned case, any for a mediator."""
    if visitor.actor.audience is Audience.ASSESSOR:
        return assigned.load_action(visitor, action, action_id)
    return find(visitor, CorrectiveAction, action_id)


def read_action(visitor: Visitor, action: Action, action_id: uuid.UUID) -> Any:
    """A corrective action to read; for the steward in review, or while both sides cannot agree."""
    if action is Action.STEWARD_REVIEW_DECIDE:
        return steward.load_reviewed_action(visitor, action, action_id)
    if action is Action.STEWARD_ACTION_MEDIATE:
        return steward.load_stuck_action(visitor, action, action_id)
    return load_action(visitor, action, action_id)


def load_assignment(visitor: Visitor, action: Action, assignment_id: uuid.UUID) -> Any:
    """A live assignment of the visitor's firm; any for the steward."""
    if visitor.actor.audience is Audience.ASSESSOR:
        return assigned.load_assignment(visitor, action, assignment_id)
    return steward.load_assignment(visitor, action, assignment_id)


def load_document(visitor: Visitor, _action: Action, evidence_id: uuid.UUID) -> Document:
    """A document of the own vault."""
    return find(visitor, Document, evidence_id)


def load_own_version(visitor: Visitor, _action: Action, evidence_id: uuid.UUID) -> DocumentVersion:
    """A version of the own vault by its id, or the newest of a document by the document's."""
    version = db.session.scalars(
        select(DocumentVersion).where(
            DocumentVersion.id == evidence_id, visible_to(visitor.actor, DocumentVersion)
        )
    ).first()
    return version or find(visitor, Document, evidence_id).latest


def load_bytes(
    visitor: Visitor, action: Action, evidence_id: uuid.UUID
) -> DocumentVersion | AssignedThing | GrantedVersion | OnVersion | None:
    """The version that the visitor may have under this id: own, named in a case, or granted."""
    match visitor.actor.audience:
        case Audience.SUPPLIER:
            return load_own_version(visitor, action, evidence_id)
        case Audience.BUYER:
            return shared.load_granted(visitor, action, evidence_id)
        case Audience.STEWARD:
            return steward.load_version(visitor, action, evidence_id)
    return assigned.load_version(visitor, action, evidence_id)


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


def load_link(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str, evidence_id: uuid.UUID
) -> LinkedAnswer:
    """A question of an own assessment, and a document of the own vault."""
    on = load_answer(visitor, action, assessment_id, question)
    return LinkedAnswer(on.sheet, on.place, find(visitor, Document, evidence_id))


@dataclass(frozen=True)
class Proof:
    """A corrective action of one's own, and a document of the own vault that shows it was done."""

    action: CorrectiveAction
    version: DocumentVersion

    @property
    def organization_id(self) -> uuid.UUID:
        """Whose it is, for policy."""
        return self.action.organization_id


def load_proof(visitor: Visitor, action: Action, action_id: uuid.UUID, evidence_id: uuid.UUID) -> Proof:
    """An own action, and a document or version of the own vault."""
    return Proof(find(visitor, CorrectiveAction, action_id), load_own_version(visitor, action, evidence_id))


def unwrapped(thing: Any) -> Any:
    """The thing itself, whichever way it was reached."""
    return thing.thing if isinstance(thing, AssignedThing) else thing


def no_such(kind: str, key: str, questionnaire: Any) -> NotFound:
    """A 404 that says which key is not in which version: told only to who may read the assessment."""
    return NotFound(
        N_(
            "%(slug)s %(version)s has no %(kind)s %(key)s; see "
            "/api/v1/questionnaires/%(slug)s/versions/%(version)s.",
            slug=questionnaire.slug, version=questionnaire.version, kind=kind, key=repr(key[:40]),
        )
    )  # fmt: skip
