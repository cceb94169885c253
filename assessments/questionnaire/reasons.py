"""Rules that say themselves: why a question is asked, and why it is not, from what the reader told.

The author's ``because`` is used where there is one; every other clause is made from the rule, the facts and
the answers, and says only what is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.questionnaire.model import Field, Level, PartKind, Question, Questionnaire, UnknownQuestion
from assessments.questionnaire.phrases import fact_clause, joined
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

_MOST_CLAUSES = 3
YES_PARTLY_NO = {"yes": "Yes", "partly": "Partly", "no": "No"}


def reason_asked(
    question: Question, facts: Mapping[str, Any], answers: Answers, questionnaire: Questionnaire
) -> str:
    """The sentence for a question that is asked: "Asked because ..."."""
    if question.because:
        return f"Asked because {question.because}."
    rule = question.applies
    if isinstance(rule, Always):
        rule = questionnaire.tier_rule(question.tier)
    if isinstance(rule, Always):
        who = "company" if question.level is Level.COMPANY else "site"
        return f"Asked because every {who} is asked this."
    return f"Asked because {explain(rule, facts, answers, questionnaire, question.level)}."


def reason_not_asked(
    question: Question, facts: Mapping[str, Any], answers: Answers, questionnaire: Questionnaire
) -> str:
    """The sentence for a question that is not asked: "Not asked because ..."."""
    rule = question.applies
    if evaluate(rule, facts, answers):
        rule = questionnaire.tier_rule(question.tier)
    return f"Not asked because {explain(rule, facts, answers, questionnaire, question.level)}."


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
    clauses = list(dict.fromkeys(teller.clauses(rule, rule.holds(facts, answers, parts))))
    return joined(clauses[:_MOST_CLAUSES], "and")


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

    def clauses(self, rule: Rule, holds: bool) -> list[str]:
        """The clauses that together make the rule hold, or fail to."""
        if isinstance(rule, Always):
            return ["everybody is asked this"]
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
            return self._compared(f"your answer above ({source.part})", None, test, self._own(source))
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
            verb = "is" if len(fact.asked_in) == 1 else "are"
            return f"{joined(fact.asked_in)} {verb} not asked either"
        verb = "has" if len(open_ones) == 1 else "have"
        return f"{joined(open_ones)} {verb} no answer yet"

    def _fact(self, test: Test, name: str) -> str:
        unanswered = self._unanswered(name)
        if unanswered is not None:
            return unanswered
        said = fact_clause(test, name, self.facts, self.level)
        if said is not None:
            return said
        fact = self.questionnaire.facts.get(name)
        if fact is not None and fact.rule is not None and isinstance(self.facts.get(name), bool):
            return joined(self.clauses(fact.rule, bool(self.facts[name]))[:_MOST_CLAUSES], "and")
        if fact is not None and fact.sources:
            source = fact.sources[0]
            where = f"your answer to {source.question}"
            return self._compared(where, self._field(source), test, self.facts.get(name))
        return self._compared(name.replace("_", " "), None, test, self.facts.get(name))

    def _answer(self, test: Test, source: AnswerSource) -> str:
        given = self.answers.get(source.question)
        if given is NOT_ASKED:
            return f"{source.question} is not asked either"
        value = read_answer(source, given)
        return self._compared(f"your answer to {source.question}", self._field(source), test, value)

    def _field(self, source: AnswerSource) -> Field | None:
        try:
            part = self.questionnaire.question(source.question).part(source.part or "")
            return part.column(source.column) if source.column and source.column != "row" else part
        except UnknownQuestion:
            return None

    def _compared(self, where: str, shape: Field | None, test: Test, value: Any) -> str:
        """A clause about a value: what it is, or which of the wanted values it is not."""
        if value is None and test.op not in (Op.IS_NOT, Op.NONE_OF):
            return f"{where} is not given yet"
        if test.op is Op.GIVEN:
            return f"{where} is given"
        wanted = test.operand if isinstance(test.operand, tuple) else (test.operand,)
        several = value if isinstance(value, tuple) else () if value is None else (value,)
        matched = [item for item in several if item in wanted]
        if test.op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN):
            return f"{where} is {joined(_label(shape, item) for item in several)}"
        verb = "is" if shape is None or shape.kind is not PartKind.MULTIPLE else "names"
        if matched:
            return f"{where} {verb} {joined(_label(shape, item) for item in matched)}"
        if value is None:
            said = joined((_label(shape, item) for item in wanted), "or")
            return f"{where} does not say {said} so far"
        negated = "is not" if verb == "is" else "does not name"
        return f"{where} {negated} {joined((_label(shape, item) for item in wanted), 'or')}"


def _label(shape: Field | None, item: Any) -> str:
    """A value as the reader saw it: an option's text in quotes, a number with its unit."""
    if isinstance(item, Decimal) or (shape is not None and shape.kind is PartKind.NUMBER):
        unit = f" {shape.unit}" if shape is not None and shape.unit else ""
        return f"{item}{unit}"
    if isinstance(item, bool):
        return "true" if item else "false"
    options = YES_PARTLY_NO if shape is not None and shape.kind is PartKind.YES_PARTLY_NO else None
    text = (options or (shape.options if shape is not None else {})).get(str(item))
    return f"“{text or item}”"
