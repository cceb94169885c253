"""The supplier's vault as its owner reads it: frozen rows of documents and where each is used."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from assessments.actions.action import ActionEvidence, CorrectiveAction
from assessments.assessment import AnswerEvidence, Assessment, Cycle
from assessments.evidence.documents import Document, DocumentVersion, EvidenceDates, ScanVerdict, VersionState
from assessments.parties import Site
from assessments.sheet.reading import questionnaire_of

MOST_CHOICES = 200
"""Documents offered to pick from at once; beyond, one searches."""


class Show(enum.StrEnum):
    """Which documents of a vault are listed."""

    ALL = "all"
    ENDED = "ended"
    UNUSED = "unused"
    HELD = "held"


@dataclass(frozen=True)
class Use:
    """One place where a document is used: an answer (``question``), or an action (``action``, its number).

    ``place`` is the site's name; None is the whole company. ``kept``: its round asks the question no more.
    """

    document_id: uuid.UUID
    assessment_id: uuid.UUID
    place: str | None
    cycle: str
    question: str | None = None
    action: int | None = None
    action_id: uuid.UUID | None = None
    kept: bool = False


@dataclass(frozen=True)
class VaultRow:
    """A document with its newest original; ``versions`` counts all, redacted copies included."""

    document_id: uuid.UUID
    title: str
    version_id: uuid.UUID
    number: int
    versions: int
    file_name: str
    media_type: str
    size: int
    state: VersionState
    scan_verdict: ScanVerdict
    dates: EvidenceDates
    uploaded_at: datetime
    uses: tuple[Use, ...] = ()

    def has_lapsed(self, day: date) -> bool:
        """Whether the newest original had ended before ``day``."""
        return self.dates.ends_on is not None and self.dates.ends_on < day

    @property
    def answers(self) -> tuple[Use, ...]:
        """The answers it is linked to."""
        return tuple(use for use in self.uses if use.question is not None)

    @property
    def actions(self) -> tuple[Use, ...]:
        """The corrective actions it was handed in for."""
        return tuple(use for use in self.uses if use.action is not None)


def list_vault(
    session: Session,
    organization_id: uuid.UUID,
    *,
    search: str = "",
    show: Show = Show.ALL,
    today: date,
    after: uuid.UUID | None = None,
    limit: int = 50,
) -> tuple[list[VaultRow], bool]:
    """Return one page of a vault, newest document first, and whether there is more; three statements.

    ``search`` is looked for in titles and in the file names of every version. ``after`` is the last
    document of the page before.
    """
    wanted = [Document.organization_id == organization_id]
    if after is not None:
        wanted.append(Document.id < after)
    if search.strip():
        wanted.append(_named(search.strip()))
    if show is Show.ENDED:
        wanted.append(DocumentVersion.ends_on < today)
    elif show is Show.HELD:
        wanted.append(DocumentVersion.state != VersionState.RELEASED)
    elif show is Show.UNUSED:
        wanted.append(~exists().where(AnswerEvidence.document_id == Document.id))
        wanted.append(~_used_in_actions())
    statement = _rows().where(*wanted).order_by(Document.id.desc()).limit(limit + 1)
    rows = [_row(*found) for found in session.execute(statement)]
    more, rows = len(rows) > limit, rows[:limit]
    used = uses_of(session, organization_id, [row.document_id for row in rows])
    return [replace(row, uses=used.get(row.document_id, ())) for row in rows], more


def uses_of(
    session: Session, organization_id: uuid.UUID, documents: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, tuple[Use, ...]]:
    """Return where each of ``documents`` is used, answers first; two statements, none for no documents."""
    if not documents:
        return {}
    answers = (
        select(
            AnswerEvidence.document_id, AnswerEvidence.assessment_id, Site.name, Cycle.label,
            AnswerEvidence.question, Cycle.version_id,
        )
        .join(Assessment, Assessment.id == AnswerEvidence.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .outerjoin(Site, Site.id == Assessment.site_id)
        .where(
            AnswerEvidence.document_id.in_(documents), AnswerEvidence.organization_id == organization_id
        )
        .order_by(Cycle.label.desc(), Site.name, AnswerEvidence.question)
    )  # fmt: skip
    actions = (
        select(
            DocumentVersion.document_id, CorrectiveAction.assessment_id, Site.name, Cycle.label,
            CorrectiveAction.number, CorrectiveAction.id,
        )
        .join(ActionEvidence, ActionEvidence.version_id == DocumentVersion.id)
        .join(CorrectiveAction, CorrectiveAction.id == ActionEvidence.action_id)
        .join(Assessment, Assessment.id == CorrectiveAction.assessment_id)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .outerjoin(Site, Site.id == Assessment.site_id)
        .where(
            DocumentVersion.document_id.in_(documents), ActionEvidence.organization_id == organization_id
        )
        .order_by(Cycle.label.desc(), CorrectiveAction.number)
    )  # fmt: skip
    found = [
        Use(*row[:5], kept=not questionnaire_of(session, row.version_id)[0].has_question(row.question))
        for row in session.execute(answers)
    ]
    found += [Use(*row[:4], action=row.number, action_id=row.id) for row in session.execute(actions).unique()]
    by_document: dict[uuid.UUID, tuple[Use, ...]] = {}
    for use in dict.fromkeys(found):
        by_document[use.document_id] = (*by_document.get(use.document_id, ()), use)
    return by_document


def choices(
    session: Session,
    organization_id: uuid.UUID,
    *,
    search: str = "",
    without: Collection[uuid.UUID] = (),
    limit: int = MOST_CHOICES,
) -> tuple[list[VaultRow], bool]:
    """Return documents to pick from, by title, without their uses, and whether there are more; one statement.

    ``search`` as in ``list_vault``; ``without``: ids of documents that are chosen already.
    """
    statement = _rows().where(Document.organization_id == organization_id, Document.id.not_in(without))
    if search.strip():
        statement = statement.where(_named(search.strip()))
    some = statement.order_by(Document.title, Document.id).limit(limit + 1)
    rows = [_row(*found) for found in session.execute(some)]
    return rows[:limit], len(rows) > limit


def _rows() -> Select[Any]:
    newer = aliased(DocumentVersion)
    newest = (
        select(func.max(newer.number))
        .where(newer.document_id == Document.id, newer.redacted_from.is_(None))
        .correlate(Document)
        .scalar_subquery()
    )
    every = aliased(DocumentVersion)
    count = select(func.count()).where(every.document_id == Document.id).correlate(Document).scalar_subquery()
    return select(Document, DocumentVersion, count).join(
        DocumentVersion, and_(DocumentVersion.document_id == Document.id, DocumentVersion.number == newest)
    )


def _row(document: Document, version: DocumentVersion, count: int) -> VaultRow:
    return VaultRow(
        document_id=document.id, title=document.title, version_id=version.id, number=version.number,
        versions=count, file_name=version.file_name, media_type=version.media_type, size=version.size,
        state=version.state, scan_verdict=version.scan_verdict, dates=version.dates,
        uploaded_at=version.uploaded_at,
    )  # fmt: skip


def _named(search: str) -> ColumnElement[bool]:
    named = aliased(DocumentVersion)
    file_named = exists().where(
        named.document_id == Document.id, named.file_name.icontains(search, autoescape=True)
    )
    return or_(Document.title.icontains(search, autoescape=True), file_named)


def _used_in_actions() -> ColumnElement[bool]:
    offered = aliased(DocumentVersion)
    return exists().where(offered.document_id == Document.id).where(ActionEvidence.version_id == offered.id)
