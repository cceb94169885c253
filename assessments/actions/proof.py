"""Evidence of the supplier's vault attached to a corrective action, as proof that it was done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from assessments.actions.action import (
    SETTLED,
    ActionEvidence,
    ActionState,
    CorrectiveAction,
    record_action,
)
from assessments.assessment import AssessmentState
from assessments.audit.events import EventKind
from assessments.evidence.documents import DocumentVersion
from assessments.parties import Actor, check_supplier
from assessments.questionnaire.model import Grade
from assessments.sentences import N_, CodeWord
from assessments.workflow import Refused, WrongState

ENDED = frozenset({AssessmentState.WITHDRAWN, AssessmentState.REVOKED})
"""States of an assessment in which nobody works on its plan any more."""


def attach_evidence(
    session: Session,
    action: CorrectiveAction,
    version: DocumentVersion,
    note: str,
    *,
    by: Actor,
    at: datetime,
) -> ActionEvidence:
    """Attach a version of the supplier's own evidence to an action; attached twice it stays as it was.

    Raises WrongActor unless ``by`` acts for the action's supplier, Refused when the version lies in another
    vault, WrongState when the action is not agreed or is settled, or its assessment has ended (a stopped one
    goes on for critical findings alone).
    """
    check_supplier(by, action.organization_id, message="The supplier attaches evidence to its own actions.")
    if version.organization_id != action.organization_id:
        raise Refused("This evidence is not in your vault.", "Upload it first.", places=("evidence",))
    if action.state in SETTLED or action.state in {ActionState.PROPOSED, ActionState.RETURNED}:
        raise WrongState("Evidence is attached to an action that is agreed and not yet closed.", "")
    finding = action.finding
    state = finding.assessment.state
    if state in ENDED or (state is AssessmentState.STOPPED and finding.grade is not Grade.CRITICAL):
        raise WrongState(
            N_("The assessment of this action is %(state)s.", state=CodeWord(state)),
            "After a stop only what protects people from a critical finding goes on.",
        )
    present = session.get(ActionEvidence, (action.id, version.id))
    if present is not None:
        return present
    row = ActionEvidence(
        action_id=action.id,
        version_id=version.id,
        organization_id=action.organization_id,
        note=note.strip() or None,
        submitted_at=at,
        submitted_by=by.person_id,
    )
    action.evidence.append(row)
    record_action(session, EventKind.ACTION_EVIDENCE_ATTACHED, action, by=by, at=at)
    return row
