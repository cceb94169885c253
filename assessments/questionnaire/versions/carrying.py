"""What becomes of answers when another version is asked: carried, to be confirmed, mapped, asked, new, kept.

Pure: answers of version A and their ``Diff`` to B in, one ``Carry`` for each question out. It does what the
author's changes say and nothing else; a value that does not fit afterwards is asked again beside the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from assessments.questionnaire.model import Part, PartKind, Question, UnknownQuestion
from assessments.questionnaire.versions.changes import ASK, Change, ChangeClass
from assessments.questionnaire.versions.diff import Diff, Fate, QuestionChange

Parts = Mapping[str, Any]

Fits = Callable[[Question, Parts], Parts | None]
"""The parts as the question stores them; None where they are no answer to it."""


@dataclass(frozen=True)
class Given:
    """An answer of the version before. ``said``: not known yet, does not apply or withheld, with no parts
    needed; ``source``: whatever tells the caller which answer it was."""

    question: str
    parts: Parts
    said: bool = False
    source: Any = None


@dataclass(frozen=True)
class Carry:
    """What becomes of one question. ``parts`` is what stands in the new answer, {} where it is asked.

    ``own``: the answer that goes on; ``beside``: the old answers to show, of this question or of those it
    comes from.
    """

    question: str
    fate: Fate
    parts: Parts = field(default_factory=dict)
    own: Given | None = None
    beside: tuple[Given, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether somebody has to look at it: to confirm, or to answer with the old value beside."""
        confirms = self.fate in (Fate.CONFIRM, Fate.MAPPED) and self.own is not None
        return confirms or (self.fate is Fate.ASKED and bool(self.beside))


def carry(
    found: Diff, given: Mapping[str, Sequence[Given]], fits: Fits, *, confirm_all: bool = False
) -> tuple[Carry, ...]:
    """Carry the answers of one home (a site's, or the company's) over to the newer version.

    ``given``: by question of the older version, the answers that stand for it at this home: usually one;
    several where a site's question has become the company's. ``confirm_all``: nothing goes on unconfirmed,
    because time has passed since (a new round). Every question of the newer version comes out once, in order,
    then those that are gone and had an answer.
    """
    carried = [
        _carry(found.by_key.get(question.key), question, given, fits, confirm_all)
        for question in found.after.questions
    ]
    gone = (one for one in found.questions if one.after is None)
    kept = [Carry(one.key, Fate.KEPT, beside=tuple(given[one.key])) for one in gone if given.get(one.key)]
    return (*carried, *kept)


def _carry(
    change: QuestionChange | None,
    question: Question,
    given: Mapping[str, Sequence[Given]],
    fits: Fits,
    confirm_all: bool,
) -> Carry:
    fate = change.fate if change is not None else Fate.CARRIED
    if change is not None and (change.before is None or fate is Fate.ASKED):
        sources = change.sources or (question.key,)
        beside = tuple(_shown(one, change) for key in sources for one in given.get(key, ()))
        return Carry(question.key, fate if change.sources else Fate.NEW, beside=beside)
    own = tuple(given.get(question.key, ()))
    if not own:
        return Carry(question.key, fate)
    if any((one.parts, one.said) != (own[0].parts, own[0].said) for one in own):
        return Carry(
            question.key, Fate.ASKED, beside=own
        )  # sites say different things: nobody chooses for them
    first = own[0]
    parts, moved = _moved(change, first.parts)
    fitting = fits(question, parts)
    if fitting is None or (first.parts and not fitting and not first.said):
        return Carry(question.key, Fate.ASKED, beside=own)
    if fate is Fate.MAPPED and not moved:
        fate = Fate.CONFIRM
    if confirm_all and fate is Fate.CARRIED:
        fate = Fate.CONFIRM
    beside = own if fate in (Fate.CONFIRM, Fate.MAPPED) else ()
    return Carry(question.key, fate, fitting, first, beside)


def _shown(one: Given, change: QuestionChange) -> Given:
    """An old answer with the parts that the change names; all of them where it names none."""
    named = {part for told in change.told for part in told.sources.get(one.question, ())}
    if not named:
        return one
    return replace(one, parts={key: value for key, value in one.parts.items() if key in named})


def _moved(change: QuestionChange | None, parts: Parts) -> tuple[dict[str, Any], bool]:
    """The parts after every change told, oldest first, and whether a map or a factor touched one."""
    moved = dict(parts)
    if change is None or change.before is None:
        return moved, False
    for one in change.told:
        if one.kind is ChangeClass.CHOICES_CHANGED:
            moved = _mapped(change.before, one, moved)
        elif one.convert is not None and one.part in moved:
            moved[one.part] = _converted(moved[one.part], one.convert, one.column)
    moved = {key: value for key, value in moved.items() if value not in (None, [], "")}
    return moved, moved != dict(parts)


def _mapped(before: Question, change: Change, parts: dict[str, Any]) -> dict[str, Any]:
    if change.part is None:
        if change.ask:
            return {}
        return {change.map.get(key, key): value for key, value in parts.items() if change.map.get(key) != ASK}
    if change.part not in parts:
        return parts
    if change.ask:
        return {key: value for key, value in parts.items() if key != change.part}
    try:
        part = before.part(change.part)
    except UnknownQuestion:
        return parts
    return {**parts, change.part: _value(part, change, parts[change.part])}


def _value(part: Part, change: Change, value: Any) -> Any:
    if part.kind is not PartKind.TABLE:
        return _choice(value, change.map)
    rows: list[dict[str, Any]] = []
    for row in value or ():
        new = _row(row, change)
        if new is not None and not (new.get("row") and any(new["row"] == one.get("row") for one in rows)):
            rows.append(new)
    return rows or None


def _row(row: Mapping[str, Any], change: Change) -> dict[str, Any] | None:
    """A row with its own key, its columns' keys or the options of one column mapped; None: it is asked."""
    if change.column is not None:
        cells = {
            key: _choice(cell, change.map) if key == change.column else cell for key, cell in row.items()
        }
        return {key: cell for key, cell in cells.items() if cell is not None or key == "row"}
    own = row.get("row")
    goes = change.map.get(own, own) if own is not None else None
    if goes == ASK:
        return None
    named = {change.map.get(key, key): cell for key, cell in row.items() if key != "row"}
    return {"row": goes, **{key: cell for key, cell in named.items() if key != ASK}}


def _choice(value: Any, goes: Mapping[str, str]) -> Any:
    """One option or several, mapped; None where nothing is left."""
    if isinstance(value, list | tuple):
        found = [goes.get(item, item) for item in value]
        return [item for item in dict.fromkeys(found) if item != ASK] or None
    new = goes.get(value, value) if isinstance(value, str) else value
    return None if new == ASK else new


def _converted(value: Any, factor: Decimal, column: str | None) -> Any:
    """A number in the new unit, as text like every stored number; of a table the numbers of one column."""
    if column is not None:
        return [
            {key: _converted(cell, factor, None) if key == column else cell for key, cell in row.items()}
            for row in value or ()
        ]
    if isinstance(value, Mapping):
        return {**value, "value": _converted(value.get("value"), factor, None)}
    if not isinstance(value, str):
        return value
    text = format(Decimal(value) * factor, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
