"""What a buyer asks of whom: its own list of the standards it reads by, kept row by row.

A row makes no question and decides nothing: what is asked is the steward's questionnaire, the same for all
buyers. Every move on a row is an event, and the last one can be taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, Text, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.authoring.versions import newest_id
from assessments.base import Base, new_id
from assessments.parties import Actor, Role
from assessments.questionnaire.elements import UnknownElement, check_elements
from assessments.questionnaire.standards import UnknownStandard, standards
from assessments.questionnaire.vocabulary import POSITIONS
from assessments.risk.inherent import country_names, material_names
from assessments.sentences import N_
from assessments.workflow import Invalid, Refused, Stale, WrongActor

MOST_ROWS = 40
LONGEST_REASON = 500


@dataclass(frozen=True)
class Said:
    """What a row says: which standard, of whom, why.

    ``elements``: keys it is narrowed to, headings standing for what is below them; () for all. ``country``
    (ISO 3166-1 alpha-3), ``material`` and ``activity`` narrow as a portfolio's filter does, "" not at all.
    ``shown``: whether suppliers that the buyer asks, and that the row reaches, read it.
    """

    standard: str
    elements: tuple[str, ...] = ()
    country: str = ""
    material: str = ""
    activity: str = ""
    reason: str = ""
    shown: bool = True

    def reaches(self, country: str, activities: Sequence[str], materials: Sequence[str]) -> bool:
        """Whether a site of this description is one of those it is asked of."""
        return (
            self.country in ("", country)
            and (not self.activity or self.activity in activities)
            and (not self.material or self.material in materials)
        )

    @property
    def whom(self) -> tuple[str, str, str]:
        """Country, material and activity, each "" where it narrows nothing."""
        return self.country, self.material, self.activity


class BuyerAsk(Base):
    """One row of a buyer's list. ``version_id``: the questionnaire that it was last looked at beside."""

    __tablename__ = "buyer_ask"
    __table_args__ = (Index("ix_buyer_ask_organization", "organization_id", "removed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"), doc="the buyer")
    standard: Mapped[str]
    elements: Mapped[list[str]]
    country: Mapped[str]
    material: Mapped[str]
    activity: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    shown: Mapped[bool]
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questionnaire_version.id"))
    revision: Mapped[int]
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    @property
    def buyer_id(self) -> uuid.UUID:
        """Whose it is, as policy asks of what a buyer keeps."""
        return self.organization_id

    @property
    def said(self) -> Said:
        """What it says."""
        return _said({name: getattr(self, name) for name in Said.__dataclass_fields__})


