"""What may come in at all, asked of every request before anything is made of it: how much, which characters.

A body that is small on the way can be large as a list of faults, and a character that the database does not
take is a fault of the text, not of ours; said once here, no view has to think of either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Request
from werkzeug.exceptions import Forbidden

from assessments.sentences import N_
from assessments.workflow import Invalid

JSON_LARGEST = 1024 * 1024
"""Bytes of a JSON body."""
FORM_LARGEST = 2 * 1024 * 1024
"""Bytes of a form without its files: at most a section of answers."""
LONGEST_LIST = 2000
MOST_FIELDS = 500
MOST_VALUES = 20_000
MOST_ARGUMENTS = 100
DEEPEST = 32
MOST_FAULTS = 50
"""Faults told in one answer; whoever has more has not read the first ones."""
# NUL is refused by PostgreSQL; half of a surrogate pair is no character of any encoding.
UNTAKEN = re.compile("[\\x00\\ud800-\\udfff]")
NO_CHARACTER = N_("holds a character that no text has; type it again")


def by_program(request: Request) -> bool:
    """Whether a program asks, through the interface: how it signs in, what it keeps and how it is told of a
    fault are others than a browser's."""
    return request.path.startswith("/api/")


def limit_body(request: Request, *, takes_files: bool) -> None:
    """Refuse (413) to read more than this request has a use for; with files the application's limit stays."""
    if not takes_files:
        request.max_content_length = JSON_LARGEST if request.is_json else FORM_LARGEST


def check_origin(request: Request, public_url: str) -> None:
    """Raise Forbidden for a form that a page of another site sends, by what the browser says of it.

    The second line behind the forms' own tokens; a program that says nothing of it passes on to those.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    # The host alone: before a proxy that ends TLS the scheme is another than the browser's.
    ours = {request.host, urlsplit(public_url).netloc}
    if site not in {"same-origin", "none"} or (origin is not None and urlsplit(origin).netloc not in ours):
        raise Forbidden(N_("This was sent by a page of another site. Open the page here and send it again."))


def check_address(request: Request) -> None:
    """Raise Invalid naming the query parameter that holds no text, or when there are too many of them."""
    if sum(map(len, request.args.listvalues())) > MOST_ARGUMENTS:
        raise Invalid(
            "The query cannot be read.",
            {"query": N_("send at most %(most)s parameters", most=MOST_ARGUMENTS)},
        )
    check_fields(request.args.items(multi=True))


def check_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Raise Invalid naming the fields, (name, text), whose text holds what is no character."""
    faults = {}
    for name, said in fields:
        if UNTAKEN.search(said) or UNTAKEN.search(name):
            faults[UNTAKEN.sub("", name)] = NO_CHARACTER
    if faults:
        raise Invalid("Some of this cannot be taken.", few(faults))


def check_json(body: Any) -> None:
    """Raise Invalid when a JSON value is larger in its parts than any of ours, or holds what is no text."""
    waiting: list[tuple[str, Any, int]] = [("", body, 0)]
    values = 0
    while waiting:
        place, value, depth = waiting.pop()
        values += 1
        if isinstance(value, str):
            if UNTAKEN.search(value):
                raise Invalid("The body cannot be read.", {place or "body": NO_CHARACTER})
            continue
        if not isinstance(value, dict | list):
            continue
        most = MOST_FIELDS if isinstance(value, dict) else LONGEST_LIST
        if len(value) > most or values + len(waiting) > MOST_VALUES or depth >= DEEPEST:
            fault = (
                N_("holds too much; at most %(most)s entries", most=most)
                if len(value) > most
                else N_("holds too much; %(values)s values, %(deep)s deep", values=MOST_VALUES, deep=DEEPEST)
            )
            raise Invalid("The body cannot be read.", {place or "body": fault})
        entries: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in entries:
            if isinstance(name, str) and UNTAKEN.search(name):
                raise Invalid("The body cannot be read.", {place or "body": NO_CHARACTER})
            waiting.append((f"{place}.{name}" if place else str(name), each, depth + 1))


def few(faults: Mapping[str, str]) -> dict[str, str]:
    """The first faults of many, and a last line that says how many more there are."""
    if len(faults) <= MOST_FAULTS:
        return dict(faults)
    told = dict(list(faults.items())[:MOST_FAULTS])
    return {**told, "more": N_("%(count)s more faults are not listed", count=len(faults) - MOST_FAULTS)}
