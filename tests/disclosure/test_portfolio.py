"""The portfolio page and the ledger: order, cursor, filters, counts, one statement; what suppliers read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from assessments.assessment import Assessment, AssessmentState, Cycle
from assessments.base import new_id
from assessments.sharing.disclosure import LedgerAction, PortfolioRow
from assessments.sharing.ledger import ledger_of, record_download, record_listing, record_opening
from assessments.sharing.portfolio import Filter, PortfolioEntry, Sort, page
from assessments.sharing.projection import UNPUBLISHED
from assessments.sharing.reading import shared
from assessments.workflow import Invalid
from tests.support.acts import disclosed
from tests.support.buyers import acting_as, reading_as
from tests.support.cast import NOW
from tests.support.statements import counted
from tests.support.worlds import Finished

DAY = timedelta(days=1)


def row(world: Finished, number: int, **more: Any) -> PortfolioRow:
    """One row of the projection as granting writes it; the base rows are the smelter's."""
    values: dict[str, Any] = {
        "buyer_id": world.cast.nordvolt, "assessment_id": world.result.assessment_id,
        "supplier_id": world.cast.kovo, "site_id": world.cast.smelter, "result_id": None,
        "visible_from": NOW - DAY, "visible_until": NOW + DAY, "shared_until": NOW + number * DAY,
        "supplier_name": f"Firm {number % 3}", "site_name": f"Site 100% {number}", "country": "CZE",
        "activities": ["SMR"], "materials": ["nickel"], "cycle_label": "2026",
        "published_order": UNPUBLISHED, "maturity": [], "changed_at": NOW - number * DAY, **more,
    }  # fmt: skip
    return PortfolioRow(**values)


@pytest.fixture
def crowd(finished: Finished) -> Finished:
    """Seven assessments of Kovo's in Nordvolt's list, and one in Hartwell's."""
    session = finished.session
    template = session.get_one(Assessment, finished.result.assessment_id)
    version_id = session.get_one(Cycle, template.cycle_id).version_id
    for number in range(8):
        cycle = Cycle(
            id=new_id(), organization_id=finished.cast.kovo, label=f"x{number}", version_id=version_id,
            opened_at=NOW,
        )  # fmt: skip
        session.add(cycle)
        session.flush()
        assessment = Assessment(
            id=new_id(), cycle_id=cycle.id, organization_id=finished.cast.kovo, site_id=finished.cast.smelter,
            state=AssessmentState.DRAFT, state_since=NOW, opened_at=NOW,
        )  # fmt: skip
        session.add(assessment)
        session.flush()
        more: dict[str, Any] = {"assessment_id": assessment.id}
        if number == 7:
            more["buyer_id"] = finished.cast.hartwell
        if number % 2:
            more |= {"published_at": NOW - number * DAY, "published_order": NOW - number * DAY}
        if number == 2:
            more |= {
                "country": "COD", "activities": ["EXT", "REC"], "materials": ["cobalt"], "stage": "published",
                "critical_open": 2,
                "maturity": [{"section": "OHS", "topic": "OHS.1", "self": 3, "verified": 1, "basis": "desk"}],
            }  # fmt: skip
        session.add(row(finished, number, **more))
    session.commit()
    return finished


@contextmanager
def statements(world: Finished) -> Iterator[list[str]]:
    """The statements sent meanwhile; the tenant's own is taken away at the end."""
    with counted(world.engine) as sent:
        yield sent
    sent[:] = [statement for statement in sent if "set_config" not in statement]


KEYS: dict[Sort, Any] = {
    Sort.NAME: lambda e: (e.supplier_name, e.assessment_id),
    Sort.CHANGED: lambda e: (-e.changed_at.timestamp(), -e.assessment_id.int),
    Sort.SHARED_UNTIL: lambda e: (e.shared_until, e.assessment_id),
    Sort.PUBLISHED: lambda e: (
        -(e.published_at or UNPUBLISHED).timestamp(),
        -e.assessment_id.int,
    ),
}


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_every_order_walks_the_whole_list_once(crowd: Finished, limit: int) -> None:
    with reading_as(crowd, crowd.cast.anna) as session:
        for sort in Sort:
            found: list[PortfolioEntry] = []
            cursor = None
            while True:
                one = page(session, crowd.cast.nordvolt, sort=sort, cursor=cursor, limit=limit)
                # The count is told where the first page is all there is, and nowhere else.
                assert one.count == (7 if cursor is None and limit >= 7 else None)
                found += one.entries
                cursor = one.next_cursor
                if cursor is None:
                    break
            assert len(found) == len({entry.assessment_id for entry in found}) == 7
            assert found == sorted(found, key=KEYS[sort])


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 7), (Filter(text="firm 1"), 2), (Filter(text="SITE 100% 4"), 1), (Filter(text="100%"), 7),
        (Filter(text="%"), 7), (Filter(text="_"), 0), (Filter(text="' OR 1=1 --"), 0),
        (Filter(country="COD"), 1), (Filter(material="cobalt"), 1), (Filter(material="cob"), 0),
        (Filter(activity="REC"), 1),
        (Filter(stage="published"), 1), (Filter(open_critical=True), 1), (Filter(topic="OHS.1"), 1),
        (Filter(topic="OHS.1", level=1), 1), (Filter(topic="OHS.1", level=3), 0),
        (Filter(topic="OHS.1", level=3, self_declared=True), 1), (Filter(topic="OHS.2"), 0),
        (Filter(country="COD", material="nickel"), 0),
    ],
)  # fmt: skip
def test_filters(crowd: Finished, wanted: Filter, count: int) -> None:
    with reading_as(crowd, crowd.cast.anna) as session:
        found = page(session, crowd.cast.nordvolt, wanted)
        assert (len(found.entries), found.count) == (count, count)


