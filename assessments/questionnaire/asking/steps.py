"""Next steps that suit a company: of a topic's guide, those whose rule holds for what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments.questionnaire.model import NextStep, Topic
from assessments.questionnaire.rules import NOTHING, Always, Answers, FactSource, comparisons_of

_OF_SIZE = frozenset({"size", "employees"})


def fitting_steps(
    topic: Topic, facts: Mapping[str, Any], answers: Answers = NOTHING, level: int | None = None
) -> tuple[NextStep, ...]:
    """The steps that fit: first those for what this company does or handles, then for its size, then all.

    ``level``: where it sees itself; only steps from there. None: not said yet, so steps from 0 and 1, where
    most begin.
    """
    wanted = {0, 1} if level is None else {level}
    fitting = [
        step
        for step in (topic.guide.next_steps if topic.guide else ())
        if wanted & set(step.levels) and step.rule.holds(facts, answers, NOTHING)
    ]
    return tuple(sorted(fitting, key=_generality))


def _generality(step: NextStep) -> int:
    """0 for a step made for an activity, a material or a fact, 1 for one by size, 2 for everybody's."""
    if isinstance(step.rule, Always):
        return 2
    tested = {test.source.name for test in comparisons_of(step.rule) if isinstance(test.source, FactSource)}
    return 1 if tested <= _OF_SIZE else 0
