"""The nine steps of the story by HTTP alone, on both databases."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from assessments.publishing.files import verify_file
from plumbline.signing import KeyPurpose, create_keys, keys_from_well_known
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.support.assessing import published_standard
from tests.support.cast import NOW
from tests.support.page import Visit
from tests.support.programs import Told, ask

SETTLED = {"answered", "not_applicable", "not_known", "withheld"}
UNTIL = (NOW + timedelta(days=200)).isoformat()
DUE = (NOW + timedelta(days=60)).date().isoformat()


def upload(visit: Visit, name: str, content: bytes, **fields: str) -> Told:
    visit.stack.session.rollback()
    key = fields.pop("key", "")
    headers = {"Authorization": f"Bearer {visit.token}", **({"Idempotency-Key": key} if key else {})}
    data = {"file": (io.BytesIO(content), name), **fields}
    response = visit.client.post("/api/v1/evidence", data=data, headers=headers)
    return Told(response.status_code, response.get_json(silent=True), response.headers)


def described(jana: Visit) -> tuple[str, str]:
    """Step 1: company and two sites described, an assessment of one opened."""
    company = ask(jana, "GET", "/organization")
    etag = company.headers["ETag"]
    company.must()
    employees = {"value": "431", "year": None, "basis": None}
    changed = ask(jana, "PATCH", "/organization", {"columns": {"employees": employees}}, If_Match=etag)
    assert changed.must()["columns"]["employees"]["value"] == "431"
    stale = ask(jana, "PATCH", "/organization", {"columns": {"legal_name": "K"}}, If_Match=etag)
    assert stale.must(412)["current"]["legal_name"] != "K"
    sites = [
        ask(jana, "POST", "/sites", {"columns": columns}, Idempotency_Key=f"site-{number}").must(201)
        for number, columns in enumerate(
            (
                {"name": "Třinec smelter", "country": "CZE", "activities": ["SMR"],
                 "employees": {"value": "90"}, "materials": [{"row": "nickel", "use": "bought"}]},
                {"name": "Zlín works", "country": "CZE", "activities": ["MAN"], "employees": {"value": "12"}},
            )
        )
    ]  # fmt: skip
    body = {"site_id": sites[0]["id"], "cycle": "2026"}
    opened = ask(jana, "POST", "/assessments", body, Idempotency_Key="open")
    again = ask(jana, "POST", "/assessments", body, Idempotency_Key="open")
    assert again.must(201) == opened.must(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ask(jana, "POST", "/assessments", body).status == 409
    return opened.json["id"], sites[0]["id"]


def answered(petr: Visit, assessment: str) -> list[str]:
    """Step 2: every question gets an answer, and what a save switches on is answered too."""
    path, last = f"/assessments/{assessment}/answers", {}
    for _round in range(6):
        sheet = ask(petr, "GET", path).must()["answers"]
        waiting = [each for each in sheet if each["state"] not in SETTLED]
        if not waiting:
            return [each["question"] for each in sheet]
        for each in waiting:
            body = {"state": "not_known", "parts": each["parts"]}
            told = ask(petr, "PUT", f"{path}/{each['question']}", body, If_Match=f'"{each["etag"]}"')
            assert told.status in {200, 409, 412}, told.json
            last = told.json
    raise AssertionError(last)


def proved(petr: Visit, assessment: str, questions: list[str]) -> tuple[str, str]:
    """Step 3: a document is uploaded once, linked to three answers, found again; its bytes are the same."""
    content = pdf()
    made = upload(petr, "water-permit.pdf", content, title="Water permit", ends_on="2031-05-31", key="one")
    again = upload(petr, "water-permit.pdf", content, title="Water permit", ends_on="2031-05-31", key="one")
    assert again.must(201) == made.must(201)
    document = made.json["id"]
    for key in questions[:3]:
        path = f"/assessments/{assessment}/answers/{key}/evidence/{document}"
        assert ask(petr, "PUT", path).status == 204
        assert ask(petr, "PUT", path).status == 204
    listed = ask(petr, "GET", "/evidence?search=permit").must()["items"]
    assert [(each["id"], each["used_in"]) for each in listed] == [(document, 3)]
    bytes_out = petr.api("GET", f"/evidence/{document}/content")
    assert (bytes_out.status_code, bytes_out.get_data()) == (200, content)
    assert upload(petr, "run.exe", b"MZ").status == 415
    assert upload(petr, "empty.pdf", b"").status == 422
    return document, made.json["versions"][0]["id"]


def move(visit: Visit, assessment: str, to: str, **more: Any) -> Told:
    return ask(visit, "POST", f"/assessments/{assessment}/transitions", {"to": to, **more})


def test_the_nine_steps(stack: Stack) -> None:
    published_standard(stack.session)
    stack.session.commit()
    create_keys(stack.settings.key_folder)
    cast = stack.cast
    jana, petr, lena, sara = (stack.visit(who) for who in (cast.jana, cast.petr, cast.lena, cast.sara))
    rene, alba, anna, hugo = (stack.visit(who) for who in (cast.rene, cast.alba, cast.anna, cast.hugo))
    assessment, site = described(jana)
    questions = answered(petr, assessment)
    document, version = proved(petr, assessment, questions)
    here = f"/assessments/{assessment}"
    assert ask(petr, "PUT", f"{here}/maturity/OHS.1", {"level": 3}).must()["self_level"] == 3

    # 4: the contributor may not, the admin submits, twice is refused.
    assert move(petr, assessment, "submitted").status == 403
    unagreed = move(jana, assessment, "submitted").must(422)
    assert unagreed["errors"][0]["place"] == "agrees_to_public_statement"
    agreed = {"agrees_to_public_statement": True}
    assert move(jana, assessment, "submitted", **agreed).must()["state"] == "submitted"
    assert move(jana, assessment, "submitted", **agreed).status == 409

    # 5: assigned, independence declared, read, verified, found, clarified, sent for fact check.
    assert ask(lena, "GET", here).status == 404
    assigned = ask(sara, "POST", f"{here}/assignments", {"firm_id": str(cast.firm), "basis": "on_site"}).must(
        201
    )
    assert ask(lena, "GET", f"{here}/answers").status == 404
    assert [each["id"] for each in ask(lena, "GET", "/assignments").must()["items"]] == [assigned["id"]]
    ask(lena, "POST", f"/assignments/{assigned['id']}/acceptance").must()
    ask(lena, "PUT", f"/assignments/{assigned['id']}/independence", {"no_ties": True}).must()
    read = {each["question"]: each for each in ask(lena, "GET", f"{here}/answers").must()["answers"]}
    assert read[questions[0]]["evidence"][0]["version_id"] == version
    assert ask(lena, "GET", f"/evidence/{version}/content").status == 403  # held until it is scanned
    level = {"level": 3, "basis": "on_site", "worker_voice": True}
    assert ask(lena, "PUT", f"{here}/maturity/OHS.1", level).status == 409  # above 2 without what was seen
    level["seen"] = "Walked the line, spoke with four of twelve people."
    assert ask(lena, "PUT", f"{here}/maturity/OHS.1", level).must()["verified_level"] == 3
    found = [
        ask(lena, "POST", f"{here}/findings", {
            "topic": topic, "questions": [], "grade": grade, "kind": "gap", "statement": statement,
            "first_step": "Keep people out." if grade == "critical" else None,
        }).must(201)
        for topic, grade, statement in (
            ("OHS.1", "major", "Two hoods had no airflow."), ("OHS.2", "critical", "A guard was missing."),
            ("MIN.1", "minor", "No person is named."), ("ENV.4", "observation", "Meters are read monthly."),
            ("OHS.3", "good_practice", "The shift chooses its speaker."),
        )
    ]  # fmt: skip
    first = f"/findings/{found[0]['id']}"
    assert ask(lena, "PATCH", first, {"statement": "Two of five hoods had no airflow."}).status == 428
    ask(lena, "PATCH", first, {"statement": "Two of five hoods had no airflow."}, If_Match='"1"').must()
    assert ask(lena, "PATCH", first, {"statement": "Other."}, If_Match='"1"').must(412)["offered"]
    assert ask(petr, "GET", f"{here}/findings").must()["items"] == []
    reopened = {"questions": questions[-1:], "message": "Which year is meant?"}
    asked = ask(lena, "POST", f"{here}/clarifications", reopened).must(201)
    assert asked["due_at"] > asked["asked_at"]
    last = next(e for e in ask(petr, "GET", f"{here}/answers").must()["answers"] if e["writable"])
    said = {"state": "withheld", "note": "2025"}
    ask(petr, "PUT", f"{here}/answers/{last['question']}", said, If_Match=f'"{last["etag"]}"').must()
    assert move(jana, assessment, "in_verification").must()["state"] == "in_verification"
    assert move(lena, assessment, "fact_check").must()["state"] == "fact_check"

    # 6: one commented, one disputed and decided; an action returned and proposed again, others agreed.
    shared = ask(petr, "GET", f"{here}/findings").must()["items"]
    assert len(shared) == 5
    ask(petr, "POST", f"{first}/replies", {"kind": "comment", "text": "The motor is ordered."}).must(201)
    disputed = f"/findings/{found[2]['id']}"
    ask(petr, "POST", f"{disputed}/replies", {"kind": "dispute", "text": "She is named on page 2."}).must(201)
    assert move(jana, assessment, "fact_check_ended").status == 409
    decision = {"to": "amended", "reason": "Page 2 names a function.", "statement": "No deputy is named."}
    assert ask(lena, "POST", f"{disputed}/transitions", decision).status == 404
    assert ask(rene, "POST", f"{disputed}/transitions", decision).status == 403
    assert ask(alba, "POST", f"{disputed}/transitions", decision).must()["state"] == "amended"
    move(jana, assessment, "fact_check_ended").must()
    plan = {"kind": "corrective", "root_cause": "Nobody owns it.", "description": "Name an owner.",
            "owner": "Shift lead", "due_on": DUE}  # fmt: skip
    actions = [
        ask(petr, "POST", f"/findings/{each['id']}/corrective-actions", plan).must(201) for each in found[:3]
    ]
    acts = [f"/corrective-actions/{each['id']}" for each in actions]
    assert ask(lena, "POST", f"{acts[0]}/transitions", {"move": "return"}).status == 409
    ask(lena, "POST", f"{acts[0]}/transitions", {"to": "returned", "reason": "By when?"}).must()
    again = {"move": "propose_again", "plan": {**plan, "description": "Name an owner by May."}}
    assert ask(petr, "POST", f"{acts[0]}/transitions", again).status == 428
    ask(petr, "POST", f"{acts[0]}/transitions", again, If_Match='"2"').must()
    for act in acts:
        assert ask(lena, "POST", f"{act}/transitions", {"to": "agreed"}).must()["state"] == "agreed"
    assert move(lena, assessment, "in_review").must()["state"] == "in_review"

    # 7: a second person publishes; what the supplier downloads verifies without a network.
    assert move(jana, assessment, "published").status == 409
    assert move(sara, assessment, "published").status == 403
    assert move(rene, assessment, "published").must()["state"] == "published"
    granted, result = shared_with_anna(jana, anna, site)
    keys = keys_from_well_known(
        jana.client.get("/.well-known/plumbline-keys.json").get_json(), KeyPurpose.RESULT
    )
    whole = jana.api("GET", f"/results/{result}").get_data()
    assert verify_file(whole, keys).whole

    # 8: A sees what was granted and nothing of the topic left out; B nothing, by any route.
    listed = ask(anna, "GET", "/portfolio").must()
    assert [each["assessment_id"] for each in listed["items"]] == [assessment]
    projection = anna.api("GET", f"/results/{result}").get_data()
    checked = verify_file(projection, keys)
    assert (checked.whole, checked.result_id) == (False, result)
    assert b"MIN.1" not in projection
    assert b"No deputy is named" not in projection
    assert "MIN.1" not in anna.api("GET", "/portfolio").get_data(as_text=True)
    for path in (f"/results/{result}", f"/results/{result}/progress", here, f"{here}/answers",
                 f"{here}/findings", f"/evidence/{version}/content", f"/evidence/{document}"):  # fmt: skip
        assert ask(hugo, "GET", path).status == 404, path
    assert ask(hugo, "GET", "/portfolio").must()["items"] == []

    # 9: closure evidence, verified and closed; the buyer sees progress beside the unchanged result.
    closure = upload(petr, "hoods.pdf", pdf(2), title="Hood test").must(201)["id"]
    done = {"to": "evidence_submitted", "evidence": [closure]}
    assert ask(petr, "POST", f"{acts[0]}/transitions", done).must()["state"] == "evidence_submitted"
    closing = {"to": "verified_closed", "reason": "Read the test report.", "basis": "desk"}
    assert ask(petr, "POST", f"{acts[0]}/transitions", closing).status == 403
    assert ask(lena, "POST", f"{acts[0]}/transitions", closing).must()["state"] == "verified_closed"
    beside = ask(anna, "GET", f"/results/{result}/progress").must()
    assert {each["number"]: each["state"] for each in beside["actions"]} == {
        actions[0]["number"]: "verified_closed", actions[1]["number"]: "agreed",
    }  # fmt: skip
    assert jana.api("GET", f"/results/{result}").get_data() == whole

    # 8, its end: revoked, gone at once; the ledger says what A did and when.
    assert ask(jana, "DELETE", f"/disclosures/{granted}").status == 204
    assert ask(anna, "GET", f"/results/{result}").status == 404
    assert ask(anna, "GET", "/portfolio").must()["items"] == []
    assert ask(jana, "DELETE", f"/disclosures/{granted}").status == 409
    lines = ask(jana, "GET", "/access-ledger?limit=200").must()["items"]
    by_buyer = [line["action"] for line in lines if line["reader_name"] == "Nordvolt Mobility SE"]
    assert {"listed", "opened", "downloaded"} <= set(by_buyer)
    assert not [line for line in lines if line["reader_name"] == "Hartwell Motors plc"]
    assert ask(petr, "GET", "/access-ledger").status == 403


def shared_with_anna(jana: Visit, anna: Visit, site: str) -> tuple[str, str]:
    """A asks with a purpose; the supplier discloses until a date, without one topic."""
    request = {
        "named_by": {"lei": "5299000J2N45DDNE4Y28"}, "layers": ["status", "profile", "findings", "plan"],
        "purpose": "Supply chain due diligence", "legal_basis": "due_diligence_law", "until": UNTIL,
    }  # fmt: skip
    sent = ask(anna, "POST", "/access-requests", request, Idempotency_Key="ask").must(201)
    assert sent["state"] == "sent"
    assert ask(anna, "POST", "/access-requests", request).status == 409
    unknown = {**request, "named_by": {"email": "nobody@nowhere.example"}}
    silent = ask(anna, "POST", "/access-requests", unknown).must(201)
    assert silent.keys() == sent.keys()
    received = ask(jana, "GET", "/access-requests").must()["items"]
    assert [(each["buyer_name"], each["state"]) for each in received] == [("Nordvolt Mobility SE", "sent")]
    results = ask(jana, "GET", f"/results?site_id={site}").must()["items"]
    result = results[0]["id"]
    offer = {
        "site_id": site, "result_id": result, "layers": request["layers"], "purpose": request["purpose"],
        "ends_at": UNTIL, "without": ["MIN.1"],
    }  # fmt: skip
    path = f"/access-requests/{received[0]['id']}/decision"
    assert ask(anna, "POST", path, {"decision": "grant", "offers": [offer]}).status == 404
    made = ask(jana, "POST", path, {"decision": "grant", "offers": [offer]}).must()
    assert made["state"] == "partly_granted"
    states = {each["id"]: each["state"] for each in ask(anna, "GET", "/access-requests").must()["items"]}
    assert states == {sent["id"]: "partly_shared", silent["id"]: "sent"}
    return made["disclosures"][0], result
