"""What stands beside the nine steps: checks, notes, dates, remarks, versions, members; who decides reads."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.actions.action import ActionKind
from assessments.actions.plan import propose_action
from assessments.sharing.disclosure import AccessLedgerEntry
from assessments.verification.finding import FindingState, findings_of
from plumbline.signing import create_keys
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.support.acts import assigned, documented, in_review, published, submitted, verified
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.support.programs import Told, ask

DUE = (NOW + timedelta(days=90)).date().isoformat()


def ledger_of(stack: Stack, assessment_id: uuid.UUID) -> list[AccessLedgerEntry]:
    stack.session.rollback()
    own = select(AccessLedgerEntry).where(AccessLedgerEntry.assessment_id == assessment_id)
    return list(stack.session.scalars(own.order_by(AccessLedgerEntry.at, AccessLedgerEntry.id)))


def sent(visit: Visit, path: str, content: bytes, **fields: str) -> Told:
    visit.stack.session.rollback()
    headers = {"Authorization": f"Bearer {visit.token}"}
    data = {"file": (io.BytesIO(content), "file.pdf"), **fields}
    response = visit.client.post(f"/api/v1{path}", data=data, headers=headers)
    return Told(response.status_code, response.get_json(silent=True), response.headers)


def test_an_assessor_records_how_each_answer_was_checked(stack: Stack) -> None:
    assessment = submitted(stack)
    assigned(stack, assessment)
    here = f"/assessments/{assessment.id}"
    lena, sam, petr = (stack.visit(who) for who in (stack.cast.lena, stack.cast.sam, stack.cast.petr))
    key = ask(lena, "GET", f"{here}/answers").must()["answers"][0]["question"]
    check = f"{here}/answers/{key}/verification"
    assert ask(lena, "PUT", check, {"basis": "self_declared"}).status == 409
    ask(lena, "PUT", check, {"basis": "desk"}).must()
    both = ask(sam, "PUT", check, {"basis": "on_site", "worker_voice": True}).must()["checks"]
    assert [(each["basis"], each["worker_voice"]) for each in both] == [("desk", False), ("on_site", True)]
    assert all(each["verified_at"] for each in both)
    ask(sam, "POST", f"{here}/answers/{key}/notes", {"text": "Ask again on site."}).must(201)
    read = {each["question"]: each for each in ask(lena, "GET", f"{here}/answers").must()["answers"]}
    assert (read[key]["checks"], read[key]["firm_notes"][0]["text"]) == (both, "Ask again on site.")
    assert "Ask again" not in petr.api("GET", f"{here}/answers").get_data(as_text=True)
    assert ask(petr, "PUT", check, {"basis": "desk"}).status == 404
    assert ask(lena, "GET", f"{here}/clarifications").must()["items"] == []
    found = {
        "topic": "OHS.1", "grade": "minor", "kind": "gap", "statement": "One hood had no label.",
    }  # fmt: skip
    draft = ask(lena, "POST", f"{here}/findings", found)
    assert draft.headers["Location"] == f"/api/v1/findings/{draft.must(201)['id']}"
    assert ask(lena, "GET", f"/findings/{draft.json['id']}").must() == draft.json
    assert ask(petr, "GET", f"/findings/{draft.json['id']}").status == 404
    assert ask(lena, "DELETE", f"/findings/{draft.json['id']}").status == 204
    assert ask(lena, "GET", f"/findings/{draft.json['id']}").status == 404


def test_a_reviewer_reads_the_whole_while_it_is_in_review(stack: Stack) -> None:
    assessment = submitted(stack)
    here = f"/assessments/{assessment.id}"
    rene, sara = stack.visit(stack.cast.rene), stack.visit(stack.cast.sara)
    parts = ("answers", "findings", "corrective-actions", "maturity", "clarifications")
    assert {ask(rene, "GET", f"{here}/{part}").status for part in parts} == {403}
    in_review(stack, assessment)
    read = {part: ask(rene, "GET", f"{here}/{part}").must() for part in parts}
    assert len(read["findings"]["items"]) == 5
    assert any(each["checks"] for each in read["answers"]["answers"])
    assert {each["verified_level"] for each in read["maturity"]["items"]} >= {1, 2, 3}
    action = read["corrective-actions"]["items"][0]
    assert ask(rene, "GET", f"/corrective-actions/{action['id']}").must() == action
    assert ask(rene, "GET", f"/findings/{action['finding_id']}").must()["state"] == "open"
    assert {ask(sara, "GET", f"{here}/{part}").status for part in parts} == {403}
    lines = ask(stack.visit(stack.cast.jana), "GET", "/access-ledger?limit=200").must()["items"]
    assert (
        len([line for line in lines if line["reader_function"] == stack.cast.rene.role.function])
        == len(parts) + 2
    )


def test_appeal_reads_what_the_dispute_is_about(stack: Stack) -> None:
    create_keys(stack.settings.key_folder)
    assessment = submitted(stack)
    verified(stack, assessment)
    here, session = f"/assessments/{assessment.id}", stack.session
    finding = next(f for f in findings_of(session, assessment.id) if f.state is FindingState.SHARED)
    alba, jana = stack.visit(stack.cast.alba), stack.visit(stack.cast.jana)
    assert ask(alba, "GET", f"/findings/{finding.id}").status == 403
    said = {"kind": "dispute", "text": "The motor ran that day."}
    ask(stack.visit(stack.cast.petr), "POST", f"/findings/{finding.id}/replies", said).must(201)
    waiting = ask(alba, "GET", "/disputes").must()["items"]
    assert [each["finding_id"] for each in waiting] == [str(finding.id)]
    read = ask(alba, "GET", f"/findings/{finding.id}").must()
    assert read["replies"][0]["text"] == said["text"]
    asked = {each["question"] for each in ask(alba, "GET", f"{here}/answers").must()["answers"]}
    assert asked <= set(read["questions"])
    topics = {each["topic"] for each in ask(alba, "GET", f"{here}/maturity").must()["items"]}
    assert topics == {read["topic"]}
    assert len(ask(alba, "GET", f"{here}/findings").must()["items"]) == 1
    decided = {"to": "upheld", "reason": "The log shows no airflow."}
    ask(alba, "POST", f"/findings/{finding.id}/transitions", decided).must()
    assert ask(alba, "GET", f"/findings/{finding.id}").status == 403
    ask(jana, "POST", f"{here}/transitions", {"to": "fact_check_ended"}).must()
    assert ask(jana, "POST", f"{here}/publication", {"window_days": 400}).status == 409
    chosen = ask(jana, "POST", f"{here}/publication", {"window_days": None}).must()
    assert chosen["publication_chosen_at"]
    assert chosen["correction_window_ends_at"] is None
    assert ask(jana, "POST", f"{here}/publication", {"window_days": 30}).status == 409


def test_a_mediator_reads_what_both_sides_cannot_agree_on(stack: Stack) -> None:
    assessment = submitted(stack)
    verified(stack, assessment)
    session, cast = stack.session, stack.cast
    finding = next(f for f in findings_of(session, assessment.id) if f.state is FindingState.SHARED)
    action = propose_action(
        session, finding, kind=ActionKind.CORRECTIVE, root_cause="Nobody owns it.", description="Name one.",
        owner="Shift lead", due_on=NOW.date(), by=cast.petr.actor, at=NOW,
    )  # fmt: skip
    session.commit()
    here, mina = f"/corrective-actions/{action.id}", stack.visit(cast.mina)
    lena, petr = stack.visit(cast.lena), stack.visit(cast.petr)
    assert ask(mina, "GET", here).status == 403
    plan = {
        "kind": "corrective", "root_cause": "Nobody owns it.", "description": "Name two.",
        "owner": "Shift lead", "due_on": DUE,
    }  # fmt: skip
    for _time in (1, 2):
        back = ask(lena, "POST", f"{here}/transitions", {"move": "return", "reason": "By when?"}).must()
        again = {"move": "propose_again", "plan": plan}
        ask(petr, "POST", f"{here}/transitions", again, If_Match=f'"{back["revision"]}"').must()
        assert ask(petr, "POST", f"{here}/transitions", again, If_Match='"1"').must(412)["current"]
    assert [e["action_id"] for e in ask(mina, "GET", "/mediations").must()["items"]] == [str(action.id)]
    assert len(ask(mina, "GET", here).must()["earlier_proposals"]) == 2
    assert ask(mina, "GET", f"/findings/{finding.id}").must()["number"] == finding.number
    assert len(ask(mina, "GET", f"/findings/{finding.id}/corrective-actions").must()["items"]) == 1
    ask(mina, "POST", f"{here}/remarks", {"text": "Is there a third way?"}).must(201)
    before = len(ledger_of(stack, assessment.id))
    ask(mina, "POST", f"{here}/transitions", {"move": "disagree", "reason": "Both stand by it."}).must()
    lines = ledger_of(stack, assessment.id)
    assert len(lines) == before + 1, "the answer to a move is a reading, too"
    assert lines[-1].what == {"layers": ["plan"], "topics": [finding.topic]}
    assert ask(mina, "GET", here).status == 403


def test_dates_words_and_proofs_beside_an_action(stack: Stack) -> None:
    result = published(stack)
    cast = stack.cast
    petr, lena, sam = stack.visit(cast.petr), stack.visit(cast.lena), stack.visit(cast.sam)
    plan = ask(petr, "GET", f"/assessments/{result.assessment_id}/corrective-actions").must()["items"]
    assert plan == ask(lena, "GET", f"/assessments/{result.assessment_id}/corrective-actions").must()["items"]
    here = f"/corrective-actions/{plan[0]['id']}"
    assert ask(petr, "POST", f"{here}/dates", {"new_on": DUE, "reason": " "}).status == 409
    asked = ask(petr, "POST", f"{here}/dates", {"new_on": DUE, "reason": "The fan comes late."}).must(201)
    assert (asked["due_on"], asked["dates"][0]["granted"]) == (plan[0]["due_on"], None)
    answer = {"granted": True, "reason": "The order is dated."}
    assert ask(petr, "POST", f"{here}/dates/decision", answer).status == 404
    granted = ask(sam, "POST", f"{here}/dates/decision", answer).must()
    assert (granted["due_on"], granted["dates"][0]["old_on"]) == (DUE, plan[0]["due_on"])
    ask(petr, "POST", f"{here}/remarks", {"text": "It is ordered."}).must(201)
    said = ask(lena, "POST", f"{here}/remarks", {"text": "Send the order."}).must(201)["remarks"]
    assert [each["text"] for each in said][-2:] == ["It is ordered.", "Send the order."]
    document = documented(stack.session, cast.kovo, "Order", by=cast.jana.actor, at=NOW)
    version = document.latest.id
    stack.session.commit()
    assert ask(petr, "PUT", f"{here}/evidence/{document.id}").status == 204
    assert ask(petr, "GET", here).must()["evidence"] == [str(version)]
    assert ask(lena, "PUT", f"{here}/evidence/{document.id}").status == 404


def test_a_supplier_discloses_unasked(stack: Stack) -> None:
    result, cast = published(stack), stack.cast
    jana, petr = stack.visit(cast.jana), stack.visit(cast.petr)
    offer = {
        "buyer_id": str(cast.nordvolt), "site_id": str(result.site_id), "result_id": str(result.id),
        "layers": ["status", "profile", "findings", "plan"], "without": ["MIN.1"],
        "purpose": "Supply chain due diligence", "ends_at": (NOW + timedelta(days=200)).isoformat(),
    }  # fmt: skip
    assert ask(petr, "POST", "/disclosures", offer).status == 403
    made = ask(jana, "POST", "/disclosures", offer, Idempotency_Key="one").must(201)
    assert ask(jana, "POST", "/disclosures", offer, Idempotency_Key="one").must(201) == made
    assert [each["id"] for each in ask(petr, "GET", "/disclosures").must()["items"]] == [made["id"]]
    assert ask(stack.visit(cast.anna), "GET", f"/results/{result.id}").status == 200


def test_a_document_gets_versions_copies_and_dates(stack: Stack) -> None:
    petr, rita = stack.visit(stack.cast.petr), stack.visit(stack.cast.rita)
    made = sent(petr, "/evidence", pdf(filler=64), title="Permit").must(201)
    here, first = f"/evidence/{made['id']}", made["versions"][0]["id"]
    two = sent(petr, f"{here}/versions", pdf(filler=128), ends_on="2031-01-31").must(201)["versions"]
    assert [(each["number"], each["ends_on"]) for each in two] == [(1, None), (2, "2031-01-31")]
    copied = sent(petr, f"{here}/redacted-copies", pdf(filler=32), original=first).must(201)["versions"]
    assert copied[2]["redacted_from"] == first
    assert sent(petr, f"{here}/redacted-copies", pdf(), original=made["id"]).status == 422
    assert sent(rita, f"{here}/versions", pdf()).status == 404
    dated = ask(petr, "PUT", f"/evidence/{first}/dates", {"issued_on": "2025-02-01"}).must()
    assert dated["versions"][0]["issued_on"] == "2025-02-01"
    wrong = {"period_from": "2026-02-01", "period_to": "2025-02-01"}
    assert ask(petr, "PUT", f"/evidence/{first}/dates", wrong).status in {409, 422}
    assert ask(petr, "GET", "/evidence?show=unused").must()["items"][0]["versions"] == 3
    assert ask(petr, "GET", here).must()["uses"] == []


def test_an_admin_keeps_members(stack: Stack) -> None:
    jana, petr = stack.visit(stack.cast.jana), stack.visit(stack.cast.petr)
    body = {"email": "nova@kovo.example", "name": "Nova", "role": "supplier_contributor"}
    added = ask(jana, "POST", "/members", body, Idempotency_Key="nova").must(201)
    assert ask(jana, "POST", "/members", body, Idempotency_Key="nova").must(201) == added
    assert ask(jana, "POST", "/members", body).status == 409
    assert ask(jana, "POST", "/members", {**body, "role": "steward_admin"}).status == 422
    assert added["id"] in {each["id"] for each in ask(jana, "GET", "/members").must()["items"]}
    assert ask(petr, "GET", "/members").status == 403
    assert ask(stack.visit(stack.cast.rita), "DELETE", f"/members/{added['id']}").status == 404
    assert ask(jana, "DELETE", f"/members/{added['id']}").status == 204
    assert ask(jana, "DELETE", f"/members/{stack.cast.jana.membership_id}").status == 409


def test_a_case_is_taken_back_and_a_request_withdrawn(stack: Stack) -> None:
    cast = stack.cast
    assessment = submitted(stack)
    sara, anna = stack.visit(cast.sara), stack.visit(cast.anna)
    offered = ask(sara, "GET", f"/assessments/{assessment.id}/firms").must()["items"]
    assert {each["firm_id"] for each in offered if not each["hindrance"]} >= {str(cast.firm)}
    assigned(stack, assessment)
    running = ask(sara, "GET", "/assignments").must()["items"][0]["id"]
    assert ask(sara, "POST", f"/assignments/{running}/ending", {"reason": ""}).status == 409
    ended = ask(sara, "POST", f"/assignments/{running}/ending", {"reason": "A tie."}).must()
    assert ended["ended_at"]
    body = {
        "named_by": {"email": cast.jana.email}, "layers": ["status"], "purpose": "Diligence",
        "legal_basis": "contract", "until": (NOW + timedelta(days=90)).isoformat(),
    }  # fmt: skip
    asked = ask(anna, "POST", "/access-requests", body).must(201)["id"]
    assert ask(stack.visit(cast.axel), "DELETE", f"/access-requests/{asked}").status == 403
    assert ask(stack.visit(cast.hugo), "DELETE", f"/access-requests/{asked}").status == 404
    assert ask(anna, "DELETE", f"/access-requests/{asked}").status == 204
    assert ask(anna, "GET", "/access-requests").must()["items"][0]["state"] == "withdrawn"
    assert ask(anna, "DELETE", f"/access-requests/{asked}").status == 409


@pytest.fixture(autouse=True)
def _keys(stack: Stack) -> None:
    create_keys(stack.settings.key_folder)
