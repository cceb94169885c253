"""Reading an answer sheet: one statement, laid over what this process remembers of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import AssessmentState, QuestionnaireVersion
from assessments.questionnaire.model import Level, Questionnaire
from assessments.questionnaire.versions.stored import read_once
from assessments.sheet.contents import AnswerSheet, LinkedEvidence, StoredAnswer
from assessments.sheet.memory import Remembered, laid_over, remember, remembered
from assessments.sheet.statement import TRUTHS, keeps_apart, sheet_row
from assessments.values.answers import AnswerState

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class NoSuchAssessment(LookupError):
    """There is no assessment of that id for whoever asks."""


_QUESTIONNAIRES: dict[uuid.UUID, tuple[Questionnaire, str]] = {}


def questionnaire_of(session: Session, version_id: uuid.UUID) -> tuple[Questionnaire, str]:
    """Return a published questionnaire and its digest. A published version never changes, so it is kept."""
    found = _QUESTIONNAIRES.get(version_id)
    if found is None:
        stored = QuestionnaireVersion.id == version_id
        sha256 = session.scalars(select(QuestionnaireVersion.sha256).where(stored)).one()
        text = select(QuestionnaireVersion.content).where(stored)
        found = (read_once(sha256, lambda: session.scalars(text).one()), sha256)
        _QUESTIONNAIRES[version_id] = found
    return found


def read_sheet(session: Session, assessment_id: uuid.UUID) -> AnswerSheet:
    """Read the sheet of an assessment. Raises NoSuchAssessment where the transaction's tenant sees none."""
    return read_to_save(session, assessment_id).sheet


def read_to_save(session: Session, assessment_id: uuid.UUID) -> Remembered:
    """The sheet of an assessment with what a save tells of it. Raises NoSuchAssessment as above."""
    before = remembered(session, assessment_id) if keeps_apart(session) else None
    row = sheet_row(session, assessment_id, since=before.since if before else None)
    return _kept(session, assessment_id, before, row)


def believed(session: Session, assessment_id: uuid.UUID) -> Remembered | None:
    """A sheet that a save may rest on without reading it, as long as its statement proves that it stands.

    Only a draft, in which everything is writable: what else may be written hangs on more than is proved.
    Only before the session begins: such a save is a transaction of its own and would not see that one's.
    """
    if session.in_transaction() or not keeps_apart(session):
        return None
    found = remembered(session, assessment_id)
    return found if found is not None and found.rows and found.sheet.state is AssessmentState.DRAFT else None


def read_instead(session: Session, before: Remembered, row: Mapping[str, Any] | None) -> Remembered:
    """The sheet that stands instead of a believed one, from the row that the refused save gave back."""
    return _kept(session, before.sheet.assessment_id, before, row)


def _kept(
    session: Session, assessment_id: uuid.UUID, before: Remembered | None, row: Mapping[str, Any] | None
) -> Remembered:
    found = _renewed(before, row) if before is not None and row is not None else None
    if found is None:
        row = row if before is None else sheet_row(session, assessment_id)
        if row is None:
            raise NoSuchAssessment(str(assessment_id))
        found = _read(session, row)
    if row is not None and row.get("unwritten") and found.revisions:
        remember(session, found)
    return found


def _read(session: Session, row: Mapping[str, Any]) -> Remembered:
    questionnaire, sha256 = questionnaire_of(session, as_id(row["version_id"]))
    own, company, site_id = as_id(row["id"]), as_id(row["company_id"]), row["site_id"]
    answers = row["answers"][0] or ()
    sheet = AnswerSheet(
        assessment_id=own,
        company_assessment_id=company,
        cycle_id=as_id(row["cycle_id"]),
        organization_id=as_id(row["organization_id"]),
        site_id=as_id(site_id) if site_id else None,
        questionnaire=questionnaire,
        version_sha256=sha256,
        organization=_columns(row["organization"]),
        sites=tuple(_columns(each) for each in row["sites"] or ()),
        stored={one.question: one for one in _at_home(questionnaire, answers, own, company)},
        **_around(row),
    )
    revisions = {(one[0], bool(one[1])): one[6] for one in answers}
    return Remembered(sheet, revisions, _newest(answers), row.get("rows") or "")


