"""Elements of a standard, all or some: what of them the questionnaire asks, what a new version changes in it.

For whoever reads by a standard and not by all of it. Counts are of elements and of questions; no share of a
standard is worked out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from assessments.questionnaire.model import Question, Questionnaire, Strength
from assessments.questionnaire.standards import (
    STRONGEST_FIRST,
    Row,
    Standard,
    Touch,
    UnknownStandard,
    coverage,
    standards,
)


class UnknownElement(KeyError):
    """The standard has no element of that key."""

    def __str__(self) -> str:
        return f"there is no element {self.args[0]}; see assessments/questionnaire/data/standard_elements.csv"


@dataclass(frozen=True)
class Narrowed:
    """Elements of a standard beside a questionnaire, in the standard's order, with the questions in theirs.

    ``chosen``: the keys it was narrowed to, a heading standing for all below it; () for the whole standard.
    """

    standard: Standard
    chosen: tuple[str, ...]
    rows: tuple[Row, ...]
    questions: tuple[Question, ...]

    @cached_property
    def covered(self) -> tuple[Row, ...]:
        """The elements with a question."""
        return tuple(row for row in self.rows if row.covered)

    @cached_property
    def left(self) -> tuple[Row, ...]:
        """The elements left over: no question touches them, nor a part that they only head."""
        return tuple(row for row in self.rows if not row.covered and not row.only_parts)

    @cached_property
    def strengths(self) -> Mapping[Strength, int]:
        """How many elements have which relation to the question closest to them, closest first."""
        closest = [row.touches[0].strength for row in self.covered]
        return {strength: count for strength in STRONGEST_FIRST if (count := closest.count(strength))}

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """Keys of the topics that the questions stand in, in their order."""
        return tuple(dict.fromkeys(question.topic for question in self.questions))


@dataclass(frozen=True)
class ElementChange:
    """An element that another version of the questionnaire covers otherwise.

    Keys of questions: ``gained`` and ``lost``; ``related`` ones stand in another relation to it, or leave
    something else over; ``reworded`` ones are asked otherwise.
    """

    key: str
    title: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    related: tuple[str, ...]
    reworded: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """A question with the elements of two sides that it touches: (element key, how it touches)."""

    question: Question
    one: tuple[tuple[str, Touch], ...]
    other: tuple[tuple[str, Touch], ...]


@dataclass(frozen=True)
class SideBySide:
    """Two choices of elements: the questions that serve both or one of them; what is left over of each."""

    one: Narrowed
    other: Narrowed
    both: tuple[Served, ...]
    only_one: tuple[Served, ...]
    only_other: tuple[Served, ...]


def check_elements(standard: str, chosen: Collection[str]) -> None:
    """Raise UnknownStandard or UnknownElement where there is no such thing."""
    if standard not in standards():
        raise UnknownStandard(standard)
    known = {element.key for element in standards()[standard].elements}
    for key in chosen:
        if key not in known:
            raise UnknownElement(key)


def narrowed(questionnaire: Questionnaire, standard: str, chosen: Iterable[str] = ()) -> Narrowed:
    """Those elements beside the questionnaire; all of them where none is chosen. Raises UnknownStandard.

    A key that the table no longer has narrows to nothing and is left out.
    """
    found = coverage(questionnaire, standard)
    named = tuple(chosen)
    wanted = {below for key in named for below in (key, *found.standard.parts.get(key, ()))}
    rows = tuple(row for row in found.rows if not named or row.element.key in wanted)
    touching = {touch.question.key for row in rows for touch in row.touches}
    questions = tuple(question for question in questionnaire.questions if question.key in touching)
    return Narrowed(found.standard, named, rows, questions)


def changes(
    before: Questionnaire, after: Questionnaire, standard: str, chosen: Iterable[str] = ()
) -> tuple[ElementChange, ...]:
    """The elements that ``after`` covers otherwise than ``before``. Both in one language: words count."""
    if before is after:
        return ()
    named = tuple(chosen)
    was = {row.element.key: row for row in narrowed(before, standard, named).rows}
    found = []
    for row in narrowed(after, standard, named).rows:
        change = _change(was[row.element.key], row)
        if change.gained or change.lost or change.related or change.reworded:
            found.append(change)
    return tuple(found)


def side_by_side(questionnaire: Questionnaire, one: Narrowed, other: Narrowed) -> SideBySide:
    """Two choices over the questionnaire that both were read beside."""
    served = [
        Served(question, _touched(one, question), _touched(other, question))
        for question in questionnaire.questions
    ]
    return SideBySide(
        one,
        other,
        both=tuple(each for each in served if each.one and each.other),
        only_one=tuple(each for each in served if each.one and not each.other),
        only_other=tuple(each for each in served if each.other and not each.one),
    )


def _touched(choice: Narrowed, question: Question) -> tuple[tuple[str, Touch], ...]:
    return tuple(
        (row.element.key, touch)
        for row in choice.rows
        for touch in row.touches
        if touch.question.key == question.key
    )


def _change(before: Row, after: Row) -> ElementChange:
    was = {touch.question.key: touch for touch in before.touches}
    now = {touch.question.key: touch for touch in after.touches}
    both = [key for key in now if key in was]
    return ElementChange(
        key=after.element.key,
        title=after.element.title,
        gained=tuple(key for key in now if key not in was),
        lost=tuple(key for key in was if key not in now),
        related=tuple(key for key in both if _relation(was[key]) != _relation(now[key])),
        reworded=tuple(key for key in both if was[key].question.digest != now[key].question.digest),
    )


def _relation(touch: Touch) -> tuple[Strength, str | None]:
    return touch.strength, touch.leaves
