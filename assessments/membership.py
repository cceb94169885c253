"""Who belongs to an organization: added by mail address with a role, ended with a date."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from assessments.audit.events import EventKind, record
from assessments.base import new_id
from assessments.outbox import LetterKind, letter
from assessments.parties import Actor, Audience, Membership, Organization, Person, Role
from assessments.sentences import N_
from assessments.workflow import Invalid, WrongActor, WrongState

ADDRESS = re.compile(
    r"(?!\.)(?!.*\.\.)[\w.!#$&'*+/=?^`{|}~-]{1,64}(?<!\.)"
    r"@(?=.{1,189}\Z)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)+"
)
"""One mail address as letters go to (RFC 5321 without quotes, any alphabet), without marks that turn text."""
LONGEST_NAME = 120
OPEN_FOR = timedelta(days=30)
"""How long an invitation can be accepted."""
ADMINS = frozenset({Role.SUPPLIER_ADMIN, Role.BUYER_ADMIN, Role.ASSESSOR_LEAD, Role.STEWARD_ADMIN})
"""Who keeps the members of an organization; each audience has one such role."""


def roles_of(audience: Audience) -> tuple[Role, ...]:
    """The roles that an admin of this audience can give."""
    return tuple(role for role in Role if role.audience is audience and role is not Role.SYSTEM)


def members_of(session: Session, organization_id: uuid.UUID) -> list[Membership]:
    """Return the live memberships of an organization with their people, by name; one statement."""
    return list(
        session.scalars(
            select(Membership)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.organization_id == organization_id, Membership.ended_at.is_(None))
            .options(joinedload(Membership.person))
            # By the name that is shown: an order by another would tell of it.
            .order_by(func.coalesce(Membership.invited_as, Person.name), Membership.role)
        )
    )


def add_member(
    session: Session,
    organization_id: uuid.UUID,
    *,
    email: str,
    name: str,
    role: Role,
    by: Actor,
    at: datetime,
) -> Membership:
    """Invite somebody to a role in an organization by a letter to the mail address.

    Nothing is theirs until they accept, and whether the address was known is not told. Raises WrongActor
    unless ``by`` is that organization's admin, Invalid naming the fields, WrongState when the person has or
    is offered this role already.
    """
    _keeper(organization_id, by)
    address, name = email.strip().lower(), " ".join(name.split())
    faults = {}
    if not ADDRESS.fullmatch(address):
        faults["email"] = N_("Write one mail address, as in name@firm.example.")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        faults["name"] = N_("Write the person's name, at most %(most)s characters.", most=LONGEST_NAME)
    if role not in roles_of(by.audience):
        faults["role"] = N_("Choose a role of your organization.")
    if faults:
        raise Invalid("This person was not added.", faults)
    # Two people adding the same person at once: the second waits and then finds the first one's row.
    session.execute(select(Organization.id).where(Organization.id == organization_id).with_for_update())
    person = session.scalars(select(Person).where(Person.email == address)).first()
    if person is None:
        person = Person(id=new_id(), email=address, name=address.split("@")[0], created_at=at)
        session.add(person)
        session.flush()
    membership = session.scalars(
        select(Membership).where(
            Membership.person_id == person.id,
            Membership.organization_id == organization_id,
            Membership.role == role,
            Membership.ended_at.is_(None),
        )
    ).first()
    if membership is not None:
        raise WrongState("This person has this role already.", "Nothing was changed.")
    membership = Membership(
        id=new_id(), person_id=person.id, organization_id=organization_id, role=role, invited_as=name,
        created_at=at,
    )  # fmt: skip
    session.add(membership)
    session.flush()
    _record(session, EventKind.MEMBER_ADDED, membership, by=by, at=at)
    about = {"membership_id": membership.id, "person_id": person.id, "organization_id": organization_id}
    letter(session, LetterKind.MEMBER_INVITED, about, at=at)
    return membership


def invitation(session: Session, membership_id: uuid.UUID, *, at: datetime) -> Membership | None:
    """The invitation behind a letter; None once accepted, ended or older than ``OPEN_FOR``, or never made."""
    found = session.get(Membership, membership_id)
    if found is None or found.invited_as is None or found.ended_at is not None:
        return None
    return found if at < found.created_at + OPEN_FOR and found.person.disabled_at is None else None


def accept_invitation(session: Session, membership: Membership, *, name: str, at: datetime) -> None:
    """Take the role: from now on it counts. ``name``: the person's own, kept where they are new here.

    Raises Invalid for an unusable name, WrongState when it was accepted or ended meanwhile.
    """
    session.refresh(membership, with_for_update=True)
    if membership.invited_as is None or membership.ended_at is not None:
        raise WrongState("This invitation is not open any more.", "Ask for another.")
    person, name = membership.person, " ".join(name.split())
    if person.password_hash is None:
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise Invalid(
                "This name cannot be taken.",
                {"name": N_("Write the person's name, at most %(most)s characters.", most=LONGEST_NAME)},
            )
        person.name = name
    membership.invited_as = None
    _record(session, EventKind.MEMBER_ACCEPTED, membership, by=membership.actor, at=at)


def end_membership(session: Session, membership: Membership, *, by: Actor, at: datetime) -> None:
    """End a role or take an invitation back: its sessions and tokens stop with the next request, for good.

    Raises WrongActor, and WrongState for one that has ended and for the last admin, without whom nobody could
    keep the organization's members.
    """
    _keeper(membership.organization_id, by)
    if membership.ended_at is not None:
        raise WrongState("This membership has ended already.", "")
    session.execute(
        select(Organization.id).where(Organization.id == membership.organization_id).with_for_update()
    )
    if membership.role in ADMINS and membership.invited_as is None:
        left = session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(
                Membership.organization_id == membership.organization_id,
                Membership.role == membership.role,
                Membership.live(),
                Membership.id != membership.id,
            )
        )
        if not left:
            raise WrongState(
                "This is the last admin of your organization.", "Make somebody else an admin first."
            )
    membership.ended_at = at
    _record(session, EventKind.MEMBER_ENDED, membership, by=by, at=at)


def _keeper(organization_id: uuid.UUID, by: Actor) -> None:
    if by.role not in ADMINS or by.organization_id != organization_id:
        raise WrongActor("An admin keeps the members of the organization.", "Ask your admin.")


def _record(session: Session, kind: EventKind, membership: Membership, *, by: Actor, at: datetime) -> None:
    record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="membership",
        subject_id=membership.id,
        organization_id=membership.organization_id,
        data={"role": membership.role.value},
    )
