"""Metrics for ``/metrics``: the names are enumerated here, and nowhere else can one be made.

With ``PROMETHEUS_MULTIPROC_DIR`` set before start, every process writes its figures to that folder and any of
them answers for all (gunicorn's workers, the job worker); without it a process answers for itself.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass
from functools import cache
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

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


def count(metric: Metric, by: float = 1, **labels: str) -> None:
    """Add to a counter. ValueError when the labels are not the metric's own, TypeError on another kind."""
    instrument = _instrument(metric)
    if not isinstance(instrument, Counter):
        raise TypeError(f"{metric.name} is a {metric.value.kind}, not a counter")
    (instrument.labels(**labels) if metric.value.labels else instrument).inc(by)


def observe(metric: Metric, seconds: float, **labels: str) -> None:
    """Add one observation to a histogram."""
    instrument = _instrument(metric)
    if not isinstance(instrument, Histogram):
        raise TypeError(f"{metric.name} is a {metric.value.kind}, not a histogram")
    (instrument.labels(**labels) if metric.value.labels else instrument).observe(seconds)


def put(metric: Metric, value: float, **labels: str) -> None:
    """Set a gauge; over several processes the most recent value counts."""
    instrument = _instrument(metric)
    if not isinstance(instrument, Gauge):
        raise TypeError(f"{metric.name} is a {metric.value.kind}, not a gauge")
    (instrument.labels(**labels) if metric.value.labels else instrument).set(value)


def exposition() -> tuple[bytes, str]:
    """Return the page for a scraper and its media type, over all processes where they share a folder."""
    if _shared():
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(_own_registry()), CONTENT_TYPE_LATEST


def _shared() -> bool:
    return bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))


@cache
def _own_registry() -> CollectorRegistry:
    return CollectorRegistry()


@cache
def _instrument(metric: Metric) -> Counter | Gauge | Histogram:
    measure, registry = metric.value, _own_registry()
    if measure.kind == "counter":
        return Counter(measure.name, measure.says, measure.labels, registry=registry)
    if measure.kind == "gauge":
        return Gauge(
            measure.name, measure.says, measure.labels, registry=registry, multiprocess_mode="mostrecent"
        )
    return Histogram(measure.name, measure.says, measure.labels, registry=registry, buckets=_SECONDS)
