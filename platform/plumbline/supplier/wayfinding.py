"""Where one is in an assessment: the sections beside every page of it, and the next place to work at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from assessments.assessment import AssessmentState
from assessments.questionnaire.model import Question, Section
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import AnswerState
from plumbline.supplier.cards import base_url


@dataclass(frozen=True)
class Stop:
    """A section as the rail and the overview list it. ``state``: todo, part, done, back or off."""

    section: Section
    href: str
    answered: int
    asked: int
    state: str
    current: bool = False
    why: str = ""

    @property
    def title(self) -> str:
        """The section's title."""
        return self.section.title


def stops(sheet: AnswerSheet, current: str = "") -> list[Stop]:
    """Every section in order, with how far it is."""
    reopened = {sheet.questionnaire.question(key).section for key in sheet.reopened}
    progress = sheet.progress
    found = []
    for section in sheet.questionnaire.sections:
        at = progress[section.key]
        if not at.asked:
            state = "off"
        elif sheet.state is AssessmentState.CLARIFICATION and section.key in reopened:
            state = "back"
        elif at.settled == at.asked:
            state = "done"
        else:
            state = "part" if at.settled or at.incomplete else "todo"
        found.append(
            Stop(
                section=section,
                href=f"{base_url(sheet.assessment_id)}/sections/{section.key}",
                answered=at.settled,
                asked=at.asked,
                state=state,
                current=section.key == current,
                why=_("does not apply") if state == "off" else "",
            )
        )
    return found


def rail_of(sheet: AnswerSheet, current: str = "") -> dict[str, Any]:
    """What components/rail.html wants."""
    found = stops(sheet, current)
    return {
        "sections": found,
        "answered": sum(stop.answered for stop in found),
        "asked": sum(stop.asked for stop in found),
        "title": _(
            "%(cycle)s assessment · version %(version)s",
            cycle=sheet.cycle_label,
            version=sheet.questionnaire.version,
        ),
    }


def neighbours(found: Sequence[Stop], section: Section) -> tuple[Stop | None, Stop | None]:
    """The stop before the section and the one after, of those in which something is asked."""
    asked = [stop for stop in found if stop.asked or stop.section.key == section.key]
    place = next(n for n, stop in enumerate(asked) if stop.section.key == section.key)
    return (asked[place - 1] if place else None, asked[place + 1] if place + 1 < len(asked) else None)


def name_of(sheet: AnswerSheet) -> str:
    """What the assessment is of: the site's name, or the company's."""
    return str(sheet.site["name"] if sheet.site else sheet.organization["legal_name"])


def next_open(sheet: AnswerSheet, last: str = "") -> Question | None:
    """The question to go on with: the last one worked at if it needs more, else the next open one after it,
    else the first open one; None when nothing is open."""
    keys = list(sheet.applicability.asked)
    start = keys.index(last) if last in sheet.applicability.asked else 0
    for key in [*keys[start:], *keys[:start]]:
        if not sheet.settled(key):
            return sheet.questionnaire.question(key)
    return None


def not_asked(sheet: AnswerSheet, section: Section) -> list[tuple[Question, str]]:
    """The questions of a section that are not asked here, each with its reason in a sentence."""
    reasons = sheet.applicability.not_asked
    questions = (question for topic in section.topics for question in topic.questions)
    return [(question, reasons[question.key]) for question in questions if question.key in reasons]


def open_list(sheet: AnswerSheet) -> list[tuple[Question, AnswerState, str]]:
    """What still needs something: question, its state, and the address where it is answered."""
    base = base_url(sheet.assessment_id)
    found = []
    for key in sheet.open_questions():
        question = sheet.questionnaire.question(key)
        found.append((question, sheet.answer(key).state, f"{base}/sections/{question.section}#{key}"))
    return found
