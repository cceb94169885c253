"""XLSForm in: what its authors write is understood, what we cannot hold is told with its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from assessments.questionnaire.formats.draft import (
    Dialect,
    Field,
    Group,
    Machine,
    Note,
    Repeat,
    Untranslated,
)
from assessments.questionnaire.formats.files import Reading
from assessments.questionnaire.rules import AllOf, AnyOf, Not, Op, PartSource, Rule, Test
from assessments.questionnaire.vocabulary import PartKind
from tests.questionnaire_formats.conftest import Form, read

HEAD = ["type", "name", "label"]


def items(reading: Reading) -> dict[str, Any]:
    assert reading.refused is None
    assert reading.draft is not None
    return {item.name: item for item, _depth in reading.draft.walk()}


def places(reading: Reading, which: str) -> list[tuple[str, int, str]]:
    return [(each["sheet"], each["row"], each["column"]) for each in reading.summary()[which]]


def test_groups_and_repeats_nest(form: Form) -> None:
    survey = [
        HEAD,
        ["begin group", "a", "A"],
        ["begin_repeat", "b", "B"],
        ["begin group", "c", "C"],
        ["text", "d", "D"],
        ["end_group"],
        ["end repeat"],
        ["integer", "e", "E"],
        ["end group"],
    ]
    reading = read(form(survey=survey))
    found = items(reading)
    assert isinstance(found["a"], Group)
    assert isinstance(found["b"], Repeat)
    assert [item.name for item in found["a"].items] == ["b", "e"]
    summary = reading.summary()
    assert (summary["groups"], summary["repeats"], summary["max_depth"]) == (2, 1, 3)
    assert summary["by_kind"] == {"number": 1, "short_text": 1}


def test_shared_lists_stay_one_and_unused_ones_are_kept(form: Form) -> None:
    survey = [HEAD, ["select_one yn", "a", "A"], ["select_multiple yn", "b", "B"]]
    choices = [["list name", "name", "label"], ["yn", "y", "Yes"], ["yn", "n", "No"], ["spare", 1, "One"]]
    reading = read(form(survey=survey, choices=choices))
    assert reading.draft is not None
    assert [each.name for each in reading.draft.lists] == ["yn", "spare"]
    found = items(reading)
    assert found["a"].list_name == found["b"].list_name == "yn"
    summary = reading.summary()
    assert (summary["choice_lists"], summary["choice_lists_used"], summary["choices"]) == (2, 1, 3)


def test_typed_cells_are_read_as_their_texts(form: Form) -> None:
    survey = [
        ["type", "name", "label", "required"],
        ["select_one n", "a", 5, True],
        ["text", "b", 2.50, False],
        ["text", "c", date(2026, 11, 22), 1],
    ]
    choices = [["list_name", "name", "label"], ["n", 1, 1.0], ["n", 2.5, "x"]]
    reading = read(form(survey=survey, choices=choices))
    found = items(reading)
    assert [found[name].label["default"] for name in "abc"] == ["5", "2.5", "2026-11-22"]
    assert [found[name].required for name in "abc"] == ["TRUE", "FALSE", "1"]
    assert reading.summary()["required"] == 2
    assert reading.draft is not None
    assert [choice.key for choice in reading.draft.lists[0].choices] == ["1", "2.5"]


@pytest.mark.parametrize(
    ("cell", "must"), [("yes", 1), ("no", 0), ("FALSE", 0), ("true()", 1), ("${a} = 'x'", 0)]
)
def test_a_cell_that_says_something_is_not_yet_required(form: Form, cell: str, must: int) -> None:
    survey = [["type", "name", "label", "mandatory"], ["text", "a", "A", None], ["text", "b", "B", cell]]
    reading = read(form(survey=survey))
    assert items(reading)["b"].required == cell
    assert reading.summary()["required"] == must
    assert places(reading, "warnings") == ([("survey", 3, "mandatory")] if "$" in cell else [])


def test_languages_may_have_gaps(form: Form) -> None:
    survey = [
        ["type", "name", "label::English (en)", "label: French (fr)", "hint::French (fr)"],
        ["text", "a", "Name", None, "court"],
        ["text", "b", None, "Ville"],
    ]
    reading = read(form(survey=survey, settings=[["form_title", "default_language"], ["T", "French (fr)"]]))
    found = items(reading)
    assert reading.summary()["languages"] == ["French (fr)", "English (en)"]
    assert found["a"].label == {"English (en)": "Name"}
    assert found["a"].hint == {"French (fr)": "court"}
    assert found["b"].label == {"French (fr)": "Ville"}


def test_a_text_without_language_is_that_of_the_default_one(form: Form) -> None:
    survey = [[*HEAD, "label::de"], ["text", "a", "Name", "Der Name"]]
    reading = read(form(survey=survey, settings=[["default_language"], ["en"]]))
    assert items(reading)["a"].label == {"en": "Name", "de": "Der Name"}
    assert read(form(survey=survey)).summary()["languages"] == ["default", "de"]


def test_or_other_helper_sheets_and_machines_are_told(form: Form) -> None:
    survey = [
        [*HEAD, "calculation", "choice_filter", "my column"],
        ["start", "start"],
        ["select_one yn or_other", "a", "A", None, "x = ${c}"],
        ["calculate", "c", None, "1 + 1", None, "mine"],
        ["geopoint", "g", "Where"],
        ["note", "n", "Thank you"],
    ]
    choices = [["list_name", "name", "label"], ["yn", "y", "Yes"]]
    reading = read(form(survey=survey, choices=choices, lookup=[["x"], [1]]))
    found = items(reading)
    assert found["a"].other
    assert isinstance(found["c"], Machine)
    assert isinstance(found["n"], Note)
    assert found["g"].kind is None
    assert reading.summary()["questions"] == 2
    assert reading.summary()["by_kind"] == {"geopoint": 1, "single": 1}
    assert places(reading, "not_representable") == [
        ("survey", 3, "choice_filter"), ("survey", 4, "calculation"), ("survey", 5, "type"),
    ]  # fmt: skip
    assert places(reading, "warnings") == [
        ("lookup", 0, ""), ("survey", 2, "type"), ("survey", 3, "type"), ("survey", 4, "my column"),
    ]  # fmt: skip


def test_what_is_left_of_a_form_is_told_and_not_guessed(form: Form) -> None:
    survey = [
        [*HEAD, "disabled", "default"],
        ["text", "a", "A", None, "x"],
        [None, "b", "no type"],
        ["text", None, "no name"],
        ["text", "c", "C", "yes"],
        ["select_one gone", "d", "D"],
        ["hologram", "e", "E"],
        ["select_one ${a}", "f", "F"],
        ["text", "a", "A again"],
    ]
    reading = read(form(survey=survey))
    found = items(reading)
    assert set(found) == {"a", "row_4", "d", "e", "f"}
    assert [found[name].kind for name in "def"] == [None, None, None]
    assert reading.summary()["by_kind"] == {"hologram": 1, "select_one": 2, "short_text": 3}
    assert places(reading, "not_representable") == [("survey", row, "type") for row in (6, 7, 8)]


ALONE = "not(selected(., 'cat') and count-selected(.) > 1)"
NAME = PartSource("name")
AGE = PartSource("age")
SEX = PartSource("sex")
PETS = PartSource("pets")
ADULT = Test(AGE, Op.AT_LEAST, Decimal(18))
RULES: list[tuple[str, Rule]] = [
    ("${sex} = 'f'", Test(SEX, Op.IS, "f")),
    ("'f' = ${sex}", Test(SEX, Op.IS, "f")),
    ("${sex}!='f'", Test(SEX, Op.IS_NOT, "f")),
    ("${sex} = “f”", Test(SEX, Op.IS, "f")),
    ("selected(${sex}, 'f')", Test(SEX, Op.IS, "f")),
    ("${sex} = 'f' or ${sex} = 'm'", Test(SEX, Op.ANY_OF, ("f", "m"))),
    ("${sex} != 'f' and ${sex} != 'm'", Test(SEX, Op.NONE_OF, ("f", "m"))),
    ("selected(${pets}, 'cat') and not(selected(${pets}, 'dog'))",
     AllOf((Test(PETS, Op.IS, "cat"), Not(Test(PETS, Op.IS, "dog"))))),
    ("${age} >= 18", ADULT),
    ("18 <= ${age}", ADULT),
    ("${age} < 18", AllOf((Test(AGE, Op.GIVEN, True), Not(ADULT)))),
    ("(${age} >= 18 or ${name} != '') and ${sex} = 'f'",
     AllOf((AnyOf((ADULT, Test(NAME, Op.GIVEN, True))), Test(SEX, Op.IS, "f")))),
    ("count-selected(${pets}) > 0", Test(PETS, Op.GIVEN, True)),
    ("string-length(${name}) = 0", Test(NAME, Op.GIVEN, False)),
]  # fmt: skip


def conditioned(form: Form, condition: str) -> Reading:
    survey = [
        [*HEAD, "relevance"],
        ["text", "name", "Name"],
        ["integer", "age", "Age"],
        ["select_one s", "sex", "Sex"],
        ["select_multiple p", "pets", "Pets"],
        ["begin repeat", "kids", "Kids"],
        ["text", "kid", "Kid"],
        ["end repeat"],
        ["calculate", "sum"],
        ["geopoint", "where"],
        ["text", "last", "Last", condition],
    ]
    choices = [
        ["list_name", "name", "label"],
        ["s", "f", "F"],
        ["s", "m", "M"],
        ["p", "cat", "C"],
        ["p", "dog", "D"],
    ]
    return read(form(survey=survey, choices=choices))


@pytest.mark.parametrize(("condition", "rule"), RULES, ids=[text for text, _rule in RULES])
def test_a_condition_becomes_our_rule(form: Form, condition: str, rule: Rule) -> None:
    reading = conditioned(form, condition)
    assert items(reading)["last"].relevant == rule
    assert reading.summary()["rules_translated"] == 1


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("${kid} = 'x'", "not one field outside repeats"),
        ("${sum} > 1", "not one field outside repeats"),
        ("${nobody} = 'x'", "no field of this form"),
        ("${age} + 1 > 4", "comparison is missing"),
        ("today() > '2020-01-01'", "today() has no counterpart"),
        ("${name} = ${sex}", "compared with each other"),
        ("${pets} = 'cat'", "several choices"),
        ("${name} > 'a'", "only numbers"),
        ("${name} = 'Anna'", "only whether it is given"),
        ("${where} != ''", "no kind of ours"),
        ("count-selected(${pets}) > 2", "another number"),
        ("${sex} = 'f' and", "is no fixed value"),
        ("(" * 60 + "1 = 1" + ")" * 60, "nested"),
        ("${a}" * 2000, "characters"),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_be_said_is_kept_and_listed(form: Form, condition: str, why: str) -> None:
    reading = conditioned(form, condition)
    assert items(reading)["last"].relevant == Untranslated(Dialect.XPATH, condition)
    summary = reading.summary()
    assert (summary["rules"], summary["rules_translated"]) == (1, 0)
    told = [each for each in summary["not_representable"] if each["column"] == "relevance"]
    assert [(each["sheet"], each["row"]) for each in told] == [("survey", 11)]
    assert why in told[0]["text"]


@pytest.mark.parametrize(
    ("typed", "constraint", "low", "high", "alone", "rest"),
    [
        ("integer", ". >= 0 and . <= 120", 0, 120, (), None),
        ("integer", "(. > 0) and 5 > .", 1, 4, (), None),
        ("decimal", ". > 0 and .<=9.5", None, "9.5", (), ". > 0"),
        ("integer", ". >= 1 or . = -9", None, None, (), ". >= 1 or . = -9"),
        ("text", "regex(., '^[a-z and b]+$')", None, None, (), "regex(., '^[a-z and b]+$')"),
        ("select_multiple p", ALONE, None, None, ("cat",), None),
    ],
)  # fmt: skip
def test_constraints_become_bounds_and_the_rest_is_kept(
    form: Form, typed: str, constraint: str, low: Any, high: Any, alone: tuple[str, ...], rest: str | None
) -> None:
    survey = [[*HEAD, "constraint", "constraint message"], [typed, "a", "A", constraint, "No."]]
    reading = read(form(survey=survey, choices=[["list_name", "name"], ["p", "cat"], ["p", "dog"]]))
    field: Field = items(reading)["a"]
    assert (field.low, field.high) == tuple(None if each is None else Decimal(each) for each in (low, high))
    assert field.alone == alone
    assert field.constraint == (None if rest is None else Untranslated(Dialect.XPATH, rest))
    assert field.constraint_message == {"default": "No."}
    assert reading.summary()["constraints"] == 1
    assert len(reading.summary()["not_representable"]) == (rest is not None)


def test_kinds_of_ours(form: Form) -> None:
    survey = [
        [*HEAD, "appearance", "parameters"],
        ["text", "a", "A", "multiline"],
        ["decimal", "b", "B"],
        ["date", "c", "C"],
        ["file", "d", "D"],
        ["image", "e", "E"],
        ["range", "f", "F", None, "start=1 end=5 step=1"],
        ["select_one ypn", "g", "G"],
    ]
    choices = [
        ["list_name", "name", "label"],
        ["ypn", "yes", "Y"],
        ["ypn", "partly", "P"],
        ["ypn", "no", "N"],
    ]
    found = items(read(form(survey=survey, choices=choices)))
    assert [found[name].kind for name in "abcdefg"] == [
        PartKind.LONG_TEXT, PartKind.NUMBER, PartKind.DATE, PartKind.EVIDENCE, PartKind.EVIDENCE,
        PartKind.NUMBER, PartKind.YES_PARTLY_NO,
    ]  # fmt: skip
    assert (found["f"].low, found["f"].high) == (1, 5)
