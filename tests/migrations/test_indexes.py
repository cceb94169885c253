"""What lists, sweeps and policies look for begins an index: none of them reads a whole table."""

from __future__ import annotations

import pytest
from sqlalchemy import Table, UniqueConstraint

import plumbline.identity.records
from assessments import outbox
from assessments.actions import outstanding
from assessments.base import Base
from assessments.overviews import vault
from assessments.publishing import publication
from assessments.sharing import disclosure
from assessments.verification import firms

ROOMS = (disclosure, firms, outstanding, outbox, publication, vault, plumbline.identity.records)
LOOKED_FOR = (
    ("action_evidence", "version_id"), ("answer", "organization_id", "updated_at"), ("assessment", "site_id"),
    ("corrective_action", "organization_id"), ("corrective_action", "state", "returns"),
    ("disclosure", "result_id"), ("disclosure", "site_id"), ("document", "organization_id", "id"),
    ("finding", "organization_id"), ("finding", "state"), ("idempotency_key", "created_at"),
    ("login_session", "expires_at"), ("outbox_job", "done_at"), ("portfolio_row", "buyer_id", "result_id"),
    ("result", "valid_until"), ("throttle", "window_start"),
)  # fmt: skip


def led_by(table: Table) -> list[tuple[str, ...]]:
    """The columns of every index, unique constraint and primary key of a table, in their order."""
    kept = [tuple(column.name for column in index.columns) for index in table.indexes]
    kept += [
        tuple(column.name for column in one.columns)
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
    ]
    return [*kept, tuple(column.name for column in table.primary_key.columns)]


@pytest.mark.parametrize("looked", LOOKED_FOR, ids="-".join)
def test_it_begins_an_index(looked: tuple[str, ...]) -> None:
    name, *columns = looked
    assert any(kept[: len(columns)] == tuple(columns) for kept in led_by(Base.metadata.tables[name]))
