"""Corrective actions as shared work: what is due next, one action with its talk, the supplier's moves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from assessments.actions.action import ACTION_MOVES, CorrectiveAction
from assessments.actions.dates import ask_new_date
from assessments.actions.outstanding import actions_of, plans_wanted
from assessments.actions.proof import attach_evidence
from assessments.actions.talk import talk, write_remark
from assessments.evidence.documents import Document, upload_document
from assessments.overviews.vault import MOST_CHOICES, choices
from assessments.policy import Action, visible_to
from assessments.questionnaire.model import Questionnaire
from assessments.sheet.reading import questionnaire_of
from assessments.workflow import Refused
from plumbline.documents.store import StoreFault
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_corrective_action
from plumbline.reading_language import as_read
from plumbline.refusals import fault_of
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.action_forms import NewDateForm, ProofForm, RemarkForm
from plumbline.supplier.broken_uploads import redrawn_by
from plumbline.supplier.evidence_forms import limit_words, received_file, refused_file, title_of

SHOWN = 100


@supplier.get("/actions")
@door(Action.SUPPLIER_ACTION_WORK)
def actions(visitor: Visitor) -> ResponseReturnValue:
    """List the open actions of all sites, what is due next first, and findings that want a plan."""
    settled = request.args.get("show") == "settled"
    raw = request.args.get("after", "")
    begin = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 7 else 0
    rows = actions_of(db.session(), visitor.organization_id, settled=settled, begin=begin, limit=SHOWN + 1)
    onward, rows = begin + SHOWN if len(rows) > SHOWN else 0, rows[:SHOWN]
    wanted = [] if settled else plans_wanted(db.session(), visitor.organization_id)
    return render_template(
        "supplier/actions.html", rows=rows, wanted=wanted, settled=settled, at=now(),
        begin=begin, onward=onward,
        titles=_titles({row.version_id for row in rows} | {one.version_id for one in wanted}),
    )  # fmt: skip


def _titles(versions: set[uuid.UUID]) -> dict[tuple[uuid.UUID, str], str]:
    titles = {}
    for version in versions:
        questionnaire: Questionnaire = as_read(questionnaire_of(db.session(), version)[0])
        titles.update({(version, topic.key): topic.title for topic in questionnaire.topics})
    return titles


@dataclass(frozen=True)
class Forms:
    """The forms of an action's page; the one that was posted holds what was typed."""

    proof: ProofForm
    date: NewDateForm
    remark: RemarkForm


def _blank() -> Forms:
    return Forms(ProofForm.blank(), NewDateForm.blank(), RemarkForm.blank())


