"""The risk scanner: what public figures say of a material and a country, and what is asked because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from assessments.questionnaire.asking.drivers import switched_on
from assessments.risk.chain import facts_of_material, listed_goods, made_in, supplies, uses_of
from assessments.risk.indices import PARTS, band_of, child_labour_law, readings_by_part
from assessments.risk.inherent import (
    COUNTRY_SOURCES,
    FLAG_SOURCE,
    country_band,
    country_names,
    country_risk,
    material,
    material_names,
    materials,
    origin_flagged,
)
from plumbline.guard import public
from plumbline.public import public_pages
from plumbline.public.shown import shown_questionnaire

PATH = "/risks"
MOST_PRODUCERS = 8
BY_NAME = dict(sorted(materials().items(), key=lambda pair: pair[1].name))


@dataclass(frozen=True)
class Looked:
    """What a visitor looks for, and the words that named nothing."""

    material: str = ""
    country: str = ""
    unknown: str = ""

    @classmethod
    def asked(cls, material: str = "") -> Looked:
        """As the address says: keys or names, in any case."""
        wanted = material or request.args.get("material", "")
        country = request.args.get("country", "")
        found, land = _key(wanted, material_names()), _key(country, country_names())
        unknown = wanted if wanted.strip() and not found else country if country.strip() and not land else ""
        return cls(found, land, unknown)


def _key(word: str, known: Any) -> str:
    word = word.strip()
    if word in known:
        return word
    if word.upper() in known:
        return word.upper()
    folded = word.casefold()
    return next((key for key, name in known.items() if folded in (key.casefold(), name.casefold())), "")


@public_pages.get(PATH)
@public("known risks of materials and countries are for everybody to look up")
def risks() -> ResponseReturnValue:
    """Show the look-up: all materials, or what is known of a country; a material has a page of its own."""
    looked = Looked.asked()
    if looked.material:
        more = f"?{urlencode({'country': looked.country})}" if looked.country else ""
        return redirect(f"{PATH}/{looked.material}{more}")
    return render_template(
        "public/risks.html",
        looked=looked,
        materials=BY_NAME,
        countries=country_names(),
        country=country_known(looked.country),
        switched=_switched("", looked.country),
    )


@public_pages.get(f"{PATH}/<material>")
@public("known risks of materials and countries are for everybody to look up")
def risks_of_material(material: str) -> ResponseReturnValue:
    """Show what is known of one material, alone or from one country."""
    if material not in materials():
        raise NotFound
    looked = Looked.asked(material)
    return render_template(
        "public/material.html",
        looked=looked,
        materials=BY_NAME,
        countries=country_names(),
        country=country_known(looked.country),
        found=material_known(material, looked.country),
        switched=_switched(material, looked.country),
    )


def _switched(key: str, country: str) -> Any:
    """What they open in the questionnaire, beside it; None while nothing is looked up."""
    if not key and not country:
        return None
    shown = shown_questionnaire()
    found = switched_on(shown.questionnaire, key or None, country or None)
    return {"shown": shown, "on": found, "language": shown.questionnaire.language}


def material_known(key: str, country: str) -> dict[str, Any]:
    """A material with its risks, its producers and what else is known; ``from_there``: the country."""
    found = material(key)
    tables = supplies(key)
    return {
        "material": found,
        "uses": uses_of(key),
        "risks": sorted(found.risks, key=lambda risk: -risk.level),
        "supplies": tables,
        "most": MOST_PRODUCERS,
        "bands": {share.iso3: country_band(share.iso3) for table in tables for share in table.shares},
        "facts": facts_of_material(key),
        "listed": sorted(found.child_labour | found.forced_labour, key=lambda code: country_names()[code]),
        "flag_source": FLAG_SOURCE,
        "from_there": [(table, table.of(country)) for table in tables] if country else [],
        "flagged": bool(country) and origin_flagged(key, country),
    }


def country_known(iso3: str) -> dict[str, Any] | None:
    """A country with its parts, every index, listed goods and what it makes; None while none is looked up."""
    if not iso3:
        return None
    risk = country_risk(iso3)
    return {
        "iso3": iso3,
        "name": country_names()[iso3],
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
        "material_names": material_names(),
    }


_BANDED = frozenset({"governance", "voice", "conflict", "social"})
