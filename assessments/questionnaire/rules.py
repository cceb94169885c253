"""The rule language: by which facts and answers a question is asked, a part opens or a step is offered.

A rule is data (reference content-guide.md part 2): ``always``, or ``all``, ``any`` and ``not`` over tests
of a fact, of an earlier answer (question and part) or, inside a question, of one of its own parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

Atom = str | bool | Decimal
"""One value that a test compares with."""

Facts = Mapping[str, Any]
Answers = Mapping[str, Mapping[str, Any]]
Parts = Mapping[str, Any]

NOT_ASKED: Final[Mapping[str, Any]] = {"not asked": None}
"""Stands for the parts of a question that is not asked: every test of it is false, ``is_not`` and
``none_of`` too, so that a follow-up never outlives its question (ARCHITECTURE.md, rule facts)."""


class Op(StrEnum):
    """How a test compares. A missing value makes a test false, except ``is_not`` and ``none_of``."""

    IS = "is"
    IS_NOT = "is_not"
    ANY_OF = "any_of"
    NONE_OF = "none_of"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    GIVEN = "given"


@dataclass(frozen=True)
class FactSource:
    """A fact that the pack declares."""

    name: str


@dataclass(frozen=True)
class AnswerSource:
    """A part of an earlier answer; of a table one column, of its rows one."""

    question: str
    part: str | None = None
    column: str | None = None
    row: str | None = None


@dataclass(frozen=True)
class PartSource:
    """Another part of the same question."""

    part: str
    column: str | None = None
    row: str | None = None


Source = FactSource | AnswerSource | PartSource


@dataclass(frozen=True)
class Always:
    """Holds for everybody."""

    def holds(self, facts: Facts, answers: Answers, parts: Parts) -> bool:
        """Whether the rule holds."""
        return True


@dataclass(frozen=True)
class Test:
    """One comparison. ``operand``: a tuple for any_of and none_of, True or False for given."""

    __test__ = False  # pytest would collect a class of this name

    source: Source
    op: Op
    operand: Atom | tuple[Atom, ...]
    _compare: Callable[[Any], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_compare", _comparison(self.op, self.operand))

    def holds(self, facts: Facts, answers: Answers, parts: Parts) -> bool:
        """Whether the rule holds."""
        source = self.source
        if isinstance(source, FactSource):
            return self._compare(_reading(facts.get(source.name), None, None))
        if isinstance(source, PartSource):
            return self._compare(_reading(parts.get(source.part), source.column, source.row))
        given = answers.get(source.question)
        if given is NOT_ASKED:
            return False
        return self._compare(read_answer(source, given))


@dataclass(frozen=True)
class AllOf:
    """Holds when every rule inside holds."""

    rules: tuple[Rule, ...]

    def holds(self, facts: Facts, answers: Answers, parts: Parts) -> bool:
        """Whether the rule holds."""
        for rule in self.rules:  # noqa: SIM110 - a loop is twice as fast as all() here, on every save
            if not rule.holds(facts, answers, parts):
                return False
        return True


@dataclass(frozen=True)
class AnyOf:
    """Holds when at least one rule inside holds."""

    rules: tuple[Rule, ...]

    def holds(self, facts: Facts, answers: Answers, parts: Parts) -> bool:
        """Whether the rule holds."""
        for rule in self.rules:  # noqa: SIM110 - as above
            if rule.holds(facts, answers, parts):
                return True
        return False


@dataclass(frozen=True)
class Not:
    """Holds when the rule inside does not."""

    rule: Rule

    def holds(self, facts: Facts, answers: Answers, parts: Parts) -> bool:
        """Whether the rule holds."""
        return not self.rule.holds(facts, answers, parts)


Rule = Always | Test | AllOf | AnyOf | Not

ALWAYS: Final = Always()
NOTHING: Final[Mapping[str, Any]] = {}


def evaluate(rule: Rule, facts: Facts, answers: Answers = NOTHING, parts: Parts = NOTHING) -> bool:
    """Whether ``rule`` holds for these facts, answers ({question: {part: value}}) and own parts."""
    return rule.holds(facts, answers, parts)


def both(first: Rule, second: Rule) -> Rule:
    """The rule that holds when both hold, as short as it can be written."""
    if isinstance(first, Always):
        return second
    if isinstance(second, Always):
        return first
    return AllOf((first, second))


def comparisons_of(rule: Rule) -> Iterator[Test]:
    """Every comparison inside ``rule``, in the order written."""
    if isinstance(rule, Test):
        yield rule
    elif isinstance(rule, Not):
        yield from comparisons_of(rule.rule)
    elif isinstance(rule, AllOf | AnyOf):
        for inner in rule.rules:
            yield from comparisons_of(inner)


def read_answer(source: AnswerSource, parts: Mapping[str, Any] | None) -> Any:
    """What ``source`` finds in the parts of its question: None, one value, or a tuple of values."""
    if not parts or parts is NOT_ASKED:
        return None
    if source.part is None:
        given = tuple(key for key, value in parts.items() if _reading(value, None, None) is not None)
        return given or None
    return _reading(parts.get(source.part), source.column, source.row)


def _reading(value: Any, column: str | None, row: str | None) -> Any:
    """Bring a stored value to what tests compare: None, text, Decimal, bool, or a tuple of those."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, dict):
        return value.get("value")
    if not isinstance(value, list | tuple | set | frozenset):
        return value
    if not value:
        return None
    if column is None and row is None and not any(isinstance(item, dict) for item in value):
        return tuple(value)
    found: list[Any] = []
    for item in value:
        if not isinstance(item, dict) or (row is not None and item.get("row") != row):
            continue
        cell = item.get(column) if column else _filled(item)
        if isinstance(cell, list | tuple):
            found.extend(cell)
        elif cell is not None and cell != "":
            found.append(cell)
    return tuple(found) or None


