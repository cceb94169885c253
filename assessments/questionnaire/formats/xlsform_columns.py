"""The sheets of an XLSForm by the meaning of their columns, whatever a form's author called them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from assessments.questionnaire.formats.draft import BARE, DraftRefused, Report
from assessments.questionnaire.formats.sheets import Row, Sheet, column_letters

EXTRAS: Final = "plumbline"
"""The column in which our own exports keep what XLSForm has no column for."""

TRANSLATED: Final = frozenset({"label", "hint", "guidance_hint", "constraint_message", "required_message"})
_MEDIA: Final = frozenset({"image", "big-image", "audio", "video", "media", "autoplay"})
_SURVEY: Final = frozenset(
    {
        "type", "name", "required", "relevant", "constraint", "calculation", "appearance", "default",
        "readonly", "trigger", "choice_filter", "parameters", "repeat_count", "disabled", *TRANSLATED, EXTRAS,
    }
)  # fmt: skip
_CHOICES: Final = frozenset({"list_name", "name", "label", EXTRAS})
_SETTINGS: Final = frozenset(
    {"form_title", "form_id", "version", "default_language", "style", "instance_name", "public_key", EXTRAS}
)
KNOWN: Final[Mapping[str, frozenset[str]]] = {"survey": _SURVEY, "choices": _CHOICES, "settings": _SETTINGS}

_ALIASES: Final[Mapping[str, Mapping[str, str]]] = {
    "survey": {
        "relevance": "relevant", "bind::relevant": "relevant", "skip": "relevant", "skip_logic": "relevant",
        "caption": "label", "command": "type", "question_type": "type", "tag": "name", "value": "name",
        "variable_name": "name", "hints": "hint", "guidance": "guidance_hint", "bind::required": "required",
        "mandatory": "required", "bind::constraint": "constraint", "constraining_message":
        "constraint_message", "constraint_msg": "constraint_message", "bind::jr:constraintmsg":
        "constraint_message", "bind::jr:requiredmsg": "required_message", "jr:constraintmsg":
        "constraint_message", "jr:requiredmsg": "required_message", "requiredmsg": "required_message",
        "calculate": "calculation",
        "bind::calculate": "calculation", "control::appearance": "appearance", "body::appearance":
        "appearance", "read_only": "readonly", "bind::readonly": "readonly", "count": "repeat_count",
        "jr:count": "repeat_count", "control::jr:count": "repeat_count", "repeatcount": "repeat_count",
        "choicefilter": "choice_filter",
    },
    "choices": {
        "list": "list_name", "listname": "list_name", "list_names": "list_name", "value": "name",
        "choice_name": "name", "caption": "label",
    },
    "settings": {
        "title": "form_title", "set_form_title": "form_title", "id": "form_id", "id_string": "form_id",
        "formid": "form_id", "set_form_id": "form_id", "form_version": "version", "language":
        "default_language", "defaultlanguage": "default_language",
    },
}  # fmt: skip
_SPACE = re.compile(r"[\s\u00a0]+")
_PREFIXED = re.compile(
    r"(bind|control|body)\s*::?\s*((?:jr|orx|odk):[^:]+|[^:]+?)\s*(?:::?\s*([^:]+))?", re.IGNORECASE
)
"""A column under the name of the part of an XForm that it fills, and perhaps its language.

Forms of before 2013 have one colon where newer ones have two.
"""


@dataclass(frozen=True)
class Header:
    """One column: what it means (or its own name), its language if it has one, and as it was written."""

    column: str
    language: str
    written: str


@dataclass
class Columns:
    """The columns of one sheet, and its rows below them."""

    sheet: str
    headers: dict[int, Header] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    _places: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, header in self.headers.items():
            self._places.setdefault(header.column, []).append(place)

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self._places

    def cell(self, row: Row, column: str) -> str:
        """What stands in that column, "" if nothing; of several columns the first that says something."""
        for place in self._places.get(column, ()):
            if said := row.cells.get(place):
                return said
        return ""

    def texts(self, row: Row, column: str) -> dict[str, str]:
        """What stands in the columns of that text, by language."""
        found = {}
        for place in self._places.get(column, ()):
            if said := row.cells.get(place):
                found[self.headers[place].language] = said
        return found

    def written(self, column: str) -> str:
        """The column's name as the file has it, its own name where the file has none."""
        places = self._places.get(column)
        return self.headers[places[0]].written if places else column


