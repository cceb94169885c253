"""The translator's door: what is missing as a sheet of rows, and filled rows back into the pack's files."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assessments.questionnaire.languages.telling import Place, unit_digest
from assessments.questionnaire.languages.translation import (
    Gap,
    Translation,
    Unit,
    gaps,
    read_translation,
    texts_of_pack,
    translated_file,
)
from assessments.questionnaire.languages.translation_faults import faults_of
from assessments.questionnaire.model import Questionnaire

COLUMNS = ("file", "path", "english", "before", "translation")
"""``before``: the translation of an English text that has changed since."""

Tree = dict[str, Any]


class BadSheet(ValueError):
    """The sheet is none, or names what the pack does not have; ``args[0]`` says where and what to do."""


@dataclass(frozen=True)
class Row:
    """One line of a translator's sheet."""

    line: int
    place: Place
    english: str
    translation: str


@dataclass(frozen=True)
class Taken:
    """What came of a sheet: texts written, lines left empty, and lines refused with their reasons."""

    written: int
    empty: int
    refused: tuple[tuple[int, str], ...]


def sheet_of(missing: Iterable[Gap]) -> str:
    """CSV of what is to be translated, one text a line, to be opened in any spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for gap in missing:
        writer.writerow((gap.place.file, ".".join(gap.place.path), gap.english, gap.old or "", ""))
    return out.getvalue()


def read_sheet_rows(text: str) -> list[Row]:
    """The rows of a filled sheet. BadSheet where a column is missing or a line has no place."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [
        name for name in ("file", "path", "english", "translation") if name not in (reader.fieldnames or ())
    ]
    if missing:
        raise BadSheet(f"line 1 lacks {', '.join(missing)}; keep the first line as it was written")
    rows = []
    for line, cells in enumerate(reader, 2):
        file, path = (cells["file"] or "").strip(), (cells["path"] or "").strip()
        if not file or not path:
            raise BadSheet(f"line {line} names no file and path; keep the first columns as they were written")
        rows.append(
            Row(line, Place(file, _path(path)), cells["english"] or "", (cells["translation"] or "").strip())
        )
    return rows


def _path(path: str) -> tuple[str, ...]:
    """A path's keys. Only the id of a standard's element holds dots of its own ("GRI.403-1")."""
    head, found, element = path.partition(".mappings.")
    if not found:
        return tuple(path.split("."))
    return (*head.split("."), "mappings", element.removesuffix(".leaves"), "leaves")


def take(folder: Path, questionnaire: Questionnaire, language: str, rows: Iterable[Row]) -> Taken:
    """Write the rows' translations into the files of the pack in ``folder``; the rest of each file stays.

    A row is refused when its English is no longer what the pack says, or when slots, numbers or words of the
    translation do not fit. A unit whose English had changed keeps only what this sheet gives again.
    """
    english = texts_of_pack(questionnaire, folder)
    units = _units(english)
    old = read_translation(folder, language)
    fresh: defaultdict[Unit, dict[Place, str]] = defaultdict(dict)
    refused: list[tuple[int, str]] = []
    empty = written = 0
    for row in rows:
        if not row.translation:
            empty += 1
            continue
        reason = _refusal(row, english.get(row.place), language)
        if reason:
            refused.append((row.line, reason))
            continue
        fresh[row.place.file, row.place.unit][row.place] = row.translation
        written += 1
    texts, digests = dict(old.texts), dict(old.digests)
    for unit, given in fresh.items():
        now = unit_digest((place, english[place]) for place in units[unit])
        if digests.get(unit) != now:
            texts = {place: text for place, text in texts.items() if (place.file, place.unit) != unit}
        texts.update(given)
        digests[unit] = now
    merged = Translation(language, texts, digests)
    for file in {file for file, _unit in fresh}:
        target = folder / translated_file(file, language)
        target.write_text(file_text(questionnaire, file, merged, english), encoding="utf-8")
    return Taken(written, empty, tuple(refused))


def _refusal(row: Row, english: str | None, language: str) -> str | None:
    if english is None:
        return f"{row.place} is no text of this pack; leave the first two columns as they were written"
    if row.english != english:
        return "the English has changed since the sheet was written; write a new sheet for it"
    faults = [f"{said}; {cure}" for said, cure in faults_of(row.place, english, row.translation, language)]
    return faults[0] if faults else None


def missing_in(folder: Path, questionnaire: Questionnaire, language: str) -> list[Gap]:
    """What the pack in ``folder`` lacks in that language, in reading order."""
    return gaps(texts_of_pack(questionnaire, folder), read_translation(folder, language))


def _units(texts: Mapping[Place, str]) -> dict[Unit, list[Place]]:
    found: defaultdict[Unit, list[Place]] = defaultdict(list)
    for place in texts:
        found[place.file, place.unit].append(place)
    return found


def file_text(
    questionnaire: Questionnaire, file: str, translation: Translation, english: Mapping[Place, str]
) -> str:
    """One translated file as YAML: its head, the digests of its units, then the texts in English order."""
    own = [place for place in english if place.file == file and place in translation.texts]
    tree: Tree = {}
    for place in own:
        branch = tree
        for key in place.path[:-1]:
            branch = branch.setdefault(key, {})
        branch[place.path[-1]] = translation.texts[place]
    units = dict.fromkeys(place.unit for place in own)
    source = _quoted(questionnaire.version)
    lines = [
        f"translation: {{of: {file}, language: {translation.language}, source: {source}, state: draft}}",
        "digests:",
        *(f'  {".".join(unit)}: "{translation.digests[file, unit]}"' for unit in units),
        *_lines(tree, 0),
    ]
    return "\n".join(lines) + "\n"


def _lines(tree: Tree, depth: int) -> Iterable[str]:
    pad = "  " * depth
    for key, value in tree.items():
        if isinstance(value, str):
            yield f"{pad}{_key(key)}: {_quoted(value)}"
        elif _is_list(value):
            yield f"{pad}{_key(key)}:"
            for item in value.values():
                if isinstance(item, str):
                    yield f"{pad}  - {_quoted(item)}"
                elif _is_list(item) and all(isinstance(cell, str) for cell in item.values()):
                    yield f"{pad}  - [{', '.join(map(_quoted, item.values()))}]"
                else:
                    first, *rest = _lines(item, depth + 2)
                    yield f"{pad}  - {first.lstrip()}"
                    yield from rest
        else:
            yield f"{pad}{_key(key)}:"
            yield from _lines(value, depth + 1)


def _is_list(tree: Tree) -> bool:
    """Whether the keys are 0, 1, 2 … of a list none of whose items is missing. A ladder's levels are keys."""
    return list(tree) == [str(i) for i in range(len(tree))] and not any(
        isinstance(value, dict) and "sees" in value for value in tree.values()
    )


def _key(key: str) -> str:
    return f'"{key}"' if key.lower() in {"yes", "no", "on", "off", "y", "n", "true", "false", "null"} else key


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
