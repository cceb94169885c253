"""A company described in the address of a page, in a few words: read, with what could not be understood.

Nothing is stored. The public preview and the steward's preview of a draft describe companies by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext as _

from assessments.questionnaire.asking.company import ANSWERED, MOST_PEOPLE, SITE_FACTS, Company, parameters
from assessments.questionnaire.languages.phrases import Wording
from assessments.questionnaire.vocabulary import POSITIONS
from assessments.risk.inherent import country_names, material_names
from plumbline.reading_language import by_name, key_named

LISTS: Mapping[str, Mapping[str, str]] = {
    "materials": material_names(),
    "countries": country_names(),
    "origins": country_names(),
}
MOST_OF_A_LIST = 30


@dataclass(frozen=True)
class Told:
    """What the address says: the company as far as it can be understood, and what could not, by field."""

    company: Company
    faults: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing is told that can be understood, so that there is nothing to show yet."""
        return not parameters(self.company)


def lists_in(wording: Wording) -> Mapping[str, Mapping[str, str]]:
    """The same lists with the names of a reader's language."""
    countries = by_name(wording.countries)
    return {"materials": wording.materials, "countries": countries, "origins": countries}


def told_company(lists_of: Mapping[str, Mapping[str, str]] = LISTS) -> Told:
    """Read the description; a word that names no country or material is a fault of its field alone.

    ``lists_of``: names by key in the reader's language. English names are understood in every language.
    """
    faults: dict[str, str] = {}
    typed: dict[str, str] = {}
    lists: dict[str, Any] = {}
    people, employees = request.args.get("employees", "").strip().replace(",", "").replace(" ", ""), None
    if people:
        # Of a number with thousands of digits Python refuses to make one.
        if people.isdecimal() and len(people) < 12 and 1 <= int(people) <= MOST_PEOPLE:
            employees = int(people)
        else:
            typed["employees"] = request.args["employees"]
            faults["employees"] = _("Write a number of people, such as 25.")
    for name, known in lists_of.items():
        found, wrong = _named(request.args.getlist(name), known, LISTS[name])
        lists[name] = found
        if wrong:
            typed[name] = wrong
            faults[name] = (
                _("“%(word)s” is no material of the list.", word=wrong)
                if name == "materials"
                else _("“%(word)s” is no country of the list.", word=wrong)
            )
    truths: dict[str, Any] = {name: bool(request.args.get(name)) for name in (*SITE_FACTS, *ANSWERED)}
    positions = tuple(word for word in POSITIONS if word in request.args.getlist("positions"))
    return Told(Company(employees=employees, positions=positions, **lists, **truths), faults, typed)


def _named(
    words: Iterable[str], known: Mapping[str, str], english: Mapping[str, str]
) -> tuple[tuple[str, ...], str]:
    """Keys of what is named, and the first word that names nothing."""
    found: dict[str, None] = {}
    wrong = ""
    for word in [part.strip() for each in words for part in each.split(";")]:
        if key := key_named(word, known, english):
            found[key] = None
        elif not wrong:
            wrong = word
    return tuple(found)[:MOST_OF_A_LIST], wrong


def site_facts() -> dict[str, str]:
    """What may be so at one of its sites, by field."""
    return {
        "production": _("Something is mined, made, treated or stored there"),
        "recycled": _("Scrap or recycled metal goes in"),
        "agency": _("Agency workers"),
        "migrant": _("People who moved there for the work"),
        "housing": _("Housing or meals for workers"),
        "guards": _("Guards"),
        "indigenous": _("Land of indigenous people nearby"),
        "agents": _("Agents or brokers sell or buy for it"),
        "leaving": _("Scrap, waste or used goods leave the OECD"),
    }


def answered() -> dict[str, str]:
    """What its earlier answers may have said, by field."""
    return {
        "scope1_known": _("A number for the climate gases of the site"),
        "process_water": _("Water used in a process leaves the site"),
        "hazardous_waste": _("Hazardous waste arises"),
        "water_stress": _("Water is scarce there"),
        "energy": _("2,800 MWh of energy a year or more"),
        "listed": _("A public list names a material together with its origin"),
        "origin_cahra": _("A link with a conflict-affected or high-risk area"),
        "annex2_sign": _("A sign of serious harm at a source"),
        "risk_found": _("A sign of risk where materials come from"),
        "harm_found": _("People who were harmed"),
    }
