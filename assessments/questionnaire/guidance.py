"""What helps around the questions: the guide of a topic, and the tracks, which read the questions by step.

None of it is part of what is asked: all of it may change without touching a question's digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from assessments.questionnaire.rules import Rule
from assessments.questionnaire.vocabulary import FindingKind, Grade


@dataclass(frozen=True)
class Rung:
    """What an assessor would see at one level; ``micro``: how it looks with ten people."""

    sees: str
    micro: str | None = None


@dataclass(frozen=True)
class FindingText:
    """A typical finding of the library, with slots in braces."""

    key: str
    grade: Grade
    kind: FindingKind
    questions: tuple[str, ...]
    saw: str
    raised_by: str | None = None
    lowered_by: str | None = None
    first_step: str | None = None


@dataclass(frozen=True)
class NextStep:
    """A step offered at a maturity level to whom ``rule`` holds for."""

    key: str
    levels: tuple[int, ...]
    rule: Rule
    effort: str
    do: str
    template: str | None = None


@dataclass(frozen=True)
class Guide:
    """What helps to judge and improve a topic."""

    ladder: Mapping[int, Rung]
    findings: tuple[FindingText, ...]
    next_steps: tuple[NextStep, ...]


@dataclass(frozen=True)
class TrackStep:
    """One step of a way of working, and the questions that belong to it.

    ``elements``: ids of the elements of the track's standard that this step stands for. A question may belong
    to several steps, or to none.
    """

    key: str
    title: str
    text: str
    elements: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """A way of working in steps, after a standard: the same questions in another order than the sections'.

    ``section``: the track is for whom something of that section is asked; None: for everybody.
    """

    key: str
    standard: str
    title: str
    intro: str
    steps: tuple[TrackStep, ...]
    section: str | None = None

    @cached_property
    def questions(self) -> frozenset[str]:
        """Keys of the questions of all its steps."""
        return frozenset(key for step in self.steps for key in step.questions)
