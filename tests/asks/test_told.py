"""What rows tell, and to whom: the buyer's portfolio alone, suppliers that it asks, and nobody else."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from assessments.overviews.asks_told import asks_of, beside, shown_to, told_asks
from assessments.parties import Site, Subscription
from assessments.result import Layer
from assessments.sharing.asks import BuyerAsk, Said, add_ask, change_ask, remove_ask, rows_of
from assessments.sharing.disclosure import AccessRequest, LegalBasis
from assessments.sharing.granting import revoke
from assessments.sharing.requesting import Named, decline_request, send_request, withdraw_request
from tests.asks.conftest import GAINED, LOST, RELATED, next_version
from tests.conftest import Stack
from tests.support.acts import disclosed
from tests.support.buyers import acting_as, reading_as
from tests.support.cast import NOW, Member
from tests.support.statements import counted
from tests.support.worlds import Finished


def add(world: Stack, said: Said, by: Member | None = None) -> uuid.UUID:
    """A row of Nordvolt's (or of ``by``'s buyer), committed."""
    made = add_ask(world.session, said, by=(by or world.cast.anna).actor, at=NOW).id
    world.session.commit()
    return made


def asked(world: Stack, by: Member, of: Member) -> uuid.UUID:
    """A request of a buyer to an admin's supplier, committed."""
    request = send_request(
        world.session, Named(email=of.email), layers=[Layer.STATUS], purpose="Supply",
        legal_basis=next(iter(LegalBasis)), until=NOW + timedelta(days=90), by=by.actor,
        at=NOW - timedelta(days=1),
    )  # fmt: skip
    world.session.commit()
    return request.id


def counts(world: Stack, member: Member) -> dict[tuple[str, str, str], int | None]:
    """By whom a member's rows narrow to, how many suppliers each reaches."""
    with reading_as(world, member) as session:
        return {t.said.whom: t.suppliers for t in told_asks(session, member.organization_id, beside(session))}


def shown(world: Stack, member: Member, buyer_id: uuid.UUID) -> list[str]:
    """The standards that a supplier's member reads of a buyer, under its own tenant."""
    with reading_as(world, member) as session:
        return [told.said.standard for told in shown_to(session, member.organization_id, buyer_id)]


def test_a_row_counts_those_of_the_own_portfolio_that_it_reaches(finished: Finished) -> None:
    add(finished, Said("ISO45001"))
    add(finished, Said("CM3", country="CZE", material="copper", activity="SMR"))
    add(finished, Said("SA8000", material="nickel"))
    add(finished, Said("GRI", country="DEU"))
    add(finished, Said("VSME"), by=finished.cast.hugo)
    wanted = [("", "", ""), ("CZE", "copper", "SMR"), ("", "nickel", ""), ("DEU", "", "")]
    assert counts(finished, finished.cast.anna) == dict.fromkeys(wanted, 0), "nothing is shared yet"
    grant = disclosed(finished, finished.result)
    assert counts(finished, finished.cast.axel) == {**dict.fromkeys(wanted, 1), wanted[-1]: 0}
    assert counts(finished, finished.cast.hugo) == {("", "", ""): 0}, "what another sees counts for nobody"
    revoke(finished.session, grant, by=finished.cast.jana.actor, at=NOW)
    finished.session.commit()
    assert counts(finished, finished.cast.anna) == dict.fromkeys(wanted, 0)


def test_a_row_reaches_a_site_in_words_if_and_only_if_the_portfolio_lists_it(finished: Finished) -> None:
    """``Said.reaches`` says of one site what the portfolio's filter says in SQL."""
    site = finished.session.get_one(Site, finished.result.site_id)
    described = (site.country, site.activities, [entry["material"] for entry in site.materials])
    rows = [
        Said("ISO45001", country=country, material=material, activity=activity)
        for country in ("", site.country, "DEU")
        for material in ("", described[2][0], "tin")
        for activity in ("", site.activities[0], "REC")
    ]
    for said in rows:
        add(finished, said)
    disclosed(finished, finished.result)
    counted_each = counts(finished, finished.cast.anna)
    assert counted_each == {said.whom: int(said.reaches(*described)) for said in rows}
    assert set(counted_each.values()) == {0, 1}


def test_without_a_subscription_nobody_is_counted(finished: Finished) -> None:
    add(finished, Said("ISO45001"))
    disclosed(finished, finished.result)
    for row in finished.session.scalars(select(Subscription)):
        row.ends_at = NOW - timedelta(days=1)
    finished.session.commit()
    assert counts(finished, finished.cast.anna) == {("", "", ""): 0}


def test_the_list_takes_as_many_statements_for_many_rows_as_for_one(listed: Stack) -> None:
    add(listed, Said("ISO45001"))
    with reading_as(listed, listed.cast.anna) as session:
        beside(session)  # a published questionnaire is read once in a process
    taken = []
    for said in (Said("CM3", material="copper"), Said("GRI", country="CZE"), Said("VSME", activity="SMR")):
        with reading_as(listed, listed.cast.anna) as session, counted(listed.engine) as ran:
            told_asks(session, listed.cast.nordvolt, beside(session))
        taken.append(len([one for one in ran if "set_config" not in one]))
        add(listed, said)
    # the versions, the rows, the suppliers of all of them
    assert taken == [3, 3, 3]


