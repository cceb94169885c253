"""What a question looks like to whoever answers it: everything its card shows, taken from the sheet.

A card holds no rule: the sheet says what is asked, what is open and what is frozen.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import orjson

from assessments.questionnaire.asking.applicability import open_parts, rows_of
from assessments.questionnaire.asking.certificates import Certificate, Proposal
from assessments.questionnaire.asking.reasons import asked_of_all
from assessments.questionnaire.model import Level, Part, PartKind, Question
from assessments.questionnaire.rules import read_answer
from assessments.sheet.answering import profile_seen
from assessments.sheet.certificates import proposed, recognised
from assessments.sheet.contents import AnswerSheet, LinkedEvidence
from assessments.values.answers import SAID, AnswerState, is_blank, remarks
from plumbline.forms import Typed
from plumbline.rendering import day
from plumbline.supplier.carried_cards import CarriedCard

MOST_STANDARDS = 4


@dataclass(frozen=True)
class PartCard:
    """A part that is open now: its value as stored or as typed, and the labels of its rows."""

    part: Part
    value: Any
    rows: Mapping[str, str]
    prefilled_from: str = ""

    @property
    def drawn(self) -> Part:
        """The part as its input is drawn: that it lives in the profile is said once, at the card."""
        return unbound(self.part)

    @property
    def typed(self) -> Any:
        """The value as the drawn part's input takes it."""
        if self.drawn.kind is not self.part.kind and isinstance(self.value, Mapping):
            return self.value.get("value")
        return self.value


@dataclass(frozen=True)
class Version:
    """One of two versions of an answer, to be compared."""

    parts: tuple[PartCard, ...]
    state: AnswerState
    reason: str
    note: str
    at: datetime | None


@dataclass(frozen=True)
class Conflict:
    """Two people, one answer. ``by`` is who saved the other version."""

    mine: Version
    theirs: Version
    by: str


@dataclass(frozen=True)
class Card:
    """One question as drawn. ``closed`` names the parts that are not open, so that they can open in place."""

    question: Question
    base: str
    parts: tuple[PartCard, ...]
    closed: tuple[str, ...]
    state: AnswerState
    reason: str
    note: str
    revision: int
    profile: str
    asked_because: str
    writable: bool
    reopened: bool
    saved_at: datetime | None
    evidence: tuple[dict[str, Any], ...]
    serves: str
    remarks: tuple[str, ...]
    untranslated: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: Conflict | None = None
    fresh: bool = False
    carried: CarriedCard | None = None
    certificates: tuple[Certificate, ...] = ()
    proposal: Proposal | None = None

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key

    @property
    def thing(self) -> Question:
        """What the drawing is of."""
        return self.question

    @property
    def save_url(self) -> str:
        """Where the card's fields are posted."""
        return f"{self.base}/questions/{self.key}"

    @property
    def evidence_url(self) -> str:
        """Where evidence of the answer is uploaded or chosen."""
        return f"{self.save_url}/evidence"

    @property
    def likeness(self) -> str | None:
        """Everything drawn but addresses, as one text; None for what is drawn once, as faults and conflicts
        are."""
        if self.errors or self.conflict is not None or self.reopened or self.fresh or self.carried:
            return None
        parts = [(part.part.key, part.value, dict(part.rows), part.prefilled_from) for part in self.parts]
        answer = [self.state, self.reason, self.note, self.revision, self.profile, self.saved_at]
        drawn = [self.asked_because, self.writable, self.evidence, self.serves, self.remarks]
        drawn += [
            (certificate.scheme, certificate.issuer, certificate.until) for certificate in self.certificates
        ]
        drawn += [origin for _paper, origin in self.proposal.origins] if self.proposal else ()
        return orjson.dumps([id(self.question), parts, self.closed, answer, drawn]).decode()

    def based(self, base: str) -> Card:
        """The same card with addresses elsewhere."""
        return replace(self, base=base)

    @property
    def company(self) -> bool:
        """Whether it is answered once for the company."""
        return self.question.level is Level.COMPANY

    @property
    def in_profile(self) -> bool:
        """Whether something in it lives in the profile of the company or the site."""
        return any(part.part.bind is not None for part in self.parts)

    @property
    def prefilled(self) -> tuple[str, ...]:
        """The questions whose answers stand in fields here that nobody has confirmed yet."""
        return tuple(dict.fromkeys(part.prefilled_from for part in self.parts if part.prefilled_from))

    @property
    def filled_from(self) -> tuple[str, ...]:
        """Those of them that were answered before, and not what certificates offer."""
        return tuple(key for key in self.prefilled if self.proposal is None or key != self.proposal.held_in)

    @property
    def missing(self) -> tuple[str, ...]:
        """Labels of what a begun answer still needs."""
        if self.state is not AnswerState.INCOMPLETE:
            return ()
        open_still = (one for one in self.parts if not one.part.optional)
        return tuple(one.part.label for one in open_still if one.prefilled_from or is_blank(one.value))

    @property
    def commercial(self) -> bool:
        """Whether something in it is shared by a switch of its own."""
        return bool(self.question.commercial_parts & {part.part.key for part in self.parts})


