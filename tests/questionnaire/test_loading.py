"""Loading refuses what is wrong with file, place, message and remedy, and never with a traceback."""

# ruff: noqa: E501 - one case stands on one line

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from assessments.questionnaire.model import (
    Binding,
    Level,
    PartKind,
    Questionnaire,
    Recall,
    RowsFrom,
    Strength,
    UnknownQuestion,
)
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.pack.reading import Problem
from assessments.questionnaire.rules import AnswerSource

SMALL = Path(__file__).parent / "packs" / "small"
Read = Callable[[Path], list[Problem]]
Change = Callable[..., Path]
OHS = "ohs/ohs-1.yaml"


def test_everything_in_the_files_is_in_the_model(small: Questionnaire) -> None:
    assert [question.key for question in small.questions][:5] == [
        "PRO-01",
        "PRO-02",
        "PRO-03",
        "PRO-04",
        "OHS-01",
    ]
    assert [topic.key for topic in small.rated_topics] == ["OHS.1"]
    question = small.question("OHS-03")
    assert (question.level, question.recall) == (Level.SITE, Recall.LAST_12_MONTHS)
    assert question.because == "this site makes, treats or stores materials"
    assert question.part("cases").column("share").max == Decimal(100)
    assert question.part("cases").column_sum == {"share": Decimal(100)}
    assert question.part("states").row_sum == Decimal(100)
    assert list(question.part("states").rows.items()) == [("burns", "Burns"), ("falls", "Falls")]
    assert small.question("PRO-01").part("employees").bind == Binding("organization", "employees")
    assert small.question("PRO-03").commercial_parts == {"materials"}
    assert small.question("PRO-03").part("materials").rows_from == RowsFrom(list_name="materials")
    assert small.question("PRO-03").part("materials").options["tin"] == "Tin"
    assert small.question("PRO-04").commercial_parts == {"origins"}
    assert small.question("OHS-05").part("last").prefill == AnswerSource("OHS-04", "day")
    assert small.question("OHS-02").part("wanted").options == small.lists["shifts"]
    assert small.question("OHS-01").mappings["GRI.403-5"].strength is Strength.PARTIAL
    assert small.question("OHS-01").mappings["GRI.403-5"].leaves == "what each training is about"
    guide = small.topic("OHS.1").guide
    assert guide is not None
    assert guide.ladder[2].micro == "The owner can say who helps."
    assert guide.findings[1].first_step == "Open the door at once."
    kinds = {part.kind for question in small.questions for part in question.parts}
    assert kinds == set(PartKind)


def test_what_is_not_there_is_named(small: Questionnaire) -> None:
    with pytest.raises(UnknownQuestion, match=r"small 1\.0 has no question LAB-01"):
        small.question("LAB-01")
    with pytest.raises(UnknownQuestion, match="OHS-03 has no part nothing"):
        small.question("OHS-03").part("nothing")
    for missing in (lambda: small.topic("LAB.1"), lambda: small.section("LAB")):
        with pytest.raises(KeyError):
            missing()


def test_the_shipped_pack_is_read_once() -> None:
    assert load_pack() is load_pack()


