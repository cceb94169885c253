"""Handlers: exactly one function per kind of job, of one of two shapes.

``inside(kind)``: ``run(session, job)`` works in the transaction that marks the job done, so what it changes
happens exactly once. For work that only touches the database.

``outside(kind)``: ``run(job)`` works with no transaction open (a scan, a letter; SQLite has one writer, and
it must not wait for a mail server) and returns ``settle(session)``, which runs in the transaction that marks
the job done. What ``run`` does to the outside may happen twice, so it carries the job's id as stable name.

A handler module is found when it stands in ``plumbline/jobs/handlers/``; ``load()`` imports them all.
"""

from __future__ import annotations

import importlib
import pkgutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from assessments.outbox import JobKind, later
from plumbline.jobs.desk import Desk


@dataclass(frozen=True)
class Job:
    """A job as its handler sees it: ``asked_at`` when it was recorded, ``at`` when this run began.

    ``at`` is the database's time; ``attempt`` counts from 1.
    """

    id: uuid.UUID
    kind: JobKind
    payload: Mapping[str, Any]
    attempt: int
    asked_at: datetime
    at: datetime
    desk: Desk


Settle = Callable[[Session], None]
Inside = Callable[[Session, Job], None]
Outside = Callable[[Job], Settle]


@dataclass(frozen=True)
class Handler:
    """One of the two shapes; the other is None."""

    inside: Inside | None = None
    outside: Outside | None = None


class Hopeless(Exception):
    """Raised by a handler when trying again cannot help; the job is dead at once, with this message."""


class HandlersMissing(Exception):
    """Kinds of job have no handler; the message names them."""


_handlers: dict[JobKind, Handler] = {}


def inside(kind: JobKind) -> Callable[[Inside], Inside]:
    """Register a handler that works in the transaction that marks the job done."""

    def register(function: Inside) -> Inside:
        _add(kind, Handler(inside=function))
        return function

    return register


def outside(kind: JobKind) -> Callable[[Outside], Outside]:
    """Register a handler that works outside of any transaction and returns what to do inside one."""

    def register(function: Outside) -> Outside:
        _add(kind, Handler(outside=function))
        return function

    return register


def go_on(session: Session, job: Job) -> None:
    """Ask for the same job again, in the transaction of this part: the next one goes on where it ends.

    Its key is one that the schedule knows, so nobody asks for "whatever is due" beside it.
    """
    key = f"{recurring(job.kind)}after/{job.id}"
    later(session, job.kind, job.payload, at=job.at, key=key)


def recurring(kind: JobKind) -> str:
    """Return how the keys of the jobs begin that the schedule asks for."""
    return f"schedule/{kind.value}/"


def load() -> Mapping[JobKind, Handler]:
    """Import every handler module and return the handlers by kind.

    Raises HandlersMissing when a kind has none, so that no worker starts that would leave jobs lying.
    """
    package = importlib.import_module("plumbline.jobs.handlers")
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")
    missing = [kind.value for kind in JobKind if kind not in _handlers]
    if missing:
        raise HandlersMissing(f"no module in plumbline/jobs/handlers/ handles: {', '.join(missing)}")
    return handlers()


def handlers() -> Mapping[JobKind, Handler]:
    """Return the handlers registered so far."""
    return MappingProxyType(_handlers)


def _add(kind: JobKind, handler: Handler) -> None:
    if kind in _handlers:
        raise ValueError(f"two handlers for {kind.value}")
    _handlers[kind] = handler
