"""One site as a supplier shares it: standing, findings, plan, answers, evidence; and its signed file."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, NotFound

from assessments.evidence.documents import DocumentVersion, readable
from assessments.overviews.asks_told import AskOfSupplier, asks_of
from assessments.parties import Audience
from assessments.policy import Action
from assessments.publishing.files import projection_file
from assessments.publishing.words import read_under
from assessments.questionnaire.model import Questionnaire
from assessments.sharing.ledger import record_download, record_opening
from assessments.sharing.reading import SharedAssessment
from assessments.values.answers import AnswerState, show
from plumbline.asked_of import whom
from plumbline.buyer import buyer
from plumbline.buyer.notes import note_on
from plumbline.documents import open_store
from plumbline.documents.serving import original
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.here import result_signer, settings_here
from plumbline.identity.visitor import Visitor
from plumbline.loading.shared import GrantedVersion, load_granted, load_shared
from plumbline.reading_language import as_read
from plumbline.shown_result import asked_by_step, result_frame, step_frame
from plumbline.transaction import set_down
from plumbline.translated import in_language


@buyer.get("/assessments/<uuid:assessment_id>")
@door(Action.BUYER_RESULT_READ, load=load_shared, ledger=True)
def result(visitor: Visitor, shared: SharedAssessment) -> ResponseReturnValue:
    """Show everything that is shared of an assessment now; the supplier reads that it was opened."""
    record_opening(
        db.session(), visitor.actor, visitor.organization_name, supplier_id=shared.supplier_id,
        assessment_id=shared.assessment_id, what=shared.opened(), at=now(),
    )  # fmt: skip
    places = places_of(shared)
    asked = None
    if asked_by_step() or shared.answers or shared.commercial:
        found = read_under(db.session(), shared)
        asked = as_read(found) if found is not None else None
    return render_template(
        "buyer/result.html",
        **result_frame(shared),
        **step_frame(shared, asked if asked_by_step() else None),
        asks=asks_of_this(visitor, shared, places),
        places=places,
        whom=whom,
        answers=readable_answers(shared, asked),
        note=note_on(visitor.organization_id, shared.supplier_id),
    )


def places_of(shared: SharedAssessment) -> dict[str, str]:
    """Where on the page something of a topic stands, by topic key; one of which nothing does is not in it."""
    found = dict.fromkeys(shared.plan, "actions")
    found |= {key: f"answers-{key}" for key in [*shared.commercial, *shared.answers]}
    found |= dict.fromkeys(shared.findings, "findings")
    return found | {key: f"topic-{key}" for key in shared.profile}


def asks_of_this(
    visitor: Visitor, shared: SharedAssessment, places: dict[str, str]
) -> tuple[AskOfSupplier, ...]:
    """The rows of the buyer's own list that reach this site."""
    return asks_of(
        db.session(), visitor.organization_id, country=shared.country, activities=shared.activities,
        materials=shared.materials, sees=places.keys(), tell=as_read,
    )  # fmt: skip


def readable_answers(shared: SharedAssessment, questionnaire: Questionnaire | None) -> list[dict[str, Any]]:
    """Answers in reader's words, by topic: [{title, answers: [{key, text, state, lines, reason}]}]."""
    topics = []
    for key in dict.fromkeys([*shared.answers, *shared.commercial]):
        open_part, closed = shared.answers.get(key, {}), shared.commercial.get(key, {})
        lines: dict[str, dict[str, Any]] = {}
        for told in [*open_part.get("answers", ()), *closed.get("answers", ())]:
            line = lines.setdefault(told["question"], {"key": told["question"], "state": "", "lines": []})
            line["state"] = told.get("state") or line["state"] or AnswerState.ANSWERED.value
            line["reason"] = told.get("reason") or line.get("reason") or ""
            line["lines"] += worded(questionnaire, told["question"], told.get("parts") or {})
            line["text"] = question_text(questionnaire, told["question"])
        topics.append({"key": key, "title": (open_part or closed)["title"], "answers": list(lines.values())})
    return topics


def question_text(questionnaire: Questionnaire | None, key: str) -> str:
    """The question's words, or its key where the questionnaire is not there."""
    return questionnaire.question(key).text if questionnaire else key


def worded(questionnaire: Questionnaire | None, key: str, parts: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of the parts that hold something, in the question's order."""
    if questionnaire is None:
        return []
    return [
        (part.label, in_language(show(parts[part.key], part)))
        for part in questionnaire.question(key).parts
        if parts.get(part.key) not in (None, "", [])
    ]


@buyer.get("/assessments/<uuid:assessment_id>/file")
@door(Action.BUYER_RESULT_READ, load=load_shared, ledger=True)
def result_file(visitor: Visitor, shared: SharedAssessment) -> ResponseReturnValue:
    """Send what is shared as a signed file that `plumbline result verify` checks without a network."""
    record_download(
        db.session(), visitor.actor, visitor.organization_name, supplier_id=shared.supplier_id,
        assessment_id=shared.assessment_id, what={**shared.opened(), "files": ["signed result"]}, at=now(),
    )  # fmt: skip
    signer = result_signer()
    response = Response(projection_file(shared, signer, at=now()), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="result-{shared.result_id}.json"'
    return response


@buyer.get("/evidence/<uuid:version_id>")
@door(Action.BUYER_EVIDENCE_DOWNLOAD, load=load_granted, ledger=True)
def evidence(visitor: Visitor, granted: GrantedVersion) -> ResponseReturnValue:
    """Send the bytes of a granted version through the application, as an attachment."""
    settings = settings_here()
    version = db.session.get(DocumentVersion, granted.version.version_id)
    if version is None:
        raise NotFound
    held = readable(version, Audience.BUYER, settings.unscanned_evidence)
    if held:
        raise Forbidden(held)
    record_download(
        db.session(), visitor.actor, visitor.organization_name, supplier_id=granted.version.supplier_id,
        assessment_id=None, what={"files": [version.file_name]}, at=now(),
    )  # fmt: skip
    set_down(db.session())
    return original(open_store(settings), version)
