"""Visitor: who asks, as found from the session cookie or a bearer token in one statement."""

from __future__ import annotations

import functools
import hashlib
import secrets
import uuid
from collections.abc import Sequence
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

from assessments.base import new_id
from assessments.driver import at_once, by_driver, engine_of
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
    counts the organizations and roles the person may switch between, this one included; a token does not."""

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
    session: Session, secret: str, *, at: datetime, idle: timedelta | None = None, apart: bool = False
) -> Visitor | None:
    """Return the visitor whose live session has this secret, entering its tenant; else None.

    ``idle``: after so long without a visit it is over (None: never), but for suppliers, who read nobody
    else's data and come back to what they typed. ``apart``: the session's transaction does not begin yet.
    """
    seen_since = at - (idle + SEEN_AFTER) if idle else at - LONG_AGO
    return _found(session, LoginSession, secret, {"at": at, "seen_since": seen_since}, apart=apart)


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


def by_token(session: Session, token: str, *, at: datetime, apart: bool = False) -> Visitor | None:
    """Return the visitor a bearer token stands for, entering its tenant; else None. ``apart`` as above."""
    return _found(session, ApiToken, token, {"at": at}, apart=apart)


def _said(word: str) -> ColumnElement[str]:
    """A word of ours, in the statement itself instead of beside it."""
    return literal_column(f"'{word}'", Text)


@functools.cache
def _who(entity: type[LoginSession] | type[ApiToken], *, setting: bool) -> Select[Any]:
    """The statement that finds who asks. Made once: putting it together took longer than running it.

    ``setting``: the tenant is set in passing, so that knowing who asks costs no second round trip.
    """
    # Tables, not entities: rows are read, and the ORM's loading costs as much again.
    person, membership, organization = (e.__table__ for e in (Person, Membership, Organization))
    asked = entity.__table__
    over = asked.c.ended_at if entity is LoginSession else asked.c.revoked_at
    others = membership.alias()
    columns: list[Any] = [
        asked.c.id.label("asked_id"),
        person.c.id,
        person.c.name,
        person.c.email,
        person.c.language,
        membership.c.id.label("membership_id"),
        membership.c.role,
        organization.c.id.label("organization_id"),
        organization.c.legal_name,
        organization.c.kinds,
    ]
    if entity is LoginSession:
        columns += [
            asked.c.last_seen_at,
            select(func.count())
            .select_from(others)
            .where(
                others.c.person_id == person.c.id, others.c.ended_at.is_(None), others.c.invited_as.is_(None)
            )
            .scalar_subquery()
            .label("memberships"),
        ]
    else:
        columns += [asked.c.scopes]
    if setting:
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
def _for_driver(entity: type[LoginSession] | type[ApiToken], dialect: Dialect, *, setting: bool) -> str:
    """The same as the driver takes it: every request but the public ones runs it."""
    return str(_who(entity, setting=setting).compile(dialect=dialect))


def _found(
    session: Session,
    entity: type[LoginSession] | type[ApiToken],
    secret: str,
    told: dict[str, Any],
    *,
    apart: bool,
) -> Visitor | None:
    row = _row(session, entity, {**told, "secret": secret_hash(secret)}, apart=apart)
    if row is None:
        return None
    asked, person, name, email, language, membership, role, organization, called, kinds = row[:10]
    visitor = Visitor(
        person_id=person,
        name=name,
        email=email,
        language=language,
        membership_id=membership,
        organization_id=organization,
        organization_name=called,
        organization_kinds=list(kinds),
        role=Role(role),
    )
    if entity is LoginSession:
        visitor.session_id, visitor.last_seen_at, visitor.memberships = asked, row[10], row[11]
    else:
        visitor.token_id, visitor.scopes = asked, frozenset(row[10])
    in_passing = engine_of(session).dialect.name == "postgresql" and not apart
    enter(session, Tenant.of(visitor.actor), already_set=in_passing)
    return visitor


def _row(
    session: Session, entity: type[LoginSession] | type[ApiToken], told: dict[str, Any], *, apart: bool
) -> Sequence[Any] | None:
    engine = engine_of(session)
    if engine.dialect.name != "postgresql":
        return session.connection().execute(_who(entity, setting=False), told).first()
    statement = _for_driver(entity, engine.dialect, setting=not apart)
    return at_once(engine, statement, told) if apart else by_driver(session, statement, told).first()


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
