"""Any spreadsheet of questions to a draft, one question a row, by a mapping of its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assessments.questionnaire.formats.column_mapping import ColumnMapping, guessed
from assessments.questionnaire.formats.draft import (
    BARE,
    Choice,
    ChoiceList,
    Draft,
    DraftRefused,
    Field,
    Group,
    Item,
    Report,
)
from assessments.questionnaire.formats.sheets import Row, Sheet, column_letters
from assessments.questionnaire.formats.workbook_xml import read_workbook
from assessments.questionnaire.vocabulary import YES_PARTLY_NO, PartKind

_MOST_SHEETS = 12
_MOST_QUESTIONS = 10_000
_WORDS = "yes_partly_no"
_CHOICES = (PartKind.SINGLE, PartKind.MULTIPLE)
_BULLET = re.compile(r"^(?:[-•*]|\(?[a-zA-Z0-9]{1,2}[.)])\s+")


def sheets_of(raw: bytes) -> list[Sheet]:
    """The first sheets of a workbook. Raises DraftRefused."""
    left = iter(range(_MOST_SHEETS))
    book = read_workbook(raw, lambda _name: next(left, None) is not None)
    return list(book.sheets.values())


def read_spreadsheet(
    sheets: list[Sheet], mapping: ColumnMapping | None, stem: str, report: Report
) -> tuple[Draft, ColumnMapping]:
    """The draft of a spreadsheet, and the mapping by which it was read. Raises DraftRefused."""
    for sheet in sheets:
        known = mapping or guessed(sheet)
        if known is None or (known.sheet and known.sheet != sheet.name):
            continue
        if mapping is None:
            named = ", ".join(f"{meaning} is “{said[BARE]}”" for meaning, said in known.columns.items())
            report.changed(
                sheet.name, known.header, "", f"no mapping file: the headers were taken so: {named}"
            )
        reading = _Reading(sheet, known, report)
        return reading.draft(stem), known
    if mapping is not None:
        there = ", ".join(sheet.name for sheet in sheets) or "none"
        raise DraftRefused(f"There is no sheet {mapping.sheet}, which the mapping names; there is {there}.")
    raise DraftRefused(
        "No column looks like one of questions; say in a mapping file which columns mean what (--mapping)."
    )


@dataclass
class _Reading:
    sheet: Sheet
    mapping: ColumnMapping
    report: Report
    lists: dict[str, ChoiceList] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def draft(self, stem: str) -> Draft:
        """The whole."""
        rows = [row for row in self.sheet.rows if row.number >= self.mapping.header]
        if not rows or rows[0].number != self.mapping.header:
            raise DraftRefused(f"Row {self.mapping.header} of {self.sheet.name} holds no headers.")
        places = self._places(rows[0])
        sections: dict[str, list[Item]] = {}
        if len(rows) > _MOST_QUESTIONS:
            raise DraftRefused(f"The sheet {self.sheet.name} has more than {_MOST_QUESTIONS:,} rows.")
        for row in rows[1:]:
            cell = self._cells(row, places)
            if item := self._question(row, cell, places):
                sections.setdefault(cell("section"), []).append(item)
        items: list[Item] = []
        for number, (title, found) in enumerate(sections.items(), 1):
            if title:
                label = {self.mapping.languages[0]: title}
                items.append(Group(self._name(f"section_{number}", 0), label, items=tuple(found)))
            else:
                items.extend(found)
        if not items:
            raise DraftRefused(f"The sheet {self.sheet.name} has no question below its headers.")
        for row_number, column, error in self.sheet.faulty:
            shown = column_letters(column)
            self.report.changed(self.sheet.name, row_number, shown, f"the cell holds the error {error}")
        languages = self.mapping.languages
        return Draft(stem, {languages[0]: stem}, "", languages, tuple(items), tuple(self.lists.values()))

    def _places(self, headers: Row) -> dict[tuple[str, str], int]:
        """(Meaning, language) to column."""
        found: dict[tuple[str, str], int] = {}
        for meaning, named in self.mapping.columns.items():
            for language, header in named.items():
                there = [
                    place for place, cell in headers.cells.items() if cell.casefold() == header.casefold()
                ]
                if len(there) > 1:
                    shown = " and ".join(map(column_letters, there[:2]))
                    raise DraftRefused(
                        f"{self.sheet.name} has the header “{header}” twice, in columns {shown}."
                    )
                if not there:
                    raise DraftRefused(
                        f"{self.sheet.name} has no header “{header}” in row {headers.number}, as mapped."
                    )
                found[meaning, language] = there[0]
        for place, cell in headers.cells.items():
            if place not in found.values():
                self.report.changed(self.sheet.name, headers.number, cell, "the column is not mapped")
        return found

    def _cells(self, row: Row, places: Mapping[tuple[str, str], int]) -> Callable[[str], str]:
        return lambda meaning: row.cells.get(places.get((meaning, BARE), -1), "")

    def _question(
        self, row: Row, cell: Callable[[str], str], places: Mapping[tuple[str, str], int]
    ) -> Field | None:
        texts = {
            meaning: {
                language: row.cells[place]
                for (what, language), place in places.items()
                if what == meaning and place in row.cells
            }
            for meaning in ("text", "help")
        }
        if not texts["text"]:
            if row.cells:
                self.report.changed(self.sheet.name, row.number, "", "a row without question was left out")
            return None
        name = self._name(cell("name"), row.number)
        kind, listed, typed = self._kind(row, cell, name)
        if kind is not None:
            self.report.understood(
                self.sheet.name, row.number, "", f"{name} is a question of the kind {kind}"
            )
        unit = cell("unit") if kind is PartKind.NUMBER else ""
        return Field(
            name, kind, typed, texts["text"], texts["help"], {}, listed, required=cell("required"), unit=unit
        )

    def _kind(
        self, row: Row, cell: Callable[[str], str], name: str
    ) -> tuple[PartKind | None, str | None, str]:
        """The kind of a question, its list, and what was written if no kind of ours is meant."""
        word, options = cell("type"), self._options(cell("options"))
        kind = self.mapping.kind(word) if word else None
        if word and kind is None and not options:
            self._refuse(row, "type", f"{name}: “{word[:40]}” is no kind that we know; name it under types")
            return None, None, word
        if kind is None:
            kind = PartKind.SINGLE if options else PartKind.LONG_TEXT
            said = "choices" if options else "no type"
            self._change(row, "type", f"{name} has {said}; it was read as {kind}")
        if kind is PartKind.YES_PARTLY_NO:
            labels = ("Yes", "Partly", "No")
            first = self.mapping.languages[0]
            choices = (Choice(key, {first: label}) for key, label in zip(YES_PARTLY_NO, labels, strict=True))
            self.lists.setdefault(_WORDS, ChoiceList(_WORDS, tuple(choices)))
            return kind, _WORDS, ""
        if kind in _CHOICES and not options:
            self._refuse(row, "options", f"{name} is a choice and has no choices")
            return None, None, word or "choice"
        if kind not in _CHOICES:
            if options:
                self._change(row, "options", f"{name} is a {kind}; its choices were left out")
            return kind, None, ""
        return kind, self._list(name, options), ""

    def _options(self, said: str) -> list[str]:
        pieces = [piece for line in said.split("\n") for piece in line.split(self.mapping.separator)]
        found = [_BULLET.sub("", piece.strip()) for piece in pieces]
        return list(dict.fromkeys(piece for piece in found if piece))

    def _list(self, name: str, options: list[str]) -> str:
        first = self.mapping.languages[0]
        choices = tuple(Choice(f"choice_{n}", {first: text}) for n, text in enumerate(options, 1))
        for each in self.lists.values():
            if each.choices == choices:
                return each.name
        self.lists[name] = ChoiceList(name, choices)
        return name

    def _name(self, wanted: str, row: int) -> str:
        base = "_".join(wanted.split()) or f"row_{row}"
        name, number = base, 1
        while name in self.names:
            number += 1
            name = f"{base}_{number}"
        self.names.add(name)
        return name

    def _header(self, meaning: str) -> str:
        return self.mapping.columns.get(meaning, {}).get(BARE, meaning)

    def _change(self, row: Row, meaning: str, text: str) -> None:
        self.report.changed(self.sheet.name, row.number, self._header(meaning), text)

    def _refuse(self, row: Row, meaning: str, text: str) -> None:
        self.report.refused(self.sheet.name, row.number, self._header(meaning), text)
