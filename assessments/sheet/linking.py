"""Evidence linked to answers: one document to any number of answers, while an answer can be written."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assessments.assessment import AnswerEvidence, Assessment
from assessments.audit.events import EventKind, record
from assessments.evidence.documents import Document
from assessments.parties import Actor, check_supplier
from assessments.questionnaire.model import Question
from assessments.sentences import N_
from assessments.sheet.contents import AnswerSheet, check_open
from assessments.workflow import Refused, WrongState


def link_evidence(
    session: Session, sheet: AnswerSheet, key: str, document: Document, *, by: Actor, at: datetime
) -> bool:
    """Link a document of the supplier's vault to the answer to ``key``; False when it was linked already.

    An answer to a company question is the company's, so its evidence is seen from every site. Raises
    UnknownQuestion; WrongActor unless ``by`` acts for the supplier; WrongState when the answer is frozen or
    not asked; Refused when the document lies in another vault.
    """
    question = _writable(session, sheet, key, by=by)
    if document.organization_id != sheet.organization_id:
        raise Refused("This document is not in your vault.", "Upload it first.", places=(key,))
    home = sheet.home_of(question)
    if session.get(AnswerEvidence, (home, key, document.id)) is not None:
        return False
    session.add(
        AnswerEvidence(
            assessment_id=home,
            question=key,
            document_id=document.id,
            organization_id=sheet.organization_id,
            linked_at=at,
            linked_by=by.person_id,
        )
    )
    _record(session, EventKind.EVIDENCE_LINKED, sheet, home, key, document.id, by=by, at=at)
    return True


def unlink_evidence(
    session: Session, sheet: AnswerSheet, key: str, document_id: uuid.UUID, *, by: Actor, at: datetime
) -> bool:
    """Take a document off the answer to ``key``; it stays in the vault. False when it was not linked.

    Raises what ``link_evidence`` raises.
    """
    question = _writable(session, sheet, key, by=by)
    home = sheet.home_of(question)
    removed = session.execute(
        delete(AnswerEvidence)
        .where(
            AnswerEvidence.assessment_id == home,
            AnswerEvidence.question == key,
            AnswerEvidence.document_id == document_id,
        )
        .returning(AnswerEvidence.document_id)
    ).first()
    if removed is None:
        return False
    _record(session, EventKind.EVIDENCE_UNLINKED, sheet, home, key, document_id, by=by, at=at)
    return True


def _writable(session: Session, sheet: AnswerSheet, key: str, *, by: Actor) -> Question:
    """Return the question if its answer may be changed now, holding the assessment until the commit."""
    question = sheet.questionnaire.question(key)
    check_supplier(by, sheet.organization_id, message="Only the supplier links evidence to its answers.")
    frozen = N_("This answer is frozen since the assessment was submitted, and its evidence with it.")
    check_open(sheet, key, frozen=frozen)
    # A submission at the same moment takes its snapshot either before or after this link, never beside it; a
    # round that moved meanwhile may ask this elsewhere or no more.
    held = session.scalars(
        select(Assessment.id)
        .where(
            Assessment.id == sheet.assessment_id,
            Assessment.state == sheet.state,
            Assessment.revision == sheet.revision,
        )
        .with_for_update(read=True)
    ).first()
    if held is None:
        raise WrongState("The assessment moved on meanwhile.", "Open the question again.", places=(key,))
    return question


def _record(
    session: Session,
    kind: EventKind,
    sheet: AnswerSheet,
    home: uuid.UUID,
    key: str,
    document_id: uuid.UUID,
    *,
    by: Actor,
    at: datetime,
) -> None:
    record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="assessment",
        subject_id=home,
        organization_id=sheet.organization_id,
        data={"question": key, "document": str(document_id)},
    )
