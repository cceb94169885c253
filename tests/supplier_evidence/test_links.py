"""Evidence of answers: one document for many, while the answer can be written."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from assessments.assessment import AnswerEvidence
from assessments.audit.events import AuditEvent, EventKind
from assessments.evidence.documents import Document
from assessments.sheet.linking import link_evidence, unlink_evidence
from assessments.sheet.reading import read_sheet
from assessments.workflow import Refused, WrongActor, WrongState
from tests.conftest import Stack
from tests.evidence.corpus import pdf
from tests.support.acts import documented, submitted
from tests.support.assessing import opened
from tests.support.cast import NOW

THREE = ("OHS-01", "OHS-02", "MIN-01")


def path(assessment_id: object, key: str) -> str:
    return f"/supplier/assessments/{assessment_id}/questions/{key}/evidence"


def test_a_document_beyond_those_listed_is_searched(embedded: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.supplier.evidence_links.MOST_CHOICES", 1)
    cast, session = embedded.cast, embedded.session
    assessment = opened(session, cast.smelter, by=cast.jana.actor, at=NOW)
    key = next(iter(read_sheet(session, assessment.id).applicability.asked))
    for title in ("0 first", "zz last"):
        documented(session, cast.kovo, title, by=cast.jana.actor, at=NOW)
    session.commit()
    visit = embedded.visit(cast.petr)
    page = visit.get(path(assessment.id, key))
    assert "More documents fit than are listed here." in page.text
    assert ("0 first" in page.text, "zz last" in page.text) == (True, False)
    assert "zz last" in visit.get(f"{path(assessment.id, key)}?find=ZZ").text
    assert "No document that is not linked yet" in visit.get(f"{path(assessment.id, key)}?find=xyz").text


def test_one_document_shows_three_answers_and_is_found_in_the_vault(stack: Stack) -> None:
    assessment = opened(stack.session, stack.cast.smelter, by=stack.cast.jana.actor, at=NOW)
    visit = stack.visit(stack.cast.petr)
    sheet = read_sheet(stack.session, assessment.id)
    keys = list(sheet.applicability.asked)[:3]
    sent = visit.post(
        path(assessment.id, keys[0]), {"file": (io.BytesIO(pdf()), "rules.pdf"), "title": "Safety rules"},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert sent.location == path(assessment.id, keys[0])
    document = stack.session.scalars(select(Document)).one()
    for key in keys[1:]:
        page = visit.get(path(assessment.id, key))
        assert "Safety rules" in page.text
        assert visit.post(path(assessment.id, key), {"do": "link", "add": str(document.id)}).status == 303
    assert "3 answers" in visit.get("/supplier/evidence").text
    shown = visit.get(f"/supplier/evidence/{document.id}")
    assert [key for key in keys if f"/questions/{key}/evidence" in shown.html] == keys
    assert visit.post(path(assessment.id, keys[1]), {"remove": str(document.id)}).status == 303
    stack.session.rollback()
    left = {row.question for row in stack.session.scalars(select(AnswerEvidence))}
    assert left == {keys[0], keys[2]}
    told = stack.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)).all()
    assert told.count(EventKind.EVIDENCE_LINKED) == 3
    assert told.count(EventKind.EVIDENCE_UNLINKED) == 1


def test_linking_twice_is_linking_once_and_taking_off_twice_does_no_harm(embedded: Stack) -> None:
    session, by = embedded.session, embedded.cast.petr.actor
    assessment = opened(session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW)
    sheet = read_sheet(session, assessment.id)
    key = next(iter(sheet.applicability.asked))
    document = documented(session, embedded.cast.kovo, "Permit", by=by, at=NOW)
    assert link_evidence(session, sheet, key, document, by=by, at=NOW)
    assert not link_evidence(session, sheet, key, document, by=by, at=NOW)
    assert unlink_evidence(session, sheet, key, document.id, by=by, at=NOW)
    assert not unlink_evidence(session, sheet, key, document.id, by=by, at=NOW)


def test_a_company_answers_evidence_is_seen_from_every_site(embedded: Stack) -> None:
    session, by = embedded.session, embedded.cast.jana.actor
    first = opened(session, embedded.cast.smelter, by=by, at=NOW)
    second = opened(session, embedded.cast.yard, by=by, at=NOW)
    sheet = read_sheet(session, first.id)
    company = next(
        q.key
        for q in sheet.questionnaire.questions
        if q.level == "company" and sheet.applicability.asks(q.key)
    )
    document = documented(session, embedded.cast.kovo, "Policy", by=by, at=NOW)
    link_evidence(session, sheet, company, document, by=by, at=NOW)
    session.commit()
    assert [one.title for one in read_sheet(session, second.id).evidence[company]] == ["Policy"]


def test_what_is_frozen_not_asked_or_somebody_elses_is_refused(embedded: Stack) -> None:
    session, cast = embedded.session, embedded.cast
    assessment = submitted(embedded, at=NOW - timedelta(days=2))
    document = documented(session, cast.kovo, "Permit", by=cast.jana.actor, at=NOW)
    paper = documented(session, cast.rival, "Paper", by=cast.rita.actor, at=NOW)
    session.commit()
    sheet = read_sheet(session, assessment.id)
    key = next(iter(sheet.applicability.asked))
    with pytest.raises(WrongState, match="frozen"):
        link_evidence(session, sheet, key, document, by=cast.petr.actor, at=NOW)
    draft = opened(session, cast.yard, by=cast.jana.actor, at=NOW, label="2027")
    open_sheet = read_sheet(session, draft.id)
    off = next(iter(open_sheet.applicability.not_asked))
    with pytest.raises(WrongState, match="not asked"):
        link_evidence(session, open_sheet, off, document, by=cast.petr.actor, at=NOW)
    with pytest.raises(Refused, match="not in your vault"):
        link_evidence(
            session, open_sheet, next(iter(open_sheet.applicability.asked)), paper, by=cast.petr.actor, at=NOW
        )
    with pytest.raises(WrongActor):
        link_evidence(
            session, open_sheet, next(iter(open_sheet.applicability.asked)), paper, by=cast.rita.actor, at=NOW
        )
    visit = embedded.visit(cast.petr)
    page = visit.get(path(assessment.id, key))
    assert "This cannot be changed now" in page.text
    refused = visit.post(path(assessment.id, key), {"do": "link", "add": str(document.id)})
    assert refused.status == 409
    assert "frozen" in refused.text


def test_a_sheet_read_before_the_submission_links_nothing_after_it(embedded: Stack) -> None:
    session, by = embedded.session, embedded.cast.jana.actor
    assessment = opened(session, embedded.cast.smelter, by=by, at=NOW)
    sheet = read_sheet(session, assessment.id)
    document = documented(session, embedded.cast.kovo, "Permit", by=by, at=NOW)
    assessment.move("withdraw", by=by, at=NOW)
    session.flush()
    with pytest.raises(WrongState, match="moved on meanwhile"):
        link_evidence(session, sheet, next(iter(sheet.applicability.asked)), document, by=by, at=NOW)


def test_nothing_ticked_and_foreign_ids_come_back_as_sentences(embedded: Stack) -> None:
    assessment = opened(embedded.session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW)
    key = next(iter(read_sheet(embedded.session, assessment.id).applicability.asked))
    paper = documented(embedded.session, embedded.cast.rival, "Paper", by=embedded.cast.rita.actor, at=NOW)
    documented(embedded.session, embedded.cast.kovo, "Ours", by=embedded.cast.jana.actor, at=NOW)
    embedded.session.commit()
    visit = embedded.visit(embedded.cast.petr)
    assert "Paper" not in visit.get(path(assessment.id, key)).text
    nothing = visit.post(path(assessment.id, key), {"do": "link"})
    assert nothing.status == 422
    assert "Tick at least one document." in nothing.text
    for foreign in (str(paper.id), "no id"):
        page = visit.post(path(assessment.id, key), {"do": "link", "add": foreign})
        assert page.status == 409
        assert "not in your vault" in page.text
    assert visit.get(path(assessment.id, "OHS-99")).status == 404
    assert embedded.visit(embedded.cast.rita).get(path(assessment.id, key)).status == 404


def test_a_notice_does_not_outlive_what_it_told_of(embedded: Stack) -> None:
    session, by = embedded.session, embedded.cast.petr.actor
    assessment = opened(session, embedded.cast.smelter, by=embedded.cast.jana.actor, at=NOW)
    sheet = read_sheet(session, assessment.id)
    document = documented(session, embedded.cast.kovo, "Rules", by=by, at=NOW)
    link_evidence(session, sheet, "OHS-01", document, by=by, at=NOW)
    session.commit()
    visit = embedded.visit(embedded.cast.petr)
    gone = "00000000-0000-7000-8000-000000000000"
    both = {"remove": str(document.id), "add": gone}
    refused = visit.post(path(assessment.id, "OHS-01"), both)
    assert refused.status == 409
    assert "Taken off" not in refused.text
    page = visit.get(path(assessment.id, "OHS-01"))
    assert "Taken off" not in page.text
    assert "Rules" in page.text
    assert visit.post(path(assessment.id, "OHS-01"), {"remove": str(document.id)}).status == 303
    assert "Taken off OHS-01" in visit.get(path(assessment.id, "OHS-01")).text