def _renewed(before: Remembered, row: Mapping[str, Any]) -> Remembered | None:
    """What is remembered with what changed since; None where more changed, or not all is told."""
    sheet, (rows, count, total) = before.sheet, row["answers"]
    changed = [one for one in rows or () if before.revisions.get((one[0], bool(one[1]))) != one[6]]
    revisions = laid_over(before.revisions, changed, count, total)
    same = (
        revisions is not None
        and as_id(row["company_id"]) == sheet.company_assessment_id
        and _QUESTIONNAIRES.get(as_id(row["version_id"]), (None, ""))[1] == sheet.version_sha256
        and _columns(row["organization"]) == sheet.organization
        and tuple(_columns(each) for each in row["sites"] or ()) == sheet.sites
    )
    if revisions is None or not same:
        return None
    own, company = sheet.assessment_id, sheet.company_assessment_id
    for answer in _at_home(sheet.questionnaire, changed, own, company):
        sheet = sheet.with_answer(answer)
    around = _around(row)
    if any(getattr(sheet, name) != value for name, value in around.items()):
        sheet = sheet.around(**around)
    return Remembered(sheet, revisions, max(before.newest, _newest(changed)), row.get("rows") or "")


def _around(row: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around the answers and decides nothing about what is asked."""
    return {
        "cycle_label": row["label"],
        "state": AssessmentState(row["state"]),
        "revision": row["revision"],
        "evidence": _linked(row["evidence"] or ()),
        "self_levels": dict(row["levels"] or ()),
        "reopened": frozenset(key for keys in row["reopened"] or () for key in keys),
    }


def _newest(rows: Sequence[Sequence[Any]]) -> datetime:
    return max((at for at in (as_instant(one[7]) for one in rows) if at is not None), default=_LONG_AGO)


def as_id(value: Any) -> uuid.UUID:
    """Read an id as either database gives it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


@lru_cache(maxsize=8192)
def as_instant(value: str | None) -> datetime | None:
    """Read an instant out of JSON as either database writes it."""
    if value is None:
        return None
    read = datetime.fromisoformat(value)
    if read.tzinfo is UTC:
        return read
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    columns = {**row, "id": as_id(row["id"])}
    for name in TRUTHS & columns.keys():
        if columns[name] is not None:
            columns[name] = bool(columns[name])
    return columns


@lru_cache(maxsize=64)
def _levels(questionnaire: Questionnaire) -> Mapping[str, bool]:
    """Whether a question is the company's, by key."""
    return {question.key: question.level is Level.COMPANY for question in questionnaire.questions}


def _at_home(
    questionnaire: Questionnaire, rows: Iterable[Sequence[Any]], own: uuid.UUID, company: uuid.UUID
) -> list[StoredAnswer]:
    """The answers where this version keeps them: another version may have kept one at the other level."""
    levels = _levels(questionnaire)
    return [
        _stored(row, company if row[1] else own)
        for row in rows
        if levels.get(row[0], bool(row[1])) == bool(row[1])
    ]


_STATES: Mapping[str, AnswerState] = {state.value: state for state in AnswerState}


def _stored(row: Sequence[Any], home: uuid.UUID) -> StoredAnswer:
    question, _company, state, parts, note, reason, revision, updated_at, carried = row
    return StoredAnswer(
        question, home, _STATES[state], parts, note, reason, revision, as_instant(updated_at), carried
    )


def _linked(rows: Sequence[Sequence[Any]]) -> dict[str, tuple[LinkedEvidence, ...]]:
    used = Counter(document for _question, document, *_rest in rows)
    by_question: dict[str, tuple[LinkedEvidence, ...]] = {}
    for question, document, version, title, name, media, size, sha256, state, verdict, ends_on in rows:
        linked = LinkedEvidence(
            document_id=as_id(document),
            version_id=as_id(version),
            title=title,
            file_name=name,
            media_type=media,
            size=size,
            sha256=sha256,
            state=state,
            scan_verdict=verdict,
            ends_on=date.fromisoformat(ends_on) if ends_on else None,
            used_in=used[document],
        )
        by_question[question] = (*by_question.get(question, ()), linked)
    return by_question
