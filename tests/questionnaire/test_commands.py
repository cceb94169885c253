"""``plumbline questionnaire coverage`` and ``preview``: for people in lines, for programs as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from assessments.questionnaire.pack.checking import elements
from assessments.questionnaire.pack.loading import PACKS, load_pack
from plumbline.cli import cli

EXPECTED: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "profiles" / "expected.yaml").read_text("utf-8")
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["questionnaire", *arguments])


def told(*arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_coverage_counts_questions_topics_languages_and_elements() -> None:
    found = told("coverage")
    assert (found["questions"], found["topics"]) == (206, 46)
    assert found["languages"]["en"] == 1.0
    assert all(0 <= share <= 1 for share in found["languages"].values())
    assert len(found["standards"]) == 32
    known = {key for one in found["standards"].values() for key in (*one["covered"], *one["uncovered"])}
    assert known == set(elements())
    guidance = found["standards"]["OECD-RBC"]
    assert guidance["elements"] == 19
    assert len(guidance["covered"]) == 13
    assert guidance["headings"] == guidance["uncovered"]
    assert guidance["questions"]["OECD-RBC.2.3"] == {"MGT-11": "narrower"}
    assert [len(found["steps"][track]["steps"]) for track in ("six", "minerals")] == [6, 5]
    embed = found["steps"]["six"]["steps"][0]
    assert embed["topics"] == ["MGT.1", "SCM.1"]
    assert embed["elements"][0] == "OECD-RBC.1"
    stepped = {key for one in found["steps"].values() for step in one["steps"] for key in step["questions"]}
    assert len(stepped) + len(found["without_step"]) == 206
    assert found["certificates"]["iso50001"]["offers"] == ["ENV-05", "ENV-15"]
    assert found["certificates"]["smeta"]["offers"] == []
    assert found["certificates"]["smeta"]["questions"]["LAB-06"] == "SMETA.4"


def test_coverage_in_lines_never_reads_as_a_mark_of_a_standard() -> None:
    said = run("coverage").output
    assert "  13 of   19 elements have a question, 6 more are headings whose parts have one" in said
    assert "%" not in "".join(line for line in said.splitlines() if "elements" in line)
    assert "questions in 6 steps" in said
    assert "questions in no step" in said


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_preview_has_every_question_once_with_its_reason(name: str) -> None:
    found = told("preview", "--profile", name)
    assert len(found["asked"]) == EXPECTED[name]["total"]
    keys = {line["key"] for line in (*found["asked"], *found["not_asked"])}
    assert keys == {question.key for question in load_pack().questions}
    assert all(line["reason"].startswith("Asked because ") for line in found["asked"])
    assert all(line["reason"].startswith("Not asked because ") for line in found["not_asked"])
    asked = {line["key"] for line in found["asked"]}
    steps = [step for track in found["steps"].values() for step in track.values()]
    assert all(set(step["asked"]) <= asked for step in steps)
    assert not any(set(step["not_asked"]) & asked for step in steps)
    minerals = any(key.startswith("MIN-") for key in asked)
    assert list(found["steps"]) == (["six", "minerals"] if minerals else ["six"])


def test_all_examples_stand_in_one_list() -> None:
    found = {one["name"]: one for one in told("preview")["profiles"]}
    assert {name: one["asked"] for name, one in found.items()} == {
        name: one["total"] for name, one in EXPECTED.items()
    }


def test_a_profile_is_a_file_of_yaml_or_json_too(tmp_path: Path) -> None:
    shipped = PACKS / "standard" / "profiles" / "smelter.yaml"
    assert len(told("preview", "--profile", str(shipped))["asked"]) == 189
    own = tmp_path / "ours.json"
    site = {"country": "NLD", "activities": ["MAN"], "production": True, "latitude": 52.1, "materials": []}
    own.write_text(json.dumps({"organization": {"employees": 8, "country": "NLD"}, "sites": [site]}))
    found = told("preview", "--profile", str(own))
    assert found["profile"] == "ours"
    assert {line["tier"] for line in found["asked"]} == {"core"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1", "is not YAML or JSON"),
        ("- 1", "a profile is a map"),
        ("organization: {employees: many}", "no number of people"),
        ("facts: {weather: fine}", "facts.weather is no fact"),
        ("x: !!python/object:os.system {}", "is not YAML or JSON"),
    ],
)
def test_what_is_no_profile_is_one_line_and_exit_code_2(tmp_path: Path, content: str, said: str) -> None:
    own = tmp_path / "ours.yaml"
    own.write_text(content)
    done = run("preview", "--profile", str(own))
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_an_unknown_example_names_those_there_are() -> None:
    done = run("preview", "--profile", "nobody")
    assert done.exit_code == 2
    assert "component_maker" in done.output
