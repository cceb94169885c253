"""The questionnaire as frozen data: sections, topics, questions, parts, guides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from assessments.questionnaire.rules import ALWAYS, AnswerSource, Rule


class PartKind(StrEnum):
    """What kind of value a part or a column of a table takes."""

    YES_PARTLY_NO = "yes_partly_no"
    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    DATE = "date"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    TABLE = "table"
    LINK = "link"
    EVIDENCE = "evidence"


class Level(StrEnum):
    """Where a question is answered: once per legal entity and cycle, or for each site."""

    COMPANY = "company"
    SITE = "site"


class Tier(StrEnum):
    """How much depth a question adds; the pack says when a tier is switched on."""

    CORE = "core"
    STANDARD = "standard"
    EXTENDED = "extended"


class Recall(StrEnum):
    """The day or period that an answer is about."""

    TODAY = "today"
    YEAR_END = "year_end"
    LAST_BUSINESS_YEAR = "last_business_year"
    LAST_12_MONTHS = "last_12_months"
    LAST_24_MONTHS = "last_24_months"
    LAST_3_YEARS = "last_3_years"


class Purpose(StrEnum):
    """What buyers may use the answer for."""

    CSRD = "csrd"
    DUE_DILIGENCE = "due_diligence"
    PRODUCT_RULES = "product_rules"
    CUSTOMER_PROGRAMME = "customer_programme"


class Strength(StrEnum):
    """How a question and an element of a standard relate (content guide, part 2)."""

    EQUAL = "equal"
    BROADER = "broader"
    NARROWER = "narrower"
    PARTIAL = "partial"


class Grade(StrEnum):
    """The grade of a finding (DESIGN.md 1)."""

    GOOD_PRACTICE = "good_practice"
    OBSERVATION = "observation"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class FindingKind(StrEnum):
    """What kind of thing a finding is; collaborative: one site cannot solve it alone."""

    GAP = "gap"
    LEGAL = "legal"
    COLLABORATIVE = "collaborative"


class UnknownQuestion(KeyError):
    """There is no question, part, topic or section of that key in this version."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Binding:
    """A part whose value lives in a column of the organization or of the site."""

    record: str
    column: str

    def __str__(self) -> str:
        return f"{self.record}.{self.column}"


@dataclass(frozen=True)
class RowsFrom:
    """Where the rows of a table come from: a fact, or the rows of a part answered earlier. One of the two."""

    fact: str | None = None
    answer: AnswerSource | None = None


@dataclass(frozen=True)
class Field:
    """What a part and a column share. ``options`` in the order shown; ``options_from`` names their list."""

    key: str
    kind: PartKind
    label: str
    options: Mapping[str, str] = field(default_factory=dict)
    options_from: str | None = None
    alone: tuple[str, ...] = ()
    unit: str | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    plain: bool = False  # a whole number without data year and basis
    optional: bool = False
    help: str | None = None


@dataclass(frozen=True)
class Column(Field):
    """One column of a table."""


@dataclass(frozen=True)
class Part(Field):
    """One field of a question. ``when`` None: always open. ``rows`` are fixed rows: key to label."""

    when: Rule | None = None
    bind: Binding | None = None
    commercial: bool = False
    prefill: AnswerSource | None = None
    columns: tuple[Column, ...] = ()
    rows: Mapping[str, str] = field(default_factory=dict)
    rows_from: RowsFrom | None = None
    row_sum: Decimal | None = None
    column_sum: Mapping[str, Decimal] = field(default_factory=dict)

    def column(self, key: str) -> Column:
        """The column of that key; UnknownQuestion if there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise UnknownQuestion(f"{self.key} has no column {key}")


@dataclass(frozen=True)
class EvidenceExpected:
    """What a reader should be able to see, and examples that cost a small firm under half an hour."""

    evidence_class: str
    expect: str
    small: tuple[str, ...]
    months: int | None = None  # None: until its own end date
    care: str | None = None


@dataclass(frozen=True)
class ElementMapping:
    """How the question relates to one element of a standard; ``leaves``: what the element still asks."""

    strength: Strength
    leaves: str | None = None


@dataclass(frozen=True)
class Question:
    """One question. ``rule`` = ``applies`` and the rule of its tier; ``because`` ends "Asked because ..."."""

    key: str
    section: str
    topic: str
    since: str
    tier: Tier
    level: Level
    recall: Recall
    purposes: tuple[Purpose, ...]
    vsme: tuple[str, ...]
    applies: Rule
    rule: Rule
    because: str | None
    text: str
    help: str
    why: str
    care: str | None
    parts: tuple[Part, ...]
    evidence: tuple[EvidenceExpected, ...]
    mappings: Mapping[str, ElementMapping]
    digest: str

    def part(self, key: str) -> Part:
        """The part of that key; UnknownQuestion if there is none."""
        for part in self.parts:
            if part.key == key:
                return part
        raise UnknownQuestion(f"{self.key} has no part {key}")

    @property
    def commercial_parts(self) -> frozenset[str]:
        """Keys of the parts that are shared by a switch of their own (DESIGN.md 3)."""
        return frozenset(part.key for part in self.parts if part.commercial)


@dataclass(frozen=True)
class Rung:
    """What an assessor would see at one level; ``micro``: how it looks with ten people."""

    sees: str
    micro: str | None = None


@dataclass(frozen=True)
class FindingText:
    """A typical finding of the library, with slots in braces."""

    key: str
    grade: Grade
    kind: FindingKind
    questions: tuple[str, ...]
    saw: str
    raised_by: str | None = None
    lowered_by: str | None = None
    first_step: str | None = None


@dataclass(frozen=True)
class NextStep:
    """A step offered at a maturity level to whom ``rule`` holds for."""

    key: str
    levels: tuple[int, ...]
    rule: Rule
    effort: str
    do: str
    template: str | None = None


@dataclass(frozen=True)
class Guide:
    """What helps to judge and improve a topic; may change without touching a question's digest."""

    ladder: Mapping[int, Rung]
    findings: tuple[FindingText, ...]
    next_steps: tuple[NextStep, ...]


