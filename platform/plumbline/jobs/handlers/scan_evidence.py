"""Scan one evidence version and move it out of quarantine, or say why it stays.

Safe to repeat: a version that has left quarantine is left alone, and releasing the same bytes twice gives
the same key. The quarantined copy stays for a day after the release, so that whoever read the row a moment
before still finds its bytes; the sweep removes it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator

from sqlalchemy.orm import Session

from assessments.evidence.documents import DocumentVersion, ScanVerdict, VersionState
from assessments.outbox import JobKind
from assessments.parties import SYSTEM
from plumbline import logs
from plumbline.documents import open_scanner, open_store
from plumbline.documents.scanner import Scanned, VirusScanner
from plumbline.documents.store import Staged, Store, altered
from plumbline.jobs.desk import now
from plumbline.jobs.registry import Hopeless, Job, Settle, outside

log = logs.logger(__name__)


@outside(JobKind.SCAN_EVIDENCE)
def scan_evidence(job: Job) -> Settle:
    """Scan the version that the payload names (``{"version": id}``) and return the move it makes.

    Raises ScannerUnavailable and StoreFault, for which the job is tried again; until then, and after the
    last try, the version stays held. Without a scanner set, nothing changes.
    """
    version_id = uuid.UUID(job.payload["version"])
    with job.desk.reading() as session:
        version = session.get(DocumentVersion, version_id)
        if version is None:
            raise Hopeless(f"there is no evidence version {version_id}")
        if version.state is not VersionState.QUARANTINED:
            return _nothing
        staged = Staged(version.storage_key, version.size, version.sha256)
        supplier = version.organization_id
    store = open_store(job.desk.settings)
    scanned = scan(store, open_scanner(job.desk.settings), staged)
    log.info("evidence_scanned", version=str(version_id), verdict=scanned.verdict.value, note=scanned.note)
    if scanned.verdict is ScanVerdict.NOT_SCANNED:
        return _nothing
    key = store.release(staged, supplier) if scanned.verdict is ScanVerdict.CLEAN else ""

    def settle(session: Session) -> None:
        version = session.get_one(DocumentVersion, version_id, with_for_update=True)
        if version.state is not VersionState.QUARANTINED:
            return  # another worker with the same job was faster
        at = now(session)
        if scanned.verdict is ScanVerdict.CLEAN:
            version.release(key, by=SYSTEM, at=at, note=scanned.note)
        elif scanned.verdict is ScanVerdict.INFECTED:
            version.refuse(scanned.note, by=SYSTEM, at=at)
        else:
            version.hold(scanned.note, by=SYSTEM, at=at)

    return settle


def scan(store: Store, scanner: VirusScanner, staged: Staged) -> Scanned:
    """Return the verdict over exactly the bytes that were recorded; raise Altered when they are others."""
    hasher = hashlib.sha256()

    def hashed(chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            hasher.update(chunk)
            yield chunk

    with store.read(staged.key) as content:
        scanned = scanner.scan(hashed(content))
    if scanned.verdict is ScanVerdict.CLEAN and hasher.hexdigest() != staged.sha256:
        raise altered(staged.key)
    return scanned


def _nothing(_session: Session) -> None:
    """Settle a job that has nothing to change."""
