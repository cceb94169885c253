"""XLSForm as it was written before 2013 and still lies about: one colon, long types, loops, one sheet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from assessments.questionnaire.formats.draft import Field, Machine, Repeat
from assessments.questionnaire.formats.files import Format, Reading, write_draft
from assessments.questionnaire.vocabulary import PartKind
from tests.questionnaire_formats.conftest import Form, read, workbook

HEAD = ["type", "name", "label"]


def items(reading: Reading) -> dict[str, Any]:
    assert reading.refused is None
    assert reading.draft is not None
    return {item.name: item for item, _depth in reading.draft.walk()}


def told(reading: Reading, which: str) -> str:
    return " ".join(each["text"] for each in reading.summary()[which])


def test_headers_with_one_colon_mean_what_those_with_two_do(form: Form) -> None:
    more = ["bind:relevant", "bind:constraint", "bind:jr:constraintMsg", "control:appearance", "requiredMsg"]
    survey = [
        [*HEAD, *more],
        ["integer", "furnaces", "Furnaces"],
        ["integer", "hot", "Hot ones", "${furnaces} > 0", ". <= 9", "Nine at most", "minimal", "Please"],
    ]  # fmt: skip
    reading = read(form(survey=survey))
    hot = items(reading)["hot"]
    assert (hot.high, hot.constraint_message) == (Decimal(9), {"default": "Nine at most"})
    assert hot.relevant is not None
    summary = reading.summary()
    assert (summary["rules"], summary["rules_translated"], summary["constraints"]) == (1, 1, 1)
    assert "no part of our questionnaires" not in told(reading, "warnings")


def test_a_bound_text_has_its_language_behind_its_name(form: Form) -> None:
    head = ["type", "name", "label::en", "bind::jr:constraintMsg::en", "bind::jr:constraintMsg::de"]
    reading = read(form(survey=[head, ["integer", "a", "A", "Too many", "Zu viele"]]))
    assert items(reading)["a"].constraint_message == {"en": "Too many", "de": "Zu viele"}


def test_a_column_of_an_xform_that_is_none_of_ours_keeps_its_own_name(form: Form) -> None:
    reading = read(form(survey=[[*HEAD, "bind::odk:length"], ["text", "a", "A", "9"]]))
    (warning,) = reading.summary()["warnings"]
    assert warning["column"] == "bind::odk:length"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("q string", PartKind.SHORT_TEXT),
        ("add text prompt", PartKind.SHORT_TEXT),
        ("q int", PartKind.NUMBER),
        ("percentage", PartKind.NUMBER),
        ("phone number", PartKind.SHORT_TEXT),
        ("add select one prompt using metals", PartKind.SINGLE),
        ("q select1 metals", PartKind.SINGLE),
        ("select multiple using metals", PartKind.MULTIPLE),
        ("add photo prompt", PartKind.EVIDENCE),
    ],
)
def test_old_types_are_kinds(form: Form, written: str, kind: PartKind) -> None:
    choices = [["list_name", "name", "label"], ["metals", "tin", "Tin"], ["metals", "lead", "Lead"]]
    found = items(read(form(survey=[HEAD, [written, "a", "A"]], choices=choices)))["a"]
    assert isinstance(found, Field)
    assert found.kind is kind


@pytest.mark.parametrize("written", ["get start time", "device id", "uri:deviceid", "get today", "email"])
def test_what_a_device_fills_in_is_no_question(form: Form, written: str) -> None:
    found = items(read(form(survey=[HEAD, [written, "a", "A"], ["text", "b", "B"]])))
    assert isinstance(found["a"], Machine)


def test_a_loop_becomes_a_repeat_and_says_so(form: Form) -> None:
    survey = [
        HEAD,
        ["begin loop over metals", "stock", "Stock"],
        ["integer", "tonnes", "Tonnes of %(label)s"],
        ["end loop"],
    ]
    sheets = {
        "survey": survey,
        "choices and columns": [["list name", "name", "label"], ["metals", "tin", "Tin"]],
    }
    reading = read(form(**sheets))
    assert isinstance(items(reading)["stock"], Repeat)
    assert reading.summary()["choice_lists"] == 1
    assert "stock loops over metals" in told(reading, "not_representable")


def test_two_names_of_one_column_are_read_where_no_row_fills_both(form: Form) -> None:
    head = [*HEAD, "relevance", "bind:relevant"]
    rows = [["integer", "a", "A"], ["text", "b", "B", "${a} > 1"], ["text", "c", "C", None, "${a} > 2"]]
    reading = read(form(survey=[head, *rows]))
    assert reading.summary()["rules_translated"] == 2
    assert "no row fills both" in told(reading, "warnings")
    both = read(form(survey=[head, *rows, ["text", "d", "D", "${a} > 3", "${a} > 4"]]))
    assert both.refused == (
        "The sheet survey has the header “relevant” twice (“relevance” and “bind:relevant”), "
        "in columns D and E; rename or remove one of them."
    )


def test_the_one_sheet_of_a_workbook_is_the_survey_by_its_headers() -> None:
    reading = read(workbook(Sheet1=[HEAD, ["text", "smelter", "Which smelter?"]]))
    assert reading.format is Format.XLSFORM
    assert isinstance(items(reading)["smelter"], Field)
    other = [["Section", "Name", "Type", "Question"], ["Water", "w1", "text", "Where does it come from?"]]
    assert read(workbook(Sheet1=other)).format is Format.SPREADSHEET


def test_a_condition_that_ends_too_early_is_told_so(form: Form) -> None:
    reading = read(form(survey=[[*HEAD, "relevant"], ["text", "a", "A"], ["text", "b", "B", 0]]))
    (refused,) = reading.summary()["not_representable"]
    assert refused["text"] == "the condition of b was not translated: a comparison is missing at its end"


def test_what_we_export_of_it_runs_elsewhere(form: Form) -> None:
    """A quote of a field that is not there, a repeat named data and a list in another sheet stop a form."""
    survey = [
        HEAD,
        ["begin repeat", "data", "Data of ${nobody}"],
        ["select_one_external towns", "town", "Town of ${data}"],
        ["end repeat"],
    ]
    reading = read(form(survey=survey))
    assert reading.draft is not None
    files, _report = write_draft(reading.draft, Format.XLSFORM_CSV)
    written = files["survey.csv"].decode("utf-8-sig")
    assert "${nobody}" not in written
    assert "external" not in written.splitlines()[2].split(",")[0]
    assert written.splitlines()[1].startswith("begin_repeat,data_2,")
    back = read(
        files["survey.csv"], "survey.csv", choices=files["choices.csv"], settings=files["settings.csv"]
    )
    assert back.draft == reading.draft
