"""What differs between two versions of the questionnaire as pages draw it: marked texts and plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assessments.questionnaire.model import Part, Question, UnknownQuestion
from assessments.questionnaire.versions.certificates_compared import CertificateChange
from assessments.questionnaire.versions.changes import ASK, ChangeClass
from assessments.questionnaire.versions.comparing import Difference, Seen, StepChange
from assessments.questionnaire.versions.diff import Diff, Fate, QuestionChange
from assessments.questionnaire.versions.diff_text import Run, marked


@dataclass(frozen=True)
class ShownLine:
    """One thing that differs. ``what``: the kind of difference, ``name`` its own name (max, applies).

    ``where``: labels of part and column, "" for the question itself; ``runs``: both texts marked. ``goes``:
    of a choice that is gone the label of what stands for it now, None where it is asked again.
    """

    what: str
    name: str
    where: str
    before: str
    after: str
    runs: tuple[Run, ...]
    gone: bool
    goes: str | None


@dataclass(frozen=True)
class ShownChange:
    """A question that differs, with its text marked, or whole where it is new or gone."""

    key: str
    topic: str
    title: str
    classes: tuple[str, ...]
    why: tuple[str, ...]
    fate: Fate
    runs: tuple[Run, ...]
    lines: tuple[ShownLine, ...]
    sources: tuple[str, ...]
    instead: tuple[str, ...]
    new: bool
    gone: bool


@dataclass(frozen=True)
class ShownLadder:
    """A ladder that differs, level by level."""

    topic: str
    title: str
    comparable: bool | None
    why: tuple[str, ...]
    rungs: tuple[tuple[int, tuple[Run, ...]], ...]


@dataclass(frozen=True)
class ShownRule:
    """A shared rule that differs and the questions it helps to decide."""

    key: str
    tier: bool
    why: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class ShownDiff:
    """The whole difference, ready to draw. ``guidance``: keys of questions where nothing else differs."""

    before: str
    after: str
    title: str
    fates: tuple[tuple[Fate, int], ...]
    changes: tuple[ShownChange, ...]
    ladders: tuple[ShownLadder, ...]
    rules: tuple[ShownRule, ...]
    guidance: tuple[str, ...]
    whole: bool
    steps: tuple[StepChange, ...] = ()
    certificates: tuple[CertificateChange, ...] = ()

    @property
    def same(self) -> bool:
        """Whether there is nothing to tell."""
        told = (self.changes, self.ladders, self.rules, self.guidance, self.steps, self.certificates)
        return not any(told)

    @property
    def topics(self) -> tuple[tuple[str, str, tuple[ShownChange, ...]], ...]:
        """The changes by topic, (key, title, changes), in the order of the questionnaire."""
        grouped: dict[str, list[ShownChange]] = {}
        for one in self.changes:
            grouped.setdefault(one.topic, []).append(one)
        return tuple((topic, found[0].title, tuple(found)) for topic, found in grouped.items())

    def of(self, keys: tuple[str, ...]) -> tuple[ShownChange, ...]:
        """The changes of these questions, in their order."""
        by_key = {one.key: one for one in self.changes}
        return tuple(by_key[key] for key in keys if key in by_key)


def shown_diff(found: Diff) -> ShownDiff:
    """Make a diff ready to draw."""
    return ShownDiff(
        before=found.before.version,
        after=found.after.version,
        title=found.after.title,
        fates=tuple((fate, number) for fate, number in found.fates.items() if number),
        changes=tuple(_change(found, one) for one in found.questions if not one.guidance_only),
        ladders=tuple(
            ShownLadder(
                one.topic,
                one.title,
                one.comparable,
                tuple(change.why for change in one.told),
                tuple((level, marked(*texts)) for level, texts in one.rungs.items()),
            )
            for one in found.ladders
        ),
        rules=tuple(
            ShownRule(one.key, one.about == "tier", tuple(c.why for c in one.told), one.questions)
            for one in found.rules
        ),
        guidance=tuple(one.key for one in found.questions if one.guidance_only),
        whole=not found.problems,
        steps=found.steps,
        certificates=found.certificates,
    )


def _change(found: Diff, one: QuestionChange) -> ShownChange:
    version = found.after if one.after is not None else found.before
    before = one.before.text if one.before else ""
    after = one.after.text if one.after else ""
    if one.before is None or one.after is None:
        before = after = before or after
    return ShownChange(
        key=one.key,
        topic=one.topic,
        title=version.topic(one.topic).title,
        classes=tuple(kind.value for kind in one.classes),
        why=tuple(change.why for change in one.told),
        fate=one.fate,
        runs=marked(before, after),
        lines=tuple(_lines(one)),
        sources=one.sources,
        instead=one.instead,
        new=one.before is None,
        gone=one.after is None,
    )


def _lines(one: QuestionChange) -> Iterator[ShownLine]:
    if one.before is None or one.after is None:
        return
    for each in one.seen:
        if each.seen in (Seen.TEXT, Seen.GUIDANCE):
            continue
        written = each.seen is Seen.LABEL
        yield ShownLine(
            what=each.seen.value,
            name=each.key,
            where=_where(one.before, one.after, each),
            before=each.before,
            after=each.after,
            runs=marked(each.before, each.after) if written else (),
            gone=each.gone,
            goes=_goes(one, each) if each.gone else None,
        )


def _where(before: Question, after: Question, each: Difference) -> str:
    part = _part(after, each.part) or _part(before, each.part)
    if part is None:
        return ""
    column = next((one.label for one in part.columns if one.key == each.column), "")
    return f"{part.label}, {column}" if column else part.label


def _part(question: Question, key: str | None) -> Part | None:
    try:
        return question.part(key) if key else None
    except UnknownQuestion:
        return None


def _goes(one: QuestionChange, each: Difference) -> str | None:
    """The label of what an old choice or part is now; None where no map says so, or says that it is asked."""
    key = each.key
    for change in one.told:
        if change.kind is ChangeClass.CHOICES_CHANGED and change.part == each.part:
            key = change.map.get(key, key)
    if key in (ASK, each.key) or one.after is None:
        return None
    if each.part is None:
        part = _part(one.after, key)
        return part.label if part else None
    part = _part(one.after, each.part)
    if part is None:
        return None
    shapes = [part, *(column for column in part.columns if each.column in (None, column.key))]
    labels = {column.key: column.label for column in part.columns} | dict(part.rows)
    for shape in shapes:
        labels |= dict(shape.options)
    return labels.get(key)