@dataclass(frozen=True)
class Topic:
    """Questions with one maturity of their own, if rated. It applies when one of its questions does."""

    key: str
    section: str
    title: str
    intro: str
    questions: tuple[Question, ...]
    guide: Guide | None = None

    @property
    def rated(self) -> bool:
        """Whether assessors give the topic a maturity: it then has a ladder."""
        return self.guide is not None


@dataclass(frozen=True)
class Section:
    """A chapter. ``minutes``: what answering takes, by size of firm."""

    key: str
    title: str
    intro: str
    answered_by: str
    minutes: Mapping[str, int]
    topics: tuple[Topic, ...]


class FactGroup(StrEnum):
    """Where a fact comes from: the profile, the risk scanner over it, or answers."""

    PROFILE = "profile"
    SCANNER = "scanner"
    ANSWERS = "answers"


@dataclass(frozen=True)
class Fact:
    """A fact that rules may use. ``asked_in``: the questions that give it.

    ``rule`` makes a true/false fact from answers, ``source`` takes an answer's value; with neither, the
    engine computes it from the columns of organization and site and, where it scans countries, from the
    answers to ``asked_in``. ``because``, ``because_not``: how to say that it is so, and that it is not.
    """

    name: str
    group: FactGroup
    asked_in: tuple[str, ...]
    rule: Rule | None = None
    source: AnswerSource | None = None
    because: str | None = None
    because_not: str | None = None


@dataclass(frozen=True)
class EvidenceClass:
    """A class of evidence; ``months`` None: it counts until its own end date."""

    key: str
    title: str
    months: int | None


@dataclass(frozen=True)
class Credential:
    """A certificate or assessment that may pre-fill answers of these topics; it never sets a level."""

    key: str
    title: str
    topics: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """One version, complete and checked. Compared by identity; two are the same when their digests are."""

    slug: str
    version: str
    title: str
    languages: tuple[str, ...]
    sections: tuple[Section, ...]
    facts: Mapping[str, Fact]
    tiers: Mapping[Tier, Rule]
    lists: Mapping[str, Mapping[str, str]]
    evidence_classes: Mapping[str, EvidenceClass]
    credentials: tuple[Credential, ...]
    digest: str

    @cached_property
    def topics(self) -> tuple[Topic, ...]:
        """All topics in order."""
        return tuple(topic for section in self.sections for topic in section.topics)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions in order."""
        return tuple(question for topic in self.topics for question in topic.questions)

    @cached_property
    def rated_topics(self) -> tuple[Topic, ...]:
        """The topics that get a maturity."""
        return tuple(topic for topic in self.topics if topic.rated)

    @cached_property
    def _by_key(self) -> dict[str, Question]:
        return {question.key: question for question in self.questions}

    @cached_property
    def _topics_by_key(self) -> dict[str, Topic]:
        return {topic.key: topic for topic in self.topics}

    def question(self, key: str) -> Question:
        """The question of that key; UnknownQuestion if there is none."""
        try:
            return self._by_key[key]
        except KeyError:
            raise UnknownQuestion(f"{self.slug} {self.version} has no question {key}") from None

    def topic(self, key: str) -> Topic:
        """The topic of that key; UnknownQuestion if there is none."""
        try:
            return self._topics_by_key[key]
        except KeyError:
            raise UnknownQuestion(f"{self.slug} {self.version} has no topic {key}") from None

    def section(self, key: str) -> Section:
        """The section of that key; UnknownQuestion if there is none."""
        for section in self.sections:
            if section.key == key:
                return section
        raise UnknownQuestion(f"{self.slug} {self.version} has no section {key}")

    def tier_rule(self, tier: Tier) -> Rule:
        """When that tier is switched on."""
        return self.tiers.get(tier, ALWAYS)
