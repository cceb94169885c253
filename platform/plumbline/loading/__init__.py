"""Loaders for the door: from the values of a URL to the thing it names, or NotFound.

Every loader is called as ``load(visitor, action, **url values)`` (guard.door). What the visitor cannot see
does not exist here; whether it may be touched is for policy, which the door asks next.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.assessment import Assessment
from assessments.parties import Site
from assessments.policy import Action, visible_to
from assessments.questionnaire.model import Question, Section, Topic, UnknownQuestion
from assessments.sheet import AnswerSheet
from assessments.sheet_reading import NoSuchAssessment, read_sheet
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
    try:
        sheet = read_sheet(db.session(), assessment_id)
    except NoSuchAssessment:
        raise NotFound from None
    if sheet.organization_id != visitor.organization_id:
        raise NotFound
    return sheet_as_read(sheet)


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


def load_question(
    visitor: Visitor, action: Action, assessment_id: uuid.UUID, question: str
) -> OnSheet[Question]:
    """A question of the visitor's own assessment."""
    sheet = load_own_sheet(visitor, action, assessment_id)
    return OnSheet(sheet, place_in(sheet.questionnaire.question, question))
