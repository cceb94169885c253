"""Evidence: a document in the supplier's own vault, uploaded once, versioned, linked many times."""

import enum
import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessments.base import Base, new_id
from assessments.workflow import Move, Refused, Workflow


class VersionState(enum.StrEnum):
    """Where the bytes of a version are: held apart, or released to whoever may read them."""

    QUARANTINED = "quarantined"
    RELEASED = "released"
    REFUSED = "refused"


class ScanVerdict(enum.StrEnum):
    """What the scanner said; only an explicit clean reply is ``clean``."""

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
            "the scan found something, or the type was not what it claimed",
        ),
    ),
    final=frozenset({VersionState.RELEASED, VersionState.REFUSED}),
)


class EvidenceRefused(Refused):
    """A file cannot be taken: too large, empty, cut off, or of a type that is not on the list."""

    code = "evidence_refused"


class Document(Base):
    """What the supplier calls the thing; its bytes are in versions."""

    __tablename__ = "document"
    __table_args__ = (Index(None, "organization_id", "created_at"),)

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
        """The newest version; a document is only ever made together with its first."""
        return self.versions[-1]


class DocumentVersion(Base):
    """One sequence of bytes under its digest. Never changed; a new file is a new version."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name="released_at"),
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
