"""Visitor: who asks, as found from the session cookie or a bearer token in one statement."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_login import UserMixin
from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.orm import Session, aliased

from assessments.base import new_id
from assessments.parties import Actor, Membership, Organization, Person, Role
from plumbline.identity.records import ApiToken, LoginSession
from plumbline.transaction import Tenant, enter

TOKEN_PREFIX = "plumbline_"  # noqa: S105  what every token begins with, so that scanners find leaks
COOKIE_BYTES = 32
SEEN_AFTER = timedelta(minutes=5)


@dataclass
class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """A signed-in person acting for one organization in one role, or a token doing so."""

    person_id: uuid.UUID
    name: str
    email: str
    language: str
    membership_id: uuid.UUID
    organization_id: uuid.UUID
    organization_name: str
    organization_kinds: list[str]
    role: Role
    session_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    scopes: frozenset[str] | None = None
    last_seen_at: datetime | None = None
    memberships: list[tuple[uuid.UUID, str, str]] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """The visitor as the ``by=`` of a move."""
        return Actor(self.person_id, self.organization_id, self.role)

    def get_id(self) -> str:
        """What Flask-Login asks for; sessions are our own table."""
        return str(self.session_id or self.token_id)


def secret_hash(secret: str) -> str:
    """Return what is stored of a 256-bit random secret (ASVS 6.5.2: a fast hash is enough)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _columns(dialect: str) -> list[Any]:
    columns: list[Any] = [
        Person.id,
        Person.name,
        Person.email,
        Person.language,
        Membership.id.label("membership_id"),
        Membership.role,
        Organization.id.label("organization_id"),
        Organization.legal_name,
        Organization.kinds,
    ]
    if dialect == "postgresql":
        # The tenant is set in passing, so that knowing who asks costs no second round trip.
        columns += [
            func.set_config("plumbline.org", cast(Organization.id, Text), literal(True)),
            func.set_config("plumbline.audience", func.split_part(Membership.role, "_", 1), literal(True)),
            func.set_config("plumbline.person", cast(Person.id, Text), literal(True)),
        ]
    return columns


def by_session(session: Session, secret: str, *, at: datetime) -> Visitor | None:
    """Return the visitor whose live session has this secret, entering its tenant; else None."""
    dialect = session.get_bind().dialect.name
    statement: Select[Any] = (
        select(LoginSession.id.label("session_id"), LoginSession.last_seen_at, *_columns(dialect))
        .join(Person, Person.id == LoginSession.person_id)
        .join(Membership, Membership.id == LoginSession.membership_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(
            LoginSession.secret_sha256 == secret_hash(secret),
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > at,
            Person.disabled_at.is_(None),
            Membership.ended_at.is_(None),
        )
    )
    return _visitor(session, statement, dialect)


def by_token(session: Session, token: str, *, at: datetime) -> Visitor | None:
    """Return the visitor a bearer token stands for, entering its tenant; else None."""
    dialect = session.get_bind().dialect.name
    statement: Select[Any] = (
        select(ApiToken.id.label("token_id"), ApiToken.scopes, *_columns(dialect))
        .join(Membership, Membership.id == ApiToken.membership_id)
        .join(Person, Person.id == Membership.person_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(
            ApiToken.secret_sha256 == secret_hash(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > at,
            Person.disabled_at.is_(None),
            Membership.ended_at.is_(None),
        )
    )
    return _visitor(session, statement, dialect)


def _visitor(session: Session, statement: Select[Any], dialect: str) -> Visitor | None:
    row = session.execute(statement).mappings().first()
    if row is None:
        return None
    visitor = Visitor(
        person_id=row["id"],
        name=row["name"],
        email=row["email"],
        language=row["language"],
        membership_id=row["membership_id"],
        organization_id=row["organization_id"],
        organization_name=row["legal_name"],
        organization_kinds=list(row["kinds"]),
        role=row["role"],
        session_id=row.get("session_id"),
        token_id=row.get("token_id"),
        scopes=frozenset(row["scopes"]) if row.get("scopes") is not None else None,
        last_seen_at=row.get("last_seen_at"),
    )
    enter(session, Tenant.of(visitor.actor), already_set=dialect == "postgresql")
    return visitor


def memberships_of(session: Session, person_id: uuid.UUID) -> list[tuple[uuid.UUID, str, Role]]:
    """Return (membership, organization's name, role) of a person, for switching, in name order."""
    organization = aliased(Organization)
    rows = session.execute(
        select(Membership.id, organization.legal_name, Membership.role)
        .join(organization, organization.id == Membership.organization_id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(organization.legal_name, Membership.role)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def start_session(
    session: Session, person_id: uuid.UUID, membership_id: uuid.UUID | None, *, hours: int, at: datetime
) -> str:
    """Start a browser session and return the secret its cookie carries."""
    secret = secrets.token_urlsafe(COOKIE_BYTES)
    session.add(
        LoginSession(
            id=new_id(),
            secret_sha256=secret_hash(secret),
            person_id=person_id,
            membership_id=membership_id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    return secret


def create_token(
    session: Session, membership_id: uuid.UUID, name: str, scopes: list[str], *, days: int, at: datetime
) -> str:
    """Create a bearer token and return it; it cannot be read again. ``days`` is at most 365."""
    if not 1 <= days <= 365:
        raise ValueError("a token lives 1 to 365 days")
    token = TOKEN_PREFIX + secrets.token_urlsafe(COOKIE_BYTES)
    session.add(
        ApiToken(
            id=new_id(),
            secret_sha256=secret_hash(token),
            membership_id=membership_id,
            name=name,
            scopes=scopes,
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
    )
    return token
