"""Metrics for ``/metrics``: the names are enumerated here, and nowhere else can one be made.

With ``PROMETHEUS_MULTIPROC_DIR`` set (``plumbline serve`` sets it), every process writes its figures to that
folder and any of them answers for all (gunicorn's workers, the job worker); without it a process answers for
itself.
"""

from __future__ import annotations

import contextlib
import enum
import fcntl
import itertools
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

SHARED = "PROMETHEUS_MULTIPROC_DIR"
_KINDS_OF_FILE = ("counter", "gauge_mostrecent", "histogram")
_FILE_BYTES = 1 << 20
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


@dataclass(frozen=True)
class Measure:
    """What a metric is: its exposed name, its kind, a sentence, its labels (enumerated values only)."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    says: str
    labels: tuple[str, ...] = ()


class Metric(enum.Enum):
    """Every metric there is. Labels never carry ids or anything a person typed."""

    REQUESTS = Measure(
        "plumbline_requests", "counter", "Requests answered.", ("endpoint", "method", "status")
    )
    REQUEST_SECONDS = Measure(
        "plumbline_request_seconds", "histogram", "Time to answer a request.", ("endpoint",)
    )
    JOBS_DONE = Measure("plumbline_jobs_done", "counter", "Jobs that took effect.", ("kind",))
    JOBS_FAILED = Measure("plumbline_jobs_failed", "counter", "Attempts that ended in an error.", ("kind",))
    JOBS_DEAD = Measure(
        "plumbline_jobs_dead", "counter", "Jobs given up after their last attempt.", ("kind",)
    )
    JOBS_REAPED = Measure("plumbline_jobs_reaped", "counter", "Jobs taken back from a lost worker.")
    JOB_SECONDS = Measure("plumbline_job_seconds", "histogram", "Time to run a job.", ("kind",))
    JOBS_RELAYED = Measure("plumbline_jobs_relayed", "counter", "Wake-ups put on Redis.", ("queue",))
    RELAY_FAULTS = Measure("plumbline_relay_faults", "counter", "Rounds in which Redis could not be reached.")
    DUTIES_FAILED = Measure(
        "plumbline_duties_failed", "counter", "Recurring duties that ended in an error.", ("duty",)
    )
    SEALS_MADE = Measure("plumbline_seals_made", "counter", "Audit seals made.")
    ROWS_SEALED = Measure("plumbline_rows_sealed", "counter", "Audit rows sealed.")
    SEAL_LAG_SECONDS = Measure(
        "plumbline_seal_lag_seconds", "gauge", "Age of the oldest audit row that is not sealed."
    )
    OUTBOX_DUE = Measure("plumbline_outbox_due", "gauge", "Jobs that are due and wait.")
    OUTBOX_AGE_SECONDS = Measure(
        "plumbline_outbox_age_seconds", "gauge", "How long the oldest due job waits."
    )
    OUTBOX_DEAD = Measure("plumbline_outbox_dead", "gauge", "Jobs given up and not yet replayed.")
    LETTERS_SENT = Measure("plumbline_letters_sent", "counter", "Letters handed over.", ("letter",))


def share(folder: Path) -> None:
    """Write figures to ``folder`` from now on, as processes started from here do; empty it of older ones.

    To be called before the first figure. Raises OSError when the folder cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in (*folder.glob("*.db"), *folder.glob("*.lock")):
        left.unlink(missing_ok=True)
    (folder / "probe.lock").touch()
    os.environ[SHARED] = str(folder)


def count(metric: Metric, by: float = 1, **labels: str) -> None:
    """Add to a counter. ValueError when the labels are not the metric's own, TypeError on another kind."""
    with _no_matter():
        instrument = _instrument(metric)
        if not isinstance(instrument, Counter):
            raise TypeError(f"{metric.name} is a {metric.value.kind}, not a counter")
        (instrument.labels(**labels) if metric.value.labels else instrument).inc(by)


def observe(metric: Metric, seconds: float, **labels: str) -> None:
    """Add one observation to a histogram."""
    with _no_matter():
        instrument = _instrument(metric)
        if not isinstance(instrument, Histogram):
            raise TypeError(f"{metric.name} is a {metric.value.kind}, not a histogram")
        (instrument.labels(**labels) if metric.value.labels else instrument).observe(seconds)


def put(metric: Metric, value: float, **labels: str) -> None:
    """Set a gauge; over several processes the most recent value counts."""
    with _no_matter():
        instrument = _instrument(metric)
        if not isinstance(instrument, Gauge):
            raise TypeError(f"{metric.name} is a {metric.value.kind}, not a gauge")
        (instrument.labels(**labels) if metric.value.labels else instrument).set(value)


def _no_matter() -> contextlib.suppress:
    """No room for the figures of a process must not end what it was at."""
    return contextlib.suppress(OSError)


def exposition() -> tuple[bytes, str]:
    """Return the page for a scraper and its media type, over all processes where they share a folder."""
    if _shared():
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(_own_registry()), CONTENT_TYPE_LATEST


def _shared() -> bool:
    return bool(os.environ.get(SHARED))


class _Place:
    """The name under which a process writes to the shared folder: the first that no living process holds.

    Not its id, as the library would have it: RQ runs each job in a process of its own, and a scrape reads
    every file there ever was. The system gives the lock back however a process ends, and the next holder
    goes on counting in the same files. Their room is taken in advance: a page that a full disk cannot give
    ends the process that writes to it.
    """

    def __init__(self) -> None:
        self._process = 0
        self._name = ""
        self._lock: int | None = None

    def __call__(self) -> str:
        if os.getpid() != self._process:
            self._take(Path(os.environ[SHARED]))
        return self._name

    def _take(self, folder: Path) -> None:
        if self._lock is not None:  # the lock of the process that this one was forked from
            os.close(self._lock)
            self._lock = None
        for number in itertools.count():
            lock = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            try:
                for kind in _KINDS_OF_FILE:
                    _reserve(folder / f"{kind}_{number}.db")
            except OSError:
                os.close(lock)
                raise
            self._process, self._name, self._lock = os.getpid(), str(number), lock
            return


def _reserve(file: Path) -> None:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, _FILE_BYTES)
    finally:
        os.close(handle)


@cache
def _write_to_folder() -> None:
    """Have the library write there: it chose when it was imported, before ``share`` could be called."""
    try:
        values.ValueClass = values.MultiProcessValue(_Place())  # type: ignore[no-untyped-call]
    except OSError:  # no room: this process answers for itself
        values.ValueClass = values.MutexValue


@cache
def _own_registry() -> CollectorRegistry:
    return CollectorRegistry()


@cache
def _instrument(metric: Metric) -> Counter | Gauge | Histogram:
    if _shared():
        _write_to_folder()
    measure, registry = metric.value, _own_registry()
    if measure.kind == "counter":
        return Counter(measure.name, measure.says, measure.labels, registry=registry)
    if measure.kind == "gauge":
        return Gauge(
            measure.name, measure.says, measure.labels, registry=registry, multiprocess_mode="mostrecent"
        )
    return Histogram(measure.name, measure.says, measure.labels, registry=registry, buckets=_SECONDS)
