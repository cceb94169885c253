"""What every expression language shares on the way to our rules and back: names, comparisons, and, or, not.

Missing values decide the translation. In the languages of forms an empty answer equals nothing and is never
smaller or larger; our tests say the same, with one exception that is spelled out: "less than 5" is
"given, and not at least 5", since our language has no such test.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from assessments.questionnaire.formats.draft import Draft, Field, Group, Item, Machine, Repeat, Table
from assessments.questionnaire.rules import (
    AllOf,
    AnyOf,
    Atom,
    FactSource,
    Not,
    Op,
    PartSource,
    Rule,
    Source,
    Test,
    as_number,
)
from assessments.questionnaire.vocabulary import PartKind

LONGEST_EXPRESSION = 4_000
MOST_EXPRESSIONS = 300_000
DEEPEST = 40
CHOICE_KINDS = (PartKind.SINGLE, PartKind.MULTIPLE, PartKind.YES_PARTLY_NO)


class Unclear(ValueError):
    """The expression says something that our rules cannot, or we cannot read it; the message says what."""


class Patience:
    """How many characters of expressions are still read in one file; a form of 900 rows has some 30,000."""

    def __init__(self) -> None:
        self._left = MOST_EXPRESSIONS

    def spend(self, text: str) -> None:
        """Take an expression off; Unclear when it is too long, or all of them together are."""
        if len(text) > LONGEST_EXPRESSION:
            raise Unclear(f"it has more than {LONGEST_EXPRESSION} characters")
        self._left -= len(text)
        if self._left < 0:
            raise Unclear(f"the file has more than {MOST_EXPRESSIONS:,} characters of expressions")


class CannotSay(ValueError):
    """The rule says something that the other language cannot; the message says what."""


@dataclass(frozen=True)
class Target:
    """What a name in an expression stands for."""

    source: Source
    kind: PartKind | None


Names = Mapping[str, Target | None]
"""Names that expressions may use; None: a name that stands for several things, or for a row's own value."""


def targets(items: Sequence[Item]) -> dict[str, Target | None]:
    """The fields outside repeats by name, those that a condition may look at.

    A name that two fields have, or a field inside a repeat, stands for None: no single value is meant.
    """
    found: dict[str, Target | None] = {}
    for item, inside in _with_repeats(items, False):
        name = item.name
        if isinstance(item, Group) and not isinstance(item, Repeat):
            continue
        single = isinstance(item, Field) and not inside and name not in found
        found[name] = Target(PartSource(name), item.kind) if single and isinstance(item, Field) else None
    return found


def references(items: Sequence[Item]) -> dict[str, Target | None]:
    """What names stand for where cells of a table are called table.row.column, fields of a group group.field.

    A table with the one column "answer" has its cells by table.row too; a fact of ours is a field fact_NAME.
    """
    found = targets(items)
    for item, inside in _with_repeats(items, False):
        if inside:
            continue
        if isinstance(item, Table):
            for row in item.rows:
                for column in item.columns:
                    cell = Target(PartSource(item.name, column.name, row.key), column.kind)
                    found.setdefault(f"{item.name}.{row.key}.{column.name}", cell)
                    if column.name == "answer":
                        found.setdefault(f"{item.name}.{row.key}", cell)
        elif isinstance(item, Group) and not isinstance(item, Repeat):
            for each in item.items:
                found.setdefault(f"{item.name}.{each.name}", found.get(each.name))
        elif isinstance(item, Machine) and item.typed == "hidden" and item.name.startswith("fact_"):
            found[item.name] = Target(FactSource(item.name.removeprefix("fact_")), None)
    return found


def _with_repeats(items: Sequence[Item], inside: bool) -> Iterator[tuple[Item, bool]]:
    for item in items:
        yield item, inside
        if isinstance(item, Group):
            yield from _with_repeats(item.items, inside or isinstance(item, Repeat))


def kinds(draft: Draft) -> dict[tuple[str, str | None], PartKind | None]:
    """The kind of every source of a rule: (field, None), and (repeat or table, column)."""
    found: dict[tuple[str, str | None], PartKind | None] = {}
    for item, _depth in draft.walk():
        if isinstance(item, Field):
            found[item.name, None] = item.kind
        elif isinstance(item, Table):
            found[item.name, None] = PartKind.TABLE
            found |= {(item.name, column.name): column.kind for column in item.columns}
        elif isinstance(item, Repeat):
            found[item.name, None] = PartKind.TABLE
            found |= {(item.name, each.name): each.kind for each in item.items if isinstance(each, Field)}
    return found


def compared(target: Target, sign: str, value: Atom) -> Rule:
    """The rule of one comparison; ``sign`` is one of = != < <= > >=. Raises Unclear."""
    source, kind = target.source, target.kind
    if value == "" and isinstance(value, str):
        if sign not in ("=", "!="):
            raise Unclear("an empty text is compared by size")
        return Test(source, Op.GIVEN, sign == "!=")
    if sign in ("=", "!="):
        if kind is PartKind.MULTIPLE:
            raise Unclear("an answer of several choices is set equal to one text")
        if kind not in (*CHOICE_KINDS, PartKind.NUMBER, None):
            raise Unclear(f"our rules ask of a {kind} only whether it is given")
        return Test(source, Op.IS if sign == "=" else Op.IS_NOT, fitting(kind, value))
    number = as_number(value)
    if number is None or kind not in (PartKind.NUMBER, None):
        raise Unclear("only numbers can be compared by size")
    if sign == "<":
        return AllOf((Test(source, Op.GIVEN, True), Not(Test(source, Op.AT_LEAST, number))))
    return Test(source, {">": Op.MORE_THAN, ">=": Op.AT_LEAST, "<=": Op.AT_MOST}[sign], number)


