"""The interface's door: tokens in, problems out."""

from __future__ import annotations

from tests.conftest import Stack
from tests.support.programs import ask


def test_me_says_who_asks(stack: Stack) -> None:
    answer = ask(stack.visit(stack.cast.anna), "GET", "/me")
    assert answer.status == 200
    assert answer.json["organization"] == "Nordvolt Mobility SE"
    assert answer.json["role"] == "buyer_admin"


def test_without_a_token_the_problem_says_what_to_send(embedded: Stack) -> None:
    answer = ask(embedded.visit(), "GET", "/me")
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Bearer" in answer.json["detail"]


def test_unknown_address_is_a_problem_too(embedded: Stack) -> None:
    answer = ask(embedded.visit(embedded.cast.anna), "GET", "/nothing-here")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_the_document_is_openapi_3_1(embedded: Stack) -> None:
    document = ask(embedded.visit(), "GET", "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert "/api/v1/me" in document["paths"]
