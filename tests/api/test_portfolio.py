"""The portfolio by the interface: what is shared, by cursor, one statement and one ledger row a page."""

from __future__ import annotations

from sqlalchemy import select

from assessments.sharing.disclosure import AccessLedgerEntry
from plumbline.api.portfolio import PortfolioList
from tests.conftest import Stack
from tests.support.acts import disclosed, published, self_declared
from tests.support.programs import ask
from tests.support.statements import as_a_server, counted


def test_what_is_shared_is_listed_and_written_down(stack: Stack) -> None:
    result = published(stack)
    disclosed(stack, result, without=frozenset({"MIN.1"}))
    answer = ask(stack.visit(stack.cast.anna), "GET", "/portfolio?country=CZE&sort=name&limit=50")
    assert answer.status == 200, answer.json
    listed = PortfolioList.model_validate(answer.json)
    assert [item.assessment_id for item in listed.items] == [result.assessment_id]
    assert (listed.count, listed.next_cursor) == (1, None)
    assert "MIN.1" not in {cell.topic for cell in listed.items[0].maturity}
    lines = stack.session.scalars(select(AccessLedgerEntry)).all()
    assert [(line.action, line.supplier_ids, line.what) for line in lines] == [
        ("listed", [str(stack.cast.kovo)], {"page": "portfolio"})
    ]


def test_nothing_shared_lists_nothing_and_writes_nothing(stack: Stack) -> None:
    disclosed(stack, published(stack))
    answer = ask(stack.visit(stack.cast.hugo), "GET", "/portfolio")
    assert answer.json == {"items": [], "next_cursor": None, "count": 0}
    assert stack.session.scalars(select(AccessLedgerEntry)).all() == []


def test_pages_follow_one_another_by_cursor(stack: Stack) -> None:
    disclosed(stack, published(stack))
    disclosed(stack, self_declared(stack))
    anna = stack.visit(stack.cast.anna)
    first = ask(anna, "GET", "/portfolio?limit=1").json
    assert (len(first["items"]), first["count"]) == (1, None)
    second = ask(anna, "GET", f"/portfolio?limit=1&cursor={first['next_cursor']}").json
    assert (len(second["items"]), second["count"], second["next_cursor"]) == (1, None, None)
    assert first["items"][0]["assessment_id"] != second["items"][0]["assessment_id"]
    other_order = ask(anna, "GET", f"/portfolio?sort=changed&cursor={first['next_cursor']}")
    assert other_order.status == 422


def test_filters_narrow_and_wrong_ones_are_named(embedded: Stack) -> None:
    disclosed(embedded, published(embedded))
    anna = embedded.visit(embedded.cast.anna)
    for query, count in {
        "text=kovo": 1, "text=nobody": 0, "country=DEU": 0, "material=nickel": 1, "activity=SMR": 1,
        "activity=EXT": 0, "topic=OHS.1&level=2": 1, "topic=OHS.1&level=4": 0, "stage=published": 1,
        "open_critical=true": 1, "topic=OHS.1&level=3&self_declared=true": 1,
    }.items():  # fmt: skip
        assert ask(anna, "GET", f"/portfolio?{query}").json["count"] == count, query
    for query, place in {"level=9": "level", "limit=0": "limit", "sort=level": "sort", "colour=red": "colour",
                         "level=2": "topic", "cursor=x": "cursor"}.items():  # fmt: skip
        answer = ask(anna, "GET", f"/portfolio?{query}")
        assert (answer.status, answer.json["errors"][0]["place"]) == (422, place)


def test_who_may(stack: Stack) -> None:
    cast = stack.cast
    for who, status in {cast.anna: 200, cast.axel: 200, cast.hugo: 200, cast.jana: 404, cast.lena: 404,
                        cast.sara: 404, None: 401}.items():  # fmt: skip
        assert ask(stack.visit(who), "GET", "/portfolio").status == status


def test_a_page_is_a_fixed_number_of_statements(stack: Stack) -> None:
    disclosed(stack, published(stack))
    anna = stack.visit(stack.cast.anna)
    for _shown in (1, 2):
        with counted(stack.engine) as seen:
            answer = as_a_server(ask, anna, "GET", "/portfolio?country=CZE&sort=name&limit=50")
        assert answer.status == 200
        assert len(seen) == 3, seen  # who asks, the page, the ledger row
        disclosed(stack, self_declared(stack, label="2027")) if _shown == 1 else None