def card_of(
    sheet: AnswerSheet,
    question: Question,
    *,
    today: date,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    conflict: Conflict | None = None,
    revision: int | None = None,
    more_rows: str = "",
    fresh: bool = False,
    carried: CarriedCard | None = None,
) -> Card:
    """The card of a question. ``typed`` shows what was typed instead of what is stored; ``revision`` is the
    one that a next save builds on (after a conflict, the other person's); ``more_rows`` names a table that
    gets a row more."""
    stored = sheet.answer(question.key)
    values: Mapping[str, Any] = typed.parts if typed else stored.parts
    state = (typed.state or stored.state) if typed else stored.state
    if typed and typed.state is None and stored.state in SAID:
        state = AnswerState.ANSWERED
    held = recognised(sheet, today)
    proposal = proposed(sheet, question, today) if held and typed is None else None
    parts = _drawn(sheet, question, values, proposal, prefill=typed is None)
    if more_rows:
        parts = tuple(_with_row(part, f"{question.key}.{part.part.key}" == more_rows) for part in parts)
    shown = {part.part.key for part in parts}
    told = not asked_of_all(question, sheet.questionnaire)
    return Card(
        question=question,
        base=base_url(sheet.assessment_id),
        parts=parts,
        closed=tuple(p.key for p in question.parts if p.key not in shown and p.kind is not PartKind.EVIDENCE),
        state=state,
        reason=typed.reason if typed else stored.reason or "",
        note=typed.note if typed else stored.note or "",
        revision=stored.revision if revision is None else revision,
        profile=profile_seen(question, stored.parts),
        asked_because=sheet.applicability.asked.get(question.key, "") if told else "",
        writable=sheet.writable(question.key),
        reopened=question.key in sheet.reopened,
        saved_at=stored.updated_at,
        evidence=tuple(chip(linked, today) for linked in sheet.evidence.get(question.key, ())),
        serves=serves(question),
        remarks=tuple(found.text for found in remarks(question, stored.parts)),
        untranslated=question.key in sheet.questionnaire.untranslated,
        errors=errors or {},
        conflict=conflict,
        fresh=fresh,
        carried=carried,
        certificates=held.covering(question) if held else (),
        proposal=proposal,
    )


def _drawn(
    sheet: AnswerSheet,
    question: Question,
    values: Mapping[str, Any],
    proposal: Proposal | None,
    *,
    prefill: bool = True,
) -> tuple[PartCard, ...]:
    """The parts that are open with these values, and with what certificates offer beside them."""
    offered = proposal.parts if proposal is not None else {}
    if offered:
        values = {**values, **offered}
    return tuple(
        PartCard(part, offered[part.key], rows_in(sheet, part), proposal.held_in)
        if proposal is not None and part.key in offered
        else part_card(sheet, question, part, values, prefill=prefill)
        for part in open_parts(question, values, sheet.applicability.facts, sheet.applicability.answers)
        if part.kind is not PartKind.EVIDENCE
    )


def rows_in(sheet: AnswerSheet, part: Part) -> Mapping[str, str]:
    """The rows that a table shows here, key to label."""
    return rows_of(sheet.questionnaire, part, sheet.applicability.facts, sheet.applicability.answers)


def base_url(assessment_id: uuid.UUID) -> str:
    """Where the pages of an assessment lie."""
    return f"/supplier/assessments/{assessment_id}"


