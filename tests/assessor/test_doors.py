"""Who reaches what of an assessor's pages, every route by every visitor; and lists that stay cheap."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from assessments.assessment import Assessment
from assessments.parties import Role
from assessments.publishing.publication import publish
from assessments.questionnaire.model import FindingKind, Grade
from assessments.sharing.disclosure import AccessLedgerEntry
from assessments.verification.assignment import Assignment
from assessments.verification.fact_check import end_fact_check, start_review
from assessments.verification.finding import Finding, FindingState, findings_of
from assessments.verification.unshared_findings import draft_finding
from tests.conftest import Stack
from tests.support.acts import SIGNER, assigned, documented, planned, submitted, verified
from tests.support.cast import NOW, member, site
from tests.support.doors import ask, routes, unknown
from tests.support.statements import as_a_server, counted

LEAD_ONLY = {"accept_assignment", "begin_fact_check", "close_fact_check", "begin_review"}
BEFORE_DECLARING = {"desk", "assignment", "accept_assignment", "declare"}
NOT_IN_FOLLOW_UP = {
    "case", "topic", "one_question", "record_maturity", "check_answer", "add_note", "choose_questions", "ask",
    "write_finding", "revise", "take_back", "begin_fact_check", "close_fact_check", "begin_review",
}  # fmt: skip


def world(stack: Stack) -> dict[str, object]:
    """A case in fact check with an action and a document behind a finding; the ids that routes name."""
    assessment = submitted(stack)
    verified(stack, assessment)
    session, cast = stack.session, stack.cast
    found = findings_of(session, assessment.id)[0]
    action = planned(stack, found)
    proof = documented(session, cast.kovo, "Proof", by=cast.petr.actor, at=NOW)
    found.evidence = [{"version_id": str(proof.latest.id), "page": "2"}]
    session.commit()
    assignment = session.scalars(select(Assignment)).one()
    return {
        "assignment_id": assignment.id, "assessment_id": assessment.id, "topic": "OHS.1",
        "question": "OHS-01", "finding_id": found.id, "action_id": action.id, "move": "agree",
        "version_id": proof.latest.id,
    }  # fmt: skip


def test_strangers_are_told_nothing_and_colleagues_no(stack: Stack) -> None:
    values = world(stack)
    cast = stack.cast
    noor = member(stack.session, cast.firm, "Noor", Role.ASSESSOR)
    stack.session.commit()
    ledger = stack.session.scalar(select(func.count()).select_from(AccessLedgerEntry))
    strangers = {name: stack.visit(getattr(cast, name)) for name in ("otto", "jana", "rita", "anna", "rene")}
    nobody, undeclared, sam = stack.visit(), stack.visit(noor), stack.visit(cast.sam)
    for endpoint, method, address in routes(stack, "assessor", values):
        case = f"{endpoint}: {method} {address}"
        assert ask(nobody, method, address) in {302, 303}, case
        for name, visit in strangers.items():
            expected = 200 if (endpoint, name) == ("desk", "otto") else 404
            assert ask(visit, method, address) == expected, f"{case} by {name}"
        if endpoint not in BEFORE_DECLARING:
            assert ask(undeclared, method, address) == 404, f"{case} by an undeclared colleague"
        if endpoint in LEAD_ONLY:
            assert ask(sam, method, address) == 403, f"{case} by sam"
    assert stack.session.scalar(select(func.count()).select_from(AccessLedgerEntry)) == ledger
    assert {one.state for one in stack.session.scalars(select(Finding))} == {FindingState.SHARED}


def test_nothing_of_a_case_is_shown_before_the_firm_accepted(stack: Stack) -> None:
    values = world(stack)
    stack.session.get_one(Assignment, values["assignment_id"]).accepted_at = None
    stack.session.commit()
    sam = stack.visit(stack.cast.sam)
    for endpoint, method, address in routes(stack, "assessor", values):
        if endpoint not in BEFORE_DECLARING:
            assert ask(sam, method, address) == 404, f"{endpoint}: {method} {address}"
    here = f"/assessments/{values['assessment_id']}"
    for path in (here, f"{here}/answers", f"{here}/findings", f"/findings/{values['finding_id']}"):
        assert sam.api("GET", path).status_code == 404, path


def test_an_id_that_nothing_has_is_not_there(embedded: Stack) -> None:
    values = world(embedded)
    values |= {name: unknown() for name in values if name.endswith("_id")}
    lena = embedded.visit(embedded.cast.lena)
    for endpoint, method, address in routes(embedded, "assessor", values):
        if endpoint != "desk":
            assert ask(lena, method, address) == 404, address
    known = world_of(embedded)
    base = f"/assessor/assessments/{known}"
    for address in (f"{base}/topics/OHS.99", f"{base}/evidence/{unknown()}"):
        assert lena.get(address).status == 404, address


def world_of(stack: Stack) -> object:
    return stack.session.scalars(select(Assignment.assessment_id)).one()


def test_a_follow_up_reaches_open_findings_and_their_proof_alone(stack: Stack) -> None:
    values = world(stack)
    session, cast = stack.session, stack.cast
    finding = session.get_one(Finding, values["finding_id"])
    assessment = finding.assessment
    end_fact_check(session, assessment, by=cast.jana.actor, at=NOW - timedelta(days=20))
    found = findings_of(session, assessment.id)
    for one in found[1:]:
        if one.state is FindingState.OPEN:
            planned(stack, one)
    start_review(session, assessment, by=cast.lena.actor, at=NOW - timedelta(days=19))
    publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW - timedelta(days=18))
    session.commit()
    lena = stack.visit(cast.lena)
    for endpoint, method, address in routes(stack, "assessor", values):
        if endpoint in NOT_IN_FOLLOW_UP:
            assert ask(lena, method, address) == 404, f"{endpoint}: {method} {address}"
    listed = lena.get(f"/assessor/assessments/{assessment.id}/findings")
    assert listed.status == 200
    assert f"F-{found[0].number}" in listed.text
    assert "safety speaker" not in listed.text, "a good practice is not followed up"
    good = next(one for one in found if "safety speaker" in one.statement)
    assert lena.get(f"/assessor/findings/{good.id}").status == 404
    assert lena.get(f"/assessor/findings/{finding.id}").status == 200


@pytest.mark.parametrize(
    "path", ["/assessor/", "/assessor/assessments/{id}/findings", "/assessor/assessments/{id}"]
)
def test_a_list_costs_the_same_however_long_it_is(embedded: Stack, path: str) -> None:
    cast, session = embedded.cast, embedded.session
    first = submitted(embedded)
    assigned(embedded, first)
    with_findings(embedded, first.id, 1)
    lena = embedded.visit(cast.lena)
    address = path.format(id=first.id)
    with counted(embedded.engine) as few:
        assert as_a_server(lena.get, address).status == 200
    if path == "/assessor/":
        for name in ("Zlin works", "Plzen works"):
            more = submitted(embedded, site_id=site(session, cast.kovo, name, "CZE"), label=name)
            verified(embedded, more)
    else:
        with_findings(embedded, first.id, 9)
    with counted(embedded.engine) as many:
        assert as_a_server(lena.get, address).status == 200
    assert len(many) == len(few), "\n".join(many)


def with_findings(stack: Stack, assessment_id: uuid.UUID, how_many: int) -> None:
    """Findings with an action and a reply each, in a case that is being verified."""
    session, cast = stack.session, stack.cast
    assessment = session.get_one(Assessment, assessment_id)
    for number in range(how_many):
        found = draft_finding(
            session, assessment, topic="OHS.1", questions=["OHS-01"], grade=Grade.MINOR, kind=FindingKind.GAP,
            statement=f"Seen {number}.", first_step=None, references=[], evidence=[],
            by=cast.lena.actor, at=NOW,
        )  # fmt: skip
        found.state, found.shared_at = FindingState.SHARED, NOW
        found.comment(session, "Seen.", by=cast.petr.actor, at=NOW)
        planned(stack, found)
    session.commit()
