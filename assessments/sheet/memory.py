"""Answer sheets remembered between requests, so that the next reading takes over only what changed since.

An answer at a revision never changes once it is committed (``AnswerRevision`` has one row for it), revisions
only grow and no answer is ever removed. So rows written lately, laid over remembered ones, are the whole
sheet if and only if number and sum of revisions are the database's; else it is read whole. Nothing is shown
from here that the reading transaction's tenant does not see: the statement asks the database each time.

A save may rest on a remembered sheet without reading it again: the statement that writes asks the database
whether it still stands (``Remembered.proof``) and writes nothing where it does not.

Behind a process that runs, the database never goes back: after a restore the servers are started anew.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from assessments.driver import engine_of
from assessments.sheet.contents import AnswerSheet, StoredAnswer

MOST_KEPT = 128
"""Sheets a process remembers; one is about 200 KB."""
LATE = timedelta(minutes=2)
"""How much later than the instant it bears an answer may be committed without a whole reading."""

Place = tuple[str, bool]
"""A question's key, and whether the row is the company's."""


@dataclass(frozen=True)
class Remembered:
    """A sheet as it was committed, its answers' revisions (also of rows that this version shows nowhere).

    ``rows`` names the versions of the company's and sites' rows it was read from; "" where that is not known.
    """

    sheet: AnswerSheet
    revisions: Mapping[Place, int]
    newest: datetime
    rows: str = ""

    @property
    def since(self) -> datetime:
        """From when on rows must be read to find every change."""
        return self.newest - LATE

    @property
    def proof(self) -> dict[str, Any]:
        """What ``sheet_stands`` (migration 0004) compares with what the database holds."""
        sheet, revisions = self.sheet, self.revisions
        return {
            "company": sheet.company_assessment_id,
            "answers": len(revisions),
            "revisions": sum(revisions.values()),
            "rows": self.rows,
        }

    def after(self, answer: StoredAnswer, sheet: AnswerSheet | None = None) -> Remembered:
        """The same once ``answer``, none of whose parts lives in the profile, is committed; ``sheet`` is the
        sheet with it, where somebody has it already."""
        place = (answer.question, answer.assessment_id == self.sheet.company_assessment_id)
        at = answer.updated_at
        return Remembered(
            sheet or self.sheet.with_answer(answer),
            {**self.revisions, place: answer.revision},
            self.newest if at is None else max(self.newest, at),
            self.rows,
        )


_COMMITTED = "plumbline_sheet_once_committed"
_lock = threading.Lock()
_KEPT: WeakKeyDictionary[Engine, OrderedDict[uuid.UUID, Remembered]] = WeakKeyDictionary()


def remembered(session: Session, assessment_id: uuid.UUID) -> Remembered | None:
    """What this process remembers of the assessment in the session's database."""
    with _lock:
        kept = _KEPT.get(engine_of(session))
        found = kept.get(assessment_id) if kept is not None else None
        if kept is not None and found is not None:
            kept.move_to_end(assessment_id)
    return found


def remember(session: Session, found: Remembered) -> None:
    """Remember a sheet that was read in a transaction which had changed nothing."""
    with _lock:
        kept = _KEPT.setdefault(engine_of(session), OrderedDict())
        kept[found.sheet.assessment_id] = found
        kept.move_to_end(found.sheet.assessment_id)
        if len(kept) > MOST_KEPT:
            kept.popitem(last=False)


def remember_once_committed(session: Session, found: Remembered) -> None:
    """Remember a sheet as this transaction leaves it, if it is committed."""
    session.info[_COMMITTED] = found


@event.listens_for(Session, "after_commit")
def _remember_committed(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint was let go: what is around it may still be taken back
        return
    found = session.info.pop(_COMMITTED, None)
    if found is not None:
        remember(session, found)


# Of a savepoint, too: what was taken back must not be counted among what was committed.
@event.listens_for(Session, "after_soft_rollback")
def _forget_taken_back(session: Session, _transaction: object) -> None:
    session.info.pop(_COMMITTED, None)


def laid_over(
    before: Mapping[Place, int], rows: Sequence[Sequence[Any]], count: int, total: int
) -> Mapping[Place, int] | None:
    """The revisions with those of ``rows`` over them; None unless they are all of the database's."""
    newer = {(row[0], bool(row[1])): row[6] for row in rows}
    if any(before.get(place, 0) > revision for place, revision in newer.items()):
        return None
    after = {**before, **newer} if newer else before
    return after if len(after) == count and sum(after.values()) == total else None
