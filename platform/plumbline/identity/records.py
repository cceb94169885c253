"""Records of identity. They stand outside row-level security: they say who asks, before anything is asked."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessments.base import Base, new_id
from assessments.parties import Membership, Person


class LoginSession(Base):
    """A browser's session. The cookie carries a 256-bit secret; here is only its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "person_id"), Index(None, "expires_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    membership_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("membership.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    membership: Mapped[Membership | None] = relationship()


class ApiToken(Base):
    """A bearer token: rights = scopes, and no more than the membership behind it, while that lasts."""

    __tablename__ = "api_token"
    __table_args__ = (Index(None, "membership_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    membership_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("membership.id"))
    name: Mapped[str]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[datetime | None]

    membership: Mapped[Membership] = relationship()


class Throttle(Base):
    """How often something was tried within a window; counts in the database, so no store can be down."""

    __tablename__ = "throttle"
    __table_args__ = (Index(None, "window_start"),)

    bucket: Mapped[str] = mapped_column(primary_key=True, doc="SHA-256 of what is limited, never the thing")
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class IdempotencyKey(Base):
    """The answer given to a creation, so that the same request again gets it again (draft-ietf-httpapi)."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("membership_id", "route", "key"), Index(None, "created_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    membership_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("membership.id"))
    route: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(doc="SHA-256 of the body")
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
