"""Whom the words of a request reach. Nobody but the platform learns whether they reached anybody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.parties import Membership, Organization, OrganizationKind, Person, Role, register_entry
from assessments.sharing.disclosure import PortfolioRow
from assessments.sharing.portfolio import visible


def supplier_named(session: Session, named_by: Mapping[str, Any], buyer_id: uuid.UUID) -> uuid.UUID | None:
    """The supplier these words reach; None for nobody and for one that hides.

    Only what was proved counts, so that nobody gets or blocks what is meant for another: identifiers that the
    steward confirmed, and the mail address of an admin who accepted the role by that address. An admin of
    several suppliers is reached where they have been admin longest.

    ``named_by``: {"lei"}, {"country", "register_number"}, {"email"}, or {"assessment_id"} of one that the
    buyer sees something of now.
    """
    if "assessment_id" in named_by:
        seen = seen_supplier(session, uuid.UUID(named_by["assessment_id"]), buyer_id)
        return seen[0] if seen else None
    if "email" in named_by:
        query = (
            select(Organization)
            .join(Membership, Membership.organization_id == Organization.id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Person.email == named_by["email"],
                Person.disabled_at.is_(None),
                Membership.role == Role.SUPPLIER_ADMIN,
                Membership.live(),
            )
            .order_by(Membership.created_at, Membership.id)
        )
    elif "lei" in named_by:
        query = select(Organization).where(
            Organization.confirmed_lei == named_by["lei"], Organization.discoverable.is_(True)
        )
    else:
        entry = register_entry(named_by["country"], named_by["register_number"])
        query = select(Organization).where(
            Organization.confirmed_register == entry,
            Organization.discoverable.is_(True),
        )
    for each in session.scalars(query):
        if each.is_(OrganizationKind.SUPPLIER) and each.id != buyer_id:
            return each.id
    return None


def seen_supplier(
    session: Session, assessment_id: uuid.UUID, buyer_id: uuid.UUID
) -> tuple[uuid.UUID, str] | None:
    """(id, name) of the supplier of an assessment that the buyer sees something of now; None otherwise."""
    row = session.execute(
        select(PortfolioRow.supplier_id, PortfolioRow.supplier_name).where(
            *visible(buyer_id), PortfolioRow.assessment_id == assessment_id
        )
    ).first()
    return (row.supplier_id, row.supplier_name) if row else None
