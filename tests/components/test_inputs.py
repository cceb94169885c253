"""The inputs of a questionnaire: what they post is what the answer codecs read; nothing typed is lost."""

from __future__ import annotations

import pytest

from assessments.questionnaire.model import PartKind
from assessments.values.answers import from_form, parse_parts
from tests.support.drawing import Drawing, fields, fragment, ids_are_unique, nothing_runs
from tests.support.parts import PARTS, ROW_LABELS, question


@pytest.mark.parametrize("case", PARTS)
def test_an_input_posts_what_the_answer_codec_reads_back(pages: Drawing, case: str) -> None:
    shape, value = PARTS[case]
    draw = pages.macro("inputs/input.html", "input")
    tree = fragment(draw(shape, value, "OHS-05.p", row_labels=ROW_LABELS))
    posted = fields(tree)
    raw = from_form(question(shape), lambda name: posted.get(name, []), "OHS-05.")
    assert parse_parts(question(shape), raw) == {"p": value}


@pytest.mark.parametrize("case", PARTS)
@pytest.mark.parametrize("disabled", [False, True])
def test_an_input_stands_empty_faulty_and_closed(pages: Drawing, case: str, disabled: bool) -> None:
    shape, _ = PARTS[case]
    draw = pages.macro("inputs/input.html", "input")
    for errors in (
        {},
        {"OHS-05.p": "Write a number.", "OHS-05.p.year": "Four digits.", "OHS-05.p.row1.name": "x"},
    ):
        tree = fragment(draw(shape, None, "OHS-05.p", errors, disabled, ROW_LABELS))
        ids_are_unique(tree)
        nothing_runs(tree)
        controls = [
            f for f in tree.iter() if f.tag in {"input", "select", "textarea"} and f.get("type") != "hidden"
        ]
        assert controls or (disabled and "No rows." in "".join(tree.itertext()))
        assert all((f.get("disabled") is not None) == disabled for f in controls)
        text = "".join(tree.itertext())
        assert ("Write a number." in text) == bool(errors)


def test_what_was_typed_and_cannot_be_read_comes_back_as_typed(pages: Drawing) -> None:
    draw = pages.macro("inputs/input.html", "input")
    wrong = {"value": "18 thousand", "year": "25", "basis": "guess"}
    tree = fragment(draw(PARTS["number"][0], wrong, "W.p", {"W.p": "No number.", "W.p.basis": "Choose one."}))
    assert fields(tree)["W.p.value"] == ["18 thousand"]
    assert fields(tree)["W.p.year"] == ["25"]
    tree = fragment(draw(PARTS["date"][0], "31st of May", "W.p", {"W.p": "No date."}))
    assert fields(tree)["W.p"] == ["31st of May"]


def test_a_fault_in_a_cell_stands_at_the_cell(pages: Drawing) -> None:
    draw = pages.macro("inputs/input.html", "input")
    for case, place in (
        ("table with free rows", "W.p.row2.name"),
        ("table with fixed rows", "W.p.toilets.note"),
        ("table with picked rows", "W.p.k4.use"),
        ("table with rows of an answer", "W.p.copper.own"),
    ):
        shape, value = PARTS[case]
        tree = fragment(draw(shape, value, "W.p", {place: "Too long."}, row_labels=ROW_LABELS))
        faulty = [f for f in tree.iter() if f.get("aria-invalid") == "true"]
        assert len(faulty) == 1, case
        assert (faulty[0].get("name") or "").endswith(place.rsplit(".", 1)[1]), case
        ids_are_unique(tree)


def test_every_kind_of_part_has_an_input_and_a_reading(pages: Drawing) -> None:
    drawn = {shape.kind for shape, _ in PARTS.values()}
    assert drawn | {PartKind.EVIDENCE} == set(PartKind)
    shown = pages.macro("answer_shown.html", "answer_shown")
    for case, (shape, value) in PARTS.items():
        assert (
            "no answer" not in "".join(fragment(shown(shape, value, ROW_LABELS)).itertext())
            or "table" in case
        )
        assert "no answer" in "".join(fragment(shown(shape, None)).itertext())
