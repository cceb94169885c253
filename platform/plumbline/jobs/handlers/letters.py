"""SEND_LETTER: find out whom a letter concerns, then send one letter a person.

Payload: ``letter`` (a LetterKind) and the ids it is about: ``assessment_id``, ``request_id``,
``disclosure_id`` or ``membership_id``, for an assignment also ``firm_id``, for a version ``version_id``.
Without ``person_id`` the job becomes one job for each person concerned, in the database, so that a retry
repeats nobody's letter;
``person_ids`` with ``organization_id`` name them outright. Ids only: everything else is read when the letter
is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment
from assessments.audit import events
from assessments.base import database_now
from assessments.outbox import JobKind, LetterKind, later
from assessments.parties import SYSTEM, Membership, Organization, Person, Role
from assessments.rounds.announcing import concerned, figures_for
from assessments.sharing.disclosure import AccessRequest, Disclosure, RequestState
from assessments.sharing.following import publishable_from
from assessments.sharing.portfolio import subscribed
from assessments.sheet.reading import questionnaire_of
from assessments.verification.clarification import Clarification
from plumbline import logs, mail
from plumbline.identity.invitations import invitation_token
from plumbline.jobs.registry import Hopeless, Job, Settle, outside
from plumbline.mail import Recipient
from plumbline.metrics import Metric, count

log = logs.logger(__name__)

SUPPLIER = (Role.SUPPLIER_ADMIN, Role.SUPPLIER_CONTRIBUTOR)
FIRM = (Role.ASSESSOR, Role.ASSESSOR_LEAD)
ASSESSMENT_PAGE = "/supplier/assessments/{assessment_id}"


@dataclass(frozen=True)
class Subject:
    """What a letter is about: who may know of it, dates and figures it names, the earliest it may leave.

    ``page``: where it links to, "" for the page of its kind.
    """

    organization_id: uuid.UUID | None
    dates: Mapping[str, datetime | None]
    not_before: datetime | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""


@dataclass(frozen=True)
class Address:
    """Where a kind of letter goes: roles within the organization it concerns, and the page it links to.

    ``page`` may name ids of the payload in braces.
    """

    roles: tuple[Role, ...]
    page: str
    about: Callable[[Session, Mapping[str, Any]], Subject | None]


def _assessment(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(Assessment, _id(payload, "assessment_id"))
    return (
        Subject(found.organization_id, {"deadline": found.fact_check_ends_at, "due": None}) if found else None
    )


def _assignment(_session: Session, payload: Mapping[str, Any]) -> Subject | None:
    return Subject(_id(payload, "firm_id"), {})


def _clarification(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.scalars(
        select(Clarification)
        .where(Clarification.assessment_id == _id(payload, "assessment_id"))
        .order_by(Clarification.asked_at.desc())
        .limit(1)
    ).first()
    return Subject(found.organization_id, {"due": found.due_at}) if found else None


def _request_at_supplier(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(AccessRequest, _id(payload, "request_id"))
    # Without a supplier nobody takes part who could be told.
    return Subject(found.supplier_id, {"lapses": found.lapses_at}) if found else None


def _request_at_buyer(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(AccessRequest, _id(payload, "request_id"))
    if found is None or found.state is RequestState.WITHDRAWN:
        return None
    # A no that arrives before the request would lapse tells the asker that the firm takes part (DESIGN.md 3).
    shared = found.state in {RequestState.GRANTED, RequestState.PARTLY_GRANTED}
    return Subject(found.buyer_id, {}, not_before=None if shared else found.lapses_at)


def _disclosure(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(Disclosure, _id(payload, "disclosure_id"))
    return Subject(found.buyer_id, {"ends": found.ends_at}) if found else None


def _announcement(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(Assessment, _id(payload, "assessment_id"))
    ended = found.fact_check_ended_at if found else None
    if found is None or ended is None:
        return None
    # Where nobody follows, nothing is waited for and there is nobody to tell of.
    earliest = publishable_from(session, found, at=ended)
    return Subject(found.organization_id, {"earliest": earliest}) if earliest else None


def _invited(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(Membership, _id(payload, "membership_id"))
    open_still = found is not None and found.invited_as is not None and found.ended_at is None
    return Subject(found.organization_id, {}) if found and open_still else None


def _version(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    found = session.get(Assessment, _id(payload, "assessment_id"))
    version_id = _id(payload, "version_id")
    rounds = concerned(session, found.organization_id, version_id) if found else ()
    if found is None or not rounds:  # all moved, handed in or taken back meanwhile
        return None
    if "person_id" not in payload:
        return Subject(found.organization_id, {})
    # The job names the assessment opened last when the version came; what is told is what is open now.
    page = f"/supplier/assessments/{rounds[0].assessment_id}/version" if len(rounds) == 1 else "/supplier/"
    figures = {
        **asdict(figures_for(session, found.organization_id, version_id)),
        "version": questionnaire_of(session, version_id)[0].version,
        "rounds": rounds,
    }
    return Subject(found.organization_id, {}, figures=figures, page=page)


def _available(session: Session, payload: Mapping[str, Any]) -> Subject | None:
    # Ended meanwhile, or without a subscription, there is nothing that the buyer could read.
    found = session.get(Disclosure, _id(payload, "disclosure_id"))
    if found is None:
        return None
    running = select(Disclosure.buyer_id).where(
        Disclosure.id == found.id,
        Disclosure.revoked_at.is_(None),
        Disclosure.ends_at > database_now(),
        subscribed(found.buyer_id),
    )
    return Subject(found.buyer_id, {}) if session.scalar(running) else None


ADDRESSES: Mapping[LetterKind, Address] = {
    LetterKind.ASSESSMENT_SUBMITTED: Address((Role.SUPPLIER_ADMIN,), ASSESSMENT_PAGE, _assessment),
    LetterKind.ASSIGNMENT_MADE: Address(FIRM, "/assessor/", _assignment),
    LetterKind.CLARIFICATION_ASKED: Address(SUPPLIER, f"{ASSESSMENT_PAGE}/clarification", _clarification),
    LetterKind.FACT_CHECK_STARTED: Address(SUPPLIER, f"{ASSESSMENT_PAGE}/findings", _assessment),
    LetterKind.FINDING_DECIDED: Address(SUPPLIER, f"{ASSESSMENT_PAGE}/findings", _assessment),
    LetterKind.PUBLICATION_ANNOUNCED: Address(
        (Role.SUPPLIER_ADMIN,), f"{ASSESSMENT_PAGE}/findings", _announcement
    ),
    LetterKind.RESULT_PUBLISHED: Address((Role.SUPPLIER_ADMIN,), ASSESSMENT_PAGE, _assessment),
    LetterKind.RESULT_AVAILABLE: Address((Role.BUYER_ADMIN,), "/buyer/", _available),
    LetterKind.ACTION_NEEDED: Address(SUPPLIER, "/supplier/actions", _assessment),
    LetterKind.REQUEST_SENT: Address((Role.SUPPLIER_ADMIN,), "/supplier/sharing", _request_at_supplier),
    LetterKind.REQUEST_DECIDED: Address((Role.BUYER_ADMIN,), "/buyer/requests", _request_at_buyer),
    LetterKind.DISCLOSURE_GRANTED: Address((Role.BUYER_ADMIN,), "/buyer/", _disclosure),
    LetterKind.MEMBER_INVITED: Address((), "/invitations/{invitation}", _invited),
    LetterKind.VERSION_PUBLISHED: Address((Role.SUPPLIER_ADMIN,), "/supplier/", _version),
    LetterKind.DISCLOSURE_REVOKED: Address((Role.BUYER_ADMIN,), "/buyer/", _disclosure),
}


@outside(JobKind.SEND_LETTER)
def send_letter(job: Job) -> Settle:
    """Send one person's letter, or split the job into one for each person it concerns."""
    kind = _kind(job.payload)
    with job.desk.reading() as session:
        subject = ADDRESSES[kind].about(session, job.payload)
        if subject is None or subject.organization_id is None:
            log.info("letter_concerns_nobody", letter=kind)
            return _nothing
        if subject.not_before is not None and job.at < subject.not_before:
            return _postponed(job, subject.not_before)
        if "person_id" not in job.payload:
            people = _people(session, job.payload, subject.organization_id, ADDRESSES[kind].roles)
            return _split(job, subject.organization_id, people)
        person_id = _id(job.payload, "person_id")
        invited = kind is LetterKind.MEMBER_INVITED
        recipient = _recipient(session, person_id, subject.organization_id, invited=invited)
    if recipient is None:
        log.info("letter_without_recipient", letter=kind, person=person_id)
        return _nothing
    _deliver(job, kind, recipient, subject)
    return _sent(job, kind, person_id, subject.organization_id)


