"""A newer version of the questionnaire: what it changes for this company, moving to it, and going back."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.assessment import Assessment
from assessments.authoring.versions import newer_number, version_of
from assessments.parties import Audience
from assessments.policy import Action, Decision, may
from assessments.questionnaire.versions.diff import Fate
from assessments.rounds.kept import kept_answers
from assessments.rounds.moving import Outlook, last_move, move_back, move_to_version, newer_version, outlook
from assessments.workflow import Refused
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_assessment
from plumbline.rendering import say
from plumbline.shown_kept import shown_kept
from plumbline.shown_versions import shown_diff
from plumbline.supplier import supplier
from plumbline.supplier.cards import base_url

PATH = "/assessments/<uuid:assessment_id>/version"
TO_DO = (Fate.CONFIRM, Fate.MAPPED, Fate.ASKED)


@supplier.get(PATH)
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_assessment)
def version(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """Show what the newer version would change here, what concerns this company first."""
    session = db.session()
    newer = newer_version(session, found)
    seen = outlook(session, found, newer) if newer else None
    shown = shown_diff(seen.found) if seen else None
    mine = shown.of(seen.concerned) if seen and shown else ()
    concerned = {one.key for one in mine}
    return render_template(
        "supplier/version.html",
        assessment=found,
        base=base_url(found.id),
        newer=newer,
        seen=seen,
        diff=shown,
        mine=mine,
        rest=[one for one in shown.changes if one.key not in concerned] if shown else [],
        fates=[(fate, seen.fates[fate]) for fate in Fate if seen.fates[fate]] if seen else [],
        yours=_yours(seen) if seen else {},
        may_move=may(visitor.actor, Action.SUPPLIER_ASSESSMENT_SUBMIT, found) is Decision.ALLOWED,
        kept=shown_kept(kept_answers(session, found, reader=Audience.SUPPLIER)),
        undo=last_move(session, found),
        stays=None if newer else newer_number(session, found.cycle.version),
    )


@supplier.post(PATH)
@door(Action.SUPPLIER_ASSESSMENT_SUBMIT, load=load_assessment)
def move(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """Move the round to the version that the page showed."""
    session = db.session()
    wanted = version_of(session, found.cycle.version.slug, request.form.get("to", ""))
    if wanted is None:
        raise Refused(
            _("This version is not published."), _("Open the page again and choose from it."), places=("to",)
        )
    seen = move_to_version(session, found, wanted, by=visitor.actor, at=now())
    count = sum(seen.fates[fate] for fate in TO_DO)
    say(
        ngettext("One answer waits for you.", "%(num)s answers wait for you.", count)
        if count
        else _("All answers were carried over as they are."),
        lead=_("The round is on version %(version)s now.", version=wanted.version),
    )
    return redirect(base_url(found.id), 303)


@supplier.post(f"{PATH}/back")
@door(Action.SUPPLIER_ASSESSMENT_SUBMIT, load=load_assessment)
def go_back(visitor: Visitor, found: Assessment) -> ResponseReturnValue:
    """Go back to the version before, while nothing was answered since."""
    move_back(db.session(), found, by=visitor.actor, at=now())
    say(_("The round is on version %(version)s again.", version=found.cycle.version.version))
    return redirect(base_url(found.id), 303)


def _yours(seen: Outlook) -> dict[str, str]:
    """What becomes of this company's own answers, by question; those without an answer are left out."""
    return {key: one.fate.value for key, one in seen.carries.items() if one.own or one.beside}