STRICT = [
    pytest.param(
        'text: "Which shifts',
        'text: "a"\n    text: "Which shifts',
        "has the key text twice",
        "keep one",
        id="dup",
    ),
    pytest.param("{when: always}", "&a {when: always}", "sets the anchor &a", "remove it", id="anchor"),
    pytest.param("{when: always}", "*a", "uses the alias *a", "write the value out", id="alias"),
    pytest.param("{when: always}", "!!map {when: always}", "carries the tag", "remove it", id="tag"),
    pytest.param(
        'any_of: [partly, "no"]', "any_of: [partly, no]", "has a bare no", 'write "no"', id="bare no"
    ),
    pytest.param('"Known today"', "Known today", "has an unquoted text", "double quotes", id="unquoted"),
    pytest.param(
        '"Known today"', "'Known today'", "quoted in another way", "double quotes", id="single quotes"
    ),
    pytest.param(
        '"Known today"', '"Known\n        today"', "is a text over several lines", "one line", id="two lines"
    ),
    pytest.param('"Known today"', '" Known today"', "has a space at an end", "take it out", id="space"),
    pytest.param('"Known today"', '""', "should be a text", 'write label: "..."', id="empty"),
    pytest.param("topic: OHS.1", "topic: OHS.2", "is OHS.2", "write topic: OHS.1", id="topic"),
    pytest.param("key: OHS-08", "key: OHS-07", "uses a key that OHS.1 has", "give it its own", id="same key"),
    pytest.param(
        "key: OHS-08", "key: MIN-08", "not a key of section OHS", "OHS- and two digits", id="other section"
    ),
    pytest.param(
        "kind: yes_partly_no", "kind: yes_no", "is yes_no, which is none of", "yes_partly_no", id="kind"
    ),
    pytest.param("tier: standard", "tier: deep", "is deep, which is none of", "use one of", id="tier"),
    pytest.param("purposes: [customer_programme]", "purposes: [fun]", "names fun", "use csrd", id="purpose"),
    pytest.param(
        'help: "Someone', 'hlp: "Someone', "has an unknown key hlp", "did you mean help?", id="unknown key"
    ),
    pytest.param(
        "options_from: shifts",
        "options_from: shift",
        "names the list shift",
        "use one of countries",
        id="list",
    ),
    pytest.param(
        "same_options_as: shifts", "same_options_as: shiftz", "names shiftz", "a part above", id="same as"
    ),
    pytest.param(
        '{hand: "Hand", eye: "Eye"}', '{hand: "Hand"}', "has one option", "at least two", id="one option"
    ),
    pytest.param("min: 0, max: 50.5", "min: 60, max: 50.5", "is larger than max", "swap", id="min max"),
    pytest.param(
        'kind: short_text, label: "Kind of body"',
        'kind: short_text, unit: kg, label: "Kind of body"',
        "another kind",
        "with number only",
        id="unit",
    ),
    pytest.param(
        "class: TRN, months: 12",
        "class: TRN, months: 12.5",
        "is no number of months",
        "from 1 to 120",
        id="months",
    ),
    pytest.param(
        "class: TRN, months: 12",
        "class: TRX, months: 12",
        "names the class TRX",
        "use one of CERT, TRN",
        id="class",
    ),
    pytest.param("until: expiry", "until: never", "takes the word expiry", "until: expiry", id="until"),
    pytest.param(
        'small: ["A photo of the card"]',
        "small: []",
        "no example for a small firm",
        "under 30 minutes",
        id="small",
    ),
    pytest.param("ISO45001.7: narrower", "ISO45001.7: wide", "is wide", "use one of", id="strength"),
    pytest.param(
        "row_sum: 100", "row_sums: 100", "unknown key row_sums", "did you mean row_sum?", id="row sum"
    ),
    pytest.param(
        'because: "this site', 'because: "This site', "does not complete", "lower case", id="because"
    ),
    pytest.param(
        "level: company\n    recall: today\n    purposes: [customer",
        "level: company\n    recall: often\n    purposes: [customer",
        "is often",
        "use one of",
        id="recall",
    ),
    pytest.param(
        "{key: who, kind: short_text, label",
        "{key: who, kind: number, bind: site.colour, label",
        "names site.colour",
        "site.<column>",
        id="bind",
    ),
    pytest.param(
        "{key: who, kind: short_text, label",
        "{key: who, kind: number, bind: site.employees, label",
        "binds a company question",
        "make its level site",
        id="bind level",
    ),
    pytest.param(
        "[{key: note, kind: long_text",
        "[{key: note, kind: table",
        "has the column note of kind table",
        "another kind",
        id="column",
    ),
    # Names that lead nowhere
    pytest.param(
        "answer: OHS-06, given",
        "answer: OHS-66, given",
        "names the question OHS-66, which does not exist",
        "question of the pack",
        id="question",
    ),
    pytest.param(
        "answer: OHS-01, part: known, is_not",
        "answer: OHS-01, part: knwn, is_not",
        "names OHS-01.knwn",
        "its parts are known, missing, page",
        id="part",
    ),
    pytest.param("fact: guards", "fact: gards", "names the fact gards", "declare it in pack.yaml", id="fact"),
    pytest.param(
        'is_not: "no"}}\n    text: "Which',
        'is_not: "never"}}\n    text: "Which',
        "compares known (yes_partly_no) with never",
        "use one of yes, partly, no",
        id="option",
    ),
    pytest.param(
        "[SMR, EXT]", "[SMELTER]", "compares the fact positions with SMELTER", "use one of EXT", id="position"
    ),
    pytest.param(
        "more_than: 0}]}}",
        "is: some}]}}",
        "compares the fact secondary_share, a number, with some",
        "like with like",
        id="number",
    ),
    pytest.param(
        "fact: hurt, is: true", "fact: hurt, is: high", "is true or false", "like with like", id="truth"
    ),
    pytest.param(
        "part: dust, at_least",
        "part: fine, at_least",
        "looks at fine, which is no part above it",
        "use one of: dust",
        id="part above",
    ),
    pytest.param(
        "prefill: {answer: OHS-04",
        "prefill: {answer: OHS-06, part: dust}, x: {answer: OHS-04",
        "points to OHS-06, which is asked later",
        "earlier",
        id="prefill",
    ),
    pytest.param(
        "rows_from: {fact: flagged_materials}",
        "rows_from: {fact: flags}",
        "names the fact flags",
        "declare it",
        id="rows fact",
    ),
    pytest.param(
        "fact: drill_kind, is: gas",
        "fact: drill_kind, is: flood",
        "compares kind (single) with flood",
        "fire, gas",
        id="fact option",
    ),
    # Faults of the rule language
    pytest.param(
        "{fact: guards, is: true}",
        "{fact: guards}",
        "one comparison, this has 0",
        "use one of is",
        id="no op",
    ),
    pytest.param(
        "{fact: guards, is: true}",
        "{fact: guards, equals: true}",
        "no key equals",
        "use fact, answer",
        id="op",
    ),
    pytest.param(
        "none_of: [MICA]", "none_of: MICA", "none_of takes a list", "write none_of: [a, b]", id="list op"
    ),
    pytest.param(
        "more_than: 0}]}}",
        'more_than: "0"}]}}',
        "more_than takes a number",
        "write more_than: 1",
        id="number op",
    ),
    pytest.param(
        "{answer: OHS-01, part: known, is_not",
        "{answer: OHS-01, is_not",
        "does not say which part",
        "add part: key",
        id="no part",
    ),
    pytest.param("{fact: hurt, is: true}", "{all: []}", "all stands alone", "write {all: [...]}", id="all"),
]


