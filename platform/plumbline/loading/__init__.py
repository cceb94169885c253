"""Loaders for the door: from the values of a URL to the thing it names, or NotFound.

Every loader is called as ``load(visitor, action, **url values)`` (guard.door). What the visitor cannot see
does not exist here; whether it may be touched is for policy, which the door asks next.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.assessment import Assessment
from assessments.parties import Actor, Site
from assessments.policy import Action, visible_to
from assessments.questionnaire.model import Question, Section, Topic, UnknownQuestion
from assessments.sheet.answering import Offered, Saved, save_known
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.memory import Remembered
from assessments.sheet.reading import NoSuchAssessment, believed, read_to_save
from plumbline.extensions import db
from plumbline.identity.visitor import Visitor
from plumbline.reading_language import sheet_as_read

Entity = TypeVar("Entity")
Found = TypeVar("Found")
Place = TypeVar("Place", Section, Topic, Question)


def find(visitor: Visitor, entity: type[Entity], key: uuid.UUID) -> Entity:
    """Return the row of ``entity`` with that id if policy shows it to the visitor; raise NotFound else."""
    mapped: Any = entity
    found = db.session.scalars(select(entity).where(mapped.id == key, visible_to(visitor.actor, entity)))
    thing = found.first()
    if thing is None:
        raise NotFound
    return thing


def existing(entity: type[Entity], key: uuid.UUID) -> Entity:
    """Return the row of ``entity`` with that id, whosever it is; raise NotFound else. Who may see it is for
    the caller to ask."""
    thing = db.session.get(entity, key)
    if thing is None:
        raise NotFound
    return thing


def place_in(look_up: Callable[[str], Found], key: str) -> Found:
    """Return what a questionnaire has under that key; raise NotFound when the version has none."""
    try:
        return look_up(key)
    except UnknownQuestion:
        raise NotFound from None


def load_site(visitor: Visitor, _action: Action, site_id: uuid.UUID) -> Site:
    """A site that the visitor can see."""
    return find(visitor, Site, site_id)


def load_assessment(visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> Assessment:
    """An assessment that the visitor can see."""
    return find(visitor, Assessment, assessment_id)


def load_own_sheet(visitor: Visitor, _action: Action, assessment_id: uuid.UUID) -> AnswerSheet:
    """The sheet of an assessment of the visitor's own organization, in one statement."""
    return sheet_as_read(_own(visitor, assessment_id).sheet)


def _own(visitor: Visitor, assessment_id: uuid.UUID) -> Remembered:
    try:
        found = read_to_save(db.session(), assessment_id)
    except NoSuchAssessment:
        raise NotFound from None
    if found.sheet.organization_id != visitor.organization_id:
        raise NotFound
    return found


@dataclass(frozen=True)
class OnSheet(Generic[Place]):
    """A section, topic or question, on the sheet of one assessment."""

    sheet: AnswerSheet
    place: Place

    @property
    def organization_id(self) -> uuid.UUID:
        """Whose it is, for policy."""
        return self.sheet.organization_id


def load_section(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, section: str
) -> OnSheet[Section]:
    """A section of the visitor's own assessment."""
    sheet = load_own_sheet(visitor, action, assessment_id)
    return OnSheet(sheet, place_in(sheet.questionnaire.section, section))


def load_topic(visitor: Visitor, action: Action, assessment_id: uuid.UUID, topic: str) -> OnSheet[Topic]:
    """A topic of the visitor's own assessment."""
    sheet = load_own_sheet(visitor, action, assessment_id)
    return OnSheet(sheet, place_in(sheet.questionnaire.topic, topic))


@dataclass(frozen=True)
class ToSave(OnSheet[Question]):
    """A question on a sheet to save on; ``unread``: the writing statement itself proves that it stands."""

    known: Remembered
    unread: bool

    def save(self, offered: Offered, *, by: Actor, at: datetime) -> Saved:
        """Save its answer, in the visitor's language; raises as ``save_answer``."""

        def as_read(sheet: AnswerSheet) -> AnswerSheet:
            return self.sheet if sheet is self.known.sheet else sheet_as_read(sheet)

        return save_known(
            db.session(), self.known, self.place.key, offered, by=by, at=at, unread=self.unread,
            as_read=as_read,
        )  # fmt: skip


def load_to_save(visitor: Visitor, assessment_id: uuid.UUID, question: str, *, seen: bool) -> ToSave:
    """A question of the visitor's own assessment, on the sheet that this process remembers where it may be.

    ``seen``: the visitor says which version of the answer the save builds on; else it is looked up. Raises
    UnknownQuestion where the questionnaire has none of that key.
    """
    session = db.session()
    known = believed(session, assessment_id) if seen else None
    unread = known is not None and known.sheet.organization_id == visitor.organization_id
    if known is None or not unread or not _stands_alone(known.sheet, question):
        known, unread = _own(visitor, assessment_id), False
    sheet = sheet_as_read(known.sheet)
    return ToSave(sheet, sheet.questionnaire.question(question), known, unread)


def _stands_alone(sheet: AnswerSheet, question: str) -> bool:
    """Whether the version has the question, and none of its answer lives in the profile: what was seen of
    that is compared with what stands."""
    asked = sheet.questionnaire
    return asked.has_question(question) and question not in asked.bound_parts


def load_question(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str
) -> OnSheet[Question]:
    """A question of the visitor's own assessment."""
    sheet = load_own_sheet(visitor, action, assessment_id)
    return OnSheet(sheet, place_in(sheet.questionnaire.question, question))
