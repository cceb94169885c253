"""Describing the company and its sites: the columns that profile questions are bound to, read and written.

The questionnaire's bound parts say what a column may hold, so that the profile pages, the questions and the
API take the same values and say the same about wrong ones. An LEI that nobody could ever ask by is refused
on the profile page and by the API; while a question is being answered it may still be half written.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import false, or_, select, update
from sqlalchemy.orm import Session

from assessments.audit.events import EventKind, record
from assessments.base import new_id
from assessments.parties import (
    PLATFORM,
    STEWARD_ADMIN,
    SUPPLIER_ADMIN,
    Actor,
    Organization,
    Site,
    check_supplier,
    is_lei,
    register_entry,
    spelled_lei,
)
from assessments.questionnaire.binding import column_from_value, value_from_column
from assessments.questionnaire.model import Part, Question, Questionnaire
from assessments.sentences import N_
from assessments.values.answers import BadValue, parse
from assessments.workflow import Invalid, Refused, Stale, WrongActor

NEEDED = {"organization": ("legal_name", "country"), "site": ("name", "country")}
"""Columns that a record cannot be without."""

LARGEST_COUNT = 2_147_483_647
"""The largest whole number that a column of head-counts holds on every database."""


@dataclass(frozen=True)
class BoundField:
    """A column of the organization or of a site, with the part that says how it is asked."""

    question: Question
    part: Part

    @property
    def column(self) -> str:
        """The column's name."""
        assert self.part.bind is not None  # noqa: S101  bound_fields takes no other part
        return self.part.bind.column


def bound_fields(questionnaire: Questionnaire, record_name: str) -> tuple[BoundField, ...]:
    """The columns of ``organization`` or ``site`` that the questionnaire asks for, in its order."""
    return tuple(
        BoundField(question, part)
        for question in questionnaire.questions
        for part in question.parts
        if part.bind is not None and part.bind.record == record_name
    )


def shown_columns(questionnaire: Questionnaire, record_name: str, thing: Any) -> dict[str, Any]:
    """The columns of a stored organization or site as values of their parts, {column: value or None}."""
    return {
        field.column: value_from_column(field.part, getattr(thing, field.column))
        for field in bound_fields(questionnaire, record_name)
    }


