"""One question: saved as its card changes, or alone on a page of its own."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.policy import Action
from assessments.questionnaire.model import Question, UnknownQuestion
from assessments.sheet.answering import Saved
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.workflow import Invalid, Refused, Stale
from plumbline.extensions import db
from plumbline.forms import Typed, typed
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import OnSheet, ToSave, load_question, load_to_save
from plumbline.reading_language import sheet_as_read
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.cards import Card, base_url, card_of, changed_parts
from plumbline.supplier.carried_cards import carried_cards
from plumbline.supplier.confirming import FIELD, confirm_posted
from plumbline.supplier.echoes import named, read_as
from plumbline.supplier.fragments import by_htmx, clock, fragment
from plumbline.supplier.saving import Posted, conflict_of, two_answered
from plumbline.supplier.sections import clarification_of, questions_of
from plumbline.supplier.wayfinding import name_of, rail_of
from plumbline.translated import told, told_faults

PATH = "/assessments/<uuid:assessment_id>/questions/<question>"


@supplier.get(PATH)
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_question)
def question(_visitor: Visitor, at: OnSheet[Question]) -> ResponseReturnValue:
    """Show one question alone, asked or not."""
    card = None
    if at.sheet.applicability.asks(at.place.key):
        more_rows = request.args.get("add", "")
        carried = carried_cards(db.session(), at.sheet, [at.place]).get(at.place.key)
        card = card_of(at.sheet, at.place, today=now().date(), more_rows=more_rows, carried=carried)
    return _page(at.sheet, at.place, card)


def _only_saved() -> bool:
    """Whether a card is saved and nothing more: a word that it is still true is one transaction with it."""
    return FIELD not in request.form


def load_posted(visitor: Visitor, _action: Action, assessment_id: uuid.UUID, question: str) -> ToSave:
    """A question of the visitor's own assessment, posted from its card, which says what was seen."""
    try:
        return load_to_save(visitor, assessment_id, question, seen=_only_saved())
    except UnknownQuestion:
        raise NotFound from None


@supplier.post(PATH)
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_posted, at_once=_only_saved)
def save_question(visitor: Visitor, at: ToSave) -> ResponseReturnValue:
    """Save one question. The script gets what changed; a browser without it is led back to the question."""
    sent = typed(request.form, at.place)
    if sent.resolve == "theirs":
        return _taken(_read(at))
    try:
        saved = at.save(sent.offered(), by=visitor.actor, at=now())
    except Refused as error:
        return _given_back(visitor, _read(at), sent, error)
    if request.form.get(FIELD):
        confirm_posted(Posted(saved.sheet), [at.place], request.form, by=visitor.actor, at=now())
        return redirect(f"{base_url(at.sheet.assessment_id)}/questions/{at.place.key}", 303)
    if by_htmx():
        sheet = saved.sheet
        if at.unread and (saved.changed.now_applies or sent.resolve):
            # Cards are drawn, with what is linked to them; what was saved since is left to be met by the next
            # save: told as seen here, it would be overwritten unseen.
            sheet = sheet.around(evidence=_read(at).sheet.evidence)
        return _told(sheet.questionnaire.question(at.place.key), saved, sheet, sent)
    say(_("%(key)s is saved.", key=at.place.key))
    more_rows = request.form.get("add_row", "")
    here = f"{base_url(at.sheet.assessment_id)}/questions/{at.place.key}"
    return redirect(f"{here}?add={more_rows}" if more_rows.startswith(f"{at.place.key}.") else here, 303)


def _read(to: ToSave) -> ToSave:
    """The question on the sheet as it stands: one that was not read may lack what is linked to it."""
    if not to.unread:
        return to
    return replace(to, sheet=sheet_as_read(read_sheet(db.session(), to.sheet.assessment_id)), unread=False)


