"""Every text of a questionnaire, each at its place, and the questionnaire told again with other texts.

A place is the English file's name and the path inside it, as the content guide (part 2) writes translations:
``lab/lab-3.yaml`` and ``questions.LAB-10.parts.ruled_out.options.fees``. Names of lists that come with the
engine (countries, materials) stand once, under ``pack.yaml``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from assessments.questionnaire.model import (
    Column,
    EvidenceExpected,
    FindingText,
    Guide,
    NextStep,
    Part,
    Question,
    Questionnaire,
    Section,
    Topic,
    Track,
)
from assessments.questionnaire.pack.packfile import PACK_FILE
from assessments.questionnaire.pack.references import guide_file, topic_file
from assessments.questionnaire.pack.tracks import STEPS_FILE

Path = tuple[str, ...]

_SEVERAL = frozenset({"questions", "ladder", "findings", "next_steps", "lists", "blocks", "tracks", "steps"})
"""Branches whose entries are units of their own: one may be stale while its neighbours are not."""

F = TypeVar("F", Part, Column)


class Place(NamedTuple):
    """Where a text stands: the English file, relative to the pack, and the path inside it."""

    file: str
    path: Path

    @property
    def unit(self) -> Path:
        """The part of the file that is translated, and goes stale, together."""
        return self.path[:2] if self.path[0] in _SEVERAL else self.path[:1]

    def __str__(self) -> str:
        return f"{self.file}: {'.'.join(self.path)}"


Say = Callable[[Place, str], str]


def texts_of(questionnaire: Questionnaire) -> dict[Place, str]:
    """All texts by place, in reading order; the same text in two parts of one question stands twice."""
    found: dict[Place, str] = {}

    def note(place: Place, text: str) -> str:
        found[place] = text
        return text

    told_again(questionnaire, note)
    return found


def unit_digest(texts: Iterable[tuple[Place, str]]) -> str:
    """First 8 hex digits of SHA-256 over the unit's lines ``path<TAB>text``, sorted."""
    lines = sorted(f"{'.'.join(place.path)}\t{text}" for place, text in texts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def section_file(section: str) -> str:
    """The file of a section's own texts, relative to the pack."""
    return f"{section.lower()}/section.yaml"


def told_again(questionnaire: Questionnaire, say: Say) -> Questionnaire:
    """The same questionnaire, keys, rules and digest kept, each text replaced by what ``say`` returns."""
    pack = _Teller(PACK_FILE, (), say)
    return replace(
        questionnaire,
        title=pack.tell(questionnaire.title, "title"),
        lists={
            name: {key: pack.tell(text, "lists", name, key) for key, text in options.items()}
            for name, options in questionnaire.lists.items()
        },
        evidence_classes={
            key: replace(found, label=pack.tell(found.label, "evidence_classes", key))
            for key, found in questionnaire.evidence_classes.items()
        },
        sections=tuple(_section(section, say) for section in questionnaire.sections),
        tracks=tuple(_track(track, _Teller(STEPS_FILE, (), say)) for track in questionnaire.tracks),
    )


class _Teller:
    """Says the texts below one place of a file."""

    def __init__(self, file: str, at: Path, say: Say) -> None:
        self._file, self._at, self._say = file, at, say

    def tell(self, text: str, *path: str) -> str:
        return self._say(Place(self._file, (*self._at, *path)), text)

    def maybe(self, text: str | None, *path: str) -> str | None:
        return None if text is None else self.tell(text, *path)

    def below(self, *path: str) -> _Teller:
        return _Teller(self._file, (*self._at, *path), self._say)

    def shared(self, name: str, options: Iterator[tuple[str, str]]) -> dict[str, str]:
        return {key: self._say(Place(PACK_FILE, ("lists", name, key)), text) for key, text in options}


def _section(section: Section, say: Say) -> Section:
    own = _Teller(section_file(section.key), (), say)
    return replace(
        section,
        title=own.tell(section.title, "title"),
        intro=own.tell(section.intro, "intro"),
        answered_by=own.tell(section.answered_by, "answered_by"),
        topics=tuple(_topic(topic, say) for topic in section.topics),
    )


def _topic(topic: Topic, say: Say) -> Topic:
    own = _Teller(topic_file(topic.key), (), say)
    return replace(
        topic,
        title=own.tell(topic.title, "title"),
        intro=own.tell(topic.intro, "intro"),
        questions=tuple(
            _question(question, own.below("questions", question.key)) for question in topic.questions
        ),
        guide=_guide(topic.guide, _Teller(guide_file(topic.key), (), say)) if topic.guide else None,
    )


def _question(question: Question, own: _Teller) -> Question:
    return replace(
        question,
        text=own.tell(question.text, "text"),
        because=own.maybe(question.because, "because"),
        help=own.tell(question.help, "help"),
        why=own.tell(question.why, "why"),
        care=own.maybe(question.care, "care"),
        parts=tuple(_part(part, own.below("parts", part.key)) for part in question.parts),
        evidence=tuple(
            _evidence(expected, own.below("evidence", str(i))) for i, expected in enumerate(question.evidence)
        ),
        mappings={
            element: replace(mapping, leaves=own.maybe(mapping.leaves, "mappings", element, "leaves"))
            for element, mapping in question.mappings.items()
        },
    )


def _part(part: Part, own: _Teller) -> Part:
    listed = part.rows_from.list_name if part.rows_from is not None else None
    return replace(
        _field(part, own, listed),
        columns=tuple(_field(column, own.below("columns", column.key)) for column in part.columns),
        rows={key: own.tell(label, "rows", key) for key, label in part.rows.items()},
    )


def _field(shape: F, own: _Teller, listed: str | None = None) -> F:
    listed = shape.options_from or listed
    options = iter(shape.options.items())
    return replace(
        shape,
        label=own.tell(shape.label, "label"),
        help=own.maybe(shape.help, "help"),
        options=own.shared(listed, options)
        if listed
        else {key: own.tell(text, "options", key) for key, text in options},
    )


def _evidence(expected: EvidenceExpected, own: _Teller) -> EvidenceExpected:
    return replace(
        expected,
        expect=own.tell(expected.expect, "expect"),
        small=tuple(own.tell(text, "small", str(i)) for i, text in enumerate(expected.small)),
        care=own.maybe(expected.care, "care"),
    )


def _guide(guide: Guide, own: _Teller) -> Guide:
    return Guide(
        ladder={
            level: replace(
                rung,
                sees=own.tell(rung.sees, "ladder", str(level), "sees"),
                micro=own.maybe(rung.micro, "ladder", str(level), "micro"),
            )
            for level, rung in guide.ladder.items()
        },
        findings=tuple(_finding(found, own.below("findings", found.key)) for found in guide.findings),
        next_steps=tuple(_step(step, own.below("next_steps", step.key)) for step in guide.next_steps),
    )


def _finding(found: FindingText, own: _Teller) -> FindingText:
    return replace(
        found,
        saw=own.tell(found.saw, "saw"),
        raised_by=own.maybe(found.raised_by, "raise"),
        lowered_by=own.maybe(found.lowered_by, "lower"),
        first_step=own.maybe(found.first_step, "first_step"),
    )


def _step(step: NextStep, own: _Teller) -> NextStep:
    return replace(step, effort=own.tell(step.effort, "effort"), do=own.tell(step.do, "do"))


def _track(track: Track, own: _Teller) -> Track:
    return replace(
        track,
        title=own.tell(track.title, "tracks", track.key, "title"),
        intro=own.tell(track.intro, "tracks", track.key, "intro"),
        steps=tuple(
            replace(
                step,
                title=own.tell(step.title, "steps", step.key, "title"),
                text=own.tell(step.text, "steps", step.key, "text"),
            )
            for step in track.steps
        ),
    )
