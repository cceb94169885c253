"""Evidence: a document in the supplier's own vault, uploaded once, versioned, linked many times."""

import enum
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import Base, in_calendar, new_id
from assessments.outbox import JobKind, later
from assessments.parties import Actor, Audience, Role, check_supplier
from assessments.sentences import N_, CodeWord, Sentence
from assessments.workflow import Invalid, Move, Refused, Workflow, WrongActor

Unscanned = Literal["hold", "show"]
"""What other organizations get of files that no scanner looked at (PLUMBLINE_UNSCANNED_EVIDENCE)."""

LONGEST_TITLE = 200


class VersionState(enum.StrEnum):
    """Where the bytes of a version are: held apart, or released to whoever may read them."""

    QUARANTINED = "quarantined"
    RELEASED = "released"
    REFUSED = "refused"


class ScanVerdict(enum.StrEnum):
    """What the scanner said; only an explicit clean reply is ``clean``.

    ``unreadable``: it answered that it could not look at all of the file. The file stays held, and may be
    scanned again.
    """

    NOT_SCANNED = "not_scanned"
    CLEAN = "clean"
    INFECTED = "infected"
    UNREADABLE = "unreadable"


class Scanner(enum.StrEnum):
    """Who moves a version through quarantine."""

    PLATFORM = "platform"


VERSION_MOVES: Workflow[VersionState, Scanner] = Workflow(
    name="evidence version",
    initial=VersionState.QUARANTINED,
    moves=(
        Move(
            "release",
            frozenset({VersionState.QUARANTINED}),
            VersionState.RELEASED,
            frozenset({Scanner.PLATFORM}),
            "stored bytes read back, hashed, type proved, scan said clean",
        ),
        Move(
            "refuse",
            frozenset({VersionState.QUARANTINED}),
            VersionState.REFUSED,
            frozenset({Scanner.PLATFORM}),
            "the scan found something",
        ),
        Move(
            "hold",
            frozenset({VersionState.QUARANTINED}),
            VersionState.QUARANTINED,
            frozenset({Scanner.PLATFORM}),
            "the scanner could not look at all of it; it may be scanned again",
        ),
    ),
    final=frozenset({VersionState.RELEASED, VersionState.REFUSED}),
)


class EvidenceRefused(Refused):
    """A file cannot be taken: too large, empty, cut off, or of a type that is not on the list."""

    code = "evidence_refused"


@dataclass(frozen=True)
class StoredFile:
    """A file that the store holds in quarantine: durable, read back, hashed, its type proved.

    ``size`` is in bytes, ``sha256`` hex of the stored bytes, ``file_name`` for showing only.
    """

    file_name: str
    media_type: str
    size: int
    sha256: str
    storage_key: str


@dataclass(frozen=True)
class EvidenceDates:
    """What the supplier says about time: the period covered, the day of issue, the day it ends."""

    period_from: date | None = None
    period_to: date | None = None
    issued_on: date | None = None
    ends_on: date | None = None

    def check(self) -> None:
        """Raise Invalid, naming the fields, when an end lies before its beginning."""
        said = {name: day for name, day in vars(self).items() if day is not None}
        faults = {name: N_("Check the year.") for name, day in said.items() if not in_calendar(day)}
        if self.period_from and self.period_to and self.period_to < self.period_from:
            faults["period_to"] = N_("The period ends before it begins on %(day)s.", day=self.period_from)
        if self.issued_on and self.ends_on and self.ends_on < self.issued_on:
            faults["ends_on"] = N_("The document ends before it was issued on %(day)s.", day=self.issued_on)
        if faults:
            raise Invalid("The dates of this document contradict each other.", faults)


NO_DATES = EvidenceDates()


