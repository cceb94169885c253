"""The list for programs: the same moves, coverage with it, revisions, and nobody else's row."""

from __future__ import annotations

from typing import Any

from tests.asks.conftest import GAINED, LOST, RELATED, next_version
from tests.conftest import Stack
from tests.support.acts import disclosed
from tests.support.cast import Member
from tests.support.worlds import Finished

ASKS = "/asks"


def made(world: Stack, member: Member, **said: Any) -> dict[str, Any]:
    """A row as the interface answers it."""
    answer = world.visit(member).api("POST", ASKS, {"standard": "ISO45001", **said})
    assert answer.status_code == 201, answer.get_json()
    row: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"].endswith(f"{ASKS}/{row['id']}")
    return row


def test_a_row_is_made_changed_taken_off_and_put_back(listed: Stack) -> None:
    anna = listed.visit(listed.cast.anna)
    row = made(listed, listed.cast.anna, elements=[LOST], country="CZE", reason="Clause 7")
    assert (row["shown"], row["revision"], row["suppliers"], row["looked_beside"]) == (True, 1, 0, "1.0")
    coverage = row["coverage"]
    assert coverage["elements"] == [LOST]
    assert sum(coverage[name] for name in ("equal", "broader", "partial", "narrower")) == 1
    assert coverage["questions"]
    path, body = f"{ASKS}/{row['id']}", {"standard": "ISO45001", "country": "DEU"}
    assert anna.api("PUT", path, body).status_code == 428
    changed = anna.api("PUT", path, body, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert len(changed.get_json()["coverage"]["elements"]) == 11
    stale = anna.api("PUT", path, {**body, "country": "FRA"}, **{"If-Match": '"1"'})
    assert stale.status_code == 412
    both = stale.get_json()
    assert (both["current"]["country"], both["offered"]["country"]) == ("DEU", "FRA")
    assert anna.api("DELETE", path).status_code == 204
    assert anna.api("DELETE", path).status_code == 409
    assert anna.api("GET", ASKS).get_json()["items"] == []
    assert anna.api("POST", f"{path}/undo", {}, **{"If-Match": '"2"'}).status_code == 412
    assert anna.api("POST", f"{path}/undo", {}).status_code == 200
    assert [each["country"] for each in anna.api("GET", ASKS).get_json()["items"]] == ["DEU"]


def test_what_cannot_be_kept_names_its_place(listed: Stack) -> None:
    anna = listed.visit(listed.cast.anna)
    for said, place in (({"standard": "X"}, "standard"), ({"standard": "VSME", "country": "XX"}, "country")):
        refused = anna.api("POST", ASKS, said)
        assert refused.status_code == 422
        assert [fault["place"] for fault in refused.get_json()["errors"]] == [place]


def test_the_list_tells_what_a_version_changed_until_it_was_looked_at(listed: Stack) -> None:
    row = made(listed, listed.cast.anna)
    next_version(listed)
    axel, anna = listed.visit(listed.cast.axel), listed.visit(listed.cast.anna)
    told = axel.api("GET", ASKS).get_json()
    assert told["version"] == "9.0"
    assert {one["element"] for one in told["items"][0]["changes"]} == {LOST, GAINED, RELATED}
    assert axel.api("POST", f"{ASKS}/{row['id']}/looked", {}).status_code == 403
    path = f"{ASKS}/{row['id']}"
    looked = anna.api("POST", f"{path}/looked", {}, **{"If-Match": '"1"'})
    assert (looked.get_json()["changes"], looked.get_json()["looked_beside"]) == ([], "9.0")
    assert looked.headers["ETag"] == '"2"', "it reads otherwise than what had the ETag before"


def test_two_who_look_and_change_at_once_both_learn_of_the_other(listed: Stack) -> None:
    row = made(listed, listed.cast.anna)
    next_version(listed)
    anna, path = listed.visit(listed.cast.anna), f"{ASKS}/{row['id']}"
    seen = anna.api("GET", path).headers["ETag"]
    assert anna.api("POST", f"{path}/looked", {}, **{"If-Match": seen}).status_code == 200
    late = anna.api("PUT", path, {"standard": "ISO45001", "country": "DEU"}, **{"If-Match": seen})
    assert (late.status_code, late.get_json()["current"]["country"]) == (412, "")
    next_version(listed, "10.0")
    changed = anna.api("PUT", path, {"standard": "ISO45001", "country": "CZE"}, **{"If-Match": '"2"'})
    assert changed.headers["ETag"] == '"3"'
    next_version(listed, "11.0")
    unseen = anna.api("POST", f"{path}/looked", {}, **{"If-Match": '"2"'})
    assert (unseen.status_code, unseen.get_json()["current"]["country"]) == (412, "CZE")
    assert unseen.get_json()["offered"] == {"revision": 2}
    assert anna.api("GET", path).get_json()["looked_beside"] == "10.0"


def test_nobody_else_meets_a_row(listed: Stack) -> None:
    cast = listed.cast
    row = made(listed, cast.anna)
    path, hugo = f"{ASKS}/{row['id']}", listed.visit(cast.hugo)
    assert hugo.api("GET", ASKS).get_json()["items"] == []
    for method, where in (("GET", ""), ("DELETE", ""), ("POST", "/undo"), ("POST", "/looked")):
        body: dict[str, Any] | None = {} if method == "POST" else None
        assert hugo.api(method, f"{path}{where}", body).status_code == 404
    for member in (cast.jana, cast.rita, cast.lena, cast.sara, cast.adam):
        visit = listed.visit(member)
        assert {visit.api("GET", ASKS).status_code, visit.api("GET", path).status_code} == {404}


def test_the_count_is_of_what_the_buyer_sees(finished: Finished) -> None:
    made(finished, finished.cast.anna, country="CZE", material="copper", activity="SMR")
    made(finished, finished.cast.hugo)
    disclosed(finished, finished.result)
    for member, suppliers in ((finished.cast.axel, 1), (finished.cast.hugo, 0)):
        (row,) = finished.visit(member).api("GET", ASKS).get_json()["items"]
        assert row["suppliers"] == suppliers
