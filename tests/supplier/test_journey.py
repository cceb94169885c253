"""From the first page to handing in and back through a clarification, as the supplier's people walk it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.assessment import Assessment, AssessmentState, Snapshot
from assessments.parties import Organization
from assessments.result import Result
from assessments.sheet.snapshot import submit
from assessments.values.answers import AnswerState
from assessments.verification.assignment import Basis, accept, declare_independence
from assessments.verification.clarification import ask_clarification
from assessments.verification.firms import assign
from plumbline.signing import create_keys
from tests.conftest import Stack
from tests.supplier.conftest import HTMX, by_id, sheet_of, text_of
from tests.support.acts import self_declared
from tests.support.answers_given import settle
from tests.support.assessing import opened, published_standard
from tests.support.cast import LONG_AGO, NOW

DAY = timedelta(days=1)


def base(assessment: Assessment) -> str:
    return f"/supplier/assessments/{assessment.id}"


def state_of(stack: Stack, assessment: Assessment) -> AssessmentState:
    stack.session.rollback()
    stack.session.expire_all()
    return stack.session.get_one(Assessment, assessment.id).state


def handed_in(stack: Stack, assessment: Assessment) -> None:
    settle(stack.session, assessment.id, by=stack.cast.petr.actor, at=NOW)
    submit(stack.session, assessment.id, agrees_to_public_statement=True, by=stack.cast.jana.actor, at=NOW)
    stack.session.commit()


def verified(stack: Stack, assessment: Assessment) -> Assessment:
    """Bring a handed-in assessment to the firm's lead, who has declared independence."""
    found = stack.session.get_one(Assessment, assessment.id)
    firm = stack.session.get_one(Organization, stack.cast.firm)
    lena = stack.cast.lena.actor
    assignment = assign(stack.session, found, firm, basis=Basis.ON_SITE, by=stack.cast.sara.actor, at=NOW)
    accept(stack.session, assignment, by=lena, at=NOW)
    declare_independence(stack.session, assignment, no_ties=True, statement="", by=lena, at=NOW)
    stack.session.commit()
    return found


def test_the_first_page_leads_to_the_first_site_then_to_the_first_assessment(embedded: Stack) -> None:
    published_standard(embedded.session)
    embedded.session.commit()
    newcomer = embedded.visit(embedded.cast.rita)
    assert "/supplier/assessments/new" in newcomer.get("/supplier/").links()
    answer = newcomer.post(
        "/supplier/assessments/new", {"site": str(embedded.cast.rival_site), "label": "2026"}
    )
    assert answer.status == 303
    page = newcomer.get("/supplier/")
    assert page.heading == "Sheffield works: 2026 assessment"
    assert "Begin with PRO-01" in page.text


def test_opening_refuses_a_second_round_of_the_same_name_and_a_strangers_site(
    embedded: Stack, smelter: Assessment
) -> None:
    visit = embedded.visit(embedded.cast.jana)
    twice = visit.post("/supplier/assessments/new", {"site": str(embedded.cast.smelter), "label": "2026"})
    assert twice.status == 409
    assert twice.values()["label"] == "2026"
    foreign = visit.post(
        "/supplier/assessments/new", {"site": str(embedded.cast.rival_site), "label": "2026"}
    )
    assert foreign.status == 422
    nothing = visit.post("/supplier/assessments/new", {"site": "", "label": ""})
    assert {"#site", "#label"} <= set(nothing.links())


def test_home_goes_on_where_this_person_stopped(embedded: Stack, smelter: Assessment) -> None:
    petr = embedded.visit(embedded.cast.petr)
    sent = {"OHS-02.revision": "0", "OHS-02.profile": "", "OHS-02.state": "not_known"}
    petr.post(f"{base(smelter)}/questions/OHS-02", sent, headers=HTMX)
    page = petr.get("/supplier/")
    assert "You answered OHS-02 last" in page.text
    assert f"{base(smelter)}/sections/OHS#OHS-03" in page.links()
    assert "Begin with PRO-01" in embedded.visit(embedded.cast.jana).get("/supplier/").text
    assert len([found for found in page.tree.iter("a") if found.get("class") == "btn fwd"]) == 1


def test_home_opens_the_result_that_stands_and_not_the_one_before_it(embedded: Stack) -> None:
    first = self_declared(embedded, label="2025", at=NOW - 300 * DAY)
    second = self_declared(embedded, label="2026")
    home = embedded.visit(embedded.cast.jana).get("/supplier/")
    stands = f"/supplier/assessments/{second.assessment_id}"
    assert any(link.startswith(f"{stands}/") for link in home.links())
    assert "2026" in home.heading
    asked = embedded.visit(embedded.cast.jana).get(f"/supplier/?assessment={first.assessment_id}")
    assert "2025" in asked.heading


