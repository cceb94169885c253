"""Evidence on its way to an assessor: through the application, one ledger line for each opening."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, NotFound

from assessments.evidence.documents import DocumentVersion, readable
from assessments.parties import Audience
from assessments.policy import Action, AssignedThing
from assessments.sharing.disclosure import LedgerAction
from plumbline.assessor import assessor
from plumbline.documents import open_store
from plumbline.documents.preview import NoPreview
from plumbline.documents.serving import image_preview, original
from plumbline.extensions import db
from plumbline.guard import door
from plumbline.here import settings_here
from plumbline.identity.visitor import Visitor
from plumbline.ledger_lines import open_ledger
from plumbline.loading.assigned import OnVersion, load_evidence
from plumbline.transaction import set_down


@assessor.get("/assessments/<uuid:assessment_id>/evidence/<uuid:version_id>")
@door(Action.ASSESSOR_EVIDENCE_READ, load=load_evidence, ledger=True)
def download(visitor: Visitor, reached: AssignedThing) -> ResponseReturnValue:
    """Send the stored bytes as an attachment."""
    version = _open(visitor, reached, LedgerAction.DOWNLOADED)
    return original(open_store(settings_here()), version)


@assessor.get("/assessments/<uuid:assessment_id>/evidence/<uuid:version_id>/preview")
@door(Action.ASSESSOR_EVIDENCE_READ, load=load_evidence, ledger=True)
def preview(visitor: Visitor, reached: AssignedThing) -> Response:
    """Send a re-encoded picture of an image, for the page."""
    version = _open(visitor, reached, LedgerAction.OPENED)
    try:
        return image_preview(open_store(settings_here()), version)
    except NoPreview:
        raise NotFound from None


def _open(visitor: Visitor, reached: AssignedThing, action: LedgerAction) -> DocumentVersion:
    on: OnVersion = reached.thing
    version = on.version
    held = readable(version, Audience.ASSESSOR, settings_here().unscanned_evidence)
    if held:
        raise Forbidden(held)
    open_ledger(visitor, on.assessment, {"files": [version.file_name]}, action=action)
    set_down(db.session())
    return version
