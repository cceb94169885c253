"""What was handed in stays readable for those who decide on it, whatever the supplier unlinks later."""

from __future__ import annotations

import io
from datetime import timedelta

from sqlalchemy import select

from assessments.actions.action import ActionKind
from assessments.actions.plan import propose_action
from assessments.evidence.documents import DocumentVersion, upload_document
from assessments.parties import SYSTEM
from assessments.questionnaire.model import FindingKind, Grade
from assessments.sharing.disclosure import AccessLedgerEntry, LedgerAction
from assessments.sheet.linking import link_evidence, unlink_evidence
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.verification.clarification import ask_clarification, close_clarification
from assessments.verification.fact_check import start_fact_check
from assessments.verification.finding import Finding
from assessments.verification.unshared_findings import draft_finding
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.documents.store import Staged
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.support.acts import answer_everything, documented
from tests.support.acts import assigned as assign_firm
from tests.support.assessing import opened
from tests.support.buyers import reading_as
from tests.support.cast import NOW, Member

DAY = timedelta(days=1)
BYTES = pdf(pages=3)


def unlinked(stack: Stack) -> tuple[Finding, DocumentVersion]:
    """A shared finding that rests on a document whose link the supplier took away in a clarification."""
    session, cast = stack.session, stack.cast
    jana, lena, at = cast.jana.actor, cast.lena.actor, NOW - 60 * DAY
    store = open_store(stack.settings)
    file = receive(store, io.BytesIO(BYTES), "Airflow log.pdf", limit=1 << 20)
    document = upload_document(session, cast.kovo, "Airflow log", file, by=jana, at=at)
    key = store.release(Staged(file.storage_key, file.size, file.sha256), cast.kovo)
    document.latest.release(key, by=SYSTEM, at=at)
    assessment = opened(session, cast.smelter, by=jana, at=at)
    sheet = answer_everything(session, assessment.id, by=jana, at=at)
    link_evidence(session, sheet, "OHS-01", document, by=jana, at=at)
    submit(session, assessment.id, agrees_to_public_statement=True, by=jana, at=at)
    assign_firm(stack, assessment)
    finding = draft_finding(
        session, assessment, topic="OHS.1", questions=["OHS-01"], grade=Grade.MAJOR, kind=FindingKind.GAP,
        statement="Two hoods had no airflow.", first_step=None, references=[],
        evidence=[{"version_id": str(document.latest.id), "page": 2}], by=lena, at=NOW - 40 * DAY,
    )  # fmt: skip
    ask_clarification(session, assessment, ["OHS-01"], "Which hoods?", by=lena, at=NOW - 40 * DAY)
    session.flush()
    sheet = read_sheet(session, assessment.id)
    assert unlink_evidence(session, sheet, "OHS-01", document.id, by=jana, at=NOW - 39 * DAY)
    close_clarification(session, assessment, by=jana, at=NOW - 39 * DAY)
    session.commit()
    return finding, document.latest


def opens(stack: Stack, who: Member, page: str, address: str) -> None:
    """``who`` finds the address on the page, gets the bytes, and stands in the supplier's ledger."""
    visit = stack.visit(who)
    assert address in visit.get(page).links(), page
    stack.session.rollback()
    sent = visit.client.get(address)
    assert (sent.status_code, sent.data) == (200, BYTES), address
    stack.session.rollback()
    last = stack.session.scalars(select(AccessLedgerEntry).order_by(AccessLedgerEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.what) == (LedgerAction.DOWNLOADED, {"files": ["Airflow log.pdf"]})
    assert last.reader_function == who.role.function


def test_whoever_decides_opens_what_the_finding_rests_on(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    finding, version = unlinked(stack)
    assessment, name = finding.assessment, f"evidence/{version.id}"
    unseen = documented(session, cast.kovo, "Never handed in", by=cast.jana.actor, at=NOW).latest
    session.commit()
    case, page = f"/assessor/assessments/{assessment.id}", f"/assessor/findings/{finding.id}"
    # A draft revised by its form keeps what it rests on.
    assert str(version.id) in stack.visit(cast.lena).get(page).html
    assert stack.visit(cast.lena).get(f"{case}/evidence/{unseen.id}").status == 404
    if stack.is_postgresql:
        with reading_as(stack, cast.lena) as reading:
            assert set(reading.scalars(select(DocumentVersion.id))) == {version.id}
        with reading_as(stack, cast.otto) as reading:
            assert set(reading.scalars(select(DocumentVersion.id))) == set()

    start_fact_check(session, assessment, by=cast.lena.actor, at=NOW - 30 * DAY)
    session.commit()
    opens(stack, cast.lena, page, f"{case}/{name}")
    finding.dispute(session, "The log says otherwise.", by=cast.petr.actor, at=NOW - 29 * DAY)
    session.commit()
    dispute = f"/steward/disputes/{finding.id}"
    opens(stack, cast.alba, dispute, f"{dispute}/{name}")
    assert stack.visit(cast.alba).get(f"{dispute}/evidence/{unseen.id}").status == 404

    action = propose_action(
        session, finding, kind=ActionKind.CORRECTIVE, root_cause="Nobody owns it.",
        description="Name an owner.", owner="Shift lead", due_on=(NOW + 9 * DAY).date(),
        by=cast.petr.actor, at=NOW - 28 * DAY,
    )  # fmt: skip
    action.make(session, "return", reason="Who?", by=cast.lena.actor, at=NOW - 27 * DAY)
    session.commit()
    mediation = f"/steward/mediation/{action.id}"
    assert stack.visit(cast.mina).get(f"{mediation}/{name}").status == 403
    action.make(session, "propose_again", by=cast.petr.actor, at=NOW - 26 * DAY)
    action.make(session, "return", reason="Still: who?", by=cast.lena.actor, at=NOW - 25 * DAY)
    session.commit()
    opens(stack, cast.mina, mediation, f"{mediation}/{name}")
    for other in (f"{mediation}/evidence/{unseen.id}", f"{dispute}/{name}"):
        assert stack.visit(cast.mina).get(other).status in {403, 404}
