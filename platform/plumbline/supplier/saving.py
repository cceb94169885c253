"""Saving what was posted: one question of a card, or every changed question of a section's form.

Of a whole form each question stands alone: what can be saved is saved, what cannot comes back as typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Answer, AnswerRevision
from assessments.parties import Actor, Person
from assessments.questionnaire.asking.applicability import Changed
from assessments.questionnaire.model import Question
from assessments.sheet.answering import Saved, save_answer
from assessments.sheet.contents import AnswerSheet
from assessments.workflow import Invalid, Refused, Stale, WrongState
from plumbline.forms import Form, Typed, is_posted, typed
from plumbline.supplier.cards import Conflict, PartCard, prefilled, version_of
from plumbline.translated import told, told_faults
from plumbline.written_form import fields_of


@dataclass
class Posted:
    """What became of a form: the sheet after it, what was saved, and what came back and why."""

    sheet: AnswerSheet
    saved: list[str] = field(default_factory=list)
    typed: dict[str, Typed] = field(default_factory=dict)
    errors: dict[str, Mapping[str, str]] = field(default_factory=dict)
    conflicts: dict[str, tuple[Conflict, int]] = field(default_factory=dict)
    now_applies: dict[str, str] = field(default_factory=dict)
    no_longer_applies: dict[str, str] = field(default_factory=dict)

    @property
    def troubled(self) -> bool:
        """Whether something came back."""
        return bool(self.errors or self.conflicts)

    def learn(self, saved: Saved) -> None:
        """Go on from the sheet after a save, and remember what that switched on and off."""
        self.sheet = saved.sheet
        if saved.written:
            self.saved.append(saved.answer.question)
        for key, reason in saved.changed.now_applies:
            self.no_longer_applies.pop(key, None)
            self.now_applies[key] = reason
        for key, reason in saved.changed.no_longer_applies:
            self.now_applies.pop(key, None)
            self.no_longer_applies[key] = reason

    @property
    def changed(self) -> Changed:
        """What the whole form switched on and off."""
        return Changed(tuple(self.now_applies.items()), tuple(self.no_longer_applies.items()))


def save_posted(
    session: Session,
    sheet: AnswerSheet,
    questions: Sequence[Question],
    form: Form,
    *,
    by: Actor,
    at: datetime,
) -> Posted:
    """Save every question of ``form`` that was changed. Raises nothing that concerns one question alone.

    Later questions come first: rules read earlier answers only, so each is saved as it was asked when the
    form was drawn, and what is typed into one that another answer of the form switches off is kept with it.
    """
    posted = Posted(sheet)
    for question in reversed(questions):
        if not is_posted(form, question):
            continue
        sent = typed(form, question)
        if sent.resolve == "theirs":
            continue
        if posted.sheet.answer(question.key).revision == 0 and not sent.profile:
            offered = prefilled(posted.sheet, question, at.date())
            if sent.blank or (form.get("confirm") != question.key and _as_offered(form, sent, offered)):
                continue
        try:
            # A savepoint for each: what one question refuses half-way must not stay with the others' work.
            with session.begin_nested():
                saved = save_answer(session, posted.sheet, question.key, sent.offered(), by=by, at=at)
        except Refused as error:
            _give_back(session, posted, question, sent, error, by=by)
        else:
            posted.learn(saved)
    posted.errors = {q.key: posted.errors[q.key] for q in questions if q.key in posted.errors}
    posted.conflicts = {q.key: posted.conflicts[q.key] for q in questions if q.key in posted.conflicts}
    return posted


def _as_offered(form: Form, sent: Typed, offered: Sequence[PartCard]) -> bool:
    """Whether nothing was typed beside what an earlier answer offered: that counts once it is confirmed."""
    if not offered or not sent.blank_beside({card.part.key for card in offered}):
        return False
    return all(
        list(form.getlist(name)) == list(values)
        for card in offered
        for name, values in fields_of(card.part, card.value, f"{sent.key}.{card.part.key}").items()
    )


def _give_back(
    session: Session, posted: Posted, question: Question, sent: Typed, error: Refused, *, by: Actor
) -> None:
    if isinstance(error, Invalid):
        posted.errors[question.key] = told_faults(error)
    elif isinstance(error, Stale):
        if _untouched(session, posted.sheet, question, sent, error):
            return
        posted.conflicts[question.key] = conflict_of(session, posted.sheet, question, error, by=by)
    elif isinstance(error, WrongState) and sent.blank:
        return  # an earlier answer of the same form switched it off, and nothing was typed into it
    else:
        posted.errors[question.key] = {question.key: told(error)}
    posted.typed[question.key] = sent


def two_answered(key: str) -> tuple[str, str]:
    """Where a page's list of faults leads for a question that two people answered, and what it says."""
    return f"{key}-stale", _("%(key)s: two people, one answer", key=key)


def conflict_of(
    session: Session, sheet: AnswerSheet, question: Question, stale: Stale, *, by: Actor
) -> tuple[Conflict, int]:
    """Both versions of an answer, who saved the other one, and the revision that a choice builds on."""
    current, offered = _as_map(stale.current), _as_map(stale.offered)
    row = session.execute(
        select(Answer.updated_by, Person.name)
        .outerjoin(Person, Person.id == Answer.updated_by)
        .where(Answer.assessment_id == sheet.home_of(question), Answer.question == question.key)
    ).first()
    if row is None or row.updated_by is None:
        who = _("In your profile")
    else:
        who = _("You, in another window") if row.updated_by == by.person_id else row.name
    conflict = Conflict(
        mine=version_of(sheet, question, offered), theirs=version_of(sheet, question, current), by=who
    )
    return conflict, int(current["revision"])


def _untouched(session: Session, sheet: AnswerSheet, question: Question, sent: Typed, stale: Stale) -> bool:
    """Whether the form only sends back what it once showed: then nobody overwrites anybody."""
    if sent.revision == 0:
        return sent.blank
    shown = session.get(AnswerRevision, (sheet.home_of(question), question.key, sent.revision))
    offered = _as_map(stale.offered)
    return shown is not None and (shown.state.value, shown.parts, shown.note, shown.reason) == (
        offered["state"],
        offered["parts"],
        offered["note"],
        offered["reason"],
    )


def _as_map(version: object) -> Mapping[str, Any]:
    assert isinstance(version, Mapping)  # noqa: S101  answering.as_json made it
    return version
