"""Organizations and people of the demo world; passwords only for those whose sign-in is printed."""

from __future__ import annotations

import random
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from assessments.base import new_id
from assessments.parties import (
    Accreditation,
    Actor,
    Membership,
    Organization,
    OrganizationKind,
    Person,
    Role,
    Subscription,
)
from plumbline.identity.passwords import hash_password
from plumbline.identity.visitor import create_token

FIRST = ("Jana", "Petr", "Mei", "Rahul", "Sofia", "Tomas", "Amina", "Luis", "Ingrid", "Wei", "Chanda", "Elif",
         "Hugo", "Noor", "Pavel", "Lucia", "Kofi", "Ana", "Bui", "Marta")  # fmt: skip
LAST = ("Dvořáková", "Novák", "Lin", "Iyer", "Costa", "Berg", "Yusuf", "Rojas", "Holm", "Zhang", "Mwale", "Kaya",
        "Brandt", "Visser", "Król", "Ferri", "Mensah", "Silva", "Nguyen", "Ruiz")  # fmt: skip


@dataclass(frozen=True)
class SignIn:
    """One printed sign-in."""

    role: str
    organization: str
    email: str
    password: str
    token: str


class People:
    """Makes organizations and members, and keeps the sign-ins that are printed."""

    def __init__(self, session: Session, *, memory_kib: int, began: datetime, now: datetime) -> None:
        self._session = session
        self._memory = memory_kib
        self._began = began
        self._now = now
        self._draw = random.Random("people")  # noqa: S311  invented names, not secrets
        self._taken: set[str] = set()
        self.sign_ins: list[SignIn] = []

    def organization(self, name: str, country: str, kind: OrganizationKind, **more: object) -> Organization:
        """Add an organization, with a running subscription or accreditation where its kind needs one."""
        row = Organization(
            id=new_id(), kinds=[kind.value], legal_name=name, country=country, created_at=self._began, **more
        )
        self._session.add(row)
        self._session.flush()
        ends = self._now + timedelta(days=400)
        if kind is OrganizationKind.BUYER:
            self._session.add(Subscription(id=new_id(), buyer_id=row.id, starts_at=self._began, ends_at=ends))
        if kind is OrganizationKind.ASSESSMENT_FIRM:
            self._session.add(
                Accreditation(
                    id=new_id(), firm_id=row.id, number=f"AF-{row.id.hex[-6:].upper()}",
                    starts_at=self._began, ends_at=ends,
                )
            )  # fmt: skip
        return row

    def member(self, owner: Organization, role: Role, *, sign_in: str = "") -> Actor:
        """Add a person with a role. ``sign_in``: the mail name under which it can sign in."""
        first, last = self._draw.choice(FIRST), self._draw.choice(LAST)
        address = f"{sign_in}@demo.example" if sign_in else f"{uuid.uuid4().hex[:10]}@demo.example"
        password = secrets.token_urlsafe(12) if sign_in else ""
        person = Person(
            id=new_id(), email=address, name=f"{first} {last}", created_at=self._began,
            password_hash=hash_password(password, memory_kib=self._memory) if sign_in else None,
        )  # fmt: skip
        self._session.add(person)
        self._session.flush()
        membership = self._membership(person, owner, role)
        if sign_in:
            token = create_token(self._session, membership.id, "demo", ["*"], days=365, at=self._now)
            self.sign_ins.append(SignIn(role.value, owner.legal_name, address, password, token))
        return membership.actor

    def also(self, actor: Actor, owner: Organization, role: Role) -> Actor:
        """Give a person of one organization a role in another, to switch between."""
        person = self._session.get_one(Person, actor.person_id)
        return self._membership(person, owner, role).actor

    def _membership(self, person: Person, owner: Organization, role: Role) -> Membership:
        row = Membership(
            id=new_id(), person_id=person.id, organization_id=owner.id, role=role, created_at=self._began
        )
        self._session.add(row)
        self._session.flush()
        return row
