"""Where a raw material comes from, and which goods of a country stand on a public list.

Shares and flags as published, each with its source. Listed shares need not add up to 100: small producers are
left out of the tables, and estimates are rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from assessments.risk.inherent import FLAG_SOURCE, Source
from assessments.risk.tables import rows, rows_of
from assessments.sentences import N_

EU_STUDY = Source("European Commission, study on critical raw materials for the EU", "2023", "CC BY 4.0")
USGS = Source("US Geological Survey, Mineral Commodity Summaries", "2026", "public domain")
EU_LIST = Source("Regulation (EU) 2024/1252, annexes", "2024", "public text of law")
BATTERY_LAW = Source("Regulation (EU) 2023/1542, annex X", "2023", "public text of law")
CONFLICT_LAW = Source("Regulation (EU) 2017/821", "2017", "public text of law")
OWN_NOTES = Source("Plumbline, own notes", "2026", "Apache-2.0")


class Stage(StrEnum):
    """Which step of the chain a share is about."""

    EXTRACTION = "extraction"
    PROCESSING = "processing"


@dataclass(frozen=True)
class Share:
    """A country's share of what the world makes, in percent."""

    iso3: str
    percent: Decimal


@dataclass(frozen=True)
class Supply:
    """Who makes a material at one stage, largest first, as one publisher says."""

    stage: Stage
    period: str
    shares: tuple[Share, ...]
    source: Source
    certainty: str

    def of(self, iso3: str) -> Decimal | None:
        """The share of that country; None where the table does not name it."""
        return next((share.percent for share in self.shares if share.iso3 == iso3), None)


@dataclass(frozen=True)
class ListedGood:
    """A good that a public list names for a country, and what for."""

    good: str
    sector: str
    child_labour: bool
    forced_labour: bool
    forced_child_labour: bool
    from_input: bool
    source: Source = FLAG_SOURCE


@dataclass(frozen=True)
class MaterialFact:
    """One more thing that is known of a material: a name, what it says, and who says it.

    ``what``: the word by which our own notes are looked up in other languages (words.py); "" for the rest.
    """

    name: str
    said: str
    source: Source
    what: str = ""


def supplies(material: str) -> tuple[Supply, ...]:
    """The tables of producers of a material, newest first within a stage; () where none is known."""
    grouped: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in rows_of("producers.csv", "material_id", material):
        grouped.setdefault((row["stage"], row["source"]), []).append(row)
    found = [
        Supply(
            stage=Stage(stage),
            period=entries[0]["period"],
            shares=tuple(
                sorted(
                    (Share(row["iso3"], Decimal(row["share_pct"])) for row in entries),
                    key=lambda share: (-share.percent, share.iso3),
                )
            ),
            source=_publisher(source, entries[0]["period"]),
            certainty=entries[0]["certainty"],
        )
        for (stage, source), entries in grouped.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.stage is Stage.PROCESSING, -int(one.source.year))))


def listed_goods(iso3: str) -> tuple[ListedGood, ...]:
    """Goods of that country on the List of Goods, by name; () also where the list does not look."""
    return tuple(
        ListedGood(
            good=row["good"],
            sector=row["sector"],
            child_labour=row["child_labor"] == "1",
            forced_labour=row["forced_labor"] == "1",
            forced_child_labour=row["forced_child_labor"] == "1",
            from_input=row["derived_from_listed_input"] == "1",
        )
        for row in sorted(rows_of("listed_goods.csv", "iso3", iso3), key=lambda row: row["good"])
    )


@dataclass(frozen=True)
class Made:
    """A material of which a country has a listed share, and the table that says so."""

    material: str
    percent: Decimal
    supply: Supply


def made_in(iso3: str) -> tuple[Made, ...]:
    """What that country mines or processes, by the newest table of each stage, largest share first."""
    found: list[Made] = []
    for material in dict.fromkeys(row["material_id"] for row in rows_of("producers.csv", "iso3", iso3)):
        newest = {supply.stage: supply for supply in reversed(supplies(material))}
        for supply in newest.values():
            percent = supply.of(iso3)
            if percent is not None:
                found.append(Made(material, percent, supply))
    return tuple(sorted(found, key=lambda one: (-one.percent, one.material, one.supply.stage)))


def facts_of_material(material: str) -> tuple[MaterialFact, ...]:
    """What else is known of a material; only what is said is told, so a name may be missing."""
    for row in rows("material_facts.csv"):
        if row["material_id"] == material:
            return tuple(_facts(row))
    return ()


def uses_of(material: str) -> str:
    """What it is mainly used for; "" where not noted."""
    return next((row["main_uses"] for row in rows_of("material_facts.csv", "material_id", material)), "")


_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "critical and strategic": N_("On the list of critical raw materials, and strategic"),
        "critical": N_("On the list of critical raw materials"),
        "no": N_("Not on the list of critical raw materials"),
    }
)


def _facts(row: Mapping[str, str]) -> Iterable[MaterialFact]:
    status = _STATUS.get(row["eu_crm_status_reg_2024_1252"])
    if status:
        yield MaterialFact(N_("European Union"), status, EU_LIST)
    if row["eu_supply_risk_2023"]:
        said = N_("%(figure)s; critical from 1.0", figure=row["eu_supply_risk_2023"])
        yield MaterialFact(N_("Supply risk for the EU"), said, EU_STUDY)
    if row["battery_reg_annex_x"] == "yes":
        yield MaterialFact(N_("Batteries"), N_("Due diligence by the Battery Regulation"), BATTERY_LAW)
    if row["eu_conflict_mineral"] == "yes":
        yield MaterialFact(N_("Import into the EU"), N_("Covered by the conflict minerals law"), CONFLICT_LAW)
    if row["byproduct_relations"]:
        yield MaterialFact(N_("Comes together with"), row["byproduct_relations"], OWN_NOTES, "together")
    if row["secondary_notes"]:
        yield MaterialFact(N_("Recycled"), row["secondary_notes"], OWN_NOTES, "recycled")


def _publisher(source: str, period: str) -> Source:
    if source.startswith("EU-CRM"):
        return EU_STUDY
    if source.startswith("USGS"):
        return USGS
    return Source("Plumbline, own estimate from sector press", period[-4:], "Apache-2.0")
