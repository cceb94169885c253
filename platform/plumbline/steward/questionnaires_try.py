"""A test run through a draft's questions: real cards, throw-away answers, nothing stored.

What was answered on other pages travels in one signed field of the form; nothing can be put into it
that was not answered here, and closing the page forgets everything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.questionnaire.asking.applicability import Applicability, open_parts, rows_of
from assessments.questionnaire.asking.preview import decide
from assessments.questionnaire.asking.profiles import Profile
from assessments.questionnaire.model import Part, PartKind, Question, Section
from assessments.values.answers import AnswerState, BadValue, parse_parts
from plumbline.forms import is_posted, typed
from plumbline.guard import door
from plumbline.identity.visitor import Visitor
from plumbline.steward import steward
from plumbline.steward.questionnaires import WRITE
from plumbline.steward.questionnaires_at import PATH, OnDraft, load_draft
from plumbline.translated import in_language

AT = f"{PATH}/try/<section>"
LARGEST = 400_000
Answers = dict[str, dict[str, Any]]
NOBODY = Profile("", {}, (), {}, {})


@dataclass(frozen=True)
class TryPart:
    """A part that is open: what it holds and the labels of its rows; drawn as suppliers see it."""

    part: Part
    typed: Any
    rows: Mapping[str, str]

    @property
    def drawn(self) -> Part:
        """The part as its input is drawn: a bound one as any other."""
        if self.part.bind is None:
            return self.part
        if self.part.kind is PartKind.NUMBER and not self.part.whole:
            return replace(self.part, bind=None, kind=PartKind.SHORT_TEXT)
        return replace(self.part, bind=None, plain=self.part.plain or self.part.kind is PartKind.NUMBER)


@dataclass(frozen=True)
class TryCard:
    """One question of the run. ``reason``: why it is asked, or not; ``asked`` False: it is not."""

    question: Question
    asked: bool
    reason: str
    parts: tuple[TryPart, ...]
    closed: int
    state: str
    errors: Mapping[str, str]


@steward.get(AT)
@door(WRITE, load=load_draft)
def try_section(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show a section as an example supplier meets it, nothing answered yet."""
    return _page(at, {}, {}, request.args.get("example", ""))


@steward.post(AT)
@door(WRITE, load=load_draft)
def try_answers(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Take what was typed, decide anew what is asked and open, and draw; nothing is stored."""
    section = _section(at)
    answers = _carried(request.form.get("carried", ""))
    errors: dict[str, dict[str, str]] = {}
    for question in (question for topic in section.topics for question in topic.questions):
        if not is_posted(request.form, question):
            continue
        sent = typed(request.form, question)
        try:
            answers[question.key] = parse_parts(question, sent.parts)
        except BadValue as bad:
            errors[question.key] = {one.place: in_language(one.sentence) for one in bad.problems}
    onward = request.form.get("go", "")
    if onward and not errors:
        known = {one.key for one in at.found.questionnaire.sections} if at.found.questionnaire else set()
        at = replace(at, section=onward if onward in known else at.section)
    return _page(at, answers, errors, request.form.get("example", ""))


def _section(at: OnDraft) -> Section:
    questionnaire = at.found.questionnaire if at.found.sound else None
    for section in questionnaire.sections if questionnaire else ():
        if section.key == at.section:
            return section
    raise NotFound


def _page(at: OnDraft, answers: Answers, errors: Mapping[str, Mapping[str, str]], example: str) -> str:
    if not at.found.sound or at.found.questionnaire is None:
        return render_template("steward/questionnaires/try.html", at=at, cards=[], section=None)
    examples = {one.name: one for one in at.found.examples}
    chosen = examples.get(example) or next(iter(examples.values()), NOBODY)
    section = _section(at)
    decided = decide(at.found.questionnaire, replace(chosen, answers={**chosen.answers, **answers}))
    questions = [question for topic in section.topics for question in topic.questions]
    return render_template(
        "steward/questionnaires/try.html",
        at=at,
        section=section,
        sections=at.found.questionnaire.sections,
        cards=[_card(at, question, decided, answers, errors.get(question.key, {})) for question in questions],
        example=chosen.name,
        examples=list(examples),
        carried=_signed(answers),
        answered=sum(1 for parts in answers.values() if parts),
    )


def _card(
    at: OnDraft, question: Question, decided: Applicability, answers: Answers, errors: Mapping[str, str]
) -> TryCard:
    asked = question.key in decided.asked
    values = answers.get(question.key, {})
    if errors:
        values = dict(typed(request.form, question).parts)
    opened = open_parts(question, values, decided.facts, decided.answers) if asked else ()
    parts = tuple(
        TryPart(
            part, values.get(part.key), rows_of(at.found.questionnaire, part, decided.facts, decided.answers)
        )
        for part in opened
        if part.kind is not PartKind.EVIDENCE and at.found.questionnaire is not None
    )
    reason = decided.asked[question.key] if asked else decided.not_asked.get(question.key, "")
    state = AnswerState.ANSWERED if any(values.values()) else AnswerState.EMPTY
    closed = len([part for part in question.parts if part.kind is not PartKind.EVIDENCE]) - len(parts)
    return TryCard(question, asked, reason, parts, closed, state.value, errors)


def _signed(answers: Answers) -> str:
    raw = zlib.compress(json.dumps(answers, default=_written, sort_keys=True).encode())
    return base64.urlsafe_b64encode(_mark(raw) + raw).decode()


def _carried(field: str) -> Answers:
    """The answers of other pages; none where the field was not written here."""
    try:
        raw = base64.urlsafe_b64decode(field.encode("ascii"))
        mark, body = raw[:32], raw[32:]
        if len(field) > LARGEST or not hmac.compare_digest(mark, _mark(body)):
            return {}
        found: Answers = json.loads(zlib.decompress(body), object_hook=_read)
    except (ValueError, zlib.error, binascii.Error, UnicodeError):
        return {}
    return found


def _mark(raw: bytes) -> bytes:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(b"test run " + key, raw, hashlib.sha256).digest()


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": format(value, "f")}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _read(value: dict[str, Any]) -> Any:
    return Decimal(value["decimal"]) if set(value) == {"decimal"} else value
