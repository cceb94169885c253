"""The portfolio's filter bar: read from the address, drawn, and each part taken off again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from assessments.risk.inherent import country_names, material_names
from assessments.sharing.portfolio import Filter, Sort
from plumbline.shown_result import POSITIONS, position

# A level belongs to its topic and goes with it.
TAKEN_WITH: Mapping[str, dict[str, str | None]] = {"topic": {"level": None}}


def read_filter(given: Mapping[str, str]) -> tuple[Filter, dict[str, str]]:
    """Read the filter bar; what cannot be read narrows nothing and is said at its field: {field: fault}."""
    level = given.get("level", "")
    faults = {}
    if level and level not in {"0", "1", "2", "3", "4"}:
        level, faults["level"] = "", _("Levels run from 0 to 4.")
    return (
        Filter(
            text=given.get("q", "").strip()[:200],
            country=given.get("country", "")[:3],
            material=given.get("material", "")[:40],
            activity=given.get("activity", "")[:3],
            topic=given.get("topic", "")[:20],
            level=int(level) if level else None,
            stage=given.get("stage", "")[:40],
            open_critical=given.get("open_critical") == "yes",
        ),
        faults,
    )


def fields(asked: Filter, topics: Mapping[str, str], faults: Mapping[str, str]) -> list[dict[str, Any]]:
    """The filter bar's fields. What was chosen stays chosen, also where it could not be used."""
    countries = sorted(country_names().items(), key=lambda pair: pair[1])
    metals = sorted(material_names().items(), key=lambda pair: pair[1])
    drawn: list[dict[str, Any]] = [
        {"name": "q", "label": _("Name, LEI or your own number"), "value": asked.text, "kind": "search"},
        {"name": "country", "label": _("Country"), "value": asked.country, "kind": "select",
         "options": [["", _("All countries")], *countries]},
        {"name": "material", "label": _("Material"), "value": asked.material, "kind": "select",
         "options": [["", _("All materials")], *metals]},
        {"name": "activity", "label": _("Position"), "value": asked.activity, "kind": "select",
         "options": [["", _("All positions")], *([key, position(key)] for key in POSITIONS)]},
        {"name": "topic", "label": _("Topic"), "value": asked.topic, "kind": "select",
         "options": [["", _("Any topic")], *[(k, f"{k} {t}") for k, t in topics.items()]]},
        {"name": "level", "label": _("Verified level"), "kind": "select",
         "value": "" if asked.level is None else str(asked.level),
         "options": [["", _("Any level")], *[(str(n), str(n)) for n in range(5)]]},
        {"name": "open_critical", "label": _("Critical findings"),
         "value": "yes" if asked.open_critical else "", "kind": "select",
         "options": [["", _("All")], ["yes", _("With one open")]]},
    ]  # fmt: skip
    return [
        {**field, "error": faults.get("text" if field["name"] == "q" else field["name"], "")}
        for field in drawn
    ]


def taken(asked: Filter, topics: Mapping[str, str]) -> list[dict[str, str]]:
    """What the list is narrowed to, each with the link that takes it off."""
    title = topics.get(asked.topic, asked.topic)
    set_now = [
        ("q", asked.text, asked.text),
        ("country", asked.country, country_names().get(asked.country, asked.country)),
        ("material", asked.material, material_names().get(asked.material, asked.material)),
        ("activity", asked.activity, position(asked.activity)),
        ("topic", asked.topic, title if asked.level is None else f"{title}: {asked.level}"),
        ("stage", asked.stage, asked.stage.replace("_", " ")),
        ("open_critical", asked.open_critical, _("critical finding open")),
    ]
    return [
        {"label": str(label), "href": link(**TAKEN_WITH.get(name, {}), **{name: None, "after": None})}
        for name, value, label in set_now
        if value
    ]


def sort_links(sort: Sort) -> dict[str, dict[str, str]]:
    """Link and state of each order that the table's head offers."""
    descending = {Sort.CHANGED, Sort.PUBLISHED}
    return {
        each.value: {
            "href": link(sort=each.value, after=None),
            "sort": ("descending" if each in descending else "ascending") if each is sort else "",
        }
        for each in Sort
    }


def link(**changes: str | None) -> str:
    """This page's address with some of its query changed (None: taken off)."""
    query = {**request.args.to_dict(), **changes}
    return "?" + urlencode({name: value for name, value in query.items() if value})
