"""The portfolio: a dense table without rank or total; one statement, one ledger row a page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.authoring.versions import newest_version
from assessments.policy import Action
from assessments.questionnaire.model import Questionnaire
from assessments.risk.inherent import country_names, material_names
from assessments.sharing.ledger import record_listing
from assessments.sharing.portfolio import Filter, PortfolioEntry, PortfolioPage, Sort, page
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Invalid
from plumbline.buyer import buyer
from plumbline.buyer.portfolio_figures import figures
from plumbline.buyer.portfolio_filter import fields, link, read_filter, sort_links, taken
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.reading_language import as_read
from plumbline.shown_result import position
from plumbline.translated import told_faults

PAGE = 50


@buyer.get("/")
@door(Action.BUYER_PORTFOLIO_READ, ledger=True)
def portfolio(visitor: Visitor) -> ResponseReturnValue:
    """Show the sites shared now, filtered and sorted; each listed supplier reads so in its ledger."""
    asked, faults = read_filter(request.args)
    sort = Sort(request.args["sort"]) if request.args.get("sort") in set(Sort) else Sort.NAME
    session = db.session()
    found, more = _found(visitor, asked, sort)
    faults |= more
    record_listing(
        session, visitor.actor, visitor.organization_name, supplier_ids=found.supplier_ids,
        what={"page": "portfolio"}, at=now(),
    )  # fmt: skip
    topics = titles(standard())
    today = now().date()
    chips = taken(asked, topics)
    return render_template(
        "buyer/portfolio.html",
        entries=[Row(entry, topics, found.own_numbers) for entry in found.entries],
        figures=figures(found, today, narrowed=bool(chips)), today=today,
        page=found, faults=faults, sort=sort, sorts=sort_links(sort), fields=fields(asked, topics, faults),
        taken=chips, views=views(sort),
        next_href=link(after=found.next_cursor) if found.next_cursor else "",
        first_href=link(after=None) if request.args.get("after") else "",
    )  # fmt: skip


def views(sort: Sort) -> list[dict[str, Any]]:
    """The table, and the same with what changed last on top."""
    return [
        {"label": _("Table"), "href": link(sort=None, after=None), "current": sort is not Sort.CHANGED},
        {"label": _("Latest changes"), "href": link(sort=Sort.CHANGED.value, after=None),
         "current": sort is Sort.CHANGED},
    ]  # fmt: skip


def _found(visitor: Visitor, asked: Filter, sort: Sort) -> tuple[PortfolioPage, dict[str, str]]:
    """The page asked for; where part of the wish makes no sense, the list without that part, and why."""
    faults: dict[str, str] = {}
    cursor = request.args.get("after") or None
    # Each round leaves out what the last one refused, so that it ends.
    while True:
        try:
            found = page(
                db.session(), visitor.organization_id, asked, sort, cursor, PAGE, numbered=True
            )  # fmt: skip
        except Invalid as error:
            faults |= told_faults(error)
            cursor = None
            if left_out := set(error.faults) - {"cursor"}:
                blank = Filter()
                asked = replace(asked, **{name: getattr(blank, name) for name in left_out})
            if "topic" in error.faults or "level" in error.faults:
                asked = replace(asked, level=None)
        else:
            return found, faults


def standard() -> Questionnaire | None:
    """The newest questionnaire, for the titles of topics; its content is public."""
    version = newest_version(db.session())
    return as_read(questionnaire_of(db.session(), version.id)[0]) if version else None


def titles(questionnaire: Questionnaire | None) -> dict[str, str]:
    """Title by key of every rated topic, in order."""
    return {topic.key: topic.title for topic in questionnaire.rated_topics} if questionnaire else {}


class Row:
    """An entry as the table draws it."""

    def __init__(
        self, entry: PortfolioEntry, topics: Mapping[str, str], own_numbers: Mapping[uuid.UUID, str]
    ) -> None:
        self.entry = entry
        self.own_number = own_numbers.get(entry.supplier_id, "")
        self.place = f"{entry.site_name}, {country_names().get(entry.country, entry.country)}"
        self.positions = ", ".join(map(position, entry.activities))
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
