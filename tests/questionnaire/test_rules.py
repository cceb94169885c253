"""The rule language: what holds, what a missing value does, and that rules survive a round trip."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaire.asking.reasons import explain
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.questionnaire.rules import (
    ALWAYS,
    NOT_ASKED,
    AllOf,
    AnswerSource,
    AnyOf,
    BadRule,
    FactSource,
    Not,
    Op,
    PartSource,
    Test,
    both,
    comparisons_of,
    evaluate,
    parse,
    to_data,
)

FACTS: dict[str, Any] = {
    "size": "small",
    "employees": 30,
    "positions": ("SMR", "REC"),
    "production_site": True,
}
ANSWERS: dict[str, Any] = {
    "OHS-01": {"known": "no"},
    "OHS-02": {"shifts": ["early", "night"]},
    "OHS-03": {
        "cases": [{"row": None, "people": "2", "parts": ["hand"]}, {"row": None, "people": "0.50"}],
        "states": [{"row": "burns", "state": "seen"}, {"row": "falls"}],
    },
    "OHS-06": {"dust": {"value": "12.5", "year": 2025, "basis": "measured"}},
}

HOLDS: list[tuple[Any, bool]] = [
    ("always", True),
    ({"fact": "size", "is": "small"}, True),
    ({"fact": "size", "is_not": "small"}, False),
    ({"fact": "size", "any_of": ["micro", "small"]}, True),
    ({"fact": "size", "none_of": ["micro"]}, True),
    ({"fact": "employees", "at_least": 30}, True),
    ({"fact": "employees", "more_than": 30}, False),
    ({"fact": "employees", "at_most": 29}, False),
    ({"fact": "positions", "is": "REC"}, True),
    ({"fact": "positions", "none_of": ["EXT", "REC"]}, False),
    ({"fact": "production_site", "is": True}, True),
    ({"fact": "production_site", "is": "true"}, False),
    ({"fact": "production_site", "given": True}, True),
    ({"fact": "guards", "given": False}, True),
    ({"answer": "OHS-01", "part": "known", "is": "no"}, True),
    ({"answer": "OHS-01", "part": "known", "is_not": "no"}, False),
    ({"answer": "OHS-02", "part": "shifts", "any_of": ["late", "night"]}, True),
    ({"answer": "OHS-02", "given": True}, True),
    ({"answer": "OHS-03", "part": "cases", "given": True}, True),
    ({"answer": "OHS-03", "part": "cases", "column": "people", "more_than": 1}, True),
    ({"answer": "OHS-03", "part": "cases", "column": "people", "is": Decimal("0.5")}, True),
    ({"answer": "OHS-03", "part": "cases", "column": "parts", "is": "hand"}, True),
    ({"answer": "OHS-03", "part": "cases", "column": "parts", "is": "eye"}, False),
    ({"answer": "OHS-03", "part": "states", "row": "burns", "column": "state", "is": "seen"}, True),
    ({"answer": "OHS-03", "part": "states", "row": "falls", "column": "state", "is": "seen"}, False),
    ({"answer": "OHS-03", "part": "states", "row": "falls", "given": True}, False),
    ({"answer": "OHS-03", "part": "states", "row": "burns", "given": True}, True),
    ({"answer": "OHS-06", "part": "dust", "at_most": Decimal("12.5")}, True),
    ({"answer": "OHS-06", "part": "dust", "is": Decimal("12.50")}, True),
    ({"all": [{"fact": "size", "is": "small"}, {"fact": "positions", "is": "REC"}]}, True),
    ({"all": [{"fact": "size", "is": "small"}, {"fact": "positions", "is": "EXT"}]}, False),
    ({"any": [{"fact": "size", "is": "large"}, {"fact": "positions", "is": "REC"}]}, True),
    ({"not": {"fact": "size", "is": "small"}}, False),
]


@pytest.mark.parametrize(("data", "expected"), HOLDS)
def test_a_rule_holds_by_facts_and_answers(data: Any, expected: bool) -> None:
    assert evaluate(parse(data), FACTS, ANSWERS) is expected


OPERANDS: dict[str, Any] = {
    "is": "x",
    "is_not": "x",
    "any_of": ["x"],
    "none_of": ["x"],
    "at_least": 1,
    "at_most": 1,
    "more_than": 0,
    "given": True,
}


@pytest.mark.parametrize("op", list(Op))
def test_a_missing_value_is_false_except_for_is_not_and_none_of(op: Op) -> None:
    for source in ({"fact": "x"}, {"answer": "OHS-09", "part": "x"}):
        rule = parse({**source, op.value: OPERANDS[op.value]})
        assert evaluate(rule, {}, {}) is (op in (Op.IS_NOT, Op.NONE_OF))


@pytest.mark.parametrize("op", list(Op))
def test_every_test_of_a_question_that_is_not_asked_is_false(op: Op) -> None:
    rule = parse({"answer": "OHS-01", "part": "known", op.value: OPERANDS[op.value]})
    assert evaluate(rule, {}, {"OHS-01": NOT_ASKED}) is False


def test_a_part_looks_at_the_parts_of_its_own_question() -> None:
    rule = parse({"part": "dust", "at_least": 10})
    assert evaluate(rule, {}, {}, {"dust": {"value": "10.0", "year": None, "basis": None}})
    assert not evaluate(rule, {}, {}, {"dust": {"value": "9.99", "year": None, "basis": None}})
    assert not evaluate(rule, {}, {}, {})


@pytest.mark.parametrize("value", [True, "twelve", "NaN", "Infinity", "", None, [], {}])
def test_what_is_no_number_is_neither_more_nor_less(value: Any) -> None:
    for op in ("at_least", "at_most", "more_than"):
        assert not evaluate(parse({"fact": "x", op: 0}), {"x": value})


BAD: list[tuple[Any, str]] = [
    (None, "is not a rule"),
    ("sometimes", "is not a rule"),
    ({}, "is not a rule"),
    ([], "is not a rule"),
    ({"all": []}, "all stands alone"),
    ({"any": {}}, "any stands alone"),
    ({"all": ["always"], "any": ["always"]}, "all stands alone"),
    ({"not": "always", "x": 1}, "not stands alone"),
    ({"fact": "x"}, "one comparison, this has 0"),
    ({"fact": "x", "is": 1, "is_not": 2}, "one comparison, this has 2"),
    ({"fact": "x", "like": 1}, "no key like"),
    ({"is": 1}, "names nothing to look at"),
    ({"fact": "x", "part": "y", "is": 1}, "a fact has no answer, part"),
    ({"fact": 7, "is": 1}, "fact takes one name"),
    ({"answer": "X-01", "is": 1}, "does not say which part"),
    ({"fact": "x", "any_of": []}, "any_of takes a list"),
    ({"fact": "x", "is": [1]}, "cannot compare"),
    ({"fact": "x", "is": None}, "cannot compare"),
    ({"fact": "x", "at_least": True}, "at_least takes a number"),
    ({"fact": "x", "at_least": "1"}, "at_least takes a number"),
    ({"fact": "x", "given": "yes"}, "given takes true or false"),
    ({"fact": "x", "is": {"decimal": "Infinity"}}, "cannot compare"),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_what_is_no_rule_is_refused_with_a_remedy(data: Any, message: str) -> None:
    with pytest.raises(BadRule, match=message) as caught:
        parse(data)
    assert caught.value.remedy


def test_the_place_of_a_fault_inside_a_rule_is_told() -> None:
    with pytest.raises(BadRule) as caught:
        parse({"all": ["always", {"any": ["always", {"not": {"fact": "x"}}]}]})
    assert caught.value.path == "all[1].any[1].not"


names = st.sampled_from(["size", "employees", "positions", "hurt", "nothing"])
atoms = st.booleans() | st.decimals(-1000, 1000, places=2) | st.text("abc", min_size=1, max_size=3)
sources = (
    st.builds(FactSource, names)
    | st.builds(AnswerSource, st.just("OHS-03"), st.just("cases"), st.none() | st.just("people"), st.none())
    | st.builds(PartSource, st.just("known"), st.none(), st.none())
)
leaves = st.one_of(
    st.just(ALWAYS),
    st.builds(Test, sources, st.sampled_from([Op.IS, Op.IS_NOT]), atoms),
    st.builds(
        Test, sources, st.sampled_from([Op.ANY_OF, Op.NONE_OF]), st.lists(atoms, min_size=1).map(tuple)
    ),
    st.builds(
        Test, sources, st.sampled_from([Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN]), st.decimals(-9, 9, places=1)
    ),
    st.builds(Test, sources, st.just(Op.GIVEN), st.booleans()),
)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


@cache
def _small() -> Questionnaire:
    """Not the fixture: Hypothesis would print the whole questionnaire as an argument."""
    return read_pack(Path(__file__).parent / "packs" / "small")


@given(rules)
def test_a_rule_survives_its_data_form(rule: Any) -> None:
    assert parse(to_data(rule)) == rule


@given(rules)
def test_not_turns_a_rule_round_and_every_rule_says_itself(rule: Any) -> None:
    assert evaluate(Not(rule), FACTS, ANSWERS) is not evaluate(rule, FACTS, ANSWERS)
    clause = explain(rule, FACTS, ANSWERS, _small())
    assert clause
    assert "\n" not in clause


def test_both_is_as_short_as_can_be() -> None:
    rule = parse({"fact": "size", "is": "small"})
    assert both(ALWAYS, rule) is rule
    assert both(rule, ALWAYS) is rule
    assert len(list(comparisons_of(both(rule, Not(rule))))) == 2
