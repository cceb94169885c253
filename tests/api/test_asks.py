"""What a buyer asks of whom, by the interface: the operations that the document shows an example of."""

from __future__ import annotations

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from tests.conftest import Stack
from tests.support.assessing import standard
from tests.support.cast import NOW
from tests.support.programs import ask


def test_a_row_is_put_on_the_list_changed_and_taken_back(embedded: Stack) -> None:
    publish_version(embedded.session, standard(), by=SYSTEM, at=NOW)
    embedded.session.commit()
    anna = embedded.visit(embedded.cast.anna)
    said = {"standard": "ISO45001", "elements": ["ISO45001.8.2"], "reason": "Clause 7 of our terms"}
    path = f"/asks/{ask(anna, 'POST', '/asks', said).must(201)['id']}"
    narrowed = {**said, "country": "CZE", "material": "copper", "activity": "SMR"}
    assert ask(anna, "PUT", path, narrowed, If_Match='"1"').must()["country"] == "CZE"
    assert [row["country"] for row in ask(anna, "GET", "/asks").must()["items"]] == ["CZE"]
    assert ask(anna, "POST", f"{path}/undo", {}, If_Match='"2"').must()["country"] == ""
    assert ask(anna, "GET", path).must()["revision"] == 3
    assert ask(anna, "POST", f"{path}/looked", {}).must()["looked_beside"] == "1.0"
