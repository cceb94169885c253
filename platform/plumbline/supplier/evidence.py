"""The evidence vault: documents listed, uploaded once, versioned, dated, found again, downloaded."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from assessments.evidence.documents import Document, DocumentVersion, upload_document
from assessments.overviews.vault import Show, list_vault, uses_of
from assessments.policy import Action
from assessments.workflow import Refused
from plumbline.documents import open_store
from plumbline.documents.preview import PREVIEWED
from plumbline.documents.serving import image_preview, original
from plumbline.documents.store import StoreFault
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.here import settings_here
from plumbline.identity.visitor import Visitor
from plumbline.loading.own import load_document, load_version
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.broken_uploads import redrawn_by
from plumbline.supplier.evidence_forms import (
    CopyForm,
    DatesForm,
    UploadForm,
    VersionForm,
    limit_words,
    received_file,
    refused_file,
    title_of,
)
from plumbline.transaction import set_down

PAGE = 50


@supplier.get("/evidence")
@door(Action.SUPPLIER_EVIDENCE_READ)
def vault(visitor: Visitor) -> ResponseReturnValue:
    """List the vault, searched and filtered, newest first."""
    return vault_page(visitor, UploadForm.blank())


@supplier.post("/evidence")
@door(Action.SUPPLIER_EVIDENCE_UPLOAD, files=True)
def upload(visitor: Visitor) -> ResponseReturnValue:
    """Take a new document into the vault; on a refusal the page comes back with what was typed."""
    form = UploadForm()
    if not form.validate():
        return vault_page(visitor, form), 422
    try:
        file = received_file()
        document = upload_document(
            db.session(), visitor.organization_id, title_of(form.title.data or "", file), file,
            by=visitor.actor, at=now(), dates=form.dates,
        )  # fmt: skip
    except (Refused, StoreFault) as error:
        status = refused_file(form, error)
        return vault_page(visitor, form), status
    say(_("“%(title)s” can be linked to any answer now.", title=document.title), lead=_("In your vault."))
    return redirect(f"/supplier/evidence/{document.id}", 303)


def vault_page(visitor: Visitor, form: UploadForm) -> str:
    """Draw the vault around an upload form."""
    show = request.args.get("show", "")
    shown = Show(show) if show in set(Show) else Show.ALL
    search = request.args.get("q", "").strip()[:200]
    after = _cursor(request.args.get("after", ""))
    rows, more = list_vault(
        db.session(), visitor.organization_id, search=search, show=shown, today=now().date(), after=after,
        limit=PAGE,
    )  # fmt: skip
    return render_template(
        "supplier/evidence.html", rows=rows, more=more, after=after, search=search, show=shown, form=form,
        today=now().date(), limit=limit_words(),
    )  # fmt: skip


def _cursor(raw: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(raw) if raw else None
    except ValueError:
        raise NotFound from None


@dataclass(frozen=True)
class Forms:
    """The forms of a document's page; the one that was posted holds what was typed."""

    version: VersionForm
    copy: CopyForm
    dates: DatesForm | None = None
    dated: uuid.UUID | None = None


def _forms(**posted: object) -> Forms:
    blank: dict[str, object] = {"version": VersionForm.blank(), "copy": CopyForm.blank()}
    return Forms(**{**blank, **posted})  # type: ignore[arg-type]


@supplier.get("/evidence/<uuid:document_id>")
@door(Action.SUPPLIER_EVIDENCE_READ, load=load_document)
def document_shown(visitor: Visitor, document: Document) -> ResponseReturnValue:
    """Show a document with its versions and where it is used."""
    return document_page(visitor, document, _forms())


def document_page(visitor: Visitor, document: Document, forms: Forms) -> str:
    """Draw a document's page around its forms."""
    uses = uses_of(db.session(), visitor.organization_id, [document.id]).get(document.id, ())
    numbers = {version.id: version.number for version in document.versions}
    return render_template(
        "supplier/evidence_document.html", document=document, latest=document.latest,
        versions=list(reversed(document.versions)), numbers=numbers, uses=uses, forms=forms,
        today=now().date(), previewed=PREVIEWED, limit=limit_words(), shown_dates=_shown_dates,
    )  # fmt: skip


