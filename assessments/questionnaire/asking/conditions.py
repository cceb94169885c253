"""Rules said for anybody: when a question is asked, a part opens or a step fits, before anything is known.

``reasons`` tells one reader why; this tells every reader when, in the same words: "Asked when this site
smelts or recycles, and you handle lead or zinc."
"""

from __future__ import annotations

from collections.abc import Iterable

from assessments.questionnaire.asking.fact_phrases import positions_said
from assessments.questionnaire.languages.phrases import phrases_in
from assessments.questionnaire.languages.translation import SOURCE
from assessments.questionnaire.model import (
    Field,
    Level,
    Part,
    PartKind,
    Question,
    Questionnaire,
    UnknownQuestion,
)
from assessments.questionnaire.rules import (
    AllOf,
    Always,
    AnswerSource,
    FactSource,
    Not,
    Op,
    PartSource,
    Rule,
    Test,
)
from assessments.questionnaire.vocabulary import POSITIONS, SIZES, YES_PARTLY_NO
from assessments.risk.inherent import GROUPS, material_names, materials

MOST_OPTIONS = 4
_NEGATIVE = (Op.IS_NOT, Op.NONE_OF)
_ENGLISH = phrases_in(SOURCE)
_BANDS = ("low", "med", "high")


def asked_when(question: Question, questionnaire: Questionnaire) -> str:
    """When that question is asked, its depth left aside: "Asked of every site." or "Asked when ..."."""
    if isinstance(question.applies, Always):
        return f"Asked of every {'company' if question.level is Level.COMPANY else 'site'}."
    return f"Asked when {condition(question.applies, questionnaire, question.level)}."


def condition(rule: Rule, questionnaire: Questionnaire, level: Level = Level.SITE) -> str:
    """The clause that completes "when": "this site smelts, and your company has 50 people or more"."""
    return _Sayer(questionnaire, level).said(rule, holds=True)


def opened_when(part: Part, question: Question, questionnaire: Questionnaire) -> str | None:
    """When that part is open, as a clause that completes "only if"; None for one that always is."""
    if part.when is None:
        return None
    return _Sayer(questionnaire, question.level, question).said(part.when, holds=True)


class _Sayer:
    def __init__(self, questionnaire: Questionnaire, level: Level, own: Question | None = None) -> None:
        self.questionnaire, self.company, self.own = questionnaire, level is Level.COMPANY, own
        self.site = "one of your sites" if self.company else "this site"

    def said(self, rule: Rule, *, holds: bool, inner: bool = False) -> str:
        if isinstance(rule, Always):
            return "in every case"
        if isinstance(rule, Not):
            return self.said(rule.rule, holds=not holds, inner=inner)
        if isinstance(rule, Test):
            return self._test(rule, holds)
        every = isinstance(rule, AllOf) is holds
        clauses = list(dict.fromkeys(self.said(one, holds=holds, inner=True) for one in rule.rules))
        if len(clauses) == 1:
            return clauses[0]
        if every:
            return f"{', '.join(clauses[:-1])}, and {clauses[-1]}"
        clauses = _handled(clauses)
        if len(clauses) == 1:
            return clauses[0]
        if inner or any(", and " in clause for clause in clauses):
            return f"one of these holds: {'; '.join(clauses)}"
        return ", or ".join(clauses)

    def _test(self, test: Test, holds: bool) -> str:
        negative = (test.op in _NEGATIVE) is holds
        source = test.source
        if isinstance(source, FactSource):
            return self._fact(test, source.name, negative)
        if isinstance(source, PartSource):
            field = self._shape(self.own, source.part, source.column)
            return self._value(f"“{field.label}”" if field else "your answer above", field, test, negative)
        field = self._field(source)
        return self._value(f"your answer to {source.question}", field, test, negative)

    def _fact(self, test: Test, name: str, negative: bool) -> str:
        wanted = _wanted(test)
        if name in ("employees", "size"):
            return _people(test, wanted, negative)
        if name == "positions":
            return self._positions(wanted, negative)
        if name in ("materials", "flagged_materials") and test.op is not Op.GIVEN:
            known = (key for key in wanted if key in materials())
            named = _or(_ENGLISH.material(key, "handled", material_names()) for key in known)
            return f"you {'do not ' if negative else ''}handle {named}"
        if name in ("materials", "flagged_materials"):
            return "materials are named in your profile"
        if name == "material_groups":
            several = [_ENGLISH.lists[f"groups.{key}.handled"][0] for key in GROUPS if key in wanted]
            if len(several) == 1:
                several = [several[0].replace("another ", "a ")]
            return f"you {'do not ' if negative else ''}handle {_one_list(several)}"
        if name == "country_band":
            return _band(wanted, negative)
        if name == "water_stress":
            return f"water is {'not ' if negative else ''}scarce where this site is"
        if name == "energy_mwh":
            return f"this site used {int(test.operand):,} MWh of energy or more in a year"  # type: ignore[arg-type]
        if _ENGLISH.has(f"facts.{name}.there"):
            truth = not negative if test.op is not Op.IS else negative is not bool(test.operand)
            said = f"facts.{name}.{'there' if truth else 'absent'}"
            return _ENGLISH.say(said, **_ENGLISH.places(Level.COMPANY if self.company else Level.SITE))
        fact = self.questionnaire.facts.get(name)
        if fact is not None and fact.rule is not None:
            return self.said(fact.rule, holds=not negative, inner=True)
        return name.replace("_", " ")

    def _positions(self, wanted: Iterable[str], negative: bool) -> str:
        named = tuple(word for word in wanted if word in POSITIONS)
        if negative:
            form, who = ("none", "company") if self.company else ("lacks", "site")
            what = positions_said(_ENGLISH, named, form, "or")
            return _ENGLISH.say(f"position_clauses.lacks.{who}", what=what)
        return f"{self.site} {positions_said(_ENGLISH, named, 'does', 'or')}"

    def _field(self, source: AnswerSource) -> Field | None:
        try:
            question = self.questionnaire.question(source.question)
        except UnknownQuestion:
            return None
        return self._shape(question, source.part, source.column)

    def _shape(self, question: Question | None, key: str | None, column: str | None) -> Field | None:
        if question is None:
            return None
        try:
            part = question.part(key or "")
            return part.column(column) if column and column != "row" else part
        except UnknownQuestion:
            return None

    def _value(self, where: str, field: Field | None, test: Test, negative: bool) -> str:
        if test.op is Op.GIVEN:
            return f"{where} is {'' if test.operand else 'not '}given"
        unit = f" {field.unit}" if field is not None and field.unit else ""
        if test.op is Op.AT_LEAST:
            return f"{where} is {test.operand}{unit} or more"
        if test.op is Op.AT_MOST:
            return f"{where} is {test.operand}{unit} or less"
        if test.op is Op.MORE_THAN:
            return f"{where} is more than {test.operand}{unit}"
        words = [_label(field, word) for word in _wanted(test)]
        if len(words) > MOST_OPTIONS:
            words = [*words[: MOST_OPTIONS - 1], "another of its choices"]
        several = field is not None and field.kind in (PartKind.MULTIPLE, PartKind.TABLE)
        if negative:
            return f"{where} {'does not name' if several else 'is not'} {_or(words)}"
        return f"{where} {'names' if several else 'is'} {_or(words)}"


