"""The list as a table: what the list tells, a line a row, and nothing that a spreadsheet would work out."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import text

from assessments.overviews.asks_file import COLUMNS
from assessments.sharing.asks import Said
from tests.asks.conftest import GAINED, LOST, RELATED, next_version
from tests.asks.test_told import add
from tests.conftest import Stack
from tests.support.acts import disclosed
from tests.support.cast import Member
from tests.support.worlds import Finished


def lines(world: Stack, member: Member, path: str) -> list[dict[str, str]]:
    """The lines of the table, as a spreadsheet program reads them."""
    visit = world.visit(member)
    sent = visit.api("GET", "/asks.csv") if path.startswith("/api") else visit.client.get(path)
    assert sent.status_code == 200, sent.get_data(as_text=True)
    assert sent.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert sent.headers["Content-Disposition"] == 'attachment; filename="what-we-ask-of-whom.csv"'
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    raw = sent.get_data()
    assert raw.startswith(b"\xef\xbb\xbf")
    read = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert tuple(read.fieldnames or ()) == COLUMNS
    return list(read)


@pytest.mark.parametrize("path", ["/buyer/asks.csv", "/api/v1/asks.csv"])
def test_a_line_says_what_the_list_says_of_the_row(listed: Stack, path: str) -> None:
    cast = listed.cast
    add(
        listed,
        Said("ISO45001", (LOST,), "CZE", "copper", "SMR", reason='Clause 7, our "terms"', shown=False),
    )
    add(listed, Said("ISO45001"))
    add(listed, Said("VSME"), by=cast.hugo)
    one, whole = sorted(lines(listed, cast.axel, path), key=lambda line: line["narrowed_to"], reverse=True)
    told = {each["country"]: each for each in listed.visit(cast.axel).api("GET", "/asks").get_json()["items"]}
    for line, item in ((one, told["CZE"]), (whole, told[""])):
        covers = item["coverage"]
        assert line["left_over"].split() == covers["left_over"]
        assert line["questions"].split() == covers["questions"]
        assert line["elements"] == str(len(covers["elements"]))
        for relation in ("equal", "broader", "partial", "narrower"):
            assert line[relation] == str(covers[relation])
    said = ("standard", "narrowed_to", "country", "material", "activity", "reason", "shown_to_suppliers")
    assert [one[name] for name in said] == [
        "ISO45001", LOST, "CZE", "copper", "SMR", 'Clause 7, our "terms"', "no",
    ]  # fmt: skip
    assert (whole["narrowed_to"], whole["shown_to_suppliers"], whole["suppliers"]) == ("", "yes", "0")
    beside = ("questionnaire", "looked_beside", "covered_otherwise_since")
    assert [whole[name] for name in beside] == ["1.0", "1.0", ""]


def test_it_counts_who_shares_and_names_what_a_version_changed(finished: Finished) -> None:
    add(finished, Said("ISO45001"))
    disclosed(finished, finished.result)
    next_version(finished)
    (line,) = lines(finished, finished.cast.anna, "/buyer/asks.csv")
    assert (line["suppliers"], line["questionnaire"], line["looked_beside"]) == ("1", "9.0", "1.0")
    assert set(line["covered_otherwise_since"].split()) == {LOST, GAINED, RELATED}


@pytest.mark.parametrize("reason", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_a_reason_that_a_spreadsheet_would_work_out_begins_with_a_quote(shown: Stack, reason: str) -> None:
    add(shown, Said("ISO45001"))
    # As it may stand in the database: what a person types is trimmed before it is kept.
    shown.session.execute(text("UPDATE buyer_ask SET reason = :reason"), {"reason": reason})
    shown.session.commit()
    (line,) = lines(shown, shown.cast.anna, "/buyer/asks.csv")
    assert line["reason"] == f"'{reason}"


def test_the_page_leads_to_it_once_there_is_a_row(shown: Stack) -> None:
    visit = shown.visit(shown.cast.axel)
    assert "/buyer/asks.csv" not in visit.get("/buyer/asks").links()
    add(shown, Said("ISO45001"))
    assert "/buyer/asks.csv" in visit.get("/buyer/asks").links()
    assert lines(shown, shown.cast.hugo, "/buyer/asks.csv") == [], "another buyer's list is its own"
    assert shown.visit(shown.cast.jana).get("/buyer/asks.csv").status == 404
