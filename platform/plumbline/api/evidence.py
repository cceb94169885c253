"""Evidence: the supplier's vault, its links to answers, and bytes on their way to whoever may have them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from flask import Response, request
from pydantic import Field, ValidationError
from sqlalchemy import select
from werkzeug.exceptions import Forbidden, NotFound

from assessments.assessment import Assessment
from assessments.evidence.documents import (
    Document,
    DocumentVersion,
    EvidenceDates,
    EvidenceRefused,
    ScanVerdict,
    StoredFile,
    VersionState,
    readable,
    upload_document,
)
from assessments.overviews.vault import Show, Use, list_vault, uses_of
from assessments.policy import Action
from assessments.sharing.ledger import record_download
from assessments.sharing.reading import SharedVersion
from assessments.sheet.linking import link_evidence, unlink_evidence
from assessments.workflow import Invalid
from plumbline.api.idempotency import replayed
from plumbline.api.loading import (
    LinkedAnswer,
    load_bytes,
    load_document,
    load_link,
    load_own_version,
    unwrapped,
)
from plumbline.api.operation import Call, Shape, faults_of, operation
from plumbline.api.paging import PageQuery
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.documents.serving import original
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.here import settings_here
from plumbline.intake import check_fields
from plumbline.loading.assigned import OnVersion
from plumbline.loading.shared import GrantedVersion
from plumbline.transaction import let_go, set_down

Fields = TypeVar("Fields", bound=Shape)


class DatesIn(Shape):
    """What a version covers, when it was issued and when it ends."""

    period_from: date | None = None
    period_to: date | None = None
    issued_on: date | None = None
    ends_on: date | None = None

    def dates(self) -> EvidenceDates:
        """The same, as the domain takes it."""
        return EvidenceDates(self.period_from, self.period_to, self.issued_on, self.ends_on)


class UploadFields(DatesIn):
    """What goes beside the ``file``; without a title the file's name says what it is."""

    title: Annotated[str, Field(max_length=400)] = ""


class CopyFields(Shape):
    """What goes beside the ``file`` of a redacted copy: the version it was made from."""

    original: uuid.UUID


class VersionOut(Shape):
    """One sequence of bytes under its digest, which never changes."""

    id: uuid.UUID
    number: int
    file_name: str
    media_type: str
    size: int
    sha256: str
    state: VersionState
    scan_verdict: ScanVerdict
    redacted_from: uuid.UUID | None
    period_from: date | None
    period_to: date | None
    issued_on: date | None
    ends_on: date | None
    uploaded_at: datetime


class DocumentOut(Shape):
    """A document of the vault with its versions, oldest first, and where it is used."""

    id: uuid.UUID
    title: str
    created_at: datetime
    versions: list[VersionOut]
    uses: list[Use]

    def location(self) -> str:
        """Where it can be read."""
        return f"/api/v1/evidence/{self.id}"


class DocumentRow(Shape):
    """A document in a list, with its newest original and in how many places it is used."""

    id: uuid.UUID
    title: str
    version_id: uuid.UUID
    versions: int
    file_name: str
    media_type: str
    size: int
    state: VersionState
    scan_verdict: ScanVerdict
    ends_on: date | None
    uploaded_at: datetime
    used_in: int


class DocumentList(Shape):
    """The vault, newest first."""

    items: list[DocumentRow]
    next_cursor: uuid.UUID | None


class VaultQuery(PageQuery):
    """``search`` is looked for in titles and file names; ``show`` narrows the list."""

    search: Annotated[str, Field(max_length=200)] = ""
    show: Show = Show.ALL


@operation(
    "POST",
    "/evidence",
    Action.SUPPLIER_EVIDENCE_UPLOAD,
    summary="Upload a document",
    tag="evidence",
    upload=UploadFields,
    returns=DocumentOut,
    status=201,
)
def post_evidence(call: Call) -> DocumentOut | Response:
    """Take a file (multipart, field ``file``) into the vault as a stream; it is proved before it is kept."""
    fields, file = _fields(UploadFields), _received()
    again = replayed(call.visitor, "/evidence", content=file.sha256)
    if again is not None:
        return again
    title = fields.title.strip() or file.file_name.rpartition(".")[0] or file.file_name
    made = upload_document(
        db.session(), call.visitor.organization_id, title, file, by=call.visitor.actor, at=now(),
        dates=fields.dates(),
    )  # fmt: skip
    return _document(made)


