"""Documents in the vault: uploaded, versioned, dated, moved through quarantine, held or readable."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assessments.audit.events import AuditEvent, EventKind
from assessments.base import new_id
from assessments.evidence.documents import (
    VERSION_MOVES,
    Document,
    DocumentVersion,
    EvidenceDates,
    EvidenceRefused,
    ScanVerdict,
    StoredFile,
    Unscanned,
    VersionState,
    readable,
    upload_document,
)
from assessments.evidence.quarantine import ask_scans_again, referenced_keys
from assessments.outbox import JobKind, JobState, OutboxJob
from assessments.parties import SYSTEM, Actor, Audience, Organization, Role
from assessments.workflow import Invalid, WrongActor, WrongState

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def stored(mark: str = "a") -> StoredFile:
    return StoredFile("permit.pdf", "application/pdf", 1234, mark * 64, f"quarantine/{uuid.uuid4().hex}")


def events(session: Session) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).order_by(AuditEvent.seq)))


@pytest.fixture
def document(session: Session, supplier: Organization, contributor: Actor) -> Document:
    made = upload_document(session, supplier.id, "Discharge permit", stored(), by=contributor, at=AT)
    session.commit()
    return made


def test_an_upload_is_rows_event_and_scan_job_in_one_transaction(
    session: Session, supplier: Organization, contributor: Actor
) -> None:
    file = stored()
    dates = EvidenceDates(date(2025, 1, 1), date(2025, 12, 31), date(2026, 2, 1), date(2028, 1, 31))

    made = upload_document(
        session, supplier.id, "  Discharge\n permit ", file, by=contributor, at=AT, dates=dates
    )
    session.commit()
    session.expunge_all()

    document = session.get_one(Document, made.id)
    assert (document.title, document.created_by) == ("Discharge permit", contributor.person_id)
    version = document.latest
    assert (version.number, version.size, version.sha256) == (1, 1234, "a" * 64)
    assert (version.state, version.scan_verdict) == (VersionState.QUARANTINED, ScanVerdict.NOT_SCANNED)
    assert version.dates == dates
    assert version.is_unscanned
    [event] = events(session)
    assert (event.kind, event.subject_id) == (EventKind.EVIDENCE_UPLOADED, version.id)
    assert (event.actor_id, event.organization_id) == (contributor.person_id, supplier.id)
    assert event.data["sha256"] == "a" * 64
    [job] = session.scalars(select(OutboxJob))
    assert (job.kind, job.payload) == (JobKind.SCAN_EVIDENCE, {"version": str(version.id)})


def test_an_upload_that_is_not_committed_never_was(
    session: Session, supplier: Organization, contributor: Actor
) -> None:
    upload_document(session, supplier.id, "Permit", stored(), by=contributor, at=AT)
    session.rollback()

    for table in (Document, DocumentVersion, AuditEvent, OutboxJob):
        assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("role", [role for role in Role if role.audience is not Audience.SUPPLIER])
def test_nobody_else_uploads_into_a_vault(session: Session, supplier: Organization, role: Role) -> None:
    with pytest.raises(WrongActor):
        upload_document(
            session, supplier.id, "Permit", stored(), by=Actor(new_id(), supplier.id, role), at=AT
        )


def test_another_supplier_changes_nothing(document: Document) -> None:
    other = Actor(new_id(), new_id(), Role.SUPPLIER_ADMIN)
    version = document.latest

    for move in (
        lambda: document.add_version(stored("b"), by=other, at=AT),
        lambda: document.add_redacted_copy(version, stored("b"), by=other, at=AT),
        lambda: version.set_dates(EvidenceDates(), by=other, at=AT),
    ):
        with pytest.raises(WrongActor):
            move()
    assert [version.number for version in document.versions] == [1]


@pytest.mark.parametrize("title", ["", "  \n ", "x" * 201, "a\0b", "a\u202eb", "\ud800"])
def test_a_title_is_one_line_that_can_be_shown(
    session: Session, supplier: Organization, contributor: Actor, title: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        upload_document(session, supplier.id, title, stored(), by=contributor, at=AT)

    assert invalid.value.places == ("title",)


def test_a_new_version_is_the_latest_and_the_old_one_stays(
    session: Session, document: Document, contributor: Actor
) -> None:
    first = document.latest

    second = document.add_version(stored("b"), by=contributor, at=LATER)
    session.commit()
    session.expire_all()

    assert [version.number for version in document.versions] == [1, 2]
    assert document.latest.id == second.id
    assert first.sha256 == "a" * 64
    assert second.uploaded_at == LATER
    assert session.scalar(select(func.count()).select_from(OutboxJob)) == 2


def test_the_same_bytes_again_are_no_new_version(document: Document, contributor: Actor) -> None:
    with pytest.raises(EvidenceRefused, match="version 1"):
        document.add_version(stored("a"), by=contributor, at=LATER)

    assert len(document.versions) == 1


def test_a_redacted_copy_stands_beside_its_original(
    session: Session, document: Document, contributor: Actor
) -> None:
    original = document.latest
    original.set_dates(EvidenceDates(ends_on=date(2027, 1, 1)), by=contributor, at=AT)

    copy = document.add_redacted_copy(original, stored("b"), by=contributor, at=LATER)
    session.commit()

    assert copy.redacted_from == original.id
    assert copy.dates == original.dates
    assert document.latest is original, "drafts follow originals"
    assert events(session)[-1].data["redacted_from"] == str(original.id)
    with pytest.raises(EvidenceRefused):
        document.add_redacted_copy(copy, stored("c"), by=contributor, at=LATER)
    with pytest.raises(EvidenceRefused, match="byte for byte"):
        document.add_redacted_copy(original, stored("a"), by=contributor, at=LATER)


def test_a_redacted_copy_is_of_the_same_document(
    session: Session, supplier: Organization, document: Document, contributor: Actor
) -> None:
    other = upload_document(session, supplier.id, "Other", stored("b"), by=contributor, at=AT)

    with pytest.raises(EvidenceRefused):
        document.add_redacted_copy(other.latest, stored("c"), by=contributor, at=AT)


def test_two_uploads_at_once_take_two_numbers(
    engine: Engine, session: Session, document: Document, contributor: Actor
) -> None:
    with Session(engine) as other:
        same = other.get_one(Document, document.id)
        assert len(same.versions) == 1  # read before the other one was added
        other.rollback()
        document.add_version(stored("b"), by=contributor, at=AT)
        session.commit()
        added = same.add_version(stored("c"), by=contributor, at=AT)
        other.commit()
        assert added.number == 3


def test_dates_are_set_anew_and_told(session: Session, document: Document, contributor: Actor) -> None:
    version = document.latest

    version.set_dates(
        EvidenceDates(issued_on=date(2026, 1, 1), ends_on=date(2026, 6, 30)), by=contributor, at=LATER
    )
    session.commit()

    assert not version.has_lapsed(date(2026, 6, 30))
    assert version.has_lapsed(date(2026, 7, 1))
    event = events(session)[-1]
    assert event.kind is EventKind.EVIDENCE_DATED
    assert event.data["ends_on"] == "2026-06-30"
    assert event.data["period_from"] is None
    version.set_dates(EvidenceDates(), by=contributor, at=LATER)
    assert not version.has_lapsed(date(9999, 1, 1)), "without an end it never lapses"


@pytest.mark.parametrize(
    ("dates", "places"),
    [
        (EvidenceDates(period_from=date(2026, 2, 1), period_to=date(2026, 1, 31)), {"period_to"}),
        (EvidenceDates(issued_on=date(2026, 2, 1), ends_on=date(2026, 1, 31)), {"ends_on"}),
        (EvidenceDates(date(2026, 2, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 1)),
         {"period_to", "ends_on"}),
    ],
)  # fmt: skip
def test_dates_that_contradict_each_other_are_refused_by_name(
    document: Document, contributor: Actor, dates: EvidenceDates, places: set[str]
) -> None:
    with pytest.raises(Invalid) as invalid:
        document.latest.set_dates(dates, by=contributor, at=AT)

    assert set(invalid.value.places) == places
    assert document.latest.dates == EvidenceDates()


# --- quarantine ----------------------------------------------------------------------------------------


def release(version: DocumentVersion, **who: Any) -> None:
    version.release(f"released/{version.organization_id.hex}/{version.sha256}", **who)


def refuse(version: DocumentVersion, **who: Any) -> None:
    version.refuse("Eicar", **who)


def hold(version: DocumentVersion, **who: Any) -> None:
    version.hold("Heuristics.Encrypted.PDF", **who)


MOVES: dict[str, Callable[..., None]] = {"release": release, "refuse": refuse, "hold": hold}
OUTCOMES = {
    "release": (VersionState.RELEASED, ScanVerdict.CLEAN),
    "refuse": (VersionState.REFUSED, ScanVerdict.INFECTED),
    "hold": (VersionState.QUARANTINED, ScanVerdict.UNREADABLE),
}


def test_every_move_of_the_table_has_its_method() -> None:
    assert {move.name for move in VERSION_MOVES.moves} == set(MOVES)


@pytest.mark.parametrize("move", MOVES)
def test_a_verdict_writes_state_and_event(session: Session, document: Document, move: str) -> None:
    version = document.latest

    MOVES[move](version, by=SYSTEM, at=LATER)
    session.commit()
    session.expire_all()

    assert (version.state, version.scan_verdict) == OUTCOMES[move]
    assert version.scanned_at == LATER
    assert version.released_at == (LATER if move == "release" else None)
    assert version.storage_key.startswith("released/" if move == "release" else "quarantine/")
    assert version.is_unscanned == (move == "hold")
    event = events(session)[-1]
    assert event.kind is EventKind.EVIDENCE_SCANNED
    assert (event.data["state"], event.data["verdict"]) == tuple(map(str, OUTCOMES[move]))


@pytest.mark.parametrize("first", ["release", "refuse"])
@pytest.mark.parametrize("second", MOVES)
def test_out_of_quarantine_there_is_no_way_back(document: Document, first: str, second: str) -> None:
    MOVES[first](document.latest, by=SYSTEM, at=AT)

    with pytest.raises(WrongState):
        MOVES[second](document.latest, by=SYSTEM, at=LATER)

    assert (document.latest.state, document.latest.scan_verdict) == OUTCOMES[first]


def test_a_held_version_may_be_scanned_again(document: Document) -> None:
    hold(document.latest, by=SYSTEM, at=AT)
    release(document.latest, by=SYSTEM, at=LATER)

    assert document.latest.state is VersionState.RELEASED


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_only_the_platform_moves_a_file_through_quarantine(
    session: Session, document: Document, move: str, role: Role
) -> None:
    before = len(events(session))

    with pytest.raises(WrongActor):
        MOVES[move](document.latest, by=Actor(new_id(), document.organization_id, role), at=AT)

    assert document.latest.state is VersionState.QUARANTINED
    assert len(events(session)) == before


def test_the_database_itself_releases_nothing_without_a_clean_verdict(
    session: Session, document: Document
) -> None:
    document.latest.state = VersionState.RELEASED
    document.latest.released_at = AT

    with pytest.raises(IntegrityError, match="released_clean"):
        session.flush()


HELD = {"quarantined": "not been scanned", "infected": "harmful", "unreadable": "could not look"}


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("unscanned", ["hold", "show"])
@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (VersionState.RELEASED, ScanVerdict.CLEAN),
        (VersionState.QUARANTINED, ScanVerdict.NOT_SCANNED),
        (VersionState.QUARANTINED, ScanVerdict.UNREADABLE),
        (VersionState.REFUSED, ScanVerdict.INFECTED),
    ],
)
def test_who_may_read_bytes(
    audience: Audience, unscanned: Unscanned, state: VersionState, verdict: ScanVerdict
) -> None:
    version = DocumentVersion(state=state, scan_verdict=verdict)

    reason = readable(version, audience, unscanned)

    if audience is Audience.SUPPLIER or state is VersionState.RELEASED:
        assert reason is None
    elif unscanned == "show" and verdict is ScanVerdict.NOT_SCANNED:
        assert reason is None
        assert version.is_unscanned, "shown under a banner"
        assert version.scan_verdict is ScanVerdict.NOT_SCANNED
    else:
        key = state.value if verdict is ScanVerdict.NOT_SCANNED else verdict.value
        assert reason is not None
        assert HELD[key] in reason


def test_scans_are_asked_for_again_where_none_is_on_its_way(
    session: Session, document: Document, contributor: Actor
) -> None:
    second = document.add_version(stored("b"), by=contributor, at=AT)
    third = document.add_version(stored("c"), by=contributor, at=AT)
    release(third, by=SYSTEM, at=AT)
    assert ask_scans_again(session, at=LATER) == 0, "their jobs are waiting"
    for job in session.scalars(select(OutboxJob)):
        if job.payload["version"] != str(second.id):
            job.state, job.done_at = JobState.DONE, AT

    assert ask_scans_again(session, at=LATER) == 1
    session.commit()

    waiting = session.scalars(select(OutboxJob).where(OutboxJob.state == JobState.WAITING)).all()
    assert sorted(job.payload["version"] for job in waiting) == sorted(
        [str(document.versions[0].id), str(second.id)]
    )


def test_of_many_keys_those_with_a_row_are_told(session: Session, document: Document) -> None:
    key = document.latest.storage_key

    assert referenced_keys(session, [key, "quarantine/" + "f" * 32]) == {key}
    assert referenced_keys(session, []) == set()
