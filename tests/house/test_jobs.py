"""Every kind of job has its handler and waits in a queue that has a pace."""

from __future__ import annotations

import pytest

from assessments.outbox import JobKind
from plumbline.jobs import queues, registry


def test_every_kind_of_job_has_a_handler() -> None:
    assert set(registry.load()) == set(JobKind)


def test_no_worker_starts_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(registry.load())
    known.pop(JobKind.SEND_LETTER)
    monkeypatch.setattr(registry, "_handlers", known)
    with pytest.raises(registry.HandlersMissing, match="send_letter"):
        registry.load()


def test_every_kind_of_job_waits_in_a_queue_with_a_pace() -> None:
    assert set(queues.QUEUE_OF) == set(JobKind)
    assert set(queues.PACE_OF) == set(queues.Queue)
