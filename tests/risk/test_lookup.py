"""Indices, producers and listed goods: as published, each with its source, and openly without data."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assessments.risk.chain import (
    EU_STUDY,
    USGS,
    Stage,
    facts_of_material,
    listed_goods,
    made_in,
    supplies,
    uses_of,
)
from assessments.risk.indices import INDICES, Part, band_of, child_labour_law, readings, readings_by_part
from assessments.risk.inherent import Band, country_names, country_risk, material_names, materials


def test_an_index_is_read_as_published_with_its_band_and_source() -> None:
    found = {one.index.key: one for one in readings("COD")}
    assert len(found) == len(INDICES)
    assert found["hdi"].value == Decimal("0.481")
    assert found["hdi"].band is Band.HIGH
    assert found["wgi_cc"].value == Decimal("-1.4805")
    assert (found["wgi_cc"].index.source.year, found["wgi_cc"].index.source.licence) == ("2023", "CC BY 4.0")
    assert {one.index.source.licence for one in found.values()} == {"CC BY 4.0", "CC BY 3.0 IGO"}


def test_no_data_is_said_and_nothing_is_borrowed() -> None:
    assert all(one.value is None and one.band is Band.NO_DATA for one in readings("ZZZ"))
    taiwan = {one.index.key: one.value for one in readings("TWN")}
    assert taiwan["wgi_cc"] is not None
    assert taiwan["hdi"] is None
    assert (listed_goods("ZZZ"), made_in("ZZZ"), supplies("unobtainium")) == ((), (), ())
    assert facts_of_material("unobtainium") == ()
    assert child_labour_law("NLD") is None


@pytest.mark.parametrize("iso3", ["NLD", "MYS", "COD"])
def test_the_parts_of_a_country_follow_from_its_indices(iso3: str) -> None:
    """risk-data.md 4: what stands beside the band is what the band is made of."""
    by_key = {one.index.key: one.index.concern(one.value) for one in readings(iso3) if one.value is not None}
    parts = country_risk(iso3).parts

    def mean(*keys: str) -> float:
        return float(sum(by_key[key] for key in keys) / len(keys))

    assert parts["governance"] == pytest.approx(mean("wgi_cc", "wgi_ge", "wgi_rl", "wgi_rq"), abs=0.11)
    assert parts["voice"] == pytest.approx(mean("wgi_va"), abs=0.11)
    assert parts["conflict"] == pytest.approx(mean("inform_human_hazard", "wgi_pv"), abs=0.11)
    assert parts["social"] == pytest.approx(
        mean("hdi", "gii", "inform_socioeconomic_vulnerability"), abs=0.11
    )


def test_bands_have_the_limits_of_a_country() -> None:
    assert [band_of(n) for n in (0, 34.9, 35, 54.9, 55, 100, None)] == [
        Band.LOW, Band.LOW, Band.MEDIUM, Band.MEDIUM, Band.HIGH, Band.HIGH, Band.NO_DATA,
    ]  # fmt: skip
    assert [part for part, _found in readings_by_part("COD")] == list(Part)


def test_producers_stand_by_stage_with_publisher_and_period() -> None:
    newest, older, refined, *_more = supplies("cobalt")
    assert (newest.stage, newest.source, newest.period) == (Stage.EXTRACTION, USGS, "2025 (estimate)")
    assert (older.source, older.period) == (EU_STUDY, "2016-2020 average")
    assert refined.stage is Stage.PROCESSING
    assert newest.shares[0].iso3 == "COD"
    assert newest.of("COD") == newest.shares[0].percent
    assert newest.of("NLD") is None
    for key in material_names():
        for supply in supplies(key):
            percents = [share.percent for share in supply.shares]
            assert percents == sorted(percents, reverse=True)
            assert sum(percents) <= 101
            assert {share.iso3 for share in supply.shares} <= country_names().keys()
            assert supply.source.publisher and supply.source.licence and supply.certainty  # noqa: PT018


def test_a_country_names_what_it_makes_and_what_is_listed() -> None:
    first = made_in("COD")[0]
    assert (first.material, first.supply.stage, first.supply.source) == ("cobalt", Stage.EXTRACTION, USGS)
    assert first.percent == supplies("cobalt")[0].of("COD")
    goods = {one.good: one for one in listed_goods("COD")}
    assert goods["Gold"].child_labour and goods["Gold"].forced_labour  # noqa: PT018
    assert not goods["Copper"].forced_labour
    law = child_labour_law("COD")
    assert law is not None
    assert law.source.licence == "public domain"


def test_each_material_has_uses_and_facts_with_sources() -> None:
    for key in materials():
        assert uses_of(key)
        assert all(one.said and one.source.licence for one in facts_of_material(key))
    said = {str(one.name): str(one.said) for one in facts_of_material("cobalt")}
    assert said["Batteries"] == "Due diligence by the Battery Regulation"
    assert "critical" in said["European Union"]
