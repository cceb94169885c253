"""One question of a draft as a form: its texts, parts, rule, evidence and what its change means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.authoring.drafts import files_of, save_files, save_question, seen
from assessments.questionnaire.asking.conditions import asked_when
from assessments.questionnaire.editing.moves import move_question, question_in, remove_question
from assessments.questionnaire.editing.sheet import Sheet, from_fields, moved, sheet_of, tree_of, whole
from assessments.questionnaire.model import Question, UnknownQuestion
from assessments.questionnaire.pack.references import topic_file
from assessments.questionnaire.rules import Op
from assessments.questionnaire.versions.changes import ChangeClass
from assessments.questionnaire.vocabulary import Level, PartKind, Purpose, Recall, Strength, Tier
from assessments.workflow import Refused, Stale
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.refusals import faults_of
from plumbline.rendering import say
from plumbline.steward import steward
from plumbline.steward.questionnaires import WRITE
from plumbline.steward.questionnaires_at import PATH, OnDraft, at_fields, flat, load_draft

AT = f"{PATH}/questions/<question>"
ROWS = ("add", "up", "down", "remove")


@dataclass(frozen=True)
class Form:
    """A question's form as drawn. ``was`` marks what it builds on; ``theirs`` what somebody else wrote."""

    sheet: Sheet
    was: str
    errors: dict[str, str] = field(default_factory=dict)
    unsaved: bool = False
    conflict: tuple[tuple[str, str, str], ...] = ()


@steward.get(AT)
@door(WRITE, load=load_draft)
def draft_question(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show a question's form with the faults at its fields."""
    return _page(at, _stored(at))


@steward.post(AT)
@door(WRITE, load=load_draft)
def save_draft_question(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Save a question; a row's button draws the form again with a row more, less or elsewhere."""
    fields = [
        (name, text) for name, text in request.form.items(multi=True) if name not in ("csrf_token", "do")
    ]
    sheet = whole(from_fields(pair for pair in fields if pair[0] != "was"))
    was = request.form.get("was", "")
    what, _colon, path = request.form.get("do", "").partition(":")
    if what in ROWS:
        moved(sheet, what, path)
        return _page(at, Form(whole(sheet), was, unsaved=True))
    sheet["key"] = at.question  # a key is for ever
    tree = tree_of(sheet, at.tree)
    try:
        saved = save_question(
            db.session(), at.draft, at.topic, at.question, tree, was=was, by=visitor.actor, at=now()
        )
    except Stale as stale:
        theirs = sheet_of(stale.current if isinstance(stale.current, dict) else {})
        return _page(
            at, Form(sheet, seen(stale.current), unsaved=True, conflict=differing(theirs, sheet))
        ), 412
    except Refused as error:
        return _page(at, Form(sheet, was, faults_of(error, at="text"), unsaved=True)), status_of(error)
    if saved:
        say(_("The check has looked at it anew."), lead=_("Saved."))
    else:
        say(_("It says what stood there."), lead=_("Nothing changed."), tone="calm")
    return redirect(f"{at.base}/questions/{at.question}", 303)


@steward.post(f"{AT}/place")
@door(WRITE, load=load_draft)
def place_question(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Move a question up or down in its topic."""
    by = -1 if request.form.get("to") == "up" else 1
    edit = move_question(at.files, at.topic, at.question, by)
    save_files(db.session(), at.draft, edit, by=visitor.actor, at=now())
    return redirect(f"{at.base}/topics/{at.topic}#{at.question}", 303)


@steward.post(f"{AT}/remove")
@door(WRITE, load=load_draft)
def take_question_out(visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Take a question out, saying why where a version before had it."""
    published = at.before is not None and any(one.key == at.question for one in at.before.questions)
    try:
        edit = remove_question(
            files_of(db.session(), at.draft), at.topic, at.question, why=request.form.get("why", ""),
            version=at.version, published=published,
        )  # fmt: skip
        save_files(db.session(), at.draft, edit, by=visitor.actor, at=now())
    except Refused as error:
        form = _stored(at)
        return _page(at, Form(form.sheet, form.was, faults_of(error, at="why_gone"))), status_of(error)
    say(_("The history brings it back."), lead=_("%(key)s is taken out.", key=at.question))
    return redirect(f"{at.base}/topics/{at.topic}", 303)


def _stored(at: OnDraft) -> Form:
    sheet = sheet_of(at.tree)
    problems = at.found.of_question(topic_file(at.topic), at.question)
    return Form(sheet, seen(at.tree), at_fields(problems, at.question, sheet))


def differing(theirs: Sheet, mine: Sheet) -> tuple[tuple[str, str, str], ...]:
    """The fields in which two sheets differ, each with both."""
    one, other = flat(theirs), flat(mine)
    names = [*one, *(name for name in other if name not in one)]
    return tuple(
        (name, one.get(name, ""), other.get(name, "")) for name in names
        if " ".join(one.get(name, "").split()) != " ".join(other.get(name, "").split())
    )  # fmt: skip


def _page(at: OnDraft, form: Form) -> str:
    built = _built(at)
    told = at.diff is not None and any(one.key == at.question and one.seen for one in at.diff.questions)
    return render_template(
        "steward/questionnaires/question.html",
        at=at,
        form=form,
        words=WORDS,
        built=built,
        stored=question_in(at.files, at.topic, at.question) is not None,
        when=asked_when(built, at.found.questionnaire) if built and at.found.questionnaire else "",
        reached=at.found.reached(at.question),
        facts=at.subjects(before=at.question),
        differs=told,
        classes=[
            kind.value
            for kind in ChangeClass
            if kind not in (ChangeClass.REMOVED, ChangeClass.LADDER_CHANGED)
        ],
        evidence=sorted(at.found.questionnaire.evidence_classes) if at.found.questionnaire else [],
    )


def _built(at: OnDraft) -> Question | None:
    """The question as the questionnaire has it, while the draft loads."""
    if at.found.questionnaire is None or not at.found.sound:
        return None
    try:
        return at.found.questionnaire.question(at.question)
    except UnknownQuestion:
        return None


WORDS: dict[str, Any] = {
    "tier": [one.value for one in Tier],
    "level": [one.value for one in Level],
    "recall": [one.value for one in Recall],
    "kind": [one.value for one in PartKind],
    "purposes": [one.value for one in Purpose],
    "strength": [one.value for one in Strength],
    "op": [one.value for one in Op],
}
