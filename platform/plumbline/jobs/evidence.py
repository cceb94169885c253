"""The recurring duty about evidence: sweep bytes that no row names, ask again for scans that never came."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from assessments.evidence.quarantine import ask_scans_again, referenced_keys
from plumbline import logs
from plumbline.documents import open_store
from plumbline.documents.store import ORPHANS_KEPT_HOURS
from plumbline.jobs.desk import Desk, now

log = logs.logger(__name__)


def keep_evidence(desk: Desk) -> None:
    """Do both; where a scanner is set, versions without verdict and without a job get one (a new scanner).

    Raises StoreFault when the store does not answer; nothing is removed that a row names.
    """
    if desk.settings.clamd is not None:
        with desk.sessions() as session:
            asked = ask_scans_again(session, at=now(session))
        if asked:
            log.info("scans_asked_again", versions=asked)
    with desk.reading() as session:
        before = now(session) - timedelta(hours=ORPHANS_KEPT_HOURS)

    def referenced(keys: Collection[str]) -> set[str]:
        # A transaction each time: a slow listing must not hold one open.
        with desk.reading() as session:
            return referenced_keys(session, keys)

    removed = open_store(desk.settings).sweep(referenced, before=before)
    log.info("evidence_swept", removed=removed)
