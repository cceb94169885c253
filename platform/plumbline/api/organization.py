"""The supplier's own organization and its sites: the columns that profile questions are bound to."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy import select

from assessments.authoring.versions import newest_version
from assessments.parties import Organization, Site
from assessments.policy import Action
from assessments.questionnaire.model import Questionnaire
from assessments.sheet.profile import (
    add_site,
    describe_organization,
    describe_site,
    read_columns,
    shown_columns,
)
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Refused
from plumbline.api.operation import Call, Shape, operation, revision_seen
from plumbline.api.paging import PageQuery, page_of
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.loading import load_site


class ColumnsIn(Shape):
    """Columns to write, each as a read gives it; what is not named stays."""

    columns: dict[str, Any] = Field(examples=[{"name": "Ostrava smelter", "country": "CZE"}])


class OrganizationOut(Shape):
    """The company. ``columns`` holds what the profile asks for, as answers hold it."""

    id: uuid.UUID
    legal_name: str
    country: str
    columns: dict[str, Any]
    revision: int


class SiteOut(Shape):
    """A site. ``columns`` holds what the profile asks for, as answers hold it."""

    id: uuid.UUID
    name: str
    country: str
    closed_at: datetime | None
    columns: dict[str, Any]
    revision: int

    def location(self) -> str:
        """Where it can be read."""
        return f"/api/v1/sites/{self.id}"


class SiteList(Shape):
    """Own sites, newest first."""

    items: list[SiteOut]
    next_cursor: uuid.UUID | None


def current() -> Questionnaire:
    """The version that says which columns there are. Raises Refused before the first is published."""
    version = newest_version(db.session())
    if version is None:
        raise Refused("No questionnaire is published yet.", "The steward publishes one first.")
    return questionnaire_of(db.session(), version.id)[0]


@operation(
    "GET",
    "/organization",
    Action.SUPPLIER_ORGANIZATION_READ,
    summary="Your organization",
    tag="organization",
    returns=OrganizationOut,
)
def organization(call: Call) -> OrganizationOut:
    """Return the company as it is described."""
    return _organization(_own(call), current())


@operation(
    "PATCH",
    "/organization",
    Action.SUPPLIER_ORGANIZATION_EDIT,
    summary="Describe your organization",
    tag="organization",
    body=ColumnsIn,
    returns=OrganizationOut,
    edits=True,
)
def patch_organization(call: Call) -> OrganizationOut:
    """Write columns of the company; If-Match is needed."""
    found, questionnaire = _own(call), current()
    seen = revision_seen(call, found.revision)
    columns = read_columns(questionnaire, "organization", call.body.columns)
    describe_organization(db.session(), found, columns, revision=seen, by=call.visitor.actor, at=now())
    return _organization(found, questionnaire)


@operation(
    "GET",
    "/sites",
    Action.SUPPLIER_ORGANIZATION_READ,
    summary="Your sites",
    tag="organization",
    query=PageQuery,
    returns=SiteList,
)
def sites(call: Call) -> SiteList:
    """List the own sites."""
    questionnaire = current()
    rows, following = page_of(
        select(Site).where(Site.organization_id == call.visitor.organization_id), Site.id, call.query
    )
    return SiteList(items=[_site(row[0], questionnaire) for row in rows], next_cursor=following)


@operation(
    "POST",
    "/sites",
    Action.SUPPLIER_SITE_EDIT,
    summary="Add a site",
    tag="organization",
    body=ColumnsIn,
    returns=SiteOut,
    status=201,
)
def post_site(call: Call) -> SiteOut:
    """Add a site; it needs a name and a country."""
    questionnaire = current()
    columns = read_columns(questionnaire, "site", call.body.columns)
    made = add_site(db.session(), call.visitor.organization_id, columns, by=call.visitor.actor, at=now())
    return _site(made, questionnaire)


@operation(
    "GET",
    "/sites/<uuid:site_id>",
    Action.SUPPLIER_ORGANIZATION_READ,
    summary="One site",
    tag="organization",
    load=load_site,
    returns=SiteOut,
)
def site(call: Call) -> SiteOut:
    """Return a site as it is described."""
    return _site(call.thing, current())


@operation(
    "PATCH",
    "/sites/<uuid:site_id>",
    Action.SUPPLIER_SITE_EDIT,
    summary="Describe a site",
    tag="organization",
    load=load_site,
    body=ColumnsIn,
    returns=SiteOut,
    edits=True,
)
def patch_site(call: Call) -> SiteOut:
    """Write columns of a site; If-Match is needed."""
    questionnaire, found = current(), call.thing
    seen = revision_seen(call, found.revision)
    columns = read_columns(questionnaire, "site", call.body.columns)
    describe_site(db.session(), found, columns, revision=seen, by=call.visitor.actor, at=now())
    return _site(found, questionnaire)


def _own(call: Call) -> Organization:
    return db.session.get_one(Organization, call.visitor.organization_id)


def _organization(found: Organization, questionnaire: Questionnaire) -> OrganizationOut:
    return OrganizationOut(
        id=found.id,
        legal_name=found.legal_name,
        country=found.country,
        columns=shown_columns(questionnaire, "organization", found),
        revision=found.revision,
    )


def _site(found: Site, questionnaire: Questionnaire) -> SiteOut:
    return SiteOut(
        id=found.id,
        name=found.name,
        country=found.country,
        closed_at=found.closed_at,
        columns=shown_columns(questionnaire, "site", found),
        revision=found.revision,
    )