def test_home_is_a_fixed_number_of_statements(
    stack: Stack, smelter_on_both: Assessment, statements: list[str]
) -> None:
    visit = stack.visit(stack.cast.jana)
    counts = []
    for more in (False, True):
        if more:
            opened(stack.session, stack.cast.yard, by=stack.cast.jana.actor, at=LONG_AGO)
            settle(stack.session, smelter_on_both.id, by=stack.cast.petr.actor, at=NOW)
        visit.get("/supplier/")
        statements.clear()
        assert visit.get("/supplier/").status == 200
        counts.append(len(statements))
    # Who asks, assessments, last answers, what waits, facts beside it, results, the sheet, newer versions.
    assert counts == [8, 8]


def test_the_overview_says_what_does_not_apply_and_why(embedded: Stack, smelter: Assessment) -> None:
    page = embedded.visit(embedded.cast.petr).get(base(smelter))
    assert page.heading == "Ostrava smelter: 2026 assessment"
    assert "Not asked because this site does not recycle." in page.text
    assert "Withdraw" not in page.text  # a contributor does not


def test_handing_in_with_open_questions_lists_them_with_links(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.jana)
    answer = visit.post(f"{base(smelter)}/submit", {"agreed": "yes"})
    assert answer.status == 409
    assert f"{base(smelter)}/sections/OHS#OHS-01" in answer.links()
    assert state_of(embedded, smelter) is AssessmentState.DRAFT


def test_handing_in_needs_the_agreement_and_freezes_everything(embedded: Stack, smelter: Assessment) -> None:
    settle(embedded.session, smelter.id, by=embedded.cast.petr.actor, at=NOW)
    visit = embedded.visit(embedded.cast.jana)
    refused = visit.post(f"{base(smelter)}/submit", {})
    assert refused.status == 422
    assert "#agreed" in refused.links()
    answer = visit.post(f"{base(smelter)}/submit", {"agreed": "yes"})
    assert (answer.status, answer.location) == (303, base(smelter))
    snapshot = embedded.session.scalars(select(Snapshot)).one()
    assert f"Handed in. Receipt {snapshot.sha256[:16]}." in visit.get(base(smelter)).text
    assert state_of(embedded, smelter) is AssessmentState.SUBMITTED
    assert visit.post(f"{base(smelter)}/submit", {"agreed": "yes"}).status == 409


