"""``plumbline questionnaire import`` and ``export`` as somebody types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyxform.xls2xform import convert

from assessments.questionnaire.formats.files import Format, write_draft
from assessments.questionnaire.formats.of_questionnaire import draft_of
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import load_pack
from plumbline.cli import cli
from tests.questionnaire_formats.conftest import read, workbook
from tests.questionnaire_formats.household import household

KEYS = {
    "format", "title", "questions", "by_kind", "groups", "repeats", "max_depth", "choice_lists",
    "choice_lists_used", "choices", "rules", "rules_translated", "constraints", "required", "languages",
    "warnings", "not_representable", "refused",
}  # fmt: skip
SMALL = Path(__file__).parents[1] / "questionnaire" / "packs" / "small"


def plumbline(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["questionnaire", *map(str, arguments)])


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    file = tmp_path / "households.xlsx"
    file.write_bytes(workbook(**household()))
    return file


def test_a_survey_of_900_rows_is_understood(survey: Path) -> None:
    done = plumbline("import", survey, "--dry-run", "--json")
    assert done.exit_code == 0
    said: dict[str, Any] = json.loads(done.stdout)
    assert set(said) == KEYS
    remarks = said.pop("warnings"), said.pop("not_representable")
    assert said == {
        "format": "xlsform", "title": "Households", "questions": 747,
        "by_kind": {
            "date": 150, "geopoint": 30, "multiple": 30, "number": 180, "short_text": 176, "single": 181
        },
        "groups": 30, "repeats": 30, "max_depth": 2, "choice_lists": 4, "choice_lists_used": 3,
        "choices": 2000,
        "rules": 75, "rules_translated": 45, "constraints": 30, "required": 31,
        "languages": ["English (en)", "Français (fr)", "Kiswahili (sw)"], "refused": None,
    }  # fmt: skip
    assert all(set(remark) == {"sheet", "row", "column", "text"} for each in remarks for remark in each)
    assert {remark["sheet"] for remark in remarks[0]} == {"lookup", "Read me", "choices", "survey"}
    assert len(remarks[1]) == 30 + 30 + 1
    assert not list(survey.parent.glob("*/pack.yaml"))


MEASURE = """
import os, resource, subprocess, sys
done = subprocess.run(
    sys.argv[1:], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (5, 5)), check=True
)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""
"""A process of the tests is large, and what it starts counts its starter's memory as its own: so a small one
starts and measures the program."""


def test_it_takes_less_than_256_mb_and_5_seconds_of_processor(survey: Path) -> None:
    program = ["-m", "plumbline.cli", "questionnaire", "import", str(survey), "--dry-run", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, *program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["questions"] == 747
    assert int(done.stderr.split()[-1]) < 256 * 1024


def test_an_import_makes_a_draft_pack_that_a_person_finishes(survey: Path, tmp_path: Path) -> None:
    folder = tmp_path / "households"
    done = plumbline("import", survey, "--out", folder)
    assert done.exit_code == 0
    assert "Next: plumbline questionnaire check" in done.stdout
    problems = check_pack(folder)
    # A roster of twenty columns is too wide for a table; which to keep, a person decides.
    written = ("has no help", "has no why", "is missing", "reads at school grade", "is today, and")
    to_be_written = (*written, "has 20 columns")
    assert [each for each in problems if not each.message.startswith(to_be_written)] == []
    pack = (folder / "pack.yaml").read_text()
    assert '"unused"' in pack
    topic = next(path for path in sorted(folder.rglob("*-1.yaml")) if "position(..)" in path.read_text())
    assert "# Left out: asked only when position(..) > 1" in topic.read_text()
    again = plumbline("import", survey, "--out", folder)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert plumbline("publish", folder).exit_code == 2


@pytest.mark.parametrize("as_json", [True, False])
def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(tmp_path: Path, as_json: bool) -> None:
    file = tmp_path / "old.xlsx"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000)
    done = plumbline("import", file, "--dry-run", *(["--json"] if as_json else []))
    assert done.exit_code == 2
    if as_json:
        said = json.loads(done.stdout)
        assert set(said) == KEYS
        assert said["refused"].startswith("This is an old Excel file")
        assert said["questions"] == 0
    else:
        assert done.stderr.count("\n") == 1
    missing = plumbline("import", tmp_path / "nothing.xlsx", "--json")
    assert missing.exit_code == 2
    assert "cannot be read" in json.loads(missing.stdout)["refused"]


