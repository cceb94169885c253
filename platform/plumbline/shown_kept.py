"""Answers of questions no longer asked, as pages draw them: with the old question's words and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessments.answers import AnswerState
from assessments.kept import KeptAnswer, KeptDocument
from assessments.questionnaire.model import Part, PartKind
from plumbline.reading_language import as_read


@dataclass(frozen=True)
class KeptPart:
    """A part of an answer, with the labels that its rows had."""

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
    parts: tuple[KeptPart, ...]
    at: datetime
    by: str
    instead: tuple[str, ...]
    why: tuple[str, ...]
    evidence: tuple[KeptDocument, ...]


def shown_kept(found: Iterable[KeptAnswer], *, names: bool) -> list[ShownKept]:
    """Draw them in the visitor's language; ``names``: whether the reader may know who saved an answer."""
    return [_shown(one, names) for one in found]


def _shown(one: KeptAnswer, names: bool) -> ShownKept:
    question = as_read(one.before).question(one.question.key)
    return ShownKept(
        key=question.key,
        text=question.text,
        version=one.before.version,
        company=one.company,
        state=one.state,
        reason=one.reason or "",
        note=one.note or "",
        parts=tuple(
            KeptPart(part, one.parts[part.key], {**part.options, **part.rows})
            for part in question.parts
            if part.key in one.parts and part.kind is not PartKind.EVIDENCE
        ),
        at=one.at,
        by=one.by if names else "",
        instead=one.instead,
        why=one.why,
        evidence=one.evidence,
    )
