"""Taking over what a file brought, all of it or nothing, and taking it back.

Each answer goes through ``save_answer``. The event of a take-over names the revisions that it wrote, so what
stood before can be written back while none of these answers has changed since.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from assessments.answer_files.compared import read_token
from assessments.assessment import Answer, AnswerRevision
from assessments.audit.events import AuditEvent, EventKind, record
from assessments.audit.history import last_of
from assessments.parties import Actor, check_supplier
from assessments.questionnaire.model import Question
from assessments.sentences import N_
from assessments.sheet.answering import Offered, profile_seen, save_answer
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.sheet.reading import read_sheet
from assessments.sheet.writing import write_answer
from assessments.values.answers import SAID
from assessments.workflow import Stale, WrongState

_FILES = (EventKind.FILE_TAKEN_OVER, EventKind.FILE_TAKEN_BACK)


class Source(StrEnum):
    """The file that answers came from."""

    WORKBOOK = "workbook"
    VSME = "vsme"


class Taken(NamedTuple):
    """What was taken over: the sheet after, the answers that were written."""

    sheet: AnswerSheet
    written: tuple[str, ...]


@dataclass(frozen=True)
class Taking:
    """A take-over that can be taken back."""

    at: datetime
    source: str
    answers: tuple[str, ...]


def take_over(
    session: Session,
    sheet: AnswerSheet,
    offers: Mapping[str, Offered],
    chosen: Mapping[str, str],
    *,
    source: Source,
    by: Actor,
    at: datetime,
) -> Taken:
    """Save the offers of the questions ``chosen`` {key: the version that was shown as standing}.

    Later questions are saved first: rules read earlier answers only, so each is saved as it is asked now. All
    or nothing: the caller rolls back when this raises what ``save_answer`` raises, Stale among it when an
    answer changed since it was shown. What already stands is left alone, and if nothing is left there is no
    event.
    """
    check_supplier(by, sheet.organization_id, message="Only the supplier answers.")
    written: list[list[Any]] = []
    for question in reversed(sheet.questionnaire.questions):
        offered = offers.get(question.key)
        if offered is None or question.key not in chosen:
            continue
        revision, profile = read_token(chosen[question.key])
        before = sheet.answer(question.key)
        if (revision, profile or "") == (before.revision, profile_seen(question, before.parts)):
            sheet = _keep_profile(session, sheet, question, by=by, at=at)
            revision = sheet.answer(question.key).revision
        kept = sheet.answer(question.key).revision
        saved = save_answer(
            session, sheet, question.key, replace(offered, revision=revision, profile=profile), by=by, at=at
        )
        sheet = saved.sheet
        if saved.written:
            home = str(saved.answer.assessment_id)
            written.insert(0, [question.key, home, kept, saved.answer.revision])
    if written:
        data = {
            "source": source.value,
            "count": len(written),
            "answers": written,
            "version": sheet.version_sha256,
        }
        _record(session, EventKind.FILE_TAKEN_OVER, sheet, data, by=by, at=at)
    return Taken(sheet, tuple(one[0] for one in written))


def _keep_profile(
    session: Session, sheet: AnswerSheet, question: Question, *, by: Actor, at: datetime
) -> AnswerSheet:
    """Put what stands in the profile into the answer's history, so that it can be brought back."""
    answer = sheet.answer(question.key)
    stored = sheet.stored.get(question.key)
    bound = [part.key for part in question.parts if part.bind is not None]
    if not bound or (stored is not None and all(stored.parts.get(k) == answer.parts.get(k) for k in bound)):
        return sheet
    if stored is None and not answer.parts:
        return sheet
    kept = answer._replace(revision=answer.revision + 1, updated_at=at)
    if not write_answer(session, sheet, kept, by=by, at=at, confirmed=True):
        raise _changed_since(question.key, answer, kept)
    return sheet.with_answer(kept)


def _changed_since(key: str, before: StoredAnswer, after: StoredAnswer) -> Stale:
    return Stale(
        N_("%(question)s was changed by somebody else since you opened it.", question=key),
        current={"question": key, "revision": before.revision},
        offered={"question": key, "revision": after.revision},
    )


