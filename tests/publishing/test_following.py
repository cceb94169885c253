"""Who follows a site: the supplier is told before, publication waits, followers are told after."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from assessments.outbox import JobKind, OutboxJob
from assessments.publishing.publication import publish, publish_self_declared
from assessments.result import Layer
from assessments.sharing.following import followers_of, publishable_from
from assessments.sharing.granting import revoke
from assessments.verification.fact_check import end_fact_check, start_review
from assessments.verification.finding import FindingState, findings_of
from assessments.workflow import WrongState
from tests.conftest import Stack
from tests.support.acts import SIGNER, disclosed, planned, self_declared, submitted, verified
from tests.support.cast import NOW

DAY = timedelta(days=1)
ENDED = NOW - 30 * DAY
STATUS = frozenset({Layer.STATUS})


def letters(stack: Stack, letter: str) -> list[dict[str, str]]:
    """The payloads of this letter's jobs."""
    jobs = stack.session.scalars(select(OutboxJob).where(OutboxJob.kind == JobKind.SEND_LETTER))
    return [job.payload for job in jobs if job.payload["letter"] == letter]


def followed(stack: Stack, *, at: datetime) -> None:
    """Last year's result of the smelter, self-declared; Nordvolt twice and Hartwell once follow the site."""
    result = self_declared(stack, site_id=stack.cast.smelter, label="2025", at=NOW - 90 * DAY)
    for buyer in (stack.cast.nordvolt, stack.cast.nordvolt, stack.cast.hartwell):
        disclosed(stack, result, buyer_id=buyer, layers=STATUS, follow_later=True, at=at)


def test_publication_waits_until_the_supplier_was_told_long_enough(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    followed(stack, at=NOW - 80 * DAY)
    assessment = submitted(stack)
    verified(stack, assessment)
    assert publishable_from(session, assessment, at=NOW - 31 * DAY) is None
    end_fact_check(session, assessment, by=cast.jana.actor, at=ENDED)
    for finding in findings_of(session, assessment.id):
        if finding.state is FindingState.OPEN:
            planned(stack, finding, at=ENDED)
    session.commit()
    (told,) = letters(stack, "publication_announced")
    assert told == {"letter": "publication_announced", "assessment_id": str(assessment.id)}
    page = stack.visit(cast.jana).get(f"/supplier/assessments/{assessment.id}/findings")
    assert "Who will receive it" in page.text
    assert page.text.count("Nordvolt Mobility SE") == 1
    assert "Hartwell" in page.text

    start_review(session, assessment, by=cast.lena.actor, at=ENDED)
    session.commit()
    assert publishable_from(session, assessment, at=NOW) == ENDED + 14 * DAY
    with pytest.raises(WrongState, match="still runs"):
        publish(session, assessment, SIGNER, by=cast.rene.actor, at=ENDED + 13 * DAY)
    assert letters(stack, "result_available") == []
    publish(session, assessment, SIGNER, by=cast.rene.actor, at=ENDED + 14 * DAY)
    session.commit()
    sent = letters(stack, "result_available")
    assert [set(payload) for payload in sent] == [{"letter", "disclosure_id"}] * 2
    told_of = {str(one.id): one.buyer_id for one in followers_of(session, cast.smelter, at=NOW)}
    assert {told_of[payload["disclosure_id"]] for payload in sent} == {cast.nordvolt, cast.hartwell}


def test_nobody_who_follows_is_nothing_to_wait_for(embedded: Stack) -> None:
    session, cast = embedded.session, embedded.cast
    followed(embedded, at=NOW - 80 * DAY)
    for disclosure in followers_of(session, cast.smelter, at=NOW):
        revoke(session, disclosure, by=cast.jana.actor, at=NOW - 35 * DAY)
    assessment = submitted(embedded)
    verified(embedded, assessment)
    end_fact_check(session, assessment, by=cast.jana.actor, at=ENDED)
    for finding in findings_of(session, assessment.id):
        if finding.state is FindingState.OPEN:
            planned(embedded, finding, at=ENDED)
    start_review(session, assessment, by=cast.lena.actor, at=ENDED)
    publish(session, assessment, SIGNER, by=cast.rene.actor, at=ENDED + DAY)
    assert letters(embedded, "result_available") == []


def test_a_supplier_that_publishes_itself_reads_who_receives_it_first(embedded: Stack) -> None:
    session, cast = embedded.session, embedded.cast
    followed(embedded, at=NOW - 80 * DAY)
    assessment = submitted(embedded)
    page = embedded.visit(cast.jana).get(f"/supplier/assessments/{assessment.id}/summary")
    assert "They follow this site and receive it at once" in page.text
    assert "Nordvolt Mobility SE" in page.text
    publish_self_declared(session, assessment, SIGNER, by=cast.jana.actor, at=NOW)
    assert len(letters(embedded, "result_available")) == 2