def _deliver(job: Job, kind: LetterKind, recipient: Recipient, subject: Subject) -> None:
    settings = job.desk.settings
    about = dict(job.payload)
    if kind is LetterKind.MEMBER_INVITED:
        about["invitation"] = invitation_token(settings.secret_key, _id(job.payload, "membership_id"))
    page = subject.page or ADDRESSES[kind].page.format_map(about)
    link = settings.public_url + page
    rendered = mail.render(kind, recipient, link=link, dates=subject.dates, figures=subject.figures)
    try:
        message = mail.compose(
            rendered, recipient, letter_id=str(job.id), sender=settings.mail_from, at=job.asked_at
        )
        mail.transport_for(settings.mail).deliver(message, str(job.id))
    except (mail.BadHeader, mail.Undeliverable) as fault:
        raise Hopeless(str(fault)) from fault
    count(Metric.LETTERS_SENT, letter=kind.value)


def _sent(job: Job, kind: LetterKind, person_id: uuid.UUID, organization_id: uuid.UUID) -> Settle:
    def settle(session: Session) -> None:
        # About the person, within their own organization: nobody else's timeline shows who gets letters.
        events.record(
            session,
            events.EventKind.LETTER_SENT,
            by=SYSTEM,
            at=job.at,
            subject_type="person",
            subject_id=person_id,
            organization_id=organization_id,
            data={"letter": kind.value, "job": str(job.id)},
        )

    return settle


