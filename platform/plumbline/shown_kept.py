"""Answers of an older version, as pages draw them: with the old question's words and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessments.questionnaire.model import Part, PartKind, Question
from assessments.rounds.kept import KeptAnswer, KeptDocument
from assessments.values.answers import AnswerState
from plumbline.reading_language import as_read


@dataclass(frozen=True)
class OldPart:
    """A part of an answer as it stood, with the labels that its rows had."""

    part: Part
    value: Any
    rows: Mapping[str, str]


@dataclass(frozen=True)
class ShownKept:
    """One answer kept. ``by``: "" where the reader is told the function alone."""

    key: str
    text: str
    version: str
    company: bool
    state: AnswerState
    reason: str
    note: str
    parts: tuple[OldPart, ...]
    at: datetime
    by: str
    instead: tuple[str, ...]
    why: tuple[str, ...]
    evidence: tuple[KeptDocument, ...]


def old_parts(question: Question, parts: Mapping[str, Any]) -> tuple[OldPart, ...]:
    """What an answer said, in the order of its question's parts; evidence stands apart."""
    return tuple(
        OldPart(part, parts[part.key], {**part.options, **part.rows})
        for part in question.parts
        if part.key in parts and part.kind is not PartKind.EVIDENCE
    )


def shown_kept(found: Iterable[KeptAnswer]) -> list[ShownKept]:
    """Draw answers of questions no longer asked in the visitor's language."""
    return [_shown(one) for one in found]


def _shown(one: KeptAnswer) -> ShownKept:
    question = as_read(one.before).question(one.question.key)
    return ShownKept(
        key=question.key,
        text=question.text,
        version=one.before.version,
        company=one.company,
        state=one.state,
        reason=one.reason or "",
        note=one.note or "",
        parts=old_parts(question, one.parts),
        at=one.at,
        by=one.by,
        instead=one.instead,
        why=one.why,
        evidence=one.evidence,
    )