def test_what_a_supplier_reads_of_a_buyer_takes_three_statements_however_many_rows(listed: Stack) -> None:
    cast, taken = listed.cast, []
    asked(listed, cast.anna, cast.jana)
    for said in (None, Said("ISO45001"), Said("CM3", country="CZE"), Said("GRI", activity="SMR")):
        if said is not None:
            add(listed, said)
        shown(listed, cast.jana, cast.nordvolt)  # a published questionnaire is read once in a process
        with counted(listed.engine) as ran:
            shown(listed, cast.jana, cast.nordvolt)
        taken.append(len([one for one in ran if "set_config" not in one]))
    assert taken == [1, 3, 3, 3]


def test_a_new_version_flags_the_rows_it_touches_until_they_are_looked_at(listed: Stack) -> None:
    for said in (Said("ISO45001"), Said("ISO45001", (LOST,), country="CZE"), Said("ISO14001")):
        add(listed, said)
    next_version(listed)
    with reading_as(listed, listed.cast.anna) as session:
        told = told_asks(session, listed.cast.nordvolt, beside(session))
    assert [({one.key for one in each.changes}, each.since) for each in told] == [
        (set(), "1.0"), ({LOST, GAINED, RELATED}, "1.0"), ({LOST}, "1.0"),
    ]  # fmt: skip


def test_a_site_is_reached_by_what_it_is_and_topics_are_told_by_what_is_disclosed(listed: Stack) -> None:
    add(listed, Said("ISO45001"))
    add(listed, Said("SA8000", country="DEU"))
    add(listed, Said("CM3", activity="REC", material="copper"))
    site = {"country": "CZE", "activities": ["SMR"], "materials": ["nickel", "copper"]}
    with reading_as(listed, listed.cast.anna) as session:
        nothing = asks_of(session, listed.cast.nordvolt, **site, sees=set())  # type: ignore[arg-type]
        some = asks_of(session, listed.cast.nordvolt, **site, sees={"OHS.1", "GRV.9"})  # type: ignore[arg-type]
        assert asks_of(session, listed.cast.hartwell, **site, sees={"OHS.1"}) == ()  # type: ignore[arg-type]
    assert [row.said.standard for row in nothing] == ["ISO45001"]
    assert nothing[0].shown == ()
    assert [topic.key for topic in some[0].shown] == ["OHS.1"]
    assert {topic.key for topic in some[0].others} == {topic.key for topic in nothing[0].others} - {"OHS.1"}


def test_a_supplier_reads_the_rows_of_a_buyer_that_asks_it(listed: Stack) -> None:
    cast = listed.cast
    add(listed, Said("ISO45001"))
    add(listed, Said("CM3", country="CZE", material="copper"))
    add(listed, Said("GRI", country="DEU"))
    add(listed, Said("CSDDD", shown=False))
    gone = add(listed, Said("VSME"))
    remove_ask(listed.session, listed.session.get_one(BuyerAsk, gone), by=cast.anna.actor, at=NOW)
    listed.session.commit()
    assert shown(listed, cast.jana, cast.nordvolt) == [], "no request, nothing shared"
    asked(listed, cast.anna, cast.jana)
    assert shown(listed, cast.petr, cast.nordvolt) == ["CM3", "ISO45001"]
    assert shown(listed, cast.rita, cast.nordvolt) == [], "another supplier was not asked"
    assert shown(listed, cast.jana, cast.hartwell) == [], "another buyer's list is its own"


def test_a_no_and_a_request_taken_back_end_it(listed: Stack) -> None:
    cast, session = listed.cast, listed.session
    add(listed, Said("ISO45001"))
    first = session.get_one(AccessRequest, asked(listed, cast.anna, cast.jana))
    assert shown(listed, cast.jana, cast.nordvolt) == ["ISO45001"]
    decline_request(session, first, by=cast.jana.actor, at=NOW)
    session.commit()
    assert shown(listed, cast.jana, cast.nordvolt) == []
    withdraw_request(session, first, by=cast.anna.actor, at=NOW)
    second = session.get_one(AccessRequest, asked(listed, cast.anna, cast.jana))
    assert shown(listed, cast.jana, cast.nordvolt) == ["ISO45001"]
    withdraw_request(session, second, by=cast.anna.actor, at=NOW)
    session.commit()
    assert shown(listed, cast.jana, cast.nordvolt) == []


def test_who_shares_reads_them_as_long_as_it_shares(finished: Finished) -> None:
    add(finished, Said("ISO45001"))
    grant = disclosed(finished, finished.result)
    assert shown(finished, finished.cast.jana, finished.cast.nordvolt) == ["ISO45001"]
    revoke(finished.session, grant, by=finished.cast.jana.actor, at=NOW)
    finished.session.commit()
    assert shown(finished, finished.cast.jana, finished.cast.nordvolt) == []