class AskBefore(Base):
    """What a row said before the last move: the columns of ``Said`` and ``removed``; none while it is new.

    Apart from the row, which suppliers read where it is shown to them: what a buyer unsaid is its own alone.
    """

    __tablename__ = "buyer_ask_before"

    ask_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("buyer_ask.id"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"), doc="the buyer")
    said: Mapped[dict[str, Any]]


def rows_of(buyer_id: uuid.UUID) -> Select[BuyerAsk]:
    """Select the rows on a buyer's list, oldest first."""
    mine = select(BuyerAsk).where(BuyerAsk.organization_id == buyer_id, BuyerAsk.removed_at.is_(None))
    return mine.order_by(BuyerAsk.id)


def taken_off(buyer_id: uuid.UUID, most: int = 5) -> Select[BuyerAsk]:
    """Select the rows taken off a buyer's list last, which can be put back."""
    mine = select(BuyerAsk).where(BuyerAsk.organization_id == buyer_id, BuyerAsk.removed_at.is_not(None))
    return mine.order_by(BuyerAsk.removed_at.desc(), BuyerAsk.id).limit(most)


def was_moved(session: Session, ask: BuyerAsk) -> bool:
    """Whether a row said something else before; one statement."""
    return session.scalar(select(exists().where(AskBefore.ask_id == ask.id))) or False


def add_ask(session: Session, said: Said, *, by: Actor, at: datetime) -> BuyerAsk:
    """Put a row on the list of the organization of ``by``.

    Raises WrongActor unless ``by`` is a buyer's admin, Invalid naming each field, Refused when the same row
    stands there or the list is full.
    """
    buyer_id = _keeper(by)
    said = _checked(said)
    _check_room(session, buyer_id, said)
    ask = BuyerAsk(
        id=new_id(), organization_id=buyer_id, **_columns(said), version_id=newest_id(session), revision=1,
        changed_at=at, removed_at=None,
    )  # fmt: skip
    session.add(ask)
    session.flush()
    _record(session, EventKind.ASK_ADDED, ask, by=by, at=at)
    return ask


def change_ask(
    session: Session, ask: BuyerAsk, said: Said, *, revision: int, by: Actor, at: datetime
) -> None:
    """Let a row say something else; it counts as looked at. Saying the same changes nothing.

    Raises WrongActor, Invalid and Refused as ``add_ask`` does, and when it was taken off; Stale, with both,
    when it was changed since ``revision``.
    """
    _hold(session, ask, by)
    said = _checked(said)
    _check_there(ask)
    if revision != ask.revision:
        raise Stale(
            "Somebody changed this row since you read it.", current=asdict(ask.said), offered=asdict(said)
        )
    if said == ask.said:
        return
    _check_room(session, ask.organization_id, said, but=ask.id)
    ask.version_id = newest_id(session)
    _write(session, ask, said, removed_at=None, at=at)
    _record(session, EventKind.ASK_CHANGED, ask, by=by, at=at)


def remove_ask(session: Session, ask: BuyerAsk, *, by: Actor, at: datetime) -> None:
    """Take a row off the list. Raises WrongActor, Refused when it is off already."""
    _hold(session, ask, by)
    _check_there(ask)
    _write(session, ask, ask.said, removed_at=at, at=at)
    _record(session, EventKind.ASK_REMOVED, ask, by=by, at=at)


def undo_ask(
    session: Session, ask: BuyerAsk, *, by: Actor, at: datetime, revision: int | None = None
) -> None:
    """Take the last move on a row back: a new one goes, one taken off returns, a changed one says again what
    it said. Doing it twice does the move again.

    ``revision``: the one that was seen (None: not compared). Raises WrongActor; Stale, with both, when the
    row was moved since; Refused where another row says the same by now, or the list is full.
    """
    _hold(session, ask, by)
    kept = session.get(AskBefore, ask.id, populate_existing=True)
    if revision not in {None, ask.revision}:
        raise Stale(
            "This row was moved since you read it, so nothing was taken back.", **_both(ask, revision)
        )
    if kept is None:
        _write(session, ask, ask.said, removed_at=at, at=at)
    else:
        said, removed = _said(kept.said), kept.said["removed"]
        if not removed:
            _check_room(session, ask.organization_id, said, but=ask.id)
        _write(session, ask, said, removed_at=at if removed else None, at=at)
    _record(session, EventKind.ASK_UNDONE, ask, by=by, at=at)


def look_at_ask(
    session: Session, ask: BuyerAsk, *, by: Actor, at: datetime, revision: int | None = None
) -> None:
    """Note that a row was looked at beside the newest questionnaire; again changes nothing.

    ``revision``: the one that was looked at (None: not compared). Raises WrongActor; Refused when it was
    taken off; Stale, with both, when it was moved since: nobody looked at what it says now.
    """
    _hold(session, ask, by)
    _check_there(ask)
    newest = newest_id(session)
    if newest == ask.version_id:
        return
    if revision not in {None, ask.revision}:
        raise Stale(
            "This row was moved since you read it, so it is not marked as looked at.", **_both(ask, revision)
        )
    ask.version_id = newest
    ask.revision += 1
    session.flush()
    _record(session, EventKind.ASK_LOOKED_AT, ask, by=by, at=at)


def _keeper(by: Actor) -> uuid.UUID:
    if by.role is not Role.BUYER_ADMIN or by.organization_id is None:
        raise WrongActor("A buyer's admin keeps this list.", "Ask your admin.")
    return by.organization_id


def _hold(session: Session, ask: BuyerAsk, by: Actor) -> None:
    """Let whoever moves the same row at once wait and see what was done before."""
    if _keeper(by) != ask.organization_id:
        raise WrongActor("This row is not of your organization.", "")
    session.refresh(ask, with_for_update=True)


def _both(ask: BuyerAsk, seen: int | None) -> dict[str, Any]:
    return {"current": {**asdict(ask.said), "revision": ask.revision}, "offered": {"revision": seen}}


def _check_there(ask: BuyerAsk) -> None:
    if ask.removed_at is not None:
        raise Refused("This row was taken off the list.", "Put it back first.")


def _check_room(session: Session, buyer_id: uuid.UUID, said: Said, but: uuid.UUID | None = None) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Of two who put the same row on a list at once, each sees none: there is no row yet to wait for.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ask/{buyer_id}", 0))))
    others = [row for row in session.scalars(rows_of(buyer_id)) if row.id != but]
    if len(others) >= MOST_ROWS:
        raise Refused(N_("A list has %(most)s rows at most.", most=MOST_ROWS), "Take one off first.")
    for row in others:
        same = row.said
        if (same.standard, set(same.elements), same.whom) == (said.standard, set(said.elements), said.whom):
            raise Refused(
                "This row is on your list already.", "Change that one.", places=("standard", str(row.id))
            )


def _checked(said: Said) -> Said:
    """The same in one spelling. Raises Invalid naming each field that cannot be read."""
    faults: dict[str, str] = {}
    elements: tuple[str, ...] = ()
    try:
        check_elements(said.standard, said.elements)
    except UnknownStandard:
        faults["standard"] = N_("What you ask: choose one of the standards.")
    except UnknownElement:
        faults["elements"] = N_("Elements: choose elements of this standard.")
    else:
        # In the standard's order, each once.
        known = (element.key for element in standards()[said.standard].elements)
        elements = tuple(key for key in known if key in set(said.elements))
    if said.country and said.country not in country_names():
        faults["country"] = N_("Country: choose one of the list.")
    if said.material and said.material not in material_names():
        faults["material"] = N_("Material: choose one of the list.")
    if said.activity and said.activity not in POSITIONS:
        faults["activity"] = N_("Position: choose one of the list.")
    reason = " ".join(said.reason.split())
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        faults["reason"] = N_("Why: write at most %(most)s letters of plain text.", most=LONGEST_REASON)
    if faults:
        raise Invalid("This row cannot be kept.", faults)
    return Said(said.standard, elements, *said.whom, reason, said.shown)


def _columns(said: Said) -> dict[str, Any]:
    return {**asdict(said), "elements": list(said.elements)}


def _said(values: Mapping[str, Any]) -> Said:
    told = {name: values[name] for name in Said.__dataclass_fields__}
    return Said(**{**told, "elements": tuple(told["elements"])})


def _write(session: Session, ask: BuyerAsk, said: Said, *, removed_at: datetime | None, at: datetime) -> None:
    before = {**_columns(ask.said), "removed": ask.removed_at is not None}
    session.merge(AskBefore(ask_id=ask.id, organization_id=ask.organization_id, said=before))
    for name, value in _columns(said).items():
        setattr(ask, name, value)
    ask.removed_at, ask.changed_at = removed_at, at
    ask.revision += 1
    session.flush()


def _record(session: Session, kind: EventKind, ask: BuyerAsk, *, by: Actor, at: datetime) -> None:
    # By its number alone: whom a buyer asks what is nobody else's business, the steward's neither.
    events.record(
        session, kind, by=by, at=at, subject_type="buyer_ask", subject_id=ask.id,
        organization_id=ask.organization_id, data={"revision": ask.revision},
    )  # fmt: skip
