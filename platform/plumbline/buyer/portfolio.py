"""The portfolio: a dense table without rank or total; one statement, one ledger row a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.ledger import record_listing
from assessments.policy import Action
from assessments.portfolio import Filter, PortfolioEntry, Sort, page
from assessments.profile import newest_version
from assessments.questionnaire.model import Questionnaire
from assessments.risk.inherent import country_names, material_names
from assessments.sheet import questionnaire_of
from assessments.workflow import Invalid
from plumbline.buyer import buyer
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor

PAGE = 50
POSITIONS = {"EXT": "Mining", "SMR": "Smelting and refining", "SEM": "Semi-fabrication",
             "MAN": "Manufacturing",
             "REC": "Recycling", "TRD": "Trading", "SRV": "Services"}  # fmt: skip


@buyer.get("/")
@door(Action.BUYER_PORTFOLIO_READ, ledger=True)
def portfolio(visitor: Visitor) -> ResponseReturnValue:
    """Show the sites shared now, filtered and sorted; each listed supplier reads so in its ledger."""
    asked, fault = read_filter(request.args)
    sort = Sort(request.args["sort"]) if request.args.get("sort") in set(Sort) else Sort.NAME
    session = db.session()
    try:
        found = page(session, visitor.organization_id, asked, sort, request.args.get("after") or None, PAGE)
    except Invalid as error:
        fault, found = error.message, page(session, visitor.organization_id, asked, sort, None, PAGE)
    record_listing(
        session, visitor.actor, visitor.organization_name, supplier_ids=found.supplier_ids,
        what={"page": "portfolio"}, at=now(),
    )  # fmt: skip
    topics = titles(standard())
    return render_template(
        "buyer/portfolio.html",
        entries=[Row(entry, topics) for entry in found.entries],
        page=found, fault=fault, sort=sort, sorts=sort_links(sort), fields=fields(asked, topics),
        taken=taken(asked, topics),
        next_href=link(after=found.next_cursor) if found.next_cursor else "",
        first_href=link(after=None) if request.args.get("after") else "",
    )  # fmt: skip


def standard() -> Questionnaire | None:
    """The newest questionnaire, for the titles of topics; its content is public."""
    version = newest_version(db.session())
    return questionnaire_of(db.session(), version.id)[0] if version else None


def titles(questionnaire: Questionnaire | None) -> dict[str, str]:
    """Title by key of every rated topic, in order."""
    return {topic.key: topic.title for topic in questionnaire.rated_topics} if questionnaire else {}


class Row:
    """An entry as the table draws it."""

    def __init__(self, entry: PortfolioEntry, topics: Mapping[str, str]) -> None:
        self.entry = entry
        self.place = f"{entry.site_name}, {country_names().get(entry.country, entry.country)}"
        self.positions = ", ".join(POSITIONS.get(key, key) for key in entry.activities)
        self.materials = ", ".join(material_names().get(key, key) for key in entry.materials)
        self.strip = self._strip(topics)
        self.counts = {
            grade: count
            for grade, count in (
                ("critical", entry.critical_open), ("major", entry.major_open), ("minor", entry.minor_open),
                ("observation", entry.observations), ("good_practice", entry.good_practices),
            )
            if count
        }  # fmt: skip

    def _strip(self, topics: Mapping[str, str]) -> list[dict[str, Any]]:
        """Cells by section: the verified level, else the supplier's own; said in the cell's title."""
        sections: dict[str, list[dict[str, Any]]] = {}
        for cell in self.entry.maturity:
            verified = cell["verified"] is not None
            level = cell["verified"] if verified else cell["self"]
            title = topics.get(cell["topic"], cell["topic"])
            word = _("verified") if verified else _("self-declared")
            sections.setdefault(cell["section"], []).append(
                {"key": cell["topic"], "title": f"{cell['topic']} {title}, {word}", "level": level}
            )
        return [{"title": section, "topics": cells} for section, cells in sections.items()]


def read_filter(given: Mapping[str, str]) -> tuple[Filter, str]:
    """Read the filter bar; what cannot be read narrows nothing and is said."""
    level = given.get("level", "")
    fault = ""
    if level and level not in {"0", "1", "2", "3", "4"}:
        level, fault = "", _("Levels run from 0 to 4.")
    topic = given.get("topic", "")[:20]
    return (
        Filter(
            text=given.get("q", "").strip()[:200],
            country=given.get("country", "")[:3],
            material=given.get("material", "")[:40],
            activity=given.get("activity", "")[:3],
            topic=topic if level else "",
            level=int(level) if level and topic else None,
            stage=given.get("stage", "")[:40],
            open_critical=given.get("open_critical") == "yes",
        ),
        fault,
    )


def fields(asked: Filter, topics: Mapping[str, str]) -> list[dict[str, Any]]:
    """The filter bar's fields."""
    countries = sorted(country_names().items(), key=lambda pair: pair[1])
    metals = sorted(material_names().items(), key=lambda pair: pair[1])
    return [
        {"name": "q", "label": _("Name of supplier or site"), "value": asked.text, "kind": "search"},
        {"name": "country", "label": _("Country"), "value": asked.country, "kind": "select",
         "options": [["", _("All countries")], *countries]},
        {"name": "material", "label": _("Material"), "value": asked.material, "kind": "select",
         "options": [["", _("All materials")], *metals]},
        {"name": "activity", "label": _("Position"), "value": asked.activity, "kind": "select",
         "options": [["", _("All positions")], *POSITIONS.items()]},
        {"name": "topic", "label": _("Topic"), "value": asked.topic or request.args.get("topic", ""),
         "kind": "select", "options": [["", _("Any topic")], *[(k, f"{k} {t}") for k, t in topics.items()]]},
        {"name": "level", "label": _("Verified level"), "value": asked.level, "kind": "select",
         "options": [["", _("Any level")], *[(str(n), str(n)) for n in range(5)]]},
        {"name": "open_critical", "label": _("Critical findings"),
         "value": "yes" if asked.open_critical else "", "kind": "select",
         "options": [["", _("All")], ["yes", _("With one open")]]},
    ]  # fmt: skip


def taken(asked: Filter, topics: Mapping[str, str]) -> list[dict[str, str]]:
    """What the list is narrowed to, each with the link that takes it off."""
    set_now = [
        ("q", asked.text, asked.text),
        ("country", asked.country, country_names().get(asked.country, asked.country)),
        ("material", asked.material, material_names().get(asked.material, asked.material)),
        ("activity", asked.activity, POSITIONS.get(asked.activity, asked.activity)),
        ("topic", asked.topic, f"{topics.get(asked.topic, asked.topic)}: {asked.level}"),
        ("open_critical", asked.open_critical, _("critical finding open")),
    ]
    return [
        {"label": str(label), "href": link(**{name: None, "after": None})}
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