def _shown_dates(version: DocumentVersion) -> DatesForm:
    form: DatesForm = DatesForm.blank(**asdict(version.dates))
    return form


@supplier.post("/evidence/<uuid:document_id>/versions")
@door(Action.SUPPLIER_EVIDENCE_UPLOAD, load=load_document, files=True)
def add_version(visitor: Visitor, document: Document) -> ResponseReturnValue:
    """Add a new version; drafts follow it, what was handed in keeps the version it named."""
    form = VersionForm()
    if not form.validate():
        return document_page(visitor, document, _forms(version=form)), 422
    try:
        version = document.add_version(received_file(), by=visitor.actor, at=now(), dates=form.dates)
    except (Refused, StoreFault) as error:
        status = refused_file(form, error)
        return document_page(visitor, document, _forms(version=form)), status
    say(_("Answers not yet handed in follow it; what was handed in keeps the version it named."),
        lead=_("Version %(number)s is in your vault.", number=version.number))  # fmt: skip
    return redirect(f"/supplier/evidence/{document.id}", 303)


@supplier.post("/evidence/<uuid:document_id>/redacted")
@door(Action.SUPPLIER_EVIDENCE_UPLOAD, load=load_document, files=True)
def add_redacted_copy(visitor: Visitor, document: Document) -> ResponseReturnValue:
    """Add a copy with parts blacked out, made from one of the originals."""
    form = CopyForm()
    source = next((one for one in document.versions if str(one.id) == form.original.data), None)
    right = form.validate()
    if source is None:
        form.original.errors = [_("Choose the version that the copy was made from.")]
    if source is None or not right:
        return document_page(visitor, document, _forms(copy=form)), 422
    try:
        document.add_redacted_copy(source, received_file(), by=visitor.actor, at=now())
    except (Refused, StoreFault) as error:
        status = refused_file(form, error)
        return document_page(visitor, document, _forms(copy=form)), status
    say(_("When you share this document you choose: the original or this copy."), lead=_("Copy kept."))
    return redirect(f"/supplier/evidence/{document.id}", 303)


@supplier.post("/evidence/versions/<uuid:version_id>/dates")
@door(Action.SUPPLIER_EVIDENCE_UPLOAD, load=load_version)
def set_dates(visitor: Visitor, version: DocumentVersion) -> ResponseReturnValue:
    """Say anew what a version covers and when it ends."""
    form = DatesForm()
    right = form.validate()
    if right:
        try:
            version.set_dates(form.dates, by=visitor.actor, at=now())
        except Refused as error:
            db.session.rollback()
            form.refuse(error)
            right = False
    if not right:
        return document_page(visitor, version.document, _forms(dates=form, dated=version.id)), 422
    say(_("Dates kept for version %(number)s.", number=version.number))
    return redirect(f"/supplier/evidence/{version.document_id}", 303)


@supplier.get("/evidence/versions/<uuid:version_id>/content")
@door(Action.SUPPLIER_EVIDENCE_READ, load=load_version)
def download(_visitor: Visitor, version: DocumentVersion) -> ResponseReturnValue:
    """Give the owner its own bytes back, unchanged, whatever a scanner said."""
    set_down(db.session())
    return original(open_store(settings_here()), version)


@supplier.get("/evidence/versions/<uuid:version_id>/picture")
@door(Action.SUPPLIER_EVIDENCE_READ, load=load_version)
def picture(_visitor: Visitor, version: DocumentVersion) -> ResponseReturnValue:
    """Give a re-encoded picture of an image, for the document's page."""
    if version.media_type not in PREVIEWED:
        raise NotFound
    set_down(db.session())
    return image_preview(open_store(settings_here()), version)


def _vault_again(visitor: Visitor, message: str) -> str:
    return vault_page(visitor, UploadForm.blank_saying(message))


def _new_version_again(visitor: Visitor, document: Document, message: str) -> str:
    return document_page(visitor, document, _forms(version=VersionForm.blank_saying(message)))


def _copy_again(visitor: Visitor, document: Document, message: str) -> str:
    return document_page(visitor, document, _forms(copy=CopyForm.blank_saying(message)))


redrawn_by("upload", _vault_again)
redrawn_by("add_version", _new_version_again)
redrawn_by("add_redacted_copy", _copy_again)
