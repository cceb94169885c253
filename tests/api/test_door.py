"""The interface's door: tokens in, problems out."""

from __future__ import annotations

from tests.conftest import Stack


def test_me_says_who_asks(stack: Stack) -> None:
    answer = stack.visit(stack.cast.anna).api("GET", "/me")
    assert answer.status_code == 200
    assert answer.json["organization"] == "Nordvolt Mobility SE"
    assert answer.json["role"] == "buyer_admin"


def test_without_a_token_the_problem_says_what_to_send(embedded: Stack) -> None:
    answer = embedded.visit().api("GET", "/me")
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert "Bearer" in answer.json["detail"]


def test_unknown_address_is_a_problem_too(embedded: Stack) -> None:
    answer = embedded.visit(embedded.cast.anna).api("GET", "/nothing-here")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_the_document_is_openapi_3_1(embedded: Stack) -> None:
    document = embedded.visit().api("GET", "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert "/api/v1/me" in document["paths"]