def _split(job: Job, organization_id: uuid.UUID, people: Iterable[uuid.UUID]) -> Settle:
    wanted = list(people)

    def settle(session: Session) -> None:
        about = {key: value for key, value in job.payload.items() if key != "person_ids"}
        for person_id in wanted:
            payload = {**about, "person_id": str(person_id), "organization_id": str(organization_id)}
            later(session, JobKind.SEND_LETTER, payload, at=job.at, key=f"letter/{job.id}/{person_id}")

    return settle


def _postponed(job: Job, until: datetime) -> Settle:
    def settle(session: Session) -> None:
        later(session, JobKind.SEND_LETTER, job.payload, at=job.at, due=until, key=f"letter/{job.id}/later")

    return settle


def _nothing(_session: Session) -> None:
    """Nobody is to be told."""


def _people(
    session: Session, payload: Mapping[str, Any], organization_id: uuid.UUID, roles: tuple[Role, ...]
) -> list[uuid.UUID]:
    members = (
        select(Membership.person_id)
        .where(Membership.organization_id == organization_id, Membership.live())
        .distinct()
        .order_by(Membership.person_id)
    )
    if "person_ids" in payload:
        return list(
            session.scalars(members.where(Membership.person_id.in_(map(uuid.UUID, payload["person_ids"]))))
        )
    return list(session.scalars(members.where(Membership.role.in_(roles))))


def _recipient(
    session: Session, person_id: uuid.UUID, organization_id: uuid.UUID, *, invited: bool
) -> Recipient | None:
    """Return the person as they are now; None when they left, were disabled or erased since."""
    found = session.execute(
        select(Person.name, Person.email, Person.language, Organization.legal_name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(
            Person.id == person_id,
            Organization.id == organization_id,
            Person.disabled_at.is_(None),
            Membership.ended_at.is_(None),
            # An invitation goes to whom it invites; everything else to those who accepted.
            Membership.invited_as.is_not(None) if invited else Membership.invited_as.is_(None),
        )
        .limit(1)
    ).first()
    return Recipient(*found) if found else None


def _kind(payload: Mapping[str, Any]) -> LetterKind:
    try:
        return LetterKind(payload["letter"])
    except (KeyError, ValueError) as error:
        raise Hopeless(f"no letter is called {payload.get('letter')!r}") from error


def _id(payload: Mapping[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(payload[name]))
    except (KeyError, ValueError) as error:
        raise Hopeless(f"the payload has no id {name}") from error
