"""Invariant 4 on PostgreSQL, where row-level security stands behind every read (tests/support/sharing.py).

Its twin on SQLite is a file of its own, so that two test processes may run the two at once.
"""

from __future__ import annotations

import pytest

from tests.support.sharing import crowd, hold
from tests.support.worlds import Finished


@pytest.mark.timeout(1200)
def test_nobody_reads_more_than_was_granted(finished_postgres: Finished) -> None:
    crowd(finished_postgres)
    hold(finished_postgres)
