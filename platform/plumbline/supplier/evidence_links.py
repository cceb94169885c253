"""Evidence of one answer: chosen from the vault or uploaded, linked, taken off."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from assessments.evidence.documents import Document, upload_document
from assessments.overviews.vault import MOST_CHOICES, choices
from assessments.policy import Action, visible_to
from assessments.questionnaire.model import Question
from assessments.rounds.carried_links import offered_documents
from assessments.sheet.linking import link_evidence, unlink_evidence
from assessments.workflow import Refused
from plumbline.documents.store import StoreFault
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import OnSheet, load_question
from plumbline.refusals import fault_of
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.broken_uploads import redrawn_by
from plumbline.supplier.evidence_forms import (
    UploadForm,
    limit_words,
    received_file,
    refused_file,
    title_of,
)


@supplier.get("/assessments/<uuid:assessment_id>/questions/<question>/evidence")
@door(Action.SUPPLIER_EVIDENCE_READ, load=load_question)
def answer_evidence(visitor: Visitor, asked: OnSheet[Question]) -> ResponseReturnValue:
    """Show what is linked to an answer, what could be, and a place to upload."""
    return links_page(visitor, asked, UploadForm.blank())


def links_page(
    visitor: Visitor,
    asked: OnSheet[Question],
    form: UploadForm,
    *,
    fault: str = "",
    chosen: tuple[uuid.UUID, ...] = (),
) -> str:
    """Draw the evidence of an answer around its upload form; ``fault`` is about choosing from the vault."""
    sheet, question = asked.sheet, asked.place
    linked = sheet.evidence.get(question.key, ())
    held, find = {one.document_id for one in linked}, request.args.get("find", "")
    options, more = choices(
        db.session(), visitor.organization_id, search=find, without=held, limit=MOST_CHOICES
    )
    offered = offered_documents(db.session(), sheet, [question.key]).get(question.key, ())
    return render_template(
        "supplier/evidence_links.html", sheet=sheet, question=question, linked=linked, form=form, fault=fault,
        chosen=chosen, writable=sheet.writable(question.key) and sheet.applicability.asks(question.key),
        choices=options, more=more, find=find, offered=offered,
        today=now().date(), limit=limit_words(), here=_here(asked),
    )  # fmt: skip


@supplier.post("/assessments/<uuid:assessment_id>/questions/<question>/evidence")
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_question, files=True)
def change_evidence(visitor: Visitor, asked: OnSheet[Question]) -> ResponseReturnValue:
    """Link what was chosen, take off what was named, upload and link a file: whichever button was pressed.

    The question card posts ``<question>.….add``, ``.remove`` and ``.file`` with the whole section around
    them; this page posts ``add``, ``remove`` and ``file``.
    """
    removed, added = _posted("remove", asked), _posted("add", asked)
    if removed or added:
        try:
            _change(visitor, asked, removed, added)
        except Refused as error:
            page = links_page(visitor, asked, UploadForm.blank(), fault=fault_of(error),
                              chosen=tuple(added))  # fmt: skip
            return page, status_of(error)
        return redirect(_back(asked), 303)
    if request.form.get("do") == "link":
        return links_page(visitor, asked, UploadForm.blank(), fault=_("Tick at least one document.")), 422
    file_field = next((name for name in request.files if name == "file" or name.endswith(".file")), "file")
    form = UploadForm()
    right = form.validate()
    if file_field == "file" and not right:
        return links_page(visitor, asked, form), 422
    try:
        file = received_file(file_field)
        document = upload_document(
            db.session(), visitor.organization_id, title_of(form.title.data or "", file), file,
            by=visitor.actor, at=now(), dates=form.dates,
        )  # fmt: skip
        link_evidence(db.session(), asked.sheet, asked.place.key, document, by=visitor.actor, at=now())
    except (Refused, StoreFault) as error:
        status = refused_file(form, error)
        return links_page(visitor, asked, form), status
    say(_("“%(title)s” is in your vault and linked to %(key)s.", title=document.title, key=asked.place.key))
    return redirect(_back(asked), 303)


def _change(
    visitor: Visitor, asked: OnSheet[Question], removed: list[uuid.UUID], added: list[uuid.UUID]
) -> None:
    key = asked.place.key
    for document_id in removed:
        if unlink_evidence(db.session(), asked.sheet, key, document_id, by=visitor.actor, at=now()):
            say(_("Taken off %(key)s. The document stays in your vault.", key=key))
    found = db.session.scalars(
        select(Document).where(Document.id.in_(added), visible_to(visitor.actor, Document))
    ).all()
    if len(found) < len(set(added)):
        raise Refused(_("One of the documents chosen is not in your vault."), _("Choose again."))
    linked = 0
    for document in found:
        linked += link_evidence(db.session(), asked.sheet, key, document, by=visitor.actor, at=now())
    if linked:
        say(_("Linked to %(key)s: %(titles)s.", key=key, titles=", ".join(one.title for one in found)))


def _posted(word: str, asked: OnSheet[Question]) -> list[uuid.UUID]:
    """Return the ids posted under ``word``, of this page or of this question's card."""
    names = [
        name
        for name in request.form
        if name == word or (name.startswith(f"{asked.place.key}.") and name.endswith(f".{word}"))
    ]
    return [_id(value) for name in names for value in request.form.getlist(name) if value]


def _id(raw: str) -> uuid.UUID:
    try:
        return uuid.UUID(raw)
    except ValueError:
        return uuid.UUID(int=0)  # in nobody's vault


def _here(asked: OnSheet[Question]) -> str:
    return f"/supplier/assessments/{asked.sheet.assessment_id}/questions/{asked.place.key}/evidence"


def _back(asked: OnSheet[Question]) -> str:
    """Where the change was asked for: the section's card or this page."""
    if any(name.startswith(f"{asked.place.key}.") for name in request.form):
        section = f"/supplier/assessments/{asked.sheet.assessment_id}/sections/{asked.place.section}"
        return f"{section}#{asked.place.key}"
    return _here(asked)


def _links_again(visitor: Visitor, asked: OnSheet[Question], message: str) -> str:
    return links_page(visitor, asked, UploadForm.blank_saying(message))


redrawn_by("change_evidence", _links_again)
