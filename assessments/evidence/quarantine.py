"""What still waits in quarantine, and which stored bytes have a row: for the recurring duties."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.evidence.documents import DocumentVersion, ScanVerdict, VersionState
from assessments.outbox import JobKind, JobState, OutboxJob, later


def ask_scans_again(session: Session, *, at: datetime) -> int:
    """Ask for a scan of every version that never had a verdict and has no job open; return how many.

    For a scanner that was set up later, or mended after the job had used up its tries.
    """
    waiting = session.scalars(
        select(DocumentVersion.id).where(
            DocumentVersion.state == VersionState.QUARANTINED,
            DocumentVersion.scan_verdict == ScanVerdict.NOT_SCANNED,
        )
    ).all()
    open_jobs = session.scalars(
        select(OutboxJob.payload).where(
            OutboxJob.kind == JobKind.SCAN_EVIDENCE,
            OutboxJob.state.in_([JobState.WAITING, JobState.LEASED]),
        )
    )
    asked = {payload["version"] for payload in open_jobs}
    missing = [version_id for version_id in waiting if str(version_id) not in asked]
    for version_id in missing:
        later(session, JobKind.SCAN_EVIDENCE, {"version": str(version_id)}, at=at)
    return len(missing)


def referenced_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of ``keys`` that a version names, for the sweep of bytes that nobody does."""
    return set(
        session.scalars(select(DocumentVersion.storage_key).where(DocumentVersion.storage_key.in_(keys)))
    )
