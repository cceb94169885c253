"""Conditions of SurveyJS (visibleIf) to our rules, and our rules to them.

Translated: ``{a} = 'x'``, != < <= > >=, ``empty``, ``notempty``, ``contains``, ``notcontains``, ``anyof``,
``allof``, ``noneof``, ``!(...)``, and, or, brackets. Functions, sums and values of a panel's own row are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Final

from assessments.questionnaire.formats.conditions import (
    CHOICE_KINDS,
    FLIPPED,
    CannotSay,
    Expression,
    Names,
    Target,
    Token,
    Unclear,
    before,
    compared,
    fitting,
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
      (?P<name>\{[^{}]{1,300}\})
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<number>-?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?![A-Za-z0-9_]))
    | (?P<sign>==|!=|<>|<=|>=|&&|\|\||[=<>!()\[\],])
    | (?P<word>[A-Za-z_][A-Za-z0-9_]{0,100})
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_SIGNS: Final[Mapping[str, str]] = {
    "=": "=", "==": "=", "equal": "=", "equals": "=", "!=": "!=", "<>": "!=", "notequal": "!=",
    "notequals": "!=", ">": ">", "greater": ">", "<": "<", "less": "<", ">=": ">=", "greaterorequal": ">=",
    "<=": "<=", "lessorequal": "<=",
}  # fmt: skip
_LISTS: Final = frozenset({"anyof", "allof", "noneof"})
_HOLDS: Final = {"contains": True, "contain": True, "notcontains": False, "notcontain": False}


def to_rule(text: str, names: Names) -> Rule:
    """The condition as a rule over ``names``; Unclear says what in it our rules cannot say."""
    return _Reader(tokens_of(_TOKEN, text), names).rule()


class _Reader(Expression):
    both_words: ClassVar[frozenset[str]] = frozenset({"and", "&&"})
    either_words: ClassVar[frozenset[str]] = frozenset({"or", "||"})

    def single(self) -> Rule:
        if self.word(frozenset({"!", "negate"})):
            self.depth += 1
            if self.depth > 40:
                raise Unclear("it is nested more than 40 deep")
            rule = Not(self.single())
            self.depth -= 1
            return rule
        if self.sign("("):
            rule_inside = self.any_of_these()
            self.need(")")
            return rule_inside
        return self._comparison()

    def _comparison(self) -> Rule:
        left = self._operand()
        word = self.take().text.casefold()
        if not isinstance(left, Target):
            return self._turned(left, word)
        if word in ("empty", "notempty"):
            return Test(left.source, Op.GIVEN, word == "notempty")
        if word in _LISTS:
            return _listed(left, word, self._list())
        right = self._operand()
        if isinstance(right, Target):
            raise Unclear("two answers are compared with each other")
        if word in _HOLDS:
            if left.kind not in CHOICE_KINDS:
                raise Unclear("it looks for words in a text")
            return Test(left.source, Op.IS if _HOLDS[word] else Op.IS_NOT, fitting(left.kind, right))
        if word not in _SIGNS:
            raise Unclear(f"a comparison is missing {before(Token('word', word))}")
        return compared(left, _SIGNS[word], _truth(left, right))

    def _turned(self, left: Atom, word: str) -> Rule:
        """A comparison that begins with the value."""
        right = self._operand()
        if word not in _SIGNS or not isinstance(right, Target):
            raise Unclear("two fixed values are compared")
        return compared(right, FLIPPED[_SIGNS[word]], _truth(right, left))

    def _operand(self) -> Target | Atom:
        token = self.take()
        if token.kind == "name":
            return self.target(token.text[1:-1].strip())
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "number":
            return Decimal(token.text)
        if token.kind == "word" and self.peek() != Token("sign", "("):
            if token.text in ("true", "false"):
                return token.text == "true"
            raise Unclear(f"“{token.text[:30]}” is no fixed value")
        if token.kind == "word":
            raise Unclear(f"the function {token.text[:40]}() has no counterpart")
        raise Unclear(f"“{token.text[:30]}” is no value")

    def _list(self) -> tuple[Atom, ...]:
        if not self.sign("["):
            only = self._operand()
            if isinstance(only, Target):
                raise Unclear("two answers are compared with each other")
            return (only,)
        found: list[Atom] = []
        while not self.sign("]"):
            value = self._operand()
            if isinstance(value, Target):
                raise Unclear("two answers are compared with each other")
            found.append(value)
            if not self.sign(","):
                self.need("]")
                break
        if not found:
            raise Unclear("a list of choices is empty")
        return tuple(found)


def _listed(target: Target, word: str, values: Sequence[Atom]) -> Rule:
    if target.kind not in (*CHOICE_KINDS, PartKind.NUMBER, None):
        raise Unclear(f"our rules ask of a {target.kind} only whether it is given")
    atoms = tuple(fitting(target.kind, value) for value in values)
    if word == "allof":
        tests = tuple(Test(target.source, Op.IS, atom) for atom in atoms)
        return tests[0] if len(tests) == 1 else AllOf(tests)
    return Test(target.source, Op.ANY_OF if word == "anyof" else Op.NONE_OF, atoms)


def _truth(target: Target, value: Atom) -> Atom:
    """true and false as the choices of a yes/no question are called."""
    return fitting(target.kind, value) if isinstance(value, bool) else value


# ------------------------------------------------------------------ and back


def to_visible_if(rule: Rule, form: Form) -> str:
    """The condition in SurveyJS's words; CannotSay when the language or the form has none for it."""
    if isinstance(rule, Always):
        raise CannotSay("a condition that always holds is none")
    if isinstance(rule, Not):
        if rule.rule == ALWAYS:
            raise CannotSay("it never holds")
        return f"!({to_visible_if(rule.rule, form)})"
    if isinstance(rule, AllOf | AnyOf):
        word = " and " if isinstance(rule, AllOf) else " or "
        return word.join(
            f"({to_visible_if(inner, form)})"
            if isinstance(inner, AllOf | AnyOf)
            else to_visible_if(inner, form)
            for inner in rule.rules
        )
    source = rule.source
    if isinstance(source, FactSource):
        return _test(rule, _reference(form.fact(source)), None)
    source = part_source(rule)
    if form.is_field(source):
        if (source.part, None, None) not in form.names or source.part in form.repeated:
            raise CannotSay(f"{source.part} is not one field outside repeats")
        return _test(rule, _reference(source.part), form.kinds.get((source.part, None)))
    return _of_table(rule, source, form)


