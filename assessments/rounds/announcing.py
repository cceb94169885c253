"""A newer version is out: which suppliers are told, once each, and what it would change for them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, AssessmentState, Cycle, QuestionnaireVersion
from assessments.outbox import JobKind, LetterKind, OutboxJob, later
from assessments.questionnaire.versions.changes import version_order
from assessments.questionnaire.versions.diff import Fate
from assessments.rounds.moving import handed_in, moved_sheet
from assessments.sheet.reading import questionnaire_of, read_sheet

_TO_CONFIRM = frozenset({Fate.CONFIRM, Fate.MAPPED})
_REWORDED = frozenset({Fate.CONFIRM, Fate.MAPPED, Fate.ASKED})


@dataclass(frozen=True)
class Figures:
    """What moving would mean for a supplier, over all its open assessments; each question counts once.

    ``same``, ``reworded`` and ``removed`` are asked now, ``new`` only then; ``to_confirm`` are answers.
    """

    same: int
    reworded: int
    new: int
    removed: int
    to_confirm: int


def announce(
    session: Session, version_id: uuid.UUID, *, at: datetime, most: int, after: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Ask for one letter to each supplier with an open assessment on an older version, ``most`` at a time.

    Returns the organization to go on after; None when all were told. Asked again it asks for nothing twice: a
    letter's key names version and supplier.
    """
    stays = _open(_older(session, version_id))
    wanted = stays.with_only_columns(Assessment.organization_id).distinct().limit(most)
    if after is not None:
        wanted = wanted.where(Assessment.organization_id > after)
    organizations = list(session.scalars(wanted.order_by(None).order_by(Assessment.organization_id)).all())
    named: dict[uuid.UUID, uuid.UUID] = {}
    each = stays.with_only_columns(Assessment.organization_id, Assessment.id)
    for organization_id, own in session.execute(each.where(Assessment.organization_id.in_(organizations))):
        named.setdefault(organization_id, own)
    keys = {key: f"letter/version/{version_id}/{key}" for key in organizations}
    there = set(session.scalars(select(OutboxJob.key).where(OutboxJob.key.in_(keys.values()))).all())
    for organization_id, key in keys.items():
        if key not in there:
            payload = {
                "letter": LetterKind.VERSION_PUBLISHED.value, "version_id": str(version_id),
                "assessment_id": str(named[organization_id]),
            }  # fmt: skip
            later(session, JobKind.SEND_LETTER, payload, at=at, key=key)
    return organizations[-1] if len(organizations) == most else None


def figures_for(session: Session, organization_id: uuid.UUID, version_id: uuid.UUID) -> Figures:
    """What the version would change for this supplier, as its open assessments stand now."""
    after = questionnaire_of(session, version_id)[0]
    asked: set[str] = set()
    then: set[str] = set()
    other: set[str] = set()
    waits: set[tuple[uuid.UUID, str]] = set()
    rounds: dict[uuid.UUID, list[Assessment]] = {}
    stays = _open(_older(session, version_id)).where(Assessment.organization_id == organization_id)
    for one in session.scalars(stays).all():
        rounds.setdefault(one.cycle_id, []).append(one)
    for cycle_id, own in rounds.items():
        whole = select(Assessment.id).where(Assessment.cycle_id == cycle_id)
        sheets = {key: read_sheet(session, key) for key in session.scalars(whole).all()}
        for one in own:
            seen = moved_sheet(sheets[one.id], list(sheets.values()), after)
            asked.update(seen.before.applicability.asked)
            then.update(seen.after.applicability.asked)
            other.update(
                change.key
                for change in seen.found.questions
                if change.fate in _REWORDED and not change.guidance_only
            )
            waits.update(
                (seen.after.stored[carry.question].assessment_id, carry.question)
                for carry in seen.carries.values()
                if carry.fate in _TO_CONFIRM and carry.own is not None and carry.question in seen.after.stored
            )
    stay = asked & then
    return Figures(len(stay - other), len(stay & other), len(then - asked), len(asked - then), len(waits))


@dataclass(frozen=True)
class Concerned:
    """A round that a newer version concerns: its name, its own version, how many of its sites it asks.

    ``assessment_id``: the one of it that was opened last, by which its pages are reached.
    """

    label: str
    before: str
    sites: int
    assessment_id: uuid.UUID


def concerned(session: Session, organization_id: uuid.UUID, version_id: uuid.UUID) -> tuple[Concerned, ...]:
    """The rounds of a supplier that could move to this version now, the one opened last first."""
    stays = _open(_older(session, version_id)).where(Assessment.organization_id == organization_id)
    rounds: dict[uuid.UUID, list[Assessment]] = {}
    for one in session.scalars(stays).all():
        rounds.setdefault(one.cycle_id, []).append(one)
    return tuple(
        Concerned(own[0].cycle.label, own[0].cycle.version.version, len(own), own[0].id)
        for own in rounds.values()
    )


def _older(session: Session, version_id: uuid.UUID) -> list[uuid.UUID]:
    """Ids of the versions before this one, of the same questionnaire."""
    rows = session.execute(
        select(QuestionnaireVersion.id, QuestionnaireVersion.slug, QuestionnaireVersion.version)
    ).all()
    new = next(row for row in rows if row.id == version_id)
    return [
        row.id
        for row in rows
        if row.slug == new.slug and version_order(row.version) < version_order(new.version)
    ]


def _open(older: list[uuid.UUID]) -> Select[Assessment]:
    """Select the assessments of sites that could leave an older version, the one opened last first."""
    return (
        select(Assessment)
        .join(Cycle, Cycle.id == Assessment.cycle_id)
        .where(
            Assessment.state == AssessmentState.DRAFT,
            Assessment.site_id.is_not(None),
            ~handed_in(Cycle.id),
            Cycle.version_id.in_(older),
        )
        .order_by(Assessment.opened_at.desc(), Assessment.id)
    )
