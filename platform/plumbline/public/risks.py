"""The risk scanner: what public figures say of a material and a country, and what is asked because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.questionnaire.asking.drivers import switched_on
from assessments.questionnaire.languages.phrases import Wording
from assessments.risk.chain import facts_of_material, listed_goods, made_in, supplies, uses_of
from assessments.risk.indices import PARTS, band_of, child_labour_law, readings_by_part
from assessments.risk.inherent import (
    COUNTRY_SOURCES,
    FLAG_SOURCE,
    MaterialRisk,
    country_band,
    country_names,
    country_risk,
    material,
    material_names,
    materials,
    origin_flagged,
)
from assessments.risk.words import said_of
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire
from plumbline.reading_language import by_name, key_named, names_as_read

PATH = "/risks"
MOST_PRODUCERS = 8


@dataclass(frozen=True)
class Looked:
    """What a visitor looks for, and the words that named nothing."""

    material: str = ""
    country: str = ""
    unknown: str = ""

    @classmethod
    def asked(cls, names: Wording, material: str = "") -> Looked:
        """As the address says: keys or names, in any case, in the visitor's language or in English."""
        wanted = material or request.args.get("material", "")
        country = request.args.get("country", "")
        found = key_named(wanted, names.materials, material_names())
        land = key_named(country, names.countries, country_names())
        unknown = wanted if wanted.strip() and not found else country if country.strip() and not land else ""
        return cls(found, land, unknown)


@public_pages.get(PATH)
@public("known risks of materials and countries are for everybody to look up")
def risks() -> ResponseReturnValue:
    """Show the look-up: all materials, or what is known of a country; a material has a page of its own."""
    names = names_as_read()
    looked = Looked.asked(names)
    if looked.material:
        more = f"?{urlencode({'country': looked.country})}" if looked.country else ""
        return redirect(f"{PATH}/{looked.material}{more}")
    return render_template(
        "public/risks.html",
        looked=looked,
        **_named(names),
        country=country_known(looked.country, names),
        switched=_switched("", looked.country),
    )


@public_pages.get(f"{PATH}/<material>")
@public("known risks of materials and countries are for everybody to look up")
def risks_of_material(material: str) -> ResponseReturnValue:
    """Show what is known of one material, alone or from one country."""
    if material not in materials():
        raise NotFound
    names = names_as_read()
    looked = Looked.asked(names, material)
    return render_template(
        "public/material.html",
        looked=looked,
        **_named(names),
        country=country_known(looked.country, names),
        found=material_known(material, looked.country, names),
        switched=_switched(material, looked.country),
    )


def _named(names: Wording) -> dict[str, Any]:
    """Names by key, in the order of the names, and the language they are in."""
    return {
        "materials": by_name(names.materials),
        "countries": by_name(names.countries),
        "language": names.phrases.language,
    }


def _switched(key: str, country: str) -> Any:
    """What they open in the questionnaire, beside it; None while nothing is looked up."""
    if not key and not country:
        return None
    shown = shown_questionnaire()
    found = switched_on(shown.questionnaire, key or None, country or None)
    return {"shown": shown, "on": found, "language": shown.questionnaire.language}


def material_known(key: str, country: str, names: Wording) -> dict[str, Any]:
    """A material with its risks, its producers and what else is known; ``from_there``: the country."""
    found = material(key)
    tables = supplies(key)
    language = names.phrases.language
    return {
        "material": found,
        "name": names.materials[key],
        "uses": said_of("uses", key, uses_of(key), language),
        "risks": [_risk(key, risk, language) for risk in sorted(found.risks, key=lambda one: -one.level)],
        "supplies": tables,
        "most": MOST_PRODUCERS,
        "bands": {share.iso3: country_band(share.iso3) for table in tables for share in table.shares},
        "facts": [
            (fact, said_of(fact.what, key, fact.said, language) if fact.what else None)
            for fact in facts_of_material(key)
        ],
        "listed": sorted(found.child_labour | found.forced_labour, key=lambda code: names.countries[code]),
        "flag_source": FLAG_SOURCE,
        "from_there": [(table, table.of(country)) for table in tables] if country else [],
        "flagged": bool(country) and origin_flagged(key, country),
    }


def _risk(key: str, risk: MaterialRisk, language: str) -> dict[str, Any]:
    """One reported risk with its name and its note in that language, as far as they are in it."""
    return {
        "level": risk.level,
        "certainty": risk.certainty,
        "source": risk.source,
        "name": said_of("risk", risk.risk, risk.name, language),
        "note": said_of("note", f"{key}/{risk.risk}", risk.note, language),
    }


def country_known(iso3: str, names: Wording) -> dict[str, Any] | None:
    """A country with its parts, every index, listed goods and what it makes; None while none is looked up."""
    if not iso3:
        return None
    risk = country_risk(iso3)
    return {
        "iso3": iso3,
        "name": names.countries[iso3],
        "band": risk.band,
        "parts": [
            (part, PARTS[part], band_of(risk.parts.get(part.value)) if part.value in _BANDED else None, found)
            for part, found in readings_by_part(iso3)
        ],
        "sources": COUNTRY_SOURCES,
        "goods": listed_goods(iso3),
        "flag_source": FLAG_SOURCE,
        "law": child_labour_law(iso3),
        "makes": made_in(iso3),
        "material_names": names.materials,
    }


_BANDED = frozenset({"governance", "voice", "conflict", "social"})
