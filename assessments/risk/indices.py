"""What public indices say of a country: each value as published, with its band, publisher, year and licence.

The values are never added up here. A band says where to look first; how it follows from the value is in
``Index.concern`` and in data/README.md (reference risk-data.md 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from assessments.risk.inherent import COUNTRY_SOURCES, Band, Source
from assessments.risk.tables import rows_of
from assessments.sentences import N_

WGI, HDR, INFORM = COUNTRY_SOURCES
LAW_SOURCE = Source(
    "US Department of Labor, Findings on the Worst Forms of Child Labor", "2022", "public domain"
)


class Part(StrEnum):
    """What an index tells of a country; the first four make its band."""

    GOVERNANCE = "governance"
    VOICE = "voice"
    CONFLICT = "conflict"
    SOCIAL = "social"
    HAZARDS = "hazards"


PARTS: Mapping[Part, str] = MappingProxyType(
    {
        Part.GOVERNANCE: N_("Law and corruption"),
        Part.VOICE: N_("Free speech and say"),
        Part.CONFLICT: N_("Conflict and violence"),
        Part.SOCIAL: N_("How people live"),
        Part.HAZARDS: N_("Water and people who fled"),
    }
)


@dataclass(frozen=True)
class Index:
    """A published index. ``low`` and ``high``: the values of least and of most concern."""

    key: str
    name: str
    part: Part
    low: Decimal
    high: Decimal
    scale: str
    source: Source
    table: str

    def concern(self, value: Decimal) -> Decimal:
        """The value on a scale from 0, least concern, to 100, most; never below or above."""
        share = (value - self.low) / (self.high - self.low) * 100
        return min(max(share, Decimal(0)), Decimal(100))

    def band(self, value: Decimal) -> Band:
        """Low below 35, medium below 55, high from 55 of 100, as for a country's parts."""
        return band_of(self.concern(value))


@dataclass(frozen=True)
class Reading:
    """What an index says of one country; ``value`` None: no data, and nobody's value is borrowed."""

    index: Index
    value: Decimal | None

    @property
    def band(self) -> Band:
        """Where the value lies; ``no_data`` without one."""
        return Band.NO_DATA if self.value is None else self.index.band(self.value)


@dataclass(frozen=True)
class ChildLabourLaw:
    """Which conventions on child labour stand, and the share of children at work (0 to 1) with its ages."""

    c138: str
    c182: str
    ages: str
    share: Decimal | None
    source: Source = LAW_SOURCE


def band_of(part: float | Decimal | None) -> Band:
    """The band of a part from 0 to 100; ``no_data`` for None."""
    if part is None:
        return Band.NO_DATA
    return Band.LOW if part < 35 else Band.MEDIUM if part < 55 else Band.HIGH


_WGI_SCALE = N_("from -2.5 (weak) to 2.5 (strong)")
_HDI_SCALE = N_("from 0 to 1, higher is better")
_GII_SCALE = N_("from 0 to 1, higher is less equal")
_INFORM_SCALE = N_("from 0 (low) to 10 (high)")


def _wgi(key: str, name: str, part: Part) -> Index:
    return Index(f"wgi_{key}", name, part, Decimal("2.5"), Decimal("-2.5"), _WGI_SCALE, WGI, "wgi.csv")


def _inform(key: str, name: str, part: Part) -> Index:
    return Index(f"inform_{key}", name, part, Decimal(0), Decimal(10), _INFORM_SCALE, INFORM, "inform.csv")


def _hdr(key: str, name: str, scale: str, low: str, high: str) -> Index:
    return Index(key, name, Part.SOCIAL, Decimal(low), Decimal(high), scale, HDR, "hdr.csv")


INDICES: tuple[Index, ...] = (
    _wgi("cc", N_("Control of corruption"), Part.GOVERNANCE),
    _wgi("ge", N_("Government effectiveness"), Part.GOVERNANCE),
    _wgi("rl", N_("Rule of law"), Part.GOVERNANCE),
    _wgi("rq", N_("Regulatory quality"), Part.GOVERNANCE),
    _wgi("va", N_("Voice and accountability"), Part.VOICE),
    _wgi("pv", N_("Political stability and absence of violence"), Part.CONFLICT),
    _inform("human_hazard", N_("Human hazard"), Part.CONFLICT),
    _inform("conflict_intensity", N_("Conflict today: intensity"), Part.CONFLICT),
    _inform("conflict_probability", N_("Conflict ahead: probability"), Part.CONFLICT),
    _hdr("hdi", N_("Human development index"), _HDI_SCALE, "0.97", "0.38"),
    _hdr("ihdi", N_("The same, adjusted for inequality"), _HDI_SCALE, "0.97", "0.38"),
    _hdr("gii", N_("Gender inequality index"), _GII_SCALE, "0", "0.82"),
    _inform("socioeconomic_vulnerability", N_("Poverty and dependence"), Part.SOCIAL),
    _inform("health_access_lack", N_("Lack of access to health care"), Part.SOCIAL),
    _inform("uprooted_people", N_("People who had to flee"), Part.HAZARDS),
    _inform("drought", N_("Drought"), Part.HAZARDS),
    _inform("river_flood", N_("River floods"), Part.HAZARDS),
)


def readings(iso3: str) -> tuple[Reading, ...]:
    """Every index of that country, those without a value included. An unknown code has no data anywhere."""
    return tuple(Reading(index, _value(index, iso3)) for index in INDICES)


def readings_by_part(iso3: str) -> Iterator[tuple[Part, tuple[Reading, ...]]]:
    """The same, part by part."""
    found = readings(iso3)
    for part in Part:
        yield part, tuple(one for one in found if one.index.part is part)


def child_labour_law(iso3: str) -> ChildLabourLaw | None:
    """What is known of law on child labour there; None for the countries that its publisher leaves out."""
    for row in rows_of("child_labour_law.csv", "iso3", iso3):
        share = row["share_of_children_working"]
        return ChildLabourLaw(
            row["c138_ratified"], row["c182_ratified"], row["age_range"], Decimal(share) if share else None
        )
    return None


def _value(index: Index, iso3: str) -> Decimal | None:
    for row in rows_of(index.table, "iso3", iso3):
        if row["indicator"] == index.key:
            return Decimal(row["value"])
    return None
