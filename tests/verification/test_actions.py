"""Corrective actions: each move with what it needs, dates that stay, and the end of the follow-up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.actions.action import (
    ACTION_MOVES,
    MOVE_EVENTS,
    ActionKind,
    ActionState,
    CorrectiveAction,
)
from assessments.actions.dates import ask_new_date, decide_new_date
from assessments.actions.plan import propose_action, revise_action
from assessments.actions.proof import attach_evidence
from assessments.audit.events import AuditEvent, EventKind
from assessments.parties import Actor
from assessments.publishing.publication import publish
from assessments.questionnaire.model import Grade
from assessments.verification.assignment import Assignment, Basis, Phase
from assessments.verification.fact_check import end_fact_check, start_review
from assessments.verification.finding import Finding, FindingState, findings_of
from assessments.workflow import Refused, Stale, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import SIGNER, documented, planned, submitted, verified
from tests.support.cast import NOW

DAY = timedelta(days=1)


def opened(stack: Stack) -> dict[Grade, Finding]:
    """Kovo's findings by grade, the fact check ended: critical, major and minor are open."""
    assessment = submitted(stack)
    verified(stack, assessment)
    end_fact_check(stack.session, assessment, by=stack.cast.jana.actor, at=NOW - 30 * DAY)
    stack.session.commit()
    return {finding.grade: finding for finding in findings_of(stack.session, assessment.id)}


def proposed(stack: Stack, finding: Finding, by: Actor | None = None, **more: object) -> CorrectiveAction:
    values: dict[str, object] = {
        "kind": ActionKind.CORRECTIVE, "root_cause": "Nobody owns it.", "description": "Name an owner.",
        "owner": "Shift lead", "due_on": (NOW + 60 * DAY).date(), **more,
    }  # fmt: skip
    return propose_action(stack.session, finding, **values, by=by or stack.cast.petr.actor, at=NOW)  # type: ignore[arg-type]


def test_the_way_of_an_action_from_proposal_to_lasting(stack: Stack) -> None:
    cast, session = stack.cast, stack.session
    finding = opened(stack)[Grade.MAJOR]
    petr, sam = cast.petr.actor, cast.sam.actor
    for empty in ("root_cause", "description", "owner"):
        with pytest.raises(Refused) as refused:
            proposed(stack, finding, None, **{empty: " "})
        assert refused.value.places == (empty,)
    with pytest.raises(Refused):
        proposed(stack, finding, due_on=(NOW - DAY).date())
    with pytest.raises(WrongActor):
        proposed(stack, finding, by=sam)
    action = proposed(stack, finding)
    with pytest.raises(Refused):
        action.make(session, "return", reason="  ", by=sam, at=NOW)
    with pytest.raises(WrongActor):
        action.make(session, "agree", by=petr, at=NOW)
    action.make(session, "return", reason="Who measures?", by=sam, at=NOW)
    session.flush()
    with pytest.raises(WrongState):
        action.make(session, "agree", by=sam, at=NOW)
    again = {
        "kind": ActionKind.PREVENTIVE, "root_cause": "No owner.", "description": "Owner measures weekly.",
        "owner": "Shift lead", "due_on": (NOW + 50 * DAY).date(),
    }  # fmt: skip
    with pytest.raises(Stale):
        revise_action(session, action, **again, revision=1, by=petr, at=NOW)  # type: ignore[arg-type]
    revise_action(session, action, **again, revision=action.revision, by=petr, at=NOW)  # type: ignore[arg-type]
    action.make(session, "agree", by=sam, at=NOW)
    with pytest.raises(Refused) as nothing:
        action.make(session, "submit_evidence", by=petr, at=NOW)
    assert nothing.value.places == ("evidence",)
    proof = documented(session, cast.kovo, "Airflow protocol", by=petr, at=NOW)
    attach_evidence(session, action, proof.latest, "measured", by=petr, at=NOW)
    action.make(session, "submit_evidence", by=petr, at=NOW)
    action.make(session, "send_back", reason="Hood 3 is missing.", by=sam, at=NOW)
    attach_evidence(session, action, proof.latest, "the same again", by=petr, at=NOW + DAY / 24)
    with pytest.raises(Refused, match="Nothing new") as stale:
        action.make(session, "submit_evidence", by=petr, at=NOW + DAY / 24)
    assert stale.value.places == ("evidence",)
    third = documented(session, cast.kovo, "Hood 3", by=petr, at=NOW + DAY / 24)
    attach_evidence(session, action, third.latest, "", by=petr, at=NOW + DAY / 24)
    action.make(session, "submit_evidence", by=petr, at=NOW + DAY / 24)
    for reason, basis in (("", Basis.ON_SITE), ("Seen", None), ("Seen", Basis.SELF_DECLARED)):
        with pytest.raises(Refused):
            action.make(session, "verify", reason=reason, basis=basis, by=sam, at=NOW)
    with pytest.raises(WrongActor):
        action.make(session, "verify", reason="Seen", basis=Basis.DESK, by=petr, at=NOW)
    action.make(session, "verify", reason="Five of five hoods draw.", basis=Basis.ON_SITE, by=sam, at=NOW)
    session.commit()
    assert (action.state, action.closed_basis) == (ActionState.VERIFIED_CLOSED, "on_site")
    assert finding.state is FindingState.CLOSED
    with pytest.raises(WrongState, match="checked from"):
        action.make(session, "find_effective", by=sam, at=NOW + 30 * DAY)
    action.make(session, "reopen", reason="Hood 2 stands still.", by=sam, at=NOW + 30 * DAY)
    session.commit()
    assert (action.state, action.closed_at) == (ActionState.REOPENED, None)
    assert str(finding.state) == "open"
    kinds = {
        event.kind for event in session.scalars(select(AuditEvent).where(AuditEvent.subject_id == action.id))
    }
    made = {"return", "propose_again", "agree", "submit_evidence", "send_back", "verify", "reopen"}
    assert {MOVE_EVENTS[move] for move in made} <= kinds
    assert set(MOVE_EVENTS) == {move.name for move in ACTION_MOVES.moves}


