"""What the rows of a buyer's list tell: beside questionnaire and portfolio, and to a supplier it asks.

All of it follows from the published mapping and from what the reader sees anyway: a row never tells whether a
supplier was asked something, answered it, or kept it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from assessments.authoring.versions import newest_first
from assessments.base import database_now
from assessments.parties import Site
from assessments.questionnaire.elements import ElementChange, Narrowed, changes, narrowed
from assessments.questionnaire.languages.translation import Tell, as_written
from assessments.questionnaire.model import Questionnaire, Topic
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.standards import standards
from assessments.sharing.asks import BuyerAsk, Said, rows_of
from assessments.sharing.disclosure import AccessRequest, Disclosure, PortfolioRow, RequestState
from assessments.sharing.portfolio import LARGEST_PAGE, Filter, narrowed_to, visible
from assessments.sheet.reading import questionnaire_of

ASKING = frozenset({RequestState.SENT, RequestState.GRANTED, RequestState.PARTLY_GRANTED})
"""Requests by which a buyer stands before a supplier: open, or answered with something."""


@dataclass(frozen=True)
class Beside:
    """The questionnaire that rows are read beside, as published and as told to the reader.

    ``id`` None: nothing is published, and it is the pack that ships. ``versions``: number by id.
    """

    id: uuid.UUID | None
    plain: Questionnaire
    told: Questionnaire
    versions: dict[uuid.UUID, str]


@dataclass(frozen=True)
class AskTold:
    """A row with what it covers. ``changes``: elements covered otherwise than beside version ``since``, which
    it was looked at beside.

    ``suppliers``: how many of those the buyer sees something of it reaches, None where they were not counted
    or are more than ``LARGEST_PAGE``.
    """

    ask: BuyerAsk
    said: Said
    covers: Narrowed
    changes: tuple[ElementChange, ...] = ()
    since: str = ""
    suppliers: int | None = None


@dataclass(frozen=True)
class AskOfSupplier:
    """A row that reaches a supplier, with the topics it reads: ``shown`` those disclosed in part or whole,
    ``others`` the rest, of which nothing is told."""

    ask: BuyerAsk
    said: Said
    covers: Narrowed
    shown: tuple[Topic, ...]
    others: tuple[Topic, ...]


def beside(session: Session, tell: Tell = as_written) -> Beside:
    """The newest questionnaire, or the pack that ships while none is published; one statement."""
    rows = session.execute(newest_first()).all()
    plain = questionnaire_of(session, rows[0].id)[0] if rows else load_pack()
    return Beside(rows[0].id if rows else None, plain, tell(plain), {row.id: row.version for row in rows})


def told_asks(session: Session, buyer_id: uuid.UUID, at: Beside, *, counted: bool = True) -> list[AskTold]:
    """A buyer's list in the order of the standards; two statements, however many rows.

    ``counted``: with the suppliers that each row reaches, which is the second statement.
    """
    rows = _in_order(session.scalars(rows_of(buyer_id)).all())
    counts = _reached(session, buyer_id, [row.said for row in rows]) if counted else [None] * len(rows)
    return [_told(session, row, at, count) for row, count in zip(rows, counts, strict=True)]


def told_ask(session: Session, ask: BuyerAsk, at: Beside) -> AskTold:
    """One row; one statement."""
    (count,) = _reached(session, ask.organization_id, [ask.said])
    return _told(session, ask, at, count)


def asks_of(
    session: Session,
    buyer_id: uuid.UUID,
    *,
    country: str,
    activities: Sequence[str],
    materials: Sequence[str],
    sees: Collection[str],
    tell: Tell = as_written,
) -> tuple[AskOfSupplier, ...]:
    """A buyer's rows that reach a site of this description; one statement, two where any does.

    ``sees``: keys of the topics of which something of the site is disclosed to the buyer.
    """
    rows = _in_order(session.scalars(rows_of(buyer_id)).all())
    rows = [row for row in rows if row.said.reaches(country, activities, materials)]
    if not rows:
        return ()
    questionnaire = beside(session, tell).told
    found = []
    for row in rows:
        covers = narrowed(questionnaire, row.standard, row.elements)
        topics = [questionnaire.topic(key) for key in covers.topics]
        shown = tuple(topic for topic in topics if topic.key in sees)
        others = tuple(topic for topic in topics if topic.key not in sees)
        found.append(AskOfSupplier(row, row.said, covers, shown, others))
    return tuple(found)


def shown_to(
    session: Session,
    supplier_id: uuid.UUID,
    buyer_id: uuid.UUID,
    tell: Tell = as_written,
) -> list[AskTold]:
    """The rows by which a buyer reads that it shows to this supplier: those that reach a site of it.

    None unless that buyer has a request before it, or it shares something with that buyer now; the second
    wall's policy says all of it again. Three statements, one where there is no row.
    """
    rows = session.scalars(
        rows_of(buyer_id).where(BuyerAsk.shown.is_(True), stands_before(supplier_id, buyer_id))
    ).all()
    if not rows:
        return []
    sites = session.execute(
        select(Site.country, Site.activities, Site.materials).where(
            Site.organization_id == supplier_id, Site.closed_at.is_(None)
        )
    ).all()
    described = [
        (site.country, site.activities, [entry["material"] for entry in site.materials]) for site in sites
    ]
    reaching = [row for row in rows if any(row.said.reaches(*site) for site in described)]
    at = beside(session, tell)
    return [
        AskTold(row, row.said, narrowed(at.told, row.standard, row.elements)) for row in _in_order(reaching)
    ]


def stands_before(supplier_id: uuid.UUID, buyer_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a buyer asks a supplier or reads something of it."""
    return or_(
        exists().where(
            AccessRequest.supplier_id == supplier_id,
            AccessRequest.buyer_id == buyer_id,
            AccessRequest.state.in_(ASKING),
        ),
        exists().where(
            Disclosure.supplier_id == supplier_id,
            Disclosure.buyer_id == buyer_id,
            Disclosure.revoked_at.is_(None),
            Disclosure.ends_at > database_now(),
        ),
    )