class Document(Base):
    """What the supplier calls the thing; its bytes are in versions."""

    __tablename__ = "document"
    __table_args__ = (Index(None, "organization_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    title: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None]

    versions: Mapped[list["DocumentVersion"]] = relationship(
        back_populates="document", order_by="DocumentVersion.number"
    )

    @property
    def latest(self) -> "DocumentVersion":
        """The newest original; a document is only ever made together with its first."""
        return [version for version in self.versions if version.redacted_from is None][-1]

    def add_version(
        self, file: StoredFile, *, by: Actor, at: datetime, dates: EvidenceDates = NO_DATES
    ) -> "DocumentVersion":
        """Add new bytes as the next version, in quarantine, and ask for their scan.

        Drafts follow the newest version; snapshots and results keep the one they pinned. Raises WrongActor,
        Invalid (dates), EvidenceRefused when the document already holds the very same bytes.
        """
        return self._add(file, None, dates, by=by, at=at)

    def add_redacted_copy(
        self, original: "DocumentVersion", file: StoredFile, *, by: Actor, at: datetime
    ) -> "DocumentVersion":
        """Add a copy of ``original`` with parts blacked out by the supplier; it keeps the original's dates.

        Raises WrongActor, and EvidenceRefused when ``original`` is another document's or itself a copy, or
        when the bytes are those of a version that is there: then nothing was blacked out.
        """
        if original.document_id != self.id or original.redacted_from is not None:
            raise EvidenceRefused(
                "A redacted copy is made from an original of the same document.",
                "Choose the version that the copy was made from.",
            )
        return self._add(file, original.id, original.dates, by=by, at=at)

    def _add(
        self,
        file: StoredFile,
        redacted_from: uuid.UUID | None,
        dates: EvidenceDates,
        *,
        by: Actor,
        at: datetime,
    ) -> "DocumentVersion":
        _owner(self.organization_id, by)
        dates.check()
        session = _session(self)
        # Two uploads at once take two numbers; SQLite has one writer anyway and ignores the lock.
        session.execute(select(Document.id).where(Document.id == self.id).with_for_update())
        session.refresh(self, ["versions"])
        for version in self.versions:
            if version.sha256 == file.sha256:
                raise EvidenceRefused(
                    N_("These are byte for byte the bytes of version %(number)s.", number=version.number),
                    "Nothing was added. Choose the changed file, or keep the version that is there.",
                )
        number = max((version.number for version in self.versions), default=0) + 1
        version = DocumentVersion(
            id=new_id(),
            organization_id=self.organization_id,
            number=number,
            redacted_from=redacted_from,
            state=VERSION_MOVES.initial,
            scan_verdict=ScanVerdict.NOT_SCANNED,
            uploaded_at=at,
            uploaded_by=by.person_id,
            **asdict(file),
            **asdict(dates),
        )
        self.versions.append(version)
        session.flush()
        _record(
            version,
            EventKind.EVIDENCE_UPLOADED,
            by=by,
            at=at,
            size=file.size,
            sha256=file.sha256,
            redacted_from=str(redacted_from) if redacted_from else None,
        )
        later(session, JobKind.SCAN_EVIDENCE, {"version": str(version.id)}, at=at, key=f"scan:{version.id}")
        return version


class DocumentVersion(Base):
    """One sequence of bytes under its digest. Never changed; a new file is a new version."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name="released_at"),
        CheckConstraint("state <> 'released' OR scan_verdict = 'clean'", name="released_clean"),
        CheckConstraint("scan_verdict = 'not_scanned' OR scanned_at IS NOT NULL", name="scanned_at"),
        CheckConstraint("period_to >= period_from", name="period"),
        Index(None, "organization_id", "sha256"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    number: Mapped[int]
    file_name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger, doc="bytes")
    sha256: Mapped[str] = mapped_column(doc="hex, computed from the stored bytes read back")
    storage_key: Mapped[str]
    state: Mapped[VersionState] = mapped_column(default=VersionState.QUARANTINED)
    scan_verdict: Mapped[ScanVerdict] = mapped_column(default=ScanVerdict.NOT_SCANNED)
    scan_note: Mapped[str | None]
    scanned_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    issued_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    # A redacted copy names the version it was made from; both are versions of the same document.
    redacted_from: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document_version.id"))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[uuid.UUID | None]

    document: Mapped[Document] = relationship(back_populates="versions")

    @property
    def dates(self) -> EvidenceDates:
        """What the supplier said about the time this version is about."""
        return EvidenceDates(self.period_from, self.period_to, self.issued_on, self.ends_on)

    def set_dates(self, dates: EvidenceDates, *, by: Actor, at: datetime) -> None:
        """Say anew what period the version covers, when it was issued and when it ends.

        The bytes stay; snapshots keep the dates that they pinned. Raises WrongActor and Invalid.
        """
        _owner(self.organization_id, by)
        dates.check()
        for name, value in asdict(dates).items():
            setattr(self, name, value)
        told = {name: value.isoformat() if value else None for name, value in asdict(dates).items()}
        _record(self, EventKind.EVIDENCE_DATED, by=by, at=at, **told)

    def has_lapsed(self, day: date) -> bool:
        """Whether the document had ended before ``day``; one without an end never lapses."""
        return self.ends_on is not None and self.ends_on < day

    @property
    def is_unscanned(self) -> bool:
        """Whether whoever is shown this version is to be shown the banner with it."""
        return self.state is VersionState.QUARANTINED

    def release(self, storage_key: str, *, by: Actor, at: datetime, note: str = "") -> None:
        """Move out of quarantine to ``storage_key``: the scan said clean of exactly these bytes."""
        self._scanned("release", ScanVerdict.CLEAN, note, by=by, at=at)
        self.storage_key = storage_key
        self.released_at = at
        _record(self, EventKind.EVIDENCE_SCANNED, by=by, at=at, verdict=self.scan_verdict.value)

    def refuse(self, note: str, *, by: Actor, at: datetime) -> None:
        """Keep from everybody else for good: the scan found something, named in ``note``."""
        self._scanned("refuse", ScanVerdict.INFECTED, note, by=by, at=at)
        _record(self, EventKind.EVIDENCE_SCANNED, by=by, at=at, verdict=self.scan_verdict.value)

    def hold(self, note: str, *, by: Actor, at: datetime) -> None:
        """Stay in quarantine: the scanner answered that it could not look at all of the file."""
        self._scanned("hold", ScanVerdict.UNREADABLE, note, by=by, at=at)
        _record(self, EventKind.EVIDENCE_SCANNED, by=by, at=at, verdict=self.scan_verdict.value)

    def _scanned(self, move: str, verdict: ScanVerdict, note: str, *, by: Actor, at: datetime) -> None:
        if by.role is not Role.SYSTEM:
            raise WrongActor(
                N_("As %(role)s you cannot move a file through quarantine.", role=CodeWord(by.role.function)),
                "The platform does so when the scanner has answered.",
            )
        self.state = VERSION_MOVES.move(move, self.state, Scanner.PLATFORM)
        self.scan_verdict = verdict
        self.scan_note = note or None
        self.scanned_at = at


def upload_document(
    session: Session,
    organization_id: uuid.UUID,
    title: str,
    file: StoredFile,
    *,
    by: Actor,
    at: datetime,
    dates: EvidenceDates = NO_DATES,
) -> Document:
    """Put a document with its first version into the supplier's vault: rows, event and scan job at once.

    Call it only with a file that is stored durably (``plumbline.documents.receiving``). Raises WrongActor
    unless ``by`` acts for the supplier, and Invalid for a title or dates that make no sense.
    """
    _owner(organization_id, by)
    document = Document(
        id=new_id(),
        organization_id=organization_id,
        title=_title(title),
        created_at=at,
        created_by=by.person_id,
    )
    session.add(document)
    session.flush()
    document.add_version(file, by=by, at=at, dates=dates)
    return document


def readable(version: DocumentVersion, audience: Audience, unscanned: Unscanned) -> Sentence | None:
    """Return why these bytes are held back from ``audience``, as a sentence; None when they may be read.

    Asked after the guard has found that the reader may see the version at all. A supplier only ever reaches
    its own vault and may always read its own bytes; the type was proved before the row existed. Others get
    released versions, and with ``unscanned="show"`` those that no scanner looked at, under a banner.
    """
    if audience is Audience.SUPPLIER or version.state is VersionState.RELEASED:
        return None
    if version.state is VersionState.REFUSED:
        return N_("The scan found something harmful in this file. Only its owner can open it.")
    if version.scan_verdict is ScanVerdict.UNREADABLE:
        return N_(
            "The scanner could not look at all of this file, so it is held. Only its owner can open it."
        )
    if unscanned == "show":
        return None
    return N_("This file has not been scanned yet, so it is held. It opens to you once the scan said clean.")


def _title(raw: str) -> str:
    title = " ".join(raw.split())
    if not title:
        raise Invalid("The document has no title.", {"title": N_("Say what the document is.")})
    if len(title) > LONGEST_TITLE:
        fault = N_("Use at most %(most)s characters; it has %(count)s.", most=LONGEST_TITLE, count=len(title))
        raise Invalid("The title is too long.", {"title": fault})
    if not title.isprintable():
        raise Invalid("The title has signs that cannot be shown.", {"title": N_("Type the title anew.")})
    return title


def _owner(organization_id: uuid.UUID, by: Actor) -> None:
    check_supplier(by, organization_id, message="Only the supplier changes the documents in its vault.")


def _session(thing: Document | DocumentVersion) -> Session:
    session = object_session(thing)
    assert session is not None, "a document changes inside a session"  # noqa: S101
    return session


def _record(version: DocumentVersion, kind: EventKind, *, by: Actor, at: datetime, **data: Any) -> None:
    told = {"document": str(version.document_id), "number": version.number, "state": version.state.value}
    events.record(
        _session(version),
        kind,
        by=by,
        at=at,
        subject_type="document_version",
        subject_id=version.id,
        organization_id=version.organization_id,
        data={**told, **data},
    )
