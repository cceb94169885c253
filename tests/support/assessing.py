"""A published questionnaire and an open assessment, for tests that start where people answer."""

from __future__ import annotations

import functools
import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import Assessment, QuestionnaireVersion
from assessments.base import new_id
from assessments.parties import Actor, Site
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.versions.published import canonical_bytes
from assessments.rounds.opening import open_assessment
from tests.support.cast import LONG_AGO


@functools.cache
def standard() -> Questionnaire:
    """The standard pack, read once for all tests of a process."""
    return load_pack("standard")


@functools.cache
def standard_content() -> str:
    """The standard pack as it is stored, written once for all tests of a process."""
    return canonical_bytes(standard()).decode()


def published_standard(session: Session) -> QuestionnaireVersion:
    """The standard questionnaire as a published version. The caller commits."""
    pack = standard()
    present = session.scalars(
        select(QuestionnaireVersion).where(
            QuestionnaireVersion.slug == pack.slug, QuestionnaireVersion.version == pack.version
        )
    ).first()
    if present is not None:
        return present
    row = QuestionnaireVersion(
        id=new_id(), slug=pack.slug, version=pack.version, title=pack.title,
        content=standard_content(), sha256=pack.digest, published_at=LONG_AGO,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def opened(
    session: Session, site_id: uuid.UUID, *, by: Actor, at: datetime, label: str = "2026"
) -> Assessment:
    """An assessment of that site on the standard questionnaire, committed."""
    site = session.get_one(Site, site_id)
    found = open_assessment(session, site, published_standard(session), label=label, by=by, at=at)
    session.commit()
    return found