def _filled(row: Mapping[str, Any]) -> str | None:
    """The key of a table row that says something, "row" where it has none."""
    if any(cell not in (None, "", []) for key, cell in row.items() if key != "row"):
        return row.get("row") or "row"
    return None


def as_number(value: Any) -> Decimal | None:
    """``value`` as a Decimal; None where it is no finite number (a bool is none)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) else Decimal(repr(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def _comparison(op: Op, operand: Atom | tuple[Atom, ...]) -> Callable[[Any], bool]:
    """The comparison of a test, made once, so that evaluating it on every save costs a call and no more."""
    if op is Op.GIVEN:
        return (lambda value: value is not None) if operand else (lambda value: value is None)
    if op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN):
        return _ordering(op, operand)
    wanted = operand if isinstance(operand, tuple) else (operand,)
    words = frozenset(atom for atom in wanted if isinstance(atom, str))
    numbers = frozenset(atom for atom in wanted if isinstance(atom, Decimal))
    truths = frozenset(atom for atom in wanted if isinstance(atom, bool))

    def one(value: Any) -> bool:
        if isinstance(value, bool):
            return value in truths
        if isinstance(value, str) and value in words:
            return True
        return bool(numbers) and as_number(value) in numbers

    def among(value: Any) -> bool:
        return any(one(item) for item in value) if isinstance(value, tuple) else one(value)

    if op in (Op.IS, Op.ANY_OF):
        return lambda value: value is not None and among(value)
    return lambda value: value is None or not among(value)


def _ordering(op: Op, operand: Atom | tuple[Atom, ...]) -> Callable[[Any], bool]:
    """At least, at most or more than a number; of several values one is enough."""
    limit = as_number(operand)
    if limit is None:
        raise ValueError(f"{op.value} compares with a number, not with {operand!r}")

    def one(value: Any) -> bool:
        number = as_number(value)
        if number is None:
            return False
        if op is Op.AT_LEAST:
            return number >= limit
        return number <= limit if op is Op.AT_MOST else number > limit

    return lambda value: any(one(item) for item in value) if isinstance(value, tuple) else one(value)


# ------------------------------------------------------------------ from data and back


class BadRule(ValueError):
    """A rule that does not follow the language. ``path`` is the place inside the rule, "" for all of it."""

    def __init__(self, path: str, message: str, remedy: str) -> None:
        super().__init__(f"{path}: {message}; {remedy}" if path else f"{message}; {remedy}")
        self.path, self.message, self.remedy = path, message, remedy


_SHAPE = (
    "write always, {all: [...]}, {any: [...]}, {not: rule} or a test such as {fact: size, any_of: [micro]}"
)
_OPS = ", ".join(op.value for op in Op)


def parse(data: Any, path: str = "") -> Rule:
    """Read a rule from YAML or JSON data; BadRule names the place and the remedy."""
    if data == "always":
        return ALWAYS
    if not isinstance(data, dict) or not data:
        raise BadRule(path, "is not a rule", _SHAPE)
    for word, make in (("all", AllOf), ("any", AnyOf)):
        if word in data:
            inner = data[word]
            if len(data) > 1 or not isinstance(inner, list) or not inner:
                raise BadRule(
                    path, f"{word} stands alone and holds a list of rules", f"write {{{word}: [...]}}"
                )
            return make(tuple(parse(item, f"{path}.{word}[{i}]".lstrip(".")) for i, item in enumerate(inner)))
    if "not" in data:
        if len(data) > 1:
            raise BadRule(path, "not stands alone and holds one rule", "write {not: {...}}")
        return Not(parse(data["not"], f"{path}.not".lstrip(".")))
    return _parse_test(data, path)


def parse_source(data: Mapping[str, Any], path: str = "") -> Source:
    """Read what a test looks at: a fact, an answer or a part of the same question."""
    for key in ("fact", "answer", "part", "column", "row"):
        if key in data and not (isinstance(data[key], str) and data[key]):
            raise BadRule(path, f"{key} takes one name", f"write {key}: name")
    if "fact" in data:
        if {"answer", "part", "column", "row"} & data.keys():
            raise BadRule(path, "a fact has no answer, part, column or row", "write {fact: name, ...}")
        return FactSource(data["fact"])
    if "answer" in data:
        return AnswerSource(data["answer"], data.get("part"), data.get("column"), data.get("row"))
    if "part" in data:
        return PartSource(data["part"], data.get("column"), data.get("row"))
    raise BadRule(path, "names nothing to look at", "begin with fact:, answer: and part:, or part:")


def _parse_test(data: dict[str, Any], path: str) -> Test:
    unknown = sorted(str(key) for key in data if key not in _TEST_KEYS)
    if unknown:
        raise BadRule(
            path, f"a test has no key {', '.join(unknown)}", f"use fact, answer, part, column, row and {_OPS}"
        )
    ops = [op for op in Op if op.value in data]
    if len(ops) != 1:
        raise BadRule(path, f"a test has one comparison, this has {len(ops)}", f"use one of {_OPS}")
    source, op, operand = parse_source(data, path), ops[0], data[ops[0].value]
    if isinstance(source, AnswerSource) and source.part is None and op is not Op.GIVEN:
        raise BadRule(path, f"does not say which part of {source.question} it looks at", "add part: key")
    if op in (Op.ANY_OF, Op.NONE_OF):
        if not isinstance(operand, list) or not operand:
            raise BadRule(path, f"{op.value} takes a list", f"write {op.value}: [a, b]")
        return Test(source, op, tuple(_atom(item, op, path) for item in operand))
    atom = _atom(operand, op, path)
    if op is Op.GIVEN and not isinstance(atom, bool):
        raise BadRule(path, "given takes true or false", "write given: true")
    if op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN) and not isinstance(atom, Decimal):
        raise BadRule(path, f"{op.value} takes a number", f"write {op.value}: 1")
    return Test(source, op, atom)


_TEST_KEYS = {"fact", "answer", "part", "column", "row", *(op.value for op in Op)}


def _atom(value: Any, op: Op, path: str) -> Atom:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, dict) and set(value) == {"decimal"}:  # the JSON form of a number with a point
        value = as_number(value["decimal"])
    if isinstance(value, int | Decimal) and Decimal(value).is_finite():
        return Decimal(value)
    raise BadRule(path, f"{op.value} cannot compare with this value", "use a text, a number, true or false")


def to_data(rule: Rule) -> Any:
    """The rule as JSON data; ``parse(to_data(rule)) == rule``."""
    if isinstance(rule, Always):
        return "always"
    if isinstance(rule, Not):
        return {"not": to_data(rule.rule)}
    if isinstance(rule, AllOf | AnyOf):
        return {"all" if isinstance(rule, AllOf) else "any": [to_data(inner) for inner in rule.rules]}
    operand = rule.operand
    value = [_plain(atom) for atom in operand] if isinstance(operand, tuple) else _plain(operand)
    return {**source_data(rule.source), rule.op.value: value}


def source_data(source: Source) -> dict[str, str]:
    """The source as JSON data; ``parse_source(source_data(source)) == source``."""
    if isinstance(source, FactSource):
        return {"fact": source.name}
    named = {"part": source.part, "column": source.column, "row": source.row}
    start = {"answer": source.question} if isinstance(source, AnswerSource) else {}
    return start | {key: value for key, value in named.items() if value is not None}


def _plain(atom: Atom) -> Any:
    if isinstance(atom, Decimal):
        whole = atom == atom.to_integral_value() and abs(atom) < 2**53
        return int(atom) if whole else {"decimal": format(atom, "f")}
    return atom
