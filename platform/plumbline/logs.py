"""Logs: one JSON line per happening, with the id of the request or job it belongs to.

Only plain values may be logged. A list or a dictionary is refused, because that is how content (answers,
findings, a form) ends up in logs; an exception is logged by its type and places, not by its message, for the
same reason. Where an operator needs the message, it stands in the database (a job's ``last_error``).
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import logging
import secrets
import sys
import time
import traceback
import uuid
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import structlog
from flask import Flask, Response, g, request

from plumbline.metrics import Metric, count, observe
from plumbline.settings import Settings

_PLAIN = (str, int, float, bool, type(None), decimal.Decimal, uuid.UUID, enum.Enum, Path)
_TIMES = (dt.datetime, dt.date, dt.timedelta)
_LONGEST = 500
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OWN = frozenset({"_record", "_from_structlog", "_name", "exc_info", "stack_info", "positional_args"})


class NotPlain(TypeError):
    """Something other than a plain value was to be logged; the message names the key, not the value."""


def configure(settings: Settings, *, stream: TextIO | None = None, strict: bool = False) -> None:
    """Send every log line of this process to ``stream`` (standard error) as JSON from ``log_level`` on.

    ``strict`` makes a value that is not plain an error (NotPlain), which tests use; otherwise the line says
    ``refused: <type>`` in its place, since a log call must not end a transaction.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _place_of_fault,
        _Plain(strict=strict),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Ours(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    for before in [one for one in root.handlers if isinstance(one, _Ours)]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(settings.log_level)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; events are short words in the past tense: ``log.info("job_done")``."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Put ids (``request``, ``job``) on every line logged inside the block, in this thread."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def init_app(app: Flask) -> None:
    """Give every request an id (``g.request_id``, header ``X-Request-Id``), one log line and its figures.

    The line names endpoint, method, status and time; no address, no path, no agent, so that it can stand for
    routes where a reporter must not be traceable (security-reliability R65).
    """
    log, said = logger("plumbline.request"), logging.getLogger("plumbline.request")

    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.request_began = time.monotonic()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    def answered(response: Response) -> Response:
        if "request_id" not in g:  # an error before the request began
            return response
        seconds = time.monotonic() - g.request_began
        endpoint = request.endpoint or "unknown"
        # Methods are whatever the client typed; only the known ones may become a label.
        method = request.method if request.method in _METHODS else "other"
        response.headers["X-Request-Id"] = g.request_id
        count(Metric.REQUESTS, endpoint=endpoint, method=method, status=str(response.status_code))
        observe(Metric.REQUEST_SECONDS, seconds, endpoint=endpoint)
        if said.isEnabledFor(logging.INFO):  # asked first: a line is put together before anybody looks at it
            log.info(
                "request_answered",
                endpoint=endpoint,
                method=method,
                status=response.status_code,
                seconds=round(seconds, 4),
            )
        return response

    def over(_fault: BaseException | None) -> None:
        structlog.contextvars.unbind_contextvars("request")

    app.before_request(begin)
    app.after_request(answered)
    app.teardown_request(over)


class _Ours(logging.StreamHandler[TextIO]):
    """Our handler, told apart from those of a test runner."""


class _Plain:
    """The processor that lets plain values through, as JSON knows them."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict

    def __call__(
        self, _logger: Any, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        for key, value in line.items():
            if key not in _OWN:
                line[key] = self._plain(key, value)
        return line

    def _plain(self, key: str, value: Any) -> Any:
        if isinstance(value, _PLAIN):
            if isinstance(value, enum.Enum):
                return str(value.value)
            if isinstance(value, str):
                return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
            return value if isinstance(value, int | float | type(None)) else str(value)
        if isinstance(value, _TIMES):
            return value.total_seconds() if isinstance(value, dt.timedelta) else value.isoformat()
        if self.strict:
            raise NotPlain(f"{key}: {type(value).__name__} may not be logged; log an id or a count")
        return f"refused: {type(value).__name__}"


def _place_of_fault(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the places it came through."""
    given = line.pop("exc_info", None)
    if not given:
        return line
    if isinstance(given, BaseException):
        fault: BaseException | None = given
    elif isinstance(given, tuple):
        fault = given[1]
    else:
        fault = sys.exc_info()[1]
    if fault is not None:
        frames = traceback.extract_tb(fault.__traceback__)[-8:]
        line["fault"] = type(fault).__name__
        line["places"] = " < ".join(
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
        )
    return line
