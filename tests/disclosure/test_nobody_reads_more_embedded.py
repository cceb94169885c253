"""Invariant 4 on SQLite, where the statements alone keep it (tests/support/sharing.py)."""

from __future__ import annotations

import pytest

from tests.support.sharing import crowd, hold
from tests.support.worlds import Finished


@pytest.mark.timeout(1200)
def test_nobody_reads_more_than_was_granted(finished_embedded: Finished) -> None:
    crowd(finished_embedded)
    hold(finished_embedded)
