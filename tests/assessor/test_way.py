"""An assessor's whole way by pages; what was typed comes back, and every opening stands in the ledger."""

from __future__ import annotations

import io
import re
from datetime import timedelta

from sqlalchemy import select
from werkzeug.test import TestResponse

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.actions.proof import attach_evidence
from assessments.assessment import Assessment, AssessmentState
from assessments.evidence.documents import Document, upload_document
from assessments.parties import SYSTEM, Organization
from assessments.questionnaire.model import Grade
from assessments.sharing.disclosure import AccessLedgerEntry, LedgerAction
from assessments.sheet.linking import link_evidence
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.verification.assignment import AnswerVerification, Assignment, Basis, TopicMaturity
from assessments.verification.clarification import close_clarification
from assessments.verification.fact_check import end_fact_check
from assessments.verification.finding import Finding, FindingState
from assessments.verification.firms import assign
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.documents.store import Staged
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.support.acts import answer_everything, planned
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.page import Page, Visit

BYTES = pdf(pages=3)
DAY = timedelta(days=1)


def kept(stack: Stack, name: str) -> Document:
    """A document in Kovo's vault with real bytes behind it, scanned and released."""
    store, jana = open_store(stack.settings), stack.cast.jana.actor
    file = receive(store, io.BytesIO(BYTES), name, limit=1 << 20)
    document = upload_document(stack.session, stack.cast.kovo, name, file, by=jana, at=NOW - 70 * DAY)
    key = store.release(Staged(file.storage_key, file.size, file.sha256), stack.cast.kovo)
    document.latest.release(key, by=SYSTEM, at=NOW - 70 * DAY)
    return document


def assigned(stack: Stack) -> tuple[Assessment, Assignment, Document]:
    """A smelter handed in with a document behind OHS-01, assigned and not accepted."""
    session, cast = stack.session, stack.cast
    assessment = opened(session, cast.smelter, by=cast.jana.actor, at=NOW - 60 * DAY)
    answer_everything(session, assessment.id, by=cast.jana.actor, at=NOW - 60 * DAY)
    document = kept(stack, "Emergency plan.pdf")
    link_evidence(
        session, read_sheet(session, assessment.id), "OHS-01", document, by=cast.jana.actor, at=NOW - 60 * DAY
    )
    submit(session, assessment.id, agrees_to_public_statement=True, by=cast.jana.actor, at=NOW - 60 * DAY)
    firm = session.get_one(Organization, cast.firm)
    assignment = assign(session, assessment, firm, basis=Basis.ON_SITE, by=cast.sara.actor, at=NOW - 50 * DAY)
    session.commit()
    return assessment, assignment, document


def ledger(stack: Stack) -> list[AccessLedgerEntry]:
    """Every look so far, oldest first."""
    return list(stack.session.scalars(select(AccessLedgerEntry).order_by(AccessLedgerEntry.id)))


def fetched(stack: Stack, visit: Visit, address: str) -> TestResponse:
    """The answer itself, for what is no page. The world's own session lets go of the database first."""
    stack.session.rollback()
    return visit.client.get(address)


def followed(page: Page) -> str:
    assert page.status == 303, (page.status, page.text[:400])
    return page.location


