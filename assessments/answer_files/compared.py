"""Answers that come as a whole, out of a file, compared with what stands; nothing counts before it is seen.

``compare`` says for each question what stands and what would come; ``taken`` takes over what was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from assessments.assessment import AnswerRevision
from assessments.questionnaire.formats.draft import clean
from assessments.questionnaire.model import Question
from assessments.sentences import N_, Sentence
from assessments.sheet.answering import Offered, profile_seen, read_offered, same_answer
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.values.answers import SAID, AnswerState
from assessments.workflow import Invalid, Refused


class FileRefused(Refused):
    """The file as a whole cannot be read, or is of something else; one sentence says why."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Change:
    """What would become of one answer. ``conflict``: somebody changed it since the file was made."""

    question: Question
    before: StoredAnswer
    after: StoredAnswer
    conflict: bool

    @property
    def seen(self) -> str:
        """The version of the answer that is shown as standing, for ``take_over``."""
        return token_of(self.question, self.before)

    @property
    def parts(self) -> tuple[str, ...]:
        """Keys of the parts that differ."""
        keys = (part.key for part in self.question.parts)
        before, after = _plain(self.before.parts), _plain(self.after.parts)
        return tuple(key for key in keys if before.get(key) != after.get(key))


@dataclass(frozen=True)
class Unread:
    """What cannot be taken over, and why; ``place`` as a fault's, "" for the question as a whole."""

    question: str
    place: str
    said: Sentence


@dataclass(frozen=True)
class Comparison:
    """What a file would change: the changes in order, what cannot be taken, how many answers stay.

    ``offers`` are those behind the changes, ready to be kept until they are confirmed.
    """

    changes: tuple[Change, ...]
    unread: tuple[Unread, ...]
    same: int
    offers: Mapping[str, Offered]

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The changes of answers that somebody changed meanwhile."""
        return tuple(change for change in self.changes if change.conflict)


def token_of(question: Question, answer: StoredAnswer) -> str:
    """The version of an answer as one word: its revision, and a digest of what lives in the profile."""
    profile = profile_seen(question, answer.parts)
    return f"{answer.revision}-{profile}" if profile else str(answer.revision)


def read_token(token: str) -> tuple[int, str | None]:
    """Revision and digest out of ``token_of``; (0, None) for what is no token."""
    revision, _, profile = token.strip().partition("-")
    known = revision.isascii() and revision.isdecimal() and len(revision) < 10
    return (int(revision), profile or None) if known else (0, None)


def compare(
    session: Session, sheet: AnswerSheet, offers: Mapping[str, Offered], *, at: datetime
) -> Comparison:
    """Compare what comes with what stands; nothing changes. At most one statement."""
    changes: list[Change] = []
    unread: list[Unread] = []
    stale: list[Change] = []
    for question in sheet.questionnaire.questions:
        offered = offers.get(question.key)
        if offered is None:
            continue
        before = sheet.answer(question.key)
        try:
            after = read_offered(sheet, question, offered, before, at=at)
        except Invalid as invalid:
            unread += [Unread(question.key, place, said) for place, said in invalid.faults.items()]
            continue
        if _alike(before, after):
            continue
        change = Change(question, before, after, conflict=False)
        if offered.revision != before.revision or offered.profile not in {
            None,
            profile_seen(question, before.parts),
        }:
            change = replace(change, conflict=True)
            stale.append(change)
        changes.append(change)
    untouched = _untouched(session, stale, offers)
    kept: list[Change] = []
    for change in changes:
        if change.question.key in untouched:
            continue
        refused = _closed(sheet, change.question.key)
        if refused is None:
            kept.append(change)
        else:
            unread.append(Unread(change.question.key, "", refused))
    known = {change.question.key for change in kept} | {one.question for one in unread}
    return Comparison(
        tuple(kept),
        tuple(unread),
        sum(1 for key in offers if key not in known),
        {change.question.key: offers[change.question.key] for change in kept},
    )


def _closed(sheet: AnswerSheet, key: str) -> Sentence | None:
    """Why the answer cannot change now; None if it can."""
    if not sheet.applicability.asks(key):
        return N_("It is not asked here now. %(why)s", why=sheet.applicability.not_asked[key])
    if not sheet.writable(key):
        return N_("It is frozen since the assessment was submitted.")
    return None


def _untouched(session: Session, stale: Iterable[Change], offers: Mapping[str, Offered]) -> set[str]:
    """Keys whose offer only sends back what stood when the file was made: it overwrites nobody."""
    places = {
        (one.before.assessment_id, one.question.key, offers[one.question.key].revision): one for one in stale
    }
    if not places:
        return set()
    rows = session.scalars(
        select(AnswerRevision).where(
            tuple_(AnswerRevision.assessment_id, AnswerRevision.question, AnswerRevision.revision).in_(places)
        )
    )
    found = {(row.assessment_id, row.question, row.revision): row for row in rows}
    untouched = set()
    for place, one in places.items():
        row, profile = found.get(place), offers[one.question.key].profile
        if row is None and place[2] != 0:
            continue
        bound = {part.key for part in one.question.parts if part.bind is not None}
        if profile is not None and profile != profile_seen(one.question, one.after.parts):
            continue
        base = StoredAnswer(
            question=one.question.key,
            assessment_id=place[0],
            state=row.state if row else AnswerState.EMPTY,
            parts={**(row.parts if row else {}), **{key: one.after.parts.get(key) for key in bound}},
            note=row.note if row else None,
            reason=row.reason if row else None,
            revision=place[2],
        )
        if _alike(base, one.after):
            untouched.add(one.question.key)
    return untouched


def _alike(before: StoredAnswer, after: StoredAnswer) -> bool:
    """Whether both say the same in what a file can hold. States that follow from the parts do not count."""
    said = [one.state if one.state in SAID else None for one in (before, after)]
    return same_answer(before, after) or (
        said[0] == said[1]
        and _plain(before.parts) == _plain(after.parts)
        and _plain(before.note) == _plain(after.note)
        and _plain(before.reason) == _plain(after.reason)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if not isinstance(value, list | tuple):
        return value
    plain = [_plain(one) for one in value]
    # A file has keyed rows of a table and picked choices in the order in which it shows them.
    if all(isinstance(one, dict) and isinstance(one.get("row"), str) for one in plain):
        return sorted(plain, key=lambda one: str(one["row"]))
    return sorted(plain) if all(isinstance(one, str) for one in plain) else plain
