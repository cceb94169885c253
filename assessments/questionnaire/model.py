"""The questionnaire as frozen data: sections, topics, questions, parts, guides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from assessments.questionnaire.certificates import CertificateKind, CertificateTable
from assessments.questionnaire.guidance import FindingText, Guide, NextStep, Rung, Track, TrackStep
from assessments.questionnaire.rules import ALWAYS, AnswerSource, Rule
from assessments.questionnaire.versions.changes import Change
from assessments.questionnaire.vocabulary import (
    FactGroup,
    FindingKind,
    Grade,
    Level,
    PartKind,
    Purpose,
    Recall,
    Strength,
    Tier,
)

__all__ = [
    "Binding",
    "CertificateKind",
    "Column",
    "ElementMapping",
    "EvidenceClass",
    "EvidenceExpected",
    "Fact",
    "FactGroup",
    "Field",
    "FindingKind",
    "FindingText",
    "Grade",
    "Guide",
    "Level",
    "NextStep",
    "Part",
    "PartKind",
    "Purpose",
    "Question",
    "Questionnaire",
    "Recall",
    "RowsFrom",
    "Rung",
    "Section",
    "Strength",
    "Tier",
    "Topic",
    "Track",
    "TrackStep",
    "UnknownQuestion",
]


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
    """Where the rows of a table come from; one of the three.

    A fact, the rows of a part answered earlier, or a shared list from which the reader picks: the table's
    own ``options`` then hold that list, key to label.
    """

    fact: str | None = None
    answer: AnswerSource | None = None
    list_name: str | None = None


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
    plain: bool = False  # a whole number, without data year and basis
    optional: bool = False
    help: str | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers fit."""
        return self.plain


@dataclass(frozen=True)
class Column(Field):
    """One column of a table."""

    commercial: bool = False


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

    @property
    def whole(self) -> bool:
        """Whether only whole numbers fit: a plain number, unless it is bound to a coordinate."""
        if self.bind is not None:
            return self.bind.column not in ("latitude", "longitude")
        return self.plain

    @property
    def commercial_columns(self) -> frozenset[str]:
        """Keys of the columns that are shared by that switch while the rest of the table is not."""
        return frozenset(column.key for column in self.columns if column.commercial)

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
        """Keys of the parts shared by a switch of their own (DESIGN.md 3), wholly or for some columns."""
        return frozenset(part.key for part in self.parts if part.commercial or part.commercial_columns)


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


@dataclass(frozen=True)
class Fact:
    """A fact that rules may use, and the answers that give it.

    With a ``rule`` it is true or false by answers. Without one it is a value: computed by the engine from
    the columns of organization and site (see applicability), scanned, or read from its first source.
    """

    name: str
    group: FactGroup
    sources: tuple[AnswerSource, ...]
    rule: Rule | None = None

    @property
    def asked_in(self) -> tuple[str, ...]:
        """Keys of the questions that give the fact."""
        return tuple(dict.fromkeys(source.question for source in self.sources))


@dataclass(frozen=True)
class EvidenceClass:
    """A class of evidence; ``months`` None: it counts until its own end date."""

    key: str
    label: str
    months: int | None


@dataclass(frozen=True, eq=False, repr=False)
class Questionnaire:
    """One version, complete and checked. Compared by identity; two are the same when their digests are.

    ``language`` is that of its texts, and ``untranslated`` names the questions and files that show English in
    part all the same; neither belongs to the version (see translation).
    """

    slug: str
    version: str
    title: str
    languages: tuple[str, ...]
    sections: tuple[Section, ...]
    facts: Mapping[str, Fact]
    tiers: Mapping[Tier, Rule]
    lists: Mapping[str, Mapping[str, str]]
    evidence_classes: Mapping[str, EvidenceClass]
    certificate_kinds: tuple[CertificateKind, ...]
    digest: str
    language: str = "en"
    untranslated: frozenset[str] = frozenset()
    certificate_table: CertificateTable | None = None  # where a supplier enters what it holds
    changes: tuple[Change, ...] = ()  # since earlier versions, as the author says them
    tracks: tuple[Track, ...] = ()

    def __repr__(self) -> str:
        return f"Questionnaire({self.slug} {self.version}, {self.digest[:12]})"

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
    def bound_parts(self) -> Mapping[str, frozenset[str]]:
        """Keys of the parts that live in a column, by question; questions without any are left out."""
        bound = {q.key: frozenset(p.key for p in q.parts if p.bind is not None) for q in self.questions}
        return {key: parts for key, parts in bound.items() if parts}

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

    def has_question(self, key: str) -> bool:
        """Whether this version has a question of that key."""
        return key in self._by_key

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
