"""/api/v1/openapi.json, written from the operations themselves (OpenAPI 3.1)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from pydantic.json_schema import models_json_schema

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
        "info": {
            "title": "Plumbline",
            "version": "1",
            "description": "Shared supplier assessment. Rights are the role's; nobody gets a pass or a fail.",
        },
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
        "description": each.description,
        "tags": [each.tag],
        "parameters": [*_places(each), *_query(each), *_headers(each)],
        "responses": {**_answer(each, names), **_problems()},
    }
    if each.body is not None:
        entry["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": names[(each.body, "validation")]}},
        }
    if each.upload is not None:
        fields = each.upload.model_json_schema()
        fields["properties"]["file"] = {"type": "string", "format": "binary"}
        fields["required"] = ["file"]
        entry["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": fields}}}
    return entry


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
        headers.append(("Idempotency-Key", "The same key again gets the same answer."))
    if each.edits:
        headers.append(("If-Match", "The ETag of the revision you saw."))
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in headers
    ]


def _answer(each: Operation, names: Any) -> dict[str, Any]:
    if each.returns is None:
        return (
            {"204": {"description": "Done"}}
            if each.status == 204
            else {str(each.status): {"description": "Done"}}
        )
    schema = names[(each.returns, "serialization")]
    return {
        str(each.status): {"description": each.summary, "content": {"application/json": {"schema": schema}}}
    }


def _problems() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in PROBLEMS.items()}
