"""A result by step by the interface: as on the page, nothing added up, and of a withheld topic nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assessments.overviews.own_results import read_own
from assessments.questionnaire.asking.by_step import topics_of
from assessments.questionnaire.pack.loading import load_pack
from assessments.result import Layer, Result
from plumbline.api.results import told_by_step
from tests.conftest import Stack
from tests.support.acts import disclosed, published, self_declared
from tests.support.programs import ask
from tests.support.withheld import WITHHELD, never_asked

SIX, MINERALS = load_pack().tracks


@pytest.fixture
def result(stack: Stack) -> Result:
    """Kovo's smelter, published."""
    return published(stack)


def by_step(stack: Stack, name: str, result: Result) -> dict[str, Any]:
    found: dict[str, Any] = ask(
        stack.visit(getattr(stack.cast, name)), "GET", f"/results/{result.id}/steps"
    ).must()
    return found


def steps_in(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["step"]: step for track in told["tracks"] for step in track["steps"]}


def numbers_in(told: Any) -> Iterator[int]:
    """Every number of an answer, wherever it stands."""
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        for each in told:
            yield from numbers_in(each)
    elif isinstance(told, int | float) and not isinstance(told, bool):
        yield int(told)


@pytest.mark.parametrize("reader", ["petr", "axel"])
def test_each_step_has_the_topics_of_its_questions(stack: Stack, result: Result, reader: str) -> None:
    disclosed(stack, result)
    pack, session = load_pack(), stack.session
    profile = read_own(session, session.get_one(Result, result.id)).profile
    told = by_step(stack, reader, result)
    assert [track["track"] for track in told["tracks"]] == [SIX.key, MINERALS.key]
    assert [track["standard"] for track in told["tracks"]] == [SIX.standard, MINERALS.standard]
    assert list(steps_in(told)) == [step.key for track in (SIX, MINERALS) for step in track.steps]
    for track in (SIX, MINERALS):
        for step in track.steps:
            topics = {topic["topic"]: topic for topic in steps_in(told)[step.key]["topics"]}
            assert set(topics) == {topic.key for topic in topics_of(step, pack)} & set(profile), step.key
            for key, topic in topics.items():
                assert {name: topic[name] for name in ("self", "verified", "basis")} == {
                    name: profile[key][name] for name in ("self", "verified", "basis")
                }


def test_of_a_withheld_topic_no_step_and_no_track_says_anything(stack: Stack, result: Result) -> None:
    disclosed(stack, result, without=WITHHELD)
    told = by_step(stack, "axel", result)
    assert [track["track"] for track in told["tracks"]] == [SIX.key]
    assert not WITHHELD & {
        each["topic"]
        for step in steps_in(told).values()
        for kind in ("topics", "findings", "actions")
        for each in step[kind]
    }
    whole = read_own(stack.session, stack.session.get_one(Result, result.id))
    with stack.app.test_request_context():
        never = told_by_step(never_asked(whole), load_pack()).model_dump(mode="json", by_alias=True)
    assert told == never, "withheld looks like never asked"


def test_findings_and_actions_stand_in_their_steps_as_they_stand_today(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result)
    own, theirs = by_step(embedded, "jana", result), by_step(embedded, "anna", result)
    beside = ask(embedded.visit(embedded.cast.anna), "GET", f"/results/{result.id}/progress").must()
    for told in (own, theirs):
        actions = {each["id"]: each for step in steps_in(told).values() for each in step["actions"]}
        assert actions
        states = {each["id"]: (each["number"], each["state"]) for each in beside["actions"]}
        # Those of topics that belong to no step stand beside the result alone.
        assert {
            key: (each["number"], each["state"]) for key, each in actions.items()
        }.items() <= states.items()
        assert any(step["findings"] for step in steps_in(told).values())


def test_nothing_is_added_up(embedded: Stack) -> None:
    result = published(embedded)
    told = by_step(embedded, "jana", result)
    levels = [
        topic[name]
        for step in steps_in(told).values()
        for topic in step["topics"]
        for name in ("self", "verified")
        if topic[name] is not None
    ]
    assert sorted(numbers_in(told)) == sorted(levels), "a number that is no topic's level"


def test_what_is_not_granted_is_in_no_step_and_the_look_is_in_the_ledger(embedded: Stack) -> None:
    result = published(embedded)
    disclosed(embedded, result, layers=frozenset({Layer.STATUS}))
    told = by_step(embedded, "axel", result)
    assert [track["track"] for track in told["tracks"]] == [SIX.key]
    for step in steps_in(told).values():
        assert (step["topics"], step["findings"], step["actions"]) == ([], [], [])
    jana = embedded.visit(embedded.cast.jana)
    line = ask(jana, "GET", "/access-ledger?limit=1").must()["items"][0]
    assert (line["action"], line["what"]) == ("opened", {"status": True, "page": "steps"})
    assert "the result by step" in jana.get("/supplier/ledger").text


def test_unchecked_stays_said(embedded: Stack) -> None:
    result = self_declared(embedded)
    disclosed(embedded, result)
    for reader in ("jana", "axel"):
        told = by_step(embedded, reader, result)
        assert told["label"] == "self-declared, not checked"
        assert {t["verified"] for step in steps_in(told).values() for t in step["topics"]} == {None}
