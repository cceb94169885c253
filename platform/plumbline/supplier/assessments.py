"""An assessment as a whole: opened, looked over, taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from assessments.assessment import ASSESSMENT_MOVES, Assessment, AssessmentState
from assessments.audit.history import steps_taken
from assessments.authoring.versions import newest_version
from assessments.overviews.own_results import own_results
from assessments.parties import Audience, Site
from assessments.policy import Action, Decision, may
from assessments.rounds.carried import to_confirm
from assessments.rounds.kept import kept_answers
from assessments.rounds.moving import last_move, newer_version
from assessments.rounds.opening import open_assessment, version_of_round
from assessments.rounds.taking_over import last_handed_in, take_over
from assessments.sheet.contents import AnswerSheet
from assessments.workflow import Refused
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_assessment, load_own_sheet
from plumbline.refusals import fault_of
from plumbline.rendering import day, say
from plumbline.shown_kept import shown_kept
from plumbline.supplier import supplier
from plumbline.supplier.cards import base_url
from plumbline.supplier.sections import clarification_of
from plumbline.supplier.wayfinding import name_of, next_open, not_asked, open_list, rail_of, stops

S = AssessmentState
LONGEST_LABEL = 40
LONGEST_REASON = 2000


@supplier.get("/assessments/new")
@door(Action.SUPPLIER_ASSESSMENT_OPEN)
def new_assessment(visitor: Visitor) -> ResponseReturnValue:
    """Ask for the site and what the cycle is called."""
    return _form(visitor, request.args.get("site", ""), str(now().year))


@supplier.post("/assessments/new")
@door(Action.SUPPLIER_ASSESSMENT_OPEN)
def open_one(visitor: Visitor) -> ResponseReturnValue:
    """Open the assessment of a site on its round's version, a new round on the newest."""
    chosen, label = request.form.get("site", ""), " ".join(request.form.get("label", "").split())
    faults: dict[str, str] = {}
    site = _own_site(visitor, chosen)
    if site is None:
        faults["site"] = _("Choose one of your sites.")
    if not label or len(label) > LONGEST_LABEL:
        faults["label"] = _("Give the cycle a short name, such as a year.")
    own_round = version_of_round(db.session(), visitor.organization_id, label)
    version = own_round or newest_version(db.session())
    if version is None:
        faults["site"] = _("No questionnaire is published yet. The steward publishes it.")
    if faults or site is None or version is None:
        return _form(visitor, chosen, label, faults), 422
    taken: tuple[str, ...] = ()
    try:
        opened = open_assessment(db.session(), site, version, label=label, by=visitor.actor, at=now())
        if request.form.get("take_over") == "yes" and last_handed_in(db.session(), site.id, but=opened.id):
            taken = take_over(db.session(), opened, by=visitor.actor, at=now())
    except Refused as error:
        place = "label" if error.places else "site"
        present = next(iter(error.places), "")
        return _form(visitor, chosen, label, {place: fault_of(error)}, present=present), status_of(error)
    say(_("The assessment is open. Start with the company profile: it decides what else is asked."))
    if taken:
        say(
            ngettext(
                "One answer of your last round stands in it.",
                "%(num)s answers of your last round stand in it.",
                len(taken),
            ),
            lead=_("Each waits for a word whether it is still true."),
            tone="calm",
        )
    return redirect(base_url(opened.id), 303)


