"""One decorator for every endpoint: who may enter, what goes in, what comes out, and its OpenAPI entry.

pydantic models say the shapes, so the document under /api/v1/openapi.json is written from the code that
checks the requests; schemathesis holds one against the other.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from flask import Response, current_app, g, request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from assessments.policy import Action
from assessments.sentences import N_
from assessments.workflow import Invalid, Refused
from plumbline.api import api
from plumbline.api.idempotency import remember, replayed
from plumbline.extensions import db
from plumbline.guard import Loader, door, now
from plumbline.identity.throttling import Limit, count
from plumbline.identity.visitor import Visitor
from plumbline.intake import check_json, few

View = TypeVar("View", bound=Callable[..., Any])
# A revision or level, and behind it a digest (see answers.etag_of and recording.declared_version).
SEEN = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:-([0-9a-f]{16}))?"?')


class Shape(BaseModel):
    """Base of every model of the interface: unknown fields are refused, so a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class PreconditionRequired(Refused):
    """Somebody would overwrite an answer without having said which one they saw."""

    code = "precondition_required"


@dataclass(frozen=True)
class Call:
    """What an endpoint gets: who asks for what, the thing loaded, body and query read, the revision seen.

    ``digest``: what stands behind the revision: of the parts of an answer that live in the profile, or of
    when and how a level was given.
    """

    visitor: Visitor
    action: Action
    thing: Any
    body: Any
    query: Any
    if_match: int | None
    digest: str | None


@dataclass(frozen=True)
class Operation:
    """One endpoint as the document describes it."""

    rule: str
    method: str
    summary: str
    tag: str
    actions: tuple[Action, ...]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: type[BaseModel] | None
    status: int
    edits: bool
    upload: type[BaseModel] | None
    ledger: bool
    limit: Limit | None
    sends: str | None
    name: str
    description: str

    @property
    def repeatable(self) -> bool:
        """Whether Idempotency-Key is honoured: on every creation and every move."""
        return self.method == "POST"


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    rule: str,
    *actions: Action,
    summary: str,
    tag: str,
    load: Loader | None = None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    returns: type[BaseModel] | None = None,
    status: int = 200,
    edits: bool = False,
    upload: type[BaseModel] | None = None,
    ledger: bool = False,
    limit: Limit | None = None,
    sends: str | None = None,
    at_once: Callable[[], bool] | None = None,
) -> Callable[[View], View]:
    """Publish a view as ``method rule``.

    The view gets one Call and returns a model of ``returns`` (its ``revision`` or ``etag`` becomes
    the ETag), a Response, or None for 204. Every POST honours Idempotency-Key. ``edits``: If-Match is read.
    ``upload``: a multipart body with a ``file`` and these fields, which the view reads itself, its
    Idempotency-Key included. ``limit``: how often an organization may, counted with what was done (429).
    ``sends``: the media type of a file that the view answers with. ``at_once`` as for a door.
    """

    def decorate(view: View) -> View:
        described = Operation(
            rule, method, summary, tag, actions, body, query, returns, status, edits, upload,
            ledger, limit, sends, view.__name__, (view.__doc__ or "").strip(),
        )  # fmt: skip
        OPERATIONS.append(described)

        @functools.wraps(view)
        def call(visitor: Visitor, thing: Any = None, **url: Any) -> Any:
            if described.repeatable and upload is None:
                again = replayed(visitor, rule)
                if again is not None:
                    return again
            seen, digest = _if_match() if edits else (None, None)
            if limit is not None:
                count(db.session(), limit, str(visitor.organization_id), at=now())
            said, wanted = _read_body(body), _read_query(query)
            made = view(Call(visitor, g.action, thing, said, wanted, seen, digest), **url)
            response = _respond(made, status)
            remember(response)
            return response

        entered = door(*actions, load=load, ledger=ledger, files=upload is not None, at_once=at_once)(call)
        api.add_url_rule(rule, endpoint=view.__name__, view_func=entered, methods=[method])
        return view

    return decorate


def _read_body(model: type[BaseModel] | None) -> Any:
    if model is None:
        return None
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    raw = request.get_data()
    try:
        check_json(orjson.loads(raw))
    except ValueError as error:
        raise Invalid(
            "The body cannot be read.", {"body": N_("Invalid JSON: %(error)s", error=str(error)[:200])}
        ) from error
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise Invalid("The body cannot be read.", faults_of(error)) from error


def _read_query(model: type[BaseModel] | None) -> Any:
    if model is None:
        return None
    raw = {
        name: values if len(values) > 1 else values[0]
        for name, values in request.args.to_dict(flat=False).items()
    }
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid("The query cannot be read.", faults_of(error)) from error


def faults_of(error: ValidationError) -> Mapping[str, str]:
    """Say each place (dotted) and what is wrong there, the first of many; what was sent is not repeated."""
    return few(
        {
            ".".join(str(step)[:100] for step in fault["loc"]) or "body": fault["msg"]
            for fault in error.errors(include_url=False, include_input=False)
        }
    )


def _if_match() -> tuple[int | None, str | None]:
    raw = request.headers.get("If-Match", "").strip()
    if not raw or raw == "*":
        return None, None
    found = SEEN.fullmatch(raw)
    if found is None:
        raise Invalid("If-Match cannot be read.", {"If-Match": 'send the ETag you got, such as "3"'})
    return int(found[1]), found[2]


def revision_seen(call: Call, current: int) -> int:
    """Return the revision the caller saw. Without If-Match only what nobody saved yet may be written.

    Raises PreconditionRequired: overwriting unseen is how two people lose each other's words.
    """
    if call.if_match is not None:
        return call.if_match
    if current == 0:
        return 0
    raise PreconditionRequired(
        "This was saved before; say which revision you saw.",
        N_('Read it again and send If-Match: "%(revision)s".', revision=current),
    )


def _respond(made: Any, status: int) -> Response:
    if isinstance(made, Response):
        return made
    if made is None:
        return Response(status=204)
    response: Response = current_app.response_class(
        made.model_dump_json(by_alias=True), status=status, mimetype="application/json"
    )
    told = getattr(made, "etag", None) or getattr(made, "revision", None)
    if told is not None:
        response.headers["ETag"] = f'"{told}"'
    location = getattr(made, "location", None)
    if status == 201 and callable(location):
        response.headers["Location"] = location()
    return response
