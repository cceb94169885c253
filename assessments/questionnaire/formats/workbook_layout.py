"""How a question lies on a sheet of our own answer workbook: one line for each part, and what its cells hold.

Column A addresses a line, and with the questionnaire that says what each of its answer cells is, so the
reader asks the same functions as the writer and lines may be moved. Cells are named as the fields of the
page's form (``answers.from_form`` reads them): ``cases.employees.accidents``, ``total.value``, ``state``.

Addresses: ``OHS-05`` the question, ``OHS-05.causes=vehicle`` one choice of several,
``OHS-05.cases.employees`` a row of a table, ``OHS-05.state`` and the like what is said in place of an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from assessments.questionnaire.formats.draft import clean
from assessments.questionnaire.model import Column, Field, Part, PartKind, Question, Questionnaire
from assessments.questionnaire.vocabulary import BASES
from assessments.sentences import ENGLISH, N_, CodeWord, Texts

FIRST: Final = 3
"""The column (from 0) of the first answer cell; before it stand address, question and help."""
REVISION: Final = 10
"""The column of the revision that the reader of the workbook saw, at the question's line."""
SPARE_ROWS: Final = 8
"""Empty rows under a table whose rows are added by hand."""
TICK: Final = "x"

NOT_KNOWN, NOT_APPLICABLE, WITHHELD = "not_known", "not_applicable", "withheld"
SAID: Final[Mapping[str, str]] = {
    NOT_KNOWN: N_("Not known yet"),
    NOT_APPLICABLE: N_("Does not apply"),
    WITHHELD: N_("Prefer not to share"),
}
YES_PARTLY_NO: Final[Mapping[str, str]] = {"yes": N_("Yes"), "partly": N_("Partly"), "no": N_("No")}
_BASES: Final[Mapping[str, str]] = {basis: CodeWord(basis) for basis in BASES}


class CellKind(StrEnum):
    """What may stand in a cell."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    SEVERAL = "several"
    TICK = "tick"


@dataclass(frozen=True)
class Slot:
    """An answer cell: the form field it is, what may stand in it, and for choices key to label.

    ``value``: what a tick adds to its field.
    """

    name: str
    kind: CellKind
    options: Mapping[str, str]
    value: str = ""


class Role(StrEnum):
    """What a line is; the writer draws each in its own way."""

    QUESTION = "question"
    PART = "part"
    TABLE = "table"
    ROW = "row"
    TICK = "tick"
    SAID = "said"
    TOPIC = "topic"


@dataclass(frozen=True)
class Line:
    """One line of a sheet; ``values`` fill the slots, ``headings`` stand over those of a table's rows."""

    role: Role
    address: str = ""
    text: str = ""
    help: str = ""
    slots: tuple[Slot, ...] = ()
    values: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    revision: str = ""


class Given(NamedTuple):
    """What stands for a question: its stored parts, what was said instead, and the rows of its tables.

    ``rows``: by part, key to label of the rows that the table shows; ``opens``: what must hold for a part.
    """

    parts: Mapping[str, Any]
    state: str
    reason: str
    note: str
    revision: str
    rows: Mapping[str, Mapping[str, str]]
    opens: Mapping[str, str]


def lines_of(question: Question, given: Given, texts: Texts = ENGLISH) -> Iterator[Line]:
    """The lines of a question, in the order of its parts, with what stands now."""
    yield Line(
        Role.QUESTION, question.key, question.text, clean("\n".join(filter(None, _helps(question)))),
        revision=given.revision,
    )  # fmt: skip
    for part in question.parts:
        if part.kind is not PartKind.EVIDENCE:
            yield from _part_lines(question.key, part, given, texts)
    yield _said(question.key, "state", SAID.get(given.state, ""), texts)
    yield _said(question.key, "reason", given.reason, texts)
    yield _said(question.key, "note", given.note, texts)


