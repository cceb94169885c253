"""The document under /api/v1/openapi.json: every route is in it, and what it says holds against the code."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from plumbline.api.document import PLACE, document
from plumbline.guard import door_of
from plumbline.signing import create_keys
from tests.conftest import Stack
from tests.support.acts import disclosed, published, submitted

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_route_has_its_entry_and_its_door(embedded: Stack) -> None:
    paths = document()["paths"]
    missing: list[str] = []
    with embedded.app.app_context():
        for rule in embedded.app.url_map.iter_rules():
            if not rule.rule.startswith("/api/") or rule.rule == "/api/v1/openapi.json":
                continue
            path = PLACE.sub(r"{\2}", rule.rule)
            methods = {method.lower() for method in rule.methods or ()} - {"head", "options"}
            missing += [f"{method} {path}" for method in methods - paths.get(path, {}).keys()]
            assert door_of(rule.endpoint) is not None, rule.rule
    assert missing == []


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def references(thing: Any) -> Iterator[str]:
        if isinstance(thing, dict):
            for key, value in thing.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(thing, list):
            for value in thing:
                yield from references(value)

    for reference in references(whole):
        found: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


@pytest.mark.timeout(280)
def test_nothing_that_is_sent_breaks_it(embedded: Stack) -> None:
    """Made-up and half-right requests, as each audience: no server error, nothing that is not documented."""
    create_keys(embedded.settings.key_folder)
    result = published(embedded)
    disclosed(embedded, result)
    draft = submitted(embedded, label="2027")
    cast = embedded.cast
    known = {
        "assessment_id": [str(result.assessment_id), str(draft.id)], "result_id": [str(result.id)],
        "site_id": [str(cast.smelter)], "question": ["OHS-01"], "topic": ["OHS.1"],
        "slug": ["standard"], "version": ["1.0"],
    }  # fmt: skip
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", embedded.app)
    tokens = [embedded.visit(who).token for who in (cast.jana, cast.lena, cast.anna, cast.sara)]
    embedded.session.rollback()
    for found in schema.get_all_operations():
        operation: Any = found
        for token in tokens:
            _hold(operation.ok(), token, known)


def _hold(operation: Any, token: str, known: dict[str, list[str]]) -> None:
    @hypothesis.given(case=operation.as_strategy(), data=hypothesis.strategies.data())
    @hypothesis.settings(
        max_examples=10,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    def run(case: Any, data: Any) -> None:
        for name in case.path_parameters or {}:
            if name in known and data.draw(hypothesis.strategies.booleans()):
                case.path_parameters[name] = known[name][0]
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        case.call_and_validate(checks=CHECKS)

    run()
