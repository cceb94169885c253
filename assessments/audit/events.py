"""The audit trail: one append-only row with its own hash in the business transaction (DESIGN.md 3).

Rows are never updated; a sealer closes what is committed into Merkle seals (``assessments.audit.sealing``).
"""

import enum
import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Identity, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.base import Base, new_id
from assessments.canonical import canonical_json
from assessments.parties import Actor


class EventKind(enum.StrEnum):
    """What happened, in the past tense. A member without a template in templates/events/ fails a test."""

    ORGANIZATION_DESCRIBED = "organization_described"
    SITE_DESCRIBED = "site_described"
    MEMBER_ADDED = "member_added"
    MEMBER_ACCEPTED = "member_accepted"
    MEMBER_ENDED = "member_ended"
    IDENTIFIERS_CONFIRMED = "identifiers_confirmed"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    PASSWORD_SET = "password_set"  # noqa: S105  an event, not a secret
    TOKEN_CREATED = "token_created"  # noqa: S105  an event, not a secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    TERMS_PUBLISHED = "terms_published"
    QUESTIONNAIRE_DRAFTED = "questionnaire_drafted"
    QUESTIONNAIRE_DRAFT_PUT_AWAY = "questionnaire_draft_put_away"
    QUESTIONNAIRE_DRAFT_TAKEN_UP = "questionnaire_draft_taken_up"
    QUESTIONNAIRE_DRAFT_CHANGED = "questionnaire_draft_changed"
    QUESTIONNAIRE_PUBLISHED = "questionnaire_published"
    ASSESSMENT_OPENED = "assessment_opened"
    VERSION_MOVED = "version_moved"
    VERSION_MOVED_BACK = "version_moved_back"
    ANSWERS_TAKEN_OVER = "answers_taken_over"
    ANSWER_SAVED = "answer_saved"
    FILE_TAKEN_OVER = "file_taken_over"
    FILE_TAKEN_BACK = "file_taken_back"
    MATURITY_DECLARED = "maturity_declared"
    EVIDENCE_UPLOADED = "evidence_uploaded"
    EVIDENCE_DATED = "evidence_dated"
    EVIDENCE_SCANNED = "evidence_scanned"
    EVIDENCE_LINKED = "evidence_linked"
    EVIDENCE_UNLINKED = "evidence_unlinked"
    ASSESSMENT_SUBMITTED = "assessment_submitted"
    ASSESSMENT_WITHDRAWN = "assessment_withdrawn"
    ASSESSMENT_STOPPED = "assessment_stopped"
    ASSIGNMENT_MADE = "assignment_made"
    ASSIGNMENT_ACCEPTED = "assignment_accepted"
    ASSIGNMENT_ENDED = "assignment_ended"
    INDEPENDENCE_DECLARED = "independence_declared"
    MATURITY_VERIFIED = "maturity_verified"
    ANSWER_VERIFIED = "answer_verified"
    CLARIFICATION_ASKED = "clarification_asked"
    CLARIFICATION_ANSWERED = "clarification_answered"
    FINDING_DRAFTED = "finding_drafted"
    FINDING_REVISED = "finding_revised"
    FINDING_DELETED = "finding_deleted"
    FINDING_SHARED = "finding_shared"
    FINDING_COMMENTED = "finding_commented"
    FINDING_DISPUTED = "finding_disputed"
    FINDING_UPHELD = "finding_upheld"
    FINDING_AMENDED = "finding_amended"
    FINDING_DISMISSED = "finding_dismissed"
    FINDING_OPENED = "finding_opened"
    FINDING_CLOSED = "finding_closed"
    FACT_CHECK_STARTED = "fact_check_started"
    FACT_CHECK_EXTENDED = "fact_check_extended"
    FACT_CHECK_ENDED = "fact_check_ended"
    CORRECTION_WINDOW_CHOSEN = "correction_window_chosen"
    PUBLICATION_CHOSEN = "publication_chosen"
    REVIEW_STARTED = "review_started"
    REVIEW_RETURNED = "review_returned"
    ACTION_PROPOSED = "action_proposed"
    ACTION_REVISED = "action_revised"
    ACTION_RETURNED = "action_returned"
    ACTION_AGREED = "action_agreed"
    ACTION_DISAGREED = "action_disagreed"
    ACTION_STARTED = "action_started"
    ACTION_EVIDENCE_ATTACHED = "action_evidence_attached"
    ACTION_EVIDENCE_SUBMITTED = "action_evidence_submitted"
    ACTION_SENT_BACK = "action_sent_back"
    ACTION_CLOSED = "action_closed"
    ACTION_FOUND_EFFECTIVE = "action_found_effective"
    ACTION_REOPENED = "action_reopened"
    ACTION_DROPPED = "action_dropped"
    ACTION_REMARKED = "action_remarked"
    ACTION_DATE_ASKED = "action_date_asked"
    ACTION_DATE_GRANTED = "action_date_granted"
    ACTION_DATE_REFUSED = "action_date_refused"
    RESULT_PUBLISHED = "result_published"
    RESULT_EXPIRED = "result_expired"
    RESULT_SUPERSEDED = "result_superseded"
    RESULT_CORRECTED = "result_corrected"
    RESULT_REVOKED = "result_revoked"
    REQUEST_SENT = "request_sent"
    REQUEST_GRANTED = "request_granted"
    REQUEST_DECLINED = "request_declined"
    REQUEST_LAPSED = "request_lapsed"
    REQUEST_WITHDRAWN = "request_withdrawn"
    DISCLOSURE_GRANTED = "disclosure_granted"
    DISCLOSURE_REVOKED = "disclosure_revoked"
    ASK_ADDED = "ask_added"
    ASK_CHANGED = "ask_changed"
    ASK_REMOVED = "ask_removed"
    ASK_UNDONE = "ask_undone"
    ASK_LOOKED_AT = "ask_looked_at"
    LETTER_SENT = "letter_sent"
    JOB_RUN_AGAIN = "job_run_again"


