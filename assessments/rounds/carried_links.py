"""Evidence linked under keys of an older version: what goes on with its answer, and what is offered.

Links never vanish: those of a key that is gone stay under it, and stand beside the answers kept in history
(kept.py). A link moves where its answer does, from the site to the company or back. Where a question came of
others (split, merged, asked instead) and is asked anew, their documents are offered at it: the mark of its
answer names them (``offers``: old key and document), and whoever answers links those that still fit.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import AnswerEvidence, Assessment
from assessments.evidence.documents import Document
from assessments.questionnaire.model import Level
from assessments.questionnaire.versions.carrying import Carry
from assessments.questionnaire.versions.diff import Diff, QuestionChange
from assessments.sheet.contents import AnswerSheet

Offer = tuple[str, uuid.UUID]
"""The key that a document was linked to, and the document."""


@dataclass(frozen=True)
class LinksAfter:
    """What becomes of links. ``offered``: by new key; ``moving``: keys whose answers change their home, each
    with its documents."""

    offered: Mapping[str, tuple[Offer, ...]] = field(default_factory=dict)
    moving: Mapping[str, tuple[uuid.UUID, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class OfferedDocument:
    """A document that was linked to the question this one came of, and is not linked here yet."""

    question: str
    document_id: uuid.UUID
    title: str


def sources_of(found: Diff, change: QuestionChange) -> tuple[str, ...]:
    """Keys of the older version whose evidence may show an answer to this question of the newer one."""
    named = [key for key in change.sources if key != change.key]
    if change.before is None:
        named += [one.key for one in found.questions if one.after is None and change.key in one.instead]
    return tuple(dict.fromkeys(named))


def links_after(
    found: Diff, sheet: AnswerSheet, sheets: Sequence[AnswerSheet], carries: Mapping[str, Carry]
) -> LinksAfter:
    """What becomes of the links of one sheet; ``sheets`` are all of its round, for company answers."""
    offered: dict[str, tuple[Offer, ...]] = {}
    moving: dict[str, tuple[uuid.UUID, ...]] = {}
    for change in found.questions:
        before, after = change.before, change.after
        if after is None or (sheet.site_id is None and after.level is Level.SITE):
            continue
        named = list(sources_of(found, change))
        if before is not None and before.level is not after.level:
            own = tuple(
                dict.fromkeys(
                    document for _key, document in _linked(sheet, sheets, [change.key], after.level)
                )
            )
            carry = carries.get(change.key)
            if own and (carry is None or carry.own is not None or not carry.beside):
                moving[change.key] = own
            elif own:
                named.append(change.key)
        offers = tuple(dict.fromkeys(_linked(sheet, sheets, named, after.level)))
        if offers:
            offered[change.key] = offers
    return LinksAfter(offered, moving)


def _linked(
    sheet: AnswerSheet, sheets: Sequence[AnswerSheet], keys: Iterable[str], home: Level
) -> Iterable[Offer]:
    """The links under old keys that reach an answer at this home: of all sites where it is the company's."""
    for key in keys:
        from_sites = home is Level.COMPANY and sheet.questionnaire.question(key).level is Level.SITE
        for one in sheets if from_sites else [sheet]:
            for linked in one.evidence.get(key, ()):
                yield key, linked.document_id


# ------------------------------------------------------------------ moving a round, and back


def move_links(
    session: Session, found: Diff, whole: Sequence[Assessment], links: Mapping[uuid.UUID, LinksAfter]
) -> dict[uuid.UUID, dict[str, Any]]:
    """Bring the links of questions that are answered elsewhere now to where that is, in a round held.

    ``links``: by assessment. Returns by assessment the keys it answers now and the links it dropped, for its
    event and the way back.
    """
    changed = [
        (one.key, one.before.level, one.after.level)
        for one in found.questions
        if one.before is not None and one.after is not None and one.before.level is not one.after.level
    ]
    if not changed:
        return {}
    told: dict[uuid.UUID, dict[str, Any]] = {one.id: {} for one in whole}
    for one in whole:
        here = Level.COMPANY if one.site_id is None else Level.SITE
        keys = [key for key, _was, now in changed if now is here]
        there = [other.id for other in whole if (other.site_id is None) != (one.site_id is None)]
        _add(session, one.id, there, [key for key in keys if key in links[one.id].moving])
        if keys:
            told[one.id]["links_homed"] = keys
    for one in whole:
        here = Level.COMPANY if one.site_id is None else Level.SITE
        if dropped := _dropped(session, one.id, [key for key, was, _now in changed if was is here]):
            told[one.id]["links_dropped"] = dropped
    return told


