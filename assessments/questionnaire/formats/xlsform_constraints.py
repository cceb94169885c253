"""Constraints of XLSForm: bounds of numbers and choices that stand alone become ours, the rest stays text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from assessments.questionnaire.formats.conditions import LONGEST_EXPRESSION
from assessments.questionnaire.formats.draft import Dialect, Field, Untranslated
from assessments.questionnaire.vocabulary import PartKind

_NUMBER = r"(-?(?:[0-9]{1,15}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}))"
_BOUND = re.compile(rf"\.\s*(>=|<=|>|<)\s*{_NUMBER}\Z")
_FLIPPED = re.compile(rf"{_NUMBER}\s*(>=|<=|>|<)\s*\.\Z")
_ALONE = re.compile(
    r"not\(\s*selected\(\s*\.\s*,\s*'([^']+)'\s*\)\s+and\s+count-selected\(\s*\.\s*\)\s*>\s*1\s*\)\Z"
)
_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


@dataclass(frozen=True)
class Limits:
    """What a constraint says in our words, and ``rest`` for what it says beyond."""

    low: Decimal | None = None
    high: Decimal | None = None
    alone: tuple[str, ...] = ()
    rest: Untranslated | None = None


def read_constraint(text: str, kind: PartKind | None, *, whole: bool) -> Limits:
    """The constraint of a field of that kind. Never raises: what is not understood is ``rest``."""
    low: Decimal | None = None
    high: Decimal | None = None
    alone: list[str] = []
    rest: list[str] = []
    pieces = _pieces(text)
    if text and pieces is None:
        return Limits(rest=Untranslated(Dialect.XPATH, text))
    for piece in pieces or ():
        bound = _bound(piece, whole=whole) if kind is PartKind.NUMBER else None
        lone = _ALONE.match(piece) if kind is PartKind.MULTIPLE else None
        if bound is not None and bound[0] == ">=" and low is None:
            low = bound[1]
        elif bound is not None and bound[0] == "<=" and high is None:
            high = bound[1]
        elif lone is not None:
            alone.append(lone[1])
        else:
            rest.append(piece)
    left = Untranslated(Dialect.XPATH, " and ".join(rest)) if rest else None
    return Limits(low, high, tuple(alone), left)


def _bound(piece: str, *, whole: bool) -> tuple[str, Decimal] | None:
    if match := _BOUND.match(piece):
        sign, number = match[1], Decimal(match[2])
    elif match := _FLIPPED.match(piece):
        sign, number = _TURNED[match[2]], Decimal(match[1])
    else:
        return None
    if sign in (">", "<"):
        if not whole or number != number.to_integral_value():
            return None  # our bounds include their number
        sign, number = f"{sign}=", number + (1 if sign == ">" else -1)
    return sign, number


def _pieces(text: str) -> list[str] | None:
    """The parts that an ``and`` outside brackets and quotes joins; None where an ``or`` does."""
    if len(text) > LONGEST_EXPRESSION:
        return None
    pieces, start, depth, quote = [], 0, 0, ""
    at = 0
    while at < len(text):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif depth == 0 and (at == 0 or text[at - 1].isspace() or text[at - 1] in ")'\""):
            word = re.match(r"(and|or)(?=[\s(])", text[at : at + 4])
            if word and word[1] == "or":
                return None
            if word:
                pieces.append(text[start:at].strip())
                at = start = at + 3
                continue
        at += 1
    if quote or depth:
        return None
    pieces.append(text[start:].strip())
    whole = [_bare(piece) for piece in pieces]
    return None if "" in whole else whole


def _bare(piece: str) -> str:
    """The piece without a pair of brackets round a bound."""
    if piece.startswith("(") and piece.endswith(")") and _bound(piece[1:-1].strip(), whole=True):
        return piece[1:-1].strip()
    return piece


def write_constraint(field: Field) -> str:
    """The constraint of a field as XPath, without what another dialect says."""
    said = []
    if field.kind is PartKind.NUMBER:
        if field.low is not None:
            said.append(f". >= {field.low:f}")
        if field.high is not None:
            said.append(f". <= {field.high:f}")
    if field.kind is PartKind.MULTIPLE:
        said.extend(
            f"not(selected(., '{key}') and count-selected(.) > 1)" for key in field.alone if "'" not in key
        )
    if field.constraint is not None and field.constraint.dialect is Dialect.XPATH:
        rest = field.constraint.text
        said.append(f"({rest})" if said and " or " in rest else rest)
    return " and ".join(said)