class AuditEvent(Base):
    """One thing that happened. ``organization_id`` owns the subject; names of people stay outside.

    ``seq`` orders rows within a seal; ``position`` is what seals are bounded by: on PostgreSQL the
    transaction id (commit order is not id order, security-reliability 6.2), on SQLite empty, where
    writers are serial and ``seq`` serves.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_position", "position"),
        Index("ix_audit_event_subject", "subject_id", "seq"),
        Index("ix_audit_event_organization", "organization_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=False), primary_key=True
    )
    id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_id)
    at: Mapped[datetime]
    kind: Mapped[EventKind]
    actor_id: Mapped[uuid.UUID | None]
    actor_organization_id: Mapped[uuid.UUID | None]
    actor_function: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    organization_id: Mapped[uuid.UUID | None]
    data: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(doc="SHA-256 over the row's canonical bytes, hex")
    # FetchedValue: left out of the insert, so that the database fills it in; the ORM would write NULL.
    position: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())


class AuditSeal(Base):
    """A Merkle root over a run of committed rows, chained to the seal before and signed (Ed25519)."""

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    era: Mapped[int] = mapped_column(default=1)
    # Rows with lower <= position < upper (seq on SQLite) and seq >= first_seq belong to this seal.
    lower: Mapped[int] = mapped_column(BigInteger)
    upper: Mapped[int] = mapped_column(BigInteger)
    first_seq: Mapped[int] = mapped_column(BigInteger, default=0, doc="where the rows of this era begin")
    count: Mapped[int]
    root: Mapped[str]
    members: Mapped[str] = mapped_column(doc="digest over the sorted row hashes: tells order from change")
    previous: Mapped[str]
    hash: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    sealed_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(Text)


def event_values(
    kind: EventKind,
    *,
    by: Actor,
    at: datetime,
    subject_type: str,
    subject_id: uuid.UUID,
    organization_id: uuid.UUID | None,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the column values of an event, own hash included, for a written insert.

    ``data`` holds ids, states and counts, never answers' content or names. Raises NotCanonical.
    """
    values: dict[str, Any] = {
        "id": new_id(),
        "at": at.astimezone(UTC),
        "kind": kind,
        "actor_id": by.person_id,
        "actor_organization_id": by.organization_id,
        "actor_function": by.role.function,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "organization_id": organization_id,
        "data": dict(data or {}),
    }
    values["hash"] = row_hash(values)
    return values


def row_hash(values: Mapping[str, Any]) -> str:
    """Return the hash of an event row: SHA-256 over length-prefixed fields in fixed order.

    Times are UTC microseconds; the actor's person id is hashed in, the name never was.
    """
    at: datetime = values["at"]
    fields = [
        str(values["id"]),
        at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        str(values["kind"]),
        str(values["actor_id"] or ""),
        str(values["actor_organization_id"] or ""),
        str(values["actor_function"]),
        str(values["subject_type"]),
        str(values["subject_id"]),
        str(values["organization_id"] or ""),
        canonical_json(values["data"]).decode(),
    ]
    hasher = hashlib.sha256()
    for field in fields:
        encoded = field.encode()
        hasher.update(len(encoded).to_bytes(4, "big"))
        hasher.update(encoded)
    return hasher.hexdigest()


def record(
    session: Session,
    kind: EventKind,
    *,
    by: Actor,
    at: datetime,
    subject_type: str,
    subject_id: uuid.UUID,
    organization_id: uuid.UUID | None,
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one event in the caller's transaction; if it cannot be written, nothing is."""
    event = AuditEvent(
        **event_values(
            kind,
            by=by,
            at=at,
            subject_type=subject_type,
            subject_id=subject_id,
            organization_id=organization_id,
            data=data,
        )
    )
    session.add(event)
    return event


# The server fills `position` on PostgreSQL; migrations set the same default.
POSITION_DEFAULT = text("(pg_current_xact_id()::text::bigint)")
