"""What the steward does by pages: assign, decide, mediate, read a second time, set terms, read the trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import select

from assessments.actions.action import ActionKind, ActionState, CorrectiveAction
from assessments.actions.plan import propose_action
from assessments.assessment import Assessment, AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.audit.sealing import seal
from assessments.outbox import JobKind, JobState, OutboxJob, later
from assessments.questionnaire.model import Grade
from assessments.result import Result
from assessments.sharing.disclosure import AccessLedgerEntry
from assessments.terms import FIRST_TERMS, TermsRecord, terms_at
from assessments.verification.assignment import Assignment, Phase, declare_independence
from assessments.verification.finding import Finding, FindingState, findings_of
from plumbline.signing import KeyPurpose, create_keys, signing_key
from tests.conftest import Stack
from tests.support.acts import in_review, submitted, verified
from tests.support.cast import NOW
from tests.support.page import Page

DAY = timedelta(days=1)


def done(page: Page) -> str:
    assert page.status == 303, (page.status, page.text[:400])
    return page.location


def ledger(stack: Stack) -> list[AccessLedgerEntry]:
    return list(stack.session.scalars(select(AccessLedgerEntry).order_by(AccessLedgerEntry.id)))


def test_assigning_takes_no_look_and_a_tie_gives_the_case_to_another(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    sara = stack.visit(cast.sara)
    address = f"/steward/assessments/{assessment.id}/assign"
    assert "1 to assign" in sara.get("/steward/").text
    page = sara.get(address)
    assert page.text.count("Nothing stands against it") == 2
    for data in ({}, {"firm": "nobody", "basis": "desk"}, {"firm": str(cast.nordvolt), "basis": "desk"}):
        assert sara.post(address, data).status in {409, 422}
    assert done(sara.post(address, {"firm": str(cast.firm), "basis": "remote"})) == "/steward/"
    assignment = session.scalars(select(Assignment)).one()
    assert (assignment.firm_id, assignment.basis.value) == (cast.firm, "remote")
    declare_independence(
        session, assignment, no_ties=False, statement="Trained the team.", by=cast.lena.actor, at=NOW
    )
    session.commit()
    assert "Tie declared" in sara.get("/steward/").text
    end = f"/steward/assignments/{assignment.id}/end"
    assert sara.post(end, {"reason": " "}).status == 409
    assert done(sara.post(end, {"reason": "A tie of the lead."})) == address
    again = sara.get(address)
    assert "It declared a tie to this supplier" in again.text
    assert again.text.count("Nothing stands against it") == 1
    done(sara.post(address, {"firm": str(cast.other_firm), "basis": "on_site"}))
    assert ledger(stack) == []


def test_disputes_and_mediation(stack: Stack) -> None:
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    verified(stack, assessment)
    found = findings_of(session, assessment.id)
    for finding in found[:2]:
        finding.dispute(session, "Page 2 shows otherwise.", by=cast.petr.actor, at=NOW - 30 * DAY)
    action = propose_action(
        session, found[2], kind=ActionKind.CORRECTIVE, root_cause="Nobody owns it.",
        description="Name an owner.", owner="Shift lead", due_on=(NOW + 9 * DAY).date(),
        by=cast.petr.actor, at=NOW - 30 * DAY,
    )  # fmt: skip
    for reason in ("Who?", "Still: who?"):
        if action.state is ActionState.RETURNED:
            action.make(session, "propose_again", by=cast.petr.actor, at=NOW - 29 * DAY)
        action.make(session, "return", reason=reason, by=cast.lena.actor, at=NOW - 29 * DAY)
    session.commit()
    alba, mina = stack.visit(cast.alba), stack.visit(cast.mina)
    desk = alba.get("/steward/")
    assert "2 disputes" in desk.text
    assert "Page 2" not in desk.html

    first, second = (f"/steward/disputes/{finding.id}" for finding in found[:2])
    page = alba.get(first)
    assert "Page 2 shows otherwise." in page.text
    assert "OHS-01" in page.text
    assert ledger(stack)[-1].reader_function == "steward appeal"
    assert ledger(stack)[-1].what == {"layers": ["findings", "answers"], "topics": ["OHS.1"]}
    assert alba.post(first, {}).status == 422
    kept = alba.post(first, {"outcome": "amend", "reason": "One hood ran.", "statement": "", "grade": ""})
    assert (kept.status, "One hood ran." in kept.text) == (409, True)
    done(
        alba.post(
            first,
            {"outcome": "amend", "reason": "One hood ran.", "statement": "One of five.", "grade": "minor"},
        )
    )
    done(alba.post(second, {"outcome": "uphold", "reason": "The photo shows it.", "grade": ""}))
    assert alba.get(first).status == 403, "decided, so its content is shut again"
    session.expire_all()
    amended = session.get_one(Finding, found[0].id)
    assert (amended.state, amended.grade, amended.statement) == (
        FindingState.AMENDED, Grade.MINOR, "One of five.")  # fmt: skip
    assert session.get_one(Finding, found[1].id).state is FindingState.UPHELD

    stuck = f"/steward/mediation/{action.id}"
    assert "Still: who?" in mina.get(stuck).text
    assert ledger(stack)[-1].reader_function == "steward mediator"
    assert mina.post(stuck, {"reason": ""}).status == 409
    done(mina.post(stuck, {"reason": "They differ on who owns it."}))
    session.expire_all()
    assert session.get_one(CorrectiveAction, action.id).state is ActionState.DISAGREED
    assert mina.get(stuck).status == 403


def test_the_second_reader_returns_or_publishes(stack: Stack) -> None:
    create_keys(stack.settings.key_folder)
    assessment, cast, session = submitted(stack), stack.cast, stack.session
    in_review(stack, assessment)
    rene = stack.visit(cast.rene)
    assert "1 second reading" in rene.get("/steward/").text
    address = f"/steward/reviews/{assessment.id}"
    page = rene.get(address)
    for words in ("Two of five extraction hoods", "The motor was ordered in May.", "Name an owner", "OHS-01"):
        assert words in page.text, words
    look = ledger(stack)[-1]
    assert (look.reader_function, look.what) == (
        "steward reviewer", {"layers": ["profile", "findings", "plan", "answers"]})  # fmt: skip
    assert rene.post(f"{address}/return", {"reason": " "}).status == 409
    assert len(ledger(stack)) == 2, "shown again is a look, too"
    assert done(rene.post(f"{address}/publish")) == "/steward/"
    session.expire_all()
    result = session.scalars(select(Result)).one()
    key = signing_key(stack.settings.key_folder, KeyPurpose.RESULT)
    assert (result.number, result.key_id) == (1, key.key_id)
    assert session.get_one(Assessment, assessment.id).state is AssessmentState.PUBLISHED
    assert session.scalars(select(Assignment)).one().phase is Phase.FOLLOW_UP
    assert rene.get(address).status == 403
    assert rene.post(f"{address}/publish").status == 403


def test_returning_a_case_to_the_firm(embedded: Stack) -> None:
    assessment, cast, session = submitted(embedded), embedded.cast, embedded.session
    in_review(embedded, assessment)
    rene = embedded.visit(cast.rene)
    done(rene.post(f"/steward/reviews/{assessment.id}/return", {"reason": "Say where it was seen."}))
    session.expire_all()
    assert session.get_one(Assessment, assessment.id).state is AssessmentState.IN_VERIFICATION
    lena = embedded.visit(cast.lena)
    assert "Say where it was seen." in lena.get(f"/assessor/assessments/{assessment.id}").text


def test_terms_are_dated_and_never_begin_in_the_past(stack: Stack) -> None:
    sara, session = stack.visit(stack.cast.sara), stack.session
    page = sara.get("/steward/terms")
    assert page.values()["fact_check_days"] == "14"
    figures = {name: str(value) for name, value in asdict(FIRST_TERMS).items()}
    first, later_on = NOW.date().isoformat(), (NOW + 30 * DAY).date()
    done(sara.post("/steward/terms", {**figures, "effective_from": first}))
    for change in (
        {"fact_check_days": "0"}, {"fact_check_days": "soon"}, {"effective_from": ""},
        {"effective_from": (NOW - DAY).date().isoformat()}, {"effective_from": first},
    ):  # fmt: skip
        typed = {**figures, "fact_check_days": "21", "effective_from": later_on.isoformat(), **change}
        refused = sara.post("/steward/terms", typed)
        assert refused.status in {409, 422}, change
        assert refused.values()["clarification_working_days"] == "10", "what was typed comes back"
    done(
        sara.post(
            "/steward/terms", {**figures, "fact_check_days": "21", "effective_from": later_on.isoformat()}
        )
    )
    session.expire_all()
    assert len(session.scalars(select(TermsRecord)).all()) == 2
    assert terms_at(session, NOW).fact_check_days == 14
    assert terms_at(session, NOW + 31 * DAY).fact_check_days == 21
    told = session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.TERMS_PUBLISHED)).all()
    assert len(told) == 2


def test_the_auditor_reads_the_trail_without_content(stack: Stack) -> None:
    create_keys(stack.settings.key_folder)
    assessment, session = submitted(stack), stack.session
    seal(session, signing_key(stack.settings.key_folder, KeyPurpose.SEAL), at=NOW)
    session.commit()
    adam = stack.visit(stack.cast.adam)
    page = adam.get("/steward/audit")
    assert "Handed the assessment in; the answers are frozen" in page.text
    assert "supplier admin" in page.text
    assert "Kept in the site office" not in page.html, "no answer's words"
    assert "Jana" not in page.html, "no names"
    older = next(link for link in page.links() if "before=" in link)
    assert adam.get(f"/steward/audit{older}").status == 200
    one = adam.get(f"/steward/audit?kind=assessment_submitted&subject={assessment.id}")
    assert one.text.count("Handed the assessment in") == 1
    assert adam.get("/steward/audit?subject=nonsense").status == 404
    assert "No event fits" in adam.get("/steward/audit?kind=result_revoked").text
    checked = adam.get("/steward/audit/verification")
    assert "Nothing was changed, removed or reordered." in checked.text


def test_stuck_jobs_are_counted_and_not_shown(embedded: Stack) -> None:
    session = embedded.session
    for state in (JobState.DEAD, JobState.WAITING):
        job = later(session, JobKind.SEND_LETTER, {"letter": "secret_word"}, at=NOW - DAY)
        job.state, job.attempts = state, 8
    session.commit()
    assert session.scalars(select(OutboxJob)).all()
    desk = embedded.visit(embedded.cast.adam).get("/steward/")
    assert "gave up after 8 tries" in desk.text
    assert "secret_word" not in desk.html
