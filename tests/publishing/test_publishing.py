"""Publishing: what a result says, who may publish it, what follows, and that it never changes."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment, AssessmentState
from assessments.audit.events import AuditEvent, EventKind
from assessments.base import new_id
from assessments.canonical import canonical_json
from assessments.parties import Membership, Person, Role, Site
from assessments.publishing.content import SELF_DECLARED
from assessments.publishing.publication import expire_due, publish, publish_self_declared, result_of
from assessments.result import Layer, Result, ResultPart
from assessments.sheet.answering import Offered, save_answer
from assessments.sheet.reading import read_sheet
from assessments.sheet.snapshot import submit
from assessments.terms import add_months
from assessments.values.answers import AnswerState
from assessments.verification.assignment import Assignment, Basis, Phase
from assessments.verification.fact_check import end_fact_check, start_fact_check, start_review
from assessments.verification.finding import Finding, findings_of
from assessments.verification.recording import verify_maturity
from assessments.workflow import Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.support.acts import (
    FOUND,
    SIGNER,
    answer_everything,
    assigned,
    in_review,
    planned,
    published,
    self_declared,
    submitted,
    verified,
)
from tests.support.assessing import opened
from tests.support.cast import NOW
from tests.support.worlds import Finished


def whole(result: Result) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(result.content)
    return content


def parts_of(stack: Stack, result: Result) -> dict[tuple[Layer, str], dict[str, Any]]:
    rows = stack.session.scalars(
        select(ResultPart)
        .where(ResultPart.result_id == result.id)
        .order_by(ResultPart.layer, ResultPart.topic)
    )
    return {(row.layer, row.topic): row.content for row in rows}


def test_a_result_says_how_who_when_and_what(finished: Finished) -> None:
    result = finished.result
    content = whole(result)
    assert result.sha256 == hashlib.sha256(result.content.encode()).hexdigest()
    assert result.content.encode() == canonical_json(content)
    assert content["result"]["id"] == str(result.id)
    assert content["result"]["number"] == 1
    assert content["label"] is None
    assert content["supplier"]["legal_name"] == "Kovohutě Sever a.s."
    assert content["site"]["name"] == "Ostrava smelter"
    assert content["firm"] == {"name": "Lumen Assessors GmbH", "accreditation": "AF-0001"}
    assert content["verification"] == {
        "kinds": ["desk", "on_site"],
        "strongest": "on_site",
        "worker_voice": True,
    }
    assert all(
        content["dates"][name] for name in ("submitted", "fact_check_ended", "published", "valid_until")
    )
    assert result.valid_until == add_months(result.published_at, 36)
    topics = {cell["topic"]: cell for cell in content["topics"]}
    assert (topics["OHS.1"]["self"], topics["OHS.1"]["verified"]) == (3, 2)
    assert topics["OHS.1"]["worker_voice"] is True
    assert topics["MIN.1"]["worker_voice"] is False
    assert topics["OHS.3"]["self"] is None
    assert topics["OHS.3"]["verified"] is None
    assert [finding["topic"] for finding in content["findings"]] == [topic for topic, _, _ in FOUND]
    assert content["findings"][0]["reply"] is None
    assert len(content["findings"][0]["replies"]) == 1
    assert [finding["reply"] for finding in content["findings"][1:]] == ["no reply"] * 4
    assert [action["state"] for action in content["actions"]] == ["agreed"] * 3
    assert all(action["root_cause"] and action["due_on"] for action in content["actions"])


def test_no_person_is_named_in_a_result(finished_embedded: Finished) -> None:
    published_text = finished_embedded.result.content
    for person in finished_embedded.session.scalars(select(Person)):
        assert person.name not in published_text
        assert person.email not in published_text
        assert str(person.id) not in published_text
        assert person.id.hex not in published_text


def test_parts_hold_one_layer_of_one_topic(finished: Finished) -> None:
    result = finished.result
    parts = parts_of(finished, result)
    content = whole(result)
    asked = {answer["topic"] for answer in content["answers"]}
    rated = {cell["topic"] for cell in content["topics"]}
    assert {topic for layer, topic in parts if layer is Layer.ANSWERS} == asked
    for layer in (Layer.PROFILE, Layer.FINDINGS, Layer.PLAN):
        assert {topic for found, topic in parts if found is layer} == rated
    assert parts[Layer.STATUS, "*"]["result"] == {
        **content["result"], "sha256": result.sha256, "key_id": SIGNER.key_id,
    }  # fmt: skip
    for (layer, topic), part in parts.items():
        if layer is Layer.STATUS:
            continue
        assert part["topic"] == topic
        told = json.dumps(part)
        assert "version_id" not in told
        assert "evidence" not in told
        others = (asked | rated) - {topic}
        questions = [q["question"] for q in part.get("answers", ())]
        if layer is Layer.FINDINGS:
            questions += [key for finding in part["findings"] for key in finding["questions"]]
        asked_here = {a["question"] for a in content["answers"] if a["topic"] == topic}
        assert set(questions) <= asked_here, (layer, topic, others)
    # A finding in OHS.1 that also names PRO-06 says so in the whole file alone.
    assert "PRO-06" in content["findings"][0]["questions"]
    assert parts[Layer.FINDINGS, "OHS.1"]["findings"][0]["questions"] == ["OHS-01"]


def test_topics_never_asked_have_no_part(embedded: Stack) -> None:
    cast = embedded.cast
    embedded.session.get_one(Site, cast.rival_site).production = False
    result = self_declared(embedded, site_id=cast.rival_site, by=cast.rita.actor)
    asked = {a["topic"] for a in whole(result)["answers"]}
    parts = parts_of(embedded, result)
    never = {topic.key for topic in _questionnaire(embedded, result).topics} - asked
    assert never, "this site is asked everything: choose another"
    assert not {topic for _layer, topic in parts} & never


def _questionnaire(stack: Stack, result: Result) -> Any:
    return read_sheet(stack.session, result.assessment_id).questionnaire


def test_commercial_answers_stand_apart(finished: Finished) -> None:
    result = finished.result
    parts = parts_of(finished, result)
    content = whole(result)
    open_answers = {a["question"]: a["parts"] for a in content["answers"]}
    closed = {a["question"]: a["parts"] for a in content["commercial"]}
    rows = {row["row"]: row for row in open_answers["PRO-08"]["materials"]}
    assert set(rows) == {"nickel", "copper"}
    assert all("tonnes_band" not in row for row in rows.values())
    assert [sorted(row) for row in closed["PRO-08"]["materials"]] == [["row", "tonnes_band"]] * 2
    questionnaire = _questionnaire(finished, result)
    for (layer, _topic), part in parts.items():
        if layer is not Layer.ANSWERS:
            continue
        for answer in part["answers"]:
            question = questionnaire.question(answer["question"])
            for key, value in answer["parts"].items():
                shape = question.part(key)
                assert not shape.commercial
                for row in value if isinstance(value, list) and shape.commercial_columns else ():
                    assert not shape.commercial_columns & row.keys()
    assert {
        a["question"] for key, p in parts.items() if key[0] is Layer.COMMERCIAL for a in p["answers"]
    } == set(closed)


def test_what_a_supplier_withheld_says_nothing_more(embedded: Stack) -> None:
    session, jana = embedded.session, embedded.cast.jana.actor
    assessment = opened(session, embedded.cast.yard, by=jana, at=NOW)
    sheet = answer_everything(session, assessment.id, by=jana, at=NOW)
    key = next(key for key in sheet.applicability.asked if key.startswith("OHS") and sheet.answer(key).parts)
    held = Offered(sheet.answer(key).parts, sheet.answer(key).revision, state=AnswerState.WITHHELD)
    save_answer(session, sheet, key, held, by=jana, at=NOW)
    assert read_sheet(session, assessment.id).answer(key).parts
    submit(session, assessment.id, agrees_to_public_statement=True, by=jana, at=NOW)
    result = publish_self_declared(session, assessment, SIGNER, by=jana, at=NOW)
    answer = next(a for a in whole(result)["answers"] if a["question"] == key)
    assert (answer["state"], answer["parts"]) == ("withheld", {})


def test_a_self_declared_result_says_so_wherever_it_shows(stack: Stack) -> None:
    result = self_declared(stack)
    content = whole(result)
    assert content["label"] == SELF_DECLARED == "self-declared, not checked"
    assert content["firm"] is None
    assert (result.basis, content["verification"]["kinds"]) == ("self_declared", ["self_declared"])
    assert parts_of(stack, result)[Layer.STATUS, "*"]["label"] == SELF_DECLARED
    assert all(cell["verified"] is None for cell in content["topics"])
    assert result.valid_until == add_months(result.published_at, 12)


def test_who_may_publish(stack: Stack) -> None:
    cast, session = stack.cast, stack.session
    assessment = submitted(stack)
    in_review(stack, assessment)
    for other in (cast.lena, cast.sara, cast.alba, cast.jana, cast.anna, cast.adam):
        with pytest.raises(WrongActor):
            publish(session, assessment, SIGNER, by=other.actor, at=NOW)
    result = publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW)
    session.commit()
    with pytest.raises(WrongState):
        publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW)
    assert result_of(session, assessment.id) is result
    kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.subject_id == assessment.id)).all()
    assert kinds.count(EventKind.RESULT_PUBLISHED) == 1


def test_a_reviewer_who_worked_for_the_firm_may_not_publish(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    assessment = submitted(embedded)
    in_review(embedded, assessment)
    session.add(
        Membership(
            id=new_id(), person_id=cast.rene.person_id, organization_id=cast.firm, role=Role.ASSESSOR,
            created_at=NOW - timedelta(days=900), ended_at=NOW - timedelta(days=300),
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(WrongActor, match="firm"):
        publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW)


def test_only_its_own_admin_publishes_what_nobody_checked(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    assessment = submitted(embedded)
    for other in (cast.petr, cast.rita, cast.rene, cast.lena):
        with pytest.raises(WrongActor):
            publish_self_declared(session, assessment, SIGNER, by=other.actor, at=NOW)
    assigned(embedded, assessment)
    with pytest.raises(WrongState):
        publish_self_declared(session, assessment, SIGNER, by=cast.jana.actor, at=NOW)


def test_nothing_verified_is_not_published_as_checked(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    assessment = submitted(embedded)
    assigned(embedded, assessment)
    start_fact_check(session, assessment, by=cast.lena.actor, at=NOW)
    end_fact_check(session, assessment, by=cast.jana.actor, at=NOW)
    start_review(session, assessment, by=cast.lena.actor, at=NOW)
    with pytest.raises(Refused, match="verified"):
        publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW)


def test_a_dismissed_finding_and_its_plan_are_not_published_an_amended_one_is_with_both_texts(
    stack: Stack,
) -> None:
    cast, session = stack.cast, stack.session
    assessment = submitted(stack)
    verified(stack, assessment)
    by_topic = {finding.topic: finding for finding in findings_of(session, assessment.id)}
    at = NOW - timedelta(days=30)
    for topic in ("OHS.1", "MIN.1"):
        by_topic[topic].dispute(session, "This was another line.", by=cast.jana.actor, at=at)
    planned(stack, by_topic["MIN.1"])
    by_topic["OHS.1"].decide(
        session,
        "amend",
        "The log shows one.",
        statement="One hood had no airflow.",
        by=cast.alba.actor,
        at=at,
    )
    by_topic["MIN.1"].decide(session, "dismiss", "The policy names one.", by=cast.alba.actor, at=at)
    end_fact_check(session, assessment, by=cast.jana.actor, at=at)
    for topic in ("OHS.1", "OHS.2"):
        planned(stack, by_topic[topic], at=at)
    start_review(session, assessment, by=cast.lena.actor, at=at)
    result = publish(session, assessment, SIGNER, by=cast.rene.actor, at=at)
    session.commit()
    content = whole(result)
    assert "MIN.1" not in {finding["topic"] for finding in content["findings"]}
    assert "MIN.1" not in {action["topic"] for action in content["actions"]}
    amended = content["findings"][0]
    assert amended["statement"] == "One hood had no airflow."
    assert amended["dispute"]["outcome"] == "amended"
    assert amended["dispute"]["before"]["statement"].startswith("Two of five")
    assert parts_of(stack, result)[Layer.PROFILE, "MIN.1"]["findings"]["minor"] == 0


def test_the_new_result_supersedes_the_sites_earlier_one(stack: Stack) -> None:
    session = stack.session
    first = self_declared(stack, label="2025", at=NOW - timedelta(days=12))
    second = self_declared(stack, label="2026", at=NOW - timedelta(days=2))
    elsewhere = published(stack)
    session.expire_all()
    states = {row.id: row.state for row in session.scalars(select(Assessment))}
    assert states[first.assessment_id] is AssessmentState.SUPERSEDED
    assert states[second.assessment_id] is AssessmentState.PUBLISHED
    assert states[elsewhere.assessment_id] is AssessmentState.PUBLISHED


def test_the_firm_follows_up_what_is_open_and_is_done_where_nothing_is(finished: Finished) -> None:
    session, cast = finished.session, finished.cast
    result = finished.result
    assignment = session.scalars(
        select(Assignment).where(Assignment.assessment_id == result.assessment_id)
    ).one()
    assert assignment.phase is Phase.FOLLOW_UP
    assert assignment.ended_at is None
    with pytest.raises((WrongState, WrongActor)):
        verify_maturity(
            session, session.get_one(Assessment, result.assessment_id), "OHS.1", 4, basis=Basis.DESK,
            worker_voice=False, seen="Read it again", by=cast.lena.actor, at=NOW,
        )  # fmt: skip


def test_the_assignment_ends_when_nothing_is_open(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    assessment = submitted(embedded)
    assigned(embedded, assessment)
    verify_maturity(
        session,
        assessment,
        "OHS.1",
        2,
        basis=Basis.DESK,
        worker_voice=False,
        seen="",
        by=cast.lena.actor,
        at=NOW,
    )
    start_fact_check(session, assessment, by=cast.lena.actor, at=NOW)
    end_fact_check(session, assessment, by=cast.jana.actor, at=NOW)
    start_review(session, assessment, by=cast.lena.actor, at=NOW)
    result = publish(session, assessment, SIGNER, by=cast.rene.actor, at=NOW)
    assignment = session.scalars(select(Assignment)).one()
    assert assignment.ended_at == NOW
    assert result.valid_until == add_months(NOW, 24)


@pytest.mark.parametrize("table", ["result", "result_part"])
@pytest.mark.parametrize("change", ["UPDATE {} SET published_at = published_at", "DELETE FROM {}"])
def test_the_database_refuses_to_change_a_result(finished: Finished, table: str, change: str) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        finished.session.execute(text(change.format(table)))
    finished.session.rollback()


def test_what_happens_later_leaves_the_result_alone(finished: Finished) -> None:
    result = finished.result
    before = (result.content, result.sha256, json.dumps(list(parts_of(finished, result).values())))
    session, cast = finished.session, finished.cast
    action = session.scalars(select(CorrectiveAction).order_by(CorrectiveAction.id)).first()
    assert action is not None
    action.make(session, "start", by=cast.petr.actor, at=NOW)
    finding = session.scalars(select(Finding).order_by(Finding.id)).first()
    assert finding is not None
    finding.comment(session, "The motor is in.", by=cast.petr.actor, at=NOW)
    session.commit()
    session.expire_all()
    after = session.get_one(Result, result.id)
    assert before == (after.content, after.sha256, json.dumps(list(parts_of(finished, after).values())))


def test_results_expire_some_at_a_time(embedded: Stack) -> None:
    results = [self_declared(embedded), self_declared(embedded, site_id=embedded.cast.smelter)]
    late = max(result.valid_until for result in results)
    assert [expire_due(embedded.session, at=late, most=1) for _part in range(3)] == [1, 1, 0]
    for result in results:
        assert embedded.session.get_one(Assessment, result.assessment_id).state is AssessmentState.EXPIRED


def test_a_result_expires_by_its_own_date(embedded: Stack) -> None:
    session = embedded.session
    result = self_declared(embedded)
    assert expire_due(session, at=result.valid_until - timedelta(seconds=1)) == 0
    assert expire_due(session, at=result.valid_until) == 1
    assert expire_due(session, at=result.valid_until) == 0
    assert session.get_one(Assessment, result.assessment_id).state is AssessmentState.EXPIRED
