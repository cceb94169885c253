"""A rule as an outline: one line a test or a bracket word, each a step deeper than what holds it.

    0 all
    1   size           none_of   micro
    1   any
    2     materials    any_of    cobalt, tin

What a test looks at is written as one word: ``size`` (a fact), ``ENV-05.total`` (an answer's part),
``PRO-08.materials.share`` (a column), ``ENV-23.discharge[process].leaves`` (a row's), ``.checked`` (a part of
the same question).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.questionnaire.rules import Op

BRACKETS = ("all", "any", "not")
DEEPEST = 6
_SUBJECT = re.compile(
    r"(?P<first>[A-Z]{2,4}-[0-9]{2,3}|[a-z][a-z0-9_]*)?"
    r"(?:\.(?P<part>[a-z][a-z0-9_]*))?(?:\[(?P<row>[^\]]+)\])?(?:\.(?P<column>[a-z][a-z0-9_]*))?\Z"
)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})\Z")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,9}\Z")


@dataclass(frozen=True)
class Line:
    """One line. ``op`` is a comparison, or "" where ``subject`` is all, any or not."""

    depth: int
    subject: str
    op: str = ""
    values: str = ""

    @property
    def bracket(self) -> bool:
        """Whether it holds the lines a step deeper below it."""
        return not self.op and self.subject in BRACKETS


def lines_of(rule: Any, depth: int = 0) -> tuple[Line, ...]:
    """The outline of a rule as it stands in a file; () for ``always`` or what is no rule."""
    if not isinstance(rule, dict) or not rule:
        return ()
    for word in ("all", "any"):
        if isinstance(rule.get(word), list):
            inner = [line for each in rule[word] for line in lines_of(each, depth + 1)]
            return (Line(depth, word), *inner)
    if "not" in rule:
        return (Line(depth, "not"), *lines_of(rule["not"], depth + 1))
    op = next((op.value for op in Op if op.value in rule), "")
    return (Line(depth, subject_of(rule), op, _said(rule.get(op))),)


def rule_of(lines: Sequence[Line]) -> Any:
    """The rule that an outline says; ``always`` where there is no line. What cannot be read stays in it for
    the checker to name."""
    several = _rules(lines, 0, len(lines))
    if not several:
        return "always"
    return several[0] if len(several) == 1 else {"all": several}


def _rules(lines: Sequence[Line], start: int, end: int) -> list[Any]:
    found: list[Any] = []
    at = start
    while at < end:
        line, after = lines[at], at + 1
        while after < end and lines[after].depth > line.depth:
            after += 1
        inner = _rules(lines, at + 1, after)
        if not line.bracket:
            found += [_test(line), *inner]
        elif line.subject == "not":
            found.append({"not": inner[0] if len(inner) == 1 else {"all": inner}})
        else:
            found.append({line.subject: inner})
        at = after
    return found


def subject_of(test: dict[str, Any]) -> str:
    """What a test looks at, as one word."""
    if "fact" in test:
        return str(test["fact"])
    row = f"[{test['row']}]" if test.get("row") else ""
    named = [f".{test[name]}" if test.get(name) else "" for name in ("part", "column")]
    return f"{test.get('answer', '')}{named[0]}{row}{named[1]}"


def source_of(subject: str) -> dict[str, str]:
    """The keys that a word of ``subject_of`` stands for; what cannot be read counts as a fact's name."""
    found = _SUBJECT.match(subject)
    if found is None or not subject:
        return {"fact": subject}
    first, below = found["first"], {name: found[name] for name in ("part", "column", "row") if found[name]}
    if first and first[0].isupper():
        return {"answer": first, **below}
    return {"fact": first} if first and not below else {"fact": subject} if first else below


def _test(line: Line) -> dict[str, Any]:
    op = line.op or Op.IS.value
    words = [word.strip() for word in line.values.split(",") if word.strip()]
    if op in (Op.ANY_OF.value, Op.NONE_OF.value):
        return {**source_of(line.subject), op: [atom(word) for word in words]}
    return {**source_of(line.subject), op: atom(line.values.strip())}


def atom(word: str) -> Any:
    """A value as YAML would read it: true, false, a number, else a word; in double quotes always a word."""
    if len(word) > 2 and word[0] == word[-1] == '"':
        return word[1:-1]
    if word in ("true", "false"):
        return word == "true"
    if _INTEGER.match(word):
        return int(word)
    return Decimal(word) if _DECIMAL.match(word) else word


def _said(operand: Any) -> str:
    if isinstance(operand, list):
        return ", ".join(_said(item) for item in operand)
    if isinstance(operand, bool):
        return "true" if operand else "false"
    if isinstance(operand, Decimal):
        return format(operand, "f")
    said = "" if operand is None else str(operand)
    return f'"{said}"' if isinstance(operand, str) and not isinstance(atom(said), str) else said