def _handled(clauses: list[str]) -> list[str]:
    """The clauses with all that say "you handle ..." made one."""
    start = "you handle "
    named = [clause.removeprefix(start) for clause in clauses if clause.startswith(start)]
    if len(named) < 2:
        return clauses
    whole = start + _one_list(named)
    first = next(i for i, clause in enumerate(clauses) if clause.startswith(start))
    rest = [clause for clause in clauses if not clause.startswith(start)]
    return [*rest[:first], whole, *rest[first:]]


def _one_list(several: Iterable[str]) -> str:
    """Several lists of names, "tin or gold" and "mica", as one: "tin, gold or mica"."""
    return _or(word for names in several for word in names.replace(" or ", ", ").split(", "))


def _or(words: Iterable[str]) -> str:
    return _ENGLISH.joined("or", words)


def _wanted(test: Test) -> tuple[str, ...]:
    operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    return tuple(str(operand) for operand in operands)


def _label(field: Field | None, word: str) -> str:
    if field is not None and field.kind is PartKind.YES_PARTLY_NO and word in YES_PARTLY_NO:
        return _ENGLISH.say("values.quoted", text=_ENGLISH.say(f"values.{word}"))
    return _ENGLISH.say("values.quoted", text=word if field is None else field.options.get(word, word))


def _people(test: Test, wanted: tuple[str, ...], negative: bool) -> str:
    if test.op is Op.AT_LEAST:
        number = int(wanted[0])
        if negative:
            return f"your company has fewer than {number:,} people"
        return f"your company has {number:,} people or more"
    if test.op is Op.AT_MOST:
        return f"your company has {int(wanted[0]):,} people or fewer"
    sizes = list(SIZES)
    names = {size: _ENGLISH.say(f"sizes.{size}") for size in sizes}
    named = [size for size in sizes if (size in wanted) is not negative]
    first, last = sizes.index(named[0]), sizes.index(named[-1])
    if named == sizes[first : last + 1]:  # a run of sizes is one span
        least = names[named[0]].split()[0]
        if last == len(sizes) - 1:
            return f"your company has {least} people or more"
        return f"your company has {least} to {names[named[-1]].split()[2]} people"
    return f"your company has {_or(names[size] for size in named)}"


def _band(wanted: tuple[str, ...], negative: bool) -> str:
    bands = [word for word in (*_BANDS, "no_data") if (word in wanted) is not negative]
    if bands == ["no_data"]:
        return "there are no public risk figures for a place where you work or buy"
    named = _or(_ENGLISH.say(f"bands.{word}") for word in bands if word != "no_data")
    clause = f"a place where you work or buy is in the {named} band of country risk"
    return f"{clause} or has no public figures" if "no_data" in bands else clause
