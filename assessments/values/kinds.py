"""One codec for each kind of part: it parses and checks, shows, exports, and reads a posted form.

Stored values are those of DESIGN.md's JSON: text, a list of option keys, {"value", "year", "basis"}, a list
of rows. ``None`` is no value. ``parse(parse(x))`` is ``parse(x)``.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from assessments.questionnaire.model import Field, Part, PartKind
from assessments.questionnaire.vocabulary import BASES
from assessments.sentences import N_, CodeWord, Sentence
from assessments.values.numbers import plain, read_number, spaced
from assessments.values.problems import BadValue, told

GetList = Callable[[str], Sequence[str]]
"""A posted form: the values of a field of that name, as MultiDict.getlist gives them."""

Cells = list[tuple[str, str]]
"""Flat cells of an export, named like the form's fields; a name stands once for each value it has."""


class Codec(ABC):
    """Parses, checks, shows and exports the values of one kind."""

    @abstractmethod
    def parse(self, raw: Any, shape: Field, place: str) -> Any:
        """The stored value of what was typed or sent; None if nothing was. Raises BadValue."""

    @abstractmethod
    def show(self, value: Any, shape: Field) -> str:
        """A stored value as a reader sees it, in English."""

    def export(self, value: Any, shape: Field, name: str) -> Cells:
        """The value as flat cells; ``from_form`` and ``parse`` give it back."""
        return [] if value is None else [(name, str(value))]

    def from_form(self, getlist: GetList, shape: Field, name: str) -> Any:
        """The raw value among the posted fields; None if it is not there."""
        found = getlist(name)
        return found[0] if found else None

    def parse_cell(self, raw: Any, shape: Field, place: str) -> Any:
        """As ``parse``, for a cell of a table."""
        return self.parse(raw, shape, place)


def _blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def clean_text(raw: Any, place: str, longest: int, *, lines: bool) -> str | None:
    """Trimmed text in one Unicode form (NFC); None if nothing is left. Refuses what is no text."""
    if _blank(raw):
        return None
    if not isinstance(raw, str):
        raise BadValue(place, N_("%(value)s is not a text", value=told(raw)), "send a text")
    if "\x00" in raw or any(0xD800 <= ord(mark) <= 0xDFFF for mark in raw):
        raise BadValue(place, "it has a character that is no text", "paste it again as plain text")
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (line.rstrip() for line in text.split("\n"))
    text = ("\n".join(kept) if lines else " ".join(text.split())).strip()
    if any(unicodedata.category(mark) == "Cc" and mark not in "\n\t" for mark in text):
        raise BadValue(place, "it has a control character", "paste it again as plain text")
    if len(text) > longest:
        raise BadValue(
            place,
            N_("it has %(count)s characters, %(longest)s fit", count=len(text), longest=longest),
            "shorten it, or attach a document",
        )
    return text or None


class Choice(Codec):
    """One of several options: the option's key."""

    def options(self, shape: Field) -> Mapping[str, str]:
        """Key to text, in order."""
        return shape.options

    def parse(self, raw: Any, shape: Field, place: str) -> str | None:
        """See Codec."""
        if _blank(raw):
            return None
        options = self.options(shape)
        if isinstance(raw, list) and len(raw) == 1:
            raw = raw[0]
        if not isinstance(raw, str) or raw not in options:
            raise BadValue(
                place,
                N_("%(value)s is none of the choices", value=told(raw)),
                N_("choose one of: %(some)s", some=_some(options)),
            )
        return raw

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        return "" if value is None else self.options(shape).get(value, value)


class YesPartlyNo(Choice):
    """yes, partly or no; "not known yet" is a state of the answer and no value."""

    _OPTIONS: ClassVar[Mapping[str, str]] = {
        "yes": N_("Yes"),
        "partly": N_("Partly"),
        "no": N_("No"),
    }

    def options(self, shape: Field) -> Mapping[str, str]:
        """See Choice."""
        return self._OPTIONS


