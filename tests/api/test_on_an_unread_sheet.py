"""Two servers behind one address (PostgreSQL): what one remembers decides nothing that it does not prove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assessments.questionnaire.pack.loading import read_pack
from assessments.sheet import memory
from tests.conftest import Stack
from tests.support.programs import ask
from tests.versions.conftest import named_standard
from tests.versions.second import REMOVED_KEY, SMALL, WHOLE, edited
from tests.versions.world import Round, answered


@contextmanager
def other_server() -> Iterator[None]:
    """Ask a server that remembers nothing of what this one does."""
    kept, memory._KEPT = memory._KEPT, type(memory._KEPT)()
    try:
        yield
    finally:
        memory._KEPT = kept


@pytest.fixture
def world(on_postgresql: Stack, tmp_path_factory: pytest.TempPathFactory) -> Round:
    second = read_pack(edited(tmp_path_factory.mktemp("second"), *WHOLE))
    return answered(on_postgresql, named_standard(read_pack(SMALL)), named_standard(second))


def moved_on_another_server(stack: Stack, path: str) -> None:
    jana = stack.visit(stack.cast.jana)
    ask(jana, "GET", f"{path}/answers").must()
    with other_server():
        ask(jana, "POST", f"{path}/version", {"version": "1.1"}).must()


def test_a_confirmation_is_of_the_sheet_that_stands(on_postgresql: Stack, world: Round) -> None:
    jana, path = on_postgresql.visit(on_postgresql.cast.jana), f"/assessments/{world.smelter.id}"
    moved_on_another_server(on_postgresql, path)
    told = ask(jana, "POST", f"{path}/answers/OHS-04/confirmation", **{"If-Match": '"2"'}).must()
    answers = {one["question"]: one for one in ask(jana, "GET", f"{path}/answers").must()["answers"]}
    assert answers["OHS-04"]["to_confirm"] is False
    assert told["revision"] == answers["OHS-04"]["revision"]


def test_a_save_to_a_question_that_the_next_version_removed_is_refused(
    on_postgresql: Stack, world: Round
) -> None:
    jana, path = on_postgresql.visit(on_postgresql.cast.jana), f"/assessments/{world.smelter.id}"
    moved_on_another_server(on_postgresql, path)
    body = {"parts": {"who": "Nobody yet"}}
    refused = ask(jana, "PUT", f"{path}/answers/{REMOVED_KEY}", body, **{"If-Match": '"1"'})
    assert refused.status in {404, 409}, (refused.status, refused.json)
