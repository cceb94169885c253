"""Granting and revoking: what is refused, what is written together, and how windows open and close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from assessments.audit.events import AuditEvent, EventKind
from assessments.outbox import JobKind, OutboxJob
from assessments.publishing.publication import publish_self_declared
from assessments.result import Layer
from assessments.sharing.disclosure import Disclosure, DisclosureItem, PortfolioRow
from assessments.sharing.following import followers_of
from assessments.sharing.granting import disclosures_of, revoke
from assessments.sharing.projection import project_assessment, project_ended
from assessments.workflow import Invalid, WrongActor, WrongState
from plumbline.jobs.handlers.refresh_portfolio import refresh_portfolio
from tests.support.acts import SIGNER, disclosed, self_declared
from tests.support.buyers import listed, read
from tests.support.cast import NOW
from tests.support.statements import counted
from tests.support.worlds import Finished

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"ends_at": NOW - DAY}, "ends_at"),
        ({"starts_at": NOW + 9 * DAY, "ends_at": NOW + 8 * DAY}, "ends_at"),
        ({"purpose": " "}, "purpose"),
        ({"layers": frozenset()}, "layers"),
        ({"layers": frozenset({Layer.COMMERCIAL})}, "layers"),
        ({"layers": frozenset({Layer.EVIDENCE})}, "layers"),
        ({"result_id": None}, "result"),
        ({"topics": frozenset({"NO.1"})}, "topics"),
        ({"without": frozenset({"NO.1"})}, "topics"),
        ({"topics": frozenset({"OHS.1"}), "without": frozenset({"OHS.1"})}, "topics"),
    ],
)
def test_what_makes_no_sense_names_the_field(
    finished_embedded: Finished, more: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        disclosed(finished_embedded, finished_embedded.result, at=NOW, **more)
    assert place in refused.value.faults
    assert finished_embedded.session.scalar(select(func.count()).select_from(Disclosure)) == 0


def test_only_what_is_ones_own_is_granted_and_only_to_buyers(finished_embedded: Finished) -> None:
    world, cast, result = finished_embedded, finished_embedded.cast, finished_embedded.result
    for other in (cast.petr, cast.rita, cast.anna, cast.rene, cast.lena):
        with pytest.raises(WrongActor):
            disclosed(world, result, by=other.actor)
    for nobody in (cast.kovo, cast.rival, cast.firm, cast.steward):
        with pytest.raises(Invalid, match="cannot be shared"):
            disclosed(world, result, buyer_id=nobody)
    with pytest.raises(Invalid) as refused:
        disclosed(world, result, evidence=frozenset({world.ids.rival_paper}))
    assert "evidence" in refused.value.faults
    with pytest.raises(Invalid) as refused:
        disclosed(world, result, site_id=cast.yard)
    assert "result" in refused.value.faults


def test_granting_and_revoking_write_everything_together(finished: Finished) -> None:
    session, cast, result = finished.session, finished.cast, finished.result
    made = disclosed(
        finished, result, without=frozenset({"OHS.2"}), evidence=frozenset({finished.ids.permit})
    )
    items = session.scalars(select(DisclosureItem).where(DisclosureItem.disclosure_id == made.id)).all()
    assert [(i.layer, i.topic) for i in items if i.layer is Layer.STATUS] == [(Layer.STATUS, "*")]
    profile = {item.topic for item in items if item.layer is Layer.PROFILE}
    assert "OHS.1" in profile
    assert not profile & {"OHS.2", "*"}
    assert [item.version_id for item in items if item.layer is Layer.EVIDENCE] == [finished.ids.permit]
    assert session.scalars(select(PortfolioRow.buyer_id)).all() == [cast.nordvolt]
    with pytest.raises(WrongActor):
        revoke(session, made, by=cast.petr.actor, at=NOW)
    with pytest.raises(WrongActor):
        revoke(session, made, by=cast.rita.actor, at=NOW)
    revoke(session, made, by=cast.jana.actor, at=NOW)
    session.commit()
    assert session.scalars(select(PortfolioRow)).all() == []
    with pytest.raises(WrongState):
        revoke(session, made, by=cast.jana.actor, at=NOW)
    kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.subject_id == made.id))
    assert list(kinds) == [EventKind.DISCLOSURE_GRANTED, EventKind.DISCLOSURE_REVOKED]
    letters = session.scalars(
        select(OutboxJob.payload).where(
            OutboxJob.kind == JobKind.SEND_LETTER,
            OutboxJob.payload["disclosure_id"].as_string() == str(made.id),
        )
    )
    assert sorted(each["letter"] for each in letters) == ["disclosure_granted", "disclosure_revoked"]
    assert session.scalars(disclosures_of(cast.kovo)).all() == [made]
    assert session.scalars(disclosures_of(cast.rival)).all() == []


def test_a_revocation_undone_with_its_transaction_shows_all_again(finished: Finished) -> None:
    made = disclosed(finished, finished.result)
    revoke(finished.session, made, by=finished.cast.jana.actor, at=NOW)
    finished.session.rollback()
    assert len(listed(finished, finished.cast.anna)) == 1
    assert read(finished, finished.cast.anna, finished.result.assessment_id) is not None


def test_two_grants_show_until_the_first_ends_and_then_what_is_left(finished: Finished) -> None:
    session, result, anna = finished.session, finished.result, finished.cast.anna
    soon = NOW + 2 * DAY
    short = disclosed(finished, result, layers=frozenset({Layer.PROFILE}), ends_at=soon)
    disclosed(finished, result, layers=frozenset({Layer.STATUS}), ends_at=NOW + 90 * DAY)
    row = session.scalars(select(PortfolioRow)).one()
    assert (row.visible_until, row.shared_until) == (soon, NOW + 90 * DAY)
    due = session.scalars(
        select(OutboxJob).where(OutboxJob.kind == JobKind.REFRESH_PORTFOLIO, OutboxJob.due_at == soon)
    ).one()
    (entry,) = listed(finished, anna)
    assert entry.maturity
    assert entry.stage == "published"
    # Two days pass: the row is out of its window at once, and holds the rest when the job has run.
    past = datetime.now(UTC) - timedelta(seconds=1)
    session.execute(
        update(Disclosure).where(Disclosure.id == short.id).values(starts_at=NOW - 2 * DAY, ends_at=past)
    )
    session.execute(update(PortfolioRow).values(visible_until=past))
    session.commit()
    assert listed(finished, anna) == []
    asked: Any = SimpleNamespace(payload=due.payload, at=datetime.now(UTC))
    refresh_portfolio(session, asked)
    session.commit()
    (entry,) = listed(finished, anna)
    assert (list(entry.maturity), entry.stage) == ([], "published")
    session.execute(update(PortfolioRow).values(visible_until=past))
    everything: Any = SimpleNamespace(payload={}, at=datetime.now(UTC))
    refresh_portfolio(session, everything)
    session.commit()
    assert len(listed(finished, anna)) == 1


def test_rows_whose_grant_ended_unnoticed_are_written_anew_some_at_a_time(finished: Finished) -> None:
    session, cast = finished.session, finished.cast
    disclosed(finished, finished.result)
    disclosed(finished, finished.result, site_id=cast.yard, result_id=None, follow_later=True)
    past = datetime.now(UTC) - timedelta(seconds=1)
    session.execute(update(PortfolioRow).values(visible_until=past))
    session.commit()
    at = datetime.now(UTC)
    assert [project_ended(session, at=at, most=1) for _part in range(3)] == [1, 1, 0]
    session.commit()
    assert len(listed(finished, cast.anna)) == 2


def test_a_row_for_each_buyer_costs_no_further_statement(finished: Finished) -> None:
    session, cast, result = finished.session, finished.cast, finished.result
    counts = []
    for buyer_id in (cast.nordvolt, cast.hartwell):
        disclosed(finished, result, buyer_id=buyer_id)
        session.expire_all()
        with counted(finished.engine) as sent:
            project_assessment(session, result.assessment_id, at=NOW)
        session.commit()
        counts.append(len([statement for statement in sent if "set_config" not in statement]))
    assert counts[0] == counts[1]


def test_following_shows_the_stage_before_and_the_result_after(finished: Finished) -> None:
    session, cast, waiting = finished.session, finished.cast, finished.waiting
    disclosed(finished, finished.result, site_id=cast.yard, result_id=None, follow_later=True)
    (entry,) = listed(finished, cast.anna)
    assert (entry.assessment_id, entry.stage, entry.result_id) == (waiting.id, "submitted", None)
    assert entry.published_at is None
    assert list(entry.maturity) == []
    seen = read(finished, cast.anna, waiting.id)
    assert seen is not None
    assert (seen.status, seen.stage, seen.profile) == (None, "submitted", {})
    assert [one.buyer_id for one in followers_of(session, cast.yard, at=NOW)] == [cast.nordvolt]
    publish_self_declared(session, waiting, SIGNER, by=cast.jana.actor, at=datetime.now(UTC))
    session.commit()
    (entry,) = listed(finished, cast.anna)
    assert (entry.stage, entry.basis) == ("published", "self_declared")
    seen = read(finished, cast.anna, waiting.id)
    assert seen is not None
    assert seen.self_declared
    assert seen.profile
    assert read(finished, cast.hugo, waiting.id) is None


def test_without_the_tick_a_later_result_is_not_shown(finished: Finished) -> None:
    session, cast = finished.session, finished.cast
    disclosed(finished, finished.result)
    later = self_declared(finished, site_id=cast.smelter, label="2027", at=datetime.now(UTC))
    (entry,) = listed(finished, cast.anna)
    assert (entry.result_id, entry.stage) == (finished.result.id, "superseded")
    assert read(finished, cast.anna, later.assessment_id) is None
    assert session.scalars(select(PortfolioRow.assessment_id)).all() == [finished.result.assessment_id]


def test_following_does_not_reach_back(finished: Finished) -> None:
    disclosed(finished, finished.result, result_id=None, follow_later=True)
    assert listed(finished, finished.cast.anna) == []
    assert read(finished, finished.cast.anna, finished.result.assessment_id) is None


def test_projecting_again_changes_nothing_and_asks_for_no_second_job(finished: Finished) -> None:
    session, cast, result = finished.session, finished.cast, finished.result
    disclosed(finished, result)
    row = session.scalars(select(PortfolioRow)).one()
    before = (row.changed_at, row.visible_until)
    jobs = session.scalar(select(func.count()).select_from(OutboxJob))
    project_assessment(session, result.assessment_id, at=NOW, buyers={cast.nordvolt})
    session.commit()
    session.expire_all()
    row = session.scalars(select(PortfolioRow)).one()
    assert (row.changed_at, row.visible_until) == before
    assert session.scalar(select(func.count()).select_from(OutboxJob)) == jobs
