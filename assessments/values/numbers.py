"""Numbers as people write them in many countries: 12,5 and 12.5, 1 234 and 1,234.5."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

from assessments.sentences import N_
from assessments.values.problems import BadValue, told

_MOST_DIGITS = 15
_MOST_DECIMALS = 6
_PLAIN = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?\Z")
_SPACES = " \u00a0\u2009\u202f'\u2019"
_GROUPED_BY_SPACE = re.compile(rf"([+-]?)([0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+)(?:[.,]([0-9]+))?\Z")
_GROUPED_BY_COMMA = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]+)\Z")
_GROUPED_BY_DOT = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)\Z")
_MANY_COMMAS = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3}){2,})()\Z")
_MANY_DOTS = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3}){2,})()\Z")
_DECIMAL_COMMA = re.compile(r"([+-]?)([0-9]+),([0-9]+)\Z")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}\Z")


def read_number(raw: object, place: str) -> Decimal:
    """The number that was meant; BadValue where it is none, or where two were possible.

    "1,234" could be a thousand or one and a bit, so it is refused; "1.234" is the form that programs write
    and means one and a bit.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise BadValue(place, N_("%(value)s is not a number", value=told(raw)), "enter digits, such as 12.5")
    if isinstance(raw, float) and not math.isfinite(raw):
        raise BadValue(place, "it is not a number", "enter digits, such as 12.5")
    text = _ascii_digits(raw.strip()) if isinstance(raw, str) else _written(raw)
    if _AMBIGUOUS.match(text):
        whole = text.replace(",", "")
        raise BadValue(
            place,
            N_("%(value)s can be read in two ways", value=told(text)),
            N_(
                "write %(whole)s for the large number, or %(small)s for the small one",
                whole=whole,
                small=text.replace(",", "."),
            ),
        )
    forms = (
        _PLAIN,
        _DECIMAL_COMMA,
        _GROUPED_BY_SPACE,
        _GROUPED_BY_COMMA,
        _GROUPED_BY_DOT,
        _MANY_COMMAS,
        _MANY_DOTS,
    )
    for form in forms:
        if found := form.match(text.replace("\u2212", "-")):
            sign, whole, decimals = (
                found.group(1),
                re.sub(r"[^0-9]", "", found.group(2)),
                found.group(3) or "",
            )
            break
    else:
        raise BadValue(
            place,
            N_("%(value)s is not a number", value=told(text)),
            "enter digits only, such as 1234 or 12.5; 12,5 is read as well",
        )
    decimals = decimals.rstrip("0")
    if len(whole.lstrip("0")) > _MOST_DIGITS or len(decimals) > _MOST_DECIMALS:
        raise BadValue(
            place,
            N_("%(value)s has too many digits", value=told(text)),
            N_(
                "at most %(before)s before and %(after)s after the point; choose a larger unit",
                before=_MOST_DIGITS,
                after=_MOST_DECIMALS,
            ),
        )
    number = Decimal(f"{sign}{whole}.{decimals or '0'}")
    return abs(number) if number == 0 else number


def plain(number: Decimal) -> str:
    """The one way in which a number is stored: a point, no exponent, no zeros at the end, no minus zero."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def spaced(text: str) -> str:
    """A stored number as it is shown: digits in groups of three from 10 000, by narrow no-break spaces."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, decimals = digits.partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", "\u202f")
    return f"{sign}{whole}{point}{decimals}"


def _written(raw: float | Decimal) -> str:
    number = raw if isinstance(raw, Decimal) else Decimal(repr(raw))
    if not number.is_finite() or abs(number.adjusted()) > 2 * _MOST_DIGITS:
        return "a number out of range"
    return format(number, "f")


def _ascii_digits(text: str) -> str:
    """Digits of any script as 0 to 9: ١٢ and १२ are 12."""
    if text.isascii() or len(text) > 60:
        return text
    return "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in text)