class Several(Codec):
    """Any number of options: their keys, in the order of the options."""

    def parse(self, raw: Any, shape: Field, place: str) -> list[str] | None:
        """See Codec."""
        if _blank(raw):
            return None
        chosen = [raw] if isinstance(raw, str) else raw
        if not isinstance(chosen, list):
            raise BadValue(
                place, N_("%(value)s is no list of choices", value=told(raw)), "send a list of option keys"
            )
        ticked = [item for item in chosen if not _blank(item)]
        for item in ticked:
            if not isinstance(item, str) or item not in shape.options:
                some = _some(shape.options)
                raise BadValue(
                    place,
                    N_("%(value)s is none of the choices", value=told(item)),
                    N_("choose from: %(some)s", some=some),
                )
        found = [key for key in shape.options if key in ticked]
        for key in shape.alone:
            if key in found and len(found) > 1:
                others = ", ".join(f"“{shape.options[k]}”" for k in found if k != key)
                raise BadValue(
                    place,
                    N_("“%(one)s” stands beside %(others)s", one=shape.options[key], others=others),
                    "take out one or the other; they exclude each other",
                )
        return found or None

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        return "; ".join(shape.options.get(key, key) for key in value or ())

    def export(self, value: Any, shape: Field, name: str) -> Cells:
        """See Codec."""
        return [(name, key) for key in value or ()]

    def from_form(self, getlist: GetList, shape: Field, name: str) -> Any:
        """See Codec."""
        return list(getlist(name)) or None


class Number(Codec):
    """A decimal number; with its data year and how it was found, unless the part is plain or bound."""

    def parse(self, raw: Any, shape: Field, place: str) -> dict[str, Any] | None:
        """See Codec."""
        if not isinstance(raw, dict):
            text = self.parse_cell(raw, shape, place)
            return None if text is None else {"value": text, "year": None, "basis": None}
        if unknown := sorted(str(key) for key in raw if key not in ("value", "year", "basis")):
            raise BadValue(
                place,
                N_("it has the unknown key %(value)s", value=told(unknown[0])),
                "send value, year and basis",
            )
        text = self.parse_cell(raw.get("value"), shape, place)
        if text is None:
            return None
        if shape.plain or (isinstance(shape, Part) and shape.bind is not None):
            return {"value": text, "year": None, "basis": None}
        return {"value": text, "year": self._year(raw, place), "basis": self._basis(raw, place)}

    def parse_cell(self, raw: Any, shape: Field, place: str) -> str | None:
        """See Codec."""
        if isinstance(raw, dict):
            raw = raw.get("value")
        if _blank(raw):
            return None
        number = read_number(_without_unit(raw, shape), place)
        unit = f" {shape.unit}" if shape.unit and shape.unit != "year" else ""
        if shape.whole and number != number.to_integral_value():
            raise BadValue(
                place, N_("%(number)s is not a whole number", number=plain(number)), "enter a whole number"
            )
        low, high = shape.min, shape.max
        if (low is not None and number < low) or (high is not None and number > high):
            raise BadValue(
                place,
                N_("%(number)s%(unit)s is out of range", number=plain(number), unit=unit),
                N_("enter %(range)s%(unit)s", range=_range(shape), unit=unit),
            )
        return plain(number)

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        if value is None:
            return ""
        parts = value if isinstance(value, dict) else {"value": value}
        unit = f" {shape.unit}" if shape.unit and shape.unit != "year" else ""
        number = parts["value"] if shape.unit == "year" else spaced(parts["value"])
        when = [str(said) for said in (parts.get("year"), parts.get("basis")) if said]
        return f"{number}{unit} ({', '.join(when)})" if when else f"{number}{unit}"

    def export(self, value: Any, shape: Field, name: str) -> Cells:
        """See Codec."""
        if value is None:
            return []
        if isinstance(value, str):
            return [(name, value)]
        return [(f"{name}.{key}", str(said)) for key, said in value.items() if said is not None]

    def from_form(self, getlist: GetList, shape: Field, name: str) -> Any:
        """See Codec."""
        found = {key: values[0] for key in ("value", "year", "basis") if (values := getlist(f"{name}.{key}"))}
        if found:
            return found
        bare = getlist(name)
        return bare[0] if bare else None

    def _year(self, raw: dict[str, Any], place: str) -> int | None:
        year = raw.get("year")
        if _blank(year):
            return None
        number = read_number(year, f"{place}.year")
        if number != number.to_integral_value() or not 1990 <= number <= 2100:
            raise BadValue(
                f"{place}.year",
                N_("%(value)s is no year", value=told(year)),
                "enter the year of the figure, such as 2025",
            )
        return int(number)

    def _basis(self, raw: dict[str, Any], place: str) -> str | None:
        basis = raw.get("basis")
        if _blank(basis):
            return None
        if basis not in BASES:
            raise BadValue(
                f"{place}.basis",
                N_("%(value)s is none of the choices", value=told(basis)),
                N_("choose %(said)s", said=tuple(CodeWord(basis) for basis in BASES)),
            )
        return str(basis)


