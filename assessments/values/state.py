"""The state of an answer: what is needed, and what was said about what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from assessments.questionnaire.asking.applicability import open_parts
from assessments.questionnaire.model import PartKind, Question
from assessments.questionnaire.rules import NOTHING, Answers
from assessments.values.kinds import clean_text
from assessments.values.problems import BadValue


class AnswerState(StrEnum):
    """DESIGN.md 1. The last three are said by the supplier, the others follow from the parts."""

    EMPTY = "empty"
    ANSWERED = "answered"
    INCOMPLETE = "incomplete"
    NOT_APPLICABLE = "not_applicable"
    NOT_KNOWN = "not_known"
    WITHHELD = "withheld"


SAID = frozenset({AnswerState.NOT_APPLICABLE, AnswerState.NOT_KNOWN, AnswerState.WITHHELD})
"""States that the supplier chooses."""


def is_blank(value: Any) -> bool:
    """Whether a stored value is no value."""
    return value is None or value == "" or value == [] or value == {}


def needed_parts(
    question: Question,
    parts: Mapping[str, Any],
    facts: Mapping[str, Any] = NOTHING,
    answers: Answers = NOTHING,
) -> tuple[str, ...]:
    """Keys of the parts that the answer needs: open now, not optional, no evidence."""
    return tuple(
        part.key
        for part in open_parts(question, parts, facts, answers)
        if not part.optional and part.kind is not PartKind.EVIDENCE
    )


def missing_parts(
    question: Question,
    parts: Mapping[str, Any],
    facts: Mapping[str, Any] = NOTHING,
    answers: Answers = NOTHING,
) -> tuple[str, ...]:
    """Keys of the needed parts that have no value yet."""
    return tuple(key for key in needed_parts(question, parts, facts, answers) if is_blank(parts.get(key)))


def state_of(
    question: Question,
    parts: Mapping[str, Any],
    stated: AnswerState | None = None,
    reason: str | None = None,
    facts: Mapping[str, Any] = NOTHING,
    answers: Answers = NOTHING,
) -> AnswerState:
    """The state of an answer with these stored parts. ``stated``: what the supplier said, if anything.

    BadValue when "does not apply" comes without a reason, or ``stated`` is a state that follows from the
    parts and differs from what they give.
    """
    if stated is not None and stated in SAID:
        if stated is AnswerState.NOT_APPLICABLE and clean_reason(reason, question.key) is None:
            raise BadValue(
                f"{question.key}.reason",
                "it does not say why it does not apply",
                "write the reason in a sentence",
            )
        return stated
    if all(is_blank(value) for value in parts.values()):
        return AnswerState.EMPTY
    missing = missing_parts(question, parts, facts, answers)
    return AnswerState.INCOMPLETE if missing else AnswerState.ANSWERED


def clean_reason(reason: Any, key: str) -> str | None:
    """The reason as it is stored, 2,000 characters at most; None if there is none. Raises BadValue."""
    return clean_text(reason, f"{key}.reason", 2000, lines=True)
