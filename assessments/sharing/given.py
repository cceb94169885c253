"""What a supplier has given to whom, as it reads it itself, and what a grant would show before it is made."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from assessments.assessment import Assessment, AssessmentState, Cycle
from assessments.parties import Actor, Organization, OrganizationKind, Site
from assessments.questionnaire.model import Topic
from assessments.result import Layer, Result
from assessments.sharing.disclosure import (
    ALL_TOPICS,
    AccessRequest,
    Disclosure,
    DisclosureState,
    PortfolioRow,
)
from assessments.sharing.granting import Offer, grant
from assessments.sharing.reading import SharedAssessment, shared_each
from assessments.sheet.reading import questionnaire_of


@dataclass(frozen=True)
class Given:
    """One grant as its giver reads it.

    ``topics`` None: all; else the titles named. ``left_out``: titles of rated topics not among them.
    ``result`` is the cycle's label of the one result named, None when only later results are.
    ``assessments``: of which it gives something, or will.
    """

    id: uuid.UUID
    buyer_id: uuid.UUID
    buyer: str
    site_id: uuid.UUID
    site: str
    result: str | None
    result_id: uuid.UUID | None
    later: bool
    commercial: bool
    layers: tuple[Layer, ...]
    topics: tuple[str, ...] | None
    left_out: tuple[str, ...]
    topic_keys: frozenset[str]
    evidence: frozenset[uuid.UUID]
    assessments: frozenset[uuid.UUID]
    purpose: str
    starts_at: datetime
    ends_at: datetime
    granted_at: datetime
    revoked_at: datetime | None
    state: DisclosureState


@dataclass(frozen=True)
class Publishable:
    """Something of a site that can be shared: a published result, or (``result_id`` None) later ones only."""

    key: str
    site_id: uuid.UUID
    site: str
    result_id: uuid.UUID | None
    cycle: str | None
    number: int | None
    basis: str | None
    published_at: datetime | None
    version_id: uuid.UUID | None


def given_by(
    session: Session, supplier_id: uuid.UUID, *only: ColumnElement[bool], at: datetime
) -> list[Given]:
    """Return the grants that a supplier ever made, newest first; a fixed number of statements.

    ``only``: conditions on Disclosure.
    """
    rows = session.scalars(
        select(Disclosure)
        .where(Disclosure.supplier_id == supplier_id, *only)
        .options(joinedload(Disclosure.buyer), joinedload(Disclosure.site), selectinload(Disclosure.items))
        .order_by(Disclosure.granted_at.desc(), Disclosure.id.desc())
    ).all()
    ground = _Ground(_results(session, supplier_id), _rounds(session, supplier_id))
    return [_given(session, row, ground, at) for row in rows]


@dataclass(frozen=True)
class _Round:
    assessment_id: uuid.UUID
    site_id: uuid.UUID | None
    label: str
    version_id: uuid.UUID
    published_at: datetime | None = None


@dataclass(frozen=True)
class _Ground:
    """The results of a supplier by id, and its sites' assessments, oldest first."""

    results: dict[uuid.UUID, _Round]
    rounds: list[_Round]

    def version(self, row: Disclosure) -> uuid.UUID | None:
        """The questionnaire whose topics a grant names: its result's, else the site's newest."""
        named = self.results.get(row.result_id) if row.result_id else None
        of_site = [one.version_id for one in self.rounds if one.site_id == row.site_id]
        return named.version_id if named else of_site[-1] if of_site else None

    def reached(self, row: Disclosure) -> frozenset[uuid.UUID]:
        """Of which a grant gives something: its result's, and by its tick those that follow."""
        named = {self.results[row.result_id].assessment_id} if row.result_id in self.results else set()
        before = {
            one.assessment_id
            for one in self.results.values()
            if one.published_at and one.published_at < row.granted_at
        }
        later = {one.assessment_id for one in self.rounds if one.site_id == row.site_id} - before
        return frozenset(named | later if row.follow_later else named)


def _results(session: Session, supplier_id: uuid.UUID) -> dict[uuid.UUID, _Round]:
    found = session.execute(
        select(Result.id, Assessment.id, Result.site_id, Cycle.label, Cycle.version_id, Result.published_at)
        .join(Assessment, Assessment.id == Result.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Result.organization_id == supplier_id)
    )
    return {row[0]: _Round(*row[1:]) for row in found}


def _rounds(session: Session, supplier_id: uuid.UUID) -> list[_Round]:
    found = session.execute(
        select(Assessment.id, Assessment.site_id, Cycle.label, Cycle.version_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Assessment.organization_id == supplier_id, Assessment.site_id.is_not(None))
        .order_by(Assessment.opened_at, Assessment.id)
    )
    return [_Round(*row) for row in found]


