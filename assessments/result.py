"""The published result: immutable, canonical JSON, SHA-256, signed (Ed25519), stored as parts."""

import base64
import enum
import uuid
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessments.base import Base, new_id
from assessments.canonical import canonical_json, digest
from assessments.verification.assignment import Basis


class Layer(enum.StrEnum):
    """What a disclosure can name (DESIGN.md 3)."""

    STATUS = "status"
    PROFILE = "profile"
    FINDINGS = "findings"
    PLAN = "plan"
    ANSWERS = "answers"
    COMMERCIAL = "commercial"
    EVIDENCE = "evidence"


class Signer(Protocol):
    """Whoever holds the private half of the result key."""

    @property
    def key_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of ``message``, 64 bytes."""
        ...


class Result(Base):
    """One numbered publication of an assessed cycle. A trigger in the database refuses any change."""

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("assessment_id", "number"),
        CheckConstraint("valid_until > published_at", name="validity"),
        Index(None, "site_id", "published_at"),
        Index(None, "organization_id"),
        Index(None, "valid_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    number: Mapped[int]
    basis: Mapped[Basis] = mapped_column(doc="strongest kind of verification; self_declared: not checked")
    worker_voice: Mapped[bool]
    content: Mapped[str] = mapped_column(Text, doc="canonical JSON of the whole")
    sha256: Mapped[str]
    signature: Mapped[str] = mapped_column(doc="base64")
    key_id: Mapped[str]
    published_at: Mapped[datetime]
    valid_until: Mapped[datetime]

    parts: Mapped[list["ResultPart"]] = relationship(back_populates="result")


class ResultPart(Base):
    """One layer of one topic (topic ``*``: of the whole), what a disclosure gives or does not."""

    __tablename__ = "result_part"

    result_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("result.id"), primary_key=True)
    layer: Mapped[Layer] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    published_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]

    result: Mapped[Result] = relationship(back_populates="parts")


class NotAuthentic(Exception):
    """A result file is not what was signed; the message says which check did not hold."""


class NoResultFile(NotAuthentic):
    """A file that was never one of ours, or cannot be read as one."""


SEALED_FIELDS = ("content", "sha256", "signature", "key_id")


def envelope(content: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """Return the signed file: content, its digest, the signature over its canonical bytes, the key's id."""
    message = canonical_json(content)
    return {
        "format": "plumbline-result/1",
        "content": content,
        "sha256": digest(content),
        "key_id": signer.key_id,
        "signature": base64.b64encode(signer.sign(message)).decode(),
    }
