"""A draft as the folder of a pack, for a person to finish: what is missing, ``questionnaire check`` names.

Nothing is invented to please the checker: a question without help has none, a topic has no ladder yet. What
could not come over stands as a comment where it belongs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from assessments.questionnaire.formats.conditions import CHOICE_KINDS
from assessments.questionnaire.formats.draft import Condition, Draft, Field, Repeat, Table
from assessments.questionnaire.formats.pack_plan import (
    Keys,
    PackPlan,
    PartPlan,
    QuestionPlan,
    SectionPlan,
    TopicPlan,
    flat,
    plan,
    row_texts,
    untranslated,
)
from assessments.questionnaire.rules import (
    AllOf,
    AnswerSource,
    AnyOf,
    Atom,
    Not,
    Op,
    PartSource,
    Rule,
    Test,
    as_number,
    comparisons_of,
    to_data,
)
from assessments.questionnaire.vocabulary import PartKind

_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z")
_BREAKS = re.compile("[\u0080-\u009f\u2028\u2029\ufeff]")
_HEAD: Final = """\
# Made from another questionnaire by `plumbline questionnaire import`; a draft, to be finished by a person.
# `plumbline questionnaire check` on this folder names what is missing: helps, reasons, ladders, guides.
# Tier, level, recall and purposes are first guesses. What could not come over stands in comments.
"""


def write_pack(draft: Draft, slug: str) -> dict[str, str]:
    """The files of a pack by their path in its folder, which is to be called ``slug``."""
    return _Pack(draft, slug).files()


class _Pack:
    def __init__(self, draft: Draft, slug: str) -> None:
        self._draft, self._slug = draft, slug
        self._plan: PackPlan = plan(draft)
        self._options = {
            # A shared list with the key "source" would name one of the product's own lists.
            each.name: _option_keys([choice.key for choice in each.choices], "source")
            for each in draft.lists
        }
        self._list_names = _list_names([each.name for each in draft.lists])
        self._answered: dict[str, tuple[str, PartPlan]] = {}

    def files(self) -> dict[str, str]:
        """Every file, path to text."""
        files = {"pack.yaml": "\n".join(self._pack_lines()) + "\n"}
        for section in self._plan.sections:
            folder = section.key.lower()
            files[f"{folder}/section.yaml"] = "\n".join(_section_lines(section)) + "\n"
            for topic in section.topics:
                if topic.questions:
                    name = topic.key.lower().replace(".", "-")
                    files[f"{folder}/{name}.yaml"] = "\n".join(self._topic_lines(topic)) + "\n"
        return files

    def _pack_lines(self) -> Iterator[str]:
        yield _HEAD
        yield f"slug: {quoted(self._slug)}"
        yield 'version: "1.0"'
        yield f"title: {quoted(self._plan.title)}"
        if len(self._draft.languages) > 1:
            others = ", ".join(each for each in self._draft.languages if each != self._plan.language)
            yield f"# Texts in {_comment(self._plan.language)}; the source also has {_comment(others)}."
        yield "languages: [en]"
        yield f"sections: [{', '.join(section.key for section in self._plan.sections)}]"
        yield "tiers: {standard: always, extended: always}"
        yield "facts: {}"
        yield "evidence_classes: {}"
        if self._draft.lists:
            yield "lists:"
        for each in self._draft.lists:
            yield f"  {quoted(self._list_names[each.name])}:"
            texts = row_texts(each.choices, self._plan.language)
            for key, text in texts.items():
                yield f"    {quoted(self._options[each.name][key])}: {quoted(text)}"

    def _topic_lines(self, topic: TopicPlan) -> Iterator[str]:
        yield f"topic: {topic.key}"
        yield f"title: {quoted(topic.title)}"
        yield f"intro: {quoted(topic.intro)}"
        yield from _left_out(topic.left_out, "")
        yield "questions:"
        for question in topic.questions:
            yield from self._question_lines(question)

    def _question_lines(self, question: QuestionPlan) -> Iterator[str]:
        own = {part.name: part for part in question.parts}
        yield f"  - key: {question.key}"
        yield '    since: "1.0"'
        yield "    tier: core"
        yield "    level: site"
        yield "    recall: today"
        yield "    purposes: [customer_programme]"
        yield from _left_out(question.left_out, "    ")
        rule, lost = self._rule(question.conditions, {})
        yield from _left_out([f"asked only when {each}" for each in lost], "    ")
        yield "    applies:"
        yield f"      when: {_data(rule)}"
        yield f"    text: {quoted(question.text)}"
        for word, text in (("help", question.help), ("why", question.why)):
            if text:
                yield f"    {word}: {quoted(text)}"
        yield "    parts:"
        single = len(question.parts) == 1 and question.parts[0].label == "Your answer"
        for part in question.parts:
            yield from self._part_lines(part, own, asked_alone=single)
        for name, part in own.items():
            self._answered.setdefault(name, (question.key, part))

    def _part_lines(self, part: PartPlan, own: Mapping[str, PartPlan], *, asked_alone: bool) -> Iterator[str]:
        source = part.source
        yield f"      - key: {quoted(part.key)}"
        yield from _left_out(part.left_out, "        ")
        if not asked_alone and source.relevant is not None:
            rule, lost = self._rule([source.relevant], own)
            yield from _left_out([f"open only when {each}" for each in lost], "        ")
            if rule is not None:
                yield f"        when: {_data(rule)}"
        if isinstance(source, Field):
            yield from (f"        {line}" for line in self._shape(source, part.label))
            if source.other and source.kind is not None:
                yield f"      - key: {quoted(f'{part.key}_other')}"
                yield "        kind: short_text"
                yield f"        label: {quoted('If other: which')}"
                yield f"        when: {_data(Test(PartSource(part.key), Op.ANY_OF, ('other',)))}"
            return
        yield from (f"        {line}" for line in self._table(source, part))

    def _table(self, source: Repeat | Table, part: PartPlan) -> Iterator[str]:
        yield "kind: table"
        yield f"label: {quoted(part.label)}"
        if isinstance(source, Repeat) or not source.must:
            yield "optional: true"
        if isinstance(source, Table):
            yield "rows:"
            keys = _option_keys([row.key for row in source.rows])
            for key, text in row_texts(source.rows, self._plan.language).items():
                yield f"  {quoted(keys[key])}: {quoted(text)}"
        yield "columns:"
        for key, column in part.columns.items():
            label = flat(column.label.get(self._plan.language, "")) or column.name
            first, *rest = self._shape(column, label)
            yield f"  - key: {quoted(key)}"
            yield from (f"    {line}" for line in (first, *rest))

    def _shape(self, field: Field, label: str) -> Iterator[str]:
        """What a part and a column share."""
        yield f"kind: {field.kind}"
        yield f"label: {quoted(label)}"
        if not field.must:
            yield "optional: true"
        if field.unit and field.kind is PartKind.NUMBER:
            yield f"unit: {quoted(flat(field.unit)[:40])}"
        if field.kind is PartKind.NUMBER:
            low, high = field.low, field.high
            if low is not None and high is not None and low > high:
                yield f"# Left out: bounds {low:f} to {high:f}"
            else:
                yield from (f"{k}: {_number(n)}" for k, n in (("min", low), ("max", high)) if n is not None)
            if field.whole:
                yield "plain: true"
        if field.constraint is not None:
            yield f"# Left out: the rule {_comment(field.constraint.text)}"
        if field.kind in (PartKind.SINGLE, PartKind.MULTIPLE):
            yield from self._choices(field)

    def _choices(self, field: Field) -> Iterator[str]:
        name = field.list_name or ""
        keys = self._options.get(name, {})
        listed = self._draft.list(name)
        if field.other and listed is not None:
            yield "options:"
            for key, text in row_texts(listed.choices, self._plan.language).items():
                yield f"  {quoted(keys[key])}: {quoted(text)}"
            if "other" not in keys.values():
                yield f"  other: {quoted('Other')}"
        else:
            yield f"options_from: {quoted(self._list_names.get(name, name))}"
        alone = [keys[key] for key in field.alone if key in keys]
        if alone and field.kind is PartKind.MULTIPLE:
            yield f"alone: [{', '.join(map(quoted, alone))}]"

    # ---------------------------------------------------------------- conditions

    def _rule(
        self, conditions: Sequence[Condition], own: Mapping[str, PartPlan]
    ) -> tuple[Rule | None, list[str]]:
        """What of the conditions a pack can say here, and the sentences of what it cannot."""
        said: list[Rule] = []
        lost = untranslated(conditions)
        for each in conditions:
            if isinstance(each, Test | AllOf | AnyOf | Not):
                missing = self._missing(each, own)
                if missing:
                    lost.append(f"{json.dumps(to_data(each), ensure_ascii=False)} ({missing})")
                else:
                    said.append(self._placed(each, own))
        if not said:
            return None, lost
        return said[0] if len(said) == 1 else AllOf(tuple(said)), lost

    def _missing(self, rule: Rule, own: Mapping[str, PartPlan]) -> str:
        for test in comparisons_of(rule):
            source = test.source
            if not isinstance(source, PartSource):
                return "a fact that this pack does not have"
            place = own.get(source.part) or self._answered.get(source.part, ("", None))[1]
            if place is None:
                return f"{source.part} is asked later, or not at all"
            if source.column is not None and source.column not in [f.name for f in place.columns.values()]:
                return f"{source.part} has no column {source.column}"
            if not _comparable(test, place):
                return f"{source.part} cannot be compared with this"
        return ""

    def _placed(self, rule: Rule, own: Mapping[str, PartPlan]) -> Rule:
        """The rule with keys of the pack instead of names of the draft."""
        if isinstance(rule, Not):
            return Not(self._placed(rule.rule, own))
        if isinstance(rule, AllOf | AnyOf):
            return replace(rule, rules=tuple(self._placed(each, own) for each in rule.rules))
        if not isinstance(rule, Test) or not isinstance(rule.source, PartSource):
            return rule
        source = rule.source
        inside = own.get(source.part)
        question, part = ("", inside) if inside else self._answered[source.part]
        column = next((k for k, f in part.columns.items() if f.name == source.column), None)
        operand = self._operand(part.columns[column] if column else part.source, rule.operand)
        rows = part.source.rows if isinstance(part.source, Table) else ()
        row = _option_keys([each.key for each in rows]).get(source.row or "", source.row)
        if inside:
            return Test(PartSource(part.key, column, row), rule.op, operand)
        return Test(AnswerSource(question, part.key, column, row), rule.op, operand)

    def _operand(
        self, source: Field | Repeat | Table, operand: Atom | tuple[Atom, ...]
    ) -> Atom | tuple[Atom, ...]:
        if isinstance(operand, tuple):
            return tuple(self._atom(source, atom) for atom in operand)
        return self._atom(source, operand)

    def _atom(self, source: Field | Repeat | Table, atom: Atom) -> Atom:
        if isinstance(source, Field) and isinstance(atom, str):
            if source.kind is PartKind.NUMBER and (number := as_number(atom)) is not None:
                return number
            return self._options.get(source.list_name or "", {}).get(atom, atom)
        return atom


def _comparable(test: Test, place: PartPlan) -> bool:
    """Whether our rules can make that test of that part."""
    if test.op is Op.GIVEN:
        return True
    asked = [each for each in place.columns.values() if each.name == getattr(test.source, "column", None)]
    field = asked[0] if asked else place.source
    kind = field.kind if isinstance(field, Field) else None
    operand = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    if kind is PartKind.NUMBER:
        return all(not isinstance(atom, bool) and as_number(atom) is not None for atom in operand)
    ordered = test.op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN)
    return kind in CHOICE_KINDS and not ordered and all(isinstance(atom, str) for atom in operand)


def _section_lines(section: SectionPlan) -> Iterator[str]:
    yield f"section: {section.key}"
    yield f"title: {quoted(section.title)}"
    yield f"intro: {quoted(section.intro)}"
    yield f"topics: [{', '.join(topic.key for topic in section.topics if topic.questions)}]"
    yield 'answered_by: "To be said"'
    minutes = max(5, section.count)
    yield f"minutes: {{micro: {minutes}, small: {minutes}, medium: {minutes}, large: {minutes}}}"
    for topic in section.topics:
        if not topic.questions:
            yield from _left_out(topic.left_out, "")


def _left_out(sentences: Sequence[str], indent: str) -> Iterator[str]:
    for sentence in sentences:
        yield f"{indent}# Left out: {_comment(sentence)}"


def _comment(text: str) -> str:
    return _BREAKS.sub(" ", flat(text))[:300]


def quoted(text: str) -> str:
    """The text in double quotes, as packs are written."""
    said = json.dumps(text, ensure_ascii=False)
    return _BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", said).replace("\x7f", "")


def _number(number: Decimal) -> str:
    return format(number.quantize(Decimal(1)) if number == number.to_integral_value() else number, "f")


def _data(rule: Rule | None) -> str:
    """The rule in YAML's flow form, which JSON is."""
    return "always" if rule is None else _flow(to_data(rule))


def _flow(data: Any) -> str:
    if isinstance(data, dict):
        if set(data) == {"decimal"}:
            return str(data["decimal"])
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(_flow, data)) + "]"
    if isinstance(data, bool):
        return "true" if data else "false"
    return quoted(data) if isinstance(data, str) else str(data)


def _option_keys(keys: Sequence[str], *reserved: str) -> dict[str, str]:
    """Keys of options as packs take them, each once."""
    taken: set[str] = set(reserved)
    found = {}
    for key in keys:
        word = (
            key if _OPTION.match(key) else re.sub(r"[^A-Za-z0-9_.-]+", "_", key).strip("_.-")[:36] or "option"
        )
        name, number = word, 1
        while name in taken:
            number += 1
            name = f"{word[:36]}_{number}"
        taken.add(name)
        found[key] = name
    return found


def _list_names(names: Sequence[str]) -> dict[str, str]:
    keys = Keys()
    return {name: keys.part(name) for name in names}
