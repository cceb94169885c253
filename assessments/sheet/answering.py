"""Saving answers: parse, decide the state, write change, history and event at once, say what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy.orm import Session

from assessments.canonical import digest
from assessments.parties import Actor, check_supplier
from assessments.questionnaire.asking.applicability import Changed, changed
from assessments.questionnaire.model import Question, UnknownQuestion
from assessments.sentences import N_
from assessments.sheet.contents import AnswerSheet, StoredAnswer, check_open
from assessments.sheet.memory import Remembered, remember, remember_once_committed
from assessments.sheet.profile import LARGEST_COUNT
from assessments.sheet.reading import read_sheet, read_to_save
from assessments.sheet.writing import write_answer, write_at_once, write_bound
from assessments.values.answers import AnswerState, BadValue, clean_reason, parse_parts, state_of
from assessments.workflow import Invalid, Refused, Stale, WrongState

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Offered:
    """What somebody wants to save. ``state`` says "not known yet", "does not apply", "prefer not to share";
    None lets the parts decide. ``revision`` is the one the person saw (0: nothing yet), ``profile`` the
    ``profile_seen`` of it where parts live in the profile, which pages of the profile change too (None: not
    compared)."""

    parts: Mapping[str, Any]
    revision: int
    state: AnswerState | None = None
    reason: str | None = None
    note: str | None = None
    profile: str | None = None


@dataclass(frozen=True)
class Saved:
    """What became of it: the answer as it stands, the sheet before and after, and what that switched on or
    off."""

    answer: StoredAnswer
    before: AnswerSheet
    sheet: AnswerSheet
    changed: Changed
    written: bool


def save_answer(
    session: Session, sheet: AnswerSheet, key: str, offered: Offered, *, by: Actor, at: datetime
) -> Saved:
    """Save one answer, durable with the caller's commit.

    Raises WrongActor unless ``by`` is of the sheet's supplier; UnknownQuestion; WrongState when it is
    frozen or the question is not asked (with the reason); Invalid naming each place; Stale with both
    versions when somebody saved meanwhile. Saving what already stands writes nothing and is no conflict: a
    save whose answer got lost on the line may be sent again.
    """
    before = sheet.answer(key)
    answer = _decided(sheet, key, offered, before, by=by, at=at)
    if answer is None:
        return Saved(before, sheet, sheet, Changed((), ()), written=False)
    if not write_answer(session, sheet, answer, by=by, at=at):
        _refuse_overtaken(session, sheet, answer)
    after = sheet.with_answer(answer)
    question = sheet.questionnaire.question(key)
    if any(part.bind is not None for part in question.parts):
        after = write_bound(session, after, question, answer.parts, by=by, at=at)
    return Saved(answer, sheet, after, changed(sheet.applicability, after.applicability), written=True)


def save_known(
    session: Session,
    known: Remembered,
    key: str,
    offered: Offered,
    *,
    by: Actor,
    at: datetime,
    unread: bool,
    as_read: Callable[[AnswerSheet], AnswerSheet],
) -> Saved:
    """Save one answer as ``save_answer`` does, on a sheet of which this process keeps more than is shown.

    ``unread``: it is believed, and the database is asked by the writing statement itself, which is committed
    when this returns; where it holds another, or where the save would be refused, the sheet is read and
    everything decided anew. ``as_read`` gives the sheet in the language of whoever saves. The next save
    finds the sheet as this one leaves it.
    """
    if unread:
        found = _on_unread(session, known, as_read(known.sheet), key, offered, by=by, at=at)
        if isinstance(found, Saved):
            _keep(remember, session, known, found)
            return found
        _refuse_moved(known.sheet, found.sheet, key)
        known = found
    saved = save_answer(session, as_read(known.sheet), key, offered, by=by, at=at)
    _keep(remember_once_committed, session, known, saved)
    return saved


def _keep(
    keep: Callable[[Session, Remembered], None], session: Session, known: Remembered, saved: Saved
) -> None:
    """Keep the sheet as a save left it, where all that it wrote is in the sheet."""
    if saved.written and known.rows and saved.answer.question not in saved.sheet.questionnaire.bound_parts:
        after = saved.sheet if saved.before is known.sheet else None
        keep(session, known.after(saved.answer, after))


def _on_unread(
    session: Session,
    known: Remembered,
    sheet: AnswerSheet,
    key: str,
    offered: Offered,
    *,
    by: Actor,
    at: datetime,
) -> Saved | Remembered:
    """What a save on a believed sheet became; the sheet as it is read where that settled nothing."""
    try:
        answer = _decided(sheet, key, offered, sheet.answer(key), by=by, at=at)
    except (Refused, UnknownQuestion):
        answer = None
    if answer is None or key in sheet.questionnaire.bound_parts:
        return read_to_save(session, sheet.assessment_id)
    instead = write_at_once(session, known, answer, by=by, at=at)
    if instead is not None:
        return instead
    after = sheet.with_answer(answer)
    return Saved(answer, sheet, after, changed(sheet.applicability, after.applicability), written=True)


def _decided(
    sheet: AnswerSheet, key: str, offered: Offered, before: StoredAnswer, *, by: Actor, at: datetime
) -> StoredAnswer | None:
    """The answer to write on this sheet, None for what already stands; raises as ``save_answer`` does."""
    check_supplier(by, sheet.organization_id, message="Only the supplier answers.")
    question = sheet.questionnaire.question(key)
    check_open(sheet, key)
    answer = read_offered(sheet, question, offered, before, at=at)
    if same_answer(before, answer):
        return None
    profile = profile_seen(question, before.parts)
    if offered.revision != before.revision or offered.profile not in {None, profile}:
        raise _stale(before, answer)
    return answer


def _refuse_moved(believed: AnswerSheet, sheet: AnswerSheet, key: str) -> None:
    """Refuse what was read as the answer to a question that another version asks otherwise, or no more."""
    before, after = believed.questionnaire, sheet.questionnaire
    if believed.version_sha256 == sheet.version_sha256 or not before.has_question(key):
        return
    if not after.has_question(key) or after.question(key).digest != before.question(key).digest:
        raise _moved()


def _moved() -> WrongState:
    return WrongState(
        "The round moved to another version of the questionnaire meanwhile.",
        "Your text was not saved; copy it, and open the question again.",
    )


def _refuse_overtaken(session: Session, sheet: AnswerSheet, answer: StoredAnswer) -> NoReturn:
    """Say what was faster than a save that wrote nothing."""
    current = read_sheet(session, sheet.assessment_id)
    if current.version_sha256 != sheet.version_sha256:
        raise _moved()
    if not current.writable(answer.question):
        raise WrongState("The assessment was submitted meanwhile.", "Your text was not saved; copy it.")
    raise _stale(current.answer(answer.question), answer)


def read_offered(
    sheet: AnswerSheet, question: Question, offered: Offered, before: StoredAnswer, *, at: datetime
) -> StoredAnswer:
    """What ``offered`` would stand as after ``before``; nothing is written. Raises Invalid by place."""
    try:
        parts = parse_parts(question, offered.parts)
        reason = clean_reason(offered.reason, question.key)
        state = state_of(
            question, parts, offered.state, reason, sheet.applicability.facts, sheet.applicability.answers
        )
    except BadValue as bad:
        faults = {fault.place: fault.sentence for fault in bad.problems}
        raise Invalid(
            N_("%(question)s was not saved: something in it cannot be read.", question=question.key), faults
        ) from bad
    for part in question.parts:
        people = (parts.get(part.key) or {}).get("value", "0") if part.bind and part.plain else "0"
        if Decimal(people) > LARGEST_COUNT:
            place = f"{question.key}.{part.key}"
            raise Invalid(
                N_("%(question)s was not saved.", question=question.key),
                {place: N_("%(people)s are more people than there are. Check the digits.", people=people)},
            )
    note = (offered.note or "").strip() or None
    if note is not None and len(note) > LONGEST_NOTE:
        place = f"{question.key}.note"
        raise Invalid(
            "The note is too long.",
            {place: N_("It is too long. Write at most %(most)s characters.", most=f"{LONGEST_NOTE:,}")},
        )
    return StoredAnswer(
        question=question.key,
        assessment_id=sheet.home_of(question),
        state=state,
        parts=parts,
        note=note,
        reason=reason if state is AnswerState.NOT_APPLICABLE else None,
        revision=before.revision + 1,
        updated_at=at,
        carried=before.carried,
    )


def profile_seen(question: Question, parts: Mapping[str, Any]) -> str:
    """A short digest of the parts that live in the profile, as they stand in ``parts``; "" for none."""
    bound = {part.key: parts.get(part.key) for part in question.parts if part.bind is not None}
    return digest(bound)[:16] if bound else ""


def same_answer(before: StoredAnswer, after: StoredAnswer) -> bool:
    """Whether both say the same, whoever said it when."""
    return (before.state, before.parts, before.note, before.reason) == (
        after.state,
        after.parts,
        after.note,
        after.reason,
    )


def _stale(current: StoredAnswer, offered: StoredAnswer) -> Stale:
    return Stale(
        N_("%(question)s was changed by somebody else since you opened it.", question=current.question),
        current=as_json(current),
        offered=as_json(offered),
    )


def as_json(answer: StoredAnswer) -> dict[str, Any]:
    """An answer as programs read it."""
    return {
        "question": answer.question,
        "state": answer.state.value,
        "parts": dict(answer.parts),
        "note": answer.note,
        "reason": answer.reason,
        "revision": answer.revision,
        "updated_at": answer.updated_at.isoformat() if answer.updated_at else None,
    }
