"""/api/v1/openapi.json, written from the operations themselves (OpenAPI 3.1)."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from pydantic.json_schema import models_json_schema

from assessments.policy import ROLES
from plumbline.api import api
from plumbline.api.operation import OPERATIONS, Operation
from plumbline.guard import public

PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
ABOUT = """Shared supplier assessment: nobody gets a pass or a fail.

Send `Authorization: Bearer <token>`; a token comes from /account/tokens or `plumbline token create`. Its
scopes are the actions named at each operation, a prefix such as `supplier:*`, or `*`; the role behind it
decides too.

Errors are problem+json (RFC 9457): `errors` names each place, a 412 carries `current` and `offered`. What
belongs to another organization answers 404 like what is not there; 403 is a colleague without the right.
A refusal says at each place what to do.

Answers can be given offline: `GET /assessments/{assessment_id}/workbook` sends the questions asked now as an
.xlsx workbook, `POST` of the same address says what the filled one would change, and takes it over with
`apply=true`.

Lists come in pages: send `next_cursor` as `cursor`. Instants are ISO 8601 with offset, days YYYY-MM-DD,
decimals strings."""
PROBLEMS = {
    "400": "The request cannot be read",
    "401": "No valid token",
    "403": "Not this role's to do",
    "404": "Nothing there, or not shared with you",
    "409": "A rule refuses it now; the answer says what to do",
    "412": "Somebody saved meanwhile; both versions are in the answer",
    "413": "Too large",
    "415": "Not the media type this takes",
    "422": "Something in it cannot be read; each place is named",
    "428": "Say which revision you saw",
    "429": "Too many requests",
    "503": "The database or the store does not answer",
}


@api.get("/openapi.json")
@public("the interface is described for everybody")
def openapi() -> ResponseReturnValue:
    """Serve the document."""
    return jsonify(document())


@cache
def document() -> dict[str, Any]:
    """Return the whole document."""
    bodies = dict.fromkeys(each.body for each in OPERATIONS if each.body)
    answers = dict.fromkeys(each.returns for each in OPERATIONS if each.returns)
    pairs = [(model, "validation") for model in bodies] + [(model, "serialization") for model in answers]
    names, definitions = models_json_schema(pairs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths: dict[str, Any] = {}
    for each in OPERATIONS:
        path = "/api/v1" + PLACE.sub(r"{\2}", each.rule)
        paths.setdefault(path, {})[each.method.lower()] = _entry(each, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plumbline", "version": "1", "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _entry(each: Operation, names: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "description": f"{cleandoc(each.description)}\n\n{_who(each)}",
        "tags": [each.tag],
        "security": [{"token": [action.value]} for action in each.actions],
        "parameters": [*_places(each), *_query(each), *_headers(each)],
        "responses": {**_answer(each, names), **_problems(each)},
    }
    shown = examples().get(each.name, {})
    if each.body is not None:
        content = {"schema": names[(each.body, "validation")], **_example(shown, "request")}
        entry["requestBody"] = {"required": True, "content": {"application/json": content}}
    if each.upload is not None:
        fields = each.upload.model_json_schema()
        fields["properties"]["file"] = {"type": "string", "format": "binary"}
        fields["required"] = ["file", *fields.get("required", [])]
        entry["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": fields}}}
    return entry


@cache
def examples() -> dict[str, dict[str, Any]]:
    """What was once asked and answered, by operation; tests/api/conftest.py writes it down."""
    found: dict[str, dict[str, Any]] = json.loads((files("plumbline.api") / "examples.json").read_text())
    return found


def _example(shown: dict[str, Any], which: str) -> dict[str, Any]:
    return {"example": shown[which]} if shown.get(which) is not None else {}


def _who(each: Operation) -> str:
    """Which roles come in by which scope."""
    lines = []
    for action in each.actions:
        roles = sorted(role.value for role in ROLES[action])
        lines.append(f"- `{action.value}`: {', '.join(roles) if action.audience else 'everybody'}")
    return "Scope, and the roles that may:\n\n" + "\n".join(lines)


def _places(each: Operation) -> list[dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = {
        "uuid": {"type": "string", "format": "uuid"},
        "int": {"type": "integer"},
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schemas.get(kind, {"type": "string"})}
        for kind, name in PLACE.findall(each.rule)
    ]


def _query(each: Operation) -> list[dict[str, Any]]:
    if each.query is None:
        return []
    schema = each.query.model_json_schema(ref_template="#/components/schemas/{model}")
    needed = schema.get("required", [])
    inlined = schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _inline(shape, inlined)}
        for name, shape in schema.get("properties", {}).items()
    ]


def _inline(shape: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(shape, dict):
        if "$ref" in shape:
            return _inline(definitions[shape["$ref"].rsplit("/", 1)[1]], definitions)
        return {key: _inline(value, definitions) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_inline(item, definitions) for item in shape]
    return shape


def _headers(each: Operation) -> list[dict[str, Any]]:
    headers = []
    if each.repeatable:
        told = "1 to 200 characters. The same key with the same body gets the same answer, and nothing twice."
        headers.append(("Idempotency-Key", told))
    if each.edits:
        headers.append(("If-Match", "The ETag of the revision you saw."))
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in headers
    ]


def _answer(each: Operation, names: Any) -> dict[str, Any]:
    if each.sends is not None:
        file = {each.sends: {"schema": {"type": "string", "format": "binary"}}}
        return {str(each.status): {"description": each.summary, "content": file}}
    if each.returns is None:
        return (
            {"204": {"description": "Done"}}
            if each.status == 204
            else {str(each.status): {"description": "Done"}}
        )
    content = {
        "schema": names[(each.returns, "serialization")],
        **_example(examples().get(each.name, {}), "response"),
    }
    answer: dict[str, Any] = {"description": each.summary, "content": {"application/json": content}}
    if {"revision", "etag"} & each.returns.model_fields.keys():
        answer["headers"] = {"ETag": {"description": "For If-Match.", "schema": {"type": "string"}}}
    return {str(each.status): answer}


def _problems(each: Operation) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": text, "content": content}
        for status, text in PROBLEMS.items()
        if status in _statuses(each)
    }


def _statuses(each: Operation) -> set[str]:
    """Which problems an operation can answer."""
    found = {"400", "401", "403", "404", "503"}
    if each.query is not None:
        found |= {"422"}
    if each.method != "GET" or each.tag == "organization":
        found |= {"409"}
    if each.method in {"POST", "PUT", "PATCH"}:
        found |= {"413", "422"}
    if each.body is not None or each.upload is not None:
        found |= {"415"}
    if each.edits:
        found |= {"412", "428"}
    if each.limit is not None:
        found |= {"429"}
    return found
