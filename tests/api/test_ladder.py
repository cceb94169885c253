"""Who may: nobody 401, a stranger 404, a colleague without the right 403, over every family."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment
from assessments.verification.finding import Finding
from plumbline.signing import create_keys
from tests.conftest import Stack
from tests.support.acts import disclosed, documented, published
from tests.support.cast import NOW
from tests.support.programs import ask

WHO = ("jana", "petr", "rita", "lena", "otto", "sara", "rene", "alba", "anna", "axel", "hugo")
# {method path: statuses of WHO}; an empty body that gets in is answered 422, a move that cannot start 409.
LADDER: dict[str, tuple[int, ...]] = {
    "GET /me": (200,) * 11,
    "GET /questionnaires": (200,) * 11,
    "GET /organization": (200, 200, 200, 404, 404, 404, 404, 404, 404, 404, 404),
    "PATCH /organization": (422, 403, 422, 404, 404, 404, 404, 404, 404, 404, 404),
    "GET /sites/{site}": (200, 200, 404, 404, 404, 404, 404, 404, 404, 404, 404),
    "POST /sites": (422, 403, 422, 404, 404, 404, 404, 404, 404, 404, 404),
    "POST /assessments": (422, 403, 422, 404, 404, 404, 404, 404, 404, 404, 404),
    "GET /assessments/{assessment}": (200, 200, 404, 404, 404, 200, 200, 200, 404, 404, 404),
    "GET /assessments/{assessment}/answers": (200, 200, 404, 404, 404, 403, 403, 403, 404, 404, 404),
    "POST /assessments/{assessment}/transitions": (422, 403, 404, 404, 404, 403, 422, 403, 404, 404, 404),
    "POST /assessments/{assessment}/assignments": (404, 404, 404, 404, 404, 422, 403, 403, 404, 404, 404),
    "GET /assessments/{assessment}/findings": (200, 200, 404, 200, 404, 403, 403, 403, 404, 404, 404),
    "POST /assessments/{assessment}/findings": (404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404),
    "POST /findings/{finding}/replies": (422, 422, 404, 404, 404, 404, 404, 404, 404, 404, 404),
    "POST /findings/{finding}/transitions": (404, 404, 404, 404, 404, 403, 403, 422, 404, 404, 404),
    "GET /corrective-actions/{action}": (200, 200, 404, 200, 404, 403, 403, 403, 404, 404, 404),
    "POST /corrective-actions/{action}/transitions": (422, 422, 404, 422, 404, 403, 403, 403, 404, 404, 404),
    "GET /evidence/{evidence}": (200, 200, 404, 404, 404, 404, 404, 404, 404, 404, 404),
    "GET /evidence/{evidence}/content": (503, 503, 404, 404, 404, 403, 404, 404, 404, 404, 404),
    "GET /disclosures": (200, 200, 200, 404, 404, 404, 404, 404, 404, 404, 404),
    "POST /disclosures": (422, 403, 422, 404, 404, 404, 404, 404, 404, 404, 404),
    "DELETE /disclosures/{nothing}": (404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404),
    "GET /access-ledger": (200, 403, 200, 404, 404, 404, 404, 404, 404, 404, 404),
    "GET /access-requests": (200, 200, 200, 404, 404, 404, 404, 404, 200, 200, 200),
    "POST /access-requests": (404, 404, 404, 404, 404, 404, 404, 404, 422, 403, 422),
    "GET /portfolio": (404, 404, 404, 404, 404, 404, 404, 404, 200, 200, 200),
    "GET /results/{result}": (200, 200, 404, 404, 404, 404, 404, 404, 200, 200, 404),
    "GET /results/{result}/progress": (404, 404, 404, 404, 404, 404, 404, 404, 200, 200, 404),
    "GET /results/{result}/steps": (200, 200, 404, 404, 404, 404, 404, 404, 200, 200, 404),
}


def test_the_ladder(stack: Stack) -> None:
    create_keys(stack.settings.key_folder)
    result = published(stack)
    disclosed(stack, result)
    cast, session = stack.cast, stack.session
    document = documented(session, cast.kovo, "Permit", by=cast.jana.actor, at=NOW)
    action = session.scalars(select(CorrectiveAction)).first()
    assert action is not None
    finding = session.get_one(Finding, action.finding_id)
    assert session.get_one(Assessment, result.assessment_id)
    ids = {
        "site": cast.smelter, "assessment": result.assessment_id, "finding": finding.id, "action": action.id,
        "evidence": document.id, "result": result.id, "nothing": result.id,
    }  # fmt: skip
    session.commit()
    visits = {name: stack.visit(getattr(cast, name)) for name in WHO}
    wrong: dict[str, Any] = {}
    for line, statuses in LADDER.items():
        method, path = line.format(**ids).split(" ")
        body: Any = None if method in {"GET", "DELETE"} else {}
        got = tuple(ask(visits[name], method, path, body).status for name in WHO)
        if got != statuses:
            wrong[line] = {n: (g, w) for n, g, w in zip(WHO, got, statuses, strict=True) if g != w}
        assert ask(stack.visit(), method, path, body).status == 401, line
    assert wrong == {}


def test_a_key_used_again_with_other_words_is_refused(stack: Stack) -> None:
    published(stack)
    jana = stack.visit(stack.cast.jana)
    first = ask(jana, "POST", "/sites", {"columns": {"name": "A", "country": "CZE"}}, Idempotency_Key="k")
    other = ask(jana, "POST", "/sites", {"columns": {"name": "B", "country": "CZE"}}, Idempotency_Key="k")
    first.must(201)
    assert other.must(422)["errors"][0]["place"] == "Idempotency-Key"
    refused = {"columns": {"country": "CZE"}}
    assert ask(jana, "POST", "/sites", refused, Idempotency_Key="r").status == 422
    assert ask(
        jana, "POST", "/sites", {"columns": {"name": "C", "country": "CZE"}}, Idempotency_Key="r"
    ).must(201)


def test_lists_are_cut_by_cursor(embedded: Stack) -> None:
    published(embedded)
    jana = embedded.visit(embedded.cast.jana)
    first = ask(jana, "GET", "/sites?limit=1").must()
    second = ask(jana, "GET", f"/sites?limit=1&cursor={first['next_cursor']}").must()
    assert first["items"][0]["id"] != second["items"][0]["id"]
    assert second["next_cursor"] is None
    assert ask(jana, "GET", "/sites?cursor=x").status == 422
