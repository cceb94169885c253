"""A company in a few words: asked what the example suppliers are, what an answer opens told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assessments.questionnaire.asking.company import (
    ANSWERED,
    Company,
    company_of_profile,
    outlook,
    parameters,
)
from assessments.questionnaire.asking.drivers import Driver, driver_of, reads, switched_on
from assessments.questionnaire.asking.profiles import read_profiles
from assessments.questionnaire.pack.loading import PACKS, load_pack
from assessments.questionnaire.pack.reading import Report

EXPECTED: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "profiles" / "expected.yaml").read_text("utf-8")
)
NAMES = sorted(EXPECTED)


def examples() -> dict[str, Company]:
    found = read_profiles(PACKS / "standard", Report())
    return {name: company_of_profile(one) for name, one in zip(NAMES, found, strict=True)}


@pytest.mark.parametrize("name", NAMES)
def test_each_example_described_in_a_few_words_is_asked_the_published_number(name: str) -> None:
    seen = outlook(load_pack(), examples()[name])
    assert len(seen.asked) == EXPECTED[name]["total"]
    keys = {f"{section}-{n}" for section, ns in EXPECTED[name]["keys"].items() for n in ns.split(", ")}
    assert set(seen.asked) == keys
    assert len(seen.asked) + len(seen.later) + len(seen.never) == len(load_pack().questions)


def test_what_waits_for_an_answer_is_told_apart_and_opens_with_it() -> None:
    plain = Company(
        employees=220, positions=("SEM",), materials=("copper",), countries=("NLD",), production=True
    )
    seen = outlook(load_pack(), plain)
    assert "ENV-24" in seen.later
    assert seen.reason("ENV-24") == "Not asked because ENV-23 has no answer yet."
    told = outlook(load_pack(), Company(**{**vars(plain), "process_water": True}))
    assert "ENV-24" in told.asked
    assert not set(ANSWERED) & {name for name, _value in parameters(plain)}


def test_nothing_told_is_an_answer_too() -> None:
    seen = outlook(load_pack(), Company())
    assert set(seen.asked) >= {"PRO-01", "OHS-01"}
    assert all(seen.minutes(section) is None for section in load_pack().sections)


def test_minutes_are_those_of_the_size_where_something_is_asked() -> None:
    pack = load_pack()
    seen = outlook(pack, Company(employees=8, positions=("SRV",), countries=("NLD",)))
    assert seen.minutes(pack.section("PRO")) == 20
    large = outlook(pack, Company(employees=2500, positions=("EXT",), countries=("COD",), production=True))
    assert large.minutes(pack.section("ENV")) == 180


def test_the_words_of_why_add_up_to_the_questions_asked() -> None:
    pack = load_pack()
    for company in examples().values():
        seen = outlook(pack, company)
        drivers = [driver_of(pack.question(key), seen.now, pack) for key in seen.asked]
        everybody = drivers.count(Driver.EVERYBODY)
        assert everybody == 44
        assert len(drivers) == len(seen.asked)
    tin = outlook(pack, Company(employees=300, positions=("MAN",), materials=("tin",), countries=("NLD",)))
    assert driver_of(pack.question("PRO-10"), tin.now, pack) is Driver.MATERIALS
    assert driver_of(pack.question("MGT-06"), tin.now, pack) is Driver.SIZE
    assert reads(pack.question("MIN-02"), pack) == {Driver.MATERIALS, Driver.ANSWER}


def test_a_material_opens_the_questions_that_name_it_and_the_depth_of_a_small_firm() -> None:
    cobalt = switched_on(load_pack(), "cobalt", None)
    keys = {one.question.key for one in cobalt.opened}
    assert keys >= {"PRO-11", "LAB-09", "MIN-01", "MIN-09", "MIN-12", "MIN-17"}
    by_key = {one.question.key: one for one in cobalt.opened}
    assert by_key["MIN-17"].everywhere
    assert by_key["MIN-09"].positions == ("SEM", "MAN", "TRD")
    assert cobalt.deeper > 50
    from_congo = {one.question.key for one in switched_on(load_pack(), "cobalt", "COD").opened}
    assert from_congo > keys
    assert "LAB-12" in from_congo - keys


def test_a_country_of_the_low_band_opens_nothing_and_one_without_data_says_so() -> None:
    assert switched_on(load_pack(), None, "NLD").opened == ()
    unknown = switched_on(load_pack(), None, "NCL")
    assert {one.question.key for one in unknown.opened} >= {"LAB-08", "LAB-17"}
    assert "no public risk figures for New Caledonia" in unknown.opened[0].reason
