"""The standards matrix: every element once, touched or left over, and never a mark for the standard."""

from __future__ import annotations

import pytest

from assessments.questionnaire.model import Strength
from assessments.questionnaire.pack.checking import elements
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.standards import (
    STRONGEST_FIRST,
    UnknownStandard,
    coverage,
    element_titles,
    matrix,
    standard_of,
    standards,
)


def test_every_element_belongs_to_one_standard_that_has_a_title() -> None:
    assert len(standards()) == 32
    assert dict(element_titles()) == dict(elements())
    assert {standard_of(key) for key in elements()} == set(standards())
    assert all(one.title and one.edition and one.publisher and one.elements for one in standards().values())


def test_covered_and_uncovered_are_all_elements_of_a_standard() -> None:
    pack = load_pack()
    mapped = {key for question in pack.questions for key in (*question.mappings, *question.vsme)}
    for one in matrix(pack):
        keys = [element.key for element in one.standard.elements]
        assert sorted((*one.covered, *one.uncovered)) == sorted(keys)
        assert set(one.covered) == mapped & set(keys)
        assert set(one.headings) <= set(one.uncovered)


def test_a_heading_is_told_apart_from_what_nobody_asks() -> None:
    guidance = coverage(load_pack(), "OECD-RBC")
    assert guidance.headings == tuple(f"OECD-RBC.{n}" for n in range(1, 7))
    minerals = coverage(load_pack(), "OECD-MIN")
    assert minerals.uncovered == minerals.headings == ("OECD-MIN.1",), "1A to 1E are its parts"
    assert "VSME.B1" not in standards()["VSME"].parts, "B10 is no part of B1"


def test_the_strongest_question_stands_first_with_what_it_leaves() -> None:
    point = next(row for row in coverage(load_pack(), "VSME").rows if row.element.key == "VSME.B11")
    assert point.touches[0].strength is Strength.EQUAL
    assert point.touches[0].question.key == "ETH-05"
    for row in coverage(load_pack(), "ISO45001").rows:
        order = [STRONGEST_FIRST.index(touch.strength) for touch in row.touches]
        assert order == sorted(order)
    context = next(row for row in coverage(load_pack(), "ISO45001").rows if row.element.key == "ISO45001.4")
    assert "what workers and others need and expect" in {touch.leaves for touch in context.touches}


def test_an_unknown_standard_is_refused() -> None:
    with pytest.raises(UnknownStandard, match="there is no standard ISO1"):
        coverage(load_pack(), "ISO1")
