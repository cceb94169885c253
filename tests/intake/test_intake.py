"""What may come in at all: hostile bodies stay small, and no odd text, day or cursor is a fault of ours."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from assessments.workflow import Invalid
from plumbline.intake import FORM_LARGEST, JSON_LARGEST, MOST_FAULTS, check_json
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.support.worlds import Finished

NUL = "a\x00b"
ASKED = {
    "named_by": {"email": "x@y.example"}, "layers": ["status"], "purpose": "p", "legal_basis": "contract",
    "until": (NOW + timedelta(days=90)).isoformat(),
}  # fmt: skip
FAR = (
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "1899-12-31T00:00:00Z",
)


def offer(world: Finished, **more: object) -> dict[str, object]:
    return {
        "buyer_id": str(world.cast.nordvolt), "site_id": str(world.cast.smelter), "layers": ["status"],
        "purpose": "p", "ends_at": ASKED["until"], "result_id": str(world.ids.result), **more,
    }  # fmt: skip


def send(visit: Visit, path: str, body: str) -> Any:
    return visit.client.post(
        f"/api/v1{path}", data=body, content_type="application/json",
        headers={"Authorization": f"Bearer {visit.token}"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**ASKED, "layers": ["x"] * 200_000}),
        json.dumps({**ASKED, "layers": ["status"] * 3_000}),
        json.dumps({**ASKED, "layers": ["x"] * 1_900}),
        json.dumps({f"unknown{n}": 1 for n in range(40_000)}),
        json.dumps({f"unknown{n}": 1 for n in range(400)}),
        json.dumps({**ASKED, "named_by": {"lei": [[["x"] * 500] * 100] * 2}}),
        "[" * 100_000,
        '{"layers": ' + "[" * 60 + "]" * 60 + "}",
    ],
    ids=["many", "over", "under", "fields", "few fields", "deep and wide", "unclosed", "deep"],
)
def test_a_hostile_body_gets_a_short_answer(finished_embedded: Finished, body: str) -> None:
    told = send(finished_embedded.visit(finished_embedded.cast.anna), "/access-requests", body)
    assert told.status_code == 422, told.status_code
    assert len(told.get_data()) < 20_000
    assert len(told.get_json().get("errors", [])) <= MOST_FAULTS + 1


def test_columns_that_are_not_there_are_told_of_the_first_ones(finished_embedded: Finished) -> None:
    jana = finished_embedded.visit(finished_embedded.cast.jana)
    columns = {f"unknown{n}": 1 for n in range(450)}
    told = jana.api("PATCH", "/organization", {"columns": columns}, If_Match='"1"')
    assert told.status_code == 422
    assert len(told.get_json()["errors"]) == MOST_FAULTS + 1
    assert told.get_json()["errors"][-1]["message"].startswith("400 more")


def test_bodies_have_a_size(finished_embedded: Finished) -> None:
    anna, nobody = finished_embedded.visit(finished_embedded.cast.anna), finished_embedded.visit()
    assert send(anna, "/access-requests", "x" * (JSON_LARGEST + 1)).status_code == 413
    nobody.get("/sign-in")
    form = {"email": "x" * (FORM_LARGEST + 1), "csrf_token": nobody._csrf}
    assert nobody.client.post("/sign-in", data=form).status_code == 413
    parts = b"--x\r\n" + b"y" * (FORM_LARGEST + 1)
    told = nobody.client.post("/sign-in", data=parts, content_type="multipart/form-data; boundary=x")
    assert told.status_code == 413


def test_a_query_has_a_size(finished_embedded: Finished) -> None:
    jana = finished_embedded.visit(finished_embedded.cast.jana)
    told = jana.api("GET", "/sites?" + "&".join(f"a{n}=1" for n in range(2_000)))
    assert told.status_code == 422
    assert len(told.get_data()) < 2_000


def test_the_parts_of_a_body_are_counted() -> None:
    check_json({"parts": {"rows": [{"row": str(n), "a": 1, "b": "x"} for n in range(1_000)]}})
    with pytest.raises(Invalid):
        check_json({"parts": [{"rows": [{"a": 1}] * 500}] * 500})
    with pytest.raises(Invalid):
        check_json({"parts": {"a": "half of a pair: \ud800"}})


def test_text_that_is_no_text_is_refused_by_field(finished: Finished) -> None:
    world, cast = finished, finished.cast
    anna, jana, nobody = world.visit(cast.anna), world.visit(cast.jana), world.visit()
    assert jana.api("POST", "/disclosures", offer(world)).status_code == 201
    [row] = anna.api("GET", "/portfolio").get_json()["items"]
    pages = [
        (nobody, "/sign-in", {"email": NUL + "@x.example", "password": "x"}),
        (nobody, "/sign-in", {"email": "a@x.example", "password": NUL}),
        (anna, f"/buyer/assessments/{row['assessment_id']}/note", {"note": NUL}),
        (anna, "/buyer/requests", {"email": "x@y.example", "layers": ["status"], "purpose": NUL}),
        (anna, "/buyer/requests", {"register_number": NUL, "country": "CZE"}),
        (jana, "/account/tokens", {"name": NUL}),
        (jana, "/supplier/members", {"email": "q\x00@x.example", "name": "x"}),
        (jana, "/supplier/sharing/new", {"buyer": NUL, "purpose": "x"}),
    ]
    for visit, path, form in pages:
        assert visit.post(path, form).status == 422, (path, form)
    for visit, path in ((jana, "/supplier/evidence?q=%00"), (anna, "/buyer/?q=%00"), (nobody, "/?%00=1")):
        assert visit.get(path).status == 422, path
    withdrawn = f"/assessments/{world.ids.waiting}/transitions"
    calls: list[tuple[Visit, str, dict[str, object]]] = [
        (anna, "/access-requests", {**ASKED, "purpose": NUL}),
        (anna, "/access-requests", {**ASKED, "named_by": {"email": "x\x00@y.example"}}),
        (jana, "/disclosures", offer(world, purpose=NUL)),
        (jana, "/disclosures", offer(world, topics=[NUL])),
        (jana, "/assessments", {"site_id": str(cast.smelter), "cycle": "2031", "questionnaire": NUL}),
        (jana, withdrawn, {"to": "withdrawn", "reason": NUL}),
    ]
    for visit, path, body in calls:
        told = visit.api("POST", path, body)
        assert told.status_code == 422, (path, body)
        assert "no text has" in told.get_json()["errors"][0]["message"]
    assert send(anna, "/access-requests", json.dumps(ASKED).replace('"p"', '"\\ud800"')).status_code == 422


def test_days_out_of_any_calendar_are_refused(finished: Finished) -> None:
    world = finished
    anna, jana = world.visit(world.cast.anna), world.visit(world.cast.jana)
    for day in FAR:
        assert jana.api("POST", "/disclosures", offer(world, ends_at=day)).status_code == 422, day
        told = anna.api("POST", "/access-requests", {**ASKED, "until": day})
        assert told.status_code == 422, day
    for day in FAR[2:]:
        assert jana.api("POST", "/disclosures", offer(world, starts_at=day)).status_code == 422, day
    page = anna.post("/buyer/requests", {**ASKED, "email": "x@y.example", "until": "9999-12-31"})
    assert page.status == 422


def test_a_made_up_cursor_is_no_page(finished: Finished) -> None:
    world, nothing = finished, "0" * 32

    def cursor(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode()

    anna, jana = world.visit(world.cast.anna), world.visit(world.cast.jana)
    far = [f'"{day}"' for day in FAR]
    made_up = [
        "[" * 1400, "[" * 100_000, '{"a": 1}', "[1, 2, 3]",
        *(f'["name", {word}, "{nothing}"]' for word in ('"\\ud800"', '"\\u0000"', "1")),
        *(f'["changed", {day}, "{nothing}"]' for day in far),
    ]  # fmt: skip
    for text in made_up:
        sort = "&sort=changed" if "changed" in text else ""
        for visit, path in ((anna, "/api/v1/portfolio?cursor="), (anna, "/buyer/?after=")):
            token = {"Authorization": f"Bearer {visit.token}"} if "api" in path else {}
            told = visit.client.get(path + cursor(text) + sort, headers=token)
            assert told.status_code in {200, 422}, (path, text[:60], told.status_code)
    for text in ("[" * 1400, *(f'[{day}, "{nothing}"]' for day in far), f'["x", "{nothing}"]'):
        assert jana.api("GET", f"/access-ledger?cursor={cursor(text)}").status_code == 422, text[:60]
        assert jana.client.get(f"/supplier/ledger?after={cursor(text)}").status_code in {200, 404, 422}


def test_the_trail_is_asked_by_numbers_that_there_are(finished: Finished) -> None:
    adam = finished.visit(finished.cast.adam)
    for before in ("%C2%B2", "9" * 30, "-1", "x", "9" * 18):
        assert adam.client.get(f"/steward/audit?before={before}").status_code == 200, before
