"""Disclosures that follow a site's later results: who receives the next one, told before and at publication.

The supplier is told when the fact check ends, and publication waits the days of the terms from then. A letter
names nobody and nothing (DESIGN.md 4.4); who it is stands on the supplier's own page, behind sign-in.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from assessments.assessment import Assessment
from assessments.outbox import LetterKind, letter
from assessments.sentences import N_
from assessments.sharing.disclosure import Disclosure
from assessments.terms import terms_at
from assessments.workflow import WrongState


def followers_of(session: Session, site_id: uuid.UUID, *, at: datetime) -> Sequence[Disclosure]:
    """Return the disclosures through which the site's next result is read, by buyer; one statement.

    Those that begin later count: they would give it then.
    """
    return session.scalars(
        select(Disclosure)
        .where(
            Disclosure.site_id == site_id,
            Disclosure.follow_later,
            Disclosure.revoked_at.is_(None),
            Disclosure.ends_at > at,
        )
        .options(joinedload(Disclosure.buyer))
        .order_by(Disclosure.buyer_id, Disclosure.granted_at)
    ).all()


def publishable_from(session: Session, assessment: Assessment, *, at: datetime) -> datetime | None:
    """Return the earliest instant of publication by a reviewer, None where nothing has to be waited for.

    While somebody follows, it is the end of the fact check and the days of notice that the terms gave then.
    """
    ended = assessment.fact_check_ended_at
    if ended is None or assessment.site_id is None or not followers_of(session, assessment.site_id, at=at):
        return None
    return ended + timedelta(days=terms_at(session, ended).later_results_notice_days)


def check_notice(session: Session, assessment: Assessment, *, at: datetime) -> None:
    """Raise WrongState while the supplier's notice of who receives this result runs."""
    earliest = publishable_from(session, assessment, at=at)
    if earliest is not None and at < earliest:
        raise WrongState(
            "The supplier's notice of who receives this result still runs.",
            N_(
                "It can be published from %(day)s, %(time)s UTC on.",
                day=earliest.date(),
                time=f"{earliest:%H:%M}",
            ),
        )


def tell_followers(session: Session, assessment: Assessment, *, at: datetime) -> None:
    """Ask for one letter to each buyer whose running disclosure gives the result that was published now."""
    if assessment.site_id is None:
        return
    told: set[uuid.UUID] = set()
    for disclosure in followers_of(session, assessment.site_id, at=at):
        if disclosure.starts_at <= at and disclosure.buyer_id not in told:
            told.add(disclosure.buyer_id)
            letter(session, LetterKind.RESULT_AVAILABLE, {"disclosure_id": disclosure.id}, at=at)