# ------------------------------------------------------------------ the second wall


@pytest.fixture
def walled(on_postgresql: Stack) -> Stack:
    """Nordvolt's and Hartwell's rows on PostgreSQL; Nordvolt asked Kovo."""
    add(on_postgresql, Said("ISO45001"))
    add(on_postgresql, Said("CSDDD", shown=False))
    add(on_postgresql, Said("VSME"), by=on_postgresql.cast.hugo)
    asked(on_postgresql, on_postgresql.cast.anna, on_postgresql.cast.jana)
    return on_postgresql


def test_without_any_where_each_sees_its_own_and_others_nothing(walled: Stack) -> None:
    cast = walled.cast
    seen = {}
    for name, member in cast.members().items():
        with reading_as(walled, member) as session:
            seen[name] = sorted(session.scalars(select(BuyerAsk.standard)))
    assert {name: rows for name, rows in seen.items() if rows} == {
        "anna": ["CSDDD", "ISO45001"], "axel": ["CSDDD", "ISO45001"], "hugo": ["VSME"],
        "jana": ["ISO45001"], "petr": ["ISO45001"],
    }  # fmt: skip


def test_without_any_where_a_supplier_sees_the_rows_that_reach_an_open_site_of_it(
    on_postgresql: Stack,
) -> None:
    """The policy says of its sites what ``Said.reaches`` says of each (migration 0007)."""
    world, cast, session = on_postgresql, on_postgresql.cast, on_postgresql.session
    smelter = session.get_one(Site, cast.smelter)
    mine = session.scalars(select(Site).where(Site.organization_id == cast.kovo)).all()
    for site in mine:
        site.closed_at = None if site is smelter else NOW
    smelter.activities, smelter.country = ["SMR", "REC"], "CZE"
    smelter.materials = [{"material": "nickel", "use": "bought"}, {"material": "copper", "use": "bought"}]
    session.commit()
    rows = [
        Said("ISO45001", country=country, material=material, activity=activity)
        for country in ("", "CZE", "DEU")
        for material in ("", "copper", "tin")
        for activity in ("", "REC", "EXT")
    ]
    for said in rows:
        add(world, said)
    asked(world, cast.anna, cast.jana)
    wanted = {said.whom for said in rows if said.reaches("CZE", ["SMR", "REC"], ["nickel", "copper"])}
    assert len(wanted) == 8
    assert bare(world, cast.jana) == wanted
    assert bare(world, cast.rita) == set(), "it was not asked"
    assert bare(world, cast.anna) == {said.whom for said in rows}
    smelter.closed_at = NOW
    session.commit()
    assert bare(world, cast.jana) == set(), "a closed site is asked nothing"


def bare(world: Stack, member: Member) -> set[tuple[str, str, str]]:
    """By whom the rows narrow to that a member sees, all without a WHERE."""
    with reading_as(world, member) as session:
        return {ask.said.whom for ask in session.scalars(select(BuyerAsk))}


def test_what_a_buyer_unsaid_is_read_by_nobody_else(walled: Stack) -> None:
    """A reason taken back is the buyer's alone, whatever a supplier that reads the row asks by SQL."""
    cast, session = walled.cast, walled.session
    row = session.scalars(rows_of(cast.nordvolt).where(BuyerAsk.shown.is_(True))).one()
    for reason, revision in (("We doubt the Ostrava smelter", 1), ("Clause 7 of our terms", 2)):
        said = Said("ISO45001", reason=reason)
        change_ask(session, row, said, revision=revision, by=cast.anna.actor, at=NOW)
    session.commit()
    readers: dict[str, set[str]] = {}
    for name, member in cast.members().items():
        with reading_as(walled, member) as reading:
            names = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND "
            for table in sorted(set(reading.scalars(text(names + "table_name LIKE 'buyer_ask%'")))):
                told = repr(reading.execute(text(f"SELECT to_jsonb(t) FROM {table} t")).all())
                readers.setdefault(table, set()).update({name} if "Ostrava" in told else ())
    assert readers == {"buyer_ask": set(), "buyer_ask_before": {"anna", "axel"}}
    with reading_as(walled, cast.jana) as reading:
        assert reading.scalars(select(BuyerAsk.reason)).all() == ["Clause 7 of our terms"]


def test_a_supplier_writes_none_of_what_it_reads(walled: Stack) -> None:
    cast = walled.cast
    with acting_as(walled, cast.jana) as session:
        changed = session.execute(text("UPDATE buyer_ask SET reason = 'mine'"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.execute(
                text(
                    "INSERT INTO buyer_ask (id, organization_id, standard, elements, country, material, "
                    "activity, reason, shown, revision, changed_at) VALUES (:id, :buyer, 'VSME', '[]', '', "
                    "'', '', '', true, 1, now())"
                ),
                {"id": uuid.uuid4(), "buyer": cast.nordvolt},
            )
        session.rollback()
    with reading_as(walled, cast.anna) as session:
        assert {row.reason for row in session.scalars(rows_of(cast.nordvolt))} == {""}
