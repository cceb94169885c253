"""Rules that say themselves: why a question is asked, and why it is not, from what the reader told.

The author's ``because`` is used where there is one; every other clause is made from the rule, the facts and
the answers, and says only what is so. The questionnaire's language is the sentence's; an author's clause that
is not translated yet completes the English lead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from assessments.questionnaire.asking.fact_phrases import fact_clause
from assessments.questionnaire.languages.phrases import Phrases, phrases_in, wording_of
from assessments.questionnaire.languages.translation import SOURCE
from assessments.questionnaire.model import Field, Level, PartKind, Question, Questionnaire, UnknownQuestion
from assessments.questionnaire.rules import (
    NOT_ASKED,
    NOTHING,
    AllOf,
    Always,
    Answers,
    AnswerSource,
    FactSource,
    Not,
    Op,
    PartSource,
    Rule,
    Test,
    evaluate,
    read_answer,
)
from assessments.questionnaire.vocabulary import YES_PARTLY_NO

_MOST_CLAUSES = 3


def reason_asked(
    question: Question, facts: Mapping[str, Any], answers: Answers, questionnaire: Questionnaire
) -> str:
    """The sentence for a question that is asked: "Asked because ..."."""
    phrases = wording_of(questionnaire).phrases
    if question.because:
        told = phrases if question.key not in questionnaire.untranslated else phrases_in(SOURCE)
        return told.sentence("asked", question.because)
    if asked_of_all(question, questionnaire):
        who = "company" if question.level is Level.COMPANY else "site"
        return phrases.sentence("asked", phrases.say(f"everybody.{who}"))
    rule = question.applies
    if isinstance(rule, Always):
        rule = questionnaire.tier_rule(question.tier)
    return phrases.sentence("asked", explain(rule, facts, answers, questionnaire, question.level))


def asked_of_all(question: Question, questionnaire: Questionnaire) -> bool:
    """Whether every company or site is asked that question, so that its reason tells a reader nothing."""
    always = isinstance(question.applies, Always)
    return always and not question.because and isinstance(questionnaire.tier_rule(question.tier), Always)


def reason_not_asked(
    question: Question, facts: Mapping[str, Any], answers: Answers, questionnaire: Questionnaire
) -> str:
    """The sentence for a question that is not asked: "Not asked because ..."."""
    rule = question.applies
    if evaluate(rule, facts, answers):
        rule = questionnaire.tier_rule(question.tier)
    clause = explain(rule, facts, answers, questionnaire, question.level)
    return wording_of(questionnaire).phrases.sentence("not_asked", clause)


def explain(
    rule: Rule,
    facts: Mapping[str, Any],
    answers: Answers,
    questionnaire: Questionnaire,
    level: Level = Level.SITE,
    parts: Mapping[str, Any] = NOTHING,
) -> str:
    """Say in a clause why the rule holds or, where it does not, why not ("you handle tin")."""
    teller = _Teller(facts, answers, questionnaire, level, parts)
    return teller.told(rule, rule.holds(facts, answers, parts))


class _Teller:
    def __init__(
        self,
        facts: Mapping[str, Any],
        answers: Answers,
        questionnaire: Questionnaire,
        level: Level,
        parts: Mapping[str, Any],
    ) -> None:
        self.facts, self.answers, self.questionnaire = facts, answers, questionnaire
        self.level, self.parts = level, parts
        self.wording = wording_of(questionnaire)
        self.phrases = self.wording.phrases

    def told(self, rule: Rule, holds: bool) -> str:
        """The first clauses, as one."""
        clauses = list(dict.fromkeys(self.clauses(rule, holds)))
        return self.phrases.joined("clauses", clauses[:_MOST_CLAUSES])

    def clauses(self, rule: Rule, holds: bool) -> list[str]:
        """The clauses that together make the rule hold, or fail to."""
        if isinstance(rule, Always):
            return [self.phrases.say("everybody.any")]
        if isinstance(rule, Not):
            return self.clauses(rule.rule, not holds)
        if isinstance(rule, Test):
            return [self._test(rule)]
        deciding = [r for r in rule.rules if r.holds(self.facts, self.answers, self.parts) is holds]
        if isinstance(rule, AllOf) is holds:  # all hold, or none of any does: each says its share
            return [clause for inner in deciding for clause in self.clauses(inner, holds)]
        # One is enough: the first that decides, the simplest form of the truth.
        return self.clauses(deciding[0], holds)

    def _test(self, test: Test) -> str:
        source = test.source
        if isinstance(source, FactSource):
            return self._fact(test, source.name)
        if isinstance(source, PartSource):
            where = self.phrases.say("answers.above", part=source.part)
            return self._compared(where, None, test, self._own(source))
        return self._answer(test, source)

    def _own(self, source: PartSource) -> Any:
        named = AnswerSource("", source.part, source.column, source.row)
        return read_answer(named, self.parts)

    def _unanswered(self, name: str) -> str | None:
        """What to say of a fact that is not so merely because nobody has answered yet."""
        fact = self.questionnaire.facts.get(name)
        if fact is None or fact.rule is None or self.facts.get(name):
            return None
        if any(self.answers.get(key, NOTHING) not in (NOTHING, NOT_ASKED) for key in fact.asked_in):
            return None
        open_ones = [key for key in fact.asked_in if self.answers.get(key) is not NOT_ASKED]
        if not open_ones:
            return self._of_questions("not_asked", fact.asked_in)
        return self._of_questions("open", open_ones)

    def _of_questions(self, said: str, keys: Sequence[str]) -> str:
        number = "one" if len(keys) == 1 else "several"
        return self.phrases.say(f"questions.{said}_{number}", keys=self.phrases.joined("keys", keys))

    def _fact(self, test: Test, name: str) -> str:
        unanswered = self._unanswered(name)
        if unanswered is not None:
            return unanswered
        said = fact_clause(test, name, self.facts, self.level, self.wording)
        if said is not None:
            return said
        fact = self.questionnaire.facts.get(name)
        if fact is not None and fact.rule is not None and isinstance(self.facts.get(name), bool):
            return self.told(fact.rule, bool(self.facts[name]))
        if fact is not None and fact.sources:
            source = fact.sources[0]
            where = self.phrases.say("answers.to", key=source.question)
            return self._compared(where, self._field(source), test, self.facts.get(name))
        return self._compared(name.replace("_", " "), None, test, self.facts.get(name))

    def _answer(self, test: Test, source: AnswerSource) -> str:
        given = self.answers.get(source.question)
        if given is NOT_ASKED:
            return self._of_questions("not_asked", [source.question])
        where = self.phrases.say("answers.to", key=source.question)
        return self._compared(where, self._field(source), test, read_answer(source, given))

    def _field(self, source: AnswerSource) -> Field | None:
        try:
            part = self.questionnaire.question(source.question).part(source.part or "")
            return part.column(source.column) if source.column and source.column != "row" else part
        except UnknownQuestion:
            return None

    def _compared(self, where: str, shape: Field | None, test: Test, value: Any) -> str:
        """A clause about a value: what it is, or which of the wanted values it is not."""
        say, wanted = self.phrases.say, test.operand if isinstance(test.operand, tuple) else (test.operand,)
        if value is None and test.op not in (Op.IS_NOT, Op.NONE_OF):
            return say("answers.missing", where=where)
        if test.op is Op.GIVEN:
            return say("answers.given", where=where)
        several = value if isinstance(value, tuple) else () if value is None else (value,)
        matched = [item for item in several if item in wanted]
        if test.op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN):
            return say("answers.number", where=where, what=self._labels(shape, several, "and"))
        choice = shape is None or shape.kind is not PartKind.MULTIPLE
        if matched:
            what = self._labels(shape, matched, "and")
            return say("answers.is" if choice else "answers.names", where=where, what=what)
        what = self._labels(shape, wanted, "or")
        if value is None:
            return say("answers.not_so_far", where=where, what=what)
        return say("answers.is_not" if choice else "answers.names_not", where=where, what=what)

    def _labels(self, shape: Field | None, items: Sequence[Any], how: str) -> str:
        return self.phrases.joined(how, (_label(self.phrases, shape, item) for item in items))


def _label(phrases: Phrases, shape: Field | None, item: Any) -> str:
    """A value as the reader saw it: an option's text in quotes, a number with its unit."""
    if isinstance(item, Decimal) or (shape is not None and shape.kind is PartKind.NUMBER):
        number = phrases.number(item)
        if shape is None or not shape.unit:
            return number
        return phrases.say("values.with_unit", number=number, unit=shape.unit)
    if isinstance(item, bool):
        return phrases.say("values.true" if item else "values.false")
    if shape is not None and shape.kind is PartKind.YES_PARTLY_NO and item in YES_PARTLY_NO:
        return phrases.say("values.quoted", text=phrases.say(f"values.{item}"))
    text = None if shape is None else shape.options.get(str(item))
    return phrases.say("values.quoted", text=str(text or item))
