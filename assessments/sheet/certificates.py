"""The certificates of an answer sheet, as they stand on a day; see ``questionnaire.asking.certificates``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from assessments.questionnaire.asking.applicability import open_parts
from assessments.questionnaire.asking.certificates import (
    NOTHING_HELD,
    Place,
    Proposal,
    Recognition,
    recognise,
)
from assessments.questionnaire.model import Level, Question, Questionnaire
from assessments.sheet.contents import AnswerSheet
from assessments.values.answers import AnswerState

_KEPT = "recognised"


def recognised(sheet: AnswerSheet, today: date) -> Recognition:
    """What the company holds and what it says here, worked out once for a sheet; false where nothing is."""
    table = sheet.questionnaire.certificate_table
    if table is None or table.question not in sheet.stored:
        return NOTHING_HELD
    kept: tuple[date, Recognition] | None = sheet.__dict__.get(_KEPT)
    if kept is None or kept[0] != today:
        kept = sheet.__dict__[_KEPT] = (today, _recognised(sheet, table.question, today))
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
    return replace(proposal, parts=parts) if parts else None


def awaiting(sheet: AnswerSheet, today: date) -> tuple[str, ...]:
    """Keys of the questions that are asked and to which certificates offer what nobody confirmed yet."""
    if not recognised(sheet, today):
        return ()
    asked = (sheet.questionnaire.question(key) for key in sheet.applicability.asked)
    return tuple(question.key for question in asked if proposed(sheet, question, today) is not None)


@dataclass(frozen=True)
class StatedCertificate:
    """A certificate that covered a question on the day of handing in, as the supplier stated it.

    ``clause``: where its scheme looks at it; ``stated_in``: the question in which it was stated,
    ``checked_at``: when somebody checked that answer last.
    """

    scheme: str
    number: str
    scope: str
    issuer: str
    until: date
    clause: str
    stated_in: str
    checked_at: datetime | None


def frozen_certificates(sheet: AnswerSheet, today: date) -> dict[str, Any]:
    """What a snapshot keeps of the certificates that count, under ``certificates``; {} where none does."""
    held = recognised(sheet, today)
    found = []
    for level in Level:
        for certificate in held.at(level):
            touched = {
                key: clause
                for key, clause in certificate.kind.touches.items()
                if sheet.applicability.asks(key) and sheet.questionnaire.question(key).level is level
            }
            if certificate.counts and touched and certificate.until is not None:
                stated = {
                    "number": certificate.number,
                    "scope": certificate.scope,
                    "issuer": certificate.issuer,
                }
                found.append(
                    {"scheme": certificate.kind.key, **stated, "until": certificate.until.isoformat()}
                    | {"questions": touched}
                )
    return {"certificates": found} if found else {}


def stated_certificates(
    content: Mapping[str, Any], questionnaire: Questionnaire, checked: Mapping[str, datetime]
) -> dict[str, tuple[StatedCertificate, ...]]:
    """The certificates of a snapshot's content by question, their schemes in the questionnaire's language.

    ``checked``: question to when its answer was checked last.
    """
    table = questionnaire.certificate_table
    if table is None or "certificates" not in content:
        return {}
    schemes = questionnaire.question(table.question).part(table.part).column(table.scheme).options
    found: dict[str, tuple[StatedCertificate, ...]] = {}
    for one in content["certificates"]:
        for key, clause in one["questions"].items():
            stated = StatedCertificate(
                scheme=schemes.get(one["scheme"], one["scheme"]),
                number=one["number"],
                scope=one["scope"],
                issuer=one["issuer"],
                until=date.fromisoformat(one["until"]),
                clause=clause,
                stated_in=table.question,
                checked_at=checked.get(table.question),
            )
            found[key] = (*found.get(key, ()), stated)
    return found


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