def test_a_disagreement_after_two_returns_keeps_both_texts(embedded: Stack) -> None:
    session, cast = embedded.session, embedded.cast
    action = proposed(embedded, opened(embedded)[Grade.CRITICAL])
    sam, petr, mina = cast.sam.actor, cast.petr.actor, cast.mina.actor
    action.make(session, "return", reason="First.", by=sam, at=NOW)
    with pytest.raises(WrongState, match="two returns"):
        action.make(session, "disagree", reason="No.", by=mina, at=NOW)
    action.make(session, "propose_again", by=petr, at=NOW)
    action.make(session, "return", reason="Second.", by=sam, at=NOW)
    for wrong in (sam, petr, cast.rene.actor):
        with pytest.raises(WrongActor):
            action.make(session, "disagree", reason="No.", by=wrong, at=NOW)
    action.make(session, "disagree", reason="They differ on the cause.", by=mina, at=NOW)
    session.commit()
    assert action.state is ActionState.DISAGREED
    assert [remark.text for remark in action.remarks] == ["First.", "Second.", "They differ on the cause."]
    action.make(session, "start", by=petr, at=NOW)
    session.commit()


def test_a_new_date_is_asked_and_answered_with_reasons_and_overwrites_nothing(embedded: Stack) -> None:
    session, cast = embedded.session, embedded.cast
    action = planned(embedded, opened(embedded)[Grade.MAJOR])
    old, new = action.due_on, action.due_on + 30 * DAY
    petr, sam = cast.petr.actor, cast.sam.actor
    with pytest.raises(WrongActor):
        ask_new_date(session, action, new, "Later.", by=sam, at=NOW)
    with pytest.raises(Refused):
        ask_new_date(session, action, new, " ", by=petr, at=NOW)
    with pytest.raises(WrongState):
        decide_new_date(session, action, True, "Fine.", by=sam, at=NOW)
    ask_new_date(session, action, new, "The part comes late.", by=petr, at=NOW)
    with pytest.raises(WrongState):
        ask_new_date(session, action, new, "Again.", by=petr, at=NOW)
    with pytest.raises(WrongActor):
        decide_new_date(session, action, True, "Fine.", by=petr, at=NOW)
    with pytest.raises(Refused) as refused:
        decide_new_date(session, action, False, " ", by=sam, at=NOW)
    assert refused.value.places == ("reason",)
    decide_new_date(session, action, True, "The order was shown.", by=sam, at=NOW)
    session.commit()
    assert action.due_on == new
    assert [(one.old_on, one.new_on, one.granted) for one in action.dates] == [(old, new, True)]


def test_the_follow_up_ends_with_the_last_action(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    found = opened(stack)
    sam, petr = cast.sam.actor, cast.petr.actor
    actions = [planned(stack, found[grade]) for grade in (Grade.CRITICAL, Grade.MAJOR, Grade.MINOR)]
    assessment = actions[0].finding.assessment
    start_review(session, assessment, by=cast.lena.actor, at=NOW - 25 * DAY)
    publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW - 20 * DAY)
    session.commit()
    assignment = session.scalars(select(Assignment).where(Assignment.assessment_id == assessment.id)).one()
    assert (assignment.phase, assignment.ended_at) == (Phase.FOLLOW_UP, None)
    proof = documented(session, cast.kovo, "Proof", by=petr, at=NOW)
    for action in actions[:2]:
        attach_evidence(session, action, proof.latest, "", by=petr, at=NOW)
        action.make(session, "submit_evidence", by=petr, at=NOW)
        action.make(session, "verify", reason="Seen on site.", basis=Basis.ON_SITE, by=sam, at=NOW)
    actions[2].make(session, "drop", reason="The line was closed.", by=sam, at=NOW)
    session.commit()
    assert assignment.ended_at is None
    later = NOW + 200 * DAY
    actions[0].make(session, "find_effective", by=sam, at=later)
    session.commit()
    assert assignment.ended_at is None
    found[Grade.MINOR].close(session, by=sam, at=later)
    actions[1].make(session, "find_effective", by=sam, at=later)
    session.commit()
    assert assignment.ended_at == later


