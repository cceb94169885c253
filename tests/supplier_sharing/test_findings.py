"""The fact check as the supplier goes through it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from assessments.assessment import AssessmentState
from assessments.questionnaire.model import Grade
from assessments.verification.finding import FindingState
from tests.supplier_sharing.conftest import FactCheck
from tests.support.assessing import standard
from tests.support.page import Page


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


def test_extending_names_the_day_before_and_after(checking: FactCheck) -> None:
    admin = checking.stack.visit(checking.stack.cast.jana)
    ends = checking.assessment.fact_check_ends_at
    assert ends is not None
    later = day_in_words(ends + timedelta(days=14))
    asked = admin.get(checking.path)
    assert f"Reply until {later}?" in asked.text
    admin.post(f"{checking.deadlines}/extend")
    told = admin.get(checking.path)
    assert f"You have until {later} now." in told.text
    assert "Reply until" not in told.text, "it can be extended once"


def test_a_past_fact_check_shows_the_day_it_ended(checking: FactCheck) -> None:
    admin = checking.stack.visit(checking.stack.cast.jana)
    ends = checking.assessment.fact_check_ends_at
    assert ends is not None
    assert f"You check the draft until {day_in_words(ends)}" in way(admin.get(checking.path))
    admin.post(f"{checking.deadlines}/end")
    checking.stack.session.expire_all()
    home = admin.get("/supplier/").text
    assert "The fact check has ended" in home
    assert "This round has ended" not in home, "the plans are still to be agreed"
    ended = checking.assessment.fact_check_ended_at
    assert ended is not None
    assert ended < ends
    said = f"You check the draft ended {day_in_words(ended)}"
    assert said in way(admin.get(checking.path))
    assert said in way(admin.get(f"/supplier/assessments/{checking.assessment.id}"))


def way(page: Page) -> str:
    """What the steps of the page say."""
    steps = [found for found in page.tree.iter("ol") if "way" in (found.get("class") or "").split()]
    return " ".join(" ".join(" ".join(one.itertext()).split()) for one in steps)


def day_in_words(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def test_states_are_told_to_each_reader_in_their_own_words(checking: FactCheck) -> None:
    stack = checking.stack
    supplier = stack.visit(stack.cast.jana).get(f"/supplier/assessments/{checking.assessment.id}")
    assert "You check the draft" in supplier.text
    assert "The supplier checks the draft" not in supplier.text
    case = stack.visit(stack.cast.lena).get(f"/assessor/assessments/{checking.assessment.id}")
    assert "The supplier checks the draft" in case.text


def test_a_finding_has_one_title_for_all_and_no_state_once_it_has_none(checking: FactCheck) -> None:
    stack = checking.stack
    admin, lena = stack.visit(stack.cast.jana), stack.visit(stack.cast.lena)
    found = checking.finding(1)
    title = standard().topic(found.topic).title
    named = f"F-{found.number} {title}"
    assert named in admin.get(checking.path).text
    assert lena.get(f"/assessor/findings/{found.id}").heading == named
    praise = checking.finding(5)
    assert praise.grade is Grade.GOOD_PRACTICE
    assert "You can reply" in card_text(admin.get(checking.path), praise.number)
    admin.post(f"{checking.deadlines}/end")
    assert "You can reply" not in card_text(admin.get(checking.path), praise.number)


def card_text(page: Page, number: object) -> str:
    card = next(one for one in page.tree.iter("article") if one.get("id") == f"finding-F-{number}")
    return " ".join(" ".join(card.itertext()).split())
