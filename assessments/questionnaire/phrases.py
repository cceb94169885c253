"""How facts say themselves, in English: clauses that complete "Asked because" and "Not asked because"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.questionnaire.model import Level
from assessments.questionnaire.rules import Op, Test
from assessments.risk.inherent import Band, country_band, country_names, material_groups, materials

SIZE_NAMES = {
    "micro": "1 to 10 people",
    "small": "11 to 49 people",
    "medium": "50 to 249 people",
    "large": "250 to 999 people",
    "very_large": "1,000 people or more",
}

# Third person and base form of what a site of each position does.
DOES = {
    "EXT": ("mines or quarries", "mine or quarry"),
    "SMR": ("smelts or refines", "smelt or refine"),
    "SEM": ("makes half-finished metal", "make half-finished metal"),
    "MAN": ("makes products", "make products"),
    "REC": ("recycles", "recycle"),
    "TRD": ("trades", "trade"),
    "SRV": ("offers services", "offer services"),
}
# The same where several stand in one list, so that no "or" hangs inside another.
DOES_SHORT = {**DOES, "EXT": ("mines", "mine"), "SMR": ("smelts", "smelt")}

BAND_NAMES = {"low": "low", "med": "medium", "high": "high"}

GROUP_NAMES = {
    "3TG": "tin, tantalum, tungsten or gold",
    "BATT": "cobalt, lithium, nickel or graphite",
    "MICA": "mica",
    "RISKMAT": "another material that public lists link with severe harm in some source areas",
}

# For facts that are true or false, or a count: what is said when there is such a thing, and when not.
# {site} is "this site" or, for a company question, "one of your sites"; {no_site} "at this site" or so.
PLAIN = {
    "production_site": (
        "{site} mines, makes, treats or stores materials",
        "nothing is mined, made, treated or stored {no_site}",
    ),
    "agency_workers": ("agency workers work at {site}", "no agency workers work {no_site}"),
    "migrant_workers": (
        "people moved here from another country or region to work at {site}",
        "nobody moved from another country or region to work {no_site}",
    ),
    "employer_housing": ("you house people who work at {site}", "you house nobody who works {no_site}"),
    "guards": ("guards work at {site}", "no guards work {no_site}"),
    "near_indigenous_land": (
        "{site} lies near land of indigenous people",
        "no land of indigenous people is known near {site}",
    ),
    "intermediaries": ("agents or brokers act for your company", "no agents or brokers act for your company"),
    "exports_outside_oecd": (
        "you send scrap, waste or used goods out of the OECD",
        "you send no scrap, waste or used goods out of the OECD",
    ),
    "secondary_share": ("part of what you use is recycled", "nothing of what you use is recycled so far"),
    "origin_flagged": (
        "a public list names one of your materials together with a country it comes from",
        "no public list names your materials together with the countries they come from",
    ),
    "process_water": (
        "water used in your process leaves {site}",
        "no water used in a process leaves {site}",
    ),
    "origin_cahra": (
        "you saw a link with a conflict-affected or high-risk area",
        "you have told of no link with a conflict-affected or high-risk area",
    ),
    "annex2_sign": ("you saw a sign of serious harm at a source", "you have told of no sign of serious harm"),
    "risk_found": (
        "you saw a sign of risk where your materials come from",
        "you have told of no sign of risk where your materials come from",
    ),
    "scope1_known": (
        "you gave a number for the climate gases of {site}",
        "there is no number for climate gases so far",
    ),
    "hazardous_waste": (
        "hazardous waste arises at {site}",
        "you have told of no hazardous waste {no_site}",
    ),
    "harm_found": ("you told of people who were harmed", "you have told of nobody who was harmed"),
}

_UNKNOWN = {
    "employees": "you have not said yet how many people your company employs",
    "size": "you have not said yet how many people your company employs",
    "positions": "you have not said yet what is done at {site}",
    "production_site": "you have not said yet whether materials are made, treated or stored at {site}",
    "materials": "no material is named in your profile",
    "material_groups": "no material is named in your profile",
    "country_band": "you have not said yet where you work",
    "secondary_share": "you have not said yet how much of what you use is recycled",
}


@dataclass(frozen=True)
class _Told:
    """What a phrase is made from: the test, the fact's value, all facts, and whether a company is asked."""

    test: Test
    value: Any
    facts: Mapping[str, Any]
    company: bool


