"""The checker: compares what clients noted with database, store and letters, and names each violation.

It promises (security-reliability N1, N2, N4, N5): an acknowledged revision is there with its value; a request
without an answer is wholly there or wholly absent; nothing stands that nobody asked for; every job is done,
its effect there once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Answer, AnswerRevision
from assessments.audit.events import AuditEvent, EventKind
from assessments.evidence.documents import Document, DocumentVersion, VersionState
from assessments.outbox import JobKind, JobState, OutboxJob
from plumbline.documents.store import Store, StoreFault
from tests.faults.ledger import Ledger, Outcome

RECIPIENTS = 2  # Jana and Petr get each letter of these campaigns


@dataclass(frozen=True)
class Row:
    """An answer or one of its revisions."""

    home: uuid.UUID
    question: str
    revision: int
    state: str
    parts: Any
    note: str | None


@dataclass
class Found:
    """What stood there at the end. ``scans`` and ``sent`` count audit rows; ``letters`` are ids that left."""

    heads: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    saves: list[tuple[uuid.UUID, str, int, str]] = field(default_factory=list)
    jobs: list[OutboxJob] = field(default_factory=list)
    versions: list[tuple[str, DocumentVersion]] = field(default_factory=list)
    digests: dict[uuid.UUID, str] = field(default_factory=dict)
    scans: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    letters: Set[str] = frozenset()


def look(session: Session, store: Store, letters: Set[str]) -> Found:
    """Read everything that the checker compares; ``letters`` are the ids under which letters left."""
    found = Found(letters=letters)
    found.heads = [_row(one) for one in session.scalars(select(Answer))]
    found.revisions = [_row(one) for one in session.scalars(select(AnswerRevision))]
    for event in session.scalars(select(AuditEvent)):
        data = event.data
        if event.kind is EventKind.ANSWER_SAVED and event.subject_id is not None:
            found.saves.append((event.subject_id, data["question"], data["revision"], data["state"]))
        elif event.kind is EventKind.EVIDENCE_SCANNED:
            found.scans[str(event.subject_id)] += 1
        elif event.kind is EventKind.LETTER_SENT:
            found.sent[data["job"]] += 1
    found.jobs = list(session.scalars(select(OutboxJob)))
    pairs = session.execute(select(Document.title, DocumentVersion).join(DocumentVersion.document))
    found.versions = [(title, version) for title, version in pairs]
    for _title, version in found.versions:
        try:
            with store.read(version.storage_key) as content:
                found.digests[version.id] = hashlib.sha256(b"".join(content)).hexdigest()
        except StoreFault as fault:
            found.digests[version.id] = f"unreadable: {fault}"
    return found


def _row(one: Answer | AnswerRevision) -> Row:
    return Row(one.assessment_id, one.question, one.revision, one.state.value, one.parts, one.note)


def check(ledger: Ledger, found: Found) -> list[str]:
    """Return every violation, one line each; none when nothing was lost, halved, invented or doubled."""
    return [*_saves(ledger, found), *_halves(found), *_uploads(ledger, found), *_jobs(ledger, found)]


def _saves(ledger: Ledger, found: Found) -> Iterator[str]:
    by_place = {(row.question, row.revision): row for row in found.revisions}
    by_value: dict[str, list[Row]] = defaultdict(list)
    for row in found.revisions:
        by_value[row.note or ""].append(row)
    for intent in ledger.of("save", Outcome.ACKNOWLEDGED):
        stands = by_place.get((intent.place, int(intent.got)))
        if stands is None:
            yield f"lost: {intent.value} was acknowledged as {intent.place} revision {intent.got}"
        elif stands.note != intent.value:
            yield f"changed: {intent.place} revision {intent.got} holds {stands.note}, not {intent.value}"
    for intent in ledger.of("save", Outcome.REFUSED):
        if intent.value in by_value:
            yield f"refused and yet there: {intent.value}"
    asked = {intent.value: intent for intent in ledger.of("save")}
    for value, rows in by_value.items():
        if len(rows) > 1:
            yield f"twice: {value} stands in revisions {sorted(row.revision for row in rows)}"
        wanted = asked.get(value)
        if wanted is None:
            yield f"invented: {value!r} in {rows[0].question} revision {rows[0].revision}"
        elif (wanted.place, wanted.seen + 1) != (rows[0].question, rows[0].revision):
            yield f"overwritten: {value} was based on {wanted.seen} and became {rows[0].revision}"


def _halves(found: Found) -> Iterator[str]:
    history: dict[tuple[uuid.UUID, str], list[Row]] = defaultdict(list)
    for row in found.revisions:
        history[row.home, row.question].append(row)
    heads = {(row.home, row.question): row for row in found.heads}
    for place in history.keys() | heads.keys():
        rows = sorted(history[place], key=lambda row: row.revision)
        if [row.revision for row in rows] != list(range(1, len(rows) + 1)):
            yield f"gap: the revisions of {place[1]} are {[row.revision for row in rows]}"
        if place not in heads or not rows or heads[place] != rows[-1]:
            yield f"half: {place[1]} does not stand as its last revision says"
    told = Counter(found.saves)
    for row in found.revisions:
        told[row.home, row.question, row.revision, row.state] -= 1
    for (_home, question, revision, _state), surplus in told.items():
        if surplus:
            yield f"trail: {question} revision {revision} has {surplus + 1} audit rows"


def _uploads(ledger: Ledger, found: Found) -> Iterator[str]:
    by_title: dict[str, list[DocumentVersion]] = defaultdict(list)
    for title, version in found.versions:
        by_title[title].append(version)
    asked = {intent.value: intent for intent in ledger.of("upload")}
    for intent in ledger.of("upload", Outcome.ACKNOWLEDGED):
        if intent.value not in by_title:
            yield f"lost: the document {intent.value} was acknowledged"
    scans = Counter(job.payload["version"] for job in found.jobs if job.kind is JobKind.SCAN_EVIDENCE)
    for title, versions in by_title.items():
        wanted = asked.get(title)
        if wanted is None or len(versions) > 1:
            yield f"invented: {len(versions)} versions of the document {title}"
            continue
        [version] = versions
        if found.digests[version.id] != wanted.sha256 or version.sha256 != wanted.sha256:
            yield f"bytes: those of {title} are {found.digests[version.id]}, not {wanted.sha256}"
        if scans[str(version.id)] != 1:
            yield f"job: {scans[str(version.id)]} scans were asked for {title}"
        if version.state is not VersionState.RELEASED or found.scans[str(version.id)] != 1:
            yield f"effect: {title} is {version.state}, released {found.scans[str(version.id)]} times"


def _jobs(ledger: Ledger, found: Found) -> Iterator[str]:
    ids = {str(job.id) for job in found.jobs}
    shares = Counter(job.payload.get("mark") for job in found.jobs if "person_id" in job.payload)
    for intent in ledger.of("letter", Outcome.ACKNOWLEDGED):
        if intent.got not in ids:
            yield f"job: {intent.value} was recorded as {intent.got} and is gone"
        if shares[intent.value] != RECIPIENTS:
            yield f"effect: {intent.value} became {shares[intent.value]} letters"
    letters = {
        str(job.id) for job in found.jobs if job.kind is JobKind.SEND_LETTER and "person_id" in job.payload
    }
    for job in found.jobs:
        if job.state is not JobState.DONE and not (job.key or "").startswith("schedule/"):
            yield f"job: {job.kind} {job.id} is {job.state} after {job.attempts} tries: {job.last_error}"
    for job_id in sorted(letters):
        if found.sent[job_id] != 1:
            yield f"effect: letter {job_id} was noted as sent {found.sent[job_id]} times"
    for job_id in sorted(letters ^ found.letters):
        yield f"letter: {job_id} {'never left' if job_id in letters else 'left without a job'}"
