"""The rules of the whole interface, held over every operation that the document names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from assessments.actions.action import CorrectiveAction
from assessments.policy import Action
from assessments.verification.finding import Finding
from plumbline.api.document import PLACE, document, examples
from plumbline.api.operation import OPERATIONS, Operation
from plumbline.identity.throttling import REQUESTS_SENT
from plumbline.identity.visitor import create_token
from plumbline.intake import JSON_LARGEST
from plumbline.signing import create_keys
from tests.conftest import Stack
from tests.support.acts import disclosed, documented, published
from tests.support.assessing import opened, published_standard
from tests.support.cast import NOW, Member
from tests.support.page import Visit
from tests.support.programs import ask

BODIES = [each for each in OPERATIONS if each.body is not None]
LISTS = [each for each in OPERATIONS if each.returns and "next_cursor" in each.returns.model_fields]


def named(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=lambda each: each.name)


def address(operation: Operation, ids: dict[str, str]) -> str:
    return PLACE.sub(lambda place: ids.get(place[2], str(uuid.UUID(int=7))), operation.rule)


@pytest.fixture
def ids(embedded: Stack) -> dict[str, str]:
    """What is Kovo's, by the name it has in an address."""
    create_keys(embedded.settings.key_folder)
    result = published(embedded)
    granted = disclosed(embedded, result)
    session, cast = embedded.session, embedded.cast
    evidence = documented(session, cast.kovo, "Permit", by=cast.jana.actor, at=NOW)
    found = session.scalars(select(Finding)).first()
    action = session.scalars(select(CorrectiveAction)).first()
    session.commit()
    assert found is not None and action is not None  # noqa: PT018
    return {
        "assessment_id": str(result.assessment_id), "result_id": str(result.id), "question": "OHS-01",
        "site_id": str(cast.smelter), "topic": "OHS.1", "disclosure_id": str(granted.id),
        "evidence_id": str(evidence.id), "finding_id": str(found.id), "action_id": str(action.id),
        "membership_id": str(cast.petr.membership_id), "slug": "standard", "version": "1.0",
    }  # fmt: skip


def test_every_answer_of_an_error_is_a_problem(embedded: Stack) -> None:
    jana, nobody = embedded.visit(embedded.cast.jana), embedded.visit()
    large = "x" * (JSON_LARGEST + 1)
    for visit, method, path, body, status in (
        (jana, "GET", "/nothing", None, 404), (nobody, "GET", "/nothing", None, 404),
        (jana, "DELETE", "/me", None, 405), (nobody, "GET", "/me", None, 401),
        (jana, "GET", "/sites/not-an-id", None, 404), (jana, "POST", "/sites", large, 413),
        (jana, "POST", "/sites", {"colums": {}}, 422), (jana, "GET", "/sites?limit=x", None, 422),
        (embedded.visit(embedded.cast.petr), "POST", "/sites", {}, 403),
    ):  # fmt: skip
        told = ask(visit, method, path, body)
        assert told.status == status, (method, path, told.json)
        assert told.headers["Content-Type"] == "application/problem+json"
        assert (told.json["status"], bool(told.json["title"])) == (status, True)
    wrong = ask(jana, "DELETE", "/me")
    assert "GET" in wrong.headers["Allow"]


@named(BODIES)
def test_a_body_that_is_not_json_is_the_wrong_media_type(
    embedded: Stack, ids: dict[str, str], operation: Operation
) -> None:
    statuses = set()
    for who in ("jana", "lena", "anna", "sara", "rene", "alba", "mina"):
        visit = embedded.visit(getattr(embedded.cast, who))
        sent = visit.client.open(
            f"/api/v1{address(operation, ids)}", method=operation.method, data="a=b",
            headers={"Authorization": f"Bearer {visit.token}", "Content-Type": "text/plain"},
        )  # fmt: skip
        assert sent.content_type == "application/problem+json"
        statuses.add(sent.status_code)
    assert statuses <= {403, 404, 415}


