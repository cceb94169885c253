"""Row-level security behind every read: with the WHERE left out, a buyer still sees nothing more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment
from assessments.base import Base
from assessments.evidence.documents import DocumentVersion
from assessments.parties import Subscription
from assessments.result import Layer, ResultPart
from assessments.sharing.disclosure import AccessRequest, Disclosure, DisclosureItem, PortfolioRow
from assessments.sharing.granting import revoke
from tests.support.acts import disclosed
from tests.support.buyers import acting_as, reading_as
from tests.support.cast import NOW, Member
from tests.support.worlds import Finished

CLOSED = (
    "answer", "answer_evidence", "answer_revision", "answer_verification", "assessment", "assessor_note",
    "assignment", "clarification", "cycle", "document", "finding", "independence", "reply", "result", "site",
    "snapshot", "topic_maturity", "action_remark", "action_evidence", "action_date", "access_ledger",
    "audit_event",
)  # fmt: skip
"""Tables of which a buyer sees no row at all."""

MODELS = (
    PortfolioRow,
    ResultPart,
    CorrectiveAction,
    DocumentVersion,
    Disclosure,
    DisclosureItem,
    AccessRequest,
)


@pytest.fixture
def world(finished_postgres: Finished) -> Finished:
    """The world on PostgreSQL: the wall stands there alone."""
    return finished_postgres


def all_rows(world: Finished, member: Member) -> dict[str, int]:
    """How many rows a member sees in each table without any WHERE."""
    with reading_as(world, member) as session:
        return {model.__tablename__: len(session.scalars(select(model)).all()) for model in MODELS}


def test_without_a_grant_every_table_is_empty(world: Finished) -> None:
    for buyer in (world.cast.anna, world.cast.hugo):
        assert set(all_rows(world, buyer).values()) == {0}


def test_closed_tables_stay_closed_to_a_granted_buyer(world: Finished) -> None:
    disclosed(world, world.result, commercial=True)
    with reading_as(world, world.cast.anna) as session:
        for table in CLOSED:
            count = session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            assert count == 0, table
    # The wall is not an empty room: the supplier sees its own through the same tables.
    with reading_as(world, world.cast.jana) as session:
        for table in ("answer", "finding", "result", "snapshot", "assessment", "audit_event"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar(), table


def test_the_sheet_s_function_opens_for_its_supplier_alone(world: Finished) -> None:
    """It runs as the tables' owner, so its own policy is the wall (migration 0003)."""
    disclosed(world, world.result, commercial=True)
    ids = list(world.session.scalars(select(Assessment.id)))
    cast = world.cast
    for stranger in (cast.rita, cast.anna, cast.axel, cast.lena, cast.otto, cast.adam):
        with reading_as(world, stranger) as session:
            read = [session.execute(text("SELECT answer_sheet(:id)"), {"id": key}).scalar() for key in ids]
            assert set(read) == {None}, stranger
    with reading_as(world, cast.jana) as session:
        read = [session.execute(text("SELECT answer_sheet(:id)"), {"id": key}).scalar() for key in ids]
        assert {str(sheet["organization_id"]) for sheet in read if sheet} == {str(cast.jana.organization_id)}


def test_parts_without_where_are_those_granted(world: Finished) -> None:
    disclosed(world, world.result, layers=frozenset({Layer.PROFILE}), topics=frozenset({"OHS.1", "MIN.1"}))
    with reading_as(world, world.cast.anna) as session:
        parts = session.scalars(select(ResultPart)).all()
        assert {(part.layer, part.topic) for part in parts} == {
            (Layer.PROFILE, "OHS.1"),
            (Layer.PROFILE, "MIN.1"),
        }
        assert session.scalars(select(CorrectiveAction)).all() == []
    disclosed(world, world.result, layers=frozenset({Layer.PLAN}), topics=frozenset({"OHS.1"}))
    with reading_as(world, world.cast.anna) as session:
        assert {a.topic for a in session.scalars(select(CorrectiveAction))} == {"OHS.1"}
    assert set(all_rows(world, world.cast.hugo).values()) == {0}