@operation(
    "POST",
    "/evidence/<uuid:evidence_id>/versions",
    Action.SUPPLIER_EVIDENCE_UPLOAD,
    summary="Upload a new version",
    tag="evidence",
    load=load_document,
    upload=DatesIn,
    returns=DocumentOut,
    status=201,
)
def post_version(call: Call) -> DocumentOut | Response:
    """Add a version: drafts follow it, what was handed in keeps the version it named."""
    fields, file = _fields(DatesIn), _received()
    again = replayed(call.visitor, "/evidence/versions", content=file.sha256)
    if again is not None:
        return again
    found: Document = call.thing
    found.add_version(file, by=call.visitor.actor, at=now(), dates=fields.dates())
    return _document(found)


@operation(
    "POST",
    "/evidence/<uuid:evidence_id>/redacted-copies",
    Action.SUPPLIER_EVIDENCE_UPLOAD,
    summary="Upload a redacted copy",
    tag="evidence",
    load=load_document,
    upload=CopyFields,
    returns=DocumentOut,
    status=201,
)
def post_redacted_copy(call: Call) -> DocumentOut | Response:
    """Add a copy with parts blacked out; a disclosure names either the original or the copy."""
    fields, found = _fields(CopyFields), call.thing
    source = next((one for one in found.versions if one.id == fields.original), None)
    if source is None:
        raise Invalid("The copy has no original.", {"original": "name a version of this document"})
    file = _received()
    again = replayed(call.visitor, "/evidence/redacted-copies", content=file.sha256)
    if again is not None:
        return again
    found.add_redacted_copy(source, file, by=call.visitor.actor, at=now())
    return _document(found)


@operation(
    "PUT",
    "/evidence/<uuid:evidence_id>/dates",
    Action.SUPPLIER_EVIDENCE_UPLOAD,
    summary="Say what a version covers and when it ends",
    tag="evidence",
    load=load_own_version,
    body=DatesIn,
    returns=DocumentOut,
)
def put_dates(call: Call) -> DocumentOut:
    """Write the dates of a version anew (of a document: of its newest)."""
    found: DocumentVersion = call.thing
    found.set_dates(call.body.dates(), by=call.visitor.actor, at=now())
    return _document(found.document)


@operation(
    "GET",
    "/evidence",
    Action.SUPPLIER_EVIDENCE_READ,
    summary="Your vault",
    tag="evidence",
    query=VaultQuery,
    returns=DocumentList,
)
def evidence(call: Call) -> DocumentList:
    """List the vault."""
    query: VaultQuery = call.query
    if "\x00" in query.search:
        raise Invalid("This cannot be looked for.", {"search": "type it again as plain text"})
    rows, more = list_vault(
        db.session(), call.visitor.organization_id, search=query.search, show=query.show, today=now().date(),
        after=query.cursor, limit=query.limit,
    )  # fmt: skip
    items = [
        DocumentRow(
            id=row.document_id, title=row.title, version_id=row.version_id, versions=row.versions,
            file_name=row.file_name, media_type=row.media_type, size=row.size, state=row.state,
            scan_verdict=row.scan_verdict, ends_on=row.dates.ends_on, uploaded_at=row.uploaded_at,
            used_in=len(row.uses),
        )
        for row in rows
    ]  # fmt: skip
    return DocumentList(items=items, next_cursor=rows[-1].document_id if more else None)


@operation(
    "GET",
    "/evidence/<uuid:evidence_id>",
    Action.SUPPLIER_EVIDENCE_READ,
    summary="One document",
    tag="evidence",
    load=load_document,
    returns=DocumentOut,
)
def document(call: Call) -> DocumentOut:
    """Return a document with its versions."""
    return _document(call.thing)


