"""Which column of somebody's spreadsheet means what: guessed from its headers, told by a person, remembered.

A mapping file stands beside the spreadsheet, under its name with ``.mapping.yaml`` behind it::

    sheet: "Questions"            # left out: the first sheet that has these columns
    header: 1                     # the row of the headers
    separator: ";"                # between the choices in one cell; line breaks always part them
    columns:
      text: "Question"            # or a map of languages: {en: "Question", de: "Frage"}
      help: "Guidance"
      section: "Theme"
      name: "No."
      type: "Kind of answer"
      options: "Choices"
      required: "Mandatory"
      unit: "Unit"
    types: {"Free text": long_text}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from assessments.questionnaire.formats.draft import BARE, DraftRefused, clean
from assessments.questionnaire.formats.sheets import Sheet
from assessments.questionnaire.vocabulary import PartKind

SUFFIX: Final = ".mapping.yaml"
MEANINGS: Final = ("text", "help", "section", "name", "type", "options", "required", "unit")
_SEVERAL: Final = ("text", "help")
_DEEPEST_HEADER: Final = 15

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("question", "questions", "question text", "text", "requirement", "indicator", "frage", "vraag"),
    "help": ("help", "guidance", "hint", "explanation", "description", "instructions", "notes"),
    "section": ("section", "category", "theme", "topic", "chapter", "area", "domain", "group"),
    "name": ("id", "no", "no.", "nr", "nr.", "#", "number", "ref", "reference", "code", "question id", "key"),
    "type": ("type", "answer type", "response type", "question type", "kind", "format"),
    "options": ("options", "choices", "answers", "answer options", "response options", "possible answers"),
    "required": ("required", "mandatory", "obligatory", "must"),
    "unit": ("unit", "units", "unit of measure"),
}  # fmt: skip
_TYPES: Final[Mapping[str, PartKind]] = {
    "text": PartKind.SHORT_TEXT, "short text": PartKind.SHORT_TEXT, "string": PartKind.SHORT_TEXT,
    "long text": PartKind.LONG_TEXT, "free text": PartKind.LONG_TEXT, "open": PartKind.LONG_TEXT,
    "paragraph": PartKind.LONG_TEXT, "comment": PartKind.LONG_TEXT, "number": PartKind.NUMBER,
    "numeric": PartKind.NUMBER, "integer": PartKind.NUMBER, "decimal": PartKind.NUMBER,
    "percentage": PartKind.NUMBER, "percent": PartKind.NUMBER, "date": PartKind.DATE, "url": PartKind.LINK,
    "link": PartKind.LINK, "file": PartKind.EVIDENCE, "upload": PartKind.EVIDENCE,
    "attachment": PartKind.EVIDENCE, "document": PartKind.EVIDENCE, "evidence": PartKind.EVIDENCE,
    "yes/no": PartKind.YES_PARTLY_NO, "yes no": PartKind.YES_PARTLY_NO, "boolean": PartKind.YES_PARTLY_NO,
    "yes/partly/no": PartKind.YES_PARTLY_NO, "single": PartKind.SINGLE, "single choice": PartKind.SINGLE,
    "choice": PartKind.SINGLE, "dropdown": PartKind.SINGLE, "radio": PartKind.SINGLE,
    "select": PartKind.SINGLE,
    "multiple": PartKind.MULTIPLE, "multiple choice": PartKind.MULTIPLE, "multi-select": PartKind.MULTIPLE,
    "multiselect": PartKind.MULTIPLE, "checkbox": PartKind.MULTIPLE, "checkboxes": PartKind.MULTIPLE,
}  # fmt: skip


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns mean. ``columns``: meaning to language to header; "default" where there is one."""

    columns: Mapping[str, Mapping[str, str]]
    sheet: str = ""
    header: int = 1
    separator: str = ";"
    types: Mapping[str, PartKind] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the texts, that of the questions first."""
        found = [language for meaning in _SEVERAL for language in self.columns.get(meaning, {})]
        return tuple(dict.fromkeys(found)) or (BARE,)

    def kind(self, word: str) -> PartKind | None:
        """The kind that a word of the column of types means; None when it is unknown."""
        said = " ".join(word.casefold().replace("_", " ").split())
        return self.types.get(said) or _TYPES.get(said) or next((k for k in PartKind if k == said), None)

    def yaml(self) -> str:
        """The mapping file."""
        lines = ["# Which column of the spreadsheet means what; read again when it is imported again."]
        if self.sheet:
            lines.append(f"sheet: {_quoted(self.sheet)}")
        lines += [f"header: {self.header}", f"separator: {_quoted(self.separator)}", "columns:"]
        for meaning, headers in self.columns.items():
            if set(headers) == {BARE}:
                lines.append(f"  {meaning}: {_quoted(headers[BARE])}")
            else:
                lines.append(f"  {meaning}:")
                lines += [f"    {_quoted(language)}: {_quoted(name)}" for language, name in headers.items()]
        if self.types:
            lines.append("types:")
            lines += [f"  {_quoted(word)}: {kind.value}" for word, kind in self.types.items()]
        return "\n".join(lines) + "\n"


def mapping_from(tree: Any) -> ColumnMapping:
    """The mapping of a file's tree; DraftRefused says in one sentence what is wrong with it."""
    if not isinstance(tree, dict) or not isinstance(tree.get("columns"), dict):
        raise DraftRefused('The mapping file has no columns; it needs at least columns: {text: "Question"}.')
    unknown = sorted(
        str(key) for key in tree if key not in ("sheet", "header", "separator", "columns", "types")
    )
    unknown += sorted(str(key) for key in tree["columns"] if key not in MEANINGS)
    if unknown:
        raise DraftRefused(
            f"The mapping file has the unknown key {unknown[0]}; columns are {', '.join(MEANINGS)}."
        )
    columns: dict[str, dict[str, str]] = {}
    for meaning, told in tree["columns"].items():
        pairs = told if isinstance(told, dict) and meaning in _SEVERAL else {BARE: told}
        if not all(isinstance(name, str) and name.strip() for name in pairs.values()):
            raise DraftRefused(f"The mapping file names no column for {meaning}.")
        columns[meaning] = {clean(str(language)): clean(name) for language, name in pairs.items()}
    if "text" not in columns:
        raise DraftRefused("The mapping file does not say which column holds the questions (columns: text).")
    header = tree.get("header", 1)
    if not isinstance(header, int) or isinstance(header, bool) or not 1 <= header <= 1000:
        raise DraftRefused("The header of the mapping file is the number of a row, from 1.")
    sheet, separator = tree.get("sheet", ""), tree.get("separator", ";")
    if not isinstance(sheet, str) or not isinstance(separator, str) or not separator:
        raise DraftRefused("The sheet and the separator of the mapping file are texts.")
    return ColumnMapping(columns, sheet, header, separator, _types(tree.get("types", {})))


def _types(told: Any) -> dict[str, PartKind]:
    if not isinstance(told, dict):
        raise DraftRefused('The types of the mapping file are a map, such as {"Free text": long_text}.')
    known = {kind.value: kind for kind in PartKind if kind is not PartKind.TABLE}
    for word, kind in told.items():
        if kind not in known:
            raise DraftRefused(f"The mapping file makes {word} a {kind}; kinds are {', '.join(known)}.")
    return {" ".join(str(word).casefold().split()): known[kind] for word, kind in told.items()}


def guessed(sheet: Sheet) -> ColumnMapping | None:
    """What the columns of the sheet mean by their headers; None where none looks like a question."""
    for row in sheet.rows:
        if row.number > _DEEPEST_HEADER:
            return None
        columns: dict[str, dict[str, str]] = {}
        taken: set[str] = set()
        for meaning in MEANINGS:
            for cell in row.cells.values():
                word = re.sub(r"[\s:*?]+", " ", cell).strip().casefold()
                if word in _HEADERS[meaning] and meaning not in columns and cell not in taken:
                    columns[meaning] = {BARE: cell}
                    taken.add(cell)
        if "text" in columns:
            return ColumnMapping(columns, sheet.name, row.number)
    return None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