def _without_unit(raw: Any, shape: Field) -> Any:
    """A share without the sign that spreadsheet programs and people put behind it."""
    if shape.unit == "percent" and isinstance(raw, str):
        return raw.strip().removesuffix("%").rstrip()
    return raw


class Date(Codec):
    """A day, as 2026-01-31."""

    def parse(self, raw: Any, shape: Field, place: str) -> str | None:
        """See Codec."""
        if _blank(raw):
            return None
        text = raw.strip() if isinstance(raw, str) else ""
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            try:
                day = dt.date.fromisoformat(text)
            except ValueError:
                raise BadValue(
                    place, N_("%(value)s is no day of the calendar", value=told(text)), "check day and month"
                ) from None
            if 1800 <= day.year <= 2200:
                return text
        raise BadValue(
            place, N_("%(value)s is not a date", value=told(raw)), "write year-month-day, such as 2026-01-31"
        )

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        if value is None:
            return ""
        day = dt.date.fromisoformat(value)
        return f"{day.day} {day:%B} {day.year}"


class Text(Codec):
    """Free text, short on one line or long on several."""

    def __init__(self, longest: int, *, lines: bool) -> None:
        self.longest, self.lines = longest, lines

    def parse(self, raw: Any, shape: Field, place: str) -> str | None:
        """See Codec."""
        return clean_text(raw, place, self.longest, lines=self.lines)

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        return value or ""


class Link(Codec):
    """A public web address, http or https, without a user name."""

    def parse(self, raw: Any, shape: Field, place: str) -> str | None:
        """See Codec."""
        text = clean_text(raw, place, 2000, lines=False)
        if text is None:
            return None
        try:
            parts = urlsplit(text)
            host, user, _ = parts.hostname, parts.username, parts.port
        except ValueError:
            host, user, parts = None, None, urlsplit("")
        bad_marks = any(mark.isspace() or mark in '<>"\\^`{|}' for mark in text)
        if parts.scheme not in ("http", "https") or not host or user or "." not in host or bad_marks:
            raise BadValue(
                place,
                N_("%(value)s is no web address", value=told(text)),
                "begin with https:// and copy it from the browser",
            )
        return text

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        return value or ""


class Evidence(Codec):
    """No value of its own: documents are linked to the answer."""

    def parse(self, raw: Any, shape: Field, place: str) -> None:
        """See Codec."""
        if not _blank(raw) and raw != []:
            raise BadValue(place, "it takes no value", "upload the document and link it to the answer")

    def show(self, value: Any, shape: Field) -> str:
        """See Codec."""
        return ""


def _some(options: Mapping[str, str]) -> str:
    keys = list(options)
    return ", ".join(keys[:12]) + (" …" if len(keys) > 12 else "")


def _range(shape: Field) -> Sentence:
    low, high = shape.min, shape.max
    if low is not None and high is not None:
        return N_("a number from %(low)s to %(high)s", low=plain(low), high=plain(high))
    if low is not None:
        return N_("%(low)s or more", low=plain(low))
    return N_("at most %(high)s", high=plain(high)) if high is not None else N_("")


FLAT: Mapping[PartKind, Codec] = {
    PartKind.YES_PARTLY_NO: YesPartlyNo(),
    PartKind.SINGLE: Choice(),
    PartKind.MULTIPLE: Several(),
    PartKind.NUMBER: Number(),
    PartKind.DATE: Date(),
    PartKind.SHORT_TEXT: Text(300, lines=False),
    PartKind.LONG_TEXT: Text(2000, lines=True),
    PartKind.LINK: Link(),
    PartKind.EVIDENCE: Evidence(),
}
"""The codecs of all kinds that may stand in a cell, and of evidence."""