def joined(words: Iterable[str], last: str = "and") -> str:
    """a; a and b; a, b and c."""
    several = list(dict.fromkeys(words))
    if len(several) < 2:
        return "".join(several)
    return f"{', '.join(several[:-1])} {last} {several[-1]}"


def fact_clause(test: Test, name: str, facts: Mapping[str, Any], level: Level) -> str | None:
    """Say why the test of this fact holds or not; None for a fact without a phrase of its own."""
    value = facts.get(name)
    company = level is Level.COMPANY
    places = {
        "site": "one of your sites" if company else "this site",
        "no_site": "at any of your sites" if company else "at this site",
    }
    if value is None and name in _UNKNOWN:
        return _UNKNOWN[name].format(**places)
    say = _SAY.get(name)
    if say is not None:
        return say(_Told(test, value, facts, company))
    if name in PLAIN:
        there = bool(value) and value != "no"
        if test.op in (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN) and there and not _is_threshold_of_one(test):
            return None
        return PLAIN[name][0 if there else 1].format(**places)
    return None


def _is_threshold_of_one(test: Test) -> bool:
    return (test.op, test.operand) in ((Op.AT_LEAST, Decimal(1)), (Op.MORE_THAN, Decimal(0)))


def _wanted(test: Test) -> tuple[str, ...]:
    operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    return tuple(str(operand) for operand in operands)


def _say_size(told: _Told) -> str:
    if told.facts.get("employees") is not None:
        return _say_employees(_Told(told.test, told.facts["employees"], told.facts, told.company))
    return f"your company has {SIZE_NAMES[told.value]}"


def _say_employees(told: _Told) -> str:
    return f"your company has {told.value:,} people" if told.value != 1 else "your company has one person"


def _say_positions(told: _Told) -> str:
    wanted = [position for position in _wanted(told.test) if position in DOES]
    present = [position for position in wanted if position in told.value]
    if present:
        subject = "one of your sites" if told.company else "this site"
        does = DOES if len(present) == 1 else DOES_SHORT
        return f"{subject} {joined((does[p][0] for p in present), 'and')}"
    subject = "none of your sites" if told.company else "this site does not"
    form = 0 if told.company else 1
    does = DOES if len(wanted) == 1 else DOES_SHORT
    return f"{subject} {joined((does[p][form] for p in wanted), 'or')}"


def material_name(material: str) -> str:
    """A material's name inside a sentence: lower case, without what stands in brackets."""
    name = materials()[material].name.split(" (")[0]
    return name[:1].lower() + name[1:]


def _say_materials(told: _Told) -> str:
    wanted = [material for material in _wanted(told.test) if material in materials()]
    present = [material for material in wanted if material in told.value]
    if present:
        return f"you handle {joined(map(material_name, present))}"
    return f"you do not handle {joined(map(material_name, wanted), 'or')}"


def _say_flagged(told: _Told) -> str:
    present = [key for key in told.value or () if told.test.op is Op.GIVEN or key in _wanted(told.test)]
    if not present:
        return "no public list names one of your materials"
    return f"a public list names {joined(map(material_name, present))}, which you handle"


def _say_groups(told: _Told) -> str:
    wanted = set(_wanted(told.test))
    present = [key for key in told.facts.get("materials", ()) if wanted & material_groups(key)]
    if present:
        return f"you handle {joined(map(material_name, present))}"
    if wanted & set(told.value):  # groups stated by hand, without their materials
        stated = (GROUP_NAMES[group] for group in GROUP_NAMES if group in wanted & set(told.value))
        return f"you handle {joined(stated, 'or')}"
    return f"you do not handle {joined((GROUP_NAMES[g] for g in GROUP_NAMES if g in wanted), 'or')}"


def _say_band(told: _Told) -> str:
    named = [c for c in told.facts.get("countries_named", ()) if country_band(c) == Band(told.value)]
    places = joined([country_names().get(country, country) for country in named[:3]])
    if told.value == Band.NO_DATA:
        return f"there are no public risk figures for {places or 'a place where you work or buy'}"
    band = f"the {BAND_NAMES[told.value]} band of country risk"
    if told.value == Band.LOW or not places:
        return f"the places where you work or buy are in {band}"
    return f"{places}, where you work or buy, {'is' if len(named) == 1 else 'are'} in {band}"


_SAY: Mapping[str, Callable[[_Told], str]] = {
    "size": _say_size,
    "employees": _say_employees,
    "positions": _say_positions,
    "materials": _say_materials,
    "flagged_materials": _say_flagged,
    "material_groups": _say_groups,
    "country_band": _say_band,
}
