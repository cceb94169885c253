"""``plumbline questionnaire diff``, ``check --since`` and ``publish``: what they say and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import select

from assessments.assessment import QuestionnaireVersion
from assessments.authoring.versions import highest_version, publish_version, questionnaire_in
from assessments.parties import SYSTEM
from assessments.questionnaire.model import Questionnaire
from plumbline.cli import cli
from tests.conftest import Stack, environment
from tests.support.cast import NOW
from tests.versions.second import NUMBER, SAME, SMALL, V11, edited


def run(*arguments: str, stack: Stack | None = None) -> Result:
    var = None
    if stack is not None:
        stack.session.commit()
        var = environment(Path(stack.settings.database_url.removeprefix("sqlite:///")).parent)
    return CliRunner(env=var).invoke(cli, ["questionnaire", *arguments])


def test_two_folders_are_compared_without_a_database(second_folder: Path) -> None:
    done = run("diff", str(SMALL), str(second_folder))
    assert done.exit_code == 0, done.output
    assert done.output.startswith("small: 1.0 > 1.1\n")
    assert "Smelter in a high band: now asked PRO-05, OHS-09; no longer asked OHS-08" in done.output
    data = json.loads(run("diff", str(SMALL), str(second_folder), "--json").output)
    assert data["problems"] == []
    assert {one["key"]: one["answers"] for one in data["questions"]}["OHS-04"] == "mapped"
    assert data["examples"][0] == {
        "name": "Office in a low band", "now_asked": ["PRO-05"], "no_longer_asked": [],
    }  # fmt: skip


def test_what_is_not_told_stops_diff_and_check(tmp_path: Path) -> None:
    silent = str(edited(tmp_path, NUMBER, SAME[0]))
    told = "ohs/ohs-1.yaml: questions[OHS-01].change: has no change, but the text reads differently"
    for done in (run("diff", str(SMALL), silent), run("check", silent, "--since", str(SMALL))):
        assert done.exit_code == 2
        assert told in done.stderr
    assert (
        json.loads(run("diff", str(SMALL), silent, "--json").stdout)["problems"][0]["file"]
        == "ohs/ohs-1.yaml"
    )
    assert run("check", silent).exit_code == 0, "without a version before there is nothing to tell"


def test_publishing_checks_against_the_version_before(
    embedded: Stack, tmp_path: Path, second_folder: Path
) -> None:
    assert run("publish", str(SMALL), stack=embedded).exit_code == 0
    silent = str(edited(tmp_path, NUMBER, SAME[0]))
    refused = run("publish", silent, stack=embedded)
    assert refused.exit_code == 2
    assert (
        "What changed since version 1.0 is not told as it is: ohs/ohs-1.yaml: questions[OHS-01]"
        in refused.stderr
    )
    for _time in range(2):
        done = run("publish", str(second_folder), stack=embedded)
        assert (done.exit_code, done.stderr) == (0, "")
    stored = embedded.session.scalars(
        select(QuestionnaireVersion.version).where(QuestionnaireVersion.slug == "small")
    ).all()
    assert sorted(stored) == ["1.0", "1.1"]
    done = run("diff", "small@1.0", "small@1.1", stack=embedded)
    assert (done.exit_code, done.output) == (
        0,
        run("diff", str(SMALL), str(second_folder)).output.partition("\nExample")[0],
    )


def test_an_older_number_is_no_newer_version(
    embedded: Stack, first: Questionnaire, second: Questionnaire
) -> None:
    publish_version(embedded.session, second, by=SYSTEM, at=NOW)
    embedded.session.commit()
    refused = run("publish", str(SMALL), stack=embedded)
    assert refused.exit_code == 2
    assert "give a changed pack a higher version" in refused.stderr
    newest = highest_version(embedded.session, "small")
    assert newest is not None
    assert questionnaire_in(newest).changes == second.changes


def test_what_cannot_be_compared_is_one_line(embedded: Stack) -> None:
    for arguments, said in (
        (("diff", "standard", str(SMALL)), "name two versions of one pack"),
        (("diff", "standard@9.9", "standard"), "no version 9.9 of standard is published here"),
        (("diff", "nothing", "standard"), "nothing: no such pack and no such folder"),
    ):
        done = run(*arguments, stack=embedded)
        assert done.exit_code == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_key_never_comes_back(embedded: Stack, tmp_path: Path, second_folder: Path) -> None:
    """OHS-08 was removed in 1.1; in 1.2 it would name another question."""
    run("publish", str(SMALL), stack=embedded)
    run("publish", str(second_folder), stack=embedded)
    again = edited(
        tmp_path,
        ("pack.yaml", V11, 'version: "1.2"'),
        ("ohs/ohs-1.yaml", "- key: OHS-09", "- key: OHS-08"),
        ("ohs/ohs-1.yaml", f"{V11}, class: new", 'version: "1.2", class: new'),
        (
            "pack.yaml",
            "question: OHS-08",
            'question: OHS-09, version: "1.2", class: removed, why: "x"}\n  - {question: OHS-08',
        ),
        ("pack.yaml", "instead: [OHS-09]", "instead: []"),
        source=second_folder,
    )
    refused = run("publish", str(again), stack=embedded)
    assert refused.exit_code == 2
    assert "OHS-08 was a question of version 1.0." in refused.stderr