def chosen(target: Target, value: Atom) -> Rule:
    """The rule that one choice is among those picked."""
    if target.kind not in CHOICE_KINDS:
        raise Unclear("asks for a choice of what is no choice")
    return Test(target.source, Op.IS, fitting(target.kind, value))


def fitting(kind: PartKind | None, value: Atom) -> Atom:
    """The value as answers of that kind hold it: a Decimal for numbers, else the text; choices have keys."""
    if kind is PartKind.NUMBER:
        number = as_number(value)
        if number is None:
            raise Unclear("a number is compared with a text")
        return number
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else value


def either(rules: Sequence[Rule]) -> Rule:
    """The rule that one of several holds; tests of one thing become one test."""
    if len(rules) == 1:
        return rules[0]
    merged = _merged(rules, Op.IS, Op.ANY_OF)
    return merged or AnyOf(tuple(inner for rule in rules for inner in _opened(rule, AnyOf)))


def every(rules: Sequence[Rule]) -> Rule:
    """The rule that all of several hold; tests of one thing become one test."""
    if len(rules) == 1:
        return rules[0]
    merged = _merged(rules, Op.IS_NOT, Op.NONE_OF)
    return merged or AllOf(tuple(inner for rule in rules for inner in _opened(rule, AllOf)))


def _opened(rule: Rule, kind: type[AllOf] | type[AnyOf]) -> tuple[Rule, ...]:
    return rule.rules if isinstance(rule, AllOf | AnyOf) and isinstance(rule, kind) else (rule,)


def _merged(rules: Sequence[Rule], single: Op, several: Op) -> Rule | None:
    tests = [rule for rule in rules if isinstance(rule, Test) and rule.op in (single, several)]
    if len(tests) != len(rules) or len({test.source for test in tests}) != 1:
        return None
    atoms: list[Atom] = []
    for test in tests:
        atoms.extend(test.operand if isinstance(test.operand, tuple) else (test.operand,))
    return Test(tests[0].source, several, tuple(dict.fromkeys(atoms)))


@dataclass(frozen=True)
class Token:
    """One word of an expression: a kind of the language's own, and its text."""

    kind: str
    text: str


def before(token: Token) -> str:
    """Where something is missing, as a person finds it in the expression."""
    return f"before “{token.text[:30]}”" if token.text else "at its end"


def tokens_of(pattern: re.Pattern[str], text: str) -> list[Token]:
    """The words of an expression, by named groups; Unclear when it is longer than anybody reads."""
    if len(text) > LONGEST_EXPRESSION:
        raise Unclear(f"it has more than {LONGEST_EXPRESSION} characters")
    found = []
    for match in pattern.finditer(text):
        kind = match.lastgroup or "other"
        found.append(Token(kind, match[kind]))
    return found


FLIPPED: Mapping[str, str] = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
"""The same comparison with its sides exchanged."""


class Expression(ABC):
    """Reads ``a and (b or c)``; what a, b and c are, the languages say in ``single``."""

    both_words: ClassVar[frozenset[str]] = frozenset({"and"})
    either_words: ClassVar[frozenset[str]] = frozenset({"or"})

    def __init__(self, tokens: list[Token], names: Names) -> None:
        self.tokens, self.names, self.at, self.depth = tokens, names, 0, 0

    def rule(self) -> Rule:
        """The whole expression as a rule; Unclear when it is none of ours."""
        rule = self.any_of_these()
        if self.at < len(self.tokens):
            raise Unclear(f"we cannot read it from “{self.tokens[self.at].text[:30]}” on")
        return rule

    def any_of_these(self) -> Rule:
        """Parts joined by or."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unclear(f"it is nested more than {DEEPEST} deep")
        rules = [self._all_of_these()]
        while self.word(self.either_words):
            rules.append(self._all_of_these())
        self.depth -= 1
        return either(rules)

    def _all_of_these(self) -> Rule:
        rules = [self.single()]
        while self.word(self.both_words):
            rules.append(self.single())
        return every(rules)

    @abstractmethod
    def single(self) -> Rule:
        """One comparison, one negation or one pair of brackets."""

    def peek(self, ahead: int = 0) -> Token:
        """The token to come; an empty one behind the end."""
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else Token("end", "")

    def take(self) -> Token:
        """The next token, passed."""
        token = self.peek()
        self.at += 1
        return token

    def sign(self, text: str) -> bool:
        """Whether that sign comes next; passed if so."""
        found = self.peek() == Token("sign", text)
        self.at += found
        return found

    def word(self, words: frozenset[str]) -> bool:
        """Whether one of those words (or signs) comes next; passed if so."""
        token = self.peek()
        found = token.kind in ("word", "sign") and token.text.casefold() in words
        self.at += found
        return found

    def need(self, text: str) -> None:
        """Pass that sign; Unclear if another token stands there."""
        if not self.sign(text):
            raise Unclear(f"“{text}” is missing {before(self.peek())}")

    def target(self, name: str) -> Target:
        """What that name stands for; Unclear if it is not one earlier or later field of the form."""
        found = self.names.get(name)
        if found is None:
            why = "is not one field outside repeats" if name in self.names else "is no field of this form"
            raise Unclear(f"{name} {why}")
        if found.kind is None and isinstance(found.source, PartSource):
            raise Unclear(f"{name} has no kind of ours")
        return found
