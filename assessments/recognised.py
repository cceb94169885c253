"""The certificates of an answer sheet, as they stand on a day; see ``questionnaire.asking.recognition``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from assessments.answers import AnswerState
from assessments.questionnaire.asking.applicability import open_parts
from assessments.questionnaire.asking.recognition import (
    NOTHING_HELD,
    Place,
    Proposal,
    Recognition,
    recognise,
)
from assessments.questionnaire.model import Question
from assessments.sheet import AnswerSheet

_KEPT = "recognised"


def recognised(sheet: AnswerSheet, today: date) -> Recognition:
    """What the company holds and what it says here, worked out once for a sheet; false where nothing is."""
    papers = sheet.questionnaire.papers
    if papers is None or papers.question not in sheet.stored:
        return NOTHING_HELD
    kept: tuple[date, Recognition] | None = sheet.__dict__.get(_KEPT)
    if kept is None or kept[0] != today:
        kept = sheet.__dict__[_KEPT] = (today, _recognised(sheet, papers.question, today))
    return kept[1]


def proposed(sheet: AnswerSheet, question: Question, today: date) -> Proposal | None:
    """What certificates offer for a question to which nothing was said yet; only what is open with it.

    None where they offer nothing, or where the answer may not be changed.
    """
    found = recognised(sheet, today)
    if not found or not sheet.writable(question.key):
        return None
    stored = sheet.answer(question.key)
    if stored.revision or stored.state is not AnswerState.EMPTY:
        return None
    proposal = found.proposal(question)
    if proposal is None:
        return None
    decided = sheet.applicability
    opened = {part.key for part in open_parts(question, proposal.parts, decided.facts, decided.answers)}
    parts = {key: value for key, value in proposal.parts.items() if key in opened}
    return Proposal(parts, proposal.origins) if parts else None


def awaiting(sheet: AnswerSheet, today: date) -> tuple[str, ...]:
    """Keys of the questions that are asked and to which certificates offer what nobody confirmed yet."""
    if not recognised(sheet, today):
        return ()
    asked = (sheet.questionnaire.question(key) for key in sheet.applicability.asked)
    return tuple(question.key for question in asked if proposed(sheet, question, today) is not None)


def _recognised(sheet: AnswerSheet, key: str, today: date) -> Recognition:
    question, parts = sheet.questionnaire.question(key), sheet.stored[key].parts
    decided = sheet.applicability
    opened = {part.key for part in open_parts(question, parts, decided.facts, decided.answers)}
    return recognise(
        sheet.questionnaire,
        {key: value for key, value in parts.items() if key in opened},
        sites=[Place(str(site["id"]), site["name"] or "", site["address"] or "") for site in sheet.sites],
        site=str(sheet.site_id) if sheet.site_id else None,
        materials={
            None: _handled(sheet.sites),
            **{str(site["id"]): _handled([site]) for site in sheet.sites},
        },
        today=today,
    )


def _handled(sites: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(entry["material"] for site in sites for entry in site.get("materials") or ())