def _given(session: Session, row: Disclosure, ground: _Ground, at: datetime) -> Given:
    version_id = ground.version(row)
    named_result = ground.results.get(row.result_id) if row.result_id else None
    by_topic = [item for item in row.items if item.layer not in {Layer.STATUS, Layer.EVIDENCE}]
    named = None if not by_topic else frozenset(item.topic for item in by_topic)
    everything = named is None or ALL_TOPICS in named
    topics: Sequence[Topic] = questionnaire_of(session, version_id)[0].topics if version_id else ()
    return Given(
        id=row.id,
        buyer_id=row.buyer_id,
        buyer=row.buyer.legal_name,
        site_id=row.site_id,
        site=row.site.name,
        result=named_result.label if named_result else None,
        result_id=row.result_id,
        later=row.follow_later,
        commercial=row.commercial,
        layers=tuple(layer for layer in Layer if layer in {item.layer for item in row.items}),
        topics=None if everything else tuple(one.title for one in topics if one.key in (named or ())),
        left_out=()
        if everything
        else tuple(one.title for one in topics if one.rated and one.key not in (named or ())),
        topic_keys=frozenset() if everything else named or frozenset(),
        assessments=ground.reached(row),
        evidence=frozenset(item.version_id for item in row.items if item.version_id is not None),
        purpose=row.purpose,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        granted_at=row.granted_at,
        revoked_at=row.revoked_at,
        state=row.state_at(at),
    )


def publishables(session: Session, supplier_id: uuid.UUID) -> list[Publishable]:
    """Return what can be shared, newest result first, then each site that has none yet; two statements."""
    results = session.execute(
        select(
            Result.id, Site.id.label("site_id"), Site.name, Cycle.label, Result.number, Result.basis,
            Result.published_at, Cycle.version_id,
        )
        .join(Site, Site.id == Result.site_id)
        .join(Assessment, Assessment.id == Result.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Result.organization_id == supplier_id, Assessment.state != AssessmentState.REVOKED)
        .order_by(Result.published_at.desc(), Result.number.desc())
    ).all()  # fmt: skip
    found = [
        Publishable(
            key=str(row.id), site_id=row.site_id, site=row.name, result_id=row.id, cycle=row.label,
            number=row.number, basis=row.basis, published_at=row.published_at, version_id=row.version_id,
        )
        for row in results
    ]  # fmt: skip
    covered = {one.site_id for one in found}
    waiting = session.execute(
        select(Site.id, Site.name, Cycle.version_id)
        .join(Assessment, Assessment.site_id == Site.id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Site.organization_id == supplier_id, Site.closed_at.is_(None))
        .order_by(Site.name, Assessment.opened_at.desc())
    )
    for site_id, name, version_id in waiting:
        if site_id not in covered:
            covered.add(site_id)
            found.append(Publishable(str(site_id), site_id, name, None, None, None, None, None, version_id))
    return found


def buyer_named(session: Session, named: str, *, other_than: uuid.UUID) -> Organization | None:
    """Return the buyer of exactly this legal name or LEI; None for nobody and where a name fits several."""
    named = " ".join(named.split())
    if not named:
        return None
    found = [
        one
        for one in session.scalars(
            select(Organization)
            .where((Organization.legal_name == named) | (Organization.lei == named.upper()))
            .limit(5)
        )
        if one.is_(OrganizationKind.BUYER) and one.id != other_than
    ]
    return found[0] if len(found) == 1 else None


def preview(
    session: Session,
    offers: Sequence[Offer],
    *,
    buyer_id: uuid.UUID,
    by: Actor,
    at: datetime,
    request: AccessRequest | None = None,
) -> list[SharedAssessment]:
    """Return what the buyer would see if these offers were granted now, together with what it sees already.

    The grants are really made and really read, inside a savepoint that is rolled back: the preview cannot
    say anything that the buyer's own page would not. Raises what ``granting.grant`` raises.
    """
    trial = session.begin_nested()
    try:
        for offer in offers:
            # A moment ago, as what starts later shows nothing yet.
            begun = Offer(**{**vars(offer), "starts_at": at - timedelta(seconds=1)})
            grant(session, begun, buyer_id=buyer_id, by=by, at=at, request=request)
        return seen_by(session, buyer_id, offers[0].site_id if len(offers) == 1 else None, by=by, at=at)
    finally:
        trial.rollback()


def seen_by(
    session: Session, buyer_id: uuid.UUID, site_id: uuid.UUID | None = None, *, by: Actor, at: datetime
) -> list[SharedAssessment]:
    """Return what a buyer sees of the supplier of ``by`` now (of one site, or all), for that supplier.

    Five statements for any number.
    """
    rows: Any = select(PortfolioRow.assessment_id).where(
        PortfolioRow.buyer_id == buyer_id, PortfolioRow.supplier_id == by.organization_id
    )
    if site_id is not None:
        rows = rows.where(PortfolioRow.site_id == site_id)
    order = rows.order_by(PortfolioRow.site_name, PortfolioRow.cycle_label.desc())
    return shared_each(session, buyer_id, session.scalars(order).all(), at=at)


def offered_layers(item_layers: Sequence[str]) -> list[Layer]:
    """Return what a request asks for, in the order of the layers; words that are no layer are left out."""
    return [layer for layer in Layer if layer.value in item_layers]
