"""Leases: who leads a recurring duty for the next moments, so that several processes do it once."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.base import Base


class Lease(Base):
    """One duty and who has it until when. A lease that ran out is anybody's."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


def new_holder(place: str) -> str:
    """Return a holder's name that no other process has, ``place`` (host and process) in front for people."""
    return f"{place}/{uuid.uuid4().hex[:12]}"


def take(session: Session, name: str, holder: str, *, at: datetime, lasts: timedelta) -> bool:
    """Take or renew the lease ``name`` until ``at + lasts``; False while somebody else has it.

    One statement, so two takers at once cannot both succeed. ``at`` is to come from one clock for all
    takers: the database's (``assessments.base.database_now``).
    """
    values = {"name": name, "holder": holder, "until": at + lasts}
    free = or_(Lease.until <= at, Lease.holder == holder)
    if session.get_bind().dialect.name == "postgresql":
        on_postgresql = postgresql.insert(Lease).values(values)
        taken = session.execute(
            on_postgresql.on_conflict_do_update(
                index_elements=[Lease.name], set_={"holder": holder, "until": at + lasts}, where=free
            ).returning(Lease.name)
        )
    else:
        on_sqlite = sqlite.insert(Lease).values(values)
        taken = session.execute(
            on_sqlite.on_conflict_do_update(
                index_elements=[Lease.name], set_={"holder": holder, "until": at + lasts}, where=free
            ).returning(Lease.name)
        )
    return taken.first() is not None


def renew(session: Session, name: str, holder: str, *, at: datetime, lasts: timedelta) -> bool:
    """Prolong a lease that ``holder`` still has; False when it ran out or went to somebody else."""
    renewed = session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder, Lease.until > at)
        .values(until=at + lasts)
        .returning(Lease.name)
    )
    return renewed.first() is not None


def release(session: Session, name: str, holder: str) -> None:
    """Give a lease back before it runs out; nothing happens when ``holder`` no longer has it."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