def columns_of(sheet: Sheet, role: str, default_language: str, report: Report) -> Columns:
    """The sheet by the meaning of its columns; ``role``: survey, choices or settings.

    Raises DraftRefused when two columns have the same meaning, so that nobody can tell which one holds.
    """
    if not sheet.rows:
        return Columns(sheet.name)
    first, *rows = sheet.rows
    headers: dict[int, Header] = {}
    seen: dict[tuple[str, str], int] = {}
    for place, written in sorted(first.cells.items()):
        header = _header(written, role, default_language)
        key = (header.column, header.language)
        if key not in seen:
            seen[key], headers[place] = place, header
        elif _twice(sheet, role, headers, header, seen[key], place, report):
            headers[place] = header
    for row, column, error in sheet.faulty:
        shown = headers[column].written if column in headers else column_letters(column)
        report.changed(sheet.name, row, shown, f"the cell holds the error {error}; it was read as empty")
    return Columns(sheet.name, headers, rows)


def _twice(
    sheet: Sheet, role: str, headers: dict[int, Header], header: Header, at: int, place: int, report: Report
) -> bool:
    """Whether a second column of one meaning is read too: no row fills both, so each says what it says."""
    first, row = headers[at], sheet.rows[0].number
    places = f"columns {column_letters(at)} and {column_letters(place)}"
    if header.column not in KNOWN[role]:
        report.changed(sheet.name, row, header.written, f"the header stands in {places}; the first was read")
        return False
    same = first.written == header.written
    alias = "" if same else f" (“{first.written}” and “{header.written}”)"
    doubled = (each for each in sheet.rows[1:] if at in each.cells and place in each.cells)
    if not same and next(doubled, None) is None:
        said = f"“{first.written}” and “{header.written}” mean the same; no row fills both, so both were read"
        report.changed(sheet.name, row, header.written, said)
        return True
    raise DraftRefused(
        f"The sheet {sheet.name} has the header “{header.column}” twice{alias}, in {places}; "
        "rename or remove one of them."
    )


def _header(written: str, role: str, default_language: str) -> Header:
    shown = _SPACE.sub(" ", written).strip()
    name, mark, rest = shown.partition("::")
    if prefixed := _PREFIXED.fullmatch(shown):
        name, rest = f"{prefixed[1]}::{prefixed[2]}", prefixed[3] or ""
        if _meaning(name, role) not in KNOWN[role]:
            name, rest = shown, ""
    elif not mark:
        single, colon, behind = shown.partition(":")
        if colon and _meaning(single, role) in TRANSLATED:
            name, rest = single, behind
    column = _meaning(name, role)
    if column in TRANSLATED and role != "settings":
        return Header(column, rest.strip() or default_language or BARE, shown)
    if column in _MEDIA or _meaning(shown, role) in KNOWN[role]:
        return Header(_meaning(shown, role), "", shown)
    return Header(column if not rest else f"{column}::{rest.strip().lower()}", "", shown)


def _meaning(written: str, role: str) -> str:
    word = _SPACE.sub("_", written.strip()).casefold()
    if word == "list_name" or word in KNOWN[role]:
        return word
    aliases = _ALIASES[role]
    return aliases.get(word) or aliases.get(word.replace("-", "_")) or word


def languages_of(tables: Collection[Columns], default_language: str) -> tuple[str, ...]:
    """Every language that a column has: the default one first, then in the order of columns."""
    found = [
        header.language
        for table in tables
        for _place, header in sorted(table.headers.items())
        if header.column in TRANSLATED and header.language
    ]
    first = [default_language] if default_language in found else []
    return tuple(dict.fromkeys([*first, *found])) or (BARE,)
