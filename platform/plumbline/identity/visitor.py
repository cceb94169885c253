"""Visitor: who asks, as found from the session cookie or a bearer token in one statement."""

from __future__ import annotations

import functools
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_login import UserMixin
from sqlalchemy import (
    ColumnElement,
    Dialect,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from assessments.base import by_driver, new_id
from assessments.membership import ADMINS
from assessments.parties import SUPPLIERS, Actor, Membership, Organization, Person, Role
from assessments.policy import ROLES
from plumbline.identity.records import ApiToken, LoginSession
from plumbline.transaction import Tenant, enter

TOKEN_PREFIX = "plumbline_"  # noqa: S105  what every token begins with, so that scanners find leaks
COOKIE_BYTES = 32
LONG_AGO = timedelta(days=365)
SEEN_AFTER = timedelta(minutes=5)
"""How old the note of the last visit may grow before it is written anew."""


@dataclass
class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """A signed-in person acting for one organization in one role, or a token doing so. ``memberships``
    counts the organizations and roles the person may switch between, this one included."""

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
    memberships: int = 1

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


def by_session(
    session: Session, secret: str, *, at: datetime, idle: timedelta | None = None
) -> Visitor | None:
    """Return the visitor whose live session has this secret, entering its tenant; else None.

    ``idle``: after so long without a visit it is over (None: never), but for suppliers, who read nobody
    else's data and come back to what they typed.
    """
    seen_since = at - (idle + SEEN_AFTER) if idle else at - LONG_AGO
    return _found(session, LoginSession, secret, at, seen_since)


def note_visit(session: Session, session_id: uuid.UUID, *, at: datetime) -> None:
    """Write down when a session was last used."""
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=at))


def end_sessions(session: Session, person_id: uuid.UUID, *, at: datetime) -> int:
    """End every session of a person that runs; returns how many."""
    ended = session.execute(
        update(LoginSession)
        .where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
        .values(ended_at=at)
        .returning(LoginSession.id)
    )
    return len(ended.all())


def end_session(session: Session, secret: str, *, at: datetime) -> None:
    """End the session that a cookie stands for, if it is one that runs."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.secret_sha256 == secret_hash(secret), LoginSession.ended_at.is_(None))
        .values(ended_at=at)
    )


def by_token(session: Session, token: str, *, at: datetime) -> Visitor | None:
    """Return the visitor a bearer token stands for, entering its tenant; else None."""
    return _found(session, ApiToken, token, at, at)


def _said(word: str) -> ColumnElement[str]:
    """A word of ours, in the statement itself instead of beside it."""
    return literal_column(f"'{word}'", Text)


@functools.cache
def _who(entity: type[LoginSession] | type[ApiToken], dialect: str) -> Select[Any]:
    """The statement that finds who asks. Made once: putting it together took longer than running it."""
    # Tables, not entities: rows are read, and the ORM's loading costs as much again.
    person, membership, organization = (e.__table__ for e in (Person, Membership, Organization))
    asked = entity.__table__
    over = asked.c.ended_at if entity is LoginSession else asked.c.revoked_at
    others = membership.alias()
    columns: list[Any] = [
        asked.c.id.label("asked_id"),
        *((asked.c.last_seen_at,) if entity is LoginSession else (asked.c.scopes,)),
        person.c.id,
        person.c.name,
        person.c.email,
        person.c.language,
        membership.c.id.label("membership_id"),
        membership.c.role,
        organization.c.id.label("organization_id"),
        organization.c.legal_name,
        organization.c.kinds,
        select(func.count())
        .select_from(others)
        .where(others.c.person_id == person.c.id, others.c.ended_at.is_(None), others.c.invited_as.is_(None))
        .scalar_subquery()
        .label("memberships"),
    ]
    if dialect == "postgresql":
        # The tenant is set in passing, so that knowing who asks costs no second round trip.
        columns += [
            func.set_config(_said("plumbline.org"), cast(organization.c.id, Text), true()),
            func.set_config(
                _said("plumbline.audience"),
                func.split_part(membership.c.role, _said("_"), literal_column("1")),
                true(),
            ),
            func.set_config(_said("plumbline.person"), cast(person.c.id, Text), true()),
        ]
    return (
        select(*columns)
        .join_from(asked, membership, membership.c.id == asked.c.membership_id)
        .join(person, person.c.id == membership.c.person_id)
        .join(organization, organization.c.id == membership.c.organization_id)
        .where(
            asked.c.secret_sha256 == bindparam("secret"),
            over.is_(None),
            asked.c.expires_at > bindparam("at", type_=asked.c.expires_at.type),
            person.c.disabled_at.is_(None),
            membership.c.ended_at.is_(None),
            membership.c.invited_as.is_(None),
            *(
                (
                    asked.c.person_id == person.c.id,
                    or_(
                        cast(membership.c.role, Text).in_([_said(role.value) for role in sorted(SUPPLIERS)]),
                        asked.c.last_seen_at > bindparam("seen_since", type_=asked.c.last_seen_at.type),
                    ),
                )
                if entity is LoginSession
                else ()
            ),
        )
    )


@functools.cache
def _for_driver(entity: type[LoginSession] | type[ApiToken], dialect: Dialect) -> str:
    """The same as the driver takes it: every request but the public ones runs it."""
    return str(_who(entity, dialect.name).compile(dialect=dialect))


def _found(
    session: Session,
    entity: type[LoginSession] | type[ApiToken],
    secret: str,
    at: datetime,
    seen_since: datetime,
) -> Visitor | None:
    told = {"secret": secret_hash(secret), "at": at, "seen_since": seen_since}
    if entity is ApiToken:
        del told["seen_since"]
    connection = session.connection()
    in_passing = connection.dialect.name == "postgresql"
    if in_passing:
        row = by_driver(session, _for_driver(entity, connection.dialect), told).first()
    else:
        row = connection.execute(_who(entity, connection.dialect.name), told).first()
    if row is None:
        return None
    by_session = entity is LoginSession
    visitor = Visitor(
        person_id=row.id,
        name=row.name,
        email=row.email,
        language=row.language,
        membership_id=row.membership_id,
        organization_id=row.organization_id,
        organization_name=row.legal_name,
        organization_kinds=list(row.kinds),
        role=Role(row.role),
        session_id=row.asked_id if by_session else None,
        token_id=None if by_session else row.asked_id,
        scopes=None if by_session else frozenset(row.scopes),
        last_seen_at=row.last_seen_at if by_session else None,
        memberships=row.memberships,
    )
    enter(session, Tenant.of(visitor.actor), already_set=in_passing)
    return visitor


def memberships_of(session: Session, person_id: uuid.UUID) -> list[tuple[uuid.UUID, str, Role]]:
    """Return (membership, organization's name, role) of a person, for switching, in name order."""
    organization = aliased(Organization)
    rows = session.execute(
        select(Membership.id, organization.legal_name, Membership.role)
        .join(organization, organization.id == Membership.organization_id)
        .where(Membership.person_id == person_id, Membership.live())
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


def scopes_of(role: Role) -> list[str]:
    """What a token covers whose scopes nobody chose: everything for an admin, else the role's own by name."""
    if role in ADMINS:
        return ["*"]
    return sorted(action.value for action, roles in ROLES.items() if role in roles)


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
