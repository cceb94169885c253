"""SurveyJS forms, OSCAL catalogs and plain spreadsheets as others write them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assessments.questionnaire.formats.column_mapping import mapping_from
from assessments.questionnaire.formats.draft import (
    Dialect,
    Draft,
    DraftRefused,
    Field,
    Group,
    Machine,
    Note,
    Repeat,
    Table,
    Untranslated,
)
from assessments.questionnaire.formats.files import Format, Reading, Sent, read_sent, write_draft
from assessments.questionnaire.rules import AllOf, Not, Op, PartSource, Rule, Test
from assessments.questionnaire.vocabulary import PartKind
from tests.questionnaire_formats.conftest import read, workbook

SURVEY: dict[str, Any] = {
    "title": {"default": "Supplier check", "de": "Lieferanten"},
    "locale": "en",
    "pages": [
        {
            "name": "first",
            "elements": [
                {
                    "type": "radiogroup",
                    "name": "mine",
                    "title": "A mine?",
                    "choices": ["yes", "no"],
                    "isRequired": True,
                },
                {
                    "type": "dropdown",
                    "name": "again",
                    "choices": [{"value": "yes"}, {"value": "no", "text": {"default": "No", "de": "Nein"}}],
                },
                {"type": "tagbox", "name": "metals", "choicesFromQuestion": "kinds", "showNoneItem": True},
                {"type": "checkbox", "name": "kinds", "choices": [1, 2, "tin"], "hasOther": True},
                {
                    "type": "text",
                    "name": "people",
                    "inputType": "number",
                    "min": 0,
                    "max": 9,
                    "requiredIf": "{x} = 1",
                },
                {
                    "type": "text",
                    "name": "site",
                    "inputType": "url",
                    "validators": [{"type": "regex", "regex": "^h"}],
                },
                {"type": "html", "name": "hello", "html": "<b>Tea</b> &amp; rest"},
                {"type": "expression", "name": "sum", "expression": "{people} + 1"},
            ],
        },
        {
            "name": "second",
            "visibleIf": "{mine} = 'yes' and !({kinds} contains 'tin')",
            "elements": [
                {
                    "type": "panel",
                    "name": "deep",
                    "elements": [{"type": "comment", "name": "why", "visibleIf": "iif({a}, 1, 2) = 1"}],
                },
                {
                    "type": "paneldynamic",
                    "name": "shifts",
                    "templateElements": [{"type": "text", "name": "from", "inputType": "time"}],
                },
                {
                    "type": "matrixdynamic",
                    "name": "fuels",
                    "choices": ["a", "b"],
                    "columns": [{"name": "kind"}, {"name": "day", "cellType": "text", "inputType": "date"}],
                },
                {"type": "matrix", "name": "seen", "columns": ["often", "never"], "rows": ["dust", "noise"]},
                {
                    "type": "matrixdropdown",
                    "name": "use",
                    "visibleIf": "{seen.dust} anyof ['often', 'never'] or {people} < 5",
                    "columns": [{"name": "amount", "cellType": "text", "inputType": "number"}],
                    "rows": [{"value": "oil", "text": "Oil"}],
                },
                {"type": "signaturepad", "name": "sign"},
                {"type": "boolean", "name": "sure"},
                {"type": "rating", "name": "stars"},
            ],
        },
    ],
}


def items(reading: Reading) -> dict[str, Any]:
    assert reading.refused is None
    assert reading.draft is not None
    return {item.name: item for item, _depth in reading.draft.walk()}


@pytest.mark.parametrize(
    "wrapped",
    [
        SURVEY,
        {"survey": SURVEY},
        [{"id": 1}, {"json": SURVEY}],
        {"data": {"attributes": {"json": json.dumps(SURVEY)}}},
    ],
    ids=["bare", "envelope", "list", "text inside"],
)
def test_a_surveyjs_form_is_read_wrapped_or_not(wrapped: Any) -> None:
    summary = read(json.dumps(wrapped).encode(), "form.json").summary()
    assert summary["format"] == "surveyjs"
    assert summary["title"] == "Supplier check"
    assert (summary["groups"], summary["repeats"], summary["max_depth"]) == (3, 2, 2)
    assert summary["by_kind"] == {
        "date": 1, "link": 1, "long_text": 1, "multiple": 2, "number": 2, "signaturepad": 1, "single": 4,
        "table": 2, "text-time": 1,
    }  # fmt: skip
    assert (summary["rules"], summary["rules_translated"]) == (3, 2)
    assert (summary["constraints"], summary["required"]) == (2, 1)
    assert summary["languages"] == ["en", "de"]


def test_what_a_surveyjs_form_means() -> None:
    found = items(read(json.dumps(SURVEY).encode(), "form.json"))
    assert isinstance(found["first"], Group)
    assert isinstance(found["shifts"], Repeat)
    assert isinstance(found["use"], Table)
    assert isinstance(found["hello"], Note)
    assert isinstance(found["sum"], Machine)
    assert found["hello"].label == {"en": "Tea & rest"}
    assert found["metals"].alone == ("none",)
    assert found["kinds"].other
    assert (found["people"].low, found["people"].high, found["people"].required) == (0, 9, "{x} = 1")
    mine: Rule = Test(PartSource("mine"), Op.IS, "yes")
    assert found["second"].relevant == AllOf((mine, Not(Test(PartSource("kinds"), Op.IS, "tin"))))
    assert found["why"].relevant == Untranslated(Dialect.SURVEYJS, "iif({a}, 1, 2) = 1")
    fuels = found["fuels"].items
    assert [(field.name, field.kind) for field in fuels] == [
        ("kind", PartKind.SINGLE),
        ("day", PartKind.DATE),
    ]
    assert found["use"].rows[0].label == {"en": "Oil"}


def test_the_same_choices_are_one_list() -> None:
    elements = [{"type": "dropdown", "name": name, "choices": ["a", "b"]} for name in ("one", "two")]
    reading = read(json.dumps({"elements": elements}).encode(), "form.json")
    assert {field.list_name for field in items(reading).values()} == {"one"}
    assert reading.summary()["choice_lists"] == 1


BY = ["by hand", "by {{ insert: param, p1 }}"]
KNOWN = {"name": "statement", "prose": "It is known."}
CATALOG = {
    "uuid": "0", "metadata": {"title": "Our rules", "version": "3", "oscal-version": "1.0.4"},
    "groups": [{"id": "ac", "title": "Access", "controls": [
        {
            "id": "ac-1", "title": "Policy",
            "params": [
                {"id": "p1", "label": "how often"},
                {"id": "p2", "select": {"how-many": "one-or-more", "choice": BY}},
                {"id": "p3", "label": "days", "constraints": [{"description": "at most 30"}]},
            ],
            "parts": [
                {"id": "s", "name": "statement", "prose": "The firm:", "parts": [
                    {"id": "s.a", "name": "item", "prose": "looks at it {{ insert: param, p1 }};"},
                    {"id": "s.b", "name": "item", "prose": "does:", "parts": [
                        {"name": "item", "prose": "this;"}, {"name": "item", "prose": "that."}]},
                ]},
                {"id": "g", "name": "guidance", "prose": "Begin small."},
                {"id": "o", "name": "assessment-objective", "prose": "See whether."},
            ],
            "controls": [{"id": "ac-1.1", "title": "More", "parts": [KNOWN]}],
        },
        {"id": "ac-2", "title": "Gone", "props": [{"name": "status", "value": "withdrawn"}]},
    ]}],
    "back-matter": {"resources": []},
}  # fmt: skip


def test_an_oscal_catalog_asks_whether_its_requirements_are_met() -> None:
    reading = read(
        json.dumps({"catalog": CATALOG | {"back-matter": {"resources": [1]}}}).encode(), "rules.json"
    )
    found = items(reading)
    assert [name for name in found if isinstance(found[name], Field)] == [
        "s.a", "s.b.1", "s.b.2", "p1", "p2", "p3", "ac-1.1_smt",
    ]  # fmt: skip
    assert found["s.a"].kind is PartKind.YES_PARTLY_NO
    assert found["s.a"].label == {"default": "looks at it [how often];"}
    assert (found["p1"].kind, found["p2"].kind) == (PartKind.SHORT_TEXT, PartKind.MULTIPLE)
    assert found["ac-1"].guidance == {"default": "Begin small."}
    assert reading.draft is not None
    assert [c.label["default"] for c in reading.draft.lists[-1].choices] == ["by hand", "by [how often]"]
    summary = reading.summary()
    assert (summary["format"], summary["title"], summary["questions"]) == ("oscal", "Our rules", 7)
    assert (summary["groups"], summary["max_depth"], summary["constraints"]) == (3, 3, 1)
    columns = [each["column"] for each in summary["warnings"]]
    assert {"ac-2", "assessment-objective", "back-matter"} <= set(columns)
    (left,) = [each["text"] for each in summary["warnings"] if each["column"] == "assessment-objective"]
    assert left == "1 part “assessment-objective” was left out"


@pytest.mark.parametrize(
    ("version", "read_it"), [("1.0.0", True), ("1.2.1", True), ("1.3.0", False), ("0.9", False)]
)
def test_catalogs_of_1_0_to_1_2_are_read(version: str, read_it: bool) -> None:
    metadata = {"title": "T", "oscal-version": version}
    raw = json.dumps({"catalog": {**CATALOG, "metadata": metadata}}).encode()
    assert (read(raw, "rules.json").draft is not None) is read_it


def test_a_spreadsheet_is_read_by_its_headers() -> None:
    rows: list[list[Any]] = [
        ["No.", "Theme", "Question", "Guidance", "Answer type", "Options", "Mandatory", "Unit", "Owner"],
        ["1.1", "Water", "How much?", "Look at the bill.", "Number", None, "yes", "m3", "Anna"],
        ["1.2", "Water", "From where?", None, "Multiple choice", "River\n- Well; Rain", "no", None, None],
        [None, "People", "A policy?", None, "Yes/No", None, None, None, None],
        [None, "People", "Which?", None, "colour", None, None, None, None],
        [None, None, None, "lonely help", None, None, None, None, None],
        ["1.2", "Water", "Anything else?", None, None, None, None, None, None],
    ]
    reading = read(workbook(Questions=rows), "questions.xlsx")
    found = items(reading)
    assert [item.label for item in found.values() if isinstance(item, Group)] == [
        {"default": "Water"}, {"default": "People"},
    ]  # fmt: skip
    assert (found["1.1"].kind, found["1.1"].unit, found["1.1"].must) == (PartKind.NUMBER, "m3", True)
    assert found["row_5"].kind is None
    assert found["1.2_2"].kind is PartKind.LONG_TEXT
    assert reading.draft is not None
    assert [choice.label["default"] for choice in reading.draft.lists[0].choices] == ["River", "Well", "Rain"]
    refused = reading.summary()["not_representable"]
    assert [(each["sheet"], each["row"], each["column"]) for each in refused] == [
        ("Questions", 5, "Answer type")
    ]


def test_a_mapping_says_what_columns_mean_in_several_languages() -> None:
    tree = {
        "header": 2,
        "columns": {"text": {"en": "Q (en)", "de": "Q (de)"}, "type": "T"},
        "types": {"Zahl": "number"},
    }
    raw = b"x;;\nQ (en);Q (de);T\nHow many?;Wie viele?;Zahl\n"
    reading = read_sent(Sent("q.csv", raw), None, mapping_from(tree))
    assert reading.format is Format.SPREADSHEET
    found = items(reading)["row_3"]
    assert found.label == {"en": "How many?", "de": "Wie viele?"}
    assert found.kind is PartKind.NUMBER


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, "has no columns"),
        ({"columns": {"help": "x"}}, "which column holds the questions"),
        ({"columns": {"text": ""}}, "names no column for text"),
        ({"columns": {"text": "x"}, "header": 0}, "number of a row"),
        ({"columns": {"text": "x"}, "types": {"a": "magic"}}, "makes a a magic"),
        ({"columns": {"text": "x"}, "rows": 1}, "unknown key rows"),
    ],
)
def test_a_mapping_that_is_wrong_is_one_sentence(tree: dict[str, Any], told: str) -> None:
    with pytest.raises(DraftRefused, match=told):
        mapping_from(tree)


def test_headers_that_the_mapping_names_must_be_there_once() -> None:
    twice = workbook(A=[["Question", "Question"], ["Why?", "x"]])
    assert "twice, in columns A and B" in str(read(twice, "a.xlsx").refused)
    other = read_sent(Sent("a.xlsx", twice), None, mapping_from({"columns": {"text": "Frage"}}))
    assert "has no header “Frage” in row 1" in str(other.refused)
    nothing = read(workbook(A=[["Colour"], ["red"]]), "a.xlsx")
    assert "No column looks like one of questions" in str(nothing.refused)


def test_no_group_of_a_catalog_holds_groups_and_controls() -> None:
    """As the schema of OSCAL asks; what stood between two groups comes back between them."""
    water = Field("water", PartKind.SHORT_TEXT, label={"en": "Water"})
    inner = (Group("a", {"en": "A"}, items=(water,)), replace(water, name="b"), Group("c", {"en": "C"}))
    draft = Draft("d", {"en": "D"}, "1", ("en",), (Group("outer", {"en": "Outer"}, items=inner),))
    files, _report = write_draft(draft, Format.OSCAL)
    (raw,) = files.values()
    waiting = list(json.loads(raw)["catalog"]["groups"])
    while waiting:
        group = waiting.pop()
        assert not ("groups" in group and "controls" in group), group["id"]
        waiting.extend(group.get("groups", ()))
    assert read(raw, "d.json").draft == draft
