"""The form that conditions are written into: its names, kinds and choices, and what a test of it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assessments.questionnaire.formats.conditions import CannotSay
from assessments.questionnaire.rules import FactSource, Op, PartSource, Test
from assessments.questionnaire.vocabulary import PartKind

Cell = tuple[str, str | None, str | None]
"""(item, column, row)."""


@dataclass(frozen=True)
class Form:
    """What conditions need to know of the form that they are written into.

    ``kinds``: (item, column or None) to the kind of its answers; ``names``: (item, column, row) to the name
    in the form; ``keys``: (item, column or None) to the names of its choices; ``facts``: those that a field
    gives; ``repeated``: items inside repeats to the repeat; a condition from outside can only count them.
    """

    kinds: Mapping[tuple[str, str | None], PartKind | None]
    names: Mapping[Cell, str]
    keys: Mapping[tuple[str, str | None], Mapping[str, str]]
    facts: frozenset[str]
    repeated: Mapping[str, str]

    def fact(self, source: FactSource) -> str:
        """The name of the field that gives the fact; CannotSay where none does."""
        if source.name not in self.facts:
            raise CannotSay(f"no field of the form gives the fact {source.name}")
        return fact_name(source.name)

    def is_field(self, source: PartSource) -> bool:
        """Whether the source is one field, and no table or part of one."""
        kind = self.kinds.get((source.part, None))
        return source.column is None and source.row is None and kind is not PartKind.TABLE

    def cells(self, source: PartSource) -> dict[Cell, str]:
        """The cells of fixed rows that the source means, with their names in the form."""
        return {
            place: name
            for place, name in self.names.items()
            if place[0] == source.part
            and place[1] is not None
            and source.column in (None, place[1])
            and source.row in (None, place[2])
        }


def part_source(test: Test) -> PartSource:
    """The part that a test looks at; CannotSay where it is a question of a pack."""
    if not isinstance(test.source, PartSource):
        raise CannotSay("it looks at a question of a pack, and a form has fields")
    return test.source


def comparable(test: Test, source: PartSource) -> None:
    """CannotSay where whole rows are compared: a form has cells."""
    if source.column is None and test.op is not Op.GIVEN:
        raise CannotSay(f"it compares rows of {source.part}")


def over_cells(test: Test, tests: Sequence[str]) -> str:
    """Tests of single cells as one: any of them holds, or all where the test denies."""
    if len(tests) == 1:
        return tests[0]
    denies = test.op in (Op.IS_NOT, Op.NONE_OF) or (test.op is Op.GIVEN and test.operand is False)
    return f"({(' and ' if denies else ' or ').join(tests)})"


def fact_name(fact: str) -> str:
    """The name of the field in which a form keeps a fact that no other field gives."""
    return f"fact_{fact}"
