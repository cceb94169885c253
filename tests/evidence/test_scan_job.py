"""The scan job, run by the drain: released once, held when there is no verdict, repeated without harm."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from assessments.audit.events import AuditEvent, EventKind
from assessments.evidence.documents import (
    Document,
    DocumentVersion,
    ScanVerdict,
    VersionState,
    upload_document,
)
from assessments.outbox import JobState, OutboxJob
from assessments.parties import Actor, Organization
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.jobs import drain, registry
from plumbline.jobs.desk import Desk, open_desk
from plumbline.jobs.evidence import keep_evidence
from plumbline.jobs.handlers.scan_evidence import scan_evidence
from plumbline.settings import Settings, from_environment
from tests.evidence import corpus
from tests.support import servers
from tests.support.processes import free_port
from tests.support.real_servers import Clamd

LIMIT = 50 * 1024 * 1024
AT = datetime(2026, 1, 1, tzinfo=UTC)


def settings(tmp_path: Path, clamd_url: str = "") -> Settings:
    return from_environment(
        {
            "PLUMBLINE_SECRET_KEY": "only-for-tests-0123456789-abcdefghij",
            "PLUMBLINE_VAR": str(tmp_path),
            "PLUMBLINE_CLAMD_URL": clamd_url,
        }
    )


@pytest.fixture
def desk_for(engine: Engine, tmp_path: Path) -> Callable[[str], Desk]:
    registry.load()
    return lambda clamd_url: open_desk(settings(tmp_path, clamd_url), engine)


@pytest.fixture
def upload(
    session: Session, supplier: Organization, contributor: Actor, tmp_path: Path
) -> Callable[[bytes, str], DocumentVersion]:
    def make(raw: bytes, name: str = "permit.pdf") -> DocumentVersion:
        file = receive(open_store(settings(tmp_path)), io.BytesIO(raw), name, limit=LIMIT)
        document = upload_document(session, supplier.id, "Permit", file, by=contributor, at=AT)
        session.commit()
        return document.latest

    return make


def infected_workbook() -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts["xl/media/image1.png"] = servers.harmless_malware()

    return corpus.changed_workbook(change)


def scans(session: Session) -> int:
    count = select(func.count()).where(AuditEvent.kind == EventKind.EVIDENCE_SCANNED)
    return session.scalar(count) or 0


def state_of(session: Session, version: DocumentVersion) -> VersionState:
    session.refresh(version)
    session.commit()  # or SQLite would keep the writer out
    return version.state


def again(session: Session) -> None:
    """Put the job back as if its worker had been lost after it took effect."""
    session.execute(update(OutboxJob).values(state=JobState.WAITING, done_at=None, due_at=AT))
    session.commit()


def the_job(session: Session) -> OutboxJob:
    return session.scalars(select(OutboxJob).execution_options(populate_existing=True)).one()


def test_a_clean_file_is_released_once(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd
) -> None:
    raw = corpus.pdf(filler=500_000)
    version = upload(raw)
    desk = desk_for(clamd.url)

    assert drain.drain(desk) == 1
    session.refresh(version)

    assert (version.state, version.scan_verdict) == (VersionState.RELEASED, ScanVerdict.CLEAN)
    assert version.storage_key == f"released/{version.organization_id.hex}/{version.sha256}"
    assert b"".join(open_store(desk.settings).read(version.storage_key)) == raw
    assert the_job(session).state is JobState.DONE
    again(session)
    assert drain.drain(desk) == 1
    assert scans(session) == 1, "the second time it finds it released"


def test_a_file_with_malware_is_refused_and_stays_where_it_is(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd
) -> None:
    version = upload(infected_workbook(), "figures.xlsx")

    drain.drain(desk_for(clamd.url))
    session.refresh(version)

    assert (version.state, version.scan_verdict) == (VersionState.REFUSED, ScanVerdict.INFECTED)
    assert "Eicar" in (version.scan_note or "")
    assert version.storage_key.startswith("quarantine/")
    assert scans(session) == 1


def test_without_a_scanner_it_stays_unscanned_and_the_job_is_done(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk]
) -> None:
    version = upload(corpus.pdf())

    drain.drain(desk_for(""))
    session.refresh(version)

    assert (version.state, version.scan_verdict) == (VersionState.QUARANTINED, ScanVerdict.NOT_SCANNED)
    assert the_job(session).state is JobState.DONE
    assert scans(session) == 0


def test_a_scanner_set_up_later_gets_what_was_waiting(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd
) -> None:
    version = upload(corpus.pdf())
    drain.drain(desk_for(""))
    keep_evidence(desk_for(""))
    assert drain.drain(desk_for("")) == 0, "without a scanner nothing is asked for"

    keep_evidence(desk_for(clamd.url))
    drain.drain(desk_for(clamd.url))
    session.refresh(version)

    assert version.state is VersionState.RELEASED


def test_while_the_scanner_is_away_it_stays_held_and_is_tried_again(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd
) -> None:
    version = upload(corpus.pdf())

    drain.drain(desk_for(f"tcp://127.0.0.1:{free_port()}"))
    session.refresh(version)
    job = the_job(session)

    assert (version.state, version.scan_verdict) == (VersionState.QUARANTINED, ScanVerdict.NOT_SCANNED)
    assert (job.state, job.attempts) == (JobState.WAITING, 1)
    assert "cannot be reached" in (job.last_error or "")
    again(session)
    drain.drain(desk_for(clamd.url))
    session.refresh(version)
    assert version.state is VersionState.RELEASED


def test_bytes_that_changed_in_quarantine_are_not_released(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd,
    tmp_path: Path,
) -> None:  # fmt: skip
    version = upload(corpus.pdf())
    path = tmp_path / "evidence" / version.storage_key
    path.write_bytes(path.read_bytes().replace(b"842", b"843"))

    drain.drain(desk_for(clamd.url))
    session.refresh(version)

    assert version.state is VersionState.QUARANTINED
    assert "Altered" in (the_job(session).last_error or "")
    assert not list((tmp_path / "evidence").glob("released/*/*"))


def test_released_bytes_without_their_commit_do_no_harm(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd
) -> None:
    version = upload(corpus.pdf())
    desk = desk_for(clamd.url)
    row = the_job(session)
    session.commit()
    job = registry.Job(row.id, row.kind, row.payload, attempt=1, asked_at=AT, at=AT, desk=desk)
    # Everything outside of the transaction happened, then the worker was killed.
    scan_evidence(job)
    assert state_of(session, version) is VersionState.QUARANTINED

    drain.drain(desk)

    assert state_of(session, version) is VersionState.RELEASED
    assert scans(session) == 1


def test_a_job_about_no_version_is_dead_at_once(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk]
) -> None:
    upload(corpus.pdf())
    session.execute(update(OutboxJob).values(payload={"version": "00000000-0000-0000-0000-000000000000"}))
    session.commit()

    drain.drain(desk_for(""))

    assert the_job(session).state is JobState.DEAD


def test_the_duty_sweeps_what_nobody_names_and_nothing_else(
    session: Session, upload: Callable[..., DocumentVersion], desk_for: Callable[[str], Desk], clamd: Clamd,
    tmp_path: Path,
) -> None:  # fmt: skip
    waiting = upload(corpus.pdf())
    desk = desk_for("")
    store = open_store(desk.settings)
    orphan = receive(store, io.BytesIO(corpus.pdf(2)), "permit.pdf", limit=LIMIT)
    young = receive(store, io.BytesIO(corpus.pdf(3)), "permit.pdf", limit=LIMIT)
    long_ago = time.time() - timedelta(hours=25).total_seconds()
    for key in (waiting.storage_key, orphan.storage_key):
        os.utime(tmp_path / "evidence" / key, (long_ago, long_ago))

    keep_evidence(desk)

    assert not store.exists(orphan.storage_key)
    assert store.exists(waiting.storage_key)
    assert store.exists(young.storage_key)
    staged = waiting.storage_key
    drain.drain(desk_for(clamd.url))
    keep_evidence(desk)
    session.refresh(waiting)
    assert not store.exists(staged), "its released copy has the row now"
    assert store.exists(waiting.storage_key)
    assert session.scalar(select(func.count()).select_from(Document)) == 1
