"""What a company like mine would be asked: described in the address alone, nothing stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from assessments.questionnaire.asking.company import (
    ANSWERED,
    Company,
    Outlook,
    company_of_profile,
    outlook,
    parameters,
)
from assessments.questionnaire.asking.drivers import Driver, driver_of
from assessments.questionnaire.asking.profiles import read_profiles
from assessments.questionnaire.languages.phrases import Wording, wording_of
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import PACKS
from assessments.questionnaire.pack.reading import Report
from plumbline.described_company import answered, lists_in, site_facts, told_company
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import SLUG, shown_questionnaire

PATH = "/questions/preview"


@dataclass(frozen=True)
class Example:
    """One of the example suppliers of the pack: a click away, with the number that it is asked."""

    name: str
    href: str
    asked: int
    current: bool


@dataclass(frozen=True)
class Change:
    """The company with one thing changed: how many more or fewer questions, and a link to see them."""

    label: str
    asked: int
    difference: int
    href: str


@public_pages.get(PATH)
@public("anybody may see what a company like theirs would be asked; nothing is stored")
def preview_company() -> ResponseReturnValue:
    """Show what the described company would be asked, and why, or the form and the examples."""
    shown = shown_questionnaire()
    wording = wording_of(shown.questionnaire)
    lists = lists_in(wording)
    told = told_company(lists)
    seen = None if told.empty else outlook(shown.questionnaire, told.company)
    context: dict[str, Any] = {}
    if seen is not None:
        pack = seen.questionnaire
        drivers = {key: driver_of(pack.question(key), seen.now, pack) for key in seen.asked}
        wanted = request.args.get("because", "")
        context = {
            "drivers": Counter(driver.value for driver in drivers.values()),
            "because": wanted if wanted in {driver.value for driver in Driver} else "",
            "by_driver": {
                driver.value: [key for key, found in drivers.items() if found is driver] for driver in Driver
            },
            "sections": sections_of(seen, drivers),
            "minutes": sum(seen.minutes(section) or 0 for section in pack.sections),
            "changes": changes(seen, wording),
        }
    return render_template(
        "public/preview.html",
        shown=shown,
        told=told,
        seen=seen,
        examples=examples_of(shown.questionnaire, told.company),
        lists=lists,
        site_facts=site_facts(),
        answered=answered(),
        of_company=vars(told.company),
        answers_told=any(getattr(told.company, name) for name in ANSWERED),
        without=without,
        address=address,
        **context,
    )


def address(company: Company, **more: str) -> str:
    """The page for that company."""
    asked = [*parameters(company), *more.items()]
    version = request.args.get("version", "")
    return f"{PATH}?{urlencode([*asked, ('version', version)] if version else asked)}"


def without(company: Company, name: str, word: str) -> str:
    """The page for the same company without one entry of a list."""
    left = tuple(one for one in getattr(company, name) if one != word)
    changed: dict[str, Any] = {name: left}
    return address(replace(company, **changed))


def sections_of(seen: Outlook, drivers: Mapping[str, Driver]) -> list[dict[str, Any]]:
    """For each section: how many are asked of how many, what waits, and what they are mostly asked for."""
    found = []
    for section in seen.questionnaire.sections:
        keys = [question.key for topic in section.topics for question in topic.questions]
        counted = Counter(drivers[key] for key in keys if key in drivers)
        found.append(
            {
                "section": section,
                "asked": [key for key in keys if key in drivers],
                "later": [key for key in keys if key in seen.later],
                "never": [key for key in keys if key in seen.never],
                "all": len(keys),
                "mostly": counted.most_common(2),
                "minutes": seen.minutes(section),
            }
        )
    return found


def changes(seen: Outlook, wording: Wording) -> list[Change]:
    """The same company a little different, where that makes a difference."""
    company, found = seen.company, []
    for label, other in _others(company, wording):
        asked = len(outlook(seen.questionnaire, other).asked)
        if asked != len(seen.asked):
            found.append(Change(label, asked, asked - len(seen.asked), address(other)))
    return found


def _others(company: Company, wording: Wording) -> list[tuple[str, Company]]:
    """What one might ask next: other sizes, one more activity, one more material, another country."""
    others = []
    for people in (8, 25, 60, 300):
        label = ngettext("%(num)s person instead", "%(num)s people instead", people)
        others.append((label, replace(company, employees=people)))
    if "REC" not in company.positions:
        recycling: dict[str, Any] = {"positions": (*company.positions, "REC"), "production": True}
        others.append((_("It also recycles"), replace(company, **recycling)))
    for key in ("tin", "cobalt"):
        if key not in company.materials:
            name = wording.materials[key]
            added = replace(company, materials=(*company.materials, key))
            others.append((_("%(material)s is added", material=name), added))
    if company.materials and "COD" not in company.origins:
        origin = wording.countries["COD"]
        others.append((_("Metal from %(country)s", country=origin), replace(company, origins=("COD",))))
    return others


def examples_of(questionnaire: Questionnaire, told: Company) -> list[Example]:
    """The example suppliers, smallest first, each with the count that the checker holds it to."""
    found = []
    for name, company in _examples():
        asked = len(outlook(questionnaire, company).asked)
        found.append(Example(name, address(company), asked, company == told))
    return found


@cache
def _examples() -> tuple[tuple[str, Company], ...]:
    profiles = read_profiles(PACKS / SLUG, Report())
    found = [(profile.name, company_of_profile(profile)) for profile in profiles]
    return tuple(sorted(found, key=lambda pair: pair[1].employees or 0))
