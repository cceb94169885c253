"""The answer workbook: an assessment as .xlsx, and back, looked at before it counts."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import Field, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from assessments.answer_files.compared import Comparison, compare
from assessments.answer_files.taken import Source, take_over
from assessments.answer_files.workbook import Upload, has_section, read_upload, workbook_of
from assessments.policy import Action
from assessments.questionnaire.formats.sheets import LARGEST_FILE
from assessments.sentences import N_
from assessments.sheet.answering import as_json
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.workflow import Invalid
from plumbline.api.idempotency import replayed
from plumbline.api.operation import Call, Shape, faults_of, operation
from plumbline.documents.serving import attachment
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.intake import check_fields
from plumbline.loading import load_own_sheet
from plumbline.transaction import let_go
from plumbline.translated import HERE

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class WorkbookQuery(Shape):
    """``section``: the key of one section; without it the whole questionnaire."""

    section: Annotated[
        str,
        Field(
            max_length=10, description="Key of one section, such as OHS; without it the whole questionnaire."
        ),
    ] = ""


class WorkbookFields(Shape):
    """What goes beside the ``file``. Without ``apply`` nothing is saved.

    ``on_conflict``: what becomes of an answer that was changed here since the download.
    """

    apply: Annotated[
        bool, Field(description="false: only say what would change. true: take it over, all or nothing.")
    ] = False
    on_conflict: Annotated[
        Literal["keep", "take"],
        Field(
            description="Of an answer that was changed here since the download: keep what stands here,"
            " or take what the workbook says."
        ),
    ] = "keep"


class ChangedAnswer(Shape):
    """One answer, as it stands and as the workbook says; ``taken``: whether it counts now."""

    question: str
    conflict: bool
    taken: bool
    before: dict[str, Any]
    after: dict[str, Any]


class UnreadCell(Shape):
    """What cannot be taken over, where it stands, and why."""

    question: str | None
    sheet: str | None
    row: int | None
    column: str | None
    message: str


class WorkbookRead(Shape):
    """What a workbook changes, or changed. ``same``: how many answers of it stand as they stood."""

    applied: bool
    changes: list[ChangedAnswer]
    unread: list[UnreadCell]
    same: int


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/workbook",
    Action.SUPPLIER_ASSESSMENT_READ,
    summary="The questions and answers as a workbook",
    tag="answers",
    load=load_own_sheet,
    query=WorkbookQuery,
    sends=XLSX,
)
def get_workbook(call: Call) -> Response:
    """Send an .xlsx workbook of every question asked now, with its answer and revision, to be filled in.

    One sheet a section after a cover that says how; drop-downs where there are choices, no macros; all but
    the cells to be filled in is locked. Questions stand in the language they were written in. Evidence is
    uploaded at ``/evidence``, not in the workbook.
    """
    sheet: AnswerSheet = call.thing
    section = call.query.section
    if section and not has_section(sheet.questionnaire, section):
        raise Invalid("The query cannot be read.", {"section": "name a section of this questionnaire"})
    response = Response(workbook_of(sheet, section=section or None, at=now(), texts=HERE), mimetype=XLSX)
    response.headers["Content-Disposition"] = attachment(f"{sheet.assessment_id}.xlsx")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/workbook",
    Action.SUPPLIER_ANSWER_SAVE,
    summary="Bring a filled-in workbook back",
    tag="answers",
    load=load_own_sheet,
    upload=WorkbookFields,
    returns=WorkbookRead,
)
def post_workbook(call: Call) -> WorkbookRead | Response:
    """Read a workbook (multipart, field ``file``) and say what it changes; ``apply=true`` takes it over.

    Without ``apply`` nothing is saved: ``changes`` holds each answer before and after, ``same`` counts those
    that stand as they stood. With it all of it counts or nothing does, in one transaction. An answer that was
    changed here since the download has ``conflict`` and stays as it stands unless ``on_conflict=take``. What
    cannot be read is listed in ``unread`` by sheet, row and column, with the reason, and left out. Sending
    the same workbook twice changes nothing the second time. A file that is no answer workbook, or one of
    another assessment, answers 422.
    """
    sheet: AnswerSheet = call.thing
    fields, raw = _sent()
    content = hashlib.sha256(raw + fields.model_dump_json().encode()).hexdigest()
    # Reading takes a second, in which SQLite's one writer must not wait.
    let_go(db.session())
    upload = read_upload(sheet, raw)
    again = replayed(call.visitor, "/assessments/workbook", content=content)
    if again is not None:
        return again
    found = compare(db.session(), sheet, upload.offers, at=now())
    taking = fields.on_conflict == "take"
    chosen = {one.question.key: one.seen for one in found.changes if taking or not one.conflict}
    if fields.apply and chosen:
        take_over(
            db.session(), sheet, found.offers, chosen, source=Source.WORKBOOK, by=call.visitor.actor, at=now()
        )
    return _said(upload, found, set(chosen) if fields.apply else set(), applied=fields.apply)


def _sent() -> tuple[WorkbookFields, bytes]:
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the workbook as multipart/form-data.")
    check_fields(request.form.items(multi=True))
    try:
        fields = WorkbookFields.model_validate({name: s for name, s in request.form.items() if s.strip()})
    except ValidationError as error:
        raise Invalid("The form cannot be read.", faults_of(error)) from error
    part = request.files.get("file")
    if part is None or not part.filename:
        raise Invalid("No file was sent.", {"file": "send multipart/form-data with the field file"})
    with part.stream:
        raw = part.stream.read(LARGEST_FILE + 1)
    if not raw:
        raise Invalid("No file was sent.", {"file": N_("it is empty")})
    return fields, raw


def _said(upload: Upload, found: Comparison, taken: set[str], *, applied: bool) -> WorkbookRead:
    unread = [*upload.unread, *((one, upload.spot_of(one)) for one in found.unread)]
    return WorkbookRead(
        applied=applied,
        changes=[
            ChangedAnswer(
                question=one.question.key,
                conflict=one.conflict,
                taken=one.question.key in taken,
                before=_answer(one.before),
                after=_answer(one.after),
            )
            for one in found.changes
        ],
        unread=[
            UnreadCell(
                question=one.question or None,
                sheet=spot.sheet if spot else None,
                row=spot.row if spot else None,
                column=spot.column if spot else None,
                message=str(one.said),
            )
            for one, spot in unread
        ],
        same=found.same,
    )


def _answer(answer: StoredAnswer) -> dict[str, Any]:
    said = as_json(answer)
    return {name: said[name] for name in ("state", "parts", "reason", "note", "revision")}
