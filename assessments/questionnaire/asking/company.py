"""A company described in a few words, and what it would be asked: asked, perhaps later, or not.

Nothing here is stored. What earlier answers would say is not known of such a company: a question that waits
for one is told apart, with its reason, until the description says what was answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from assessments.questionnaire.asking.applicability import Applicability, size_of
from assessments.questionnaire.asking.preview import decide
from assessments.questionnaire.asking.profiles import Profile
from assessments.questionnaire.model import Questionnaire, Section
from assessments.questionnaire.vocabulary import POSITIONS

PRODUCTION = ("EXT", "SMR", "SEM", "MAN", "REC")
"""Positions at which something is mined, made or treated, unless the description says otherwise."""

ORIGINS = ("PRO-09", "origins")
MOST_PEOPLE = 10_000_000


@dataclass(frozen=True)
class Company:
    """What somebody tells of a company. Countries are ISO 3166-1 alpha-3 codes, materials keys of the tables.

    The truths from ``scope1_known`` on stand for what earlier answers said; False: nothing so far.
    """

    employees: int | None = None
    positions: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    production: bool = False
    recycled: bool = False
    agency: bool = False
    migrant: bool = False
    housing: bool = False
    guards: bool = False
    indigenous: bool = False
    agents: bool = False
    leaving: bool = False
    listed: bool = False
    scope1_known: bool = False
    process_water: bool = False
    hazardous_waste: bool = False
    water_stress: bool = False
    energy: bool = False
    origin_cahra: bool = False
    annex2_sign: bool = False
    risk_found: bool = False
    harm_found: bool = False


SITE_FACTS = (
    "production",
    "recycled",
    "agency",
    "migrant",
    "housing",
    "guards",
    "indigenous",
    "agents",
    "leaving",
)
"""What is true at one of its sites or of the company, before any question is answered."""

ANSWERED: Mapping[str, tuple[str, Any]] = {
    "listed": ("origin_flagged", True),
    "scope1_known": ("scope1_known", True),
    "process_water": ("process_water", True),
    "hazardous_waste": ("hazardous_waste", True),
    "water_stress": ("water_stress", "high"),
    "energy": ("energy_mwh", Decimal(5000)),
    "origin_cahra": ("origin_cahra", True),
    "annex2_sign": ("annex2_sign", True),
    "risk_found": ("risk_found", True),
    "harm_found": ("harm_found", True),
}
"""What earlier answers may have said: the fact it makes, and its value."""


def profile_of_company(company: Company) -> Profile:
    """The example supplier that stands for it: one site in each of its countries, all of one kind."""
    share = 20 if company.recycled else 0
    site: dict[str, Any] = {
        "activities": [position for position in POSITIONS if position in company.positions],
        "production": company.production,
        "materials": [{"material": key, "secondary_share": share} for key in company.materials],
        "agency_workers": int(company.agency),
        "employer_housing": company.housing,
        "guards": company.guards,
        "near_indigenous_land": company.indigenous,
    }
    organization: dict[str, Any] = {"employees": company.employees}
    if company.countries:
        organization["country"] = company.countries[0]
    sites = tuple({**site, "country": country} for country in company.countries) or (site,)
    rows = [{"material": key, "country": land} for land in company.origins for key in company.materials]
    answers = {ORIGINS[0]: {ORIGINS[1]: rows}} if rows else {}
    facts: dict[str, Any] = {
        "migrant_workers": Decimal(int(company.migrant)),
        "intermediaries": company.agents,
        "exports_outside_oecd": company.leaving,
        "secondary_share": Decimal(share),
    }
    facts |= {fact: value for name, (fact, value) in ANSWERED.items() if getattr(company, name)}
    return Profile("", organization, sites, answers, facts)


def company_of_profile(profile: Profile) -> Company:
    """The description of an example supplier, such that both are asked the same."""
    told, facts = profile.sites, profile.facts
    materials = [entry for site in told for entry in site.get("materials") or ()]
    answered: dict[str, Any] = {
        name: _holds(facts.get(fact), value) for name, (fact, value) in ANSWERED.items()
    }
    return Company(
        employees=profile.organization.get("employees"),
        positions=tuple(dict.fromkeys(word for site in told for word in site.get("activities") or ())),
        materials=tuple(dict.fromkeys(entry["material"] for entry in materials)),
        countries=tuple(dict.fromkeys(site["country"] for site in told if site.get("country"))),
        production=any(site.get("production") for site in told),
        recycled=any(entry.get("secondary_share") for entry in materials),
        agency=any(site.get("agency_workers") for site in told),
        migrant=bool(facts.get("migrant_workers")),
        housing=bool(facts.get("employer_housing")),
        guards=bool(facts.get("guards")),
        indigenous=bool(facts.get("near_indigenous_land")),
        agents=bool(facts.get("intermediaries")),
        leaving=bool(facts.get("exports_outside_oecd")),
        **answered,
    )


def _holds(stated: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return stated is not None and Decimal(stated) >= 2800
    return bool(stated == value)


@dataclass(frozen=True)
class Outlook:
    """What a company would be asked. ``later``: asked only if an earlier answer opens it."""

    company: Company
    questionnaire: Questionnaire
    now: Applicability
    later: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Keys of the questions asked by what is told, in order."""
        return tuple(self.now.asked)

    @property
    def never(self) -> tuple[str, ...]:
        """Keys of the questions that no answer would open."""
        return tuple(key for key in self.now.not_asked if key not in self.later)

    def reason(self, key: str) -> str:
        """The sentence why a question is asked, or why not."""
        return self.now.asked[key] if key in self.now.asked else self.now.not_asked[key]

    def minutes(self, section: Section) -> int | None:
        """What answering a section takes a firm of this size; None where nothing is asked."""
        asked = any(self.now.asks(question.key) for topic in section.topics for question in topic.questions)
        if not asked or self.company.employees is None:
            return None
        size = size_of(self.company.employees)
        return section.minutes.get(size, section.minutes.get("large"))


def outlook(questionnaire: Questionnaire, company: Company) -> Outlook:
    """What that company would be asked of ``questionnaire``, and what only an earlier answer would open."""
    now = asked_of(questionnaire, company)
    said: dict[str, Any] = dict.fromkeys(ANSWERED, True)
    everything = asked_of(questionnaire, replace(company, **said))
    return Outlook(company, questionnaire, now, tuple(k for k in now.not_asked if everything.asks(k)))


def asked_of(questionnaire: Questionnaire, company: Company) -> Applicability:
    """The decision on every question for that company. Facts that this version does not know are left out."""
    profile = profile_of_company(company)
    known = {name: value for name, value in profile.facts.items() if name in questionnaire.facts}
    return decide(questionnaire, replace(profile, facts=known))


def parameters(company: Company) -> list[tuple[str, str]]:
    """The description as pairs of an address, in a fixed order; what is not told is left out."""
    found: list[tuple[str, str]] = []
    for one in fields(company):
        value = getattr(company, one.name)
        if isinstance(value, tuple):
            found += [(one.name, word) for word in value]
        elif value is True:
            found.append((one.name, "yes"))
        elif value is not None and value is not False:
            found.append((one.name, str(value)))
    return found
