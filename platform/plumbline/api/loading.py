"""Loaders of the interface: one address, and for each audience the way on which it reaches the thing.

What the visitor's tenant and policy do not show does not exist here. Assessors reach everything through a
live assignment of their firm; whether its phase and the declaration let them is policy's answer.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, select
from werkzeug.exceptions import NotFound

from assessments.assessment import Assessment, AssessmentState
from assessments.corrective_action import CorrectiveAction
from assessments.finding import NEEDS_ACTION, Finding, FindingState
from assessments.parties import Audience
from assessments.policy import Action, AssignedThing
from assessments.questionnaire.model import Question, Topic, UnknownQuestion
from assessments.sheet import AnswerSheet
from assessments.verification import Assignment, Independence, Phase, questionnaire_for
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor
from plumbline.loading import OnSheet, find, load_own_sheet


def load_answer(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str
) -> OnSheet[Question]:
    """A question of the visitor's own assessment; one that the version does not have is named as such."""
    sheet = load_own_sheet(visitor, action, assessment_id)
    try:
        return OnSheet(sheet, sheet.questionnaire.question(question))
    except UnknownQuestion:
        raise no_such("question", question, sheet.questionnaire) from None


def load_assessment(visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> Any:
    """An assessment: the supplier's own, one assigned to the firm, or any for the steward."""
    if visitor.actor.audience is Audience.ASSESSOR:
        return reached(
            visitor,
            select(Assessment)
            .join(Assignment, Assignment.assessment_id == Assessment.id)
            .where(Assessment.id == assessment_id),
        )
    found = find(visitor, Assessment, assessment_id)
    if visitor.actor.audience is Audience.STEWARD and found.state is AssessmentState.DRAFT:
        raise NotFound
    return found


def load_answers(visitor: Visitor, action: Action, assessment_id: uuid.UUID) -> AnswerSheet | AssignedThing:
    """The supplier's own sheet; for an assessor the assessment, read as it was handed in."""
    if visitor.actor.audience is Audience.SUPPLIER:
        return load_own_sheet(visitor, action, assessment_id)
    found: AssignedThing = load_assessment(visitor, action, assessment_id)
    return found


def load_assignment(visitor: Visitor, _action: Action, assignment_id: uuid.UUID) -> AssignedThing:
    """A live assignment of the visitor's firm, with whatever the visitor declared on it."""
    return reached(visitor, select(Assignment).where(Assignment.id == assignment_id))


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
    assessment: Assessment = found.thing if isinstance(found, AssignedThing) else found
    questionnaire = questionnaire_for(db.session(), assessment)
    try:
        place = OnTopic(assessment, questionnaire.topic(topic))
    except UnknownQuestion:
        raise no_such("topic", topic, questionnaire) from None
    return replace(found, thing=place) if isinstance(found, AssignedThing) else place


FOLLOWED = frozenset({FindingState.OPEN, FindingState.CLOSED})
"""States of findings that a follow-up reaches: open, or closed and looked at again months later."""


def followed(finding: Finding) -> bool:
    """Whether a follow-up reaches this finding."""
    return finding.state in FOLLOWED and finding.grade in NEEDS_ACTION


def load_finding(visitor: Visitor, _action: Action, finding_id: uuid.UUID) -> Any:
    """A finding: shared with the supplier, of an assigned case (follow-up: open ones), any for appeal."""
    if visitor.actor.audience is not Audience.ASSESSOR:
        found = find(visitor, Finding, finding_id)
        if found.state is FindingState.DRAFT:
            raise NotFound
        return found
    case = reached(
        visitor,
        select(Finding)
        .join(Assignment, Assignment.assessment_id == Finding.assessment_id)
        .where(Finding.id == finding_id),
    )
    if case.phase is Phase.FOLLOW_UP and not followed(case.thing):
        raise NotFound
    return case


def load_action(visitor: Visitor, _action: Action, action_id: uuid.UUID) -> Any:
    """A corrective action: the supplier's own, of an assigned case, any for a mediator."""
    if visitor.actor.audience is not Audience.ASSESSOR:
        return find(visitor, CorrectiveAction, action_id)
    return reached(
        visitor,
        select(CorrectiveAction)
        .join(Assignment, Assignment.assessment_id == CorrectiveAction.assessment_id)
        .where(CorrectiveAction.id == action_id),
    )


def reached(visitor: Visitor, statement: Select[*tuple[Any, ...]]) -> AssignedThing:
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


def unwrapped(thing: Any) -> Any:
    """The thing itself, whichever way it was reached."""
    return thing.thing if isinstance(thing, AssignedThing) else thing


def no_such(kind: str, key: str, questionnaire: Any) -> NotFound:
    """A 404 that says which key is not in which version: told only to who may read the assessment."""
    return NotFound(
        f"{questionnaire.slug} {questionnaire.version} has no {kind} {key[:40]!r}; see "
        f"/api/v1/questionnaires/{questionnaire.slug}/versions/{questionnaire.version}."
    )
