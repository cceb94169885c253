"""What the trail holds: that something happened, never what was found, answered or written (DESIGN.md 3)."""

from __future__ import annotations

from sqlalchemy import select

from assessments.audit.events import AuditEvent
from tests.support.worlds import Finished

TOLD = frozenset(
    {
        "action", "assessment_id", "basis", "buyer_id", "columns", "cycle", "days", "document",
        "evidence_id", "finding_id", "firm_id", "label", "letter", "media_type", "no_ties",
        "number", "organization_id", "phase", "question", "questions", "redacted_from",
        "result_id", "revision", "role", "sha256", "site_id", "size", "snapshot", "state",
        "statement_form", "verdict", "version", "worker_voice",
    }
)  # fmt: skip
"""Ids, states, counts, dates and names of places; no level, no grade, no topic, no words of anybody.

``number`` is a document's version or a result's count; ``question`` and ``questions`` say which answer was
worked on, which the questionnaire names in public, and nothing of what it says.
"""
OF_WHAT_WAS_FOUND = ("finding_", "action_", "maturity_")


def test_events_say_that_something_happened_and_nothing_else(finished_embedded: Finished) -> None:
    told = {name for data in finished_embedded.session.scalars(select(AuditEvent.data)) for name in data}
    assert told
    assert told <= TOLD, told - TOLD


def test_what_was_found_names_no_topic_where_the_auditor_reads(finished_embedded: Finished) -> None:
    """A finding's number begins with its topic, so it stays out, too."""
    session, cast = finished_embedded.session, finished_embedded.cast
    events = [
        each for each in session.scalars(select(AuditEvent)) if each.kind.value.startswith(OF_WHAT_WAS_FOUND)
    ]
    assert {each.kind.value.split("_")[0] for each in events} == {"finding", "action", "maturity"}
    for each in events:
        assert not {"number", "topic", "question", "level", "grade"} & each.data.keys(), each.kind
    adam = finished_embedded.visit(cast.adam)
    for kind in sorted({each.kind.value for each in events}):
        text = adam.get(f"/steward/audit?kind={kind}").text
        assert "OHS." not in text, kind
        assert "MIN." not in text, kind
