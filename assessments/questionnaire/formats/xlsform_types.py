"""The types of XLSForm: which of our kinds each is, what begins and ends a group, what has no kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from assessments.questionnaire.vocabulary import PartKind


class Does(StrEnum):
    """What a row of the survey does."""

    ASK = "ask"
    NOTE = "note"
    MACHINE = "machine"
    BEGIN_GROUP = "begin_group"
    BEGIN_REPEAT = "begin_repeat"
    END_GROUP = "end_group"
    END_REPEAT = "end_repeat"


@dataclass(frozen=True)
class RowType:
    """The type of a row, read. ``changed``: what is lost although a kind of ours holds it.

    ``over``: the list whose choices a loop goes through.
    """

    does: Does
    kind: PartKind | None = None
    list_name: str = ""
    other: bool = False
    whole: bool = False
    changed: str = ""
    known: bool = True
    over: str = ""


_KINDS: Final[Mapping[str, tuple[PartKind, bool, str]]] = {
    "text": (PartKind.SHORT_TEXT, False, ""),
    "string": (PartKind.SHORT_TEXT, False, ""),
    "textarea": (PartKind.LONG_TEXT, False, ""),
    "integer": (PartKind.NUMBER, True, ""),
    "int": (PartKind.NUMBER, True, ""),
    "decimal": (PartKind.NUMBER, False, ""),
    "number": (PartKind.NUMBER, False, ""),
    "range": (PartKind.NUMBER, False, "a slider becomes a number"),
    "date": (PartKind.DATE, False, ""),
    "file": (PartKind.EVIDENCE, False, ""),
    "image": (PartKind.EVIDENCE, False, "a picture becomes a document of evidence"),
    "photo": (PartKind.EVIDENCE, False, "a picture becomes a document of evidence"),
    "barcode": (PartKind.SHORT_TEXT, False, "a scanned code becomes a short text"),
    "url": (PartKind.LINK, False, ""),
    "phone number": (PartKind.SHORT_TEXT, False, "a telephone number becomes a short text"),
    "percentage": (PartKind.NUMBER, True, "a percentage becomes a whole number"),
    "number of days in last month": (PartKind.NUMBER, True, ""),
    "number of days in last six months": (PartKind.NUMBER, True, ""),
    "number of days in last year": (PartKind.NUMBER, True, ""),
}
_MACHINES: Final = frozenset(
    {
        "calculate", "hidden", "start", "end", "today", "deviceid", "device_id", "imei", "username",
        "subscriberid", "simserial", "phonenumber", "phone_number", "audit", "start-geopoint",
        "background-audio", "background-geopoint", "xml-external", "csv-external", "start time", "end time",
        "device id", "sim id", "subscriber id", "email",
    }
)  # fmt: skip
_UNMATCHED: Final = frozenset(
    {
        "geopoint", "geotrace", "geoshape", "location", "gps", "time", "datetime", "date time", "audio",
        "video", "acknowledge", "trigger", "rank", "osm", "select_one_from_file",
        "select_multiple_from_file", "select_one_external",
    }
)  # fmt: skip
_EDGES: Final[Mapping[str, Does]] = {
    "begin group": Does.BEGIN_GROUP,
    "end group": Does.END_GROUP,
    "begin repeat": Does.BEGIN_REPEAT,
    "end repeat": Does.END_REPEAT,
    "begin loop": Does.BEGIN_REPEAT,
    "end loop": Does.END_REPEAT,
    "begin lgroup": Does.BEGIN_REPEAT,
    "end lgroup": Does.END_REPEAT,
}
_ONE: Final = (
    "select_one", "select one", "select1", "select one from", "select one using",
    "add select one prompt using", "q select1",
)  # fmt: skip
_MANY: Final = (
    "select_multiple",
    "select multiple",
    "select all that apply",
    "select all that apply from",
    "select multiple from",
    "select multiple using",
    "q select",
    "add select multiple prompt using",
)
_OTHER = re.compile(r"\s+(?:or_other|or specify other|or other)$", re.IGNORECASE)
_SPACES = re.compile(r"[\s\u00a0]+")
_LOOP = re.compile(r"begin[ _]loop over (.+)", re.IGNORECASE)
_OLD_WORDS = re.compile(r"(?:q|get|add) (.+?)(?: prompt)?|uri:(.+)")
"""Types as forms of before 2013 have them: q text, get today, add text prompt, uri:deviceid."""


def read_type(written: str) -> RowType:
    """The type of a row; ``known`` False when no version of XLSForm has it."""
    text = _SPACES.sub(" ", written).strip()
    lowered = text.casefold()
    if edge := _EDGES.get(lowered.replace("_", " ")):
        return RowType(edge)
    if loop := _LOOP.fullmatch(text):
        return RowType(Does.BEGIN_REPEAT, over=loop[1])
    old = _OLD_WORDS.fullmatch(lowered)
    if old and (old[1] or old[2]) in {"note", *_MACHINES, *_KINDS, *_UNMATCHED}:
        lowered = old[1] or old[2]
    if lowered == "note":
        return RowType(Does.NOTE)
    if lowered in _MACHINES:
        return RowType(Does.MACHINE)
    if lowered in _KINDS:
        kind, whole, changed = _KINDS[lowered]
        return RowType(Does.ASK, kind, whole=whole, changed=changed)
    for words, kind in ((_MANY, PartKind.MULTIPLE), (_ONE, PartKind.SINGLE)):
        for word in sorted(words, key=len, reverse=True):
            if lowered.startswith(f"{word} "):
                return _select(text[len(word) :].strip(), kind)
    first = lowered.split(" ", 1)[0].replace("-", "_")
    return RowType(Does.ASK, known=first in _UNMATCHED or lowered in _UNMATCHED)


def _select(rest: str, kind: PartKind) -> RowType:
    name = _OTHER.sub("", rest)
    if not name or "${" in name:
        return RowType(Does.ASK)
    return RowType(Does.ASK, kind, name, other=name != rest)


def is_type(written: str) -> bool:
    """Whether XLSForm has that type for a row that asks, so that an export may use it.

    Not one that needs a sheet of its own (external_choices), which an export does not have.
    """
    found = read_type(written)
    if "external" in written.casefold():
        return False
    return found.does is Does.ASK and found.kind is None and found.known and not found.list_name


def is_machine(written: str) -> bool:
    """Whether XLSForm has that type for a row that nobody answers."""
    return read_type(written).does is Does.MACHINE
