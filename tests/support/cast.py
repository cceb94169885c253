"""The cast: who is who in every test. Kovo supplies, Rival competes; Nordvolt is granted, Hartwell never."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
    Site,
    Subscription,
)

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)


@dataclass(frozen=True)
class Member:
    """A person of the cast in one role."""

    person_id: uuid.UUID
    membership_id: uuid.UUID
    organization_id: uuid.UUID
    role: Role
    email: str

    @property
    def actor(self) -> Actor:
        """The member as ``by=``."""
        return Actor(self.person_id, self.organization_id, self.role)


@dataclass(frozen=True)
class Cast:
    """Everybody, by name."""

    kovo: uuid.UUID
    rival: uuid.UUID
    nordvolt: uuid.UUID
    hartwell: uuid.UUID
    firm: uuid.UUID
    other_firm: uuid.UUID
    steward: uuid.UUID
    smelter: uuid.UUID
    yard: uuid.UUID
    rival_site: uuid.UUID
    jana: Member  # Kovo's admin
    petr: Member  # Kovo's contributor
    rita: Member  # Rival's admin
    anna: Member  # Nordvolt's admin
    axel: Member  # Nordvolt's viewer
    hugo: Member  # Hartwell's admin
    lena: Member  # the firm's lead assessor
    sam: Member  # the firm's assessor
    otto: Member  # the other firm's lead assessor
    sara: Member  # steward admin
    rene: Member  # steward reviewer
    alba: Member  # steward appeal
    mina: Member  # steward mediator
    adam: Member  # steward auditor

    def members(self) -> dict[str, Member]:
        """Every member by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Member)}


def organization(
    session: Session, name: str, country: str, *kinds: OrganizationKind, **more: object
) -> uuid.UUID:
    """Add an organization and return its id."""
    row = Organization(
        id=new_id(), kinds=[kind.value for kind in kinds], legal_name=name, country=country,
        created_at=LONG_AGO, **more,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def member(session: Session, owner: uuid.UUID, name: str, role: Role) -> Member:
    """Add a person with one membership."""
    person = Person(id=new_id(), email=f"{name.lower()}@example.org", name=name, created_at=LONG_AGO)
    session.add(person)
    session.flush()
    row = Membership(id=new_id(), person_id=person.id, organization_id=owner, role=role, created_at=LONG_AGO)
    session.add(row)
    session.flush()
    return Member(person.id, row.id, owner, role, person.email)


def site(session: Session, owner: uuid.UUID, name: str, country: str, **more: object) -> uuid.UUID:
    """Add a site; what is not given is what a small workshop without particulars has."""
    values: dict[str, object] = {"activities": ["MAN"], "materials": [], "production": True, **more}
    row = Site(id=new_id(), organization_id=owner, name=name, country=country, created_at=LONG_AGO, **values)
    session.add(row)
    session.flush()
    return row.id


def make_cast(session: Session) -> Cast:
    """Add everybody to an empty database. The caller commits."""
    kind = OrganizationKind
    lei = "5299000J2N45DDNE4Y28"
    kovo = organization(
        session, "Kovohutě Sever a.s.", "CZE", kind.SUPPLIER, employees=420, lei=lei, confirmed_lei=lei
    )
    rival = organization(session, "Rival Metals Ltd", "GBR", kind.SUPPLIER, employees=60)
    nordvolt = organization(session, "Nordvolt Mobility SE", "SWE", kind.BUYER)
    hartwell = organization(session, "Hartwell Motors plc", "GBR", kind.BUYER)
    firm = organization(session, "Lumen Assessors GmbH", "DEU", kind.ASSESSMENT_FIRM)
    other_firm = organization(session, "Meridian Audit BV", "NLD", kind.ASSESSMENT_FIRM)
    steward = organization(session, "Plumbline Steward Foundation", "CHE", kind.STEWARD)
    year = timedelta(days=365)
    for buyer in (nordvolt, hartwell):
        session.add(Subscription(id=new_id(), buyer_id=buyer, starts_at=LONG_AGO, ends_at=NOW + year))
    for number, assessing in enumerate((firm, other_firm), start=1):
        session.add(
            Accreditation(
                id=new_id(), firm_id=assessing, person_id=None, number=f"AF-{number:04}",
                starts_at=LONG_AGO, ends_at=NOW + year,
            )
        )  # fmt: skip
    smelter = site(
        session, kovo, "Ostrava smelter", "CZE", activities=["SMR"], employees=380, agency_workers=25,
        migrant_workers=12,
        materials=[
            {"material": "nickel", "use": "bought", "tonnes_band": "to_10000t", "secondary_share": 20},
            {"material": "copper", "use": "in_product", "tonnes_band": "to_10000t", "secondary_share": 35},
        ],
    )  # fmt: skip
    yard = site(
        session, kovo, "Brno yard", "CZE", activities=["REC"], employees=8,
        materials=[{"material": "copper", "use": "bought", "tonnes_band": "to_100t", "secondary_share": 100}],
    )  # fmt: skip
    rival_site = site(session, rival, "Sheffield works", "GBR")
    people = {
        "jana": (kovo, Role.SUPPLIER_ADMIN), "petr": (kovo, Role.SUPPLIER_CONTRIBUTOR),
        "rita": (rival, Role.SUPPLIER_ADMIN), "anna": (nordvolt, Role.BUYER_ADMIN),
        "axel": (nordvolt, Role.BUYER_VIEWER), "hugo": (hartwell, Role.BUYER_ADMIN),
        "lena": (firm, Role.ASSESSOR_LEAD), "sam": (firm, Role.ASSESSOR),
        "otto": (other_firm, Role.ASSESSOR_LEAD), "sara": (steward, Role.STEWARD_ADMIN),
        "rene": (steward, Role.STEWARD_REVIEWER), "alba": (steward, Role.STEWARD_APPEAL),
        "mina": (steward, Role.STEWARD_MEDIATOR), "adam": (steward, Role.STEWARD_AUDITOR),
    }  # fmt: skip
    members = {name: member(session, owner, name.title(), role) for name, (owner, role) in people.items()}
    return Cast(
        kovo=kovo, rival=rival, nordvolt=nordvolt, hartwell=hartwell, firm=firm, other_firm=other_firm,
        steward=steward, smelter=smelter, yard=yard, rival_site=rival_site, **members,
    )  # fmt: skip