@pytest.mark.parametrize(("old", "new", "message", "remedy"), STRICT)
def test_a_fault_names_its_place_and_its_remedy(
    changed_pack: Change, problems: Read, old: str, new: str, message: str, remedy: str
) -> None:
    found = problems(changed_pack(OHS, old, new))
    assert any(message in p.message and remedy in p.remedy and p.file == OHS for p in found), found


def test_a_missing_key_is_one_clear_error(changed_pack: Change, problems: Read) -> None:
    found = problems(changed_pack(OHS, '    why: "Others see what we no longer see."\n', ""))
    assert [str(problem) for problem in found] == [
        "ohs/ohs-1.yaml: questions[OHS-08]: has no why; add why: to it"
    ]


def test_a_rule_that_names_an_unknown_question_is_one_clear_error(
    changed_pack: Change, problems: Read
) -> None:
    found = problems(
        changed_pack(OHS, "{answer: OHS-01, part: known, is_not", "{answer: OHS-99, part: known, is_not")
    )
    assert [str(problem) for problem in found] == [
        (
            "ohs/ohs-1.yaml: questions[OHS-02].applies.when: names the question OHS-99, which does not exist; "
            "name a question of the pack"
        )
    ]


def test_a_cycle_is_one_clear_error_with_its_path(changed_pack: Change, problems: Read) -> None:
    found = problems(
        changed_pack(OHS, "{fact: production_site, is: true}", "{answer: OHS-05, part: changes, given: true}")
    )
    assert [str(problem) for problem in found] == [
        (
            "ohs/ohs-1.yaml: questions[OHS-03].applies.when: leads round in a circle: "
            "OHS-03 > OHS-05 > fact hurt > OHS-03; take out one of these references"
        )
    ]


def test_a_question_that_looks_at_itself_is_a_cycle(changed_pack: Change, problems: Read) -> None:
    found = problems(changed_pack(OHS, "{fact: production_site, is: true}", "{answer: OHS-03, given: true}"))
    assert [problem.message for problem in found] == ["leads round in a circle: OHS-03 > OHS-03"]


def test_a_later_answer_is_refused_without_a_cycle(changed_pack: Change, problems: Read) -> None:
    found = problems(
        changed_pack(OHS, "{fact: production_site, is: true}", "{answer: OHS-06, part: dust, more_than: 1}")
    )
    assert [problem.message for problem in found] == ["looks at OHS-06, which is not asked earlier"]


def test_a_tier_may_not_need_what_is_asked_later(changed_pack: Change, problems: Read) -> None:
    folder = changed_pack("pro/pro-1.yaml", "tier: core", "tier: standard")
    assert any("PRO-01" in problem.message for problem in problems(folder))
