"""What a file would change, as the page shows it: what stands beside what comes, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, render_template
from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from assessments.answer_files.compared import Change, Comparison, Unread
from assessments.assessment import Answer
from assessments.parties import Actor, Person
from assessments.questionnaire.formats.workbook_reading import Spot
from assessments.sheet.answering import Offered
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.values.answers import SAID
from plumbline.documents.serving import attachment
from plumbline.extensions import db
from plumbline.here import settings_here
from plumbline.supplier.cards import PartCard, base_url, part_card
from plumbline.supplier.held import Held, hold
from plumbline.supplier.wayfinding import name_of
from plumbline.translated import in_language

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Side:
    """One of the two versions: what was said in place of an answer, the parts that differ, the note."""

    state: str
    reason: str
    note: str
    parts: tuple[PartCard, ...]


@dataclass(frozen=True)
class ShownChange:
    """One change. ``by``: in a conflict, who saved what stands; ``seen``: which version of it this is."""

    key: str
    text: str
    section: str
    before: Side
    after: Side
    conflict: bool
    by: str
    seen: str


@dataclass(frozen=True)
class ShownFault:
    """Something that cannot be taken over: the question, the cell if there is one, why."""

    question: str
    spot: Spot | None
    said: str


def changes_page(
    sheet: AnswerSheet,
    found: Comparison,
    held: Held,
    faults: Sequence[tuple[Unread, Spot | None]],
    *,
    by: Actor,
    message: str = "",
    made_at: str = "",
) -> str:
    """Draw the page that asks whether these changes are meant. Raises TooMuchHeld."""
    packed = ""
    if found.changes:
        # As they were read: what comes back is saved without the file.
        offers = {change.question.key: _read(change, found.offers) for change in found.changes}
        packed = hold(settings_here().secret_key, sheet, Held(held.source, held.name, offers))
    shown = shown_changes(sheet, found.changes, by=by)
    return render_template(
        "supplier/workbook_changes.html",
        base=base_url(sheet.assessment_id),
        name=name_of(sheet),
        cycle=sheet.cycle_label,
        file_name=held.name,
        source=held.source.value,
        made_at=made_at,
        message=message,
        conflicts=[one for one in shown if one.conflict],
        changes=[one for one in shown if not one.conflict],
        faults=[ShownFault(one.question, spot, in_language(one.said)) for one, spot in faults],
        same=found.same,
        held=packed,
    )


def _read(change: Change, offers: Mapping[str, Offered]) -> Offered:
    return replace(offers[change.question.key], parts=dict(change.after.parts))


def shown_changes(sheet: AnswerSheet, changes: Sequence[Change], *, by: Actor) -> list[ShownChange]:
    """The changes in order, with who saved what stands where two people changed one answer."""
    who = _who(changes, by=by)
    return [
        ShownChange(
            key=change.question.key,
            text=change.question.text,
            section=change.question.section,
            before=_side(sheet, change, change.before),
            after=_side(sheet, change, change.after),
            conflict=change.conflict,
            by=who.get(change.question.key, "") if change.conflict else "",
            seen=change.seen,
        )
        for change in changes
    ]


def _side(sheet: AnswerSheet, change: Change, answer: StoredAnswer) -> Side:
    other = change.after if answer is change.before else change.before
    parts = [change.question.part(key) for key in change.parts]
    said = answer.state in SAID or (answer.state is not other.state and not parts)
    return Side(
        state=answer.state.value if said else "",
        reason=answer.reason or "",
        note=(answer.note or "") if answer.note != other.note else "",
        parts=tuple(part_card(sheet, change.question, part, answer.parts, prefill=False) for part in parts),
    )


def _who(changes: Sequence[Change], *, by: Actor) -> dict[str, str]:
    places = [(one.before.assessment_id, one.question.key) for one in changes if one.conflict]
    if not places:
        return {}
    rows = db.session.execute(
        select(Answer.question, Answer.updated_by, Person.name)
        .outerjoin(Person, Person.id == Answer.updated_by)
        .where(tuple_(Answer.assessment_id, Answer.question).in_(places))
    )
    here = _("You, on the page")
    found = {row.question: here if row.updated_by == by.person_id else row.name or "" for row in rows}
    return {key: found.get(key) or _("In your profile") for _home, key in places}


def download(raw: bytes, file_name: str, media_type: str = XLSX) -> Response:
    """A file that was made for this request."""
    response = Response(raw, mimetype=media_type)
    response.headers["Content-Disposition"] = attachment(file_name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def file_name(sheet: AnswerSheet, what: str, ending: str) -> str:
    """What a download of this assessment is called."""
    words = " ".join(filter(None, (name_of(sheet), sheet.cycle_label, what)))
    return f"{''.join(mark if mark.isalnum() or mark in ' .-' else '_' for mark in words)}.{ending}"
