"""Who reaches what of the steward's pages, every route by every visitor; and a desk that stays cheap."""

from __future__ import annotations

from sqlalchemy import func, select

from assessments.actions.action import ActionState
from assessments.assessment import Assessment, AssessmentState
from assessments.authoring.drafts import make_draft
from assessments.questionnaire.editing.files import shipped_files
from assessments.sharing.disclosure import AccessLedgerEntry
from assessments.terms import TermsRecord
from assessments.verification.assignment import Assignment
from assessments.verification.finding import FindingState, findings_of
from tests.conftest import Stack
from tests.support.acts import documented, in_review, planned, submitted, verified
from tests.support.cast import NOW, site
from tests.support.doors import ask, routes, unknown
from tests.support.statements import as_a_server, counted

EDITOR = (
    "questionnaires", "begin_draft", "draft_overview", "draft_changes", "publish_questionnaire",
    "draft_history", "undo_change", "take_draft", "bring_draft", "draft_question",
    "save_draft_question", "place_question", "take_question_out", "draft_topic", "change_topic",
    "draft_section", "change_section", "begin_section", "draft_text", "save_draft_text",
    "draft_preview", "try_section", "try_answers", "put_draft_away", "take_draft_up", "draft_guide",
    "save_draft_guide",
)  # fmt: skip
OWNER = {
    "desk": {"sara", "rene", "alba", "mina", "adam"},
    "choose_firm": {"sara"}, "assign_firm": {"sara"}, "end": {"sara"}, "one_assignment": {"sara"},
    "terms": {"sara"}, "publish_record": {"sara"},
    **dict.fromkeys(EDITOR, frozenset({"sara"})),
    "review": {"rene"}, "publish_result": {"rene"}, "return_case": {"rene"}, "review_evidence": {"rene"},
    "review_picture": {"rene"},
    "dispute": {"alba"}, "decide": {"alba"}, "dispute_evidence": {"alba"}, "dispute_picture": {"alba"},
    "mediate": {"mina"}, "mediation_evidence": {"mina"}, "record_disagreement": {"mina"},
    "audit": {"adam"}, "verification": {"adam"}, "run_jobs_again": {"sara"},
}  # fmt: skip
COLLEAGUES = ("sara", "rene", "alba", "mina", "adam")
STRANGERS = ("jana", "petr", "rita", "anna", "hugo", "lena", "otto")


def world(stack: Stack) -> dict[str, object]:
    """One case in fact check with a dispute and an action returned twice, and a document."""
    assessment = submitted(stack)
    verified(stack, assessment)
    session, cast = stack.session, stack.cast
    found = findings_of(session, assessment.id)
    found[2].dispute(session, "Page 2 names it.", by=cast.petr.actor, at=NOW)
    action = planned(stack, found[0])
    action.state, action.agreed_at, action.returns = ActionState.RETURNED, None, 2
    document = documented(session, cast.kovo, "Policy", by=cast.petr.actor, at=NOW)
    draft = make_draft(session, shipped_files(), version="7.0", made_of="", by=cast.sara.actor, at=NOW)
    session.commit()
    return {
        "draft_id": draft.id, "section": "LAB", "topic": "LAB.3", "question": "LAB-10",
        "assessment_id": assessment.id, "finding_id": found[2].id, "action_id": action.id,
        "assignment_id": session.scalars(select(Assignment.id)).one(), "version_id": document.latest.id,
    }  # fmt: skip


def test_strangers_are_told_nothing_and_colleagues_no(stack: Stack) -> None:
    values, cast = world(stack), stack.cast
    nobody = stack.visit()
    strangers = {name: stack.visit(getattr(cast, name)) for name in STRANGERS}
    colleagues = {name: stack.visit(getattr(cast, name)) for name in COLLEAGUES}
    for endpoint, method, address in routes(stack, "steward", values):
        case = f"{endpoint}: {method} {address}"
        assert ask(nobody, method, address) in {302, 303}, case
        for name, visit in strangers.items():
            assert ask(visit, method, address) == 404, f"{case} by {name}"
        for name in set(COLLEAGUES) - OWNER[endpoint]:
            assert ask(colleagues[name], method, address) == 403, f"{case} by {name}"
    session = stack.session
    assert session.scalar(select(func.count()).select_from(AccessLedgerEntry)) == 0
    assert session.scalar(select(func.count()).select_from(TermsRecord)) == 0
    session.expire_all()
    assert session.get_one(Assessment, values["assessment_id"]).state is AssessmentState.FACT_CHECK


def test_content_opens_only_in_the_state_that_needs_it(embedded: Stack) -> None:
    values, cast = world(embedded), embedded.cast
    rene, alba, mina, sara = (embedded.visit(one) for one in (cast.rene, cast.alba, cast.mina, cast.sara))
    case, finding = values["assessment_id"], values["finding_id"]
    assert rene.get(f"/steward/reviews/{case}").status == 403, "not in review"
    assert alba.get(f"/steward/disputes/{finding}/evidence/{values['version_id']}").status == 404, (
        "not pinned"
    )
    for visit, address in (
        (rene, f"/steward/reviews/{unknown()}"), (alba, f"/steward/disputes/{unknown()}"),
        (mina, f"/steward/mediation/{unknown()}"), (sara, f"/steward/assessments/{unknown()}/assign"),
    ):  # fmt: skip
        assert visit.get(address).status == 404, address
    session = embedded.session
    other = findings_of(session, case)[0]  # type: ignore[arg-type]
    assert other.state is FindingState.SHARED
    assert alba.get(f"/steward/disputes/{other.id}").status == 403
    draft = session.scalars(select(Assessment.id).where(Assessment.state == AssessmentState.DRAFT)).first()
    assert draft is not None, "the company's own assessment"
    assert sara.get(f"/steward/assessments/{draft}/assign").status == 404
    assert session.scalar(select(func.count()).select_from(AccessLedgerEntry)) == 0


def test_the_desk_costs_the_same_however_much_waits(embedded: Stack) -> None:
    cast, session = embedded.cast, embedded.session
    in_review(embedded, submitted(embedded))
    rene = embedded.visit(cast.rene)
    with counted(embedded.engine) as few:
        assert as_a_server(rene.get, "/steward/").status == 200
    for name in ("Zlin works", "Plzen works"):
        in_review(embedded, submitted(embedded, site_id=site(session, cast.kovo, name, "CZE"), label=name))
    submitted(embedded, site_id=cast.yard, label="more")
    with counted(embedded.engine) as many:
        page = as_a_server(rene.get, "/steward/")
    assert len(many) == len(few), "\n".join(many)
    assert "3 second readings" in page.text
    assert "extraction hoods" not in page.html, "the desk shows no words of a finding"