def test_what_is_another_s_looks_like_what_is_not_there(embedded: Stack, ids: dict[str, str]) -> None:
    """For a rival, a stranger buyer and a firm without the case, byte for byte."""
    strangers = [embedded.visit(getattr(embedded.cast, who)) for who in ("rita", "hugo", "otto")]
    owned = [each for each in OPERATIONS if set(PLACE.findall(each.rule)) - {("", "slug"), ("", "version")}]
    differ = []
    for operation in owned:
        body: dict[str, Any] | None = None if operation.method in {"GET", "DELETE"} else {}
        for visit in strangers:
            there = visit.api(operation.method, address(operation, ids), json=body)
            empty = visit.api(operation.method, address(operation, {}), json=body)
            if (there.status_code, there.data) != (404, empty.data):
                differ.append((operation.name, visit.member, there.status_code, there.data[:200]))
    assert differ == []


def test_a_token_does_what_its_scopes_say(embedded: Stack, ids: dict[str, str]) -> None:
    """Every operation, with a token of a fitting role that covers something else alone."""
    cast = embedded.cast
    for operation in OPERATIONS:
        for action in operation.actions:
            for who in _of(cast.members().values(), action):
                visit = scoped(embedded, who, ["account:none:use"])
                body: dict[str, Any] | None = None if operation.method in {"GET", "DELETE"} else {}
                told = ask(visit, operation.method, address(operation, ids), body)
                assert told.status == 403, (operation.name, action, told.status)
                assert "scopes" in told.json["detail"]


def test_each_move_has_a_scope_of_its_own(embedded: Stack, ids: dict[str, str]) -> None:
    path = f"/assessments/{ids['assessment_id']}/transitions"
    narrow = scoped(embedded, embedded.cast.jana, [Action.SUPPLIER_FACT_CHECK_END.value])
    assert ask(narrow, "POST", path, {"to": "fact_check_ended"}).status == 409
    assert ask(narrow, "POST", path, {"to": "withdrawn", "reason": "No."}).status == 403
    other = scoped(embedded, embedded.cast.jana, ["supplier:assessment:*"])
    assert ask(other, "POST", path, {"to": "fact_check_ended"}).status == 403
    assert ask(other, "POST", path, {"to": "withdrawn", "reason": "No."}).status == 409


def scoped(stack: Stack, who: Member, scopes: list[str]) -> Visit:
    visit = stack.visit(who)
    visit.token = create_token(stack.session, who.membership_id, "narrow", scopes, days=1, at=NOW)
    stack.session.commit()
    return visit


def _of(members: Any, action: Action) -> Iterator[Member]:
    wanted = action.audience
    yield from [one for one in members if wanted is None or one.actor.audience is wanted][:1]


def test_what_is_edited_carries_both_versions(embedded: Stack, ids: dict[str, str]) -> None:
    """Each operation that reads If-Match: 428 without, 412 with an old one and both versions in it."""
    cast, session = embedded.cast, embedded.session
    draft = opened(session, cast.yard, by=cast.jana.actor, at=NOW, label="2029")
    session.commit()
    jana = embedded.visit(cast.jana)
    sheet = ask(jana, "GET", f"/assessments/{draft.id}/answers").must()["answers"]
    key = next(each["question"] for each in sheet if not each["parts"])
    here = f"/assessments/{draft.id}/answers/{key}"
    for state in ("not_known", "withheld"):
        ask(jana, "PUT", here, {"state": state}, If_Match=f'"{0 if state == "not_known" else 1}"').must()
    tried = {
        "put_answer": (here, {"state": "not_known"}),
        "patch_organization": ("/organization", {"columns": {"legal_name": "Kovo a.s."}}),
        "patch_site": (f"/sites/{cast.smelter}", {"columns": {"name": "Other"}}),
    }
    # tests/api/test_story.py, tests/api/test_work.py, tests/api/test_levels.py, tests/asks/test_api.py
    elsewhere = {"patch_finding", "post_move", "put_maturity", "put_ask", "post_undo", "post_looked"}
    assert {each.name for each in OPERATIONS if each.edits} == tried.keys() | elsewhere
    methods = {each.name: each.method for each in OPERATIONS}
    for name, (path, body) in tried.items():
        assert ask(jana, methods[name], path, body).must(428)["detail"]
        both = ask(jana, methods[name], path, body, If_Match='"0"').must(412)
        assert both["current"] != both["offered"], name
    now = ask(jana, "GET", f"/sites/{cast.smelter}").headers["ETag"]
    renamed = ask(jana, "PATCH", f"/sites/{cast.smelter}", {"columns": {"name": "Hall"}}, If_Match=now)
    assert renamed.must()["name"] == "Hall"
    assert renamed.headers["ETag"] != now


