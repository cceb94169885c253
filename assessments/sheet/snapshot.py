"""Submitting: what the supplier hands over is frozen, hashed, and never changed by what is answered later."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import ASSESSMENT_MOVES, Assessment, NotReady, Snapshot, record_event
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.canonical import canonical_json, digest
from assessments.outbox import LetterKind, letter
from assessments.parties import SUPPLIER_ADMIN, Actor, check_supplier
from assessments.sentences import N_, Sentence
from assessments.sheet.certificates import frozen_certificates
from assessments.sheet.contents import AnswerSheet, LinkedEvidence
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from assessments.workflow import Invalid, Refused

FORMAT = "plumbline-snapshot/1"
STATEMENT_FORM = "plumbline-statement/1"
"""The form of the public statement agreed to (DESIGN.md 3, Public); other words get another number."""


def submit(
    session: Session, assessment_id: uuid.UUID, *, agrees_to_public_statement: bool, by: Actor, at: datetime
) -> Snapshot:
    """Hand a site's assessment over: freeze everything asked and answered, move, tell, in one transaction.

    Raises NotReady whose ``places`` are the keys of questions that still need something, each with what to
    do; WrongState or WrongActor when it cannot be submitted now or by this person; Invalid without the
    agreement to the form of the public statement; Refused for the company's own assessment (its answers go
    with each site's); NoSuchAssessment where the tenant sees none. The agreement stands in the snapshot and
    in the event.
    """
    assessment = _locked(session, assessment_id)
    if assessment.site_id is None:
        raise Refused(
            "The company's answers are not submitted by themselves.",
            "Submit the assessment of a site; it takes the company's answers with it.",
        )
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    ASSESSMENT_MOVES.move("submit", assessment.state, by.role)
    session.flush()
    sheet = read_sheet(session, assessment_id)
    still_open = sheet.open_questions()
    if still_open:
        raise NotReady(
            N_("1 question still needs an answer.")
            if len(still_open) == 1
            else N_("%(count)s questions still need an answer.", count=len(still_open)),
            "Answer each, or say why it has no answer.",
            places={key: what_is_missing(sheet, key) for key in still_open},
        )
    if not agrees_to_public_statement:
        raise Invalid(
            "Handing in agrees to the form of the public statement.",
            {"agrees_to_public_statement": N_("agree to it, or do not hand in yet")},
        )
    assessment.move("submit", by=by, at=at)
    assessment.submitted_at = at
    agreement = {"form": STATEMENT_FORM, "agreed_at": instant(at), "by": by.role.function}
    snapshot = _freeze(session, sheet, agreement, number=1, by=by, at=at)
    record_event(
        session, EventKind.ASSESSMENT_SUBMITTED, assessment, by=by, at=at, snapshot=1,
        sha256=snapshot.sha256, statement_form=STATEMENT_FORM,
    )  # fmt: skip
    letter(session, LetterKind.ASSESSMENT_SUBMITTED, {"assessment_id": assessment.id}, at=at)
    return snapshot


def what_is_missing(sheet: AnswerSheet, key: str) -> Sentence:
    """What the supplier can do about a question that is still open."""
    if sheet.waits(key):
        return N_("Read the answer that was carried over, and confirm or change it.")
    if sheet.state_of(key) is AnswerState.INCOMPLETE:
        return N_("Fill in the parts that are still missing, or say why the question has no answer.")
    return N_("Answer it, or say why it has no answer.")


def freeze_again(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> Snapshot:
    """Freeze the sheet once more, under the next number, when a clarification ends.

    What is still open is named in the snapshot and stops nothing: the time may simply be over.
    """
    _locked(session, assessment.id)
    session.flush()
    last = latest_snapshot(session, assessment.id)
    agreement = frozen(last)["public_statement"] if last else None
    number = last.number + 1 if last else 1
    sheet = read_sheet(session, assessment.id)
    return _freeze(session, sheet, agreement, number=number, by=by, at=at)


def latest_snapshot(session: Session, assessment_id: uuid.UUID) -> Snapshot | None:
    """Return what was submitted last, if anything was."""
    return session.scalars(
        select(Snapshot)
        .where(Snapshot.assessment_id == assessment_id)
        .order_by(Snapshot.number.desc())
        .limit(1)
    ).first()


def frozen(snapshot: Snapshot) -> dict[str, Any]:
    """Return the content of a snapshot as data; see ``_content`` for its shape."""
    content: dict[str, Any] = json.loads(snapshot.content)
    return content


def pinned_versions(session: Session, assessment_id: uuid.UUID) -> set[uuid.UUID]:
    """Ids of the document versions that any submission of this assessment pinned; one statement.

    A link that the supplier takes away later changes none of it.
    """
    contents = session.scalars(select(Snapshot.content).where(Snapshot.assessment_id == assessment_id))
    return {uuid.UUID(pin["version_id"]) for content in contents for pin in json.loads(content)["evidence"]}


def _locked(session: Session, assessment_id: uuid.UUID) -> Assessment:
    # The row stays locked until the commit: a save that began before waits, and then finds the state changed.
    return session.scalars(
        select(Assessment)
        .where(Assessment.id == assessment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _freeze(
    session: Session,
    sheet: AnswerSheet,
    agreement: Mapping[str, Any] | None,
    *,
    number: int,
    by: Actor,
    at: datetime,
) -> Snapshot:
    content = {**_content(sheet, number, at), "public_statement": agreement}
    snapshot = Snapshot(
        id=new_id(),
        assessment_id=sheet.assessment_id,
        organization_id=sheet.organization_id,
        number=number,
        content=canonical_json(content).decode(),
        sha256=digest(content),
        taken_at=at,
        taken_by=by.person_id,
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def _content(sheet: AnswerSheet, number: int, at: datetime) -> dict[str, Any]:
    """What is frozen: only questions that are asked; company answers by the revision they had."""
    questionnaire, reasons = sheet.questionnaire, sheet.applicability
    answers = []
    for key in reasons.asked:
        answer, question = sheet.answer(key), questionnaire.question(key)
        answers.append(
            {
                "question": key,
                "topic": question.topic,
                "level": question.level.value,
                "assessment_id": str(answer.assessment_id),
                "state": answer.state.value,
                "parts": plain(answer.parts),
                "reason": answer.reason,
                "note": answer.note,
                "revision": answer.revision,
                "evidence": [str(linked.version_id) for linked in sheet.evidence.get(key, ())],
            }
        )
    return {
        "format": FORMAT,
        "assessment_id": str(sheet.assessment_id),
        "number": number,
        "taken_at": instant(at),
        "cycle": sheet.cycle_label,
        "questionnaire": {
            "slug": questionnaire.slug,
            "version": questionnaire.version,
            "title": questionnaire.title,
            "sha256": sheet.version_sha256,
        },
        "organization": plain(sheet.organization),
        "site": plain(sheet.site or {}),
        "asked": dict(reasons.asked.items()),
        "not_asked": dict(reasons.not_asked.items()),
        "answers": answers,
        "evidence": [_evidence(linked) for linked in _each_once(sheet)],
        "self_declared": dict(sheet.self_levels),
        "open": sheet.open_questions(),
        **frozen_certificates(sheet, at.date()),
    }


def _each_once(sheet: AnswerSheet) -> list[LinkedEvidence]:
    asked = sheet.applicability.asked
    found = {
        linked.version_id: linked for key, links in sheet.evidence.items() if key in asked for linked in links
    }
    return sorted(found.values(), key=lambda linked: linked.version_id)


def _evidence(linked: LinkedEvidence) -> dict[str, Any]:
    return {
        "version_id": str(linked.version_id),
        "document_id": str(linked.document_id),
        "title": linked.title,
        "file_name": linked.file_name,
        "media_type": linked.media_type,
        "size": linked.size,
        "sha256": linked.sha256,
        "ends_on": linked.ends_on.isoformat() if linked.ends_on else None,
    }


def instant(at: datetime | None) -> str | None:
    """Write an instant as it is signed: UTC, microseconds, Z (RFC 3339)."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: Any) -> Any:
    """Return ``value`` in the types that canonical JSON has; decimals become text (DESIGN.md 3)."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return value