def _taken(at: OnSheet[Question]) -> ResponseReturnValue:
    """The other person's version stays; the card is drawn with it."""
    if not by_htmx() or not at.sheet.questionnaire.has_question(at.place.key):
        return redirect(f"{base_url(at.sheet.assessment_id)}/questions/{at.place.key}", 303)
    card = card_of(at.sheet, at.place, today=now().date())
    return fragment(
        "supplier/saved.html",
        card=card,
        whole=True,
        saved="",
        read=[],
        changes=[],
        way=None,
        parts=[],
        slots=[],
    )


def _given_back(visitor: Visitor, at: OnSheet[Question], sent: Typed, error: Refused) -> ResponseReturnValue:
    """Give back what was typed, with what is wrong or with the other version beside it."""
    gone = not at.sheet.questionnaire.has_question(at.place.key)
    if gone or (not at.sheet.applicability.asks(at.place.key) and not by_htmx()):
        raise error
    conflict, revision = None, sent.revision
    errors = told_faults(error) if isinstance(error, Invalid) else {}
    if isinstance(error, Stale):
        conflict, revision = conflict_of(db.session(), at.sheet, at.place, error, by=visitor.actor)
    elif not errors:
        errors = {at.place.key: told(error)}
    card = card_of(
        at.sheet,
        at.place,
        today=now().date(),
        typed=sent,
        errors=errors,
        conflict=conflict,
        revision=revision,
    )
    status = 412 if conflict else 422
    if by_htmx():
        piece = fragment(
            "supplier/saved.html", card=card, whole=bool(sent.resolve), saved="", read=[], changes=[],
            way=None, parts=[], slots=[],
        )  # fmt: skip
        return piece, status
    return _page(at.sheet, at.place, card, faults=errors, stale=conflict is not None), status


def _told(question: Question, saved: Saved, sheet: AnswerSheet, sent: Typed) -> str:
    """What a save changed: this card, parts that opened or closed, questions asked now or no longer."""
    before, whole, today = saved.before, bool(sent.resolve), now().date()
    section = sheet.questionnaire.section(question.section)
    here = {each.key for each in questions_of(section)}
    base = base_url(sheet.assessment_id)
    changes: list[dict[str, str]] = []
    slots: list[tuple[str, Card | None, str]] = []
    for key, reason in saved.changed.now_applies:
        found = sheet.questionnaire.question(key)
        if key in here:
            slots.append((key, card_of(sheet, found, today=today, fresh=True), reason))
        title = _("%(key)s is asked now.", key=key)
        changes.append({"title": title, "href": f"{base}/sections/{found.section}#{key}", "reason": reason})
    for key, reason in saved.changed.no_longer_applies:
        if key in here:
            slots.append((key, None, reason))
        changes.append({"title": _("%(key)s is no longer asked.", key=key), "href": "", "reason": reason})
    others = questions_of(section) if saved.written else []
    mark = before.answer(question.key).carried if saved.written else None
    return fragment(
        "supplier/saved.html",
        card=card_of(sheet, question, today=today),
        whole=whole,
        saved=clock(now()),
        read=read_as(question, sent.parts, saved.answer.parts),
        changes=changes,
        way=rail_of(sheet, section.key) if saved.written else None,
        parts=[
            slot
            for slot in changed_parts(before, sheet, others, today)
            if not (whole and slot.question is question)
        ],
        slots=slots,
        settles=mark is not None and mark["revision"] == before.answer(question.key).revision,
    )


def _page(
    sheet: AnswerSheet, question: Question, card: Card | None, *, faults: Any = None, stale: bool = False
) -> str:
    stale_place = [two_answered(question.key)] if stale else []
    section = sheet.questionnaire.section(question.section)
    return render_template(
        "supplier/question.html",
        question=question,
        section=section,
        topic=sheet.questionnaire.topic(question.topic),
        card=card,
        reason=sheet.applicability.not_asked.get(question.key, ""),
        name=name_of(sheet),
        base=base_url(sheet.assessment_id),
        way=rail_of(sheet, section.key),
        clarification=clarification_of(sheet),
        faults=[*named(question, faults or {}), *stale_place],
    )
