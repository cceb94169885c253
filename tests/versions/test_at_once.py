"""A round moves while somebody answers in it: nothing is lost, nothing saved under the wrong shape."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from assessments.assessment import AnswerEvidence, Assessment, QuestionnaireVersion
from assessments.authoring.versions import version_of
from assessments.base import new_id
from assessments.evidence.documents import Document
from assessments.parties import Site
from assessments.questionnaire.model import Questionnaire
from assessments.rounds.moving import move_to_version
from assessments.rounds.opening import open_assessment
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.linking import link_evidence
from assessments.verification.recording import declare_maturity
from assessments.workflow import WrongState
from plumbline.transaction import SYSTEM_TENANT, tenant_session
from tests.answering.test_concurrency import in_thread
from tests.conftest import Stack
from tests.support.acts import documented
from tests.support.cast import NOW
from tests.support.statements import as_a_server, counted
from tests.versions.world import DAY, Round, answered

MOVED = NOW - DAY


@pytest.fixture
def world(on_postgresql: Stack, first: Questionnaire, second: Questionnaire) -> Round:
    return answered(on_postgresql, first, second)


@pytest.fixture
def either(stack: Stack, first: Questionnaire, second: Questionnaire) -> Round:
    """The same on both databases, for what has no statement of its own on PostgreSQL."""
    return answered(stack, first, second)


def moved(world: Round) -> None:
    """Move the smelter's round in a transaction of its own."""
    with tenant_session(world.stack.engine, SYSTEM_TENANT) as session:
        move_in(session, world)
        session.commit()


def move_in(session: Session, world: Round) -> None:
    """Move the smelter's round; it is not committed yet."""
    wanted = version_of(session, "small", "1.1")
    assert wanted is not None
    # Its identity alone: reading the record would begin a transaction of the world's own session.
    found = session.get_one(Assessment, inspect(world.smelter).identity)
    move_to_version(session, found, wanted, by=world.stack.cast.jana.actor, at=MOVED)


def refused_while_moving(world: Round, late: Callable[[], None]) -> None:
    """Begin ``late`` while the round moves: it waits until its version is known, and is refused then."""
    with tenant_session(world.stack.engine, SYSTEM_TENANT) as session:
        move_in(session, world)
        thread, raised = in_thread(late)
        thread.join(0.5)
        assert thread.is_alive(), "it waits until it is known under which version it is"
        session.commit()
    thread.join(20)
    assert [type(error) for error in raised] == [WrongState]


def test_a_save_that_began_first_is_carried(world: Round) -> None:
    sheet = world.sheet
    world.session.rollback()
    with tenant_session(world.stack.engine, SYSTEM_TENANT) as saving:
        offered = Offered({"day": "2026-06-01", "kind": "gas"}, sheet.answer("OHS-04").revision)
        save_answer(saving, sheet, "OHS-04", offered, by=world.stack.cast.petr.actor, at=MOVED)
        thread, raised = in_thread(lambda: moved(world))
        thread.join(0.5)
        assert thread.is_alive(), "moving waits for the save"
        saving.commit()
    thread.join(20)
    assert raised == []
    assert world.sheet.answer("OHS-04").parts == {"day": "2026-06-01", "kind": "leak"}


def test_a_site_that_joins_the_round_while_it_moves_moves_with_it(world: Round) -> None:
    organization, first = world.smelter.organization_id, world.first.id
    world.session.rollback()
    with tenant_session(world.stack.engine, SYSTEM_TENANT) as opening:
        site = Site(
            id=new_id(), organization_id=organization, name="Third", country="CZE", created_at=MOVED,
            activities=["TRD"], materials=[],
        )  # fmt: skip
        opening.add(site)
        opening.flush()
        version, jana = opening.get_one(QuestionnaireVersion, first), world.stack.cast.jana.actor
        joined = open_assessment(opening, site, version, label="2026", by=jana, at=MOVED).id
        thread, raised = in_thread(lambda: moved(world))
        thread.join(0.5)
        assert thread.is_alive(), "moving waits for who joins"
        opening.commit()
    thread.join(20)
    assert raised == []
    assert world.session.get_one(Assessment, joined).revision == 2