def test_a_contributor_does_not_hand_in(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    assert visit.post(f"{base(smelter)}/submit", {"agreed": "yes"}).status == 403
    assert visit.post(f"{base(smelter)}/withdraw", {"reason": "No."}).status == 403
    assert visit.post(f"{base(smelter)}/publish-self-declared", {}).status == 403


def test_the_summary_reads_as_readers_do(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {
        "OHS-01.revision": "0", "OHS-01.profile": "", "OHS-01.systems": ["own", "iso45001"],
        "OHS-01.employees.value": "90", "OHS-01.employees.year": "2025", "OHS-01.note": "See the wall.",
    }  # fmt: skip
    visit.post(f"{base(smelter)}/questions/OHS-01", sent, headers=HTMX)
    page = visit.get(f"{base(smelter)}/summary")
    section = text_of(by_id(page, "section-OHS"))
    assert "Our own written way of working; ISO 45001" in section
    assert "See the wall." in section
    assert "Commercial: shared only by a switch of its own." in text_of(by_id(page, "section-PRO"))


def test_what_is_kept_to_oneself_is_not_read_on_the_summary(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    sent = {
        "OHS-01.revision": "0",
        "OHS-01.profile": "",
        "OHS-01.systems": ["own"],
        "OHS-01.state": "withheld",
    }
    visit.post(f"{base(smelter)}/questions/OHS-01", sent, headers=HTMX)
    page = visit.get(f"{base(smelter)}/summary")
    assert "Our own written way of working" not in text_of(by_id(page, "section-OHS"))


def test_a_handed_in_assessment_can_be_published_without_an_assessor(
    embedded: Stack, smelter: Assessment
) -> None:
    create_keys(embedded.settings.key_folder)
    handed_in(embedded, smelter)
    visit = embedded.visit(embedded.cast.jana)
    assert "self-declared, not checked" in visit.get(f"{base(smelter)}/summary").text
    assert visit.post(f"{base(smelter)}/publish-self-declared", {}).status == 303
    assert state_of(embedded, smelter) is AssessmentState.PUBLISHED
    assert embedded.session.scalars(select(Result.assessment_id)).all() == [smelter.id]


def test_withdrawing_needs_a_reason_and_ends_it(embedded: Stack, smelter: Assessment) -> None:
    visit = embedded.visit(embedded.cast.jana)
    assert visit.post(f"{base(smelter)}/withdraw", {"reason": " "}).status == 409
    assert visit.post(f"{base(smelter)}/withdraw", {"reason": "The site was sold."}).status == 303
    assert "The site was sold." in visit.get(base(smelter)).text
    assert state_of(embedded, smelter) is AssessmentState.WITHDRAWN
    assert visit.post(f"{base(smelter)}/stop", {"reason": "Again."}).status == 409


def test_the_company_as_a_whole_is_read_but_not_handed_in_or_withdrawn(
    embedded: Stack, smelter: Assessment
) -> None:
    company = f"/supplier/assessments/{sheet_of(embedded, smelter).company_assessment_id}"
    visit = embedded.visit(embedded.cast.jana)
    page = visit.get(company)
    assert "Your company as a whole." in page.text
    assert "Withdraw" not in page.text
    assert visit.get(f"{company}/sections/MIN").status == 200
    assert visit.post(f"{company}/submit", {"agreed": "yes"}).status == 409
    assert visit.post(f"{company}/withdraw", {"reason": "Why not."}).status == 409


@pytest.fixture
def reopened(embedded: Stack, smelter: Assessment) -> Assessment:
    """The smelter's assessment with two questions reopened."""
    handed_in(embedded, smelter)
    found = verified(embedded, smelter)
    ask_clarification(
        embedded.session, found, ["OHS-02", "MIN-01"], "Is there a list of this year?",
        by=embedded.cast.lena.actor, at=NOW,
    )  # fmt: skip
    embedded.session.commit()
    return found


def test_a_clarification_opens_the_named_questions_alone(embedded: Stack, reopened: Assessment) -> None:
    visit = embedded.visit(embedded.cast.petr)
    page = visit.get(f"{base(reopened)}/clarification")
    assert "Is there a list of this year?" in page.text
    assert f"{base(reopened)}/sections/OHS#OHS-02" in page.links()
    assert f"{base(reopened)}/clarification" in visit.get("/supplier/").links()
    section = visit.get(f"{base(reopened)}/sections/OHS")
    assert "Is there a list of this year?" in text_of(by_id(section, "OHS-02"))
    assert "nobody can change it" in text_of(by_id(section, "OHS-01"))
    revision = str(sheet_of(embedded, reopened).answer("OHS-02").revision)
    sent = {"OHS-02.revision": revision, "OHS-02.profile": "", "OHS-02.jobs": "every", "OHS-02.state": ""}
    assert visit.post(f"{base(reopened)}/questions/OHS-02", sent, headers=HTMX).status == 200
    assert sheet_of(embedded, reopened).answer("OHS-02").parts == {"jobs": "every"}
    frozen = {"OHS-01.revision": "1", "OHS-01.profile": "", "OHS-01.systems": "own"}
    assert visit.post(f"{base(reopened)}/questions/OHS-01", frozen, headers=HTMX).status == 422


def test_handing_back_freezes_again_under_the_next_number(embedded: Stack, reopened: Assessment) -> None:
    assert embedded.visit(embedded.cast.petr).post(f"{base(reopened)}/clarification").status == 403
    visit = embedded.visit(embedded.cast.jana)
    assert visit.post(f"{base(reopened)}/clarification").status == 303
    assert state_of(embedded, reopened) is AssessmentState.IN_VERIFICATION
    numbers = embedded.session.scalars(select(Snapshot.number).order_by(Snapshot.number)).all()
    assert numbers == [1, 2]
    sheet = sheet_of(embedded, reopened)
    assert (sheet.writable("OHS-02"), sheet.answer("OHS-02").state) == (False, AnswerState.NOT_KNOWN)
    assert "Nothing is reopened" in visit.get(f"{base(reopened)}/clarification").text


def test_strangers_find_none_of_it(embedded: Stack, smelter: Assessment) -> None:
    for name in ("rita", "anna", "lena", "sara"):
        visit = embedded.visit(getattr(embedded.cast, name))
        for page in ("", "/summary", "/clarification"):
            assert visit.get(f"{base(smelter)}{page}").status == 404
        assert visit.post(f"{base(smelter)}/submit", {"agreed": "yes"}).status == 404