def test_the_same_key_makes_one_thing(embedded: Stack) -> None:
    """Every POST honours Idempotency-Key: it says so, and the key is read before anything is made."""
    for operation in OPERATIONS:
        path = "/api/v1" + PLACE.sub(r"{\2}", operation.rule)
        told = document()["paths"][path][operation.method.lower()]
        headers = {each["name"] for each in told["parameters"] if each["in"] == "header"}
        assert ("Idempotency-Key" in headers) is (operation.method == "POST"), operation.name
    jana = embedded.visit(embedded.cast.jana)
    body = {"columns": {"name": "Hall", "country": "CZE"}}
    published_standard(embedded.session)
    embedded.session.commit()
    made = ask(jana, "POST", "/sites", body, Idempotency_Key="one").must(201)
    assert ask(jana, "POST", "/sites", body, Idempotency_Key="one").must(201) == made
    assert len(ask(jana, "GET", "/sites").must()["items"]) == 3
    assert ask(jana, "POST", "/sites", {"columns": {}}, Idempotency_Key="one").status == 422
    assert ask(jana, "POST", "/sites", body, Idempotency_Key="x" * 201).status == 422


@named(LISTS)
def test_every_list_comes_in_pages(operation: Operation) -> None:
    assert operation.query is not None
    assert {"cursor", "limit"} <= operation.query.model_fields.keys()


def test_too_many_says_when_to_come_back(embedded: Stack) -> None:
    anna = embedded.visit(embedded.cast.anna)
    object.__setattr__(REQUESTS_SENT, "times", 1)
    try:
        body = {
            "named_by": {"email": "nobody@nowhere.example"}, "layers": ["status"], "purpose": "Diligence",
            "legal_basis": "due_diligence_law", "until": "2027-01-01T00:00:00+00:00",
        }  # fmt: skip
        first = ask(anna, "POST", "/access-requests", body)
        second = ask(anna, "POST", "/access-requests", {**body, "purpose": "More"})
    finally:
        object.__setattr__(REQUESTS_SENT, "times", 200)
    assert (first.status, second.status) == (201, 429)
    assert second.headers["Content-Type"] == "application/problem+json"
    assert int(second.headers["Retry-After"]) > 0


def test_instants_and_days_are_iso_8601() -> None:
    """Whatever is called ..._at or ..._on is an instant or a day by its schema too."""
    wrong = []
    for name, schema in document()["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            if field.endswith(("_at", "_on", "_by", "until")) and "_by" not in field:
                kinds = [shape, *shape.get("anyOf", [])]
                if field != "next_due_on" and not any(
                    kind.get("format") in {"date", "date-time"} for kind in kinds
                ):
                    wrong.append(f"{name}.{field}")
    assert wrong == []


def test_every_operation_is_described_with_scope_and_problems() -> None:
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            assert told["summary"] and len(told["description"]) > 40, path  # noqa: PT018
            assert told["security"], path
            problems = {status for status in told["responses"] if status >= "400"}
            assert {"401", "403", "404"} <= problems, (method, path)


def test_examples_are_what_the_code_takes_and_gives() -> None:
    by_name = {each.name: each for each in OPERATIONS}
    assert examples().keys() <= by_name.keys()
    for name, shown in examples().items():
        operation = by_name[name]
        if operation.body is not None:
            operation.body.model_validate(shown["request"])
        if operation.returns is not None and "response" in shown:
            operation.returns.model_validate(shown["response"])
    bare = {each.name for each in OPERATIONS if each.body and "request" not in examples().get(each.name, {})}
    assert bare == set(), "run the tests of this folder with PLUMBLINE_RECORD_EXAMPLES=1"
