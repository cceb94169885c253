"""The files of the pack that ships, changed line by line: what is not touched stays, letter by letter."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest

from assessments.questionnaire.editing.guide import whole_guide
from assessments.questionnaire.editing.outline import lines_of, rule_of
from assessments.questionnaire.editing.sheet import from_fields, moved, sheet_of, tree_of
from assessments.questionnaire.editing.yaml_lines import load, plain, put, written
from assessments.questionnaire.pack.loading import PACKS
from assessments.questionnaire.pack.reading import Report, read_yaml

ROOT = PACKS / "standard"
TOPICS = sorted(path for path in ROOT.glob("*/*-[0-9]*.yaml") if path.stem.count(".") == 0)


def read(path: Path) -> Any:
    report = Report()
    tree = read_yaml(path, path.name, report)
    assert not report.problems
    return tree


def as_fields(value: Any, name: str = "") -> list[tuple[str, str]]:
    """What a browser posts of a form that shows a sheet."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in as_fields(inner, f"{name}.{key}".strip("."))]
    if isinstance(value, list):
        if name == "purposes":
            return [(name, word) for word in value]
        return [pair for index, inner in enumerate(value) for pair in as_fields(inner, f"{name}.{index}")]
    if isinstance(value, bool):
        return [(name, "yes")] if value else []
    return [(name, value)]


def test_every_file_reads_and_writes_back_as_it_stands() -> None:
    for path in sorted(ROOT.rglob("*.yaml")):
        text = path.read_text("utf-8")
        assert written(load(text)) == text, path.name


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: path.stem)
def test_every_question_survives_its_form(path: Path) -> None:
    tree = read(path)
    text = path.read_text("utf-8")
    node = load(text)
    for index, question in enumerate(tree["questions"]):
        posted = from_fields(as_fields(sheet_of(question)))
        again = tree_of(posted, question)
        assert again == question
        assert plain(node["questions"][index]) == question
        put(node["questions"][index], again)
    assert written(node) == text


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[:2] in ("+ ", "- ")]


def test_a_changed_text_is_one_changed_line() -> None:
    text = (ROOT / "lab" / "lab-3.yaml").read_text("utf-8")
    node = load(text)
    wanted = plain(node["questions"][0])
    wanted["why"] = "Because: it matters # really"
    put(node["questions"][0], wanted)
    after = written(node)
    assert len(changed_lines(text, after)) == 2
    assert '    why: "Because: it matters # really"' in after


def test_options_parts_and_rules_change_in_place() -> None:
    text = (ROOT / "lab" / "lab-3.yaml").read_text("utf-8").replace(
        "    parts:\n", "    parts:  # in the order asked\n", 1
    )  # fmt: skip
    node = load(text)
    sheet = sheet_of(plain(node["questions"][0]))
    moved(sheet, "down", "parts.0.options.0")
    moved(sheet, "add", "parts.0.options")
    sheet["parts"][0]["options"][-1] = {"key": "no", "text": "No: nothing"}
    moved(sheet, "remove", "parts.2")
    moved(sheet, "add", "parts")
    sheet["parts"][-1] = {"key": "share", "kind": "number", "label": "Share", "unit": "percent", "max": "100"}
    sheet["rule"] = [{"depth": "0", "subject": "size", "op": "none_of", "values": "micro, small"}]
    put(node["questions"][0], tree_of(sheet))
    after = written(node)
    added = [line[2:] for line in changed_lines(text, after) if line.startswith("+")]
    assert '          "no": "No: nothing"' in added
    assert "      when: {fact: size, none_of: [micro, small]}" in added
    assert "        unit: percent" in added
    assert "        max: 100" in added
    assert "parts:  # in the order asked" in after
    assert list(plain(load(after))["questions"][0]["parts"][0]["options"])[:2] == ["deposits", "fees"]


@pytest.mark.parametrize(
    "rule",
    [
        "always",
        {"fact": "size", "none_of": ["micro"]},
        {"not": {"any": [{"fact": "guards", "is": True}, {"answer": "ENV-05", "given": True}]}},
        {"all": [{"part": "kinds", "given": True}, {"not": {"fact": "size", "is": "large"}}]},
        {"answer": "PRO-08", "part": "materials", "column": "share", "more_than": 5},
        {"answer": "ENV-23", "part": "discharge", "row": "process", "column": "leaves", "is": "no"},
        {"part": "kinds", "any_of": ["3", 3, "true"]},
        {"answer": "LAB-01", "given": True},
    ],
)
def test_a_rule_survives_its_outline(rule: Any) -> None:
    assert rule_of(lines_of(rule)) == rule


def test_a_form_of_numbers_alone_is_a_sheet_with_nothing_in_it() -> None:
    assert whole_guide(from_fields([("4.-1.do", "0"), ("7", "x")])) == whole_guide({})


def test_names_that_lead_nowhere_change_nothing() -> None:
    sheet = from_fields([("key", "X-01"), ("parts.0.key", "a"), ("parts.0.key.b", "c"), (".", "x")])
    before = repr(sheet)
    for what, path in (("up", "parts.0"), ("remove", "parts.7"), ("add", "nothing"), ("down", "key.3")):
        moved(sheet, what, path)
    assert repr(sheet) == before
