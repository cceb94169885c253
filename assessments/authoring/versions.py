"""Publishing a questionnaire: the version is stored whole, once, and never changes after."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assessments.assessment import QuestionnaireVersion
from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.base import new_id
from assessments.outbox import JobKind, later
from assessments.parties import Actor
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.versions.changes import version_order
from assessments.questionnaire.versions.diff import diff
from assessments.questionnaire.versions.published import canonical_bytes
from assessments.questionnaire.versions.stored import read_once
from assessments.sentences import N_
from assessments.workflow import Refused


def publish_version(
    session: Session, questionnaire: Questionnaire, *, by: Actor, at: datetime
) -> QuestionnaireVersion:
    """Store a checked questionnaire under its slug and version; the same again changes nothing.

    Raises Refused when that version stands with another digest: it is published under a new number then; and
    when what differs from the version before is not told, or told as something else than what is seen:
    ``places`` are then the paths in the pack; or when a key comes back that an earlier version used.
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
    before = highest_version(session, questionnaire.slug)
    if before is not None:
        known = questionnaire_in(before)
        _check_told(known, questionnaire)
        _check_keys(session, known, questionnaire)
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
    if before is not None:  # whoever answers an older one is told, by a letter of its own
        payload = {"version_id": str(row.id)}
        later(session, JobKind.ANNOUNCE_VERSION, payload, at=at, key=f"version/{row.id}")
    return row


def _check_told(before: Questionnaire, after: Questionnaire) -> None:
    problems = diff(before, after).problems
    if problems:
        raise Refused(
            N_(
                "What changed since version %(version)s is not told as it is: %(first)s (%(count)s in all).",
                version=before.version,
                first=f"{problems[0].file}: {problems[0].path}: {problems[0].message}",
                count=len(problems),
            ),
            N_("In the pack: %(remedy)s.", remedy=problems[0].remedy),
            places=tuple(f"{problem.file}: {problem.path}" for problem in problems),
        )


def _check_keys(session: Session, before: Questionnaire, after: Questionnaire) -> None:
    """A key names one question for ever, so one that was removed never comes back for another."""
    there = {question.key for question in before.questions}
    new = [question.key for question in after.questions if question.key not in there]
    if not new:
        return
    older = select(QuestionnaireVersion).where(
        QuestionnaireVersion.slug == after.slug, QuestionnaireVersion.version != before.version
    )
    for row in session.scalars(older):
        used = {question.key for question in questionnaire_in(row).questions}
        for key in new:
            if key in used:
                raise Refused(
                    N_("%(key)s was a question of version %(version)s.", key=key, version=row.version),
                    "A key names one question for ever: give the new one another.",
                    places=(key,),
                )


def questionnaire_in(row: QuestionnaireVersion) -> Questionnaire:
    """The questionnaire that is stored in a published version."""
    return read_once(row.sha256, lambda: row.content)


def newer_number(session: Session, own: Questionnaire | QuestionnaireVersion) -> str | None:
    """Return the highest number published of the same name, if it is higher; no content is read."""
    numbers = session.scalars(
        select(QuestionnaireVersion.version).where(QuestionnaireVersion.slug == own.slug)
    ).all()
    highest = max(numbers, key=version_order, default="")
    return highest if version_order(highest) > version_order(own.version) else None


def highest_version(session: Session, slug: str = "standard") -> QuestionnaireVersion | None:
    """Return the published version with the highest number, if there is one."""
    numbers = session.execute(
        select(QuestionnaireVersion.id, QuestionnaireVersion.version).where(QuestionnaireVersion.slug == slug)
    ).all()
    if not numbers:
        return None
    highest = max(numbers, key=lambda one: version_order(one.version))
    return session.get_one(QuestionnaireVersion, highest.id)


def version_of(session: Session, slug: str, version: str) -> QuestionnaireVersion | None:
    """Return a published version, if it is there."""
    return session.scalars(
        select(QuestionnaireVersion).where(
            QuestionnaireVersion.slug == slug, QuestionnaireVersion.version == version
        )
    ).first()


def newest_first(slug: str = "standard") -> Select[uuid.UUID, str, datetime]:
    """Select id, number and instant of every published version, the one published last first; no content."""
    row = QuestionnaireVersion
    return (
        select(row.id, row.version, row.published_at)
        .where(row.slug == slug)
        .order_by(row.published_at.desc(), row.id.desc())
    )


def newest_id(session: Session, slug: str = "standard") -> uuid.UUID | None:
    """Return the id of the version published last; its content is not read."""
    return session.scalars(newest_first(slug).limit(1)).first()


def newest_version(session: Session, slug: str = "standard") -> QuestionnaireVersion | None:
    """Return the version published last, which new cycles use."""
    newest = newest_first(slug).with_only_columns(QuestionnaireVersion).limit(1)
    return session.scalars(newest).first()
