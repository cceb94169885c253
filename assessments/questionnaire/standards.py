"""The standards matrix: which questions touch which element of a standard, how strongly, what is left over.

No share or mark of a standard is worked out: a count of elements says what was thought of, not how well.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from weakref import WeakKeyDictionary

from assessments.questionnaire.model import ElementMapping, Question, Questionnaire, Strength


class StandardGroup(StrEnum):
    """What kind of paper a standard is, in the order shown."""

    GUIDANCE = "guidance"
    LAW = "law"
    REPORTING = "reporting"
    CUSTOMERS = "customers"
    MATERIALS = "materials"
    SYSTEMS = "systems"
    OTHERS = "others"


class UnknownStandard(KeyError):
    """There is no standard of that id."""

    def __str__(self) -> str:
        return f"there is no standard {self.args[0]}; see assessments/questionnaire/data/standards.csv"


@dataclass(frozen=True)
class Element:
    """One element of a standard. ``certainty`` low: its title alone is sure, its number and place are not."""

    key: str
    title: str
    certainty: str


@dataclass(frozen=True)
class Standard:
    """A standard as it is mapped: its edition, its publisher, its elements in order."""

    key: str
    group: StandardGroup
    title: str
    edition: str
    publisher: str
    elements: tuple[Element, ...]

    @cached_property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Elements that head others (``OECD-RBC.1`` heads 1.1, ``OECD-MIN.1`` heads 1A), with those."""
        keys = [element.key for element in self.elements]
        return {
            key: below
            for key in keys
            if (below := tuple(other for other in keys if _below(key).fullmatch(other)))
        }


def _below(key: str) -> re.Pattern[str]:
    """What keys of parts look like: a further number, or one letter after the number (never 1 and 10)."""
    letter = "|[A-Z]" if key[-1:].isdigit() else ""
    return re.compile(rf"{re.escape(key)}([.-].*{letter})")


@dataclass(frozen=True)
class Touch:
    """A question that touches an element: how strongly, and what the element asks beyond it."""

    question: Question
    strength: Strength
    leaves: str | None = None


@dataclass(frozen=True)
class Row:
    """An element with the questions that touch it, strongest first; ``below``: a heading's touched parts."""

    element: Element
    touches: tuple[Touch, ...]
    below: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether a question touches the element itself."""
        return bool(self.touches)

    @property
    def only_parts(self) -> bool:
        """Whether it heads elements that are touched, itself being touched by none."""
        return not self.touches and bool(self.below)


@dataclass(frozen=True)
class Coverage:
    """A standard beside a questionnaire: every element once, in its order."""

    standard: Standard
    rows: tuple[Row, ...]

    @property
    def covered(self) -> tuple[str, ...]:
        """Keys of the elements with a question."""
        return tuple(row.element.key for row in self.rows if row.covered)

    @property
    def uncovered(self) -> tuple[str, ...]:
        """Keys of the elements without one, headings whose parts have one included."""
        return tuple(row.element.key for row in self.rows if not row.covered)

    @property
    def headings(self) -> tuple[str, ...]:
        """Keys of the uncovered elements that only head others, some of which have a question."""
        return tuple(row.element.key for row in self.rows if row.only_parts)

    @property
    def questions(self) -> tuple[str, ...]:
        """Keys of the questions that touch the standard, in the questionnaire's order."""
        return tuple(dict.fromkeys(sorted(t.question.key for row in self.rows for t in row.touches)))


STRONGEST_FIRST = (Strength.EQUAL, Strength.BROADER, Strength.PARTIAL, Strength.NARROWER)


@cache
def standards() -> Mapping[str, Standard]:
    """Every standard by id, in the order of the table."""
    below: dict[str, list[Element]] = {}
    for row in _table("standard_elements.csv"):
        element = Element(row["element_id"], row["title"], row["certainty"])
        below.setdefault(row["standard_id"], []).append(element)
    found = {
        row["standard_id"]: Standard(
            key=row["standard_id"],
            group=StandardGroup(row["group"]),
            title=row["title"],
            edition=row["edition"],
            publisher=row["publisher"],
            elements=tuple(below.get(row["standard_id"], ())),
        )
        for row in _table("standards.csv")
    }
    return MappingProxyType(found)


def standard_of(element: str) -> str:
    """The standard that an element belongs to (``ISO45001.4`` to ``ISO45001``)."""
    return element.split(".", 1)[0]


def element_titles() -> Mapping[str, str]:
    """Element key to title, over all standards."""
    return _titles()


def coverage(questionnaire: Questionnaire, standard: str) -> Coverage:
    """That standard beside the questionnaire. UnknownStandard if there is none of that id."""
    if standard not in standards():
        raise UnknownStandard(standard)
    touched = _touches(questionnaire)
    found = standards()[standard]
    return Coverage(
        found,
        tuple(
            Row(
                element,
                touched.get(element.key, ()),
                tuple(key for key in found.parts.get(element.key, ()) if key in touched),
            )
            for element in found.elements
        ),
    )


def matrix(questionnaire: Questionnaire) -> tuple[Coverage, ...]:
    """Every standard beside the questionnaire."""
    return tuple(coverage(questionnaire, key) for key in standards())


_KEPT: WeakKeyDictionary[Questionnaire, Mapping[str, tuple[Touch, ...]]] = WeakKeyDictionary()


def _touches(questionnaire: Questionnaire) -> Mapping[str, tuple[Touch, ...]]:
    kept = _KEPT.get(questionnaire)
    if kept is None:
        found: dict[str, list[Touch]] = {}
        for question in questionnaire.questions:
            # A VSME datapoint that a question answers is named apart from its mappings.
            told = {point: ElementMapping(Strength.PARTIAL) for point in question.vsme} | dict(
                question.mappings
            )
            for key, mapping in told.items():
                found.setdefault(key, []).append(Touch(question, mapping.strength, mapping.leaves))
        kept = _KEPT[questionnaire] = {
            key: tuple(sorted(touches, key=lambda touch: STRONGEST_FIRST.index(touch.strength)))
            for key, touches in found.items()
        }
    return kept


@cache
def _titles() -> Mapping[str, str]:
    return MappingProxyType({e.key: e.title for one in standards().values() for e in one.elements})


def _table(name: str) -> list[dict[str, str]]:
    table = resources.files("assessments.questionnaire").joinpath("data", name)
    return list(csv.DictReader(table.read_text("utf-8").splitlines()))
