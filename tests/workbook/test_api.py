"""The workbook over the interface: looked at by default, taken over when told to."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import func, select

from assessments.assessment import AnswerRevision, Assessment
from plumbline.api.document import document
from tests.conftest import Stack
from tests.support.page import Visit
from tests.workbook.conftest import filled
from tests.workbook.uploads import saved

ACCIDENTS = {"OHS-05.cases.employees@D": 3, "OHS-05.causes=fall": "x"}


def fetched(visit: Visit, assessment: Assessment, query: str = "") -> bytes:
    answer = visit.api("GET", f"/assessments/{assessment.id}/workbook{query}")
    assert answer.status_code == 200, answer.data
    assert answer.content_type.endswith("spreadsheetml.sheet")
    raw: bytes = answer.data
    return raw


def sent(visit: Visit, assessment: Assessment, raw: bytes | None, key: str = "", **fields: str) -> Any:
    path = f"/api/v1/assessments/{assessment.id}/workbook"
    visit.stack.session.rollback()
    headers = {"Authorization": f"Bearer {visit.token}"}
    if key:
        headers["Idempotency-Key"] = key
    data: dict[str, Any] = dict(fields)
    if raw is not None:
        data["file"] = (io.BytesIO(raw), "answers.xlsx")
    return visit.client.post(path, data=data, headers=headers, content_type="multipart/form-data")


def revisions(stack: Stack) -> int:
    stack.session.rollback()
    return stack.session.scalar(select(func.count()).select_from(AnswerRevision)) or 0


def test_it_is_looked_at_first_and_taken_over_when_told_to(stack: Stack, smelter_on_both: Assessment) -> None:
    visit = stack.visit(stack.cast.petr)
    raw = filled(fetched(visit, smelter_on_both), ACCIDENTS)
    seen = sent(visit, smelter_on_both, raw)
    assert seen.status_code == 200
    told = seen.get_json()
    assert (told["applied"], told["unread"]) == (False, [])
    (change,) = told["changes"]
    assert (change["question"], change["conflict"], change["taken"]) == ("OHS-05", False, False)
    assert change["after"]["parts"]["causes"] == ["fall"]
    assert revisions(stack) == 0
    told = sent(visit, smelter_on_both, raw, key="one", apply="true").get_json()
    assert told["applied"]
    assert told["changes"][0]["taken"]
    assert revisions(stack) == 1
    again = sent(visit, smelter_on_both, raw, key="one", apply="true")
    assert again.headers["Idempotent-Replayed"] == "true"
    told = sent(visit, smelter_on_both, raw, apply="true").get_json()
    assert told["changes"] == []
    assert revisions(stack) == 1


def test_what_changed_since_the_download_stays_unless_told_otherwise(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.petr)
    raw = filled(fetched(visit, smelter, "?section=OHS"), ACCIDENTS)
    saved(embedded, visit, smelter, "OHS-05", {"causes": ["burn"]})
    told = sent(visit, smelter, raw, apply="true").get_json()
    assert (told["changes"][0]["conflict"], told["changes"][0]["taken"]) == (True, False)
    told = sent(visit, smelter, raw, apply="true", on_conflict="take").get_json()
    assert told["changes"][0]["taken"]
    assert revisions(embedded) == 2


def test_what_cannot_be_read_is_named_by_cell(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    told = sent(visit, smelter, filled(fetched(visit, smelter), {"OHS-05.cases.agency@D": "many"})).get_json()
    (unread,) = told["unread"]
    assert (unread["question"], unread["column"]) == ("OHS-05", "D")
    assert unread["sheet"].startswith("OHS")
    assert "is not a number" in unread["message"]


def test_bad_requests_are_told_as_problems(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    path = f"/assessments/{smelter.id}/workbook"
    assert visit.api("GET", f"{path}?section=NONE").status_code == 422
    assert visit.api("POST", path, {}).status_code == 415
    assert sent(visit, smelter, None).status_code == 422
    assert sent(visit, smelter, b"Hello").status_code == 422
    assert sent(visit, smelter, b"Hello", apply="perhaps").status_code == 422
    stranger = embedded.visit(embedded.cast.rita)
    assert stranger.api("GET", path).status_code == 404


def test_the_interface_describes_the_workbook() -> None:
    whole = document()
    path = whole["paths"]["/api/v1/assessments/{assessment_id}/workbook"]
    (sent,) = path["get"]["responses"]["200"]["content"]
    assert sent.endswith("spreadsheetml.sheet")
    fields = path["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(fields) == {"file", "apply", "on_conflict"}
    assert all(fields[name]["description"] for name in ("apply", "on_conflict"))
    assert "/workbook" in whole["info"]["description"]
