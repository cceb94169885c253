"""Posted fields of questions: what was typed into one question of a form, ready to be offered to the domain.

Parsing is the domain's (``assessments.values.answers``); this only finds the fields. A question is part of a
form when its ``KEY.revision`` is, so a form may hold any number of them. Drawn by
templates/components/inputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from assessments.questionnaire.model import Question
from assessments.sheet.answering import Offered
from assessments.values.answers import SAID, AnswerState, from_form

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Typed:
    """One question as posted. ``parts`` are raw, in the shape that the inputs draw again; ``resolve`` is
    "mine" or "theirs" after a conflict, else ""."""

    key: str
    parts: Mapping[str, Any]
    revision: int
    state: AnswerState | None
    reason: str
    note: str
    profile: str
    resolve: str

    def offered(self) -> Offered:
        """What the domain is asked to save."""
        return Offered(
            parts=self.parts,
            revision=self.revision,
            state=self.state,
            reason=self.reason,
            note=self.note,
            profile=self.profile,
        )

    @property
    def blank(self) -> bool:
        """Whether nothing at all was filled in."""
        return self.blank_beside(frozenset())

    def blank_beside(self, parts: Collection[str]) -> bool:
        """Whether nothing at all was filled in outside these parts."""
        said = self.state or self.reason.strip() or self.note.strip()
        return not said and not _filled({k: v for k, v in self.parts.items() if k not in parts})


def is_posted(form: Form, question: Question) -> bool:
    """Whether the form holds that question."""
    return f"{question.key}.revision" in form


def typed(form: Form, question: Question) -> Typed:
    """Read one question out of a posted form; what is no number or state counts as not said."""
    key = question.key
    revision = form.get(f"{key}.revision", "0")
    state = form.get(f"{key}.state", "")
    return Typed(
        key=key,
        parts=from_form(question, form.getlist, f"{key}."),
        revision=int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else 0,
        state=AnswerState(state) if state in {said.value for said in SAID} else None,
        reason=form.get(f"{key}.reason", ""),
        note=form.get(f"{key}.note", ""),
        profile=form.get(f"{key}.profile", ""),
        resolve=form.get(f"{key}.resolve", ""),
    )


def _filled(value: Any) -> bool:
    """Whether something was typed anywhere in it; the key of a row alone is nothing typed."""
    if isinstance(value, Mapping):
        return any(_filled(item) for name, item in value.items() if name not in {"row", "year", "basis"})
    if isinstance(value, list | tuple):
        return any(_filled(item) for item in value)
    return bool(value and str(value).strip())
