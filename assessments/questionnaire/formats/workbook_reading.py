"""Our own answer workbook, read back: strictly, and with the place of every cell.

The bytes go through the reader of ``sheets`` and ``workbook_xml``, of which nothing is believed: old formats,
protected and damaged files and archives that unfold without end are refused there with one sentence. Here
column A says what a line is. Lines may stand in another order; one that is missing, or there twice, is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assessments.questionnaire.formats.draft import DraftRefused
from assessments.questionnaire.formats.sheets import Row, Sheet, Workbook, column_letters
from assessments.questionnaire.formats.workbook_layout import (
    FIRST,
    REVISION,
    CellKind,
    Slot,
    addresses_of,
    keyed_rows,
    slots_at,
)
from assessments.questionnaire.formats.workbook_writing import CODE_COLUMN, FORMAT, LISTS
from assessments.questionnaire.formats.workbook_xml import read_workbook
from assessments.questionnaire.model import Question, Questionnaire, UnknownQuestion
from assessments.sentences import N_, Sentence

MOST_SHEETS: Final = 60
_TICKED: Final = frozenset({"x", "✓", "✔", "1", "true", "yes", "ja", "oui", "sí", "si", "是"})
_UNTICKED: Final = frozenset({"", "0", "false", "no", "-", "–", "nee", "nein", "non", "否"})
_TOKEN: Final = re.compile(r"[0-9]{1,9}(-\S+)?")
_LEGACY: Final = "This is no answer workbook of this platform; download one from this page and fill that in."
_NO_COVER: Final = (
    "The first sheet, which says what the workbook was made for, was taken out or its hidden column emptied; "
    "copy your changes into a new workbook from this page."
)


@dataclass(frozen=True)
class Spot:
    """Where a cell stands, as the program shows it."""

    sheet: str
    row: int
    column: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.column}{self.row}"


@dataclass(frozen=True)
class Fault:
    """What cannot be read, and where."""

    spot: Spot
    said: Sentence


@dataclass
class Sent:
    """One question as the workbook has it: form fields with their values, and where each stands.

    ``revision``: what stood when it was downloaded, as the sheet says it. ``aliases`` are the names that the
    codec of tables gives to their rows. ``faults`` are cells that cannot be read at all.
    """

    key: str
    spot: Spot
    revision: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)
    aliases: dict[str, Spot] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def getlist(self, name: str) -> Sequence[str]:
        """The values of a field, as a posted form gives them."""
        return self.fields.get(name, ())

    def spot_of(self, place: str) -> Spot:
        """The cell that a fault's place names ("OHS-05.cases.row2.people"), else the nearest above it.

        Of a part in several cells (a number, its year, its basis) the first.
        """
        name = place.partition(".")[2]
        while name:
            first = next((spot for cell, spot in self.spots.items() if cell.startswith(f"{name}.")), None)
            found = self.aliases.get(name) or self.spots.get(name) or first
            if found is not None:
                return found
            name = name.rpartition(".")[0]
        return self.spot


@dataclass(frozen=True)
class ReadWorkbook:
    """What was read: the facts of the cover by code, the questions in order, cells of no question."""

    cover: Mapping[str, str]
    questions: Mapping[str, Sent]
    strays: tuple[Fault, ...]


def read_answers(raw: bytes, choose: Callable[[Mapping[str, str]], Questionnaire]) -> ReadWorkbook:
    """Read a workbook. ``choose`` looks at the cover's facts and returns the questionnaire, or refuses.

    Raises DraftRefused with one sentence for a file that is no answer workbook; what ``choose`` raises.
    """
    seen: list[str] = []

    def wanted(name: str) -> bool:
        seen.append(name)
        return len(seen) <= MOST_SHEETS

    book = read_workbook(raw, wanted, percents=True)
    cover = _cover(book)
    if cover.get("format") != FORMAT:
        raise DraftRefused(_LEGACY)
    return _Reading(choose(cover), _lists(book)).read(cover, book)


def _cover(book: Workbook) -> dict[str, str]:
    for sheet in book.sheets.values():
        facts = {
            row.cells[CODE_COLUMN]: row.cells.get(1, "") for row in sheet.rows if CODE_COLUMN in row.cells
        }
        if facts.get("format", "").startswith("plumbline."):
            return facts
    ours = any(_questions(sheet) for sheet in book.sheets.values())
    raise DraftRefused(_NO_COVER if ours else _LEGACY)


def _questions(sheet: Sheet, column: int = 0) -> list[Row]:
    """The lines of whole questions, whose addresses stand in that column and their revisions in another."""
    found = [row for row in sheet.rows if _is_question(row.cells.get(column, ""))]
    return [row for row in found if _TOKEN.fullmatch(row.cells.get(column + REVISION, ""))]


def _whole(sheet: Sheet) -> None:
    """Refuse a sheet in which columns were put in or taken out: each of its answers would be another's."""
    rows = [row for row in sheet.rows if _is_question(row.cells.get(0, ""))]
    if (rows and not _questions(sheet)) or (not rows and _questions(sheet, 1)):
        raise DraftRefused(
            f"In the sheet “{sheet.name[:60]}” a column was added or taken out, so that its cells cannot be "
            "told apart; undo that, or copy your changes into a new workbook from this page."
        )


