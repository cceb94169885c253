"""Our own questionnaire as a draft, so that packs are exported by the same writers as everything else.

Sections, topics and questions become groups, parts become fields. Facts that questions give are spelled out
as conditions on these fields; those that the platform works out (risk of countries, groups of materials)
become fields that whoever runs the form fills in. Ladders, evidence, mappings and typical findings stay home.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from assessments.questionnaire.formats.draft import (
    Choice,
    ChoiceList,
    Draft,
    Field,
    Group,
    Item,
    Machine,
    Repeat,
    Table,
    Texts,
    clean,
)
from assessments.questionnaire.formats.target_form import fact_name
from assessments.questionnaire.model import Column, Fact, Part, Question, Questionnaire, Section, Topic
from assessments.questionnaire.rules import (
    AllOf,
    Always,
    AnswerSource,
    AnyOf,
    Atom,
    FactSource,
    Not,
    Op,
    PartSource,
    Rule,
    Source,
    Test,
)
from assessments.questionnaire.vocabulary import SCANNED, YES_PARTLY_NO, PartKind

_WORDS: Final = "yes_partly_no"
_LABELS: Final = ("Yes", "Partly", "No")
_SIZES: Final[Mapping[str, tuple[int, int | None]]] = {
    "micro": (1, 10),
    "small": (11, 49),
    "medium": (50, 249),
    "large": (250, 999),
    "very_large": (1000, None),
}
_TRUTHS: Final = frozenset({"production_site", "employer_housing", "guards", "near_indigenous_land"})
_VALUES: Final = frozenset(
    {"employees", "agency_workers", "migrant_workers", "positions", "materials", "secondary_share"}
)

_WORKED_OUT: Final = frozenset({*SCANNED, "size", "material_groups"})


def draft_of(questionnaire: Questionnaire, others: Mapping[str, Questionnaire] | None = None) -> Draft:
    """The draft of a questionnaire in English; ``others``: the same version as told in further languages.

    A text that another language lacks (it shows English there) is a gap of the draft.
    """
    return _Drafting(questionnaire, others or {}).draft()


class _Drafting:
    def __init__(self, questionnaire: Questionnaire, others: Mapping[str, Questionnaire]) -> None:
        self._own, self._others = questionnaire, others
        self._lists: dict[str, ChoiceList] = {}
        self._facts: dict[str, Machine] = {}
        self._answered_by = {
            (question.key, part.key): part for question in questionnaire.questions for part in question.parts
        }

    def draft(self) -> Draft:
        """The whole."""
        own, others = self._own, self._others
        for name in own.lists:
            self._list(name, own.lists[name], {k: q.lists.get(name, {}) for k, q in others.items()})
        sections = tuple(
            self._section(section, {k: q.sections[number] for k, q in others.items()})
            for number, section in enumerate(own.sections)
        )
        return Draft(
            name=own.slug,
            title=_texts(own.title, {k: q.title for k, q in others.items()}),
            version=own.version,
            languages=("en", *others),
            items=(*self._facts.values(), *sections),
            lists=tuple(self._lists.values()),
        )

    def _section(self, section: Section, others: Mapping[str, Section]) -> Group:
        return Group(
            name=section.key,
            label=_texts(section.title, {k: s.title for k, s in others.items()}),
            hint=_texts(section.intro, {k: s.intro for k, s in others.items()}),
            items=tuple(
                self._topic(topic, {k: s.topics[number] for k, s in others.items()})
                for number, topic in enumerate(section.topics)
            ),
        )

    def _topic(self, topic: Topic, others: Mapping[str, Topic]) -> Group:
        return Group(
            name=topic.key,
            label=_texts(topic.title, {k: t.title for k, t in others.items()}),
            hint=_texts(topic.intro, {k: t.intro for k, t in others.items()}),
            items=tuple(
                self._question(question, {k: t.questions[number] for k, t in others.items()})
                for number, question in enumerate(topic.questions)
            ),
        )

    def _question(self, question: Question, others: Mapping[str, Question]) -> Group:
        return Group(
            name=question.key,
            label=_texts(question.text, {k: q.text for k, q in others.items()}),
            hint=_texts(question.help, {k: q.help for k, q in others.items()}),
            guidance=_texts(question.why, {k: q.why for k, q in others.items()}),
            relevant=None if isinstance(question.rule, Always) else self._rule(question.rule, question.key),
            items=tuple(
                self._part(question, part, {k: q.parts[number] for k, q in others.items()})
                for number, part in enumerate(question.parts)
            ),
        )

    # ---------------------------------------------------------------- parts

    def _part(self, question: Question, part: Part, others: Mapping[str, Part]) -> Item:
        name = _name(question.key, part.key)
        when = None if part.when is None else self._rule(part.when, question.key)
        if part.kind is not PartKind.TABLE:
            return replace(self._field(name, part, others), relevant=when)
        label = _texts(part.label, {k: p.label for k, p in others.items()})
        hint = _texts(part.help or "", {k: p.help or "" for k, p in others.items()})
        columns = [
            self._field(f"{name}_{column.key}", column, {k: p.columns[number] for k, p in others.items()})
            for number, column in enumerate(part.columns)
        ]
        if part.rows:
            rows = tuple(
                Choice(key, _texts(text, {k: p.rows.get(key, "") for k, p in others.items()}))
                for key, text in part.rows.items()
            )
            required = "" if part.optional else "yes"
            return Table(name, label, hint, {}, required, when, rows, tuple(columns))
        row = Field(f"{name}_row", PartKind.SHORT_TEXT, label={"en": "Row"})
        if part.rows_from is not None and part.rows_from.list_name is not None:
            row = replace(row, kind=PartKind.SINGLE, list_name=part.rows_from.list_name, required="yes")
        return Repeat(name, label, hint, {}, when, (row, *columns))

    def _field(self, name: str, shape: Part | Column, others: Mapping[str, Part | Column]) -> Field:
        listed: str | None = None
        if shape.kind in (PartKind.SINGLE, PartKind.MULTIPLE):
            listed = shape.options_from
            if listed is None:
                listed = self._list(name, shape.options, {k: s.options for k, s in others.items()})
        elif shape.kind is PartKind.YES_PARTLY_NO:
            words = dict(zip(YES_PARTLY_NO, _LABELS, strict=True))
            listed = self._list(_WORDS, words, {})
        return Field(
            name=name,
            kind=shape.kind,
            label=_texts(shape.label, {k: s.label for k, s in others.items()}),
            hint=_texts(shape.help or "", {k: s.help or "" for k, s in others.items()}),
            list_name=listed,
            alone=shape.alone,
            required="" if shape.optional else "yes",
            unit=shape.unit or "",
            low=shape.min,
            high=shape.max,
            whole=shape.whole and shape.kind is PartKind.NUMBER,
        )

    def _list(self, name: str, options: Mapping[str, str], others: Mapping[str, Mapping[str, str]]) -> str:
        if name not in self._lists:
            choices = (
                Choice(key, _texts(text, {k: o.get(key, "") for k, o in others.items()}))
                for key, text in options.items()
            )
            self._lists[name] = ChoiceList(name, tuple(choices))
        return name

    # ---------------------------------------------------------------- rules

    def _rule(self, rule: Rule, question: str) -> Rule:
        """The rule over fields of the draft; ``question``: whose own parts it may look at."""
        if isinstance(rule, Not):
            return Not(self._rule(rule.rule, question))
        if isinstance(rule, AllOf | AnyOf):
            return replace(rule, rules=tuple(self._rule(inner, question) for inner in rule.rules))
        if not isinstance(rule, Test):
            return rule
        source = rule.source
        if isinstance(source, FactSource):
            return self._fact(rule, self._own.facts.get(source.name), source.name)
        if isinstance(source, AnswerSource) and source.part is None:
            parts = self._own.question(source.question).parts
            given = [Test(self._place(source.question, part.key), Op.GIVEN, True) for part in parts]
            return AnyOf(tuple(given)) if rule.operand is True else Not(AnyOf(tuple(given)))
        return Test(self._source(source, question), rule.op, rule.operand)

    def _source(self, source: Source, question: str) -> Source:
        if isinstance(source, AnswerSource) and source.part is not None:
            return self._place(source.question, source.part, source.column, source.row)
        if isinstance(source, PartSource):
            return self._place(question, source.part, source.column, source.row)
        return source

    def _place(
        self, question: str, key: str, column: str | None = None, row: str | None = None
    ) -> PartSource:
        part, name = self._answered_by[question, key], _name(question, key)
        if part.kind is not PartKind.TABLE:
            return PartSource(name)
        if column is not None:
            return PartSource(name, f"{name}_{column}", row)
        return PartSource(name, None, row)

    def _fact(self, test: Test, fact: Fact | None, name: str) -> Rule:
        """The test of a fact, spelled out as tests of the answers that give it where that is possible."""
        source = fact.sources[0] if fact and fact.sources else None
        if fact is not None and fact.rule is not None and isinstance(test.operand, bool):
            rule = self._rule(fact.rule, "")
            wanted = test.operand is (test.op is Op.IS)
            return rule if wanted else Not(rule)
        if source is not None and source.part is not None:
            place = self._place(source.question, source.part, source.column, source.row)
            if name == "size" and (sized := _sized(test, place)) is not None:
                return sized
            if name in _TRUTHS and isinstance(test.operand, bool):
                yes = Test(place, Op.IS, "yes")
                return yes if test.operand is (test.op is Op.IS) else Not(yes)
            if name == "materials":
                place = PartSource(place.part, f"{place.part}_row")
            single = fact is not None and fact.rule is None and len(fact.sources) == 1
            if name in _VALUES or (single and name not in _WORKED_OUT):
                return Test(place, test.op, test.operand)
        self._facts.setdefault(name, Machine(fact_name(name), "hidden"))
        return test


def _sized(test: Test, employees: PartSource) -> Rule | None:
    """A test of the size of the firm as tests of its head-count."""
    wanted: tuple[Atom, ...] = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    bounds: list[Rule] = []
    for size in wanted:
        if size not in _SIZES:
            return None
        low, high = _SIZES[str(size)]
        tests: list[Rule] = [Test(employees, Op.AT_LEAST, Decimal(low))]
        if high is not None:
            tests.append(Test(employees, Op.AT_MOST, Decimal(high)))
        bounds.append(tests[0] if len(tests) == 1 else AllOf(tuple(tests)))
    rule = bounds[0] if len(bounds) == 1 else AnyOf(tuple(bounds))
    if test.op in (Op.IS, Op.ANY_OF):
        return rule
    return Not(rule) if test.op in (Op.IS_NOT, Op.NONE_OF) else None


def _name(question: str, part: str) -> str:
    return f"{question}_{part}"


def _texts(english: str, others: Mapping[str, str]) -> Texts:
    own = clean(english)
    found = {"en": own} if own else {}
    return found | {key: clean(text) for key, text in others.items() if clean(text) not in ("", own)}