def test_what_is_made_up_is_refused(crowd: Finished) -> None:
    with reading_as(crowd, crowd.cast.anna) as session:
        good = page(session, crowd.cast.nordvolt, limit=1).next_cursor
        for cursor in ("x", "", "e30=", "WzFd", good and good[:-6]):
            with pytest.raises(Invalid):
                page(session, crowd.cast.nordvolt, cursor=cursor)
        with pytest.raises(Invalid):
            page(session, crowd.cast.nordvolt, sort=Sort.CHANGED, cursor=good)
        for wanted in (Filter(topic="OHS.1", level=9), Filter(level=2), Filter(text="a\x00b")):
            with pytest.raises(Invalid):
                page(session, crowd.cast.nordvolt, wanted)


def test_a_page_is_one_statement_and_an_opening_four(finished: Finished) -> None:
    disclosed(finished, finished.result)
    buyer, assessment_id = finished.cast.nordvolt, finished.result.assessment_id
    with reading_as(finished, finished.cast.anna) as session:
        session.connection()
        with statements(finished) as sent:
            first = page(session, buyer, Filter(text="kovo", topic="OHS.1"))
        assert (len(sent), len(first.entries)) == (1, 1)
        with statements(finished) as sent:
            assert shared(session, buyer, assessment_id, at=NOW) is not None
        assert len(sent) == 4
        with statements(finished) as sent:
            assert shared(session, buyer, uuid.uuid4(), at=NOW) is None
        assert len(sent) == 1


# ---------------------------------------------------------------------- the ledger


def test_suppliers_read_who_looked_at_what_of_theirs_and_nothing_of_others(finished: Finished) -> None:
    cast, result = finished.cast, finished.result
    disclosed(finished, result)
    assessment_id = result.assessment_id
    with acting_as(finished, cast.anna) as session:
        seen = shared(session, cast.nordvolt, assessment_id, at=NOW)
        assert seen is not None
        record_listing(
            session, cast.anna.actor, "Nordvolt Mobility SE", supplier_ids={cast.kovo, cast.rival},
            what={"page": "portfolio"}, at=NOW,
        )  # fmt: skip
        record_opening(
            session, cast.anna.actor, "Nordvolt Mobility SE", supplier_id=cast.kovo,
            assessment_id=assessment_id, what=seen.opened(), at=NOW + timedelta(seconds=1),
        )  # fmt: skip
        record_download(
            session, cast.axel.actor, "Nordvolt Mobility SE", supplier_id=cast.rival, assessment_id=None,
            what={"file": "Paper.pdf"}, at=NOW + timedelta(seconds=2),
        )  # fmt: skip
        assert record_listing(
            session, cast.anna.actor, "N", supplier_ids=[], what={}, at=NOW
        ) is None  # fmt: skip
        session.commit()
    with reading_as(finished, cast.jana) as session:
        mine = ledger_of(session, cast.kovo).lines
    assert [(line.action, line.reader_function) for line in mine] == [
        (LedgerAction.OPENED, "buyer admin"),
        (LedgerAction.LISTED, "buyer admin"),
    ]
    assert mine[0].what["profile"][:2] == ["MGT.1", "MGT.2"]
    assert mine[0].reader_id == cast.nordvolt
    assert str(cast.rival) not in repr(mine)
    assert str(cast.anna.person_id) not in repr(mine)
    with reading_as(finished, cast.rita) as session:
        assert [line.action for line in ledger_of(session, cast.rival).lines] == [
            LedgerAction.DOWNLOADED,
            LedgerAction.LISTED,
        ]
    with reading_as(finished, cast.hugo) as session:
        hartwell_sees = ledger_of(session, cast.kovo).lines
    # The first wall is the door; on PostgreSQL the second one is the policy.
    assert hartwell_sees == () or not finished.is_postgresql


def test_the_ledger_is_read_page_by_page(finished_embedded: Finished) -> None:
    world, cast = finished_embedded, finished_embedded.cast
    for number in range(5):
        record_listing(
            world.session, cast.anna.actor, "N", supplier_ids=[cast.kovo], what={"page": str(number)},
            at=NOW + number // 2 * timedelta(seconds=1),
        )  # fmt: skip
    found: list[str] = []
    cursor = None
    while True:
        one = ledger_of(world.session, cast.kovo, cursor, limit=2)
        found += [line.what["page"] for line in one.lines]
        cursor = one.next_cursor
        if cursor is None:
            break
    assert sorted(found) == ["0", "1", "2", "3", "4"]
    assert found[0] == "4"
    with pytest.raises(Invalid):
        ledger_of(world.session, cast.kovo, "made up")
