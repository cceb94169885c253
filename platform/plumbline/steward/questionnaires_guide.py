"""The guide of a draft's topic as a form: its ladder, typical findings, next steps and whom they suit."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.authoring.drafts import seen
from assessments.authoring.guides import save_guide
from assessments.questionnaire.editing.guide import guide_in, guide_sheet, guide_tree, whole_guide
from assessments.questionnaire.editing.sheet import from_fields, moved
from assessments.questionnaire.library import load_library
from assessments.questionnaire.model import FindingKind, Grade
from assessments.questionnaire.pack.references import guide_file
from assessments.questionnaire.rules import Op
from assessments.workflow import Refused, Stale
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.refusals import faults_of
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.questionnaires import WRITE
from plumbline.steward.questionnaires_at import PATH, OnDraft, at_guide_fields, load_draft
from plumbline.steward.questionnaires_question import ROWS, Form, differing

AT = f"{PATH}/topics/<topic>/guide"


@steward.get(AT)
@door(WRITE, load=load_draft)
def draft_guide(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show the guide's form with the faults at its fields."""
    tree = _tree(at)
    sheet = guide_sheet(tree)
    return _page(at, Form(sheet, seen(tree), at_guide_fields(at.found.of_file(guide_file(at.topic)), sheet)))


@steward.post(AT)
@door(WRITE, load=load_draft)
def save_draft_guide(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Save the guide; a row's button draws the form again with a row more, less or elsewhere."""
    hidden = ("csrf_token", "do", "was")
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in hidden]
    sheet, was = whole_guide(from_fields(fields)), request.form.get("was", "")
    what, _colon, path = request.form.get("do", "").partition(":")
    if what in ROWS:
        moved(sheet, what, path)
        return _page(at, Form(whole_guide(sheet), was, unsaved=True))
    tree = guide_tree(sheet, _tree(at))
    try:
        saved = save_guide(db.session(), at.draft, at.topic, tree, was=was, by=visitor.actor, at=now())
    except Stale as stale:
        theirs = guide_sheet(stale.current if isinstance(stale.current, dict) else {})
        both = differing(theirs, sheet)
        return _page(at, Form(sheet, seen(stale.current), unsaved=True, conflict=both)), 412
    except Refused as error:
        return _page(at, Form(sheet, was, faults_of(error, at="findings"), unsaved=True)), status_of(error)
    if saved:
        say(_("The check has looked at it anew."), lead=_("Saved."))
    else:
        say(_("It says what stood there."), lead=_("Nothing changed."), tone="calm")
    return redirect(f"{at.base}/topics/{at.topic}/guide", 303)


def _tree(at: OnDraft) -> dict[str, Any]:
    found = guide_in(at.files, at.topic)
    if found is None:
        raise NotFound
    return found


def _page(at: OnDraft, form: Form) -> str:
    changed = {one.topic for one in at.diff.ladders} if at.diff else set()
    return render_template(
        "steward/questionnaires/guide.html",
        at=at,
        form=form,
        grades=[one.value for one in Grade],
        kinds=[one.value for one in FindingKind],
        ops=[one.value for one in Op],
        subjects=at.subjects(),
        lessons=sorted(load_library()),
        differs=at.topic in changed,
        file=guide_file(at.topic),
    )