def test_a_pair_of_csv_files_is_read_from_either_and_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "farm_survey.csv").write_text("type,name,label\nselect_one yn,a,A\n")
    (tmp_path / "farm_choices.csv").write_text("list_name;name;label\nyn;y;Yes\nyn;n;No\n")
    for name in ("farm_survey.csv", "farm_choices.csv", ""):
        done = plumbline("import", tmp_path / name, "--dry-run", "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["choices"] == 2


@pytest.mark.parametrize("form", ["xlsform", "xlsform-csv", "surveyjs", "oscal"])
def test_a_pack_is_exported_and_read_back(form: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = plumbline("export", SMALL, "--format", form, "--out", out)
    assert done.exit_code == 0, done.output
    name = "survey.csv" if form == "xlsform-csv" else f"small.{'xlsx' if form == 'xlsform' else 'json'}"
    file = out / name if out.is_dir() else out.rename(tmp_path / name)
    said = json.loads(plumbline("import", file, "--dry-run", "--json").stdout)
    assert (said["format"], said["title"]) == (form, "Small questionnaire")
    assert said["rules"] == said["rules_translated"] > 0
    assert said["not_representable"] == []


def test_others_can_run_what_we_export(tmp_path: Path) -> None:
    """pyxform, which ODK's servers run, takes the exported form without a warning."""
    out = tmp_path / "standard.xlsx"
    out.write_bytes(next(iter(write_draft(draft_of(load_pack()), Format.XLSFORM)[0].values())))
    warnings: list[str] = []
    made = convert(xlsform=str(out), validate=False, warnings=warnings)
    assert warnings == []
    assert "<h:title>Standard questionnaire for metals supply chains</h:title>" in made.xform


def test_the_mapping_of_a_spreadsheet_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "any.xlsx"
    rows: list[list[Any]] = [
        ["Our questions"],
        ["Theme", "Question", "Sort", "Choices"],
        ["Air", "Dust?", "weight", None],
    ]
    file.write_bytes(workbook(Intro=[["Welcome"]], Q=rows))
    first = json.loads(plumbline("import", file, "--dry-run", "--json").stdout)
    assert (first["format"], first["by_kind"]) == ("spreadsheet", {"long_text": 1})
    assert not (tmp_path / "any.xlsx.mapping.yaml").exists()
    told = tmp_path / "told.yaml"
    told.write_text(
        'sheet: "Q"\nheader: 2\ncolumns: {text: "Question", section: "Theme", type: "Sort"}\n'
        'types: {"weight": number}\n'
    )
    done = plumbline("import", file, "--mapping", told, "--out", tmp_path / "pack")
    assert done.exit_code == 0, done.output
    again = json.loads(plumbline("import", file, "--dry-run", "--json").stdout)
    assert again["by_kind"] == {"number": 1}
    told.write_text('columns: {question: "Question"}\n')
    wrong = plumbline("import", file, "--mapping", told, "--json")
    assert wrong.exit_code == 2
    assert "unknown key question" in json.loads(wrong.stdout)["refused"]


def test_a_workbook_without_survey_that_is_told_to_be_a_form_is_refused() -> None:
    reading = read(workbook(Sheet=[["Question"], ["Why?"]]), form=Format.XLSFORM)
    assert reading.refused == "The workbook has no sheet “survey”; it is no XLSForm."