def part_card(
    sheet: AnswerSheet, question: Question, part: Part, values: Mapping[str, Any], *, prefill: bool = True
) -> PartCard:
    """One part with its value; an empty one takes what an earlier answer offers, and says from where."""
    value = values.get(part.key)
    source = part.prefill
    rows = rows_in(sheet, part)
    if prefill and is_blank(value) and source is not None and sheet.writable(question.key):
        offered = sheet.applicability.answers.get(source.question, {}).get(source.part or "")
        if not is_blank(offered) and read_answer(source, {source.part or "": offered}) is not None:
            return PartCard(part, offered, rows, source.question)
    if part.kind is PartKind.TABLE and isinstance(value, list):
        value = _without_trailing(value)
    return PartCard(part, value, rows)


def prefilled(sheet: AnswerSheet, question: Question, today: date) -> list[PartCard]:
    """The parts that the question's card shows with what earlier answers or certificates offer."""
    proposal = proposed(sheet, question, today)
    if proposal is None and not any(part.prefill for part in question.parts):
        return []
    drawn = _drawn(sheet, question, sheet.answer(question.key).parts, proposal)
    return [card for card in drawn if card.prefilled_from]


def unbound(part: Part) -> Part:
    """A bound part as an input like any other; a coordinate is one plain field, where phones have a minus."""
    if part.bind is None:
        return part
    if part.kind is PartKind.NUMBER and not part.whole:
        return replace(part, bind=None, kind=PartKind.SHORT_TEXT)
    return replace(part, bind=None, plain=part.plain or part.kind is PartKind.NUMBER)


def version_of(sheet: AnswerSheet, question: Question, answer: Mapping[str, Any]) -> Version:
    """A version out of the JSON that ``Stale`` carries."""
    parts = answer["parts"]
    at = answer.get("updated_at")
    return Version(
        parts=tuple(
            part_card(sheet, question, part, parts, prefill=False)
            for part in open_parts(question, parts, sheet.applicability.facts, sheet.applicability.answers)
            if part.kind is not PartKind.EVIDENCE
        ),
        state=AnswerState(answer["state"]),
        reason=answer["reason"] or "",
        note=answer["note"] or "",
        at=datetime.fromisoformat(at) if at else None,
    )


def chip(linked: LinkedEvidence, today: date) -> dict[str, Any]:
    """A linked document as components/evidence_chip.html wants it."""
    lapsed = linked.ends_on is not None and linked.ends_on < today
    return {
        "id": str(linked.document_id),
        "name": linked.title or linked.file_name,
        "href": f"/supplier/evidence/{linked.document_id}",
        "valid_until": "" if lapsed else day(linked.ends_on),
        "lapsed": day(linked.ends_on) if lapsed else "",
        "used": linked.used_in,
        "scan": "" if linked.state == "released" else linked.scan_verdict,
        "picture": linked.media_type.startswith("image/"),
    }


def serves(question: Question) -> str:
    """The first standards that this one answer serves ("VSME B6, GRI 303-3"), for the line at the foot."""
    names = list(dict.fromkeys([*question.vsme, *question.mappings]))
    return ", ".join(name.replace(".", " ", 1) for name in names[:MOST_STANDARDS])


def changed_parts(
    before: AnswerSheet, after: AnswerSheet, questions: Sequence[Question], today: date
) -> list[PartSlot]:
    """The parts of these questions that opened, closed or got other rows between two sheets."""
    slots = []
    for question in questions:
        if not (before.applicability.asks(question.key) and after.applicability.asks(question.key)):
            continue
        was = {card.part.key: card for card in _open(before, question, today)}
        now = {card.part.key: card for card in _open(after, question, today)}
        for part in question.parts:
            old, new = was.get(part.key), now.get(part.key)
            if (old is None) != (new is None) or (old and new and dict(old.rows) != dict(new.rows)):
                slots.append(PartSlot(question, part, new))
    return slots


@dataclass(frozen=True)
class PartSlot:
    """A place of a part that is drawn anew; ``card`` None: it closed."""

    question: Question
    part: Part
    card: PartCard | None


def _open(sheet: AnswerSheet, question: Question, today: date) -> tuple[PartCard, ...]:
    return _drawn(sheet, question, sheet.answers.get(question.key, {}), proposed(sheet, question, today))


def _with_row(card: PartCard, wanted: bool) -> PartCard:
    return PartCard(card.part, [*(card.value or []), {}], card.rows) if wanted else card


def _without_trailing(rows: list[Any]) -> list[Any]:
    kept = list(rows)
    while kept and not any(not is_blank(cell) for name, cell in kept[-1].items() if name != "row"):
        if kept[-1].get("row"):
            break
        kept.pop()
    return kept
