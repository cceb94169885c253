"""The sites: listed, added, described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from assessments.assessment import Assessment, Cycle
from assessments.parties import Site
from assessments.policy import Action, Decision, may
from assessments.questionnaire.model import Questionnaire
from assessments.sheet.profile import add_site, describe_site, read_columns, shown_columns
from assessments.workflow import Invalid, Stale
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_site
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.organization import conflicts, current_questionnaire, revision_of
from plumbline.supplier.profile_form import groups_of, named_faults, posted_columns, shown_fields
from plumbline.translated import told_faults


@supplier.get("/sites")
@door(Action.SUPPLIER_ORGANIZATION_READ)
def sites(visitor: Visitor) -> ResponseReturnValue:
    """List the sites with the assessments of each."""
    own = db.session.scalars(
        select(Site).where(Site.organization_id == visitor.organization_id).order_by(Site.name)
    ).all()
    rows = db.session.execute(
        select(Assessment.id, Assessment.site_id, Assessment.state, Cycle.label)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(Assessment.organization_id == visitor.organization_id, Assessment.site_id.is_not(None))
        .order_by(Cycle.opened_at.desc())
    ).all()
    by_site: dict[Any, list[Any]] = {}
    for row in rows:
        by_site.setdefault(row.site_id, []).append(row)
    return render_template(
        "supplier/sites.html",
        sites=own,
        assessments=by_site,
        activities=_activities(current_questionnaire()),
        may_edit=_may_edit(visitor),
    )


@supplier.get("/sites/new")
@door(Action.SUPPLIER_SITE_EDIT)
def new_site(visitor: Visitor) -> ResponseReturnValue:
    """Show the empty form."""
    return _page(visitor, None, current_questionnaire(), {})


@supplier.post("/sites/new")
@door(Action.SUPPLIER_SITE_EDIT)
def make_site(visitor: Visitor) -> ResponseReturnValue:
    """Add a site."""
    questionnaire = current_questionnaire()
    if questionnaire is None:
        return redirect("/supplier/sites", 303)
    typed = posted_columns(questionnaire, "site", request.form)
    if request.form.get("add_row"):
        return _page(visitor, None, questionnaire, typed, more_rows=request.form["add_row"])
    try:
        columns = read_columns(questionnaire, "site", typed)
        site = add_site(db.session(), visitor.organization_id, columns, by=visitor.actor, at=now())
    except Invalid as error:
        return _page(visitor, None, questionnaire, typed, faults=told_faults(error)), 422
    say(_("%(site)s is added. You can open its assessment now.", site=site.name))
    return redirect("/supplier/sites", 303)


@supplier.get("/sites/<uuid:site_id>")
@door(Action.SUPPLIER_ORGANIZATION_READ, load=load_site)
def site(visitor: Visitor, site: Site) -> ResponseReturnValue:
    """Show a site."""
    questionnaire = current_questionnaire()
    shown = shown_columns(questionnaire, "site", site) if questionnaire else {}
    return _page(visitor, site, questionnaire, shown)


@supplier.post("/sites/<uuid:site_id>")
@door(Action.SUPPLIER_SITE_EDIT, load=load_site)
def describe_one(visitor: Visitor, site: Site) -> ResponseReturnValue:
    """Save what changed; a stale or wrong form comes back with what was typed."""
    questionnaire = current_questionnaire()
    if questionnaire is None:
        return redirect("/supplier/sites", 303)
    typed = posted_columns(questionnaire, "site", request.form)
    if request.form.get("add_row"):
        return _page(visitor, site, questionnaire, typed, more_rows=request.form["add_row"])
    try:
        columns = read_columns(questionnaire, "site", typed)
        describe_site(
            db.session(), site, columns, revision=revision_of(request.form), by=visitor.actor, at=now()
        )
    except Invalid as error:
        return _page(visitor, site, questionnaire, typed, faults=told_faults(error)), 422
    except Stale:
        theirs = shown_columns(questionnaire, "site", site)
        return _page(visitor, site, questionnaire, typed, theirs=theirs), 412
    say(_("%(site)s is saved.", site=site.name))
    return redirect("/supplier/sites", 303)


def _activities(questionnaire: Questionnaire | None) -> Mapping[str, str]:
    """What each position in the chain is called, by its key."""
    if questionnaire is None:
        return {}
    for group in groups_of(questionnaire, "site", {}):
        for field in group.fields:
            if field.column == "activities":
                return field.part.options
    return {}


def _may_edit(visitor: Visitor) -> bool:
    return may(visitor.actor, Action.SUPPLIER_SITE_EDIT) is Decision.ALLOWED


def _page(
    visitor: Visitor,
    site: Site | None,
    questionnaire: Questionnaire | None,
    values: Mapping[str, Any],
    *,
    faults: Mapping[str, str] | None = None,
    theirs: Mapping[str, Any] | None = None,
    more_rows: str = "",
) -> str:
    groups = groups_of(questionnaire, "site", values, more_rows=more_rows) if questionnaire else []
    return render_template(
        "supplier/site.html",
        site=site,
        groups=groups,
        faults=faults or {},
        named=named_faults(groups, faults or {}),
        conflicts=conflicts(list(shown_fields(groups)), values, theirs),
        may_edit=_may_edit(visitor) and (site is None or site.closed_at is None),
    )
