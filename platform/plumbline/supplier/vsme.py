"""VSME: what a filled-in template gives the answers, and the answers as datapoints for a report."""

from __future__ import annotations

import orjson
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.answer_files.compared import compare
from assessments.answer_files.taken import Source
from assessments.answer_files.vsme import read_vsme
from assessments.answer_files.vsme_report import given_points, points_csv, points_json
from assessments.policy import Action
from assessments.sheet.contents import AnswerSheet
from plumbline.extensions import db
from plumbline.guard import door, now
from plumbline.identity.visitor import Visitor
from plumbline.loading import load_own_sheet
from plumbline.supplier import supplier
from plumbline.supplier.broken_uploads import redrawn_by
from plumbline.supplier.file_changes import changes_page, download, file_name
from plumbline.supplier.held import Held
from plumbline.supplier.workbook import PATH, shown_changes, workbook_page


@supplier.post(f"{PATH}/vsme")
@door(Action.SUPPLIER_ANSWER_SAVE, load=load_own_sheet, files=True)
def upload_vsme(visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Read a filled-in template and show which empty answers it would fill; nothing is saved."""

    def read(raw: bytes, name: str) -> ResponseReturnValue:
        prefill = read_vsme(sheet, raw)
        found = compare(db.session(), sheet, prefill.offers, at=now())
        faults = [*prefill.unread, *((one, None) for one in found.unread)]
        return changes_page(sheet, found, Held(Source.VSME, name, {}), faults, by=visitor.actor)

    return shown_changes(sheet, "vsme", _("Choose the template that you filled in."), read)


def _too_large(_visitor: Visitor, sheet: AnswerSheet, message: str) -> str:
    return workbook_page(sheet, {"vsme": message})


redrawn_by("upload_vsme", _too_large)


@supplier.get(f"{PATH}/vsme.csv")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def vsme_csv(_visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Send the datapoints that the answers give, as a table."""
    raw = points_csv(given_points(sheet))
    return download(raw, file_name(sheet, "VSME", "csv"), "text/csv")


@supplier.get(f"{PATH}/vsme.json")
@door(Action.SUPPLIER_ASSESSMENT_READ, load=load_own_sheet)
def vsme_json(_visitor: Visitor, sheet: AnswerSheet) -> ResponseReturnValue:
    """Send the datapoints that the answers give, for programs."""
    raw = orjson.dumps(points_json(sheet, given_points(sheet)), option=orjson.OPT_INDENT_2)
    return download(raw, file_name(sheet, "VSME", "json"), "application/json")
