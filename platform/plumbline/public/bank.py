"""The public bank of questions: what is asked, of whom and why, with everything that helps to answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue

from assessments.questionnaire.asking.conditions import asked_when, depth_begins, opened_when, suits
from assessments.questionnaire.library import load_library
from assessments.questionnaire.model import (
    EvidenceClass,
    EvidenceExpected,
    FindingText,
    Grade,
    Guide,
    NextStep,
    Part,
    Question,
    Questionnaire,
    Section,
    Tier,
    Topic,
)
from assessments.questionnaire.rules import Always
from assessments.questionnaire.standards import element_titles, standard_of, standards
from assessments.risk.inherent import material_names
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire
from plumbline.translated import words

GRADES = (Grade.CRITICAL, Grade.MAJOR, Grade.MINOR, Grade.OBSERVATION, Grade.GOOD_PRACTICE)
MOST_OPTIONS = 12
_SLOT = re.compile(r"\{[a-z][a-z0-9_]*\}")


@dataclass(frozen=True)
class Wanted:
    """What a visitor looks for. An unknown word of a filter finds nothing rather than everything."""

    text: str
    tier: str
    purpose: str
    level: str
    standard: str
    every: bool

    @classmethod
    def asked(cls) -> Wanted:
        """As the address says."""
        text = request.args.get("q", "").strip()
        tier, purpose, level, standard = (request.args.get(name, "").strip() for name in _FILTERS)
        return cls(text, tier, purpose, level, standard, bool(request.args.get("all")))

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any((self.text, self.tier, self.purpose, self.level, self.standard))

    @property
    def set(self) -> dict[str, str]:
        """The filters that are set, by name of the parameter."""
        held = {"q": self.text, **{name: str(getattr(self, name)) for name in _FILTERS}}
        return {name: value for name, value in held.items() if value}

    def fits(self, question: Question, topic: Topic) -> bool:
        """Whether a question is among those looked for: every word stands somewhere in it."""
        if self.tier and question.tier != self.tier:
            return False
        if self.level and question.level != self.level:
            return False
        if self.purpose and self.purpose not in question.purposes:
            return False
        if self.standard and not _touches(question, self.standard):
            return False
        words = self.text.casefold().split()
        if not words:
            return True
        body = " ".join(_words(question, topic)).casefold()
        return all(word in body for word in words)


_FILTERS = ("tier", "purpose", "level", "standard")


def _touches(question: Question, standard: str) -> bool:
    return any(standard in (key, standard_of(key)) for key in (*question.mappings, *question.vsme))


def _words(question: Question, topic: Topic) -> Iterator[str]:
    yield from (question.key, question.text, question.help, question.why, topic.title)
    for part in question.parts:
        yield part.label
        if part.options_from is None:  # the names of 250 countries would find everything
            yield from part.options.values()
        yield from (column.label for column in part.columns)
    yield from (expected.expect for expected in question.evidence)


@public_pages.get("/questions")
@public("the questions are for everybody to read, before anybody decides to take part")
def questions() -> ResponseReturnValue:
    """Show sections and topics, or the questions that a search or a filter finds."""
    shown, wanted = shown_questionnaire(), Wanted.asked()
    pack = shown.questionnaire
    found = []
    for section in pack.sections:
        asked = [(question, topic) for topic in section.topics for question in topic.questions]
        hits = [(question, topic) for question, topic in asked if wanted.fits(question, topic)]
        if hits:
            found.append((section, hits))
    return render_template(
        "public/questions.html",
        shown=shown,
        wanted=wanted,
        found=found if wanted.filtered or wanted.every else [],
        count=sum(len(hits) for _section, hits in found),
        standard_options=[[key, one.title] for key, one in standards().items()],
        taken=[
            {"label": _label(name, value), "href": _off(wanted, name)} for name, value in wanted.set.items()
        ],
        tier_words=tier_conditions(pack),
        counts={topic.key: Counter(q.tier.value for q in topic.questions) for topic in pack.topics},
    )


def _label(name: str, value: str) -> str:
    """A filter that is set, as the list of filters says it."""
    if name == "standard":
        return standards()[value].title if value in standards() else value
    return value if name == "q" else words(value)


def _off(wanted: Wanted, name: str) -> str:
    """The page without one of its filters."""
    left = {key: value for key, value in wanted.set.items() if key != name}
    return f"/questions?{urlencode(left)}" if left else "/questions"


@dataclass(frozen=True)
class ShownPart:
    """A part of a question as the bank shows it: its choices, cut where they are many, and when it opens."""

    part: Part
    options: tuple[str, ...]
    more: int
    when: str | None


@dataclass(frozen=True)
class ShownEvidence:
    """What could be shown for an answer, and how long it usually counts (None: until its own end date)."""

    expected: EvidenceExpected
    kind: EvidenceClass
    months: int | None


@dataclass(frozen=True)
class ShownQuestion:
    """A question with everything around it."""

    question: Question
    asked: str
    parts: tuple[ShownPart, ...]
    evidence: tuple[ShownEvidence, ...]
    mappings: tuple[tuple[str, str, Any], ...]


@dataclass(frozen=True)
class ShownStep:
    """A next step and whom it suits ("when this site smelts"); ``suits`` None: everybody."""

    step: NextStep
    suits: str | None
    template: str | None


@dataclass(frozen=True)
class ShownCertificate:
    """A certificate or assessment that is recognised for a topic, and the questions of it that it touches.

    ``touched``: (key of the question, clause of the scheme, whether it offers choices there).
    """

    scheme: str
    partly: bool
    materials: tuple[str, ...]
    touched: tuple[tuple[str, str, bool], ...]


@public_pages.get("/questions/<topic>")
@public("the questions are for everybody to read, before anybody decides to take part")
def question_topic(topic: str) -> ResponseReturnValue:
    """Show one topic with every question, its ladder, typical findings and next steps."""
    shown = shown_questionnaire()
    found = shown.topic(topic)
    pack = shown.questionnaire
    section = pack.section(found.section)
    position = pack.topics.index(found)
    return render_template(
        "public/topic.html",
        shown=shown,
        section=section,
        topic=found,
        questions=[shown_question(question, pack) for question in found.questions],
        findings=findings_by_grade(found.guide),
        steps=shown_steps(found.guide, pack),
        before=pack.topics[position - 1] if position else None,
        after=pack.topics[position + 1] if position + 1 < len(pack.topics) else None,
        tier_words=tier_conditions(pack),
        answered=minutes_of(section),
        certificates=shown_certificates(found, pack),
    )


def shown_certificates(topic: Topic, pack: Questionnaire) -> list[ShownCertificate]:
    """The certificates and assessments that are recognised for a topic, in the order of the pack."""
    table = pack.certificate_table
    if table is None:
        return []
    schemes = pack.question(table.question).part(table.part).column(table.scheme).options
    materials = pack.lists.get("materials") or material_names()
    found = []
    for kind in pack.certificate_kinds:
        offering = {offer.question for offer in kind.offers}
        touched = tuple(
            (question.key, kind.touches[question.key], question.key in offering)
            for question in topic.questions
            if question.key in kind.touches
        )
        if touched:
            names = (materials.get(key, key) for key in kind.materials)
            scheme = schemes.get(kind.key, kind.label)
            found.append(ShownCertificate(scheme, kind.partly, tuple(names), touched))
    return found


def shown_question(question: Question, pack: Questionnaire) -> ShownQuestion:
    """A question as the bank shows it."""
    titles = element_titles()
    return ShownQuestion(
        question,
        asked_when(question, pack),
        tuple(_part(part, question, pack) for part in question.parts),
        tuple(_evidence(expected, pack) for expected in question.evidence),
        tuple((key, titles.get(key, ""), mapping) for key, mapping in question.mappings.items()),
    )


def _part(part: Part, question: Question, pack: Questionnaire) -> ShownPart:
    options = tuple(part.options.values())
    shown = options if len(options) <= MOST_OPTIONS else options[: MOST_OPTIONS - 2]
    return ShownPart(part, shown, len(options) - len(shown), opened_when(part, question, pack))


def _evidence(expected: EvidenceExpected, pack: Questionnaire) -> ShownEvidence:
    return ShownEvidence(expected, pack.evidence_classes[expected.evidence_class], expected.months)


def findings_by_grade(guide: Guide | None) -> list[tuple[Grade, list[FindingText]]]:
    """The library's findings of a topic, gravest first; what an assessor fills in stands as "…"."""
    filled = [_open(one) for one in guide.findings] if guide else []
    by_grade = [(grade, [one for one in filled if one.grade is grade]) for grade in GRADES]
    return [(grade, found) for grade, found in by_grade if found]


def _open(text: FindingText) -> FindingText:
    said = {name: getattr(text, name) for name in ("saw", "raised_by", "lowered_by", "first_step")}
    shown: dict[str, Any] = {name: _SLOT.sub("…", words) for name, words in said.items() if words}
    return replace(text, **shown)


def shown_steps(guide: Guide | None, pack: Questionnaire) -> list[ShownStep]:
    """The next steps of a topic, each with whom it suits and the template that helps."""
    library = load_library()
    return [
        ShownStep(
            step,
            None if isinstance(step.rule, Always) else suits(step.rule, pack),
            step.template if step.template in library else None,
        )
        for step in (guide.next_steps if guide else ())
    ]


def tier_conditions(pack: Questionnaire) -> Mapping[str, str]:
    """The sentence that says when each depth begins; "" for core questions, which need nothing."""
    return {tier.value: depth_begins(tier, pack) for tier in Tier}


def minutes_of(section: Section) -> tuple[int, int] | None:
    """The fewest and the most minutes that a section takes, by size of firm."""
    return (min(section.minutes.values()), max(section.minutes.values())) if section.minutes else None