@supplier.get("/assessments/<uuid:assessment_id>")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def assessment(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Show how far an assessment is, section by section, and what does not apply with its rule."""
    row = db.session.get_one(Assessment, sheet.assessment_id)
    reopened = [sheet.questionnaire.question(key) for key in sorted(sheet.reopened)]
    shared = row.first_finding_shared_at is not None
    return render_template(
        "supplier/assessment.html",
        assessment=row,
        name=name_of(sheet),
        cycle=sheet.cycle_label,
        version=sheet.questionnaire.version,
        base=base_url(sheet.assessment_id),
        way=rail_of(sheet),
        stops=stops(sheet),
        off=[found for section in sheet.questionnaire.sections for found in not_asked(sheet, section)],
        steps=steps_of(row),
        go_on=next_open(sheet),
        open_count=len(open_list(sheet)),
        events=steps_taken(db.session(), sheet.assessment_id, sheet.organization_id),
        results=own_results(db.session(), sheet.organization_id, sheet.assessment_id)
        if row.published_at
        else (),
        clarification=clarification_of(sheet),
        reopened=reopened,
        is_company=sheet.site is None,
        by_step=bool(sheet.questionnaire.tracks),
        newer=newer_version(db.session(), row),
        moved=last_move(db.session(), row),
        to_confirm=len(to_confirm(sheet)),
        kept=shown_kept(kept_answers(db.session(), row, reader=Audience.SUPPLIER)),
        may_submit=may(visitor.actor, Action.SUPPLIER_ASSESSMENT_SUBMIT, sheet) is Decision.ALLOWED,
        can_withdraw=not shared and row.state in ASSESSMENT_MOVES.sources("withdraw"),
        can_stop=shared and row.state in ASSESSMENT_MOVES.sources("stop"),
    )


@supplier.post("/assessments/<uuid:assessment_id>/withdraw")
@door(Action.SUPPLIER_ASSESSMENT_SUBMIT, load=load_assessment)
def withdraw(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """Take the assessment back, with a reason."""
    found.withdraw(reason=_reason(), by=visitor.actor, at=now())
    say(_("The assessment is withdrawn. What you answered stays with you."))
    return redirect(base_url(found.id), 303)


@supplier.post("/assessments/<uuid:assessment_id>/stop")
@door(Action.SUPPLIER_ASSESSMENT_SUBMIT, load=load_assessment)
def stop(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """End the assessment after findings were shared, with a reason."""
    found.stop(reason=_reason(), by=visitor.actor, at=now())
    say(_("The assessment has ended today. Containment of critical findings goes on."))
    return redirect(base_url(found.id), 303)


@dataclass(frozen=True)
class Step:
    """One step of the way to a result, for components/steps.html."""

    title: str
    text: str
    past: bool
    current: bool


ORDER = (S.DRAFT, S.SUBMITTED, S.IN_VERIFICATION, S.FACT_CHECK, S.IN_REVIEW, S.PUBLISHED)


def steps_of(row: Assessment) -> list[Step]:
    """The way from answering to the result, and where this assessment is on it."""
    place = {S.CLARIFICATION: S.IN_VERIFICATION, S.CORRECTED: S.PUBLISHED, S.EXPIRED: S.PUBLISHED,
             S.SUPERSEDED: S.PUBLISHED}.get(row.state, row.state)  # fmt: skip
    at = ORDER.index(place) if place in ORDER else -1
    texts: list[tuple[str, str]] = [
        (_("You answer"), _("since %(day)s", day=day(row.opened_at))),
        (_("Handed in"), day(row.submitted_at) or _("frozen, then assigned by the steward")),
        (_("An assessor checks"), _("answers beside evidence")),
        (_("You check the draft"), _fact_check_text(row)),
        (_("Second reading"), _("by a reviewer at the steward")),
        (_("Your result"), day(row.published_at) or _("for the buyers you choose")),
    ]
    return [
        Step(title, text, past=at > number, current=at == number)
        for number, (title, text) in enumerate(texts)
    ]


def _fact_check_text(row: Assessment) -> str:
    if row.fact_check_ended_at:
        return str(_("ended %(day)s", day=day(row.fact_check_ended_at)))
    if row.fact_check_ends_at:
        return str(_("until %(day)s", day=day(row.fact_check_ends_at)))
    return str(_("before anyone else reads it"))


def _reason() -> str:
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Refused(
            _("A reason is needed, of at most %(most)s characters.", most=LONGEST_REASON),
            _("Go back and write a sentence."),
            places=("reason",),
        )
    return reason


def _own_site(visitor: Visitor, chosen: str) -> Site | None:
    try:
        key = uuid.UUID(chosen)
    except ValueError:
        return None
    return db.session.scalars(
        select(Site).where(Site.id == key, Site.organization_id == visitor.organization_id)
    ).first()


def _form(
    visitor: Visitor, chosen: str, label: str, faults: dict[str, Any] | None = None, *, present: str = ""
) -> str:
    sites = db.session.scalars(
        select(Site)
        .where(Site.organization_id == visitor.organization_id, Site.closed_at.is_(None))
        .order_by(Site.name)
    ).all()
    return render_template(
        "supplier/assessment_new.html",
        sites={str(site.id): site.name for site in sites},
        chosen=chosen or (str(sites[0].id) if len(sites) == 1 else ""),
        label=label,
        faults=faults or {},
        present=present,
        version=newest_version(db.session()),
        handed_in=any(last_handed_in(db.session(), site.id) for site in sites),
    )
