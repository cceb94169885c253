"""Elements of a standard beside a questionnaire: all or some, two choices side by side, two versions."""

from __future__ import annotations

import pytest

from assessments.questionnaire.elements import (
    UnknownElement,
    changes,
    check_elements,
    narrowed,
    side_by_side,
)
from assessments.questionnaire.standards import UnknownStandard, coverage, standards
from tests.asks.conftest import GAINED, LOST, RELATED, remapped
from tests.support.assessing import standard


@pytest.mark.parametrize("key", list(standards()))
def test_the_whole_says_what_the_public_page_says(key: str) -> None:
    found, told = coverage(standard(), key), narrowed(standard(), key)
    assert [row.element.key for row in told.covered] == list(found.covered)
    assert {row.element.key for row in told.left} == set(found.uncovered) - set(found.headings)
    assert sorted(one.key for one in told.questions) == list(found.questions)
    assert sum(told.strengths.values()) == len(found.covered), "each element counts once, by its closest"
    assert len(told.covered) + len(told.left) + len(found.headings) == len(told.rows)


def test_a_heading_stands_for_what_is_below_it() -> None:
    told = narrowed(standard(), "OECD-RBC", ["OECD-RBC.3", "OECD-RBC.6.1"])
    assert [row.element.key for row in told.rows] == [
        "OECD-RBC.3", "OECD-RBC.3.1", "OECD-RBC.3.2", "OECD-RBC.6.1",
    ]  # fmt: skip
    assert set(told.topics) <= set(narrowed(standard(), "OECD-RBC").topics)


def test_an_element_that_the_table_lost_narrows_to_nothing() -> None:
    assert narrowed(standard(), "ISO45001", ["ISO45001.99"]).rows == ()


def test_what_is_not_there_is_named() -> None:
    check_elements("ISO45001", ["ISO45001.4"])
    with pytest.raises(UnknownStandard, match="ISO99"):
        check_elements("ISO99", [])
    with pytest.raises(UnknownElement, match=r"ISO14001\.4"):
        check_elements("ISO45001", ["ISO14001.4"])


def test_another_version_names_the_elements_it_covers_otherwise_and_no_others() -> None:
    before, after = standard(), remapped(standard(), "9.0")
    found = {one.key: one for one in changes(before, after, "ISO45001")}
    assert set(found) == {LOST, GAINED, RELATED}
    assert found[LOST].lost == found[GAINED].gained != ()
    assert found[RELATED].related != ()
    assert not any(one.reworded for one in found.values())
    assert changes(before, after, "ISO14001") == ()
    assert [one.key for one in changes(before, after, "ISO45001", [GAINED])] == [GAINED]
    assert changes(before, before, "ISO45001") == ()


def test_side_by_side_parts_the_questions_into_both_and_one() -> None:
    one, other = narrowed(standard(), "ISO45001"), narrowed(standard(), "SA8000")
    found = side_by_side(standard(), one, other)
    keys = [
        {served.question.key for served in part} for part in (found.both, found.only_one, found.only_other)
    ]
    assert keys[0] | keys[1] == {question.key for question in one.questions}
    assert keys[0] | keys[2] == {question.key for question in other.questions}
    assert not keys[1] & keys[2]
    assert keys[0], "the two have questions in common"
    assert all(served.one and served.other for served in found.both)
