"""A draft as a firm like this would meet it: described in the address, nothing stored."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from assessments.questionnaire.asking.company import (
    Outlook,
    company_of_profile,
    outlook,
)
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.vocabulary import POSITIONS
from plumbline.described_company import LISTS, Told, site_facts, told_company
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
    example = next((one for one in at.found.examples if one.name == request.args.get("example")), None)
    told = Told(company_of_profile(example)) if example else told_company()
    seen = outlook(questionnaire, told.company) if questionnaire and not told.empty else None
    before = set(outlook(at.before, told.company).asked) if at.before and seen else None
    return render_template(
        "steward/questionnaires/preview.html",
        at=at,
        told=told,
        company=told.company,
        example=example.name if example else "",
        seen=seen,
        sections=_sections(questionnaire, seen) if questionnaire and seen else [],
        fresh=[key for key in seen.asked if key not in before] if seen and before is not None else [],
        gone=sorted(before - set(seen.asked)) if seen and before is not None else [],
        facts=site_facts(),
        materials=LISTS["materials"],
        countries=LISTS["countries"],
        positions=POSITIONS,
    )


def _sections(questionnaire: Questionnaire, seen: Outlook) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for section in questionnaire.sections:
        questions = [question for topic in section.topics for question in topic.questions]
        asked = [question for question in questions if question.key in seen.now.asked]
        rest = [question for question in questions if question.key not in seen.now.asked]
        found.append({"section": section, "asked": asked, "rest": rest, "minutes": seen.minutes(section)})
    return found