def test_from_assignment_to_closing(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    assessment, assignment, document = assigned(stack)
    lena = stack.visit(cast.lena)
    case, work = f"/assessor/assignments/{assignment.id}", f"/assessor/assessments/{assessment.id}"

    assert "1 assignment to accept" in lena.get("/assessor/").text
    assert lena.get(work).status == 404, "nothing before the declaration"
    assert "Kovohutě" in lena.get(case).text
    assert followed(lena.post(f"{case}/accept")) == case
    refused = lena.post(f"{case}/independence", {"ties": "some", "statement": " "})
    assert (refused.status, "needs a sentence" in refused.text) == (409, True)
    assert lena.post(f"{case}/independence", {}).status == 422
    assert followed(lena.post(f"{case}/independence", {"ties": "none"})) == work
    assert ledger(stack) == []

    overview = lena.get(work)
    assert overview.heading == "Ostrava smelter"
    topic = lena.get(f"{work}/topics/OHS.1?finding=")
    assert "Emergency plan.pdf" in topic.text
    assert [entry.what for entry in ledger(stack)] == [
        {"page": "overview"}, {"layers": ["answers"], "topics": ["OHS.1"]}]  # fmt: skip
    looked = ledger(stack)[-1]
    assert (looked.reader_name, looked.reader_function) == ("Lumen Assessors GmbH", "assessor lead")
    assert looked.supplier_ids == [str(cast.kovo)]

    # A level above 2 without what was seen is refused; what was typed stays, the look is in the ledger.
    typed = {"level": "3", "basis": "on_site", "worker_voice": "y", "seen": ""}
    again = lena.post(f"{work}/topics/OHS.1/maturity", typed)
    assert again.status == 409
    assert again.values()["level"] == "3"
    assert len(ledger(stack)) == 3
    followed(lena.post(f"{work}/topics/OHS.1/maturity", {**typed, "seen": "Drills on each shift."}))
    followed(lena.post(f"{work}/questions/OHS-01/verification", {"basis": "on_site", "worker_voice": "y"}))
    followed(lena.post(f"{work}/questions/OHS-01/notes", {"text": "Ask about hood 3."}))
    assert lena.post(f"{work}/questions/OHS-01/notes", {"text": ""}).status == 422
    row = session.scalars(select(TopicMaturity).where(TopicMaturity.topic == "OHS.1")).one()
    assert (row.verified_level, row.worker_voice, row.seen) == (3, True, "Drills on each shift.")
    check = session.scalars(select(AnswerVerification)).one()
    assert (check.question, check.basis, check.worker_voice) == ("OHS-01", Basis.ON_SITE, True)
    assert "Ask about hood 3." in lena.get(f"{work}/topics/OHS.1").text

    # Evidence: the bytes as they came in, as an attachment, with its own line.
    version = document.latest
    got = fetched(stack, lena, f"{work}/evidence/{version.id}")
    assert (got.status_code, got.get_data()) == (200, BYTES)
    assert "attachment" in got.headers["Content-Disposition"]
    assert ledger(stack)[-1].action is LedgerAction.DOWNLOADED
    assert ledger(stack)[-1].what == {"files": ["Emergency plan.pdf"]}

    # Clarification: nothing chosen is refused with the message kept.
    empty = lena.post(f"{work}/clarification", {"message": "Which hoods?"})
    assert (empty.status, "Which hoods?" in empty.text) == (409, True)
    again = lena.get(
        followed(lena.post(f"{work}/clarification", {"questions": ["OHS-01"], "message": "Which hoods?"}))
    )
    told = re.search(r"The supplier has until (.+?) for OHS-01", again.text)
    assert told is not None
    assert f"the supplier answers until {told[1]}" in again.text, "the notice says the day as the page does"
    session.expire_all()
    assert session.get_one(Assessment, assessment.id).state is AssessmentState.CLARIFICATION
    close_clarification(session, assessment, by=cast.jana.actor, at=NOW - 45 * DAY)
    session.commit()
    assert "Which hoods?" in lena.get(f"{work}/topics/OHS.1").text

    # A finding from the library: seeded, refused while its braces stand, kept, revised.
    guide = lena.get(f"{work}/topics/OHS.2?finding=no_cause")
    seeded = guide.values()
    assert seeded["grade"] == "major"
    assert "{n}" in seeded["statement"]
    fields = {"grade": "major", "kind": "gap", "statement": seeded["statement"], "first_step": "",
              "questions": ["OHS-05"], "references": ["GRI.403-9", "made.up"], "evidence": []}  # fmt: skip
    gaps = lena.post(f"{work}/topics/OHS.2/findings", fields)
    assert gaps.status == 409
    assert gaps.values()["statement"] == seeded["statement"]
    words = "For 3 of 5 accidents no cause had been noted."
    followed(lena.post(f"{work}/topics/OHS.2/findings", {**fields, "statement": words}))
    found = session.scalars(select(Finding)).one()
    assert (found.grade, found.references, found.state) == (Grade.MAJOR, ["GRI.403-9"], FindingState.DRAFT)
    pinned = {**fields, "statement": words, "topic": "OHS.1"}
    followed(
        lena.post(
            f"{work}/topics/OHS.1/findings",
            {**pinned, "questions": ["OHS-01"], "evidence": [str(version.id)], f"page-{version.id}": "2"},
        )
    )
    second = session.scalars(select(Finding).where(Finding.number == "OHS.1-1")).one()
    assert second.evidence == [{"version_id": str(version.id), "page": "2"}]
    address = f"/assessor/findings/{second.id}"
    assert lena.get(address).values()["statement"] == words
    followed(lena.post(address, {**pinned, "statement": "Two of five hoods had no airflow."}))
    assert "F-OHS.1-1" in lena.get(f"{work}/findings?grade=major").text
    assert lena.get(f"{work}/findings?grade=minor").status == 200
    followed(lena.post(f"/assessor/findings/{found.id}/delete"))

    # Fact check: not ended early, then ended by the supplier; review waits for an agreed action.
    followed(lena.post(f"{work}/fact-check", {"unfinished": "yes"}))
    assert lena.post(f"{work}/fact-check/end").status == 409
    session.expire_all()
    assessment = session.get_one(Assessment, assessment.id)
    end_fact_check(session, assessment, by=cast.jana.actor, at=NOW)
    session.commit()
    hanging = lena.post(f"{work}/review")
    assert (hanging.status, "F-OHS.1-1 has no agreed action" in hanging.text) == (409, True)
    action = returned_and_proposed(stack, lena_address=address, visit=lena)
    followed(lena.post(f"/assessor/actions/{action.id}/moves/agree"))
    session.expire_all()
    proof = kept(stack, "Airflow protocol.pdf")
    attach_evidence(session, action, proof.latest, "measured", by=cast.petr.actor, at=NOW)
    action.make(session, "submit_evidence", by=cast.petr.actor, at=NOW)
    session.commit()
    assert "Airflow protocol.pdf" in lena.get(address).text
    assert fetched(stack, lena, f"{work}/evidence/{proof.latest.id}").get_data() == BYTES
    bare = lena.post(f"/assessor/actions/{action.id}/moves/verify", {"reason": "Five of five.", "basis": ""})
    assert (bare.status, "Five of five." in bare.text) == (409, True)
    followed(
        lena.post(
            f"/assessor/actions/{action.id}/moves/verify", {"reason": "Five of five.", "basis": "on_site"}
        )
    )
    session.expire_all()
    assert "The supplier says done, with evidence" in lena.get(address).text
    assert session.get_one(CorrectiveAction, action.id).state is ActionState.VERIFIED_CLOSED
    assert session.get_one(Finding, second.id).state is FindingState.CLOSED
    followed(lena.post(f"{work}/review"))
    session.expire_all()
    assert session.get_one(Assessment, assessment.id).state is AssessmentState.IN_REVIEW


def returned_and_proposed(stack: Stack, *, lena_address: str, visit: Visit) -> CorrectiveAction:
    """An action that Lena returned by the page (with a reason, after one without) and Petr proposed again."""
    session, cast = stack.session, stack.cast
    finding = session.scalars(select(Finding)).one()
    action = planned(stack, finding)
    action.state, action.agreed_at = ActionState.PROPOSED, None
    session.commit()
    moves = f"/assessor/actions/{action.id}/moves"
    post = visit.post
    assert post(f"{moves}/return", {"reason": " "}).status == 409
    assert followed(post(f"{moves}/return", {"reason": "Which hood?"})).startswith(lena_address)
    session.expire_all()
    action = session.get_one(CorrectiveAction, action.id)
    assert (action.state, action.returns) == (ActionState.RETURNED, 1)
    action.make(session, "propose_again", by=cast.petr.actor, at=NOW)
    session.commit()
    return action
