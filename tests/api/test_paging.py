"""Lists of the interface: walked page by page, each thing once, at the same cost for few and for many."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from assessments.actions.action import ActionKind, CorrectiveAction
from assessments.actions.plan import propose_action
from assessments.result import Layer
from assessments.sharing.disclosure import LegalBasis
from assessments.sharing.requesting import Named, send_request
from assessments.verification.finding import Finding
from tests.support.acts import disclosed
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.support.programs import ask
from tests.support.statements import as_a_server, counted
from tests.support.worlds import Finished


def walked(visit: Visit, path: str, limit: int) -> list[str]:
    """The ids of a whole list, read page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        told = ask(visit, "GET", f"{path}?limit={limit}{cursor}").must()
        assert len(told["items"]) <= limit
        found += [item["id"] for item in told["items"]]
        if told["next_cursor"] is None:
            return found
        cursor = f"&cursor={told['next_cursor']}"


def cost(world: Finished, visit: Visit, path: str) -> int:
    with counted(world.engine) as statements:
        as_a_server(ask, visit, "GET", path).must()
    return len(statements)


def some_requests(world: Finished, number: int) -> None:
    for place in range(number):
        send_request(
            world.session,
            Named(lei=f"529900ABSENTFIRM{place:04}"),
            layers=[Layer.STATUS],
            purpose="Due diligence",
            legal_basis=LegalBasis.VOLUNTARY,
            until=NOW.replace(year=NOW.year + 1),
            by=world.cast.anna.actor,
            at=NOW,  # the same instant for all: the id decides
        )
    world.session.commit()


def some_actions(world: Finished, number: int) -> uuid.UUID:
    action = world.session.scalars(select(CorrectiveAction).order_by(CorrectiveAction.id)).first()
    assert action is not None
    finding = world.session.get_one(Finding, action.finding_id)
    for place in range(number):
        propose_action(
            world.session, finding, kind=ActionKind.CORRECTIVE, root_cause=f"Cause {place}",
            description="Mend it.", owner="Maintenance", due_on=action.due_on, by=world.cast.petr.actor,
            at=NOW,
        )  # fmt: skip
    world.session.commit()
    return finding.id


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_each_thing_stands_once_in_its_order(finished: Finished, limit: int) -> None:
    jana, anna = finished.visit(finished.cast.jana), finished.visit(finished.cast.anna)
    given = [str(disclosed(finished, finished.result).id) for _number in range(3)]
    assert walked(jana, "/disclosures", limit) == sorted(given, reverse=True)
    some_requests(finished, 3)
    asked = walked(anna, "/access-requests", limit)
    assert (len(asked), asked) == (3, sorted(asked, reverse=True))
    finding_id = some_actions(finished, 2)
    actions = walked(jana, f"/findings/{finding_id}/corrective-actions", limit)
    assert (len(actions), actions) == (3, sorted(actions))
    findings = walked(jana, f"/assessments/{finished.result.assessment_id}/findings", limit)
    assert findings == sorted(set(findings))


def test_a_cursor_of_another_list_is_refused(finished: Finished) -> None:
    jana = finished.visit(finished.cast.jana)
    disclosed(finished, finished.result)
    for path in ("/disclosures", "/access-requests"):
        assert ask(jana, "GET", f"{path}?cursor={uuid.uuid4()}").status == 422


def test_a_list_costs_the_same_for_few_and_for_many(finished_embedded: Finished) -> None:
    world = finished_embedded
    jana = world.visit(world.cast.jana)
    disclosed(world, world.result)
    finding_id = some_actions(world, 0)
    paths: list[Any] = ["/disclosures", f"/findings/{finding_id}/corrective-actions"]
    ask(jana, "GET", "/disclosures").must()
    few = [cost(world, jana, path) for path in paths]
    for _number in range(3):
        disclosed(world, world.result, buyer_id=world.cast.hartwell)
    some_actions(world, 3)
    assert [cost(world, jana, path) for path in paths] == few