def _of_table(rule: Test, source: PartSource, form: Form) -> str:
    cells = form.cells(source)
    if source.part in form.repeated:
        raise CannotSay(f"{source.part} stands in a repeat")
    if not cells:
        return _of_repeat(rule, source, form)
    comparable(rule, source)
    return over_cells(
        rule, [_test(rule, _reference(name), form.kinds.get(place[:2])) for place, name in cells.items()]
    )


def _of_repeat(rule: Test, source: PartSource, form: Form) -> str:
    """A test of the things that a repeat holds, whichever and however many they are."""
    if source.row is not None:
        raise CannotSay(f"the form has no row {source.row} of {source.part}")
    repeat, column = _reference(source.part), source.column
    if column is None and rule.op is Op.GIVEN:
        return f"{repeat} {'notempty' if rule.operand else 'empty'}"
    if column is None or form.repeated.get(column) != source.part:
        raise CannotSay(f"{source.part} has no field {column}")
    denies = rule.op in (Op.IS_NOT, Op.NONE_OF) or (rule.op is Op.GIVEN and rule.operand is False)
    asserted = {Op.IS_NOT: Op.IS, Op.NONE_OF: Op.ANY_OF}.get(rule.op, rule.op)
    said = Test(source, asserted, True if rule.op is Op.GIVEN else rule.operand)
    cell = _test(said, _reference(column), form.kinds.get((column, None)))
    if "\\" in cell or "'" in column:
        raise CannotSay("it compares with a text that has quotes, inside another one")
    quoted = cell.replace("'", "\\'")
    return f"countInArray({repeat}, '{column}', '{quoted}') {'=' if denies else '>'} 0"


def _reference(name: str) -> str:
    if "{" in name or "}" in name:
        raise CannotSay(f"the name {name} has a brace")
    return f"{{{name}}}"


def _test(rule: Test, name: str, kind: PartKind | None) -> str:
    operand = rule.operand
    if rule.op is Op.GIVEN:
        return f"{name} {'notempty' if operand else 'empty'}"
    if isinstance(operand, tuple):
        listed = f"{name} anyof [{', '.join(map(_literal, operand))}]"
        return listed if rule.op is Op.ANY_OF else f"!({listed})"
    if kind is PartKind.MULTIPLE and rule.op in (Op.IS, Op.IS_NOT):
        return f"{name} {'contains' if rule.op is Op.IS else 'notcontains'} {_literal(operand)}"
    sign = {Op.IS: "=", Op.IS_NOT: "!=", Op.AT_LEAST: ">=", Op.AT_MOST: "<=", Op.MORE_THAN: ">"}[rule.op]
    return f"{name} {sign} {_literal(operand)}"


def _literal(atom: Atom) -> str:
    if isinstance(atom, bool):
        return "true" if atom else "false"
    if isinstance(atom, Decimal):
        return format(atom, "f")
    escaped = atom.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
