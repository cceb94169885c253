"""Conditions of XLSForm (XPath of ODK's kind) to our rules, and our rules to them.

Translated: ``${a} = 'x'``, != < <= > >=, ``selected(${a}, 'x')``, ``count-selected(${a}) > 0``,
``string-length(${a}) > 0``, ``true()``, ``false()``, ``not(...)``, and, or, brackets. Whatever else there is
(sums, dates, other functions, values of a row) is told as not translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from assessments.questionnaire.formats.conditions import (
    FLIPPED,
    CannotSay,
    Expression,
    Names,
    Target,
    Token,
    Unclear,
    before,
    chosen,
    compared,
    tokens_of,
)
from assessments.questionnaire.formats.target_form import Form, comparable, over_cells, part_source
from assessments.questionnaire.rules import (
    ALWAYS,
    AllOf,
    Always,
    AnyOf,
    Atom,
    FactSource,
    Not,
    Op,
    PartSource,
    Rule,
    Test,
)
from assessments.questionnaire.vocabulary import PartKind

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<name>\$\{\s*[^\s${}]{1,200}\s*\})
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<number>-?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}))
    | (?P<sign>!=|<=|>=|[=<>(),])
    | (?P<word>[A-Za-z_][A-Za-z0-9_.-]{0,100})
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_STRAIGHT = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " "})
_AMOUNTS = frozenset({"count-selected", "string-length"})


def tokens(text: str) -> list[Token]:
    """The words of an expression; Unclear when it is longer than anybody reads."""
    return tokens_of(_TOKEN, text.translate(_STRAIGHT))


def to_rule(text: str, names: Names) -> Rule:
    """The condition as a rule over ``names``; Unclear says what in it our rules cannot say."""
    return _Reader(tokens(text), names).rule()


class _Reader(Expression):
    def single(self) -> Rule:
        if self.sign("("):
            rule = self.any_of_these()
            self.need(")")
            return rule
        if self.peek().kind == "word" and self.peek(1) == Token("sign", "("):
            function = self.peek().text
            if function in ("not", "true", "false", "selected", "boolean"):
                self.at += 2
                return self._said_by(function)
        return self._comparison()

    def _said_by(self, function: str) -> Rule:
        if function in ("true", "false"):
            self.need(")")
            return ALWAYS if function == "true" else Not(ALWAYS)
        if function == "selected":
            name = self._name()
            self.need(",")
            value = self._value()
            self.need(")")
            return chosen(self.target(name), value)
        rule = self.any_of_these()
        self.need(")")
        return rule if function == "boolean" else Not(rule)

    def _comparison(self) -> Rule:
        left = self._operand()
        token = self.take()
        if token.kind != "sign" or token.text not in FLIPPED:
            raise Unclear(f"a comparison is missing {before(token)}")
        right = self._operand()
        sign = token.text
        if isinstance(right, Target | _Amount):
            if isinstance(left, Target | _Amount):
                raise Unclear("two answers are compared with each other")
            left, right, sign = right, left, FLIPPED[sign]
        if isinstance(left, _Amount):
            return left.compared(sign, right)  # type: ignore[arg-type]  # no Target is left on the right
        if not isinstance(left, Target) or isinstance(right, Target | _Amount):
            raise Unclear("two fixed values are compared")
        return compared(left, sign, right)

    def _operand(self) -> Target | _Amount | Atom:
        token = self.peek()
        if token.kind == "name":
            return self.target(self._name())
        if token.kind == "word" and self.peek(1) == Token("sign", "("):
            if token.text in _AMOUNTS or token.text == "number":
                self.at += 2
                target = self.target(self._name())
                self.need(")")
                if token.text == "number":
                    return target
                return _Amount(target, token.text)
            raise Unclear(f"the function {token.text[:40]}() has no counterpart")
        return self._value()

    def _name(self) -> str:
        token = self.take()
        if token.kind != "name":
            raise Unclear(f"${{name}} is missing {before(token)}")
        return token.text[2:-1].strip()

    def _value(self) -> Atom:
        token = self.take()
        if token.kind == "text":
            return token.text[1:-1]
        if token.kind == "number":
            return Decimal(token.text)
        raise Unclear(f"“{token.text[:30]}” is no fixed value")


class _Amount:
    """The number of choices picked, or of characters written: only none against some can be said."""

    def __init__(self, target: Target, function: str) -> None:
        self.target, self.function = target, function

    def compared(self, sign: str, value: Atom) -> Rule:
        some = {(">", 0), ("!=", 0), (">=", 1)}
        none = {("=", 0), ("<", 1), ("<=", 0)}
        number = int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else -1
        if (sign, number) in some | none:
            return Test(self.target.source, Op.GIVEN, (sign, number) in some)
        raise Unclear(f"{self.function}() is compared with another number than none")


# ------------------------------------------------------------------ and back


def to_xpath(rule: Rule, form: Form) -> str:
    """The condition in XPath; CannotSay when the language or the form has no words for it."""
    if isinstance(rule, Always):
        return "true()"
    if isinstance(rule, Not):
        return f"not({to_xpath(rule.rule, form)})"
    if isinstance(rule, AllOf | AnyOf):
        if below := _below(rule):
            return f"${{{_name(form, below[0])}}} < {_literal(below[1])}"
        word = " and " if isinstance(rule, AllOf) else " or "
        return word.join(_bracketed(inner, form) for inner in rule.rules)
    source = rule.source
    if isinstance(source, FactSource):
        return _test(rule, "${" + form.fact(source) + "}", None, {})
    source = part_source(rule)
    if form.is_field(source):
        place = source.part, None
        return _test(rule, "${" + _name(form, source) + "}", form.kinds.get(place), form.keys.get(place, {}))
    return _of_table(rule, source, form)


def _below(rule: AllOf | AnyOf) -> tuple[PartSource, Atom] | None:
    """The number that an answer stays below, where that is all the rule says."""
    if not isinstance(rule, AllOf) or len(rule.rules) != 2:
        return None
    given, other = rule.rules
    if not isinstance(other, Not) or not isinstance(other.rule, Test) or not isinstance(given, Test):
        return None
    test = other.rule
    same = given.source == test.source and given.op is Op.GIVEN and given.operand is True
    if not same or test.op is not Op.AT_LEAST or isinstance(test.operand, tuple):
        return None
    source = test.source
    plain = isinstance(source, PartSource) and source.column is None and source.row is None
    return (source, test.operand) if plain and isinstance(source, PartSource) else None


def _name(form: Form, source: PartSource) -> str:
    name = form.names.get((source.part, None, None))
    if name is None:
        raise CannotSay(f"the form has no field {source.part}")
    if source.part in form.repeated:
        raise CannotSay(f"{source.part} stands in a repeat")
    return name


def _bracketed(rule: Rule, form: Form) -> str:
    text = to_xpath(rule, form)
    return f"({text})" if isinstance(rule, AllOf | AnyOf) and not _below(rule) else text


def _of_table(rule: Test, source: PartSource, form: Form) -> str:
    """A test of the cells of fixed rows: of one, or of any of them (of none, where the test denies)."""
    cells = form.cells(source)
    if not cells:
        return _of_repeat(rule, source, form)
    comparable(rule, source)
    tests = [
        _test(rule, "${" + name + "}", form.kinds.get(place[:2]), form.keys.get(place[:2], {}))
        for place, name in cells.items()
    ]
    return over_cells(rule, tests)


def _of_repeat(rule: Test, source: PartSource, form: Form) -> str:
    """A test of the things that a repeat holds, whichever and however many they are."""
    repeat = form.names.get((source.part, None, None))
    inner = form.names.get((source.column or "", None, None))
    if repeat is None or source.row is not None:
        raise CannotSay(f"the form has no row {source.row} of {source.part}")
    denies = rule.op in (Op.IS_NOT, Op.NONE_OF) or (rule.op is Op.GIVEN and rule.operand is False)
    if source.column is None and rule.op is Op.GIVEN:
        return f"count(${{{repeat}}}) {'=' if denies else '>'} 0"
    if inner is None or source.column is None or form.repeated.get(source.column) != source.part:
        raise CannotSay(f"{source.part} has no field {source.column}")
    asserted = {Op.IS_NOT: Op.IS, Op.NONE_OF: Op.ANY_OF}.get(rule.op, rule.op)
    said = Test(source, asserted, True if rule.op is Op.GIVEN else rule.operand)
    place = (source.column, None)
    cell = _test(said, inner, form.kinds.get(place), form.keys.get(place, {}))
    return f"count(${{{repeat}}}[{cell}]) {'=' if denies else '>'} 0"


def _test(rule: Test, name: str, kind: PartKind | None, keys: Mapping[str, str]) -> str:
    operand = rule.operand
    if rule.op is Op.GIVEN:
        return f"{name} {'!=' if operand else '='} ''"
    if isinstance(operand, tuple):
        joined = " or ".join(_equal(name, kind, atom, keys) for atom in operand)
        return f"({joined})" if rule.op is Op.ANY_OF else f"not({joined})"
    if rule.op is Op.IS:
        return _equal(name, kind, operand, keys)
    if rule.op is Op.IS_NOT:
        if kind is PartKind.MULTIPLE:
            return f"not({_equal(name, kind, operand, keys)})"
        return f"{name} != {_literal(operand, keys)}"
    sign = {Op.AT_LEAST: ">=", Op.AT_MOST: "<=", Op.MORE_THAN: ">"}[rule.op]
    return f"{name} {sign} {_literal(operand)}"


def _equal(name: str, kind: PartKind | None, atom: Atom, keys: Mapping[str, str]) -> str:
    if kind is PartKind.MULTIPLE:
        return f"selected({name}, {_literal(atom, keys)})"
    return f"{name} = {_literal(atom, keys)}"


def _literal(atom: Atom, keys: Mapping[str, str] | None = None) -> str:
    if isinstance(atom, bool):
        return "'true'" if atom else "'false'"
    if isinstance(atom, Decimal):
        return format(atom, "f")
    atom = (keys or {}).get(atom, atom)
    if "'" not in atom:
        return f"'{atom}'"
    if '"' not in atom:
        return f'"{atom}"'
    raise CannotSay("it compares with a text that has both kinds of quotes")
