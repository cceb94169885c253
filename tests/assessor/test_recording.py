"""What an assessor records is what was meant: nothing by accident, nothing dropped, nothing sent unawares."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment, AssessmentState
from assessments.verification.assignment import AnswerVerification, Basis
from assessments.verification.finding import Finding
from assessments.verification.recording import verify_answer
from tests.conftest import Stack
from tests.support.acts import assigned, submitted
from tests.support.cast import NOW
from tests.support.page import Page


@pytest.fixture
def checked(embedded: Stack) -> Assessment:
    """A case of Lena's whose OHS-01 was checked remotely, with worker voice."""
    assessment = submitted(embedded)
    assigned(embedded, assessment)
    by = embedded.cast.lena.actor
    verify_answer(
        embedded.session, assessment, "OHS-01", basis=Basis.REMOTE, worker_voice=True, by=by, at=NOW
    )
    embedded.session.commit()
    return assessment


def work(assessment: Assessment) -> str:
    return f"/assessor/assessments/{assessment.id}"


def checks(stack: Stack) -> list[tuple[str, Basis, bool]]:
    stack.session.rollback()
    rows = stack.session.scalars(select(AnswerVerification).order_by(AnswerVerification.verified_at))
    return [(row.question, row.basis, row.worker_voice) for row in rows]


def check_form(page: Page, key: str) -> dict[str, str]:
    """What a browser sends of the row of a question when only its button is pressed."""
    form = next(f for f in page.tree.iter("form") if f.get("action", "").endswith(f"{key}/verification"))
    fields = list(form.iter("input"))
    shown = [i for i in fields if i.get("type") == "hidden" or i.get("checked") is not None]
    sent = {i.get("name", ""): i.get("value", "") for i in shown}
    options = list(form.iter("option"))
    chosen = [option for option in options if option.get("selected") is not None] or options[:1]
    return {**sent, "basis": chosen[0].get("value", "")}


def test_recording_a_check_anew_keeps_its_kind_and_worker_voice(embedded: Stack, checked: Assessment) -> None:
    lena = embedded.visit(embedded.cast.lena)
    sent = check_form(lena.get(f"{work(checked)}/topics/OHS.1"), "OHS-01")
    assert (sent["basis"], sent["worker_voice"]) == ("remote", "y")
    assert lena.post(f"{work(checked)}/questions/OHS-01/verification", sent).status == 303
    assert checks(embedded) == [("OHS-01", Basis.REMOTE, True)]
    # A page drawn before the voice was recorded sends the same kind without it: what was heard stays.
    lena.post(f"{work(checked)}/questions/OHS-01/verification", {"basis": "remote"})
    assert checks(embedded) == [("OHS-01", Basis.REMOTE, True)]
    # A tick that was wrong is taken back by whoever saw it standing.
    lena.post(f"{work(checked)}/questions/OHS-01/verification", {"basis": "remote", "heard": "remote"})
    assert checks(embedded) == [("OHS-01", Basis.REMOTE, False)]


def test_an_unchecked_answer_is_not_marked_by_a_bare_press(embedded: Stack, checked: Assessment) -> None:
    lena = embedded.visit(embedded.cast.lena)
    sent = check_form(lena.get(f"{work(checked)}/topics/OHS.1"), "OHS-02")
    assert sent["basis"] == ""
    for basis in ("", "somehow"):
        refused = lena.post(f"{work(checked)}/questions/OHS-02/verification", {**sent, "basis": basis})
        assert refused.status == 422
        assert "OHS-02: Choose how it was checked" in refused.text
        assert "#check-OHS-02" in refused.links()
    assert [question for question, *_ in checks(embedded)] == ["OHS-01"]


@pytest.mark.parametrize(
    ("wrong", "said"), [({"grade": "critcal"}, "Grade: choose"), ({"kind": "bogus"}, "Kind: choose")]
)
def test_a_grade_that_cannot_be_read_is_no_observation(
    embedded: Stack, checked: Assessment, wrong: dict[str, str], said: str
) -> None:
    lena = embedded.visit(embedded.cast.lena)
    lena.get(f"{work(checked)}/topics/OHS.1?finding=")
    typed = {"grade": "critical", "kind": "gap", "statement": "A guard is off.", "first_step": "Stop it."}
    refused = lena.post(f"{work(checked)}/topics/OHS.1/findings", {**typed, **wrong})
    assert refused.status == 422
    assert said in refused.text
    assert "A guard is off." in refused.html, "what was typed is lost"
    assert embedded.session.scalars(select(Finding)).all() == []
    lena.post(f"{work(checked)}/topics/OHS.1/findings", typed)
    made = embedded.session.scalars(select(Finding)).one()
    embedded.session.commit()
    assert lena.post(f"/assessor/findings/{made.id}", {**typed, **wrong}).status == 422
    embedded.session.refresh(made)
    assert (made.grade.value, made.kind.value) == ("critical", "gap")


def test_a_new_finding_has_no_grade_before_one_is_chosen(embedded: Stack, checked: Assessment) -> None:
    page = embedded.visit(embedded.cast.lena).get(f"{work(checked)}/topics/OHS.1?finding=")
    grade = next(found for found in page.tree.iter("select") if found.get("name") == "grade")
    chosen = [option.get("value") for option in grade.iter("option") if option.get("selected") is not None]
    assert chosen == [""]


def test_the_lead_is_told_what_is_unfinished_and_confirms_it(embedded: Stack, checked: Assessment) -> None:
    lena = embedded.visit(embedded.cast.lena)
    overview = lena.get(work(checked))
    assert "answers are unchecked" in overview.text
    assert "topics have no level" in overview.text
    assert f"{work(checked)}/topics/MIN.1" in overview.links()
    refused = lena.post(f"{work(checked)}/fact-check")
    assert refused.status == 422
    assert "#unfinished" in refused.links()
    assert state_of(embedded, checked) is AssessmentState.IN_VERIFICATION
    assert lena.post(f"{work(checked)}/fact-check", {"unfinished": "yes"}).status == 303
    assert state_of(embedded, checked) is AssessmentState.FACT_CHECK


def state_of(stack: Stack, assessment: Assessment) -> AssessmentState:
    stack.session.rollback()
    stack.session.refresh(assessment)
    return assessment.state
