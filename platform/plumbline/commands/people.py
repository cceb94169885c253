"""``plumbline org|user|token create``: the first organizations and people of an installation."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.membership import ADMINS
from assessments.parties import (
    SYSTEM,
    Accreditation,
    Membership,
    Organization,
    OrganizationKind,
    Person,
    Role,
    Subscription,
)
from assessments.sheet.profile import confirm_identifiers
from assessments.workflow import Refused
from plumbline.commands.context import Wrong, platform_session
from plumbline.identity.passwords import WeakPassword, check_strength, hash_password
from plumbline.identity.visitor import create_token, end_sessions, scopes_of


@click.group("org")
def org_group() -> None:
    """Organizations."""


@org_group.command("create")
@click.argument("legal_name")
@click.option("--country", required=True, help="ISO 3166-1 alpha-3, for example DEU.")
@click.option(
    "--kind", "kinds", multiple=True, required=True, type=click.Choice([k.value for k in OrganizationKind])
)
@click.option("--lei", help="Legal entity identifier, 20 characters.")
@click.option("--subscription-days", default=365, show_default=True, help="For a buyer: days from today.")
@click.option("--accreditation", help="For an assessment firm: its number; runs three years.")
def create_org(
    legal_name: str,
    country: str,
    kinds: tuple[str, ...],
    lei: str | None,
    subscription_days: int,
    accreditation: str | None,
) -> None:
    """Create an organization and print its id."""
    if len(country) != 3 or not country.isalpha():
        raise Wrong(f"--country: {country!r} is not an ISO 3166-1 alpha-3 code such as DEU")
    at = datetime.now(UTC)
    with platform_session() as (_settings, session):
        organization = Organization(
            id=new_id(), kinds=list(dict.fromkeys(kinds)), legal_name=legal_name.strip(),
            country=country.upper(), lei=lei, confirmed_lei=lei, created_at=at,
        )  # fmt: skip
        session.add(organization)
        session.flush()
        if OrganizationKind.BUYER in kinds:
            session.add(
                Subscription(
                    id=new_id(), buyer_id=organization.id, starts_at=at,
                    ends_at=at + timedelta(days=subscription_days),
                )
            )  # fmt: skip
        if OrganizationKind.ASSESSMENT_FIRM in kinds:
            session.add(
                Accreditation(
                    id=new_id(), firm_id=organization.id, person_id=None,
                    number=accreditation or f"AF-{organization.id.hex[-8:].upper()}",
                    starts_at=at, ends_at=at + timedelta(days=3 * 365),
                )
            )  # fmt: skip
        _record(session, EventKind.ORGANIZATION_DESCRIBED, organization.id, organization.id, at)
        click.echo(str(organization.id))


@org_group.command("confirm")
@click.argument("organization")
def confirm_org(organization: str) -> None:
    """Confirm the LEI and register number that an organization says it has, after a look at the registers.

    Requests for access that name a supplier by them reach it from then on.
    """
    with platform_session() as (_settings, session):
        owner = session.get(Organization, _id("ORGANIZATION", organization))
        if owner is None:
            raise Wrong(f"there is no organization {organization}")
        try:
            confirm_identifiers(session, owner, by=SYSTEM, at=datetime.now(UTC))
        except Refused as refused:
            raise Wrong(f"{refused.message} {refused.remedy}") from refused
        click.echo(f"{owner.legal_name}: LEI {owner.confirmed_lei or 'none'}, "
                   f"register {owner.confirmed_register or 'none'}")  # fmt: skip


@click.group("user")
def user_group() -> None:
    """People."""


@user_group.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--organization", required=True, help="Id, as printed by `plumbline org create`.")
@click.option("--role", required=True, type=click.Choice([r.value for r in Role if r is not Role.SYSTEM]))
@click.password_option(help="At least 12 characters.")
def create_user(email: str, name: str, organization: str, role: str, password: str) -> None:
    """Create a person (or give a known one another role) and print the membership's id.

    The password is for a new person. A known one keeps the own: `plumbline user password` sets another.
    """
    if email.count("@") != 1:
        raise Wrong(f"{email!r} is not a mail address")
    try:
        check_strength(password, context=(email, name))
    except WeakPassword as error:
        raise Wrong(str(error)) from error
    at = datetime.now(UTC)
    with platform_session() as (settings, session):
        owner = session.get(Organization, _id("--organization", organization))
        if owner is None:
            raise Wrong(f"--organization: there is no organization {organization}")
        address = email.strip().lower()
        person = session.scalars(select(Person).where(Person.email == address)).first()
        if person is None:
            person = Person(id=new_id(), email=address, name=name.strip(), created_at=at)
            session.add(person)
        if person.password_hash is None:
            person.password_hash = hash_password(password, memory_kib=settings.argon2_memory_kib)
        else:
            click.echo(f"{address} is known: the password stays as it is.", err=True)
        session.flush()
        held = select(Membership).where(
            Membership.person_id == person.id, Membership.organization_id == owner.id, Membership.role == role
        )
        if session.scalars(held).first() is not None:
            raise Wrong(f"{address} has, or had, the role {role} there")
        membership = Membership(
            id=new_id(), person_id=person.id, organization_id=owner.id, role=Role(role), created_at=at
        )
        session.add(membership)
        _record(session, EventKind.MEMBER_ADDED, membership.id, owner.id, at)
        click.echo(str(membership.id))


@user_group.command("password")
@click.argument("email")
@click.password_option(help="At least 12 characters.")
def set_password(email: str, password: str) -> None:
    """Set the password of a person who was added without one, or forgot it; who is signed in as them is not
    any more.

    API tokens stay: each is revoked by its own page.
    """
    with platform_session() as (settings, session):
        person = session.scalars(select(Person).where(Person.email == email.strip().lower())).first()
        if person is None:
            raise Wrong(f"there is no person with the mail address {email!r}")
        try:
            check_strength(password, context=(person.email, person.name))
        except WeakPassword as error:
            raise Wrong(str(error)) from error
        person.password_hash = hash_password(password, memory_kib=settings.argon2_memory_kib)
        at = datetime.now(UTC)
        ended = end_sessions(session, person.id, at=at)
        events.record(
            session, EventKind.PASSWORD_SET, by=SYSTEM, at=at, subject_type="person", subject_id=person.id,
            organization_id=None,
        )  # fmt: skip
        click.echo(f"{person.email}: password set, {ended} sessions ended")


@click.group("token")
def token_group() -> None:
    """API tokens."""


@token_group.command("create")
@click.option("--membership", required=True, help="Id, as printed by `plumbline user create`.")
@click.option("--name", default="command line", show_default=True)
@click.option("--scope", "scopes", multiple=True, help="Default: * for an admin, else what the role may do.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 365))
def create_api_token(membership: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Create a token and print it; it cannot be shown again."""
    at = datetime.now(UTC)
    with platform_session() as (_settings, session):
        found = session.get(Membership, _id("--membership", membership))
        if found is None or found.ended_at is not None:
            raise Wrong(f"--membership: there is no live membership {membership}")
        asked = list(scopes) or scopes_of(found.role)
        if "*" in asked and found.role not in ADMINS:
            raise Wrong(f"--scope: * is for admins; the role {found.role} takes scopes by name")
        token = create_token(session, found.id, name, asked, days=days, at=at)
        _record(session, EventKind.TOKEN_CREATED, found.id, found.organization_id, at)
        click.echo(token)


def _id(option: str, raw: str) -> uuid.UUID:
    try:
        return uuid.UUID(raw)
    except ValueError:
        raise Wrong(f"{option}: {raw!r} is not an id") from None


def _record(session: Session, kind: EventKind, subject: uuid.UUID, owner: uuid.UUID, at: datetime) -> None:
    events.record(
        session, kind, by=SYSTEM, at=at, subject_type="organization", subject_id=subject,
        organization_id=owner,
    )  # fmt: skip
