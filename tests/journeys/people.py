"""Who takes part in a journey: organizations without a site yet, and people who can sign in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from assessments.base import new_id
from assessments.parties import Accreditation, OrganizationKind, Person, Role, Subscription
from plumbline.identity.passwords import hash_password
from tests.support.cast import LONG_AGO, NOW, Member, member, organization

PASSWORD = "long walks by the river Ostravice"
KOVO, KOVO_LEI = "Kovohutě Sever a.s.", "5299000J2N45DDNE4Y28"
NORDVOLT, HARTWELL, LUMEN = "Nordvolt Mobility SE", "Hartwell Motors plc", "Lumen Assessors GmbH"


@dataclass(frozen=True)
class People:
    """Everybody of the story."""

    kovo: uuid.UUID
    nordvolt: uuid.UUID
    hartwell: uuid.UUID
    lumen: uuid.UUID
    jana: Member  # Kovo's admin
    petr: Member  # Kovo's contributor
    lena: Member  # Lumen's lead assessor
    sam: Member  # Lumen's assessor
    sara: Member  # steward admin
    rene: Member  # steward reviewer
    alba: Member  # steward appeal
    anna: Member  # Nordvolt's admin: buyer A
    hugo: Member  # Hartwell's admin: buyer B


def make_people(session: Session, *, memory_kib: int) -> People:
    """Add everybody with ``PASSWORD`` and commit."""
    kind = OrganizationKind
    kovo = organization(session, KOVO, "CZE", kind.SUPPLIER)
    nordvolt = organization(session, NORDVOLT, "SWE", kind.BUYER)
    hartwell = organization(session, HARTWELL, "GBR", kind.BUYER)
    lumen = organization(session, LUMEN, "DEU", kind.ASSESSMENT_FIRM)
    steward = organization(session, "Plumbline Steward Foundation", "CHE", kind.STEWARD)
    year = timedelta(days=365)
    for buyer in (nordvolt, hartwell):
        session.add(Subscription(id=new_id(), buyer_id=buyer, starts_at=LONG_AGO, ends_at=NOW + year))
    session.add(
        Accreditation(
            id=new_id(), firm_id=lumen, person_id=None, number="AF-0001", starts_at=LONG_AGO,
            ends_at=NOW + year,
        )
    )  # fmt: skip
    members = {
        name: member(session, owner, name.title(), role)
        for name, owner, role in (
            ("jana", kovo, Role.SUPPLIER_ADMIN), ("petr", kovo, Role.SUPPLIER_CONTRIBUTOR),
            ("lena", lumen, Role.ASSESSOR_LEAD), ("sam", lumen, Role.ASSESSOR),
            ("sara", steward, Role.STEWARD_ADMIN), ("rene", steward, Role.STEWARD_REVIEWER),
            ("alba", steward, Role.STEWARD_APPEAL), ("anna", nordvolt, Role.BUYER_ADMIN),
            ("hugo", hartwell, Role.BUYER_ADMIN),
        )
    }  # fmt: skip
    give_passwords(session, members.values(), memory_kib=memory_kib)
    session.commit()
    return People(kovo=kovo, nordvolt=nordvolt, hartwell=hartwell, lumen=lumen, **members)


def give_passwords(session: Session, members: object, *, memory_kib: int) -> None:
    """Let each of these members sign in with ``PASSWORD``. The caller commits."""
    stored = hash_password(PASSWORD, memory_kib=memory_kib)
    for one in members:  # type: ignore[attr-defined]
        session.get_one(Person, one.person_id).password_hash = stored