def slots_at(questionnaire: Questionnaire, address: str) -> tuple[Slot, ...]:
    """The answer cells of the line at that address; raises KeyError where there is no such line."""
    key, _, rest = address.partition(".")
    question = questionnaire.question(key)
    if rest in ("", "state", "reason", "note"):
        return (_said_slot(rest),) if rest else ()
    name, tick, option = rest.partition("=")
    name, _, token = name.partition(".")
    part = question.part(name)
    if part.kind is PartKind.EVIDENCE or bool(tick) != (part.kind is PartKind.MULTIPLE):
        raise KeyError(address)
    if tick:
        if option not in part.options:
            raise KeyError(address)
        return (_tick(part, option),)
    if (part.kind is PartKind.TABLE) != bool(token):
        raise KeyError(address)
    return row_slots(part, token) if token else _part_slots(part)


def addresses_of(question: Question) -> Iterator[str]:
    """The addresses of every line that the question always has; rows of tables come and go."""
    for part in question.parts:
        if part.kind is PartKind.MULTIPLE:
            yield from (f"{question.key}.{part.key}={option}" for option in part.options)
        elif part.kind is PartKind.TABLE:
            yield from (f"{question.key}.{part.key}.{row}" for row in part.rows)
        elif part.kind is not PartKind.EVIDENCE:
            yield f"{question.key}.{part.key}"
    yield from (f"{question.key}.{said}" for said in ("state", "reason", "note"))


def options_of(shape: Field) -> Mapping[str, str]:
    """The choices of a part or column, key to label."""
    return YES_PARTLY_NO if shape.kind is PartKind.YES_PARTLY_NO else shape.options


def picks_rows(part: Part) -> bool:
    """Whether each row of the table begins with a choice from a list."""
    return part.rows_from is not None and part.rows_from.list_name is not None


def keyed_rows(part: Part) -> bool:
    """Whether the rows of the table have keys of their own that the sheet shows."""
    return bool(part.rows) or (part.rows_from is not None and not picks_rows(part))


# ------------------------------------------------------------------ inside a question


def _helps(question: Question) -> Sequence[str | None]:
    return question.help, question.care


def _part_lines(key: str, part: Part, given: Given, texts: Texts) -> Iterator[Line]:
    value, address = given.parts.get(part.key), f"{key}.{part.key}"
    told = clean("\n".join(filter(None, (given.opens.get(part.key), part.help, _wanted(part, texts)))))
    if part.kind is PartKind.MULTIPLE:
        yield Line(Role.TABLE, text=part.label, help=told, headings=(texts.text(N_("Mark with x")),))
        for option, label in part.options.items():
            ticked = TICK if option in (value or ()) else ""
            yield Line(
                Role.TICK, f"{address}={option}", label, slots=(_tick(part, option),), values=(ticked,)
            )
    elif part.kind is PartKind.TABLE:
        yield Line(Role.TABLE, text=part.label, help=told, headings=_headings(part, texts))
        for token, label, row in _rows(part, value or [], given.rows.get(part.key, {})):
            slots = row_slots(part, token)
            yield Line(
                Role.ROW, f"{address}.{token}", label, slots=slots, values=_row_values(part, slots, row)
            )
    else:
        slots = _part_slots(part)
        yield Line(Role.PART, address, part.label, told, slots, _part_values(part, slots, value))


def _wanted(part: Part, texts: Texts) -> str:
    """What is typed where there is no list to choose from."""
    said = []
    if part.kind is PartKind.NUMBER and part.unit:
        said.append(f"{texts.text(N_('In:'))} {part.unit}")
    if part.kind is PartKind.DATE:
        said.append(texts.text(N_("A day, such as 2026-01-31")))
    if part.kind is PartKind.LINK:
        said.append(texts.text(N_("A web address that begins with https://")))
    if part.optional:
        said.append(texts.text(N_("May stay empty")))
    return ". ".join(said)


def _part_slots(part: Part) -> tuple[Slot, ...]:
    if part.kind is PartKind.NUMBER:
        number = Slot(f"{part.key}.value", CellKind.NUMBER, {})
        if part.plain or part.bind is not None:
            return (number,)
        year, basis = f"{part.key}.year", f"{part.key}.basis"
        return number, Slot(year, CellKind.NUMBER, {}), Slot(basis, CellKind.CHOICE, _BASES)
    return (_slot(part, part.key),)


