"""Values of answers: one codec for each kind of part, and the state that follows from the parts.

``parse`` takes what a program sent or a person typed, ``from_form`` finds it in a posted form, ``show`` says
it to a reader, ``export`` lays it out in flat cells that ``from_form`` reads back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.questionnaire.model import Part, PartKind, Question
from assessments.sentences import N_
from assessments.values.kinds import FLAT, Cells, Codec, GetList
from assessments.values.numbers import plain, spaced
from assessments.values.problems import BadValue, told
from assessments.values.state import (
    SAID,
    AnswerState,
    clean_reason,
    is_blank,
    missing_parts,
    needed_parts,
    state_of,
)
from assessments.values.tables import Table, sums

__all__ = [
    "CODECS",
    "SAID",
    "AnswerState",
    "BadValue",
    "Remark",
    "clean_reason",
    "export",
    "export_parts",
    "from_form",
    "is_blank",
    "missing_parts",
    "needed_parts",
    "parse",
    "parse_parts",
    "remarks",
    "show",
    "state_of",
]

CODECS: Mapping[PartKind, Codec] = {**FLAT, PartKind.TABLE: Table()}
"""The codec of every kind of part."""


@dataclass(frozen=True)
class Remark:
    """Something worth a second look that never stops a save."""

    place: str
    text: str


def parse(part: Part, raw: Any, place: str | None = None) -> Any:
    """The stored value of one part, or None; BadValue where it cannot be taken."""
    return CODECS[part.kind].parse(raw, part, place if place is not None else part.key)


def parse_parts(question: Question, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The stored parts of an answer, {part key: value}, blank ones left out.

    BadValue carries every fault of the answer in ``problems``.
    """
    if not isinstance(raw, Mapping):
        raise BadValue(
            question.key, N_("%(value)s is no answer", value=told(raw)), "send a map of part: value"
        )
    faults: list[BadValue] = []
    known = {part.key for part in question.parts}
    for key in raw:
        if key not in known:
            message = N_("it has no part %(value)s", value=told(key))
            faults.append(
                BadValue(question.key, message, N_("its parts are %(list)s", list=", ".join(sorted(known))))
            )
    parts: dict[str, Any] = {}
    for part in question.parts:
        try:
            value = parse(part, raw.get(part.key), f"{question.key}.{part.key}")
        except BadValue as bad:
            faults += bad.problems
            continue
        if not is_blank(value):
            parts[part.key] = value
    if faults:
        first = faults[0]
        raise BadValue(first.place, first.message, first.remedy, tuple(faults[1:]))
    return parts


def from_form(question: Question, getlist: GetList, prefix: str = "") -> dict[str, Any]:
    """The raw parts of a posted form, for ``parse_parts``. ``getlist`` as of a MultiDict.

    Fields: ``{prefix}{part}`` for text, date, link and choices (one field for each ticked box);
    ``{prefix}{part}.value``, ``.year``, ``.basis`` for numbers; ``{prefix}{part}.{row}.{column}`` for cells,
    with one ``{prefix}{part}.rows`` for each row unless the rows are fixed, and ``{prefix}{part}.{row}.row``
    where the row's key is picked on the form.
    """
    found = {
        part.key: CODECS[part.kind].from_form(getlist, part, f"{prefix}{part.key}")
        for part in question.parts
        if part.kind is not PartKind.EVIDENCE
    }
    return {key: value for key, value in found.items() if value is not None}


def show(value: Any, part: Part) -> str:
    """A stored value as a reader sees it; "" for none."""
    return CODECS[part.kind].show(value, part)


def export(value: Any, part: Part, prefix: str = "") -> Cells:
    """A stored value as flat (name, text) cells, named like the fields of the form."""
    return CODECS[part.kind].export(value, part, f"{prefix}{part.key}")


def export_parts(question: Question, parts: Mapping[str, Any], prefix: str = "") -> Cells:
    """All stored parts of an answer as flat cells."""
    return [cell for part in question.parts for cell in export(parts.get(part.key), part, prefix)]


def remarks(question: Question, parts: Mapping[str, Any]) -> list[Remark]:
    """Sums that do not add up, said kindly; they are asked about and never block."""
    found = []
    for part in question.parts:
        if part.kind is PartKind.TABLE:
            for key, total, expected in sums(part, parts.get(part.key)):
                text = N_(
                    "adds up to %(total)s, not to %(expected)s; is that right?",
                    total=spaced(plain(total)),
                    expected=spaced(plain(expected)),
                )
                found.append(Remark(f"{question.key}.{part.key}.{key}", text))
    return found
