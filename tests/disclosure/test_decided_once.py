"""Two decide on one thing at once: one of them does, and the other is told (PostgreSQL, real connections)."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from assessments.actions.action import ActionKind, ActionState, CorrectiveAction
from assessments.actions.plan import propose_action
from assessments.assessment import Assessment, AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.publishing.publication import publish_self_declared
from assessments.questionnaire.model import Grade
from assessments.result import Layer, Result
from assessments.sharing.disclosure import AccessRequest, Disclosure, LegalBasis, RequestState
from assessments.sharing.granting import Offer
from assessments.sharing.requesting import (
    Named,
    decline_request,
    grant_request,
    send_request,
    withdraw_request,
)
from assessments.verification.fact_check import end_fact_check
from assessments.verification.finding import Finding, FindingState
from assessments.workflow import Refused
from plumbline.transaction import Tenant, tenant_session
from tests.support.acts import SIGNER, planned, verified
from tests.support.cast import NOW, Member
from tests.support.worlds import Finished

AT = datetime.now(UTC)


@contextmanager
def acting(world: Finished, who: Member) -> Iterator[Session]:
    """A transaction of ``who`` on a connection of its own."""
    with tenant_session(world.engine, Tenant.of(who.actor)) as session:
        yield session


def at_once(*acts: Callable[[], None]) -> Counter[str]:
    """Do all of it at the same moment; count "done" and the names of what was refused."""
    gate, said = threading.Barrier(len(acts)), Counter[str]()

    def one(act: Callable[[], None]) -> None:
        gate.wait(timeout=20)
        try:
            act()
            said["done"] += 1
        except (Refused, StaleDataError):
            said["refused"] += 1

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert sum(said.values()) == len(acts)
    return said


def asked(world: Finished) -> uuid.UUID:
    request = send_request(
        world.session, Named(email=world.cast.jana.email), layers=[Layer.STATUS], purpose="p",
        legal_basis=LegalBasis.CONTRACT, until=NOW + timedelta(days=60), by=world.cast.anna.actor, at=AT,
    )  # fmt: skip
    world.session.commit()
    return request.id


def test_a_request_is_answered_once(finished_postgres: Finished) -> None:
    world, cast = finished_postgres, finished_postgres.cast
    result = world.result
    offer = Offer(
        site_id=result.site_id, result_id=result.id, layers=frozenset({Layer.STATUS}), purpose="p",
        ends_at=NOW + timedelta(days=90),
    )  # fmt: skip
    request_id = asked(world)

    def decide(grants: bool) -> Callable[[], None]:
        def act() -> None:
            with acting(world, cast.jana) as session:
                request = session.get_one(AccessRequest, request_id)
                if grants:
                    grant_request(session, request, [offer], by=cast.jana.actor, at=AT)
                else:
                    decline_request(session, request, by=cast.jana.actor, at=AT)
                session.commit()

        return act

    said = at_once(*[decide(grants) for grants in (True, False) * 3])
    assert said == {"done": 1, "refused": 5}
    world.session.rollback()
    state = world.session.get_one(AccessRequest, request_id, populate_existing=True).state
    shared = world.session.scalar(select(func.count()).where(Disclosure.request_id == request_id))
    assert (state, shared) in {(RequestState.GRANTED, 1), (RequestState.DECLINED, 0)}


def test_what_was_read_before_a_grant_cannot_undo_it(finished_postgres: Finished) -> None:
    world, cast = finished_postgres, finished_postgres.cast
    result, request_id = world.result, asked(finished_postgres)
    offer = Offer(
        site_id=result.site_id, result_id=result.id, layers=frozenset({Layer.STATUS}), purpose="p",
        ends_at=NOW + timedelta(days=90),
    )  # fmt: skip
    with acting(world, cast.jana) as late, acting(world, cast.anna) as buyer:
        held = late.get_one(AccessRequest, request_id)
        own = buyer.get_one(AccessRequest, request_id)
        with acting(world, cast.jana) as session:
            first = session.get_one(AccessRequest, request_id)
            grant_request(session, first, [offer], by=cast.jana.actor, at=AT)
            session.commit()
        with pytest.raises(Refused):
            decline_request(late, held, by=cast.jana.actor, at=AT)
        late.rollback()
        with pytest.raises(Refused):
            withdraw_request(buyer, own, by=cast.anna.actor, at=AT)


def test_what_was_read_before_a_publication_cannot_withdraw_it(finished_postgres: Finished) -> None:
    world, cast = finished_postgres, finished_postgres.cast
    with acting(world, cast.jana) as late:
        held = late.get_one(Assessment, world.ids.waiting)
        assert held.state is AssessmentState.SUBMITTED
        with acting(world, cast.jana) as session:
            assessment = session.get_one(Assessment, world.ids.waiting)
            publish_self_declared(session, assessment, SIGNER, by=cast.jana.actor, at=AT)
            session.commit()
        held.withdraw(reason="x", by=cast.jana.actor, at=AT)
        with pytest.raises(StaleDataError):
            late.commit()
    world.session.rollback()
    published = world.session.get_one(Assessment, world.ids.waiting, populate_existing=True)
    assert published.state is AssessmentState.PUBLISHED
    assert world.session.scalars(select(Result).where(Result.assessment_id == published.id)).one()


def test_an_action_is_decided_once(finished_postgres: Finished) -> None:
    world, cast = finished_postgres, finished_postgres.cast
    finding = world.session.scalars(select(Finding).where(Finding.state == FindingState.OPEN)).first()
    assert finding is not None
    action_id = planned(world, finding).id
    action = world.session.get_one(CorrectiveAction, action_id)
    action.state, action.agreed_at = ActionState.PROPOSED, None
    world.session.commit()

    def move(name: str) -> Callable[[], None]:
        def act() -> None:
            with acting(world, cast.lena) as session:
                held = session.get_one(CorrectiveAction, action_id)
                held.make(session, name, reason="Which hood?", by=cast.lena.actor, at=AT)
                session.commit()

        return act

    said = at_once(*[move(name) for name in ("agree", "return") * 2])
    assert said == {"done": 1, "refused": 3}
    world.session.rollback()
    action = world.session.get_one(CorrectiveAction, action_id, populate_existing=True)
    events = select(func.count()).where(
        AuditEvent.subject_id == action_id,
        AuditEvent.kind.in_([EventKind.ACTION_AGREED, EventKind.ACTION_RETURNED]),
        AuditEvent.at == AT,
    )
    assert (action.state, action.returns, world.session.scalar(events)) in {
        (ActionState.AGREED, 0, 1),
        (ActionState.RETURNED, 1, 1),
    }


def test_a_dispute_is_decided_once_and_not_after_the_fact_check(finished_postgres: Finished) -> None:
    world, cast = finished_postgres, finished_postgres.cast
    assessment = world.waiting
    verified(world, assessment, at=AT - timedelta(days=1))
    findings = world.session.scalars(select(Finding).where(Finding.assessment_id == assessment.id)).all()
    [disputed, late] = [one.id for one in findings if one.grade in {Grade.MAJOR, Grade.OBSERVATION}][:2]
    with acting(world, cast.petr) as session:
        session.get_one(Finding, disputed).dispute(session, "No.", by=cast.petr.actor, at=AT)
        session.commit()

    def decide(outcome: str) -> Callable[[], None]:
        def act() -> None:
            with acting(world, cast.alba) as session:
                finding = session.get_one(Finding, disputed)
                finding.decide(session, outcome, "Seen.", by=cast.alba.actor, at=AT)
                session.commit()

        return act

    assert at_once(*[decide(outcome) for outcome in ("uphold", "dismiss") * 2]) == {"done": 1, "refused": 3}
    with acting(world, cast.petr) as session:
        finding = session.get_one(Finding, late)
        assert finding.assessment.fact_check_ended_at is None
        with acting(world, cast.jana) as other:
            end_fact_check(other, other.get_one(Assessment, assessment.id), by=cast.jana.actor, at=AT)
            other.commit()
        with pytest.raises(Refused):
            finding.dispute(session, "Too late.", by=cast.petr.actor, at=AT)


def test_findings_drafted_at_once_get_one_number_after_the_other(finished_postgres: Finished) -> None:
    world, cast = finished_postgres, finished_postgres.cast
    finding = world.session.scalars(select(Finding).where(Finding.state == FindingState.OPEN)).first()
    assert finding is not None
    number, finding_id = finding.number, finding.id

    def propose() -> None:
        with acting(world, cast.petr) as session:
            propose_action(
                session, session.get_one(Finding, finding_id), kind=ActionKind.CORRECTIVE, root_cause="r",
                description="d", owner="o", due_on=(AT + timedelta(days=30)).date(), by=cast.petr.actor,
                at=AT,
            )  # fmt: skip
            session.commit()

    assert at_once(*[propose] * 4) == {"done": 4}
    topic = number.rpartition("-")[0]
    numbers = world.session.scalars(
        select(CorrectiveAction.number).where(CorrectiveAction.finding_id == finding_id)
    ).all()
    assert len(set(numbers)) == len(numbers) >= 4
    assert all(each.startswith(f"{topic}-") for each in numbers)
