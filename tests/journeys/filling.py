"""The rest of a questionnaire, answered by plain form posts of the same signed-in browser.

Each round reads a section's form as a browser would, puts plausible values into every question that is still
open, and posts it; what one round switched on is answered in the next.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from playwright.sync_api import Page

from assessments.questionnaire.asking.applicability import rows_of
from assessments.questionnaire.model import PartKind, Question
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from plumbline.written_form import fields_of
from tests.journeys.running import Running
from tests.support.acts import plausible
from tests.support.page import parse

Pairs = list[tuple[str, str]]
ROUNDS = 8


def answer_the_rest(page: Page, running: Running, assessment: str) -> int:
    """Answer every question that is open; return how many were. AssertionError when some stay open."""
    answered: set[str] = set()
    for _round in range(ROUNDS):
        sheet = sheet_of(running, assessment)
        waiting = sheet.open_questions()
        if not waiting:
            return len(answered)
        for section in dict.fromkeys(sheet.questionnaire.question(key).section for key in waiting):
            here = [key for key in waiting if sheet.questionnaire.question(key).section == section]
            post_section(page, sheet, section, here)
            answered.update(here)
    raise AssertionError(f"still open: {sheet_of(running, assessment).open_questions()}")


def sheet_of(running: Running, assessment: str) -> AnswerSheet:
    """The sheet as it stands in the database."""
    with running.session() as session:
        return read_sheet(session, uuid.UUID(assessment))


def post_section(page: Page, sheet: AnswerSheet, section: str, keys: list[str]) -> None:
    """Post the section's form with plausible answers to ``keys`` and everything else as it was drawn."""
    address = f"/supplier/assessments/{sheet.assessment_id}/sections/{section}"
    got = page.request.get(address)
    assert got.status == 200, (got.status, address)
    pairs = fields_drawn(got.text(), f"section-{section}")
    for key in keys:
        pairs = put(pairs, sheet, sheet.questionnaire.question(key))
    pairs.append(("save", "form"))
    sent = page.request.post(
        address, data=urlencode(pairs), max_redirects=0,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Referer": page.url},
    )  # fmt: skip
    assert sent.status == 303, (sent.status, keys, _complaints(sent.text()))


def fields_drawn(html: str, form_id: str) -> Pairs:
    """Names and values that a browser would send of the form as drawn, buttons left out."""
    form = next(found for found in parse(html).iter("form") if found.get("id") == form_id)
    return list(_fields(form))


def _fields(form: Element) -> Iterator[tuple[str, str]]:
    for found in form.iter():
        name, kind = found.get("name"), found.get("type", "text")
        if not name or found.get("disabled") is not None:
            continue
        if found.tag == "input" and kind not in {"file", "submit"}:
            if kind not in {"checkbox", "radio"} or found.get("checked") is not None:
                yield name, found.get("value", "")
        elif found.tag == "textarea":
            yield name, "".join(found.itertext())
        elif found.tag == "select":
            chosen = [one for one in found.iter("option") if one.get("selected") is not None]
            yield name, chosen[0].get("value", "") if chosen else ""


def put(pairs: Pairs, sheet: AnswerSheet, question: Question) -> Pairs:
    """The form with a plausible answer to a question; one that has no value to give is "not known yet"."""
    parts = plausible(sheet, question)
    fields: dict[str, list[str]] = {}
    for part in question.parts:
        if part.key not in parts:
            continue
        name = f"{question.key}.{part.key}"
        fields.update(fields_of(part, parts[part.key], name))
        if part.kind is PartKind.TABLE and not any(had == f"{name}.rows" for had, _ in pairs):
            applicability = sheet.applicability
            rows = rows_of(sheet.questionnaire, part, applicability.facts, applicability.answers)
            fields[f"{name}.rows"] = list(rows) or ["row1"]
    if sheet.answer(question.key).state is AnswerState.INCOMPLETE:
        fields[f"{question.key}.state"] = [AnswerState.NOT_KNOWN.value]
    kept = [(name, value) for name, value in pairs if name not in fields]
    return kept + [(name, value) for name, values in fields.items() for value in values]


def _complaints(html: str) -> list[str]:
    return [
        " ".join("".join(found.itertext()).split())
        for found in parse(html).iter()
        if "err" in (found.get("class") or "").split()
    ]
