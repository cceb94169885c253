"""Filling in offline: an assessment as a workbook, its way back, every change shown before it counts."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound

from assessments.answer_files.compared import compare
from assessments.answer_files.taken import Source, last_taken, take_back, take_over
from assessments.answer_files.workbook import has_section, read_upload, workbook_of
from assessments.assessment import AssessmentState
from assessments.policy import Action
from assessments.questionnaire.formats.sheets import LARGEST_FILE
from assessments.questionnaire.formats.vsme import coverage, maps
from assessments.sheet.contents import AnswerSheet
from assessments.sheet.reading import read_sheet
from assessments.workflow import Refused, Stale
from plumbline.errors import status_of
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.here import settings_here
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_own_sheet
from plumbline.reading_language import sheet_as_read
from plumbline.rendering import say
from plumbline.supplier import supplier
from plumbline.supplier.broken_uploads import redrawn_by
from plumbline.supplier.cards import base_url
from plumbline.supplier.file_changes import changes_page, download, file_name
from plumbline.supplier.held import Held, held_in
from plumbline.supplier.wayfinding import name_of
from plumbline.transaction import let_go
from plumbline.translated import HERE, told

PATH = "/assessments/<uuid:assessment_id>/workbook"
TAKE = "take."
SEEN = "seen."


@supplier.get(PATH)
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def workbook(_visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Show how to fill in offline: download, upload, and the last upload while it can be taken back."""
    return workbook_page(sheet)


def workbook_page(sheet: AnswerSheet, faults: dict[str, str] | None = None) -> str:
    """Draw the page around its upload forms."""
    asked = {sheet.questionnaire.question(key).section for key in sheet.applicability.asked}
    return render_template(
        "supplier/workbook.html",
        base=base_url(sheet.assessment_id),
        name=name_of(sheet),
        cycle=sheet.cycle_label,
        sections=[section for section in sheet.questionnaire.sections if section.key in asked],
        editable=sheet.state in {AssessmentState.DRAFT, AssessmentState.CLARIFICATION},
        taken=last_taken(db.session(), sheet),
        faults=faults or {},
        largest=LARGEST_FILE // 1024 // 1024,
        coverage=coverage() if maps(sheet.questionnaire) else None,
    )


@supplier.get(f"{PATH}/file")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def workbook_file(_visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Send the workbook of all sections, or of the one that the query names."""
    section = request.args.get("section", "")
    if section and not has_section(sheet.questionnaire, section):
        raise NotFound
    raw = workbook_of(sheet, section=section or None, at=now(), texts=HERE)
    return download(raw, file_name(sheet, section, "xlsx"))


@supplier.post(PATH)
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_own_sheet, files=True)
def upload_workbook(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Read a filled-in workbook and show what it would change; nothing is saved."""

    def read(raw: bytes, name: str) -> ResponseReturnValue:
        upload = read_upload(sheet, raw)
        found = compare(db.session(), sheet, upload.offers, at=now())
        faults = [*upload.unread, *((one, upload.spot_of(one)) for one in found.unread)]
        held = Held(Source.WORKBOOK, name, {})
        return changes_page(sheet, found, held, faults, by=visitor.actor, made_at=upload.made_at)

    return shown_changes(sheet, "file", _("Choose the workbook that you filled in."), read)


def shown_changes(
    sheet: AnswerSheet, field: str, none: str, read: Callable[[bytes, str], ResponseReturnValue]
) -> ResponseReturnValue:
    """The page that ``read`` makes of the uploaded bytes and name; the form with a fault where there are
    none, or where they are refused."""
    sent = posted_file(field)
    if sent is None:
        return workbook_page(sheet, {field: none}), 422
    # Reading takes a second, in which SQLite's one writer must not wait.
    let_go(db.session())
    try:
        return read(*sent)
    except Refused as error:
        return workbook_page(sheet, {field: told(error)}), status_of(error)


def posted_file(field: str) -> tuple[bytes, str] | None:
    """The bytes of an uploaded file, at most one more than is taken, and its name; None without one."""
    part = request.files.get(field)
    if part is None or not part.filename:
        return None
    with part.stream:
        return part.stream.read(LARGEST_FILE + 1), part.filename[-120:]


def _too_large(_visitor: Visitor, sheet: AnswerSheet, message: str) -> str:
    return workbook_page(sheet, {"file": message})


redrawn_by("upload_workbook", _too_large)


@supplier.post(f"{PATH}/changes")
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_own_sheet)
def take_workbook(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Take over what was chosen of the changes shown, all of it or nothing."""
    session = db.session()
    held = held_in(settings_here().secret_key, sheet, request.form.get("held", ""))
    chosen = {key: request.form.get(f"{SEEN}{key}", "") for key in held.offers if _taken(key)}
    here = f"{base_url(sheet.assessment_id)}/workbook"
    if not chosen:
        say(_("You chose none of the changes."), lead=_("Nothing was changed."), tone="calm")
        return redirect(here, 303)
    try:
        with session.begin_nested():
            taken = take_over(
                session, sheet, held.offers, chosen, source=held.source, by=visitor.actor, at=now()
            )
    except Refused as error:
        sheet = sheet_as_read(read_sheet(session, sheet.assessment_id))
        found = compare(session, sheet, held.offers, at=now())
        page = changes_page(
            sheet, found, held, [(one, None) for one in found.unread], by=visitor.actor, message=_again(error)
        )
        return page, status_of(error)
    count = len(taken.written)
    if count:
        say(ngettext("One answer is taken over.", "%(num)s answers are taken over.", count))
    else:
        say(_("All of it stands already."), lead=_("Nothing was changed."), tone="calm")
    return redirect(here, 303)


def _taken(key: str) -> bool:
    return request.form.get(f"{TAKE}{key}") == "yes"


def _again(error: Refused) -> str:
    if isinstance(error, Stale):
        return str(_("Somebody changed an answer while you looked at this page. Nothing was taken over."))
    return told(error)


@supplier.post(f"{PATH}/back")
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_own_sheet)
def take_workbook_back(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Write what stood before the last upload, while none of its answers has changed since."""
    taken = take_back(db.session(), sheet, by=visitor.actor, at=now())
    count = len(taken.written)
    say(
        ngettext("One answer stands as it stood.", "%(num)s answers stand as they stood.", count),
        lead=_("The upload is taken back."),
    )
    return redirect(f"{base_url(sheet.assessment_id)}/workbook", 303)
