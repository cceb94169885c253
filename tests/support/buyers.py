"""Reading as a buyer: sessions under its own tenant, every route of the read models at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from assessments.sharing.portfolio import PortfolioEntry, page
from assessments.sharing.reading import SharedAssessment, shared
from plumbline.transaction import Tenant, only_reading, tenant_session
from tests.support.cast import NOW, Member


class Served(Protocol):
    """What reading needs of a stack."""

    @property
    def engine(self) -> Engine:
        """Where transactions begin."""
        ...


@contextmanager
def acting_as(stack: Served, member: Member) -> Iterator[Session]:
    """A session as this member's organization and audience; on PostgreSQL the policies see it so."""
    with tenant_session(stack.engine, Tenant.of(member.actor)) as session:
        yield session


@contextmanager
def reading_as(stack: Served, member: Member) -> Iterator[Session]:
    """The same for a transaction that only reads, as a GET does: beside a writer on SQLite, too."""
    only_reading(True)
    try:
        with acting_as(stack, member) as session:
            yield session
    finally:
        only_reading(False)


def read(stack: Served, member: Member, assessment_id: uuid.UUID) -> SharedAssessment | None:
    """What a buyer gets of one assessment now."""
    with reading_as(stack, member) as session:
        return shared(session, member.organization_id, assessment_id, at=NOW)


def listed(stack: Served, member: Member) -> list[PortfolioEntry]:
    """What a buyer's list holds now."""
    with reading_as(stack, member) as session:
        return list(page(session, member.organization_id).entries)
