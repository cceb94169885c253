"""Inherent risk by country and by raw material, from the small tables in ``data/`` (sources: data/README.md).

Every figure carries its source. Missing data is said openly: a country without figures is ``no_data`` and
is never given its neighbour's. Method: reference risk-data.md 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from assessments.risk.tables import rows


class Band(StrEnum):
    """The band of a country's inherent risk: low below 35, medium below 55, high from 55 of 100."""

    LOW = "low"
    MEDIUM = "med"
    HIGH = "high"
    NO_DATA = "no_data"


@dataclass(frozen=True)
class Source:
    """Who published a figure, for which year, under which licence. Shown wherever the figure is."""

    publisher: str
    year: str
    licence: str


COUNTRY_SOURCES = (
    Source("World Bank, Worldwide Governance Indicators", "2023", "CC BY 4.0"),
    Source("UNDP, Human Development Report 2023/24", "2022", "CC BY 3.0 IGO"),
    Source("European Commission JRC, INFORM Risk 2025", "2025", "CC BY 4.0"),
)
"""Behind every country band; the parts and the band are derived from them by this platform."""

FLAG_SOURCE = Source("US Department of Labor, List of Goods", "2022", "public domain")
RISK_SOURCE = Source("Plumbline, own assessment of published sector reports", "2026", "Apache-2.0")
MATERIAL_SOURCE = Source(
    "Regulation (EU) 2024/1252 and the European Commission's study on critical raw materials",
    "2023",
    "CC BY 4.0",
)


@dataclass(frozen=True)
class CountryRisk:
    """The parts (0 low to 100 high concern; None: no data), their score and band, and their sources."""

    iso3: str
    name: str
    parts: Mapping[str, float | None]
    score: float | None
    band: Band
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class MaterialRisk:
    """One kind of harm reported for a material: level 3 severe or widespread, 2 regular, 1 weak signal."""

    risk: str
    name: str
    level: int
    note: str
    certainty: str
    source: Source


@dataclass(frozen=True)
class Material:
    """A raw material: its groups, the countries with listed child or forced labour, its reported risks."""

    key: str
    name: str
    groups: frozenset[str]
    child_labour: frozenset[str]
    forced_labour: frozenset[str]
    risks: tuple[MaterialRisk, ...]
    sources: tuple[Source, ...]


class UnknownMaterial(KeyError):
    """No material of that key is in the table."""

    def __str__(self) -> str:
        return f"there is no material {self.args[0]}; see assessments/risk/data/materials.csv"


_ORDER = (Band.LOW, Band.MEDIUM, Band.NO_DATA, Band.HIGH)


def country_band(iso3: str) -> Band:
    """The band of the country with that ISO 3166-1 alpha-3 code; ``no_data`` where there are no figures."""
    risk = _countries().get(iso3)
    return risk.band if risk else Band.NO_DATA


def country_risk(iso3: str) -> CountryRisk:
    """The band with its parts and sources, to be shown together; an unknown code has no data."""
    return _countries().get(iso3) or CountryRisk(iso3, iso3, {}, None, Band.NO_DATA, ())


def highest(bands: Iterable[Band]) -> Band | None:
    """The highest band; ``no_data`` counts as medium and stands above it, for it says that nobody knows."""
    return max(bands, key=_ORDER.index, default=None)


@cache
def country_names() -> Mapping[str, str]:
    """ISO 3166-1 alpha-3 code to English name, sorted by name."""
    names = sorted(((row["iso3"], row["name"]) for row in rows("countries.csv")), key=lambda pair: pair[1])
    return MappingProxyType(dict(names))


@cache
def material_names() -> Mapping[str, str]:
    """Material key to English name, in the order of the table."""
    return MappingProxyType({key: material.name for key, material in materials().items()})


@cache
def materials() -> Mapping[str, Material]:
    """All materials by key."""
    risks: dict[str, list[MaterialRisk]] = {}
    for row in rows("material_risks.csv"):
        risk = MaterialRisk(
            risk=row["risk_id"],
            name=row["risk"],
            level=int(row["level"]),
            note=row["note"],
            certainty=row["certainty"],
            source=FLAG_SOURCE if row["source"].startswith("US DOL") else RISK_SOURCE,
        )
        risks.setdefault(row["material_id"], []).append(risk)
    found = {}
    for row in rows("materials.csv"):
        groups = {row["group"]} if row["group"] else set()
        if row["riskmat"] == "yes":
            groups.add("RISKMAT")
        found[row["material_id"]] = Material(
            key=row["material_id"],
            name=row["name"],
            groups=frozenset(groups),
            child_labour=frozenset(row["dol_child_labour_countries_2022"].split()),
            forced_labour=frozenset(row["dol_forced_labour_countries_2022"].split()),
            risks=tuple(risks.get(row["material_id"], ())),
            sources=(MATERIAL_SOURCE, FLAG_SOURCE),
        )
    return MappingProxyType(found)


def material(key: str) -> Material:
    """The material of that key; UnknownMaterial if there is none."""
    try:
        return materials()[key]
    except KeyError:
        raise UnknownMaterial(key) from None


def material_groups(key: str) -> frozenset[str]:
    """The groups of a material: 3TG, BATT, MICA, RISKMAT; empty for an unknown one."""
    found = materials().get(key)
    return found.groups if found else frozenset()


GROUPS = ("3TG", "BATT", "MICA", "RISKMAT")


def origin_flagged(key: str, iso3: str) -> bool:
    """Whether the List of Goods names this material from this country for child or forced labour."""
    found = materials().get(key)
    return found is not None and iso3 in found.child_labour | found.forced_labour


def flagged(key: str, origins: Iterable[str] = ()) -> bool:
    """Whether to ask where a material comes from: by its known origins if there are any, else by any listing.

    The real origin wins over the world's (risk-data.md 4).
    """
    found = materials().get(key)
    if found is None:
        return False
    listed = found.child_labour | found.forced_labour
    known = set(origins)
    return bool(known & listed) if known else bool(listed)


@cache
def _countries() -> Mapping[str, CountryRisk]:
    names = country_names()
    found = {}
    for row in rows("country_bands.csv"):
        parts = {part: _figure(row[part]) for part in ("governance", "voice", "conflict", "social")}
        found[row["iso3"]] = CountryRisk(
            iso3=row["iso3"],
            name=names[row["iso3"]],
            parts=MappingProxyType(parts),
            score=_figure(row["score"]),
            band=Band(row["band"]),
            sources=COUNTRY_SOURCES,
        )
    return found


def _figure(cell: str) -> float | None:
    return float(cell) if cell else None


RISKMAT: frozenset[str] = frozenset(key for key, found in materials().items() if "RISKMAT" in found.groups)
"""Materials with a level-3 human-rights, conflict, land or artisanal-mining risk."""
