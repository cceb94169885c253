"""What the trail holds: that something happened, never what was found, answered or written (DESIGN.md 3)."""

from __future__ import annotations

from sqlalchemy import select

from assessments.events import AuditEvent
from tests.support.worlds import Finished

TOLD = frozenset(
    {
        "action", "assessment_id", "basis", "buyer_id", "columns", "cycle", "days", "document",
        "evidence_id", "finding_id", "firm_id", "label", "letter", "media_type", "no_ties",
        "number", "organization_id", "phase", "question", "questions", "redacted_from",
        "result_id", "revision", "role", "sha256", "site_id", "size", "snapshot", "state",
        "statement_form", "topic", "topics", "verdict", "version", "worker_voice",
    }
)  # fmt: skip
"""Ids, states, numbers, dates and names of places; no level, no grade, no words of anybody."""


def test_events_say_that_something_happened_and_nothing_else(finished_embedded: Finished) -> None:
    told = {name for data in finished_embedded.session.scalars(select(AuditEvent.data)) for name in data}
    assert told
    assert told <= TOLD, told - TOLD
