"""Organizations, sites, people and what each may act as."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, and_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessments.base import Base, new_id
from assessments.sentences import N_
from assessments.workflow import WrongActor


class OrganizationKind(enum.StrEnum):
    """What an organization is here; several at a time (a smelter supplies and buys)."""

    SUPPLIER = "supplier"
    BUYER = "buyer"
    ASSESSMENT_FIRM = "assessment_firm"
    STEWARD = "steward"
    MONITORING_PARTNER = "monitoring_partner"
    HELPER = "helper"


class Audience(enum.StrEnum):
    """Whose eyes a page, a token or a job has; row-level security knows the same words."""

    SUPPLIER = "supplier"
    ASSESSOR = "assessor"
    BUYER = "buyer"
    STEWARD = "steward"
    SYSTEM = "system"


class Role(enum.StrEnum):
    """What a member does in an organization; the value carries the audience (DESIGN.md 3)."""

    SUPPLIER_ADMIN = "supplier_admin"
    SUPPLIER_CONTRIBUTOR = "supplier_contributor"
    ASSESSOR = "assessor"
    ASSESSOR_LEAD = "assessor_lead"
    BUYER_ADMIN = "buyer_admin"
    BUYER_VIEWER = "buyer_viewer"
    STEWARD_ADMIN = "steward_admin"
    STEWARD_REVIEWER = "steward_reviewer"
    STEWARD_APPEAL = "steward_appeal"
    STEWARD_MEDIATOR = "steward_mediator"
    STEWARD_CASE_OFFICER = "steward_case_officer"
    STEWARD_AUDITOR = "steward_auditor"
    SYSTEM = "system"

    @property
    def audience(self) -> Audience:
        """The audience this role belongs to."""
        return Audience(self.value.split("_", 1)[0])

    @property
    def function(self) -> str:
        """What others read in ledgers and timelines instead of a name."""
        return self.value.replace("_", " ")


SUPPLIERS = frozenset({Role.SUPPLIER_ADMIN, Role.SUPPLIER_CONTRIBUTOR})
SUPPLIER_ADMIN = frozenset({Role.SUPPLIER_ADMIN})
ASSESSORS = frozenset({Role.ASSESSOR, Role.ASSESSOR_LEAD})
ASSESSOR_LEAD = frozenset({Role.ASSESSOR_LEAD})
BUYERS = frozenset({Role.BUYER_ADMIN, Role.BUYER_VIEWER})
BUYER_ADMIN = frozenset({Role.BUYER_ADMIN})
STEWARDS = frozenset(role for role in Role if role.audience is Audience.STEWARD)
STEWARD_ADMIN = frozenset({Role.STEWARD_ADMIN})
STEWARD_REVIEWER = frozenset({Role.STEWARD_REVIEWER})
STEWARD_APPEAL = frozenset({Role.STEWARD_APPEAL})
STEWARD_MEDIATOR = frozenset({Role.STEWARD_MEDIATOR})
STEWARD_AUDITOR = frozenset({Role.STEWARD_AUDITOR})
PLATFORM = frozenset({Role.SYSTEM})


@dataclass(frozen=True)
class Actor:
    """Who makes a move: a person acting for an organization in one role. Handed in as ``by=``."""

    person_id: uuid.UUID | None
    organization_id: uuid.UUID | None
    role: Role

    @property
    def audience(self) -> Audience:
        """The audience of the role."""
        return self.role.audience


SYSTEM = Actor(person_id=None, organization_id=None, role=Role.SYSTEM)
"""The platform itself, for what a deadline or a job does."""


def check_supplier(
    by: Actor, owner_id: uuid.UUID, *, roles: frozenset[Role] = SUPPLIERS, message: str = ""
) -> None:
    """Raise WrongActor unless ``by`` acts in one of ``roles`` for the supplier that the thing belongs to.

    The one place where a supplier's move asks whose the thing is; an assessor's asks ``check_may_work``.
    """
    if by.organization_id == owner_id and by.role in roles:
        return
    who = (
        N_("Only the admin of the supplier can do this.")
        if roles == SUPPLIER_ADMIN
        else N_("Only the people of the supplier can do this.")
    )
    raise WrongActor(message or who, "Ask the supplier's admin.")


class Organization(Base):
    """A legal entity. ``employees`` is the head-count of the whole entity, which sets its size."""

    __tablename__ = "organization"
    __table_args__ = (CheckConstraint("length(country) = 3", name="country"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kinds: Mapped[list[str]]
    legal_name: Mapped[str]
    country: Mapped[str] = mapped_column(doc="ISO 3166-1 alpha-3")
    legal_form: Mapped[str | None]
    employees: Mapped[int | None]
    # What the organization says of itself, two may say the same; requests go by what the steward confirmed.
    lei: Mapped[str | None]
    register_number: Mapped[str | None]
    confirmed_lei: Mapped[str | None] = mapped_column(unique=True)
    confirmed_register: Mapped[str | None] = mapped_column(unique=True, doc="see register_entry")
    vat_number: Mapped[str | None]
    duns: Mapped[str | None]
    # A supplier may hide from requests by firms it does not know; the asker cannot tell (DESIGN.md 3).
    discoverable: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    sites: Mapped[list["Site"]] = relationship(back_populates="organization", order_by="Site.name")

    def is_(self, kind: OrganizationKind) -> bool:
        """Whether the organization is of this kind."""
        return kind.value in self.kinds


LEI_LENGTH = 20
"""Letters and digits of a legal entity identifier (ISO 17442)."""


def spelled_lei(text: str) -> str:
    """A legal entity identifier in the one spelling in which they are kept and looked for."""
    return text.replace(" ", "").upper()


def is_lei(spelled: str) -> bool:
    """Whether that is one by its form; its check digits are not worked out."""
    return len(spelled) == LEI_LENGTH and spelled.isascii() and spelled.isalnum()


def register_entry(country: str, number: str) -> str:
    """A register number with its country, in the one spelling in which they are confirmed and looked for."""
    return f"{country.strip().upper()} {' '.join(number.split())}"


class Site(Base):
    """A facility of a supplier. Every figure is at the end of the last business year."""

    __tablename__ = "site"
    __table_args__ = (
        CheckConstraint("length(country) = 3", name="country"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        Index(None, "organization_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    name: Mapped[str]
    country: Mapped[str] = mapped_column(doc="ISO 3166-1 alpha-3")
    address: Mapped[str | None] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(doc="degrees north, WGS 84")
    longitude: Mapped[float | None] = mapped_column(doc="degrees east, WGS 84")
    tenure: Mapped[str | None] = mapped_column(doc="owned, leased or contracted")
    activities: Mapped[list[str]] = mapped_column(doc="positions in the chain: EXT SMR SEM MAN REC TRD SRV")
    production: Mapped[bool | None]
    employees: Mapped[int | None]
    agency_workers: Mapped[int | None]
    migrant_workers: Mapped[int | None]
    employer_housing: Mapped[bool | None]
    guards: Mapped[bool | None]
    near_indigenous_land: Mapped[bool | None]
    materials: Mapped[list[dict[str, Any]]]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship(back_populates="sites")


class Person(Base):
    """A human being who can sign in. Erasable: nothing sealed or published carries the name."""

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True, doc="as typed, trimmed and lower-cased")
    name: Mapped[str]
    password_hash: Mapped[str | None] = mapped_column(doc="Argon2id; empty: cannot sign in by password")
    language: Mapped[str] = mapped_column(default="en")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(Base):
    """A person in an organization with one role; several rows for several roles, and for several stays: what
    belonged to an ended one (sessions, tokens) does not come back with the role.

    ``invited_as`` is the name that whoever invited typed: until the person accepts, the row gives no right
    and tells nothing of them.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_live",
            "person_id",
            "organization_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(None, "organization_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    role: Mapped[Role]
    invited_as: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    organization: Mapped[Organization] = relationship()

    @property
    def actor(self) -> Actor:
        """This membership as the ``by=`` of a move."""
        return Actor(self.person_id, self.organization_id, self.role)

    @property
    def shown_name(self) -> str:
        """What colleagues read: the person's own name once they accepted, until then what was typed."""
        return self.person.name if self.invited_as is None else self.invited_as

    @property
    def counts(self) -> bool:
        """Whether it gives its role; ``live`` says the same in SQL."""
        return self.ended_at is None and self.invited_as is None

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """Accepted and not ended: the rows that count for anything."""
        return and_(cls.ended_at.is_(None), cls.invited_as.is_(None))


class Subscription(Base):
    """A buyer's right to read what it was granted, while it runs. Its end touches no other row."""

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="window"),
        Index(None, "buyer_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class Accreditation(Base):
    """What lets a firm assess, and the number under which results name its people instead of by name."""

    __tablename__ = "accreditation"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="window"),
        Index(None, "firm_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    firm_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    number: Mapped[str] = mapped_column(unique=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
