"""The parts of an .xlsx file: which sheets there are, shared texts, which numbers are days, cells."""

from __future__ import annotations

import math
import posixpath
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from xml.parsers import expat

from assessments.questionnaire.formats.draft import DraftRefused, clean
from assessments.questionnaire.formats.sheets import (
    BROKEN,
    MOST_COLUMNS,
    TOO_LARGE,
    Budget,
    Row,
    Sheet,
    Workbook,
    open_archive,
    unpacked,
)

_MOST_STRINGS: Final = 200_000
_MOST_NAMES: Final = 5_000
_NAMED = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$[A-Z]{1,3}\$[0-9]{1,7}(?::\$[A-Z]{1,3}\$[0-9]{1,7})?)\Z"
)
_MOST_SHARED: Final = 8_000_000
_DEEPEST: Final = 64
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})\Z")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DAY_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_PERCENTS: Final = frozenset({"9", "10"})
_NONE: Final[frozenset[int]] = frozenset()
_NOT_DAYS = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')
_DAY_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  days of a sheet have no zone


def read_workbook(raw: bytes, wanted: Callable[[str], bool], *, percents: bool = False) -> Workbook:
    """Read the sheets whose name is ``wanted``; DraftRefused with one sentence when that cannot be done.

    ``percents``: a number that its cell shows as a share is given so (92.5%), not as a fraction (0.925).
    """
    with open_archive(raw) as archive:
        main = _main_part(archive)
        listed, epoch = _sheets_of(archive, main)
        targets = _relations(archive, main)
        texts: list[str] = []
        shared = next((target for kind, target in targets.values() if kind == "sharedStrings"), None)
        styles = next((target for kind, target in targets.values() if kind == "styles"), None)
        names = tuple(name for name, _relation in listed)
        asked = [(name, relation) for name, relation in listed if wanted(name)]
        if shared in archive.NameToInfo and asked:
            texts = _shared_texts(archive, str(shared))
        days, shares = _styles(archive, str(styles)) if styles in archive.NameToInfo else (_NONE, _NONE)
        budget = Budget()
        sheets: dict[str, Sheet] = {}
        for name, relation in asked:
            kind, target = targets.get(relation, ("", ""))
            if kind == "worksheet" and target in archive.NameToInfo and name not in sheets:
                reading = _Cells(Sheet(name), texts, days, shares if percents else _NONE, epoch, budget)
                _parse(archive, target, reading.start, reading.end, reading.characters)
                sheets[name] = reading.sheet
        return Workbook(names, sheets)


def defined_names(raw: bytes) -> dict[str, tuple[str, str]]:
    """Name to (sheet, cells as $A$1 or $A$1:$B$2) of every name that the workbook gives to cells.

    Raises DraftRefused as ``read_workbook`` does.
    """
    found: dict[str, tuple[str, str]] = {}
    pieces: list[str] = []
    current: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "definedName" and len(found) < _MOST_NAMES:
            current[:] = [attributes.get("name", "")]
            pieces.clear()

    def end(element: str) -> None:
        if element == "definedName" and current:
            cells = _NAMED.match("".join(pieces).strip())
            if cells:
                found[current[0]] = ((cells[1] or cells[2]).replace("''", "'"), cells[3])
            current.clear()

    def characters(said: str) -> None:
        if current:
            pieces.append(said)

    with open_archive(raw) as archive:
        _parse(archive, _main_part(archive), start, end, characters)
    return found


