"""Rules said for anybody: when a question is asked, a part opens or a step fits, before anything is known.

``reasons`` tells one reader why; this tells every reader when, in the same words and in the language of the
questionnaire: "Asked when this site smelts or recycles, and you handle lead or zinc."
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assessments.questionnaire.asking.fact_phrases import positions_said
from assessments.questionnaire.languages.phrases import Phrases, wording_of
from assessments.questionnaire.languages.translation import SOURCE
from assessments.questionnaire.model import (
    Field,
    Level,
    Part,
    PartKind,
    Question,
    Questionnaire,
    Tier,
    UnknownQuestion,
)
from assessments.questionnaire.rules import (
    ALWAYS,
    AllOf,
    Always,
    AnswerSource,
    AnyOf,
    FactSource,
    Not,
    Op,
    PartSource,
    Rule,
    Test,
)
from assessments.questionnaire.vocabulary import LARGEST_OF_SIZE, POSITIONS, SIZES, YES_PARTLY_NO
from assessments.risk.inherent import GROUPS, materials

MOST_OPTIONS = 4
_NEGATIVE = (Op.IS_NOT, Op.NONE_OF)
_BANDS = ("low", "med", "high")
_OF_MATERIALS = ("materials", "flagged_materials", "material_groups")


def asked_when(question: Question, questionnaire: Questionnaire) -> str:
    """When that question is asked, its depth left aside: "Asked of every site." or "Asked when ..."."""
    sayer = _Sayer(questionnaire, question.level)
    if isinstance(question.applies, Always):
        return sayer.phrases.say(f"conditions.of_every.{sayer.who}")
    return sayer.phrases.sentence("when", sayer.whole(question.applies))


def condition(rule: Rule, questionnaire: Questionnaire, level: Level = Level.SITE) -> str:
    """The clause that completes "when": "this site smelts, and your company has 50 people or more"."""
    return _Sayer(questionnaire, level).whole(rule)


def suits(rule: Rule, questionnaire: Questionnaire) -> str:
    """Whom a next step suits: "when this site smelts"."""
    sayer = _Sayer(questionnaire, Level.SITE)
    return sayer.phrases.led("suits", sayer.whole(rule))


def depth_begins(tier: Tier, questionnaire: Questionnaire) -> str:
    """The sentence that says when a depth begins; "" for one that needs nothing."""
    rule = questionnaire.tier_rule(tier)
    if rule == ALWAYS:
        return ""
    sayer = _Sayer(questionnaire, Level.COMPANY)
    return sayer.phrases.sentence(tier.value, sayer.whole(rule))


def opened_when(part: Part, question: Question, questionnaire: Questionnaire) -> str | None:
    """When that part is open: "Only if your answer ... is ...."; None for one that always is."""
    if part.when is None:
        return None
    sayer = _Sayer(questionnaire, question.level, question)
    return sayer.phrases.sentence("part", sayer.whole(part.when))


class _Sayer:
    def __init__(self, questionnaire: Questionnaire, level: Level, own: Question | None = None) -> None:
        self.questionnaire, self.level, self.own = questionnaire, level, own
        self.wording = wording_of(questionnaire)
        self.phrases: Phrases = self.wording.phrases
        self.who = "company" if level is Level.COMPANY else "site"

    def whole(self, rule: Rule) -> str:
        return self._said(rule, holds=True, inner=False)

    def _said(self, rule: Rule, *, holds: bool, inner: bool) -> str:
        if isinstance(rule, Always):
            return self.phrases.say("conditions.always")
        if isinstance(rule, Not):
            return self._said(rule.rule, holds=not holds, inner=inner)
        if isinstance(rule, Test):
            return self._test(rule, holds)
        if isinstance(rule, AllOf) is holds:
            clauses = [self._said(one, holds=holds, inner=True) for one in rule.rules]
            # A list of cases runs to the end of the sentence: what must hold beside it comes first.
            listed = self.phrases.say("conditions.one_of", cases="")
            clauses.sort(key=lambda clause: clause.startswith(listed))
            return self.phrases.joined("both_inside" if inner else "both", clauses)
        return self._either(rule.rules, holds, inner)

    def _either(self, rules: Sequence[Rule], holds: bool, inner: bool) -> str:
        """Clauses of which one is enough, with all that say "you handle ..." made one."""
        clauses: list[str] = []
        handled: list[str] = []
        at, together = 0, False
        for rule in rules:
            names = self._handled(rule, holds)
            if names and not handled:
                at = len(clauses)
            handled += names
            if not names:
                clauses.append(self._said(rule, holds=holds, inner=True))
                together = together or _needs_several(rule, holds)
        if handled:
            clauses.insert(at, self._you_handle(handled, negative=False))
        clauses = list(dict.fromkeys(clauses))
        if len(clauses) == 1:
            return clauses[0]
        if inner or together:
            return self.phrases.say("conditions.one_of", cases=self.phrases.joined("cases", clauses))
        return self.phrases.joined("either", clauses)

    def _test(self, test: Test, holds: bool) -> str:
        negative = (test.op in _NEGATIVE) is holds
        source, say = test.source, self.phrases.say
        if isinstance(source, FactSource):
            return self._fact(test, source.name, negative)
        if isinstance(source, PartSource):
            field = self._shape(self.own, source.part, source.column)
            where = say("conditions.part", label=field.label) if field else say("conditions.above")
            return self._value(where, field, test, negative)
        return self._value(say("answers.to", key=source.question), self._field(source), test, negative)

    def _fact(self, test: Test, name: str, negative: bool) -> str:
        say, wanted = self.phrases.say, _wanted(test)
        if name in ("employees", "size"):
            return self._people(test, wanted, negative)
        if name == "positions":
            return self._positions(wanted, negative)
        if name in _OF_MATERIALS and test.op is Op.GIVEN:
            return say("conditions.materials_named")
        if name in _OF_MATERIALS:
            return self._you_handle(self._names(test, "without" if negative else "handled"), negative)
        if name == "country_band":
            return self._band(wanted, negative)
        if name == "water_stress":
            return say(f"conditions.water_{'not_' if negative else ''}scarce")
        if name == "energy_mwh":
            return say("conditions.energy", count=self.phrases.count(int(wanted[0])))
        if self.phrases.has(f"facts.{name}.there"):
            truth = not negative if test.op is not Op.IS else negative is not bool(test.operand)
            return say(f"facts.{name}.{'there' if truth else 'absent'}", **self.phrases.places(self.level))
        fact = self.questionnaire.facts.get(name)
        if fact is not None and fact.rule is not None:
            return self._said(fact.rule, holds=not negative, inner=True)
        return name.replace("_", " ")

    def _handled(self, rule: Rule, holds: bool) -> list[str]:
        """The names in a rule that asks for nothing but one of several materials; else none."""
        if not isinstance(rule, Test) or not isinstance(rule.source, FactSource):
            return []
        negative = (rule.op in _NEGATIVE) is holds
        if negative or rule.op is Op.GIVEN or rule.source.name not in _OF_MATERIALS:
            return []
        return self._names(rule, "handled")

    def _names(self, test: Test, form: str) -> list[str]:
        wanted = _wanted(test)
        if isinstance(test.source, FactSource) and test.source.name == "material_groups":
            groups = [group for group in GROUPS if group in wanted]
            if groups == ["RISKMAT"] and form == "handled":
                return [self.phrases.say("conditions.listed_alone")]
            return [name for group in groups for name in self.phrases.lists[f"groups.{group}.{form}"]]
        known = [key for key in wanted if key in materials()]
        form = "without_one" if form == "without" and len(known) == 1 else form
        return [self.phrases.material(key, form, self.wording.materials) for key in known]

    def _you_handle(self, names: Sequence[str], negative: bool) -> str:
        if not negative:
            return self.phrases.say("materials.handled", what=self.phrases.joined("or", names))
        said = "materials.without_one" if len(names) == 1 else "materials.without"
        return self.phrases.say(said, what=self.phrases.joined("without", names))

    def _positions(self, wanted: Iterable[str], negative: bool) -> str:
        named = tuple(word for word in wanted if word in POSITIONS)
        form = "does" if not negative else "none" if self.who == "company" else "lacks"
        what = positions_said(self.phrases, named, form, form if negative else "or")
        return self.phrases.say(f"position_clauses.{'lacks' if negative else 'does'}.{self.who}", what=what)

    def _people(self, test: Test, wanted: tuple[str, ...], negative: bool) -> str:
        def said(how: str, **numbers: int) -> str:
            counted = {name: self.phrases.count(number) for name, number in numbers.items()}
            return self.phrases.say(f"conditions.people.{how}", **counted)

        if test.op is Op.AT_LEAST:
            return said("fewer" if negative else "at_least", count=int(wanted[0]))
        if test.op is Op.AT_MOST:
            return said("at_most", count=int(wanted[0]))
        named = [size for size in SIZES if (size in wanted) is not negative]
        first, last = SIZES.index(named[0]), SIZES.index(named[-1])
        if named == list(SIZES[first : last + 1]):  # a run of sizes is one span
            least = LARGEST_OF_SIZE[SIZES[first - 1]] + 1 if first else 1
            if named[-1] not in LARGEST_OF_SIZE:
                return said("at_least", count=least)
            return said("span", least=least, most=LARGEST_OF_SIZE[named[-1]])
        sizes = self.phrases.joined("or", [self.phrases.say(f"sizes.{size}") for size in named])
        return self.phrases.say("people.size", size=sizes)

    def _band(self, wanted: tuple[str, ...], negative: bool) -> str:
        bands = [word for word in (*_BANDS, "no_data") if (word in wanted) is not negative]
        if bands == ["no_data"]:
            return self.phrases.say("band_clauses.no_data_somewhere", places="")
        named = [self.phrases.say(f"bands.{word}") for word in bands if word != "no_data"]
        said = "conditions.band_or_none" if "no_data" in bands else "conditions.band"
        return self.phrases.say(said, bands=self.phrases.joined("or", named))

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
        say = self.phrases.say
        if test.op is Op.GIVEN:
            return say("answers.given" if test.operand else "conditions.not_given", where=where)
        if test.op in _NUMBERS:
            return say(f"conditions.{_NUMBERS[test.op]}", where=where, what=self._number(field, test.operand))
        words = [self._label(field, word) for word in _wanted(test)]
        if len(words) > MOST_OPTIONS:
            words = [*words[: MOST_OPTIONS - 1], say("conditions.another")]
        several = field is not None and field.kind in (PartKind.MULTIPLE, PartKind.TABLE)
        said = f"answers.{'names' if several else 'is'}{'_not' if negative else ''}"
        return say(said, where=where, what=self.phrases.joined("without" if negative else "or", words))

    def _number(self, field: Field | None, operand: object) -> str:
        number = self.phrases.number(str(operand))
        # A unit is a word of the pack's own, in English; the label says what is counted in every language.
        if field is None or not field.unit or self.phrases.language != SOURCE:
            return number
        return self.phrases.say("values.with_unit", number=number, unit=field.unit)

    def _label(self, field: Field | None, word: str) -> str:
        say = self.phrases.say
        if field is not None and field.kind is PartKind.YES_PARTLY_NO and word in YES_PARTLY_NO:
            return say("values.quoted", text=say(f"values.{word}"))
        return say("values.quoted", text=word if field is None else field.options.get(word, word))


_NUMBERS = {Op.AT_LEAST: "at_least", Op.AT_MOST: "at_most", Op.MORE_THAN: "more_than"}


def _needs_several(rule: Rule, holds: bool) -> bool:
    if isinstance(rule, Not):
        return _needs_several(rule.rule, not holds)
    return isinstance(rule, AllOf | AnyOf) and isinstance(rule, AllOf) is holds


def _wanted(test: Test) -> tuple[str, ...]:
    operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    return tuple(str(operand) for operand in operands)
