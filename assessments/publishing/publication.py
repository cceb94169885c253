"""Publishing: a cycle becomes a numbered, signed result, and everybody who may see it sees it at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.assessment import ASSESSMENT_MOVES, Assessment, AssessmentState, record_event
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.canonical import canonical_json
from assessments.outbox import AT_ONCE, LetterKind, letter
from assessments.parties import SUPPLIER_ADMIN, SYSTEM, Accreditation, Actor, Organization, check_supplier
from assessments.publishing.content import Material, compile_parts, compile_whole
from assessments.result import Result, ResultPart, Signer, envelope
from assessments.sharing.following import check_notice, tell_followers
from assessments.sharing.projection import hold_site, project_assessment
from assessments.sheet.reading import questionnaire_of
from assessments.sheet.snapshot import frozen, latest_snapshot
from assessments.terms import add_months, terms_at
from assessments.verification.assignment import (
    AnswerVerification,
    Assignment,
    Basis,
    Phase,
    TopicMaturity,
    live_assignment,
)
from assessments.verification.fact_check import check_may_review
from assessments.verification.finding import FindingState, findings_of
from assessments.verification.firms import firm_wide
from assessments.workflow import Refused

STANDS = frozenset({AssessmentState.PUBLISHED, AssessmentState.CORRECTED, AssessmentState.EXPIRED})
"""States in which an earlier result of the site is superseded by a new one."""


def publish(session: Session, assessment: Assessment, signer: Signer, *, by: Actor, at: datetime) -> Result:
    """Publish a reviewed assessment as the steward's reviewer, who had no hand in it before.

    Result, parts, signature, states, events, letters and what buyers see change in the caller's
    transaction. Raises WrongState (also while the notice of who receives it runs), WrongActor
    (``fact_check.check_may_review``), Refused when nothing was verified.
    """
    ASSESSMENT_MOVES.move("publish", assessment.state, by.role)
    check_may_review(session, assessment, by=by)
    check_notice(session, assessment, at=at)
    material = material_of(session, assessment, live_assignment(session, assessment.id))
    if material.bases[-1] is Basis.SELF_DECLARED:
        raise Refused(
            "Nothing of this assessment was verified.",
            "Return it, so that the firm records how topics or answers were checked.",
        )
    result = _publish(session, material, signer, "publish", by=by, at=at)
    _follow_up(session, material, by=by, at=at)
    return result


def publish_self_declared(
    session: Session, assessment: Assessment, signer: Signer, *, by: Actor, at: datetime
) -> Result:
    """Publish a submitted assessment without an assessor, as the supplier's admin.

    It is labelled self-declared, not checked, wherever it shows. Raises WrongState and WrongActor.
    """
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    ASSESSMENT_MOVES.move("publish_self_declared", assessment.state, by.role)
    material = material_of(session, assessment, None)
    return _publish(session, material, signer, "publish_self_declared", by=by, at=at)


def expire_due(session: Session, *, at: datetime, most: int = AT_ONCE) -> int:
    """Move ``most`` of what is published and no longer valid to expired; return how many.

    Fewer than ``most``: no more is due. Twice does no harm.
    """
    newest = (
        select(Result.assessment_id, func.max(Result.valid_until).label("until"))
        .group_by(Result.assessment_id)
        .subquery()
    )
    due = session.scalars(
        select(Assessment)
        .join(newest, newest.c.assessment_id == Assessment.id)
        .where(
            Assessment.state.in_([AssessmentState.PUBLISHED, AssessmentState.CORRECTED]), newest.c.until <= at
        )
        # By site, as each is held until the transaction ends.
        .order_by(Assessment.site_id, Assessment.id)
        .limit(most)
    ).all()
    for assessment in due:
        _end(session, assessment, "expire", EventKind.RESULT_EXPIRED, at=at)
    return len(due)


def material_of(session: Session, assessment: Assessment, assignment: Assignment | None) -> Material:
    """Read everything a result of ``assessment`` is made of. Raises Refused without a submission."""
    snapshot = latest_snapshot(session, assessment.id)
    if snapshot is None:
        raise Refused("Nothing was submitted yet.", "Submit the assessment first.")
    questionnaire, _sha256 = questionnaire_of(session, assessment.cycle.version_id)
    checked: dict[str, list[AnswerVerification]] = {}
    firm = session.get(Organization, assignment.firm_id) if assignment else None
    if assignment is not None:
        rows = session.scalars(
            select(AnswerVerification)
            .where(AnswerVerification.assessment_id == assessment.id)
            .order_by(AnswerVerification.question, AnswerVerification.verified_at)
        )
        for row in rows:
            checked.setdefault(row.question, []).append(row)
    maturity = session.scalars(select(TopicMaturity).where(TopicMaturity.assessment_id == assessment.id))
    actions = session.scalars(
        select(CorrectiveAction)
        .where(CorrectiveAction.assessment_id == assessment.id)
        .order_by(CorrectiveAction.id)
    )
    return Material(
        assessment=assessment,
        questionnaire=questionnaire,
        snapshot=frozen(snapshot),
        snapshot_sha256=snapshot.sha256,
        maturity={row.topic: row for row in maturity},
        checked=checked,
        findings=findings_of(session, assessment.id),
        actions=list(actions),
        assignment=assignment,
        firm_name=firm.legal_name if firm else None,
        accreditation=_accreditation(session, assignment) if assignment else None,
    )


def _publish(
    session: Session, material: Material, signer: Signer, move: str, *, by: Actor, at: datetime
) -> Result:
    assessment = material.assessment
    assert assessment.site_id is not None, "only a site's assessment is ever submitted"  # noqa: S101
    hold_site(session, assessment.site_id)
    session.refresh(assessment, with_for_update=True)
    assessment.move(move, by=by, at=at)
    assessment.published_at = at
    last = session.scalar(select(func.max(Result.number)).where(Result.assessment_id == assessment.id))
    number, result_id, strongest = (last or 0) + 1, new_id(), material.bases[-1]
    valid_until = add_months(at, terms_at(session, at).valid_months(strongest.value))
    whole = compile_whole(material, result_id=str(result_id), number=number, at=at, valid_until=valid_until)
    sealed = envelope(whole, signer)
    result = Result(
        id=result_id,
        assessment_id=assessment.id,
        organization_id=assessment.organization_id,
        site_id=assessment.site_id,
        number=number,
        basis=strongest,
        worker_voice=material.worker_voice,
        content=canonical_json(whole).decode(),
        sha256=sealed["sha256"],
        signature=sealed["signature"],
        key_id=sealed["key_id"],
        published_at=at,
        valid_until=valid_until,
    )
    session.add(result)
    # The parts name their result by id, so that it stands before they are written.
    session.flush()
    parts = compile_parts(material, whole, sha256=result.sha256, key_id=result.key_id)
    session.add_all(
        ResultPart(
            result_id=result_id,
            layer=layer,
            topic=topic,
            assessment_id=assessment.id,
            organization_id=assessment.organization_id,
            site_id=assessment.site_id,
            published_at=at,
            content=content,
        )
        for layer, topic, content in parts
    )
    record_event(
        session, EventKind.RESULT_PUBLISHED, assessment, by=by, at=at, result_id=str(result_id),
        number=number, sha256=result.sha256, basis=strongest,
    )  # fmt: skip
    letter(session, LetterKind.RESULT_PUBLISHED, {"assessment_id": assessment.id}, at=at)
    tell_followers(session, assessment, at=at)
    for earlier in _earlier(session, assessment):
        _end(session, earlier, "supersede", EventKind.RESULT_SUPERSEDED, at=at)
    project_assessment(session, assessment.id, at=at)
    return result


def _end(session: Session, assessment: Assessment, move: str, kind: EventKind, *, at: datetime) -> None:
    assert assessment.site_id is not None, "only a site's assessment has a result"  # noqa: S101
    # The site is held before the assessment changes, in the order in which publishing holds them.
    with session.no_autoflush:
        hold_site(session, assessment.site_id)
    assessment.move(move, by=SYSTEM, at=at)
    record_event(session, kind, assessment, by=SYSTEM, at=at)
    project_assessment(session, assessment.id, at=at)


def _earlier(session: Session, assessment: Assessment) -> Iterable[Assessment]:
    return session.scalars(
        select(Assessment).where(
            Assessment.site_id == assessment.site_id,
            Assessment.id != assessment.id,
            Assessment.state.in_(STANDS),
        )
    ).all()


def _follow_up(session: Session, material: Material, *, by: Actor, at: datetime) -> None:
    """Turn the firm's assignment to what is open, or end it when nothing is."""
    assignment = material.assignment
    if assignment is None:
        return
    settled = {ActionState.EFFECTIVE, ActionState.DROPPED}
    if any(finding.state is FindingState.OPEN for finding in material.findings) or any(
        action.state not in settled for action in material.actions
    ):
        assignment.phase = Phase.FOLLOW_UP
        return
    assignment.ended_at = at
    record_event(session, EventKind.ASSIGNMENT_ENDED, material.assessment, by=by, at=at)


def _accreditation(session: Session, assignment: Assignment) -> str | None:
    """The number under which the firm assessed: the one that ran when it was assigned."""
    when: datetime = assignment.assigned_at
    return session.scalars(
        select(Accreditation.number)
        .where(
            Accreditation.firm_id == assignment.firm_id,
            firm_wide(),
            Accreditation.starts_at <= when,
            Accreditation.ends_at > when,
        )
        .order_by(Accreditation.ends_at.desc())
        .limit(1)
    ).first()


def result_of(session: Session, assessment_id: uuid.UUID) -> Result | None:
    """Return the newest result of an assessment, for its supplier and those who worked on it."""
    return session.scalars(
        select(Result).where(Result.assessment_id == assessment_id).order_by(Result.number.desc()).limit(1)
    ).first()
