"""Draft findings: written down, revised and taken back while nobody but the firm has seen them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.parties import Actor
from assessments.questionnaire.model import FindingKind, Grade
from assessments.sheet.snapshot import pinned_versions
from assessments.verification.assignment import check_verifying
from assessments.verification.finding import Finding, FindingState, check_words, numbered, record_finding
from assessments.workflow import Refused, WrongState


def draft_finding(
    session: Session,
    assessment: Assessment,
    *,
    topic: str,
    questions: Sequence[str],
    grade: Grade,
    kind: FindingKind,
    statement: str,
    first_step: str | None,
    references: Iterable[str],
    evidence: Sequence[dict[str, Any]],
    by: Actor,
    at: datetime,
) -> Finding:
    """Write down what was seen.

    Raises WrongActor and WrongState as ``assignment.check_verifying`` does; Refused when the statement is
    empty, a critical finding has no first step that protects people, or it rests on what was not handed in.
    """
    check_verifying(session, assessment, by=by)
    check_words(statement, grade, first_step)
    _check_evidence(session, assessment, evidence)
    number = _next_number(session, assessment.id, topic)
    finding = Finding(
        id=new_id(),
        assessment=assessment,
        organization_id=assessment.organization_id,
        number=number,
        topic=topic,
        questions=list(questions),
        grade=grade,
        kind=kind,
        statement=statement.strip(),
        first_step=(first_step or "").strip() or None,
        references=list(references),
        evidence=list(evidence),
        state=FindingState.DRAFT,
        drafted_at=at,
        drafted_by=by.person_id,
    )
    session.add(finding)
    session.flush()
    record_finding(session, EventKind.FINDING_DRAFTED, finding, by=by, at=at)
    return finding


def revise_finding(
    session: Session, finding: Finding, changes: dict[str, Any], *, by: Actor, at: datetime
) -> None:
    """Change a draft finding's own fields. Once shared it changes only through ``decide``."""
    check_verifying(session, finding.assessment, by=by)
    if finding.state is not FindingState.DRAFT:
        raise WrongState("A shared finding is not rewritten.", "It changes by reply, dispute and decision.")
    allowed = {"topic", "questions", "grade", "kind", "statement", "first_step", "references", "evidence"}
    unknown = set(changes) - allowed
    if unknown:
        raise Refused("These fields cannot be changed.", "Leave them out.", places=sorted(unknown))
    check_words(
        changes.get("statement", finding.statement),
        changes.get("grade", finding.grade),
        changes.get("first_step", finding.first_step),
    )
    _check_evidence(session, finding.assessment, changes.get("evidence", ()))
    if changes.get("topic", finding.topic) != finding.topic:
        finding.number = _next_number(session, finding.assessment_id, changes["topic"])
    for name, value in changes.items():
        setattr(finding, name, value)
    finding.revision += 1
    record_finding(session, EventKind.FINDING_REVISED, finding, by=by, at=at)


def delete_finding(session: Session, finding: Finding, *, by: Actor, at: datetime) -> None:
    """Take a draft back before anybody else saw it; its number is not used again while later ones stand."""
    check_verifying(session, finding.assessment, by=by)
    if finding.state is not FindingState.DRAFT:
        raise WrongState("A shared finding is not deleted.", "It changes by reply, dispute and decision.")
    record_finding(session, EventKind.FINDING_DELETED, finding, by=by, at=at)
    session.delete(finding)


def _next_number(session: Session, assessment_id: uuid.UUID, topic: str) -> str:
    # Two who draft at once get one number after the other.
    session.execute(select(Assessment.id).where(Assessment.id == assessment_id).with_for_update())
    taken = select(Finding.number).where(Finding.assessment_id == assessment_id)
    return numbered(topic, session.scalars(taken))


def _check_evidence(session: Session, assessment: Assessment, evidence: Sequence[dict[str, Any]]) -> None:
    """What a finding names becomes readable through it, so it names only what the supplier handed in."""
    named = {str(each["version_id"]) for each in evidence}
    if named and not named <= {str(one) for one in pinned_versions(session, assessment.id)}:
        raise Refused("Evidence that was not handed in.", "Name what you were shown.", places=("evidence",))