def _add(session: Session, home: uuid.UUID, there: Sequence[uuid.UUID], keys: Sequence[str]) -> None:
    if not keys:
        return
    rows = session.scalars(
        select(AnswerEvidence)
        .where(AnswerEvidence.assessment_id.in_([home, *there]), AnswerEvidence.question.in_(keys))
        .order_by(AnswerEvidence.linked_at)
    ).all()
    standing = {(row.question, row.document_id) for row in rows if row.assessment_id == home}
    for row in rows:
        if (row.question, row.document_id) not in standing:
            standing.add((row.question, row.document_id))
            session.add(
                AnswerEvidence(
                    assessment_id=home, question=row.question, document_id=row.document_id,
                    organization_id=row.organization_id, linked_at=row.linked_at, linked_by=row.linked_by,
                )
            )  # fmt: skip
    session.flush()


def _dropped(session: Session, assessment_id: uuid.UUID, keys: Sequence[str]) -> list[dict[str, Any]]:
    if not keys:
        return []
    rows = session.scalars(
        select(AnswerEvidence)
        .where(AnswerEvidence.assessment_id == assessment_id, AnswerEvidence.question.in_(keys))
        .order_by(AnswerEvidence.linked_at, AnswerEvidence.document_id)
    ).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return [
        {
            "question": row.question, "document": str(row.document_id), "at": row.linked_at.isoformat(),
            "by": str(row.linked_by) if row.linked_by else None,
        }
        for row in rows
    ]  # fmt: skip


def take_links_back(
    session: Session, assessment_id: uuid.UUID, organization_id: uuid.UUID, moved: Mapping[str, Any]
) -> None:
    """Undo what a move did to the links of one assessment; ``moved`` is its event's data.

    What was linked since to a question that is answered elsewhere again goes with it; the document stays.
    """
    _dropped(session, assessment_id, moved.get("links_homed", ()))
    for one in moved.get("links_dropped", ()):
        document_id = uuid.UUID(one["document"])
        if session.get(AnswerEvidence, (assessment_id, one["question"], document_id)) is None:
            session.add(
                AnswerEvidence(
                    assessment_id=assessment_id, question=one["question"], document_id=document_id,
                    organization_id=organization_id, linked_at=datetime.fromisoformat(one["at"]),
                    linked_by=uuid.UUID(one["by"]) if one["by"] else None,
                )
            )  # fmt: skip
    session.flush()


# ------------------------------------------------------------------ what is offered now


def offered_documents(
    session: Session, sheet: AnswerSheet, keys: Iterable[str]
) -> Mapping[str, tuple[OfferedDocument, ...]]:
    """By question, the documents offered there and not linked yet; one statement, or none."""
    wanted: dict[str, list[Offer]] = {}
    for key in keys:
        answer = sheet.stored.get(key)
        mark = answer.carried if answer is not None else None
        here = {linked.document_id for linked in sheet.evidence.get(key, ())}
        offers = [(old, uuid.UUID(document)) for old, document in (mark or {}).get("offers", ())]
        left = [offer for offer in offers if offer[1] not in here]
        if left:
            wanted[key] = left
    if not wanted:
        return {}
    ids = {document for offers in wanted.values() for _old, document in offers}
    titles = {
        row.id: row.title
        for row in session.execute(
            select(Document.id, Document.title).where(
                Document.id.in_(ids), Document.organization_id == sheet.organization_id
            )
        )
    }
    found: dict[str, tuple[OfferedDocument, ...]] = {}
    for key, offers in wanted.items():
        once = {document: OfferedDocument(old, document, titles[document])
                for old, document in offers if document in titles}  # fmt: skip
        if once:
            found[key] = tuple(once.values())
    return found
