"""Publishing a questionnaire: the version is stored whole, once, and never changes after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments import events
from assessments.assessment import QuestionnaireVersion
from assessments.base import new_id
from assessments.events import EventKind
from assessments.parties import Actor
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.published import canonical_bytes
from assessments.sentences import N_
from assessments.workflow import Refused


def publish_version(
    session: Session, questionnaire: Questionnaire, *, by: Actor, at: datetime
) -> QuestionnaireVersion:
    """Store a checked questionnaire under its slug and version; the same again changes nothing.

    Raises Refused when that version stands with another digest: it is published under a new number then.
    """
    present = version_of(session, questionnaire.slug, questionnaire.version)
    if present is not None:
        if present.sha256 != questionnaire.digest:
            raise Refused(
                N_(
                    "%(slug)s %(version)s is published with other content "
                    "(SHA-256 %(there)s…, this is %(here)s…).",
                    slug=questionnaire.slug,
                    version=questionnaire.version,
                    there=present.sha256[:12],
                    here=questionnaire.digest[:12],
                ),
                "A published version never changes: give the pack a new version number.",
                places=("version",),
            )
        return present
    row = QuestionnaireVersion(
        id=new_id(),
        slug=questionnaire.slug,
        version=questionnaire.version,
        title=questionnaire.title,
        content=canonical_bytes(questionnaire).decode(),
        sha256=questionnaire.digest,
        published_at=at,
    )
    session.add(row)
    session.flush()
    events.record(
        session,
        EventKind.QUESTIONNAIRE_PUBLISHED,
        by=by,
        at=at,
        subject_type="questionnaire_version",
        subject_id=row.id,
        organization_id=None,
        data={"slug": row.slug, "version": row.version, "sha256": row.sha256},
    )
    return row


def version_of(session: Session, slug: str, version: str) -> QuestionnaireVersion | None:
    """Return a published version, if it is there."""
    return session.scalars(
        select(QuestionnaireVersion).where(
            QuestionnaireVersion.slug == slug, QuestionnaireVersion.version == version
        )
    ).first()


def newest_version(session: Session, slug: str = "standard") -> QuestionnaireVersion | None:
    """Return the version published last, which new cycles use."""
    return session.scalars(
        select(QuestionnaireVersion)
        .where(QuestionnaireVersion.slug == slug)
        .order_by(QuestionnaireVersion.published_at.desc(), QuestionnaireVersion.id.desc())
        .limit(1)
    ).first()