@supplier.get("/actions/<uuid:action_id>")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action)
def action_shown(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Show one action: finding, root cause, measures, proofs, dates, the talk."""
    return action_page(visitor, action, _blank())


def action_page(visitor: Visitor, action: CorrectiveAction, forms: Forms, *, fault: str = "") -> str:
    """Draw an action's page around its forms; ``fault`` is a refused move without a form."""
    finding, assessment = action.finding, action.finding.assessment
    questionnaire = as_read(questionnaire_of(db.session(), assessment.cycle.version_id)[0])
    plan = actions_of(db.session(), visitor.organization_id, assessment_id=assessment.id)
    moves = ACTION_MOVES.open_to(action.state, visitor.role)
    proving = "submit_evidence" in moves or "start" in moves
    offered = {one.version_id for one in action.evidence}
    find = request.args.get("find", "")
    own = visitor.organization_id
    vault, more = choices(db.session(), own, search=find, limit=MOST_CHOICES) if proving else ([], False)
    return render_template(
        "supplier/action.html", action=action, finding=finding, assessment=assessment, plan=plan, forms=forms,
        site=assessment.site, topic=questionnaire.topic(finding.topic).title, moves=moves, proving=proving,
        measures=[one for one in plan if one.finding_number == finding.number], fault=fault, at=now(),
        vault=[row for row in vault if row.version_id not in offered], limit=limit_words(),
        more=more, find=find, talk=talk(db.session(), action),
        asked=next((d for d in action.dates if d.granted is None), None),
        returned_with=next((one.text for one in reversed(action.remarks) if one.move == "return"), ""),
        whys=[line.strip() for line in action.root_cause.splitlines() if line.strip()],
    )  # fmt: skip


def _url(action: CorrectiveAction) -> str:
    return f"/supplier/actions/{action.id}"


@supplier.post("/actions/<uuid:action_id>/start")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action)
def start(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Say that work on an agreed action has begun."""
    try:
        action.make(db.session(), "start", by=visitor.actor, at=now())
    except Refused as error:
        return _refused(visitor, action, error)
    say(_("Under way."))
    return redirect(_url(action), 303)


@supplier.post("/actions/<uuid:action_id>/evidence")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action, files=True)
def prove(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Attach proofs, from the vault or uploaded, and with ``do=send`` say that the action is done."""
    form = ProofForm()
    if not form.validate():
        return action_page(visitor, action, replace(_blank(), proof=form)), 422
    sends = form.do.data == "send"
    try:
        attached = _attach(visitor, action, form)
        if sends:
            action.make(
                db.session(), "submit_evidence", reason=form.text.data or "", by=visitor.actor, at=now()
            )
        elif not attached:
            message = _("Choose a document of your vault, or a file.")
            raise Refused(message, places=("file",))
    except (Refused, StoreFault) as error:
        status = refused_file(form, error)
        return action_page(visitor, action, replace(_blank(), proof=form)), status
    if sends:
        say(_("The assessor checks it, and closes it or sends it back with a reason."), lead=_("Sent."))
    else:
        say(_("Attached. Send it when the action is done."))
    return redirect(_url(action), 303)


def _attach(visitor: Visitor, action: CorrectiveAction, form: ProofForm) -> bool:
    """Attach what was chosen and what was uploaded; whether there was anything."""
    at, note = now(), form.text.data or ""
    # First of all: a file that is refused leaves nothing of the act behind.
    file = received_file() if getattr(form.file.data, "filename", "") else None
    documents = [_document(visitor, form.document.data)] if form.document.data else []
    if file is not None:
        documents.append(
            upload_document(
                db.session(), visitor.organization_id, title_of(form.title.data or "", file), file,
                by=visitor.actor, at=at,
            )
        )  # fmt: skip
    for document in documents:
        attach_evidence(db.session(), action, document.latest, note, by=visitor.actor, at=at)
    db.session.flush()
    return bool(documents)


def _document(visitor: Visitor, raw: str) -> Document:
    try:
        key = uuid.UUID(raw)
    except ValueError:
        raise NotFound from None
    found = db.session.scalars(
        select(Document).where(Document.id == key, visible_to(visitor.actor, Document))
    ).first()
    if found is None:
        raise NotFound
    return found


@supplier.post("/actions/<uuid:action_id>/dates")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action)
def ask_date(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Ask for another date; the old one stays readable."""
    form = NewDateForm()
    if not form.validate():
        return action_page(visitor, action, replace(_blank(), date=form)), 422
    try:
        _ask(visitor, action, form)
    except Refused as error:
        db.session.rollback()
        status = form.refuse(error)
        return action_page(visitor, action, replace(_blank(), date=form)), status
    say(_("Until the assessor answers, the date that stands is the one agreed."), lead=_("Asked."))
    return redirect(_url(action), 303)


def _ask(visitor: Visitor, action: CorrectiveAction, form: NewDateForm) -> None:
    assert form.new_on.data is not None  # noqa: S101  the form was validated
    reason = form.reason.data or ""
    ask_new_date(db.session(), action, form.new_on.data, reason, by=visitor.actor, at=now())


@supplier.post("/actions/<uuid:action_id>/talk")
@door(Action.SUPPLIER_ACTION_WORK, load=load_corrective_action)
def write(visitor: Visitor, action: CorrectiveAction) -> ResponseReturnValue:
    """Write to the other side, without a move."""
    form = RemarkForm()
    try:
        write_remark(db.session(), action, form.text.data or "", by=visitor.actor, at=now())
    except Refused as error:
        db.session.rollback()
        status = form.refuse(error)
        return action_page(visitor, action, replace(_blank(), remark=form)), status
    return redirect(f"{_url(action)}#talk", 303)


def _refused(visitor: Visitor, action: CorrectiveAction, error: Refused) -> ResponseReturnValue:
    return action_page(visitor, action, _blank(), fault=fault_of(error)), status_of(error)


def _proof_again(visitor: Visitor, action: CorrectiveAction, message: str) -> str:
    return action_page(visitor, action, replace(_blank(), proof=ProofForm.blank_saying(message)))


redrawn_by("prove", _proof_again)