def _in_order(rows: Sequence[BuyerAsk]) -> list[BuyerAsk]:
    places = {key: place for place, key in enumerate(standards())}
    return sorted(rows, key=lambda row: (places[row.standard], row.id))


def _told(session: Session, row: BuyerAsk, at: Beside, suppliers: int | None) -> AskTold:
    said = row.said
    covers = narrowed(at.told, said.standard, said.elements)
    if row.version_id is None:
        return AskTold(row, said, covers, suppliers=suppliers)
    looked_at, _digest = questionnaire_of(session, row.version_id)
    differ = changes(looked_at, at.plain, said.standard, said.elements)
    return AskTold(row, said, covers, differ, at.versions.get(row.version_id, ""), suppliers)


def _reached(session: Session, buyer_id: uuid.UUID, rows: Sequence[Said]) -> list[int | None]:
    """How many suppliers of the buyer's portfolio each row reaches; one statement over all rows.

    The same filter as the portfolio's own, so that its link lists who was counted. No further than a page is
    long: counting on would cost more than the list is worth.
    """
    wanted = list(dict.fromkeys(row.whom for row in rows))
    if not wanted:
        return []
    counts = []
    for country, material, activity in wanted:
        asked = Filter(country=country, material=material, activity=activity)
        some = (
            select(PortfolioRow.supplier_id)
            .where(*visible(buyer_id), *narrowed_to(session, asked, buyer_id))
            .distinct()
            .limit(LARGEST_PAGE + 1)
            .subquery()
        )
        counts.append(select(func.count()).select_from(some).scalar_subquery())
    row = session.execute(select(*counts)).one()
    found = dict(zip(wanted, row, strict=True))
    return [found[said.whom] if found[said.whom] <= LARGEST_PAGE else None for said in rows]