def test_commercial_parts_need_the_switch_even_where_an_item_names_them(world: Finished) -> None:
    made = disclosed(world, world.result, layers=frozenset({Layer.STATUS}), commercial=True)
    with reading_as(world, world.cast.anna) as session:
        assert session.scalars(select(ResultPart).where(ResultPart.layer == Layer.COMMERCIAL)).all()
    made.commercial = False
    world.session.commit()
    with reading_as(world, world.cast.anna) as session:
        assert {part.layer for part in session.scalars(select(ResultPart))} == {Layer.STATUS}


def test_evidence_without_where_is_the_named_version(world: Finished) -> None:
    disclosed(world, world.result, layers=frozenset(), evidence=frozenset({world.ids.permit}))
    with reading_as(world, world.cast.anna) as session:
        assert [v.id for v in session.scalars(select(DocumentVersion))] == [world.ids.permit]


def test_revoked_expired_and_not_begun_show_nothing(world: Finished) -> None:
    made = disclosed(world, world.result)
    assert all_rows(world, world.cast.anna)["result_part"]
    revoke(world.session, made, by=world.cast.jana.actor, at=NOW)
    world.session.commit()
    seen = all_rows(world, world.cast.anna)
    assert (seen["result_part"], seen["portfolio_row"], seen["corrective_action"]) == (0, 0, 0)
    later = disclosed(world, world.result, starts_at=NOW + timedelta(days=1))
    assert all_rows(world, world.cast.anna)["result_part"] == 0
    shift = update(Disclosure).where(Disclosure.id == later.id)
    world.session.execute(shift.values(starts_at=NOW - timedelta(days=9), ends_at=NOW - timedelta(days=8)))
    world.session.commit()
    assert all_rows(world, world.cast.anna)["result_part"] == 0


def test_the_end_of_a_subscription_closes_everything_and_touches_no_row(world: Finished) -> None:
    disclosed(world, world.result, evidence=frozenset({world.ids.permit}))
    world.session.execute(
        update(Subscription)
        .where(Subscription.buyer_id == world.cast.nordvolt)
        .values(ends_at=NOW - timedelta(days=1))
    )
    world.session.commit()
    seen = all_rows(world, world.cast.anna)
    for table in ("result_part", "portfolio_row", "corrective_action", "document_version"):
        assert seen[table] == 0
    assert world.session.scalars(select(PortfolioRow)).all()


def test_a_buyer_cannot_write_what_it_reads(world: Finished) -> None:
    """Not even in a transaction that may write; one that only reads is refused before (transaction)."""
    disclosed(world, world.result)
    with acting_as(world, world.cast.anna) as session:
        for table in ("portfolio_row", "disclosure"):
            changed = text(f"UPDATE {table} SET buyer_id = buyer_id RETURNING buyer_id")
            assert session.execute(changed).all() == []
        assert session.execute(text("DELETE FROM portfolio_row RETURNING buyer_id")).all() == []


def test_every_table_with_a_suppliers_rows_has_the_wall(world: Finished) -> None:
    """A new table that names an organization, a supplier or a buyer needs a policy, forced."""
    outside = {
        "accreditation", "membership", "subscription", "outbox_job",
    }  # fmt: skip
    tenant = {
        table.name
        for table in Base.metadata.sorted_tables
        if {"organization_id", "supplier_id", "buyer_id", "firm_id"} & set(table.c.keys())
    } - outside
    with reading_as(world, world.cast.anna) as session:
        forced = set(
            session.execute(
                text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
            ).scalars()
        )
    assert tenant - forced == set()


def test_a_supplier_sees_its_own_and_no_rivals(world: Finished) -> None:
    disclosed(world, world.result)
    with reading_as(world, world.cast.rita) as session:
        for table in (
            "assessment",
            "answer",
            "result",
            "result_part",
            "disclosure",
            "portfolio_row",
            "finding",
        ):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table