def last_taken(session: Session, sheet: AnswerSheet) -> Taking | None:
    """Return the take-over that can still be taken back: the last one, while none of its answers changed."""
    event = last_of(session, sheet.assessment_id, _FILES)
    if event is None or event.kind is not EventKind.FILE_TAKEN_OVER:
        return None
    if _changed(session, sheet, event):
        return None
    keys = tuple(key for key, *_rest in event.data["answers"])
    return Taking(event.at, event.data["source"], keys)


def take_back(session: Session, sheet: AnswerSheet, *, by: Actor, at: datetime) -> Taken:
    """Write what stood before the last take-over, as further revisions; what was carried over waits again.

    Raises WrongState when there is none, one of its answers changed since, or one is frozen or not asked now.
    """
    check_supplier(by, sheet.organization_id, message="Only the supplier answers.")
    event = last_of(session, sheet.assessment_id, _FILES)
    if event is None or event.kind is not EventKind.FILE_TAKEN_OVER:
        raise WrongState("There is nothing to take back.", "Each earlier answer is in its history.")
    changed = _changed(session, sheet, event)
    if changed:
        raise WrongState(
            N_("%(question)s has changed since, so the file is not taken back.", question=changed[0]),
            "Change single answers back; each earlier one is in its history.",
            places=changed,
        )
    rows = _revisions(session, event, 2)
    done = []
    for key, home, before, after in event.data["answers"]:
        was, stored = rows.get((uuid.UUID(home), key)), sheet.stored[key]
        offered = Offered({}, after)
        if was is not None:
            said = was.state if was.state in SAID else None
            offered = Offered(was.parts, after, said, was.reason, was.note)
        saved = save_answer(session, sheet, key, offered, by=by, at=at)
        sheet = saved.sheet
        done.append(key)
        _mark_again(session, stored, before, saved.answer.revision)
    _record(session, EventKind.FILE_TAKEN_BACK, sheet, {"count": len(done)}, by=by, at=at)
    return Taken(read_sheet(session, sheet.assessment_id), tuple(done))


def _mark_again(session: Session, stored: StoredAnswer, before: int, revision: int) -> None:
    """An answer that waited for a word when the file came waits for it again."""
    mark = stored.carried
    if mark is not None and mark["revision"] == before:
        session.execute(
            update(Answer)
            .where(Answer.assessment_id == stored.assessment_id, Answer.question == stored.question)
            .values(carried={**mark, "revision": revision})
        )


def _changed(session: Session, sheet: AnswerSheet, event: AuditEvent) -> tuple[str, ...]:
    """Which of its answers have changed since: the answer, the profile, or what is asked at all."""
    if event.data["version"] != sheet.version_sha256:
        return tuple(one[0] for one in event.data["answers"])
    changed = []
    in_profile = [one for one in event.data["answers"] if one[0] in sheet.questionnaire.bound_parts]
    rows = _revisions(session, event, 3, {one[0] for one in in_profile}) if in_profile else {}
    for key, home, _before, after in event.data["answers"]:
        stored = sheet.stored.get(key)
        if stored is None or stored.revision != after or str(stored.assessment_id) != home:
            changed.append(key)
        elif key in sheet.questionnaire.bound_parts:
            row = rows.get((uuid.UUID(home), key))
            bound = sheet.questionnaire.bound_parts[key]
            now = sheet.answer(key).parts
            if row is None or any(row.parts.get(part) != now.get(part) for part in bound):
                changed.append(key)
    return tuple(changed)


def _revisions(
    session: Session, event: AuditEvent, which: int, keys: Collection[str] | None = None
) -> dict[tuple[uuid.UUID, str], AnswerRevision]:
    """The history rows that the event names: ``which`` 2 before it, 3 of it."""
    places = [
        (uuid.UUID(one[1]), one[0], one[which])
        for one in event.data["answers"]
        if keys is None or one[0] in keys
    ]
    rows = session.scalars(
        select(AnswerRevision).where(
            tuple_(AnswerRevision.assessment_id, AnswerRevision.question, AnswerRevision.revision).in_(places)
        )
    )
    return {(row.assessment_id, row.question): row for row in rows}


def _record(
    session: Session,
    kind: EventKind,
    sheet: AnswerSheet,
    data: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> None:
    record(
        session, kind, by=by, at=at, subject_type="assessment", subject_id=sheet.assessment_id,
        organization_id=sheet.organization_id, data=data,
    )  # fmt: skip
