"""Every kind of job has its handler and waits in a queue that has a pace; every letter leads to a page."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

from assessments.outbox import JobKind
from plumbline.app import create_app
from plumbline.jobs import queues, registry
from plumbline.jobs.handlers.letters import ADDRESSES
from plumbline.settings import from_environment
from tests.conftest import environment


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


def test_every_letter_links_to_a_page(tmp_path: Path) -> None:
    app = create_app(from_environment(environment(tmp_path)))
    pages = app.url_map.bind("plumbline.example")
    ids = {"assessment_id": uuid.uuid4(), "invitation": "sealed"}
    for kind, address in ADDRESSES.items():
        try:
            pages.match(address.page.format(**ids))
        except NotFound:
            pytest.fail(f"the letter {kind} links to {address.page}, which is no page")
