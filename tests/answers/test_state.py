"""The state that follows from the parts, and the three that the supplier says."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.values.answers import AnswerState, BadValue, is_blank, missing_parts, needed_parts, state_of


@cache
def small() -> Questionnaire:
    return read_pack(Path(__file__).parents[1] / "questionnaire" / "packs" / "small")


STATES: list[tuple[str, dict[str, Any], AnswerState]] = [
    ("OHS-01", {}, AnswerState.EMPTY),
    ("OHS-01", {"known": None, "missing": ""}, AnswerState.EMPTY),
    ("OHS-01", {"known": "yes"}, AnswerState.ANSWERED),
    ("OHS-01", {"known": "partly"}, AnswerState.INCOMPLETE),
    ("OHS-01", {"known": "partly", "missing": "The night shift"}, AnswerState.ANSWERED),
    # Only an optional part was filled in: the needed one is missing.
    ("OHS-01", {"page": "https://example.org"}, AnswerState.INCOMPLETE),
    # Evidence is no part that an answer waits for.
    ("OHS-04", {"day": "2026-01-31", "kind": "fire"}, AnswerState.ANSWERED),
    ("OHS-06", {"dust": {"value": "12", "year": None, "basis": None}}, AnswerState.INCOMPLETE),
    ("OHS-06", {"dust": {"value": "5", "year": None, "basis": None}}, AnswerState.ANSWERED),
]


@pytest.mark.parametrize(("key", "parts", "state"), STATES)
def test_the_state_follows_from_the_open_parts(key: str, parts: dict[str, Any], state: AnswerState) -> None:
    assert state_of(small().question(key), parts) is state


def test_what_is_needed_depends_on_what_was_said() -> None:
    question = small().question("OHS-01")
    assert needed_parts(question, {"known": "yes"}) == ("known",)
    assert needed_parts(question, {"known": "no"}) == ("known", "missing")
    assert missing_parts(question, {"known": "no"}) == ("missing",)


@pytest.mark.parametrize("stated", [AnswerState.NOT_KNOWN, AnswerState.WITHHELD])
def test_not_known_and_withheld_are_said_without_a_reason(stated: AnswerState) -> None:
    assert state_of(small().question("OHS-01"), {}, stated) is stated


def test_what_does_not_apply_needs_a_reason() -> None:
    question = small().question("OHS-01")
    assert (
        state_of(question, {}, AnswerState.NOT_APPLICABLE, "We have no building")
        is AnswerState.NOT_APPLICABLE
    )
    for reason in (None, "", "  "):
        with pytest.raises(BadValue, match=r"OHS-01\.reason"):
            state_of(question, {}, AnswerState.NOT_APPLICABLE, reason)


def test_a_state_that_follows_cannot_be_claimed() -> None:
    question = small().question("OHS-01")
    assert state_of(question, {}, AnswerState.ANSWERED) is AnswerState.EMPTY
    assert state_of(question, {"known": "partly"}, AnswerState.ANSWERED) is AnswerState.INCOMPLETE


@pytest.mark.parametrize(
    ("value", "blank"), [(None, True), ("", True), ([], True), ({}, True), ("no", False), (0, False)]
)
def test_blank_is_no_value(value: Any, blank: bool) -> None:
    assert is_blank(value) is blank