@operation(
    "GET",
    "/evidence/<uuid:evidence_id>/content",
    Action.SUPPLIER_EVIDENCE_READ,
    Action.ASSESSOR_EVIDENCE_READ,
    Action.BUYER_EVIDENCE_DOWNLOAD,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_DISPUTE_DECIDE,
    Action.STEWARD_ACTION_MEDIATE,
    summary="The bytes",
    tag="evidence",
    load=load_bytes,
    ledger=True,
)
def content(call: Call) -> Response:
    """Send the stored bytes of a version (for the owner also of a document: its newest).

    Assessors reach what their case names, reviewer, appeal and mediator what they decide on rests on, buyers
    what a running disclosure names; all of them stand in the ledger before a byte leaves.
    """
    visitor, told = call.visitor, settings_here()
    version, assessment, owner = _to_send(call.thing)
    held = readable(version, visitor.actor.audience, told.unscanned_evidence)
    if held:
        raise Forbidden(held)
    if owner != visitor.organization_id:
        record_download(
            db.session(), visitor.actor, visitor.organization_name, supplier_id=owner,
            assessment_id=assessment.id if assessment else None, what={"files": [version.file_name]},
            at=now(),
        )  # fmt: skip
    set_down(db.session())
    return original(open_store(told), version)


@operation(
    "PUT",
    "/assessments/<uuid:assessment_id>/answers/<question>/evidence/<uuid:evidence_id>",
    Action.SUPPLIER_ANSWER_SAVE,
    summary="Link a document to an answer",
    tag="evidence",
    load=load_link,
    status=204,
)
def put_link(call: Call) -> None:
    """Link it; linked twice is linked once."""
    on: LinkedAnswer = call.thing
    link_evidence(
        db.session(), on.sheet, on.question.key, on.document, by=call.visitor.actor, at=now()
    )  # fmt: skip


@operation(
    "DELETE",
    "/assessments/<uuid:assessment_id>/answers/<question>/evidence/<uuid:evidence_id>",
    Action.SUPPLIER_ANSWER_SAVE,
    summary="Take a document off an answer",
    tag="evidence",
    load=load_link,
    status=204,
)
def delete_link(call: Call) -> None:
    """Take it off; it stays in the vault."""
    on: LinkedAnswer = call.thing
    unlink_evidence(
        db.session(), on.sheet, on.question.key, on.document.id, by=call.visitor.actor, at=now()
    )  # fmt: skip


def _fields(shape: type[Fields]) -> Fields:
    check_fields(request.form.items(multi=True))
    try:
        return shape.model_validate({name: said for name, said in request.form.items() if said.strip()})
    except ValidationError as error:
        raise Invalid("The form cannot be read.", faults_of(error)) from error


def _received() -> StoredFile:
    part = request.files.get("file")
    if part is None or not part.filename:
        raise EvidenceRefused(
            "No file was sent.", "Send multipart/form-data with the field file.", places=("file",)
        )
    # Storing and proving take a second, in which SQLite's one writer must not wait.
    let_go(db.session())
    return receive(
        open_store(settings_here()), part.stream, part.filename, limit=settings_here().evidence_largest_bytes
    )


def _to_send(thing: Any) -> tuple[DocumentVersion, Assessment | None, uuid.UUID]:
    if isinstance(thing, GrantedVersion):
        shared: SharedVersion = thing.version
        found = db.session.scalars(
            select(DocumentVersion).where(DocumentVersion.id == shared.version_id)
        ).first()
        if found is None:
            raise NotFound
        return found, None, shared.supplier_id
    on = unwrapped(thing)
    if isinstance(on, OnVersion):
        return on.version, on.assessment, on.version.organization_id
    return thing, None, thing.organization_id


def _document(found: Document) -> DocumentOut:
    names = list(VersionOut.model_fields)
    uses = uses_of(db.session(), found.organization_id, [found.id])
    return DocumentOut(
        id=found.id,
        title=found.title,
        created_at=found.created_at,
        versions=[VersionOut(**{name: getattr(each, name) for name in names}) for each in found.versions],
        uses=list(uses.get(found.id, ())),
    )