def _parse(
    archive: zipfile.ZipFile,
    name: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Parse one part, element by element under its local name, without a document type."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def started(element: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise DraftRefused(BROKEN)
        start(element.rpartition(":")[2], attributes)

    def ended(element: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(element.rpartition(":")[2])

    def doctype(*_declaration: Any) -> None:
        raise DraftRefused("The workbook declares entities, as no spreadsheet program does; save it again.")

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    if characters is not None:
        parser.CharacterDataHandler = characters
    try:
        for piece in unpacked(archive, name):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # a lookup: of an encoding nobody knows
        if isinstance(error, DraftRefused):
            raise
        raise DraftRefused(BROKEN) from None


def _main_part(archive: zipfile.ZipFile) -> str:
    found: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            found.append(attributes.get("Target", "").lstrip("/"))

    if "_rels/.rels" in archive.NameToInfo:
        _parse(archive, "_rels/.rels", start)
    for name in (*found, "xl/workbook.xml"):
        if name in archive.NameToInfo:
            return name
    raise DraftRefused("This archive holds no workbook; send the .xlsx file itself.")


def _sheets_of(archive: zipfile.ZipFile, main: str) -> tuple[list[tuple[str, str]], datetime]:
    listed: list[tuple[str, str]] = []
    epoch = [_EPOCH]

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "sheet" and len(listed) < 1_000:
            relation = next((each for key, each in attributes.items() if key.endswith(":id")), "")
            listed.append((clean(attributes.get("name", "")), relation))
        elif element == "workbookPr" and attributes.get("date1904", "") in ("1", "true"):
            epoch[0] = _EPOCH_1904

    _parse(archive, main, start)
    return listed, epoch[0]


def _relations(archive: zipfile.ZipFile, main: str) -> dict[str, tuple[str, str]]:
    """Relation id to (last word of its type, part)."""
    folder, file = posixpath.split(main)
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship" and len(found) < 10_000:
            target = attributes.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, posixpath.normpath(part))

    name = posixpath.join(folder, "_rels", f"{file}.rels")
    if name in archive.NameToInfo:
        _parse(archive, name, start)
    return found


def _shared_texts(archive: zipfile.ZipFile, name: str) -> list[str]:
    texts: list[str] = []
    pieces: list[str] = []
    state = {"reading": False, "aloud": 0, "left": _MOST_SHARED}

    def start(element: str, _attributes: dict[str, str]) -> None:
        if element == "si":
            pieces.clear()
        elif element == "rPh":
            state["aloud"] += 1
        state["reading"] = element == "t" and not state["aloud"]

    def end(element: str) -> None:
        if element == "si":
            text = clean(_unescaped("".join(pieces)))
            state["left"] -= len(text) + 1
            if state["left"] < 0 or len(texts) >= _MOST_STRINGS:
                raise DraftRefused(TOO_LARGE)
            texts.append(text)
        elif element == "rPh":
            state["aloud"] -= 1
        state["reading"] = False

    def characters(said: str) -> None:
        if state["reading"]:
            pieces.append(said)

    _parse(archive, name, start, end, characters)
    return texts


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _styles(archive: zipfile.ZipFile, name: str) -> tuple[frozenset[int], frozenset[int]]:
    """The numbers of the cell formats that show a day or a time, and of those that show a share."""
    codes: dict[str, str] = {}
    formats: list[str] = []
    inside: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        if element in ("cellXfs", "cellStyleXfs"):
            inside[:] = [element]
        elif element == "numFmt" and len(codes) < 10_000:
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif element == "xf" and inside == ["cellXfs"] and len(formats) < 100_000:
            formats.append(attributes.get("numFmtId", "0"))

    _parse(archive, name, start)
    days = {
        number
        for number in set(formats)
        if (number.isdecimal() and len(number) < 6 and int(number) in _DAY_FORMATS)
        or _DAY_LETTERS.search(_NOT_DAYS.sub("", codes.get(number, "")))
    }
    shares = {
        number
        for number in set(formats)
        if number in _PERCENTS or "%" in _NOT_DAYS.sub("", codes.get(number, ""))
    }
    places = list(enumerate(formats))
    return (
        frozenset(index for index, number in places if number in days),
        frozenset(index for index, number in places if number in shares),
    )


class _Cells:
    """Takes the cells of one sheet as they come by."""

    def __init__(
        self,
        sheet: Sheet,
        texts: list[str],
        days: frozenset[int],
        shares: frozenset[int],
        epoch: datetime,
        budget: Budget,
    ) -> None:
        self.sheet, self._texts, self._epoch, self._budget = sheet, texts, epoch, budget
        self._days, self._shares = days, shares
        self._row = Row(0, {})
        self._column = -1
        self._kind, self._style, self._reading = "", "", False
        self._pieces: list[str] = []
        self._formula = False

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if element == "c":
            place = _CELL.match(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces.clear()
            self._formula = False
        elif element in ("v", "t"):
            self._reading = True
        elif element == "f":
            self._formula = True
        elif element == "row":
            number = attributes.get("r", "")
            known = number.isdecimal() and len(number) <= 7
            self._row = Row(int(number) if known else self._row.number + 1, {})
            self._column = -1
        elif element == "rPh":
            self._kind = "aloud"

    def end(self, element: str) -> None:
        """An element ends."""
        if element in ("v", "t"):
            self._reading = False
        elif element == "c":
            if self._pieces and self._column < MOST_COLUMNS:
                self._cell("".join(self._pieces))
            elif self._formula and len(self.sheet.faulty) < 100:
                self.sheet.faulty.append((self._row.number, self._column, "a formula without its result"))
        elif element == "row" and self._row.cells:
            self.sheet.rows.append(self._row)

    def characters(self, said: str) -> None:
        """Text inside an element."""
        if self._reading and self._kind != "aloud":
            self._pieces.append(said)

    def _cell(self, said: str) -> None:
        if self._kind == "s":
            place = said.strip()
            known = place.isdecimal() and len(place) < 8 and int(place) < len(self._texts)
            text = self._texts[int(place)] if known else ""
        elif self._kind == "b":
            text = "TRUE" if said.strip() == "1" else "FALSE"
        elif self._kind == "e":
            if len(self.sheet.faulty) < 100:
                self.sheet.faulty.append((self._row.number, self._column, clean(said)))
            return
        elif self._kind == "n":
            text = self._number(said.strip())
        else:
            text = clean(_unescaped(said))
        if text:
            self._budget.spend(len(text) if self._kind != "s" else 0)
            self._row.cells[self._column] = text

    def _number(self, said: str) -> str:
        try:
            number = float(said)
        except ValueError:
            return clean(said)
        if not math.isfinite(number):
            return ""
        style = int(self._style) if self._style.isdecimal() and len(self._style) < 6 else -1
        if style in self._days:
            return self._day(number)
        if style in self._shares:
            return f"{number * 100:.13g}%"
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        return f"{number:.15g}"

    def _day(self, number: float) -> str:
        if not 0 <= number < 2_958_466:  # the year 9999
            return f"{number:.15g}"
        moment = self._epoch + timedelta(seconds=round(number * 86_400))
        if number < 1:
            return f"{moment:%H:%M:%S}"
        return f"{moment:%Y-%m-%d}" if number.is_integer() else f"{moment:%Y-%m-%dT%H:%M:%S}"


def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1
