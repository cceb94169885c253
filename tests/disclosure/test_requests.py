"""Requests: the same answer for the known, the unknown and the hidden; decided, lapsed, withdrawn."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from assessments.base import new_id
from assessments.outbox import JobKind, OutboxJob
from assessments.parties import Membership, Organization, Role, Subscription
from assessments.result import Layer
from assessments.sharing.disclosure import AccessRequest, Disclosure, LegalBasis, RequestState
from assessments.sharing.granting import Offer
from assessments.sharing.requesting import (
    Named,
    Seen,
    as_seen,
    decline_request,
    grant_request,
    lapse_request,
    send_request,
    sent_by,
    waiting_for,
    withdraw_request,
)
from assessments.sheet.profile import confirm_identifiers, describe_organization
from assessments.workflow import Invalid, Refused, WrongActor, WrongState
from plumbline.jobs.handlers.lapse_request import lapse_request as handle
from tests.conftest import Stack
from tests.support.buyers import acting_as, listed, reading_as
from tests.support.cast import NOW
from tests.support.worlds import Finished

KOVO_LEI = "5299000J2N45DDNE4Y28"
ABSENT_LEI = "529900ABSENTFIRM0042"
MONTH = timedelta(days=30)
LAYERS = (Layer.STATUS, Layer.PROFILE)


def ask(stack: Stack, named: Named, **more: Any) -> AccessRequest:
    """Anna asks, as her own organization sees the world."""
    stack.session.commit()
    values: dict[str, Any] = {
        "layers": LAYERS, "purpose": "Due diligence", "legal_basis": LegalBasis.DUE_DILIGENCE_LAW,
        "until": NOW + 300 * timedelta(days=1), "by": stack.cast.anna.actor, "at": NOW, **more,
    }  # fmt: skip
    with acting_as(stack, stack.cast.anna) as session:
        made = send_request(session, named, **values)
        session.commit()
        return made


def again(stack: Stack, request: AccessRequest) -> AccessRequest:
    """The request as the platform sees it now."""
    stack.session.expire_all()
    found = stack.session.get(AccessRequest, request.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("named", "reaches"),
    [
        (Named(lei=KOVO_LEI), True),
        (Named(lei=" 5299 000j2n45 ddne4y28"), True),
        (Named(lei=ABSENT_LEI), False),
        (Named(country="cze", register_number="CZ 123"), True),
        (Named(country="DEU", register_number="CZ 123"), False),
        (Named(email="Jana@Example.org "), True),
        (Named(email="petr@example.org"), False),
        (Named(email="rene@example.org"), False),
        (Named(email="nobody@example.org"), False),
    ],
)
def test_whom_a_request_reaches_is_the_same_to_the_asker(stack: Stack, named: Named, reaches: bool) -> None:
    kovo = stack.session.get_one(Organization, stack.cast.kovo)
    kovo.register_number = "CZ  123"
    confirm_identifiers(stack.session, kovo, by=stack.cast.sara.actor, at=NOW)
    stack.session.commit()
    request = ask(stack, named)
    assert again(stack, request).supplier_id == (stack.cast.kovo if reaches else None)
    seen = as_seen(request, NOW)
    assert seen.state is Seen.SENT
    assert "supplier" not in " ".join(seen.__dataclass_fields__)
    jobs = stack.session.scalars(
        select(OutboxJob.kind).where(OutboxJob.payload["request_id"].as_string() == str(request.id))
    )
    assert sorted(jobs) == [JobKind.LAPSE_REQUEST, JobKind.SEND_LETTER]
    waiting = [each.id for each in waiting_for(stack.session, stack.cast.kovo, at=NOW)]
    assert waiting == ([request.id] if reaches else [])


def test_what_a_rival_says_of_itself_neither_takes_nor_blocks_a_request(stack: Stack) -> None:
    cast, session = stack.cast, stack.session
    kovo = session.get_one(Organization, cast.kovo)
    kovo.register_number = "CZ 123"
    confirm_identifiers(session, kovo, by=cast.sara.actor, at=NOW)
    session.commit()
    rival = session.get_one(Organization, cast.rival)
    claims = {"lei": KOVO_LEI, "country": "CZE", "register_number": "CZ 123", "legal_name": kovo.legal_name}
    describe_organization(session, rival, claims, revision=rival.revision, by=cast.rita.actor, at=NOW)
    session.commit()
    rita = stack.visit(cast.rita)
    for address in ("compliance@kovo.example", cast.jana.email):
        invited = {"email": address, "name": "X", "role": "supplier_admin"}
        assert rita.post("/supplier/members", invited).status == 303
    reached = [
        again(stack, ask(stack, named)).supplier_id
        for named in (
            Named(email="compliance@kovo.example"), Named(email=cast.jana.email), Named(lei=KOVO_LEI),
            Named(country="CZE", register_number="CZ 123"),
        )
    ]  # fmt: skip
    assert reached == [None, cast.kovo, cast.kovo, cast.kovo]
    claims = {"lei": "5493001KJTIIGC8Y1R12"}
    describe_organization(session, rival, claims, revision=rival.revision, by=cast.rita.actor, at=NOW)
    session.commit()
    assert again(stack, ask(stack, Named(lei="5493001KJTIIGC8Y1R12"))).supplier_id is None


def test_an_admin_of_two_suppliers_is_reached_where_they_have_been_longest(stack: Stack) -> None:
    cast, session = stack.cast, stack.session
    session.add(
        Membership(
            id=new_id(), person_id=cast.jana.person_id, organization_id=cast.rival,
            role=Role.SUPPLIER_ADMIN, created_at=NOW,
        )
    )  # fmt: skip
    session.commit()
    assert again(stack, ask(stack, Named(email=cast.jana.email))).supplier_id == cast.kovo


def test_a_hidden_supplier_is_reached_by_its_admins_address_alone(stack: Stack) -> None:
    stack.session.get_one(Organization, stack.cast.kovo).discoverable = False
    stack.session.commit()
    by_lei = ask(stack, Named(lei=KOVO_LEI))
    by_mail = ask(stack, Named(email="jana@example.org"))
    assert again(stack, by_lei).supplier_id is None
    assert again(stack, by_mail).supplier_id == stack.cast.kovo
    assert as_seen(by_lei, NOW).state is as_seen(by_mail, NOW).state


def test_declined_lapsed_and_unmatched_look_alike_at_every_instant(stack: Stack) -> None:
    declined = ask(stack, Named(lei=KOVO_LEI))
    unmatched = ask(stack, Named(lei=ABSENT_LEI))
    silent = ask(stack, Named(email="jana@example.org"))
    session = stack.session
    decline_request(session, again(stack, declined), by=stack.cast.jana.actor, at=NOW + timedelta(days=3))
    session.commit()
    everyone = (declined, unmatched, silent)
    for at, state in (
        (NOW + timedelta(days=4), Seen.SENT),
        (NOW + MONTH - timedelta(seconds=1), Seen.SENT),
        (NOW + MONTH, Seen.NOT_SHARED),
    ):
        assert {as_seen(again(stack, each), at).state for each in everyone} == {state}
    for each in everyone:
        lapse_request(session, each.id, at=NOW + MONTH)
    session.commit()
    assert {as_seen(again(stack, each), NOW + MONTH).state for each in everyone} == {Seen.NOT_SHARED}
    assert again(stack, declined).state is RequestState.DECLINED
    # What Anna is told when she looks at them is the same but for what she wrote herself.
    with reading_as(stack, stack.cast.anna) as reading:
        told = [as_seen(each, NOW + MONTH) for each in reading.scalars(sent_by(stack.cast.nordvolt))]
    assert len({(each.state, each.layers, each.lapses_at) for each in told}) == 1


@pytest.mark.parametrize("declined_first", [False, True])
def test_withdrawing_tells_nothing_either(stack: Stack, declined_first: bool) -> None:
    request = ask(stack, Named(lei=KOVO_LEI))
    if declined_first:
        decline_request(stack.session, again(stack, request), by=stack.cast.jana.actor, at=NOW)
        stack.session.commit()
    with acting_as(stack, stack.cast.anna) as session:
        mine = session.get_one(AccessRequest, request.id)
        withdraw_request(session, mine, by=stack.cast.anna.actor, at=NOW + timedelta(days=1))
        session.commit()
    assert as_seen(again(stack, request), NOW + MONTH).state is Seen.WITHDRAWN


def test_after_its_time_a_request_says_the_same_whatever_it_became(stack: Stack) -> None:
    requests = [ask(stack, Named(lei=KOVO_LEI)), ask(stack, Named(lei=ABSENT_LEI))]
    decline_request(stack.session, again(stack, requests[0]), by=stack.cast.jana.actor, at=NOW)
    lapse_request(stack.session, requests[1].id, at=NOW + MONTH)
    stack.session.commit()
    said = set()
    for request in requests:
        with pytest.raises(WrongState) as refused:
            withdraw_request(stack.session, again(stack, request), by=stack.cast.anna.actor, at=NOW + MONTH)
        said.add((refused.value.message, refused.value.remedy))
    assert len(said) == 1


def test_granting_wholly_and_in_part(finished: Finished) -> None:
    session, jana, result = finished.session, finished.cast.jana.actor, finished.result
    far = NOW + 400 * timedelta(days=1)

    def offer(**more: Any) -> Offer:
        values: dict[str, Any] = {
            "site_id": result.site_id, "result_id": result.id, "layers": frozenset(LAYERS), "purpose": "x",
            "ends_at": far, **more,
        }  # fmt: skip
        return Offer(**values)

    for given, state in (
        (offer(), RequestState.GRANTED),
        (offer(layers=frozenset({*LAYERS, Layer.PLAN})), RequestState.GRANTED),
        (offer(layers=frozenset({Layer.STATUS})), RequestState.PARTLY_GRANTED),
        (offer(without=frozenset({"OHS.2"})), RequestState.PARTLY_GRANTED),
        (offer(ends_at=NOW + timedelta(days=9)), RequestState.PARTLY_GRANTED),
    ):
        request = again(finished, ask(finished, Named(lei=KOVO_LEI)))
        made = grant_request(session, request, [given], by=jana, at=NOW)
        session.commit()
        assert (request.state, made[0].request_id) == (state, request.id)
    assert session.scalars(select(Disclosure)).all()
    assert listed(finished, finished.cast.anna)
    with pytest.raises(WrongState):
        decline_request(session, request, by=jana, at=NOW)


def test_who_decides_and_until_when(stack: Stack) -> None:
    request = again(stack, ask(stack, Named(lei=KOVO_LEI)))
    cast, session = stack.cast, stack.session
    for other in (cast.petr, cast.rita, cast.anna, cast.rene):
        with pytest.raises(WrongActor):
            decline_request(session, request, by=other.actor, at=NOW)
    with pytest.raises(WrongState, match="over"):
        decline_request(session, request, by=cast.jana.actor, at=NOW + MONTH)
    unmatched = again(stack, ask(stack, Named(lei=ABSENT_LEI)))
    with pytest.raises(WrongActor):
        decline_request(session, unmatched, by=cast.jana.actor, at=NOW)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"named": Named()}, "named_by"),
        ({"named": Named(lei=KOVO_LEI, email="a@b.example")}, "named_by"),
        ({"named": Named(lei="123")}, "lei"),
        ({"named": Named(register_number="12")}, "country"),
        ({"named": Named(email="nobody")}, "email"),
        ({"purpose": "  "}, "purpose"),
        ({"layers": ()}, "layers"),
        ({"until": NOW}, "until"),
    ],
)
def test_what_cannot_be_sent_names_the_field(embedded: Stack, more: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(embedded, **{"named": Named(lei=ABSENT_LEI), **more})
    assert place in refused.value.faults


def test_who_may_ask(embedded: Stack) -> None:
    cast = embedded.cast
    for other in (cast.axel, cast.jana, cast.rene, cast.lena):
        with pytest.raises(WrongActor):
            ask(embedded, Named(lei=KOVO_LEI), by=other.actor)
    embedded.session.execute(
        update(Subscription)
        .where(Subscription.buyer_id == cast.nordvolt)
        .values(ends_at=NOW - timedelta(days=1))
    )
    embedded.session.commit()
    with pytest.raises(WrongActor, match="subscription"):
        ask(embedded, Named(lei=KOVO_LEI))


def test_the_same_words_twice_are_refused_for_the_known_and_the_unknown(embedded: Stack) -> None:
    said = set()
    for lei in (KOVO_LEI, ABSENT_LEI):
        first = ask(embedded, Named(lei=lei))
        if lei == KOVO_LEI:
            decline_request(embedded.session, again(embedded, first), by=embedded.cast.jana.actor, at=NOW)
            embedded.session.commit()
        with pytest.raises(Refused) as refused:
            ask(embedded, Named(lei=lei), at=NOW + timedelta(days=2))
        said.add((refused.value.message, refused.value.remedy))
    assert len(said) == 1


def test_the_job_lets_it_lapse_once_it_is_time(stack: Stack) -> None:
    request = ask(stack, Named(lei=ABSENT_LEI))
    job = stack.session.scalars(select(OutboxJob).where(OutboxJob.kind == JobKind.LAPSE_REQUEST)).one()
    assert job.due_at == request.lapses_at == NOW + MONTH
    for at, state in (
        (NOW + MONTH - timedelta(seconds=1), RequestState.SENT),
        (NOW + MONTH, RequestState.LAPSED),
        (NOW + MONTH, RequestState.LAPSED),
    ):
        asked: Any = SimpleNamespace(payload=job.payload, at=at)
        handle(stack.session, asked)
        stack.session.commit()
        assert again(stack, request).state is state


def test_what_is_due_lapses_some_at_a_time(embedded: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.jobs.handlers.lapse_request.AT_ONCE", 1)
    requests = [ask(embedded, Named(lei=lei)) for lei in (KOVO_LEI, ABSENT_LEI)]
    jobs = select(OutboxJob).where(
        OutboxJob.kind == JobKind.LAPSE_REQUEST, OutboxJob.due_at == NOW + 2 * MONTH
    )
    for lapsed in (1, 2):
        asked: Any = SimpleNamespace(
            id=uuid.uuid4(), kind=JobKind.LAPSE_REQUEST, payload={}, at=NOW + 2 * MONTH
        )
        handle(embedded.session, asked)
        embedded.session.commit()
        states = [again(embedded, request).state for request in requests]
        assert states.count(RequestState.LAPSED) == lapsed
        assert len(embedded.session.scalars(jobs).all()) == lapsed
    handle(embedded.session, asked)
    embedded.session.commit()
    assert len(embedded.session.scalars(jobs).all()) == 2


def test_the_recurring_job_finds_what_was_missed(embedded: Stack) -> None:
    request = ask(embedded, Named(lei=KOVO_LEI))
    everything: Any = SimpleNamespace(payload={}, at=NOW + MONTH)
    handle(embedded.session, everything)
    embedded.session.commit()
    assert again(embedded, request).state is RequestState.LAPSED