def read_columns(questionnaire: Questionnaire, record_name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Read {column: what was typed or sent} to what the columns hold; only columns named in ``raw``.

    Raises Invalid whose places are ``site.employees``, ``site.materials.copper.use`` and so on.
    """
    faults: dict[str, str] = {}
    columns: dict[str, Any] = {}
    fields = {field.column: field.part for field in bound_fields(questionnaire, record_name)}
    for name, given in raw.items():
        place = f"{record_name}.{name}"
        part = fields.get(name)
        if part is None:
            faults[place] = N_(
                "%(record)s has no such column. There are %(columns)s.",
                record=record_name,
                columns=tuple(fields),
            )
            continue
        try:
            columns[name] = column_from_value(part, parse(part, given, place))
        except BadValue as bad:
            faults.update({fault.place: fault.sentence for fault in bad.problems})
            continue
        if name == "lei" and columns[name]:
            columns[name] = spelled_lei(columns[name])
            if not is_lei(columns[name]):
                faults[place] = N_("LEI: it has 20 letters and digits.")
        if isinstance(columns[name], int) and columns[name] > LARGEST_COUNT:
            faults[place] = N_("These are more people than there are. Check the digits.")
        if columns[name] is None and name in NEEDED[record_name]:
            faults[place] = N_("It is needed. Fill it in.")
    if faults:
        raise Invalid("Some of this cannot be taken.", faults)
    return columns


def describe_organization(
    session: Session,
    organization: Organization,
    columns: Mapping[str, Any],
    *,
    revision: int,
    by: Actor,
    at: datetime,
) -> None:
    """Write columns of the company as ``read_columns`` gave them.

    What is written here is the company's own word: whether another says the same LEI is the steward's to look
    at and not told. Raises WrongActor unless ``by`` is its admin; Stale, with both versions, when somebody
    changed one of them since ``revision``.
    """
    check_supplier(by, organization.id, roles=SUPPLIER_ADMIN)
    wanted = _changed(organization, columns)
    if not wanted:
        return
    written = session.execute(
        update(Organization)
        .where(Organization.id == organization.id, Organization.revision == revision)
        .values(**wanted, revision=Organization.revision + 1)
        .returning(Organization.revision)
    ).scalar()
    if written is None:
        raise _stale(organization, columns)
    session.refresh(organization)
    record(
        session, EventKind.ORGANIZATION_DESCRIBED, by=by, at=at, subject_type="organization",
        subject_id=organization.id, organization_id=organization.id, data={"columns": sorted(wanted)},
    )  # fmt: skip


def confirm_identifiers(session: Session, organization: Organization, *, by: Actor, at: datetime) -> None:
    """Confirm LEI and register number as they stand: from now on requests that name them come here.

    For the steward, who has looked at the registers. Raises WrongActor, and Refused when one of them is
    confirmed of another organization: two that claim it are the steward's matter.
    """
    if by.role not in STEWARD_ADMIN | PLATFORM:
        raise WrongActor("The steward confirms identifiers.", "Ask the steward.")
    entry = (
        register_entry(organization.country, organization.register_number)
        if organization.register_number
        else None
    )
    same = [
        column == said
        for column, said in (
            (Organization.confirmed_lei, organization.lei), (Organization.confirmed_register, entry),
        )
        if said is not None
    ]  # fmt: skip
    others = select(Organization.id).where(Organization.id != organization.id, or_(false(), *same))
    if session.scalars(others).first() is not None:
        raise Refused("Another organization has one of these identifiers.", "Find out whose it is first.")
    organization.confirmed_lei, organization.confirmed_register = organization.lei, entry
    record(
        session, EventKind.IDENTIFIERS_CONFIRMED, by=by, at=at, subject_type="organization",
        subject_id=organization.id, organization_id=organization.id,
    )  # fmt: skip


def add_site(
    session: Session, organization_id: uuid.UUID, columns: Mapping[str, Any], *, by: Actor, at: datetime
) -> Site:
    """Add a site. Raises WrongActor, and Invalid without a name and a country or when the name is taken."""
    check_supplier(by, organization_id, roles=SUPPLIER_ADMIN)
    missing = {
        f"site.{name}": N_("It is needed. Fill it in.")
        for name in NEEDED["site"]
        if columns.get(name) is None
    }
    if missing:
        raise Invalid("A site needs a name and a country.", missing)
    _check_name(session, organization_id, columns["name"], None)
    site = Site(
        id=new_id(),
        organization_id=organization_id,
        created_at=at,
        **{"activities": [], "materials": [], **columns},
    )
    session.add(site)
    session.flush()
    _told(session, site, sorted(columns), by=by, at=at)
    return site


def describe_site(
    session: Session, site: Site, columns: Mapping[str, Any], *, revision: int, by: Actor, at: datetime
) -> None:
    """Write columns of a site as ``read_columns`` gave them.

    Raises WrongActor unless ``by`` is an admin of its supplier; Stale, with both versions, when somebody
    changed it since ``revision``; Refused when it is closed, Invalid when another site has that name.
    """
    check_supplier(by, site.organization_id, roles=SUPPLIER_ADMIN)
    if site.closed_at is not None:
        raise Refused(N_("The site %(site)s is closed.", site=site.name), "What it was stays as it is.")
    wanted = _changed(site, columns)
    if not wanted:
        return
    if "name" in wanted:
        _check_name(session, site.organization_id, wanted["name"], site.id)
    written = session.execute(
        update(Site)
        .where(Site.id == site.id, Site.revision == revision)
        .values(**wanted, revision=Site.revision + 1)
        .returning(Site.revision)
    ).scalar()
    if written is None:
        raise _stale(site, columns)
    session.refresh(site)
    _told(session, site, sorted(wanted), by=by, at=at)


def _changed(thing: Organization | Site, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if getattr(thing, name) != value}


def _check_name(session: Session, organization_id: uuid.UUID, name: str, own: uuid.UUID | None) -> None:
    taken = session.scalars(
        select(Site.id).where(Site.organization_id == organization_id, Site.name == name, Site.id != own)
        if own
        else select(Site.id).where(Site.organization_id == organization_id, Site.name == name)
    ).first()
    if taken is not None:
        raise Invalid(
            "Two sites cannot have one name.", {"site.name": N_("another of your sites has this name")}
        )


def _stale(thing: Organization | Site, columns: Mapping[str, Any]) -> Stale:
    return Stale(
        "Somebody else changed this since you opened it.",
        current={name: getattr(thing, name) for name in columns} | {"revision": thing.revision},
        offered=dict(columns),
    )


def _told(session: Session, site: Site, columns: list[str], *, by: Actor, at: datetime) -> None:
    record(
        session, EventKind.SITE_DESCRIBED, by=by, at=at, subject_type="site", subject_id=site.id,
        organization_id=site.organization_id, data={"columns": columns},
    )  # fmt: skip
