"""What an assessor reaches, always together with the assignment it is reached through.

Whether the assignment's phase and the declaration let the assessor in is policy's answer (``AssignedThing``).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, select
from werkzeug.exceptions import NotFound

from assessments.actions.action import ActionEvidence, CorrectiveAction
from assessments.assessment import Assessment
from assessments.evidence.documents import DocumentVersion
from assessments.overviews.workbench import SeenCase, read_case
from assessments.policy import Action, AssignedThing
from assessments.questionnaire.model import Question, Topic
from assessments.sheet.snapshot import pinned_versions
from assessments.verification.assignment import Assignment, Independence, Phase, questionnaire_for
from assessments.verification.finding import Finding
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor
from plumbline.loading import place_in
from plumbline.reading_language import as_read

Place = TypeVar("Place", Topic, Question)


def load_assignment(visitor: Visitor, _action: Action, assignment_id: uuid.UUID) -> AssignedThing:
    """A live assignment of the visitor's firm, with whatever the visitor declared on it."""
    return _reached(visitor, select(Assignment).where(Assignment.id == assignment_id))


def load_assessment(visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> AssignedThing:
    """An assessment assigned to the visitor's firm."""
    return _reached(
        visitor,
        select(Assessment)
        .join(Assignment, Assignment.assessment_id == Assessment.id)
        .where(Assessment.id == assessment_id),
    )


@dataclass(frozen=True)
class OnCase(Generic[Place]):
    """A topic or question of an assigned assessment."""

    assessment: Assessment
    place: Place


@dataclass(frozen=True)
class OnVersion:
    """A document version as it is met in a case, by an assessor or by the steward."""

    assessment: Assessment
    version: DocumentVersion


def load_topic(visitor: Visitor, action: Action, assessment_id: uuid.UUID, topic: str) -> AssignedThing:
    """A topic of an assessment assigned to the visitor's firm."""
    reached = load_assessment(visitor, action, assessment_id)
    place = place_in(as_read(questionnaire_for(db.session(), reached.thing)).topic, topic)
    return replace(reached, thing=OnCase(reached.thing, place))


def load_question(visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str) -> AssignedThing:
    """A question of an assessment assigned to the visitor's firm."""
    reached = load_assessment(visitor, action, assessment_id)
    place = place_in(as_read(questionnaire_for(db.session(), reached.thing)).question, question)
    return replace(reached, thing=OnCase(reached.thing, place))


def load_finding(visitor: Visitor, _action: Action, finding_id: uuid.UUID) -> AssignedThing:
    """A finding of an assigned assessment; in a follow-up only what is open or looked at again."""
    reached = _reached(
        visitor,
        select(Finding)
        .join(Assignment, Assignment.assessment_id == Finding.assessment_id)
        .where(Finding.id == finding_id),
    )
    if reached.phase is Phase.FOLLOW_UP and not reached.thing.is_followed:
        raise NotFound
    return reached


def load_action(visitor: Visitor, _action: Action, action_id: uuid.UUID) -> AssignedThing:
    """A corrective action of an assigned assessment."""
    return _reached(
        visitor,
        select(CorrectiveAction)
        .join(Assignment, Assignment.assessment_id == CorrectiveAction.assessment_id)
        .where(CorrectiveAction.id == action_id),
    )


def load_evidence(
    visitor: Visitor, _action: Action, assessment_id: uuid.UUID, version_id: uuid.UUID
) -> AssignedThing:
    """A document version that the submission, a finding or an action of this assessment names.

    In a follow-up only closure evidence and what an open finding rests on.
    """
    reached = _reached(
        visitor,
        select(DocumentVersion, Assessment)
        .join(Assessment, Assessment.organization_id == DocumentVersion.organization_id)
        .join(Assignment, Assignment.assessment_id == Assessment.id)
        .where(Assessment.id == assessment_id, DocumentVersion.id == version_id),
    )
    version, assessment = reached.thing, db.session.get_one(Assessment, assessment_id)
    closure = db.session.scalars(
        select(ActionEvidence)
        .join(CorrectiveAction, CorrectiveAction.id == ActionEvidence.action_id)
        .where(ActionEvidence.version_id == version.id, CorrectiveAction.assessment_id == assessment.id)
    ).first()
    named = closure is not None or _behind_finding(assessment.id, version.id, reached.phase)
    if not named and reached.phase is Phase.VERIFICATION:
        named = version.id in pinned_versions(db.session(), assessment.id)
    if not named:
        raise NotFound
    return replace(reached, thing=OnVersion(assessment, version))


def load_version(visitor: Visitor, action: Action, version_id: uuid.UUID) -> AssignedThing:
    """A document version that one of the firm's live cases names, the case assigned last first."""
    cases = db.session.scalars(
        select(Assignment.assessment_id)
        .join(Assessment, Assessment.id == Assignment.assessment_id)
        .join(DocumentVersion, DocumentVersion.organization_id == Assessment.organization_id)
        .where(
            DocumentVersion.id == version_id,
            Assignment.firm_id == visitor.organization_id,
            Assignment.ended_at.is_(None),
        )
        .order_by(Assignment.assigned_at.desc())
    ).all()
    undeclared: AssignedThing | None = None
    for assessment_id in cases:
        try:
            reached = load_evidence(visitor, action, assessment_id, version_id)
        except NotFound:
            continue
        if reached.accepted and reached.declared:
            return reached
        undeclared = undeclared or reached
    if undeclared is None:
        raise NotFound
    return undeclared


def case_of(visitor: Visitor, assessment: Assessment) -> SeenCase:
    """Read the case with the firm's own notes; NotFound when nothing was handed in."""
    try:
        return read_case(db.session(), assessment, firm_id=visitor.organization_id, tell=as_read)
    except LookupError:
        raise NotFound from None


def _behind_finding(assessment_id: uuid.UUID, version_id: uuid.UUID, phase: Phase) -> bool:
    findings = db.session.scalars(select(Finding).where(Finding.assessment_id == assessment_id))
    return any(
        str(version_id) == str(named.get("version_id"))
        for finding in findings
        if phase is Phase.VERIFICATION or finding.is_followed
        for named in finding.evidence
    )


def _reached(visitor: Visitor, statement: Select[*tuple[Any, ...]]) -> AssignedThing:
    """Run ``statement`` over live assignments of the visitor's firm; one statement with the declaration."""
    row = db.session.execute(
        statement.add_columns(Assignment, Independence.no_ties)
        .outerjoin(
            Independence,
            and_(Independence.assignment_id == Assignment.id, Independence.person_id == visitor.person_id),
        )
        .where(Assignment.firm_id == visitor.organization_id, Assignment.ended_at.is_(None))
        .order_by(Assignment.assigned_at.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound
    assignment: Assignment = row.Assignment
    return AssignedThing(
        thing=row[0],
        firm_id=assignment.firm_id,
        phase=assignment.phase,
        accepted=assignment.accepted_at is not None,
        declared=row.no_ties is True,
    )
