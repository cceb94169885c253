"""Choosing documents to share out of a vault that is longer than the list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.acts import documented
from tests.support.worlds import Finished


def test_a_document_beyond_those_listed_is_searched_and_what_is_ticked_stays(
    finished_embedded: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.supplier.sharing_grant.MOST_CHOICES", 1)
    world = finished_embedded
    at = datetime.now(UTC)
    first, last = (
        documented(world.session, world.cast.kovo, title, by=world.cast.jana.actor, at=at).latest.id
        for title in ("0 first", "zz last")
    )
    world.session.commit()
    visit = world.visit(world.cast.jana)
    page = visit.get("/supplier/sharing/new")
    assert "More documents fit than are listed here." in page.text
    assert (str(first) in page.html, str(last) in page.html) == (True, False)
    found = visit.post(
        "/supplier/sharing/new", {"do": "find", "find": "ZZ", "evidence": str(first), "purpose": "Kept"}
    )
    assert found.status == 200
    assert (str(first) in found.html, str(last) in found.html) == (True, True)
    assert found.values()["purpose"].strip() == "Kept"
    assert "More documents fit" not in found.text