def test_a_save_that_comes_while_moving_is_refused_even_where_nothing_stood(world: Round) -> None:
    sheet = world.sheet
    world.session.rollback()

    def late() -> None:
        with tenant_session(world.stack.engine, SYSTEM_TENANT) as session:
            offered = Offered({"shifts": ["night"]}, 0)
            save_answer(session, sheet, "OHS-02", offered, by=world.stack.cast.petr.actor, at=NOW)
            session.commit()

    refused_while_moving(world, late)
    assert world.sheet.answer("OHS-02").revision == 0


def test_a_document_linked_while_moving_is_refused(world: Round) -> None:
    """The key may be asked elsewhere then, or no more: the link would stand where nobody reads it."""
    paper = documented(
        world.session, world.stack.cast.kovo, "Permit", by=world.stack.cast.jana.actor, at=MOVED
    )
    world.session.commit()
    sheet = world.sheet
    world.session.rollback()

    def late() -> None:
        with tenant_session(world.stack.engine, SYSTEM_TENANT) as session:
            document = session.get_one(Document, paper.id)
            link_evidence(session, sheet, "OHS-08", document, by=world.stack.cast.petr.actor, at=NOW)
            session.commit()

    refused_while_moving(world, late)
    assert world.session.scalars(select(AnswerEvidence.question)).all() == []


def test_a_level_declared_while_moving_is_refused(either: Round) -> None:
    """The ladder it was chosen from may be another one then: moving has taken back what is not comparable."""
    sheet, by = either.sheet, either.stack.cast.petr.actor
    either.session.rollback()

    def late() -> None:
        with tenant_session(either.stack.engine, SYSTEM_TENANT) as session:
            declare_maturity(session, sheet, "OHS.1", 3, by=by, at=NOW)
            session.commit()

    refused_while_moving(either, late)
    assert either.sheet.self_levels == {}


def test_a_level_declared_first_is_carried(either: Round) -> None:
    sheet, by = either.sheet, either.stack.cast.petr.actor
    either.session.rollback()
    with tenant_session(either.stack.engine, SYSTEM_TENANT) as declaring:
        declare_maturity(declaring, sheet, "OHS.1", 3, by=by, at=MOVED)
        thread, raised = in_thread(lambda: moved(either))
        thread.join(0.5)
        assert thread.is_alive(), "moving waits for the level"
        declaring.commit()
    thread.join(20)
    assert raised == []
    assert (either.sheet.questionnaire.version, either.sheet.self_levels) == ("1.1", {"OHS.1": 3})


def test_two_who_declare_a_topic_first_at_once_both_do(world: Round) -> None:
    sheet, by = world.sheet, world.stack.cast.petr.actor
    world.session.rollback()

    def late() -> None:
        with tenant_session(world.stack.engine, SYSTEM_TENANT) as session:
            declare_maturity(session, sheet, "OHS.1", 2, by=by, at=NOW)
            session.commit()

    with tenant_session(world.stack.engine, SYSTEM_TENANT) as session:
        declare_maturity(session, sheet, "OHS.1", 3, by=by, at=NOW)
        session.flush()
        thread, raised = in_thread(late)
        thread.join(0.5)
        session.commit()
    thread.join(20)
    assert raised == []
    assert world.sheet.self_levels == {"OHS.1": 2}


def test_two_who_move_at_once_move_once(world: Round) -> None:
    world.session.rollback()
    threads = [in_thread(lambda: moved(world)) for _each in range(2)]
    for thread, _raised in threads:
        thread.join(20)
    told = [type(error).__name__ for _thread, raised in threads for error in raised]
    assert told == ["Refused"]
    assert world.sheet.answer("OHS-04").revision == 2


def test_a_section_costs_one_statement_more_while_answers_wait(
    embedded: Stack, standard_first: Questionnaire, standard_second: Questionnaire
) -> None:
    world = answered(embedded, standard_first, standard_second)
    jana, path = embedded.visit(embedded.cast.jana), f"/supplier/assessments/{world.smelter.id}"

    def statements(page: str) -> int:
        jana.get(page)  # once before, so that what a process reads once is read
        embedded.session.rollback()
        with counted(embedded.engine) as ran:
            assert as_a_server(jana.client.get, page).status_code == 200
        return len(ran)

    before = statements(f"{path}/sections/OHS")
    move_to_version(embedded.session, world.smelter, world.second, by=embedded.cast.jana.actor, at=MOVED)
    embedded.session.commit()
    assert statements(f"{path}/sections/OHS") == before + 1
