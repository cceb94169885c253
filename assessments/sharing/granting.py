"""Granting and revoking: what a supplier lets a buyer see, in one transaction with what that shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from assessments.assessment import Assessment, AssessmentState
from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import in_calendar, new_id
from assessments.evidence.documents import DocumentVersion
from assessments.outbox import LetterKind, letter
from assessments.parties import Actor, Organization, OrganizationKind, Role, Site
from assessments.questionnaire.model import Questionnaire
from assessments.result import Layer, Result
from assessments.sentences import N_
from assessments.sharing.disclosure import (
    ALL_TOPICS,
    DISCLOSURE_MOVES,
    AccessRequest,
    Disclosure,
    DisclosureItem,
)
from assessments.sharing.projection import hold_site, project_site
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Invalid, WrongActor

BY_TOPIC = (Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN, Layer.ANSWERS)
"""Layers that a supplier chooses from; ``commercial`` and ``evidence`` have switches of their own."""

PRESETS: Mapping[str, frozenset[Layer]] = MappingProxyType(
    {
        "status": frozenset({Layer.STATUS}),
        "overview": frozenset({Layer.STATUS, Layer.PROFILE}),
        "improvement": frozenset({Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN}),
        "everything_answered": frozenset(BY_TOPIC),
    }
)
"""What the buttons fill in. No preset holds commercial answers, evidence or later results."""


@dataclass(frozen=True)
class Offer:
    """What a supplier is about to disclose of one site.

    ``result_id`` names one result; ``follow_later`` is the separate tick for later ones, with or without it.
    ``topics`` None: all, less those in ``without``. ``starts_at`` None: from now on.
    """

    site_id: uuid.UUID
    layers: frozenset[Layer]
    purpose: str
    ends_at: datetime
    result_id: uuid.UUID | None = None
    follow_later: bool = False
    topics: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    commercial: bool = False
    evidence: frozenset[uuid.UUID] = frozenset()
    starts_at: datetime | None = None


@dataclass
class _Faults:
    by_place: dict[str, str] = field(default_factory=dict)

    def add(self, place: str, message: str) -> None:
        self.by_place.setdefault(place, message)


def grant(
    session: Session,
    offer: Offer,
    *,
    buyer_id: uuid.UUID,
    by: Actor,
    at: datetime,
    request: AccessRequest | None = None,
) -> Disclosure:
    """Disclose what ``offer`` says to one buyer: rows, event, projection and letter in one transaction.

    Raises WrongActor unless ``by`` is an admin of the site's supplier, Invalid naming each field that makes
    no sense.
    """
    site = session.get(Site, offer.site_id)
    if by.role is not Role.SUPPLIER_ADMIN or site is None or site.organization_id != by.organization_id:
        raise WrongActor("An admin of the supplier decides what is shared.", "Ask your admin.")
    starts_at = offer.starts_at or at
    topics = _checked(session, offer, site, buyer_id, starts_at, at=at)
    hold_site(session, site.id)
    disclosure = Disclosure(
        id=new_id(),
        buyer_id=buyer_id,
        supplier_id=site.organization_id,
        site_id=site.id,
        result_id=offer.result_id,
        follow_later=offer.follow_later,
        commercial=offer.commercial,
        purpose=offer.purpose.strip(),
        request_id=request.id if request else None,
        starts_at=starts_at,
        ends_at=offer.ends_at,
        granted_at=at,
        granted_by=by.person_id,
    )
    session.add(disclosure)
    session.flush()
    for layer, topic, version_id in _items(offer, topics):
        session.add(
            DisclosureItem(
                id=new_id(),
                disclosure=disclosure,
                buyer_id=buyer_id,
                supplier_id=site.organization_id,
                layer=layer,
                topic=topic,
                version_id=version_id,
            )
        )
    _record(session, EventKind.DISCLOSURE_GRANTED, disclosure, by=by, at=at)
    begins = max(at, starts_at)
    letter(session, LetterKind.DISCLOSURE_GRANTED, {"disclosure_id": disclosure.id}, at=at, due=begins)
    project_site(session, site.id, at=at, buyers={buyer_id})
    return disclosure


def revoke(session: Session, disclosure: Disclosure, *, by: Actor, at: datetime) -> None:
    """End a disclosure; the buyer's next statement sees nothing of it. Raises WrongState and WrongActor."""
    if by.organization_id != disclosure.supplier_id:
        raise WrongActor("Only the supplier takes back what it shared.", "Ask the supplier's admin.")
    hold_site(session, disclosure.site_id)
    session.refresh(disclosure, ["revoked_at"])
    DISCLOSURE_MOVES.move("revoke", disclosure.state_at(at), by.role)
    disclosure.revoked_at, disclosure.revoked_by = at, by.person_id
    _record(session, EventKind.DISCLOSURE_REVOKED, disclosure, by=by, at=at)
    letter(session, LetterKind.DISCLOSURE_REVOKED, {"disclosure_id": disclosure.id}, at=at)
    project_site(session, disclosure.site_id, at=at, buyers={disclosure.buyer_id})


def disclosures_of(supplier_id: uuid.UUID) -> Select[Disclosure]:
    """Select everything a supplier ever disclosed, newest first, for the supplier itself; two statements."""
    return (
        select(Disclosure)
        .where(Disclosure.supplier_id == supplier_id)
        .options(joinedload(Disclosure.buyer), selectinload(Disclosure.items))
        .order_by(Disclosure.granted_at.desc(), Disclosure.id.desc())
    )


