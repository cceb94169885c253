"""Country bands and material groups: as the tables say, with their sources, and openly without data."""

from __future__ import annotations

import pytest

from assessments.risk.inherent import (
    GROUPS,
    RISKMAT,
    Band,
    UnknownMaterial,
    country_band,
    country_names,
    country_risk,
    flagged,
    highest,
    material,
    material_groups,
    material_names,
    materials,
    origin_flagged,
)


@pytest.mark.parametrize(
    ("iso3", "band"),
    [("NLD", Band.LOW), ("MYS", Band.MEDIUM), ("NCL", Band.NO_DATA),
     ("COD", Band.HIGH), ("ZZZ", Band.NO_DATA),
     ("", Band.NO_DATA)],
)  # fmt: skip
def test_a_country_has_the_band_of_the_table(iso3: str, band: Band) -> None:
    assert country_band(iso3) is band


def test_a_band_follows_from_its_score_and_the_score_from_its_parts() -> None:
    """risk-data.md 4: 0.7 x mean + 0.3 x worst; low below 35, medium below 55, high from 55."""
    counted = {Band.LOW: 0, Band.MEDIUM: 0, Band.HIGH: 0}
    for iso3 in country_names():
        risk = country_risk(iso3)
        parts = [part for part in risk.parts.values() if part is not None]
        if risk.score is None:
            assert risk.band is Band.NO_DATA
            continue
        assert len(parts) >= 3
        assert risk.score == pytest.approx(0.7 * sum(parts) / len(parts) + 0.3 * max(parts), abs=0.11)
        assert risk.band is (Band.LOW if risk.score < 35 else Band.MEDIUM if risk.score < 55 else Band.HIGH)
        counted[risk.band] += 1
    assert counted == {Band.LOW: 57, Band.MEDIUM: 66, Band.HIGH: 82}


def test_every_figure_has_its_source() -> None:
    for iso3 in ("NLD", "COD"):
        assert {source.licence for source in country_risk(iso3).sources} == {"CC BY 4.0", "CC BY 3.0 IGO"}
    assert country_risk("NCL").sources == ()
    for found in materials().values():
        assert found.sources
        assert all(source.publisher and source.year and source.licence for source in found.sources)
        assert all(risk.source.publisher and 1 <= risk.level <= 3 for risk in found.risks)


def test_no_data_counts_as_medium() -> None:
    assert highest([]) is None
    assert highest([Band.LOW, Band.NO_DATA]) is Band.NO_DATA
    assert highest([Band.MEDIUM, Band.NO_DATA]) is Band.NO_DATA
    assert highest([Band.HIGH, Band.NO_DATA]) is Band.HIGH


@pytest.mark.parametrize(
    ("key", "groups"),
    [
        ("tin", {"3TG", "RISKMAT"}),
        ("nickel", {"BATT"}),
        ("mica", {"MICA", "RISKMAT"}),
        ("zinc", set()),
        ("none", set()),
    ],
)
def test_a_material_has_its_groups(key: str, groups: set[str]) -> None:
    assert material_groups(key) == groups


def test_groups_are_those_of_the_blueprint() -> None:
    by_group = {group: {key for key in materials() if group in material_groups(key)} for group in GROUPS}
    assert by_group["3TG"] == {"tin", "tantalum", "tungsten", "gold"}
    assert by_group["BATT"] == {"cobalt", "lithium", "nickel", "graphite"}
    assert by_group["MICA"] == {"mica"}
    assert by_group["RISKMAT"] == RISKMAT
    assert len(materials()) == len(material_names()) == 42
    assert {risk.risk for risk in material("cobalt").risks} >= {"child"}
    with pytest.raises(UnknownMaterial, match="there is no material unobtainium"):
        material("unobtainium")


def test_a_flag_needs_material_and_country_together() -> None:
    assert origin_flagged("cobalt", "COD")
    assert not origin_flagged("cobalt", "FIN")
    assert not origin_flagged("unobtainium", "COD")


def test_a_known_origin_wins_over_the_world() -> None:
    assert flagged("cobalt")
    assert not flagged("cobalt", ["FIN"])
    assert flagged("cobalt", ["FIN", "COD"])
    assert not flagged("zinc", ["NLD"])
    assert not flagged("unobtainium")
