"""The walk that decides every question: in the questionnaire's order, facts as soon as they can be known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from assessments.questionnaire.model import Fact, FactGroup, Level, Question, Questionnaire
from assessments.questionnaire.rules import (
    NOT_ASKED,
    NOTHING,
    Answers,
    AnswerSource,
    comparisons_of,
    read_answer,
)
from assessments.questionnaire.vocabulary import FROM_COLUMNS
from assessments.risk.inherent import (
    country_band,
    country_names,
    flagged,
    highest,
    materials,
    origin_flagged,
)

MOST_KEPT = 2000
MOST_DESCRIBED = 300
"""Walks kept for companies that somebody describes. Anybody may, without end, so these have a memory of their
own, and the one that saves use is never full of them."""


@dataclass(frozen=True, eq=False)
class Walked:
    """The walk's outcome: all facts, and of every question whether it is asked. Compared by identity.

    ``orders``: what was put in order of it, by level; it goes when the walk does.
    """

    facts: Mapping[str, Any]
    holds: Mapping[str, bool]
    orders: dict[Level | None, Any] = field(default_factory=dict)


def walked(
    questionnaire: Questionnaire,
    facts: Mapping[str, Any],
    stated: frozenset[str],
    answers: Answers,
    *,
    described: bool = False,
) -> Walked:
    """Walk through the questionnaire. ``facts`` by name; ``stated`` those that no answer changes.

    ``described``: for a company that somebody describes, not for one that answers.

    Saves far outnumber changes of what rules read, so nearly every walk has been walked before: it is kept
    under everything that it reads, and nothing else.
    """
    read = {key: answers[key] for key in deciding(questionnaire) if key in answers}
    key = (stated, json.dumps([dict(facts), read], default=str))
    kept = (_DESCRIBED if described else _KEPT).setdefault(questionnaire, {})
    found = kept.get(key)
    if found is None:
        if len(kept) >= (MOST_DESCRIBED if described else MOST_KEPT):
            kept.clear()
        found = kept[key] = _walk(questionnaire, facts, stated, answers)
    return found


def decides(questionnaire: Questionnaire, key: str) -> bool:
    """Whether an answer to that question can switch a question on or off or change a fact."""
    return key in deciding(questionnaire)


def _walk(
    questionnaire: Questionnaire, facts: Mapping[str, Any], stated: frozenset[str], answers: Answers
) -> Walked:
    known = dict(facts)
    seen: dict[str, Mapping[str, Any]] = {}
    holds: dict[str, bool] = {}
    for step in _plan(questionnaire):
        if isinstance(step, Fact):
            if step.name not in stated:
                _derive(step, known, seen)
            continue
        holds[step.key] = step.rule.holds(known, seen, NOTHING)
        seen[step.key] = answers.get(step.key, NOTHING) if holds[step.key] else NOT_ASKED
    return Walked(known, holds)


Walks = dict[tuple[frozenset[str], str], Walked]
_KEPT: WeakKeyDictionary[Questionnaire, Walks] = WeakKeyDictionary()
_DESCRIBED: WeakKeyDictionary[Questionnaire, Walks] = WeakKeyDictionary()
_READ: WeakKeyDictionary[Questionnaire, tuple[str, ...]] = WeakKeyDictionary()
_PLANS: WeakKeyDictionary[Questionnaire, tuple[Question | Fact, ...]] = WeakKeyDictionary()


def _plan(questionnaire: Questionnaire) -> tuple[Question | Fact, ...]:
    """The order of decisions: each question, and each fact as soon as all its answers are decided."""
    plan = _PLANS.get(questionnaire)
    if plan is None:
        plan = _PLANS[questionnaire] = _make_plan(questionnaire)
    return plan


def deciding(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Keys of the questions whose answers the walk reads, in order."""
    found = _READ.get(questionnaire)
    if found is None:
        rules = [question.rule for question in questionnaire.questions]
        rules += [fact.rule for fact in questionnaire.facts.values() if fact.rule is not None]
        sources = [test.source for rule in rules for test in comparisons_of(rule)]
        read = {source.question for source in sources if isinstance(source, AnswerSource)}
        read |= {key for fact in questionnaire.facts.values() for key in fact.asked_in}
        found = tuple(question.key for question in questionnaire.questions if question.key in read)
        _READ[questionnaire] = found
    return found


def _make_plan(questionnaire: Questionnaire) -> tuple[Question | Fact, ...]:
    position = {question.key: i for i, question in enumerate(questionnaire.questions)}
    waiting: dict[int, list[Fact]] = {}
    for fact in questionnaire.facts.values():
        computed = fact.group is FactGroup.PROFILE and fact.rule is None and fact.name in FROM_COLUMNS
        if not computed:
            waiting.setdefault(max(position[key] for key in fact.asked_in), []).append(fact)
    steps: list[Question | Fact] = []
    for i, question in enumerate(questionnaire.questions):
        steps += [question, *waiting.get(i, ())]
    return tuple(steps)


def _derive(fact: Fact, known: dict[str, Any], seen: Answers) -> None:
    """Put the fact's value into ``known``; leave it out while it is not known."""
    value: Any
    if fact.rule is not None:
        value = fact.rule.holds(known, seen, NOTHING)
    elif fact.name in _SCANS:
        value = _SCANS[fact.name](known, _origins(fact, seen))
    else:
        source = fact.sources[0]
        value = read_answer(source, seen.get(source.question))
    if value is None:
        known.pop(fact.name, None)
    else:
        known[fact.name] = value


def _origins(fact: Fact, seen: Answers) -> list[tuple[set[str], set[str]]]:
    """What the fact's answers say, as (materials, countries): one pair for each row of a table."""
    found: list[tuple[set[str], set[str]]] = []
    for question, part in dict.fromkeys((source.question, source.part) for source in fact.sources):
        value = seen.get(question, NOTHING).get(part or "")
        for row in value if isinstance(value, list | tuple) else (value,):
            cells = row.values() if isinstance(row, Mapping) else (row,)
            flat = [w for cell in cells for w in (cell if isinstance(cell, list | tuple) else (cell,))]
            texts = {word for word in flat if isinstance(word, str)}
            found.append((texts & materials().keys(), texts & country_names().keys()))
    return found


def _scan_band(known: dict[str, Any], origins: list[tuple[set[str], set[str]]]) -> str | None:
    countries = {*known.get("countries", ()), *(country for _, named in origins for country in named)}
    band = highest(country_band(country) for country in countries)
    known["countries_named"] = tuple(sorted(countries))  # the reason names them
    return band.value if band is not None else None


def _scan_flag(known: dict[str, Any], origins: list[tuple[set[str], set[str]]]) -> bool | None:
    if not known.get("materials"):
        return None
    return any(origin_flagged(key, country) for keys, named in origins for key in keys for country in named)


def _scan_materials(
    known: dict[str, Any], origins: list[tuple[set[str], set[str]]]
) -> tuple[str, ...] | None:
    by_material: dict[str, set[str]] = {}
    for keys, named in origins:
        for key in keys:
            by_material.setdefault(key, set()).update(named)
    return tuple(key for key in known.get("materials", ()) if flagged(key, by_material.get(key, ()))) or None


_SCANS: Mapping[str, Callable[[dict[str, Any], list[tuple[set[str], set[str]]]], Any]] = {
    "country_band": _scan_band,
    "origin_flagged": _scan_flag,
    "flagged_materials": _scan_materials,
}
