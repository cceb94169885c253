"""The pack that ships is complete and clean, and asks the example suppliers what the blueprint says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from assessments.questionnaire.asking.applicability import applicable, facts_of
from assessments.questionnaire.asking.preview import decide, preview
from assessments.questionnaire.asking.profiles import Profile, read_profiles
from assessments.questionnaire.asking.reasons import reason_asked
from assessments.questionnaire.model import Level, PartKind, Tier
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import PACKS, load_pack
from assessments.questionnaire.pack.reading import Report
from assessments.questionnaire.pack.words import unwanted

STANDARD = PACKS / "standard"
EXPECTED: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "profiles" / "expected.yaml").read_text("utf-8")
)
COMPANY = {f"PRO-{n}" for n in ("01", "02", "03", "04", "07", "10", "11", "12", "13", "14", "15")}


def profiles() -> dict[str, Profile]:
    report = Report()
    names = sorted(path.stem for path in (STANDARD / "profiles").glob("*.yaml"))
    found = dict(zip(names, read_profiles(STANDARD, report), strict=True))
    assert report.problems == []
    return found


def test_the_pack_checks_clean() -> None:
    assert [str(problem) for problem in check_pack(STANDARD)] == []


def test_the_pack_is_complete() -> None:
    pack = load_pack()
    assert (pack.slug, pack.version, pack.languages) == (
        "standard",
        "1.0",
        ("en", "de", "nl", "fr", "es", "zh-Hans"),
    )
    counts = {section.key: sum(len(topic.questions) for topic in section.topics) for section in pack.sections}
    assert counts == {"PRO": 16, "MGT": 17, "ENV": 36, "LAB": 28, "OHS": 18, "ETH": 14, "MIN": 24, "SCM": 14,
                      "CIR": 15, "COM": 14, "GRV": 10}  # fmt: skip
    assert [topic.key for topic in pack.rated_topics] == [
        "MGT.1", "MGT.2", "MGT.3", "MGT.4",
        "ENV.1", "ENV.2", "ENV.3", "ENV.4", "ENV.5", "ENV.6", "ENV.7",
        "LAB.1", "LAB.2", "LAB.3", "LAB.4", "LAB.5", "LAB.6", "LAB.7", "LAB.8",
        "OHS.1", "OHS.2", "OHS.3", "OHS.4",
        "ETH.1", "ETH.2", "ETH.3",
        "MIN.1", "MIN.2", "MIN.3", "MIN.4", "MIN.5",
        "SCM.1", "SCM.2", "SCM.3",
        "CIR.1", "CIR.2", "CIR.3", "CIR.4",
        "COM.1", "COM.2", "COM.3",
        "GRV.1", "GRV.2",
    ]  # fmt: skip


def test_profile_questions_have_their_level_and_site_columns_their_site() -> None:
    pack = load_pack()
    levels = {q.key: q.level for topic in pack.section("PRO").topics for q in topic.questions}
    assert {key for key, level in levels.items() if level is Level.COMPANY} == COMPANY
    bound = {str(part.bind) for q in pack.questions for part in q.parts if part.bind is not None}
    for column in ("employees", "agency_workers", "migrant_workers", "activities", "production", "materials"):
        assert f"site.{column}" in bound or f"organization.{column}" in bound
    assert all(
        part.bind is None or part.kind is not PartKind.EVIDENCE for q in pack.questions for part in q.parts
    )


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_example_supplier_is_asked_what_the_blueprint_says(name: str) -> None:
    shown = preview(load_pack(), profiles()[name])
    assert shown.by_section == EXPECTED[name]["sections"]
    keys = {f"{section}-{n}" for section, ns in EXPECTED[name]["keys"].items() for n in ns.split(", ")}
    assert {line.key for line in shown.asked} == keys
    assert len(shown.asked) == EXPECTED[name]["total"]
    assert len(shown.asked) + len(shown.not_asked) == len(load_pack().questions)


def test_every_example_is_there() -> None:
    assert set(profiles()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_reason_is_a_plain_sentence(name: str) -> None:
    pack = load_pack()
    shown = preview(pack, profiles()[name])
    for line in (*shown.asked, *shown.not_asked):
        assert line.reason.startswith("Asked because " if line in shown.asked else "Not asked because ")
        assert line.reason.endswith(".")
        assert "  " not in line.reason
        assert not list(unwanted(line.reason)), line.reason


def test_reasons_can_be_made_without_the_authors_words() -> None:
    """Take every ``because`` away: each rule still says itself, from what the reader told."""
    pack = load_pack()
    decided = decide(pack, profiles()["smelter"])

    for key in decided.asked:
        question = replace(pack.question(key), because=None)
        reason = reason_asked(question, decided.facts, decided.answers, pack)
        assert reason.startswith("Asked because ")
        assert not list(unwanted(reason)), reason
    smelting = reason_asked(
        replace(pack.question("OHS-12"), because=None), decided.facts, decided.answers, pack
    )
    assert smelting == "Asked because this site smelts or refines."


def test_a_micro_firm_gets_core_questions_only_whatever_the_risk() -> None:
    pack = load_pack()
    site = {"country": "COD", "activities": ["SMR"], "production": True, "materials": [{"material": "tin"}]}
    decided = applicable(pack, facts_of({"country": "COD", "employees": 10}, site))
    assert {pack.question(key).tier for key in decided.asked} == {Tier.CORE}
    grown = applicable(pack, facts_of({"country": "COD", "employees": 11}, site))
    assert {pack.question(key).tier for key in grown.asked} == set(Tier)
