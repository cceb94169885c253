"""What makes a question asked, in one word: everybody, size, sites, country, materials or an earlier answer.

The word follows from the tests that decide the rule; where several do, the most particular one wins, so that
the words of all questions add up to the questions asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from assessments.questionnaire.asking.applicability import Applicability
from assessments.questionnaire.asking.company import PRODUCTION, Company, asked_of
from assessments.questionnaire.asking.reasons import reason_asked
from assessments.questionnaire.model import FactGroup, Question, Questionnaire
from assessments.questionnaire.rules import (
    NOTHING,
    AllOf,
    AnyOf,
    FactSource,
    Not,
    Rule,
    Test,
    comparisons_of,
)
from assessments.questionnaire.vocabulary import POSITIONS


class Driver(StrEnum):
    """Why a question is asked, most particular last."""

    EVERYBODY = "everybody"
    SIZE = "size"
    SITES = "sites"
    COUNTRY = "country"
    MATERIALS = "materials"
    ANSWER = "answer"


_OF_FACT: Mapping[str, Driver] = {
    "employees": Driver.SIZE,
    "size": Driver.SIZE,
    "country_band": Driver.COUNTRY,
    "materials": Driver.MATERIALS,
    "material_groups": Driver.MATERIALS,
    "flagged_materials": Driver.MATERIALS,
    "origin_flagged": Driver.MATERIALS,
    "secondary_share": Driver.MATERIALS,
}
_ORDER = tuple(Driver)
_SCANNED = frozenset({Driver.COUNTRY, Driver.MATERIALS})


def driver_of(question: Question, decided: Applicability, questionnaire: Questionnaire) -> Driver:
    """What makes that question asked (or not) of the one for whom ``decided`` holds."""
    holds = decided.asks(question.key)
    found = [
        _driver(test, questionnaire)
        for test in _deciding(question.rule, holds, decided.facts, decided.answers)
    ]
    return max(found, key=_ORDER.index, default=Driver.EVERYBODY)


def reads(question: Question, questionnaire: Questionnaire) -> frozenset[Driver]:
    """Everything that its own rule looks at, whoever is asked; empty for a question that everybody gets."""
    return frozenset(_driver(test, questionnaire) for test in comparisons_of(question.applies))


def _driver(test: Test, questionnaire: Questionnaire) -> Driver:
    source = test.source
    if not isinstance(source, FactSource):
        return Driver.ANSWER
    fact = questionnaire.facts.get(source.name)
    if fact is not None and fact.group is FactGroup.ANSWERS:
        return Driver.ANSWER
    return _OF_FACT.get(source.name, Driver.SITES)


def _deciding(
    rule: Rule, holds: bool, facts: Mapping[str, Any], answers: Mapping[str, Any]
) -> Iterator[Test]:
    """The tests that make the rule hold, or keep it from holding; as in the sentence of its reason."""
    if isinstance(rule, Test):
        yield rule
    elif isinstance(rule, Not):
        yield from _deciding(rule.rule, not holds, facts, answers)
    elif isinstance(rule, AllOf | AnyOf):
        parts = [one for one in rule.rules if one.holds(facts, answers, NOTHING) is holds]
        for one in parts if isinstance(rule, AllOf) is holds else parts[:1]:
            yield from _deciding(one, holds, facts, answers)


# ------------------------------------------------------------------ what a material or a country switches on


@dataclass(frozen=True)
class Switched:
    """A question that a material or a country opens, why, and at which positions in the chain."""

    question: Question
    reason: str
    positions: tuple[str, ...]

    @property
    def everywhere(self) -> bool:
        """Whether it opens whatever the site does."""
        return len(self.positions) == len(POSITIONS)


@dataclass(frozen=True)
class SwitchedOn:
    """What a material, a country or both open. ``deeper``: how many more a firm of 25 is asked with them."""

    opened: tuple[Switched, ...]
    deeper: int


SMALL, LARGE = 25, 300
"""Two sizes that stand for all: with few people the depth depends on country and material."""


@lru_cache(maxsize=256)
def switched_on(questionnaire: Questionnaire, material: str | None, country: str | None) -> SwitchedOn:
    """The questions whose own rule a material (perhaps from that country) or a site in a country makes hold.

    Compared is a firm without materials in a country of the low band with the same firm that has them, at
    each position and at two sizes. A rule of depth alone does not count as opening; ``deeper`` tells of it.
    """
    ruled = [question for question in questionnaire.questions if reads(question, questionnaire) & _SCANNED]
    found: dict[str, tuple[str, list[str]]] = {}
    more: set[str] = set()
    for position in POSITIONS:
        for employees in (LARGE, SMALL):
            plain = Company(
                employees=employees,
                positions=(position,),
                countries=("NLD",),
                production=position in PRODUCTION,
            )
            there = _with(plain, material, country)
            before, after = asked_of(questionnaire, plain), asked_of(questionnaire, there)
            if employees == SMALL:
                more |= {key for key in after.asked if not before.asks(key)}
            for question in ruled:
                if _opens(question, before, after):
                    if question.key not in found:
                        # The author's words may leave out what opened it; the rule names it.
                        bare = replace(question, because=None)
                        why = reason_asked(bare, after.facts, after.answers, questionnaire)
                        found[question.key] = (why, [])
                    if position not in found[question.key][1]:
                        found[question.key][1].append(position)
    opened = tuple(
        Switched(question, found[question.key][0], tuple(found[question.key][1]))
        for question in questionnaire.questions
        if question.key in found
    )
    return SwitchedOn(opened, len(more))


def _with(plain: Company, material: str | None, country: str | None) -> Company:
    changed: dict[str, Any] = {}
    if material:
        changed["materials"] = (material,)
    if country:
        changed["origins" if material else "countries"] = (country,)
    return replace(plain, **changed)


def _opens(question: Question, before: Applicability, after: Applicability) -> bool:
    """Whether the question's own rule holds now and did not, its tier being on now."""
    return (
        after.asks(question.key)
        and question.applies.holds(after.facts, after.answers, NOTHING)
        and not question.applies.holds(before.facts, before.answers, NOTHING)
    )
