"""Corrective actions as shared work: proposed, returned, begun, moved, proved."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.actions.dates import decide_new_date
from assessments.verification.finding import findings_of
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.supplier_sharing.conftest import FactCheck
from tests.support.acts import documented
from tests.support.page import Visit
from tests.support.statements import counted
from tests.support.worlds import Finished

SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
PROPOSAL = {
    "kind": "corrective", "root_cause": "Nobody looked.\nNobody was named.", "description": "Name somebody.",
    "owner": "Yard manager", "due_on": SOON,
}  # fmt: skip


def propose(checking: FactCheck, visit: Visit, number: int = 1) -> uuid.UUID:
    sent = visit.post(f"/supplier/findings/{checking.finding(number).id}/actions", PROPOSAL)
    assert sent.status == 303, sent.text
    return uuid.UUID(sent.location.rpartition("/")[2])


def stored(stack: Stack, key: uuid.UUID) -> CorrectiveAction:
    stack.session.rollback()
    stack.session.expire_all()
    return stack.session.get_one(CorrectiveAction, key)


def agreed(checking: FactCheck, visit: Visit) -> uuid.UUID:
    key = propose(checking, visit)
    stored(checking.stack, key).make(
        checking.stack.session, "agree", by=checking.stack.cast.lena.actor, at=datetime.now(UTC)
    )
    checking.stack.session.commit()
    return key


def test_what_wants_a_plan_is_listed_until_an_action_is_proposed(checking: FactCheck) -> None:
    visit = checking.stack.visit(checking.stack.cast.petr)
    assert "3 findings want a plan" in visit.get("/supplier/actions").text
    key = propose(checking, visit)
    page = visit.get("/supplier/actions")
    assert "2 findings want a plan" in page.text
    assert f"/supplier/actions/{key}" in page.html
    assert "the assessor's" in page.text
    shown = visit.get(f"/supplier/actions/{key}")
    assert "Nobody was named." in shown.text
    assert shown.html.count("Why?") == 2


def test_an_unfinished_proposal_comes_back_with_a_sentence_for_each_place(checking: FactCheck) -> None:
    visit = checking.stack.visit(checking.stack.cast.petr)
    path = f"/supplier/findings/{checking.finding(1).id}/actions"
    page = visit.post(path, {"root_cause": "Nobody looked.", "due_on": "soon", "kind": "other"})
    assert page.status == 422
    for words in (
        "Choose what it is for.",
        "Write what will be done.",
        "Name the function",
        "Write the day as",
    ):
        assert words in page.text
    assert page.values()["root_cause"].strip() == "Nobody looked."
    assert page.values()["due_on"] == "soon"
    past = visit.post(path, {**PROPOSAL, "due_on": "2020-01-01"})
    assert past.status == 422
    assert "The date lies in the past." in past.text


def test_a_returned_action_is_changed_and_two_at_once_see_both(checking: FactCheck) -> None:
    stack = checking.stack
    visit = stack.visit(stack.cast.petr)
    key = propose(checking, visit)
    stored(stack, key).make(
        stack.session, "return", reason="Who checks?", by=stack.cast.lena.actor, at=datetime.now(UTC)
    )
    stack.session.commit()
    page = visit.get(f"/supplier/actions/{key}")
    assert "Change it and propose it again" in page.text
    asking = page.text.partition("The assessor returned this action.")[2]
    assert "Who checks?" in asking.partition("Change it and propose it again")[0], "the reason, at the button"
    form = visit.get(f"/supplier/actions/{key}/revise")
    assert "Who checks?" in form.text
    held = {**PROPOSAL, "revision": form.values()["revision"], "description": "Mine"}
    stale = visit.post(f"/supplier/actions/{key}/revise", {**held, "revision": "1"})
    assert stale.status == 412
    assert "Somebody else changed this action" in stale.text
    assert "Mine" in stale.text
    assert "Name somebody." in stale.text
    assert visit.post(f"/supplier/actions/{key}/revise", held).status == 303
    assert stored(stack, key).state is ActionState.PROPOSED
    again = visit.post(
        f"/supplier/actions/{key}/revise", {**held, "revision": str(stored(stack, key).revision)}
    )
    assert again.status == 409
    assert again.values()["description"].strip() == "Mine"


def test_begun_proved_from_the_vault_and_by_upload_and_sent(checking: FactCheck) -> None:
    stack = checking.stack
    visit = stack.visit(stack.cast.petr)
    key = agreed(checking, visit)
    path = f"/supplier/actions/{key}"
    assert visit.post(f"{path}/start").status == 303
    early = visit.post(f"{path}/evidence", {"do": "send", "text": "All is done."})
    assert early.status == 422
    assert "No evidence is attached." in early.text
    assert "All is done." in early.html
    nothing = visit.post(f"{path}/evidence", {"do": "keep"})
    assert nothing.status == 422
    bad = visit.post(
        f"{path}/evidence", {"do": "send", "text": "See photo.", "file": (io.BytesIO(b"MZ"), "a.exe")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert bad.status == 422
    assert "See photo." in bad.html
    kept = visit.post(
        f"{path}/evidence", {"do": "keep", "file": (io.BytesIO(pdf()), "sheet.pdf")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert kept.status == 303
    assert "sheet.pdf" in visit.get(path).text
    assert "1 action" in visit.get("/supplier/evidence").text
    assert visit.post(f"{path}/evidence", {"do": "send", "text": "Done on Monday."}).status == 303
    assert stored(stack, key).state is ActionState.EVIDENCE_SUBMITTED
    page = visit.get(path)
    assert "Done on Monday." in page.text
    assert "Said to be done" in page.text
    assert visit.post(f"{path}/start").status == 409


def test_a_document_beyond_those_listed_is_searched(
    checking: FactCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.supplier.actions.MOST_CHOICES", 1)
    stack = checking.stack
    for title in ("0 first", "zz last"):
        documented(stack.session, stack.cast.kovo, title, by=stack.cast.jana.actor, at=datetime.now(UTC))
    stack.session.commit()
    visit = stack.visit(stack.cast.petr)
    path = f"/supplier/actions/{agreed(checking, visit)}"
    page = visit.get(path)
    assert "More documents fit than are listed here." in page.text
    assert ("0 first" in page.text, "zz last" in page.text) == (True, False)
    assert "zz last" in visit.get(f"{path}?find=ZZ").text


def test_actions_beyond_a_page_stand_on_the_next(
    finished_embedded: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.supplier.actions.SHOWN", 1)
    world = finished_embedded
    visit = world.visit(world.cast.petr)
    action = world.session.query(CorrectiveAction).first()
    assert action is not None
    for _more in range(2):
        assert visit.post(f"/supplier/findings/{action.finding_id}/actions", PROPOSAL).status == 303
    shown: list[str] = []
    path = "/supplier/actions"
    while path:
        page = visit.get(path)
        shown += [link for link in page.links() if link.startswith("/supplier/actions/")]
        path = next((link for link in page.links() if "after=" in link), "")
    assert len(shown) == len(set(shown))
    assert len(shown) > 1


def test_a_document_of_another_vault_is_nobodys_proof(checking: FactCheck) -> None:
    stack = checking.stack
    paper = documented(
        stack.session, stack.cast.rival, "Paper", by=stack.cast.rita.actor, at=datetime.now(UTC)
    )
    stack.session.commit()
    visit = stack.visit(stack.cast.petr)
    key = agreed(checking, visit)
    for foreign in (str(paper.id), "no id"):
        assert (
            visit.post(f"/supplier/actions/{key}/evidence", {"do": "keep", "document": foreign}).status == 404
        )


def test_a_new_date_is_asked_for_and_the_old_one_stays_struck_through(checking: FactCheck) -> None:
    stack = checking.stack
    visit = stack.visit(stack.cast.petr)
    key = agreed(checking, visit)
    path = f"/supplier/actions/{key}"
    wrong = visit.post(f"{path}/dates", {"new_on": "later", "reason": "The motor is late."})
    assert wrong.status == 422
    assert "The motor is late." in wrong.html
    later = (datetime.now(UTC) + timedelta(days=90)).date()
    assert (
        visit.post(f"{path}/dates", {"new_on": later.isoformat(), "reason": "The motor is late."}).status
        == 303
    )
    twice = visit.post(f"{path}/dates", {"new_on": later.isoformat(), "reason": "Again."})
    assert twice.status == 409
    old = stored(stack, key).due_on
    decide_new_date(
        stack.session, stored(stack, key), True, "Agreed.", by=stack.cast.lena.actor, at=datetime.now(UTC)
    )
    stack.session.commit()
    page = visit.get(path)
    assert f"<del>{old.day} {old:%b %Y}</del>" in page.html
    assert "The motor is late." in page.text
    assert stored(stack, key).due_on == later


def test_words_without_a_move_stand_in_the_talk(checking: FactCheck) -> None:
    stack = checking.stack
    visit = stack.visit(stack.cast.petr)
    key = propose(checking, visit)
    path = f"/supplier/actions/{key}"
    assert visit.post(f"{path}/talk", {"text": "  "}).status == 422
    assert visit.post(f"{path}/talk", {"text": "Is one photo enough?"}).location == f"{path}#talk"
    page = visit.get(path)
    assert "Is one photo enough?" in page.text
    assert "Proposed," in page.text


def test_strangers_find_no_action(checking: FactCheck) -> None:
    stack = checking.stack
    key = propose(checking, stack.visit(stack.cast.petr))
    for stranger in (stack.cast.rita, stack.cast.anna, stack.cast.lena, stack.cast.rene):
        visit = stack.visit(stranger)
        assert visit.get(f"/supplier/actions/{key}").status == 404
        for move in ("start", "evidence", "dates", "talk", "revise"):
            assert visit.post(f"/supplier/actions/{key}/{move}").status == 404
    assert "Name somebody." not in stack.visit(stack.cast.rita).get("/supplier/actions").text


def test_lists_and_pages_cost_the_same_for_few_and_for_many(finished_embedded: Finished) -> None:
    world = finished_embedded
    visit = world.visit(world.cast.petr)
    visit.get("/supplier/actions")
    action = world.session.query(CorrectiveAction).first()
    assert action is not None

    def costs() -> list[int]:
        found = []
        for path in ("/supplier/actions", f"/supplier/actions/{action.id}",
                     f"/supplier/assessments/{action.assessment_id}/findings"):  # fmt: skip
            with counted(world.engine) as seen:
                assert visit.get(path).status == 200
            found.append(len(seen))
        return found

    few = costs()
    finding = findings_of(world.session, action.assessment_id)[0]
    for _more in range(4):
        visit.post(f"/supplier/findings/{finding.id}/actions", PROPOSAL)
    assert costs() == few