def test_what_came_back_stays_readable_with_the_reason(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    action = proposed(stack, opened(stack)[Grade.MAJOR])
    petr, sam = cast.petr.actor, cast.sam.actor
    again = {
        "kind": ActionKind.PREVENTIVE, "root_cause": "No owner.", "description": "Owner measures weekly.",
        "owner": "Plant head", "due_on": (NOW + 50 * DAY).date(),
    }  # fmt: skip
    with pytest.raises(WrongState):
        revise_action(session, action, **again, revision=action.revision, by=petr, at=NOW)  # type: ignore[arg-type]
    assert action.earlier_proposals == []
    for number, reason in enumerate(("Who measures?", "How often?")):
        action.make(session, "return", reason=reason, by=sam, at=NOW + number * DAY)
        with pytest.raises(WrongActor):
            revise_action(session, action, **again, revision=action.revision, by=sam, at=NOW)  # type: ignore[arg-type]
        past = {**again, "due_on": (NOW - DAY).date()}
        with pytest.raises(Refused) as refused:
            revise_action(session, action, **past, revision=action.revision, by=petr, at=NOW)  # type: ignore[arg-type]
        assert refused.value.places == ("due_on",)
        at = NOW + (number + 0.5) * DAY
        revise_action(session, action, **again, revision=action.revision, by=petr, at=at)  # type: ignore[arg-type]
    session.commit()
    session.expire_all()
    first, second = action.earlier_proposals
    assert (first["kind"], first["description"], first["owner"]) == (
        "corrective", "Name an owner.", "Shift lead"
    )  # fmt: skip
    assert (first["due_on"], first["reason"]) == ((NOW + 60 * DAY).date().isoformat(), "Who measures?")
    assert (second["description"], second["reason"]) == ("Owner measures weekly.", "How often?")
    assert first["proposed_at"] <= first["returned_at"] < second["proposed_at"] < second["returned_at"]
    for member, path in (
        (cast.petr, f"/supplier/actions/{action.id}"), (cast.sam, f"/assessor/findings/{action.finding_id}"),
    ):  # fmt: skip
        page = stack.visit(member).get(path)
        assert "2 earlier proposals" in page.text
        assert "Name an owner." in page.text
        assert "Who measures?" in page.text


def test_evidence_is_attached_by_its_supplier_to_what_goes_on(stack: Stack) -> None:
    session, cast = stack.session, stack.cast
    found = opened(stack)
    petr = cast.petr.actor
    waiting = proposed(stack, found[Grade.MINOR])
    major, critical = planned(stack, found[Grade.MAJOR]), planned(stack, found[Grade.CRITICAL])
    proof = documented(session, cast.kovo, "Proof", by=petr, at=NOW).latest
    foreign = documented(session, cast.rival, "Proof", by=cast.rita.actor, at=NOW).latest
    session.commit()
    for stranger in (cast.rita, cast.sam, cast.mina, cast.anna):
        with pytest.raises(WrongActor):
            attach_evidence(session, major, proof, "", by=stranger.actor, at=NOW)
    with pytest.raises(Refused):
        attach_evidence(session, major, foreign, "", by=petr, at=NOW)
    with pytest.raises(WrongState):
        attach_evidence(session, waiting, proof, "", by=petr, at=NOW)
    attach_evidence(session, major, proof, "", by=petr, at=NOW)
    assert attach_evidence(session, major, proof, "", by=petr, at=NOW).action_id == major.id
    session.commit()
    events = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == major.id)).all()
    attached = [event for event in events if event.kind is EventKind.ACTION_EVIDENCE_ATTACHED]
    assert [event.actor_id for event in attached] == [cast.petr.person_id]
    assert "Evidence attached" in stack.visit(cast.petr).get(f"/supplier/actions/{major.id}").text

    major.finding.assessment.stop(reason="The site is closed.", by=cast.jana.actor, at=NOW)
    other = documented(session, cast.kovo, "Later", by=petr, at=NOW).latest
    with pytest.raises(WrongState, match="stopped"):
        attach_evidence(session, major, other, "", by=petr, at=NOW)
    attach_evidence(session, critical, other, "contained", by=petr, at=NOW)
    session.commit()