def _lists(book: Workbook) -> dict[frozenset[str], dict[str, str]]:
    """The choices that the hidden sheet holds: for each set of keys, label to key."""
    found: dict[frozenset[str], dict[str, str]] = {}
    sheet = book.sheets.get(LISTS)
    columns: dict[int, dict[str, str]] = {}
    for row in sheet.rows if sheet else ():
        for column, label in row.cells.items():
            key = row.cells.get(column + 1)
            if column % 2 == 0 and key is not None:
                columns.setdefault(column, {})[_folded(label)] = key
    for labels in columns.values():
        found.setdefault(frozenset(labels.values()), {}).update(labels)
    return found


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


class _Reading:
    """One workbook while it is read."""

    def __init__(
        self, questionnaire: Questionnaire, lists: Mapping[frozenset[str], Mapping[str, str]]
    ) -> None:
        self._questionnaire, self._lists = questionnaire, lists
        self._sent: dict[str, Sent] = {}
        self._seen: dict[str, Spot] = {}
        self._strays: list[Fault] = []

    def read(self, cover: Mapping[str, str], book: Workbook) -> ReadWorkbook:
        """Take every sheet's lines."""
        for sheet in book.sheets.values():
            if sheet.name != LISTS:
                _whole(sheet)
                for row in sheet.rows:
                    self._line(sheet, row)
                self._errors(sheet)
        for sent in self._sent.values():
            self._missing(sent)
        order = [question.key for question in self._questionnaire.questions if question.key in self._sent]
        return ReadWorkbook(cover, {key: self._sent[key] for key in order}, tuple(self._strays))

    def _line(self, sheet: Sheet, row: Row) -> None:
        address = row.cells.get(0, "")
        key = address.partition(".")[0]
        if not _is_key(key):
            return  # the cover, a topic's title, what a table is about
        spot = Spot(sheet.name, row.number, "A")
        try:
            question = self._questionnaire.question(key)
            slots = slots_at(self._questionnaire, address)
        except (UnknownQuestion, KeyError):
            self._strays.append(
                Fault(spot, N_("There is no %(address)s in this version.", address=address[:60]))
            )
            return
        if address in self._seen:
            self._strays.append(
                Fault(
                    spot, N_("%(address)s stands here a second time; only the first counts.", address=address)
                )
            )
            return
        self._seen[address] = spot
        sent = self._sent.setdefault(key, Sent(key, spot, ""))
        if address == key:
            sent.spot, sent.revision = Spot(sheet.name, row.number, "D"), row.cells.get(REVISION, "")
            if not _TOKEN.fullmatch(sent.revision):
                cell = f"{column_letters(REVISION)}{row.number}"
                wrong = N_("Cells of this line were moved or emptied (%(cell)s holds no version).", cell=cell)
                sent.faults.append(Fault(sent.spot, wrong))
            return
        for column, slot in enumerate(slots, FIRST):
            self._cell(
                sent, Spot(sheet.name, row.number, column_letters(column)), slot, row.cells.get(column, "")
            )
        self._row(question, sent, address, spot)

    def _row(self, question: Question, sent: Sent, address: str, spot: Spot) -> None:
        """Note a row of a table, if anything stands in it."""
        _key, _, rest = address.partition(".")
        name, _, token = rest.partition(".")
        if not token:
            return
        part = question.part(name)
        within = f"{name}.{token}"
        here = sent.spots.get(next((each for each in sent.spots if each.startswith(f"{within}.")), ""), spot)
        filled = any(each.startswith(f"{within}.") for each in sent.fields)
        sent.spots.setdefault(within, here)
        if filled:
            sent.fields.setdefault(f"{name}.rows", []).append(token)
            number = len(sent.fields[f"{name}.rows"])
            if not keyed_rows(part):
                self._alias(sent, within, f"{name}.row{number}")
                for picked in sent.getlist(f"{within}.row"):
                    self._alias(sent, within, f"{name}.{picked}")

    @staticmethod
    def _alias(sent: Sent, within: str, name: str) -> None:
        """Let a fault find the row under the name that the codec gives it."""
        for each, spot in list(sent.spots.items()):
            if each == within or each.startswith(f"{within}."):
                sent.aliases[f"{name}{each[len(within) :]}"] = spot

    def _cell(self, sent: Sent, spot: Spot, slot: Slot, said: str) -> None:
        sent.spots.setdefault(slot.name, spot)
        if slot.kind is CellKind.TICK:
            word = _folded(said)
            if word in _TICKED:
                sent.fields.setdefault(slot.name, []).append(slot.value)
            elif word not in _UNTICKED:
                wrong = N_("“%(value)s” is no mark; write x, or leave it empty.", value=said[:40])
                sent.faults.append(Fault(spot, wrong))
            return
        if not said:
            return
        if slot.kind is CellKind.CHOICE:
            self._choice(sent, spot, slot, said)
        elif slot.kind is CellKind.SEVERAL:
            for each in self._several(slot, said):
                self._choice(sent, spot, slot, each)
        else:
            sent.fields.setdefault(slot.name, []).append(said)

    def _choice(self, sent: Sent, spot: Spot, slot: Slot, said: str) -> None:
        key = self._key(slot, said)
        if key is None:
            wrong = N_("“%(value)s” is none of the choices; choose from the list.", value=said[:60])
            sent.faults.append(Fault(spot, wrong))
        else:
            sent.fields.setdefault(slot.name, []).append(key)

    def _key(self, slot: Slot, said: str) -> str | None:
        """The choice that a label names: of this version, of the workbook's own list, or by its key."""
        word = _folded(said)
        labels = {_folded(label): key for key, label in slot.options.items()}
        own = self._lists.get(frozenset(slot.options), {})
        found = own.get(word) or labels.get(word) or (said.strip() if said.strip() in slot.options else None)
        return found if found in slot.options else None

    def _several(self, slot: Slot, said: str) -> Iterator[str]:
        for line in said.split("\n"):
            if self._key(slot, line) is not None:
                yield line
            else:
                yield from (each.strip() for each in line.split(";") if each.strip())

    def _errors(self, sheet: Sheet) -> None:
        """Cells that hold an error of the spreadsheet program, or a formula that it never worked out."""
        by_row = {spot.row: address for address, spot in self._seen.items() if spot.sheet == sheet.name}
        for row, column, error in sheet.faulty:
            address = by_row.get(row)
            if address is None or column < FIRST:
                continue
            key = address.partition(".")[0]
            said = N_("It holds “%(error)s” instead of a value; type the value.", error=error[:40])
            self._sent[key].faults.append(Fault(Spot(sheet.name, row, column_letters(column)), said))

    def _missing(self, sent: Sent) -> None:
        """A line that was taken out would read as an emptied answer, so it is told instead."""
        question = self._questionnaire.question(sent.key)
        gone = [address for address in addresses_of(question) if address not in self._seen]
        if sent.key not in self._seen:
            gone.insert(0, sent.key)
        if gone:
            said = N_("Its line %(address)s was taken out; download the workbook again.", address=gone[0])
            sent.faults.append(Fault(sent.spot, said))


def _is_question(address: str) -> bool:
    return "." not in address and _is_key(address)


def _is_key(key: str) -> bool:
    start, dash, number = key.partition("-")
    return bool(dash) and start.isalpha() and start.isupper() and number.isdecimal()
