"""The fact check as the supplier goes through it."""

from __future__ import annotations

import uuid

from assessments.assessment import AssessmentState
from assessments.finding import FindingState
from assessments.questionnaire.model import Grade
from tests.supplier_sharing.conftest import FactCheck


def test_the_supplier_reads_each_finding_with_grade_statement_and_first_step(checking: FactCheck) -> None:
    page = checking.stack.visit(checking.stack.cast.petr).get(checking.path)
    for words in ("Major", "Critical", "Minor", "Observation", "Good practice"):
        assert words in page.text
    assert "Two of five extraction hoods had no airflow" in page.text
    assert "Keep people out from under the door." in page.text
    assert "To be contained by" in page.text
    assert "ILO.C155" in page.text
    assert "Your answer is read until" in page.text
    # Good practice and observations want no plan.
    assert page.html.count("Propose a corrective action") == 3


def test_a_comment_stands_beside_its_finding(checking: FactCheck) -> None:
    visit = checking.stack.visit(checking.stack.cast.petr)
    path = f"/supplier/findings/{checking.finding(1).id}/replies"
    sent = visit.post(path, {"text": "The motor comes in May.", "kind": "comment"})
    assert sent.location == f"{checking.path}#finding-F-{checking.finding(1).number}"
    assert "The motor comes in May." in visit.get(checking.path).text
    assert checking.finding(1).state is FindingState.SHARED


def test_a_dispute_needs_a_reason_and_waits_for_its_decision(checking: FactCheck) -> None:
    stack = checking.stack
    visit, admin = stack.visit(stack.cast.petr), stack.visit(stack.cast.jana)
    path = f"/supplier/findings/{checking.finding(3).id}/replies"
    empty = visit.post(path, {"text": " ", "kind": "dispute"})
    assert empty.status == 422
    assert "A reply needs words." in empty.text
    assert checking.finding(3).state is FindingState.SHARED
    assert visit.post(path, {"text": "The policy names one on page 4.", "kind": "dispute"}).status == 303
    assert checking.finding(3).state is FindingState.DISPUTED
    ended = admin.post(f"{checking.deadlines}/end")
    assert ended.status == 409
    assert "A dispute waits for its decision." in ended.text
    again = visit.post(path, {"text": "And on page 5, too.", "kind": "dispute"})
    assert again.status == 409
    assert "And on page 5, too." in again.html, "what was typed is lost"
    checking.finding(3).decide(
        stack.session, "amend", "Half right.", statement="The policy names one, without a number.",
        grade=Grade.OBSERVATION, by=stack.cast.alba.actor, at=checking.assessment.state_since,
    )  # fmt: skip
    stack.session.commit()
    page = visit.get(checking.path)
    assert "Amended." in page.text
    assert "Half right." in page.text
    assert "The policy names no person for questions of sellers." in page.text


def test_extension_end_and_correction_window(checking: FactCheck) -> None:
    stack = checking.stack
    admin = stack.visit(stack.cast.jana)
    assert admin.post(f"{checking.deadlines}/extend").status == 303
    twice = admin.post(f"{checking.deadlines}/extend")
    assert twice.status == 409
    assert "already extended once" in twice.text
    early = admin.post(f"{checking.deadlines}/window", {"days": "30"})
    assert early.status == 409
    assert admin.post(f"{checking.deadlines}/end").status == 303
    assert checking.finding(1).state is FindingState.OPEN
    page = admin.get(checking.path)
    assert "These want a plan" in page.text
    assert "Comment or dispute" not in page.text
    for wrong, words in (("120", "1 to 90 days"), ("soon", "Write a whole number of days.")):
        refused = admin.post(f"{checking.deadlines}/window", {"days": wrong})
        assert refused.status == 422
        assert words in refused.text
        assert refused.values()["days"] == wrong
    assert admin.post(f"{checking.deadlines}/window", {"days": "30"}).status == 303
    assert "Your correction window runs until" in admin.get(checking.path).text
    stack.session.expire_all()
    assert checking.assessment.state is AssessmentState.FACT_CHECK


def test_a_contributor_replies_but_does_not_end(checking: FactCheck) -> None:
    contributor = checking.stack.visit(checking.stack.cast.petr)
    for move in ("extend", "end", "window"):
        assert contributor.post(f"{checking.deadlines}/{move}").status == 403
    assert "Your organization's admin extends or ends it." in contributor.get(checking.path).text


def test_strangers_and_drafts_do_not_exist(checking: FactCheck) -> None:
    stack, finding = checking.stack, checking.finding(1)
    for stranger in (stack.cast.rita, stack.cast.anna, stack.cast.lena, stack.cast.rene):
        visit = stack.visit(stranger)
        assert visit.get(checking.path).status == 404
        assert visit.post(f"/supplier/findings/{finding.id}/replies", {"text": "x"}).status == 404
        assert visit.post(f"{checking.deadlines}/end").status == 404
        assert visit.get(f"/supplier/findings/{finding.id}/actions/new").status == 404
    finding.state = FindingState.DRAFT
    finding.statement = "Not for them yet"
    stack.session.commit()
    visit = stack.visit(stack.cast.jana)
    assert "Not for them yet" not in visit.get(checking.path).text
    assert visit.post(f"/supplier/findings/{finding.id}/replies", {"text": "x"}).status == 404
    assert visit.get(f"/supplier/assessments/{uuid.uuid4()}/findings").status == 404
