"""The company: what it is called, where it is registered, how many people work for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from assessments.authoring.versions import newest_version
from assessments.parties import Organization, Site
from assessments.policy import Action, Decision, may
from assessments.questionnaire.model import Questionnaire
from assessments.sheet.profile import describe_organization, read_columns, shown_columns
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Invalid, Stale
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.reading_language import as_read
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.profile_form import (
    ProfileField,
    groups_of,
    named_faults,
    posted_columns,
    shown_fields,
)
from plumbline.translated import told_faults


@supplier.get("/organization")
@door(Action.SUPPLIER_ORGANIZATION_READ)
def organization(visitor: Visitor) -> ResponseReturnValue:
    """Show the company's particulars and its sites."""
    company = db.session.get_one(Organization, visitor.organization_id)
    questionnaire = current_questionnaire()
    shown = shown_columns(questionnaire, "organization", company) if questionnaire else {}
    return _page(visitor, company, questionnaire, shown)


@supplier.post("/organization")
@door(Action.SUPPLIER_ORGANIZATION_EDIT)
def describe(visitor: Visitor) -> ResponseReturnValue:
    """Save what changed; a stale or wrong form comes back with what was typed."""
    company = db.session.get_one(Organization, visitor.organization_id)
    questionnaire = current_questionnaire()
    if questionnaire is None:
        return redirect("/supplier/organization", 303)
    typed = posted_columns(questionnaire, "organization", request.form)
    try:
        columns = read_columns(questionnaire, "organization", typed)
        describe_organization(
            db.session(), company, columns, revision=revision_of(request.form), by=visitor.actor, at=now()
        )
    except Invalid as error:
        return _page(visitor, company, questionnaire, typed, faults=told_faults(error)), 422
    except Stale:
        theirs = shown_columns(questionnaire, "organization", company)
        return _page(visitor, company, questionnaire, typed, theirs=theirs), 412
    say(_("Your company's entry is saved."))
    return redirect("/supplier/organization", 303)


def current_questionnaire() -> Questionnaire | None:
    """The questionnaire that new assessments take, whose parts describe company and sites."""
    version = newest_version(db.session())
    return as_read(questionnaire_of(db.session(), version.id)[0]) if version else None


def revision_of(form: Mapping[str, str]) -> int:
    """The revision that the form was drawn from; 0 where it was tampered with."""
    text = form.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def conflicts(
    fields: list[ProfileField], typed: Mapping[str, Any], theirs: Mapping[str, Any] | None
) -> list[tuple[ProfileField, Any]]:
    """Fields where a colleague's value differs from what was typed, with that value."""
    if theirs is None:
        return []
    plain = {name: _bare(value) for name, value in theirs.items()}
    return [
        (field, theirs[field.column])
        for field in fields
        if plain.get(field.column) != _bare(typed.get(field.column))
    ]


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping) and "value" in value:
        value = value["value"]
    return value or None


def _page(
    visitor: Visitor,
    company: Organization,
    questionnaire: Questionnaire | None,
    values: Mapping[str, Any],
    *,
    faults: Mapping[str, str] | None = None,
    theirs: Mapping[str, Any] | None = None,
) -> str:
    groups = groups_of(questionnaire, "organization", values) if questionnaire else []
    sites = db.session.scalars(
        select(Site).where(Site.organization_id == company.id, Site.closed_at.is_(None)).order_by(Site.name)
    ).all()
    may_edit = may(visitor.actor, Action.SUPPLIER_ORGANIZATION_EDIT) is Decision.ALLOWED
    return render_template(
        "supplier/organization.html",
        company=company,
        groups=groups,
        faults=faults or {},
        named=named_faults(groups, faults or {}),
        conflicts=conflicts(list(shown_fields(groups)), values, theirs),
        sites=sites,
        may_edit=may_edit,
    )
