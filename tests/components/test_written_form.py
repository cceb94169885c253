"""Forms drawn once and filled many times: they post the same as forms drawn anew, and are as safe."""

from __future__ import annotations

from typing import Any

import pytest

from plumbline.written_form import Written, WrittenForm, fields_of
from tests.support.drawing import Drawing, fields, fragment, ids_are_unique, nothing_runs
from tests.support.parts import PARTS, ROW_LABELS

STRIP = [
    {"topics": [{"key": f"OHS.{n}", "title": "Risks <b>", "level": n} for n in range(5)]},
    {
        "topics": [
            {"key": "MIN.1", "title": "x", "level": "na"},
            {"key": "MIN.2", "title": "y", "level": None},
        ]
    },
]


@pytest.fixture
def written(pages: Drawing) -> Drawing:
    """The same templates, with `written` as the application provides it."""
    del pages
    drawing = Drawing()
    drawing.jinja.globals["written"] = Written(lambda: drawing.language)
    return drawing


def drawn(drawing: Drawing, shape: Any, value: Any, errors: Any = None, disabled: bool = False) -> str:
    return str(
        drawing.macro("inputs/input.html", "input")(
            shape, value, "OHS-05.p", errors or {}, disabled, ROW_LABELS
        )
    )


@pytest.mark.parametrize("case", PARTS)
def test_a_filled_form_is_the_form_drawn_with_the_value(pages: Drawing, written: Drawing, case: str) -> None:
    shape, value = PARTS[case]
    for said in (value, None, value):  # the second time it is filled, the first time drawn
        for disabled in (False, True):
            anew = fragment(drawn(pages, shape, said, disabled=disabled))
            filled = fragment(drawn(written, shape, said, disabled=disabled))
            assert fields(filled) == fields(anew)
            assert "".join(filled.itertext()).split() == "".join(anew.itertext()).split()
            assert sum(1 for _ in filled.iter()) == sum(1 for _ in anew.iter())
    assert fields(fragment(drawn(written, shape, value))) != fields(fragment(drawn(written, shape, None)))


@pytest.mark.parametrize("case", PARTS)
def test_what_has_a_fault_is_drawn_anew(pages: Drawing, written: Drawing, case: str) -> None:
    shape, value = PARTS[case]
    errors = {"OHS-05.p": "Not so.", "OHS-05.p.year": "Nor so."}
    assert drawn(written, shape, value, errors) == drawn(pages, shape, value, errors)
    assert "Not so." not in drawn(written, shape, value, {"OHS-05.other": "Not so.", "OHS-05.pp": "Not so."})


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '" onfocus="x', "</textarea><b>", "&amp;", "\u202eabc"]
)
@pytest.mark.parametrize("case", ["short_text", "long_text", "link", "number"])
def test_what_is_filled_in_is_escaped(written: Drawing, case: str, text: str) -> None:
    value = {"value": text, "year": text, "basis": None} if case == "number" else text
    tree = fragment(drawn(written, PARTS[case][0], value))
    nothing_runs(tree)
    ids_are_unique(tree)
    assert fields(tree)["OHS-05.p.value" if case == "number" else "OHS-05.p"] == [text]


def test_a_key_that_begins_another_selects_itself_alone() -> None:
    form = WrittenForm('<select name="s"><option value="ab">x</option><option value="a">y</option></select>')
    assert form.fill({"s": ["a"]}).count("selected") == 1
    assert 'value="a" selected' in form.fill({"s": ["a"]})
    assert "selected" not in form.fill({"s": ["unknown"]})


def test_fields_not_named_stay_as_drawn_and_files_and_passwords_are_never_filled() -> None:
    html = (
        '<input type="hidden" name="t.rows" value="row1">'
        '<input type="password" name="p" value=""><input name="f" type="file">'
    )
    form = WrittenForm(html)
    assert form.fill({"p": ["secret"], "f": ["x"]}) == html


def test_each_language_and_each_number_of_rows_has_its_own(written: Drawing) -> None:
    shape, value = PARTS["yes_partly_no"]
    assert "Partly" in drawn(written, shape, value)
    written.language = "shouted"
    assert "PARTLY" in drawn(written, shape, value)
    written.language = "en"
    assert "Partly" in drawn(written, shape, value)
    free, rows = PARTS["table with free rows"]
    assert drawn(written, free, rows).count("<tr>") == drawn(written, free, rows[:1]).count("<tr>") + 1


def test_cards_states_and_evidence_are_the_same_remembered(pages: Drawing, written: Drawing) -> None:
    for name, file, arguments in (
        ("answer_state", "answer_state.html", ["OHS-05", "withheld"]),
        ("answer_state", "answer_state.html", ["OHS-05", "not_applicable", "we <b>buy</b> none"]),
        ("evidence", "inputs/evidence.html", [None, [], "OHS-05.evidence"]),
        ("evidence", "inputs/evidence.html", [None, [{"id": "1", "name": "a<b>.pdf"}], "OHS-05.evidence"]),
        ("grade_counts", "finding_grade.html", [{"minor": 2, "observation": 1}]),
        ("action_progress", "action_progress.html", [1, 3, "next <b>"]),
        ("maturity_strip", "maturity_strip.html", [STRIP]),
    ):
        for _ in range(2):
            assert written.macro(file, name)(*arguments) == pages.macro(file, name)(*arguments)
    assert written.sheet().split() == pages.sheet().split()


def test_the_least_recently_used_go_first() -> None:
    calls: list[str] = []

    class Counted:
        name = "counted"

        def __call__(self, text: str) -> str:
            calls.append(text)
            return text

    kept = Written(lambda: "en", most=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        assert kept.remembered(Counted(), text) == text  # type: ignore[arg-type]
    assert calls == ["a", "b", "c", "b"]


def test_typed_values_that_are_no_values_yet_stand_in_their_fields() -> None:
    shape, _ = PARTS["table with free rows"]
    rows = [{"row": None, "share": {"value": "1o"}, "name": None}]
    assert fields_of(shape, rows, "T.p") == {"T.p.row1.share": ["1o"], "T.p.row1.name": []}
    assert fields_of(PARTS["number"][0], "18 thousand", "N.p") == {"N.p.value": ["18 thousand"]}