def _slot(shape: Field, name: str) -> Slot:
    kinds = {
        PartKind.YES_PARTLY_NO: CellKind.CHOICE,
        PartKind.SINGLE: CellKind.CHOICE,
        PartKind.MULTIPLE: CellKind.SEVERAL,
        PartKind.NUMBER: CellKind.NUMBER,
        PartKind.DATE: CellKind.DATE,
    }
    return Slot(name, kinds.get(shape.kind, CellKind.TEXT), options_of(shape))


def _tick(part: Part, option: str) -> Slot:
    return Slot(part.key, CellKind.TICK, {}, option)


def row_slots(part: Part, token: str) -> tuple[Slot, ...]:
    """The answer cells of a row of a table, its own choice first where rows are picked from a list."""
    picked = (Slot(f"{part.key}.{token}.row", CellKind.CHOICE, part.options),) if picks_rows(part) else ()
    return (*picked, *(_slot(column, f"{part.key}.{token}.{column.key}") for column in part.columns))


def _headings(part: Part, texts: Texts) -> tuple[str, ...]:
    picked = (texts.text(N_("Choose")),) if picks_rows(part) else ()
    return (*picked, *(_heading(column) for column in part.columns))


def _heading(column: Column) -> str:
    unit = column.unit if column.kind is PartKind.NUMBER and column.unit else ""
    return f"{column.label} ({unit})" if unit and unit not in column.label else column.label


def _rows(
    part: Part, value: list[dict[str, Any]], shown: Mapping[str, str]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every row of a table: token, label, what stands in it. What stands and is shown no more comes last."""
    if not keyed_rows(part):
        for number in range(1, len(value) + SPARE_ROWS + 1):
            yield f"row{number}", str(number), value[number - 1] if number <= len(value) else {}
        return
    by_key = {row["row"]: row for row in value}
    labels = {**{row: part.options.get(row, row) for row in by_key}, **part.rows, **shown}
    order = dict.fromkeys((*part.rows, *shown, *by_key))
    for row in order:
        yield row, labels[row], by_key.get(row, {})


def _row_values(part: Part, slots: Sequence[Slot], row: Mapping[str, Any]) -> tuple[str, ...]:
    picked = (part.options.get(row.get("row") or "", ""),) if picks_rows(part) else ()
    rest = zip(slots[len(picked) :], part.columns, strict=True)
    return (*picked, *(_written(slot, row.get(column.key)) for slot, column in rest))


def _part_values(part: Part, slots: Sequence[Slot], value: Any) -> tuple[str, ...]:
    if part.kind is PartKind.NUMBER:
        number = value if isinstance(value, Mapping) else {"value": value}
        return tuple(_written(slot, number.get(slot.name.rpartition(".")[2])) for slot in slots)
    return (_written(slots[0], value),)


def _written(slot: Slot, value: Any) -> str:
    """A stored value as its cell shows it, in English; choices are labels, put into words by the writer."""
    if value is None:
        return ""
    if slot.kind is CellKind.SEVERAL:
        return "\n".join(slot.options.get(key, key) for key in value)
    if slot.kind is CellKind.CHOICE:
        return slot.options.get(value, str(value))
    return clean(str(value["value"] if isinstance(value, Mapping) else value))


def _said(key: str, name: str, value: str, texts: Texts) -> Line:
    labels = {
        "state": N_("Or, in place of an answer"),
        "reason": N_("If it does not apply: why"),
        "note": N_("Note for the assessor"),
    }
    text = texts.text(labels[name])
    return Line(Role.SAID, f"{key}.{name}", text, slots=(_said_slot(name),), values=(value,))


def _said_slot(name: str) -> Slot:
    return Slot(name, CellKind.CHOICE, SAID) if name == "state" else Slot(name, CellKind.TEXT, {})


def is_day(text: str) -> bool:
    """Whether the text is a day that spreadsheet programs can hold as one."""
    try:
        return date.fromisoformat(text).year >= 1901
    except ValueError:
        return False
