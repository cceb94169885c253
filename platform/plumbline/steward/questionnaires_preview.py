"""A draft as a firm like this would meet it: described in the address, nothing stored."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.questionnaire.company import (
    ANSWERED,
    MOST_PEOPLE,
    SITE_FACTS,
    Company,
    Outlook,
    company_of_profile,
    outlook,
)
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.vocabulary import POSITIONS
from assessments.risk.inherent import country_names, material_names
from plumbline.guard import door
from plumbline.identity.visitor import Visitor
from plumbline.steward import steward
from plumbline.steward.questionnaires import WRITE
from plumbline.steward.questionnaires_at import PATH, OnDraft, load_draft


@steward.get(f"{PATH}/preview")
@door(WRITE, load=load_draft)
def draft_preview(_visitor: Visitor, at: OnDraft) -> ResponseReturnValue:
    """Show what a company would be asked: an example supplier, or one described in the form."""
    questionnaire = at.found.questionnaire if at.found.sound else None
    company, example = _told(at), request.args.get("example", "")
    seen = outlook(questionnaire, company) if questionnaire and company else None
    standing = at.before
    before = set(outlook(standing, company).asked) if standing and company and seen else None
    return render_template(
        "steward/questionnaires/preview.html",
        at=at,
        company=company or Company(),
        example=example,
        seen=seen,
        sections=_sections(questionnaire, seen) if questionnaire and seen else [],
        fresh=[key for key in seen.asked if key not in before] if seen and before is not None else [],
        gone=sorted(before - set(seen.asked)) if seen and before is not None else [],
        facts=_words(),
        materials=material_names(),
        countries=country_names(),
        positions=POSITIONS,
    )


def _told(at: OnDraft) -> Company | None:
    """The company that the address describes; None where it says nothing."""
    chosen = next((one for one in at.found.examples if one.name == request.args.get("example")), None)
    if chosen is not None:
        return company_of_profile(chosen)
    people = request.args.get("employees", "").strip()
    employees = int(people) if people.isascii() and people.isdecimal() and len(people) < 9 else None
    truths = {name: bool(request.args.get(name)) for name in (*SITE_FACTS, *ANSWERED)}
    lists = {
        name: tuple(word for word in known if word in request.args.getlist(name))
        for name, known in (
            ("positions", POSITIONS),
            ("materials", material_names()),
            ("countries", country_names()),
            ("origins", country_names()),
        )
    }
    if not (employees or any(truths.values()) or any(lists.values())):
        return None
    return Company(
        employees=employees if employees and employees <= MOST_PEOPLE else None,
        positions=lists["positions"],
        materials=lists["materials"],
        countries=lists["countries"],
        origins=lists["origins"],
        **truths,
    )


def _sections(questionnaire: Questionnaire, seen: Outlook) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for section in questionnaire.sections:
        questions = [question for topic in section.topics for question in topic.questions]
        asked = [question for question in questions if question.key in seen.now.asked]
        rest = [question for question in questions if question.key not in seen.now.asked]
        found.append({"section": section, "asked": asked, "rest": rest, "minutes": seen.minutes(section)})
    return found


def _words() -> dict[str, str]:
    """What may be so of its sites, by field."""
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
