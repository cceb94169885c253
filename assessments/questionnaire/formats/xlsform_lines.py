"""The rows of a survey sheet in order, brackets checked, and what each name stands for in conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from assessments.questionnaire.formats.conditions import Target
from assessments.questionnaire.formats.draft import DraftRefused, Report, clean, says_true
from assessments.questionnaire.formats.extras import unpacked
from assessments.questionnaire.formats.sheets import Row
from assessments.questionnaire.formats.xlsform_choices import Choices
from assessments.questionnaire.formats.xlsform_columns import EXTRAS, Columns
from assessments.questionnaire.formats.xlsform_types import Does, RowType, read_type
from assessments.questionnaire.rules import FactSource, PartSource
from assessments.questionnaire.vocabulary import YES_PARTLY_NO, PartKind

DEEPEST_GROUP: Final = 30
MOST_ROWS: Final = 10_000
_BEGINS: Final = {Does.BEGIN_GROUP: Does.END_GROUP, Does.BEGIN_REPEAT: Does.END_REPEAT}
_SHOWN: Final = {
    Does.BEGIN_GROUP: "group",
    Does.BEGIN_REPEAT: "repeat",
    Does.END_GROUP: "group",
    Does.END_REPEAT: "repeat",
}


@dataclass(frozen=True)
class Line:
    """One row that means something. ``name``: that of the draft; ``inside``: the begins it stands in."""

    row: Row
    written: str
    type: RowType
    name: str
    kind: PartKind | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    inside: tuple[Line, ...] = ()


def read_lines(survey: Columns, choices: Choices, report: Report) -> list[Line]:
    """The rows of the survey; DraftRefused where groups and repeats do not close as they open."""
    lines: list[Line] = []
    opened: list[Line] = []
    if len(survey.rows) > MOST_ROWS:
        raise DraftRefused(f"The sheet {survey.sheet} has more than {MOST_ROWS:,} rows.")
    for row in survey.rows:
        line = _line(survey, choices, row, tuple(opened), report)
        if line is None:
            continue
        does = line.type.does
        if does in _BEGINS:
            if len(opened) >= DEEPEST_GROUP:
                raise DraftRefused(
                    f"The sheet {survey.sheet} nests groups over {DEEPEST_GROUP} deep (row {row.number})."
                )
            opened.append(line)
        elif does in _BEGINS.values():
            if not opened or _BEGINS[opened[-1].type.does] is not does:
                raise DraftRefused(_unbalanced(survey.sheet, line, opened))
            opened.pop()
        lines.append(line)
    if opened:
        last = opened[-1]
        raise DraftRefused(
            f"The sheet {survey.sheet} opens the {_SHOWN[last.type.does]} {last.name} at row "
            f"{last.row.number} and never closes it."
        )
    return lines


def _unbalanced(sheet: str, line: Line, opened: Sequence[Line]) -> str:
    shown = _SHOWN[line.type.does]
    if not opened:
        return f"The sheet {sheet} closes a {shown} at row {line.row.number} that it never opened."
    last = opened[-1]
    return (
        f"The sheet {sheet} closes a {shown} at row {line.row.number}, but the {_SHOWN[last.type.does]} "
        f"{last.name} of row {last.row.number} is open."
    )


def _line(
    survey: Columns, choices: Choices, row: Row, inside: tuple[Line, ...], report: Report
) -> Line | None:
    written = survey.cell(row, "type")
    number = row.number
    if not written:
        if survey.cell(row, "name") or survey.texts(row, "label"):
            report.changed(survey.sheet, number, survey.written("type"), "a row without type was left out")
        return None
    found = read_type(written)
    if says_true(survey.cell(row, "disabled")) and found.does not in (*_BEGINS, *_BEGINS.values()):
        report.changed(survey.sheet, number, survey.written("disabled"), "a disabled row was left out")
        return None
    name = survey.cell(row, "name")
    if not name and found.does not in _BEGINS.values():
        name = f"row_{number}"
        if found.does is not Does.MACHINE:
            report.changed(
                survey.sheet, number, survey.written("name"), f"a row without name was called {name}"
            )
    extras = unpacked(survey.cell(row, EXTRAS))
    name = _own_name(extras, inside, found.does) or name
    return Line(row, written, found, name, _kind(survey, choices, row, found), extras, inside)


def _own_name(extras: dict[str, Any], inside: tuple[Line, ...], does: Does) -> str:
    """The name of a row that our own export wrote, where it is another than the form could have; else ""."""
    wanted = ""
    if inside and does is Does.NOTE and extras.get("is") in ("hint", "guidance"):
        wanted = f"is:{extras['is']}"
    elif inside and is_table(inside[-1]) and does is Does.BEGIN_GROUP:
        wanted = f"row:{extras.get('row', '')}"
    elif len(inside) > 1 and is_table(inside[-2]) and does is Does.ASK:
        wanted = f"column:{extras['column']}" if extras.get("column") else ""
    exact = extras.pop("name", None)
    return wanted or (clean(exact) if isinstance(exact, str) else "")


def _kind(survey: Columns, choices: Choices, row: Row, found: RowType) -> PartKind | None:
    if found.list_name:
        there = choices.lists.get(found.list_name)
        if there is None:
            return None
        keys = tuple(choice.key for choice in there.choices)
        return (
            PartKind.YES_PARTLY_NO
            if keys == YES_PARTLY_NO and not found.other and found.kind is (PartKind.SINGLE)
            else found.kind
        )
    if found.kind is PartKind.SHORT_TEXT and "multiline" in survey.cell(row, "appearance").casefold():
        return PartKind.LONG_TEXT
    return found.kind


def names_of(survey: Columns, lines: Sequence[Line]) -> dict[str, Target | None]:
    """What ``${name}`` stands for: a field outside repeats, a cell of a table of ours, or (None) neither."""
    found: dict[str, Target | None] = {}
    for line in lines:
        does = line.type.does
        name = survey.cell(line.row, "name") or line.name
        if does in _BEGINS or does in _BEGINS.values():
            continue
        if name in found:
            found[name] = None
            continue
        found[name] = _target(line)
    return found


def _target(line: Line) -> Target | None:
    fact = line.extras.get("fact")
    if line.type.does is Does.MACHINE and isinstance(fact, str):
        return Target(FactSource(fact), None)
    if line.type.does is not Does.ASK:
        return None
    if any(outer.type.does is Does.BEGIN_REPEAT for outer in line.inside):
        return None
    if len(line.inside) >= 2 and is_table(line.inside[-2]):
        row, column = line.inside[-1].extras.get("row"), line.extras.get("column")
        if isinstance(row, str) and isinstance(column, str):
            return Target(PartSource(line.inside[-2].name, column, row), _own_kind(line))
    return Target(PartSource(line.name), _own_kind(line))


def _own_kind(line: Line) -> PartKind | None:
    """The kind that our own export gave the row, where its type is still the one written then."""
    told = line.extras.get("kind", line.kind)
    if line.extras.get("type_as", line.written) != line.written or told not in (None, *PartKind):
        return line.kind
    return None if told is None else PartKind(told)


def is_table(line: Line) -> bool:
    """Whether the group is a table of ours, whose groups are its rows."""
    return line.type.does is Does.BEGIN_GROUP and "table" in line.extras