def _checked(
    session: Session, offer: Offer, site: Site, buyer_id: uuid.UUID, starts_at: datetime, *, at: datetime
) -> Sequence[str]:
    """Return the topics as items name them; raise Invalid with every fault of the offer."""
    faults = _Faults()
    buyer = session.get(Organization, buyer_id)
    if buyer is None or not buyer.is_(OrganizationKind.BUYER) or buyer.id == site.organization_id:
        faults.add("buyer", N_("The company: choose a buyer other than your own organization."))
    for place, said in plain_faults(offer.purpose, bool(offer.layers or offer.commercial or offer.evidence)):
        faults.add(place, said)
    for place, instant in (("starts_at", starts_at), ("ends_at", offer.ends_at)):
        if not in_calendar(instant):
            faults.add(place, N_("The days: choose some of this or the next century."))
    if offer.ends_at <= starts_at or offer.ends_at <= at:
        faults.add("ends_at", N_("The end: choose a day after the start and after today."))
    if offer.result_id is None and not offer.follow_later:
        faults.add("result", N_("No result yet: tick that later results are shared, or choose a result."))
    if odd := offer.layers - set(BY_TOPIC):
        faults.add(
            "layers", N_("The parts: %(topics)s have switches of their own.", topics=tuple(sorted(odd)))
        )
    questionnaire = _questionnaire(session, offer, site, faults)
    topics = _topics(offer, questionnaire, faults)
    owned = set(
        session.scalars(
            select(DocumentVersion.id).where(
                DocumentVersion.id.in_(offer.evidence),
                DocumentVersion.organization_id == site.organization_id,
            )
        )
    )
    if offer.evidence - owned:
        faults.add("evidence", N_("Evidence: choose documents of your own vault."))
    if faults.by_place:
        raise Invalid("This cannot be shared as it stands.", faults.by_place)
    return topics


def plain_faults(purpose: str, gives_something: bool) -> Iterator[tuple[str, str]]:
    """(place, what is wrong) of an offer, as far as that can be told before a buyer or an end is known."""
    if not purpose.strip():
        yield "purpose", N_("What they may use it for: write it; they read it.")
    if not gives_something:
        yield "layers", N_("The parts: choose at least one to share.")


def _questionnaire(session: Session, offer: Offer, site: Site, faults: _Faults) -> Questionnaire | None:
    """The version whose topics may be named: that of the result, or of the site's newest assessment."""
    assessment: Assessment | None
    if offer.result_id is not None:
        result = session.get(Result, offer.result_id)
        assessment = session.get(Assessment, result.assessment_id) if result else None
        if result is None or result.site_id != site.id or assessment is None:
            faults.add("result", N_("The result: choose one of this site."))
            return None
        if assessment.state is AssessmentState.REVOKED:
            faults.add("result", N_("The result: this one was revoked; choose another."))
    else:
        assessment = session.scalars(
            select(Assessment)
            .where(Assessment.site_id == site.id)
            .order_by(Assessment.opened_at.desc(), Assessment.id.desc())
            .limit(1)
        ).first()
    if assessment is None:
        faults.add("result", N_("The result: open an assessment of this site first."))
        return None
    return questionnaire_of(session, assessment.cycle.version_id)[0]


def _topics(offer: Offer, questionnaire: Questionnaire | None, faults: _Faults) -> Sequence[str]:
    if questionnaire is None or (offer.topics is None and not offer.without):
        return [ALL_TOPICS]
    known = [topic.key for topic in questionnaire.topics]
    wanted = set(known) if offer.topics is None else set(offer.topics)
    if unknown := sorted((wanted | offer.without) - set(known)):
        faults.add("topics", N_("The topics: there is no topic %(topics)s.", topics=tuple(unknown)))
    # Named one by one: a topic that a later version brings is not granted by leaving one out today.
    chosen = [topic for topic in known if topic in wanted - offer.without]
    if not chosen and (offer.layers - {Layer.STATUS} or offer.commercial):
        faults.add("topics", N_("The topics: leave at least one, or share stage and dates alone."))
    return chosen


def _items(offer: Offer, topics: Sequence[str]) -> Iterable[tuple[Layer, str, uuid.UUID | None]]:
    if Layer.STATUS in offer.layers:
        yield Layer.STATUS, ALL_TOPICS, None
    by_topic = [layer for layer in BY_TOPIC if layer in offer.layers and layer is not Layer.STATUS]
    if offer.commercial:
        by_topic.append(Layer.COMMERCIAL)
    for layer in by_topic:
        for topic in topics:
            yield layer, topic, None
    for version_id in sorted(offer.evidence):
        yield Layer.EVIDENCE, ALL_TOPICS, version_id


def _record(session: Session, kind: EventKind, disclosure: Disclosure, *, by: Actor, at: datetime) -> None:
    events.record(
        session,
        kind,
        by=by,
        at=at,
        subject_type="disclosure",
        subject_id=disclosure.id,
        organization_id=disclosure.supplier_id,
        data={
            "buyer_id": str(disclosure.buyer_id),
            "site_id": str(disclosure.site_id),
            "result_id": str(disclosure.result_id) if disclosure.result_id else None,
            "follow_later": disclosure.follow_later,
            "commercial": disclosure.commercial,
            "ends_at": disclosure.ends_at.isoformat(),
        },
    )
