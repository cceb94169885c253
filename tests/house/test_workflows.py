"""Every workflow as data: nothing unreachable, dead or ambiguous; and every event kind can be read."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import assessments
from assessments.audit.events import EventKind
from assessments.workflow import Workflow

ROOT = Path(__file__).parents[2]


def workflows() -> list[Workflow[Any, Any]]:
    """Every table of moves that stands at the top of a module of ``assessments``."""
    found = {}
    for module in pkgutil.walk_packages(assessments.__path__, "assessments."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, Workflow):
                found[thing.name] = thing
    return sorted(found.values(), key=lambda one: one.name)


WORKFLOWS = workflows()
each = pytest.mark.parametrize("workflow", WORKFLOWS, ids=[one.name for one in WORKFLOWS])


def reachable(workflow: Workflow[Any, Any]) -> set[Any]:
    reached = {workflow.initial}
    while True:
        further = {move.target for move in workflow.moves if move.sources & reached} - reached
        if not further:
            return reached
        reached |= further


def test_the_six_workflows_of_the_design_are_found() -> None:
    names = {one.name for one in WORKFLOWS}
    assert {"assessment", "finding", "corrective action", "request", "disclosure"} <= names


@each
def test_every_state_is_reached(workflow: Workflow[Any, Any]) -> None:
    kind: type[enum.Enum] = type(workflow.initial)
    assert set(kind) == reachable(workflow)


@each
def test_every_move_can_be_made_by_somebody_from_somewhere_reached(workflow: Workflow[Any, Any]) -> None:
    reached = reachable(workflow)
    dead = [move.name for move in workflow.moves if not move.roles or not move.sources <= reached]
    assert not dead, dead


@each
def test_final_means_no_way_out_and_every_other_state_has_one(workflow: Workflow[Any, Any]) -> None:
    leaving = {source for move in workflow.moves for source in move.sources if move.target != source}
    assert not workflow.final & leaving, f"final, but left: {workflow.final & leaving}"
    stuck = workflow.states() - workflow.final - leaving
    assert not stuck, f"neither final nor left: {stuck}"


@each
def test_one_name_from_one_state_leads_to_one_place(workflow: Workflow[Any, Any]) -> None:
    seen: dict[tuple[str, Any], Any] = {}
    for move in workflow.moves:
        for source in move.sources:
            assert seen.setdefault((move.name, source), move.target) == move.target, (move.name, source)


@each
def test_a_state_column_has_room_for_every_state(workflow: Workflow[Any, Any]) -> None:
    assert max(len(state.value) for state in workflow.states()) <= 40


def test_every_event_kind_has_a_template_and_every_template_a_kind() -> None:
    templates = {path.stem for path in (ROOT / "templates" / "events").glob("*.html")}
    assert templates == {kind.value for kind in EventKind}


def test_every_event_reads_as_a_sentence_without_data_and_with(embedded: Any) -> None:
    line = '{% from "components/event_line.html" import event_line %}{{ event_line(event) }}'
    full = {"number": 3, "topic": "OHS-1", "level": 2, "basis": "on_site", "question": "OHS-01",
            "questions": ["OHS-01", "OHS-02"], "no_ties": True}  # fmt: skip
    with embedded.app.test_request_context("/"):
        for kind in EventKind:
            for data in ({}, full):
                text = embedded.app.jinja_env.from_string(line).render(
                    event={"kind": kind.value, "data": data}
                )
                assert text.strip()[:1].isupper(), (kind, text)
                assert len(text.strip()) < 140, (kind, text)
