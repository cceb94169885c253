"""Drafts of a questionnaire put away: kept whole and read only, out of the list, until taken up again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from assessments.audit.events import EventKind
from assessments.authoring.drafts import QuestionnaireDraft, check_open, held, record_draft
from assessments.parties import Actor
from assessments.workflow import WrongState


def put_away(session: Session, draft: QuestionnaireDraft, *, by: Actor, at: datetime) -> None:
    """Put a draft away: nothing of it goes, nothing of it changes, and it leaves the list of those written.

    Raises WrongActor for anybody but the steward's admin, WrongState once published or when put away already.
    """
    locked = held(session, draft, by=by)
    check_open(locked)
    locked.put_away_at = at
    kind = EventKind.QUESTIONNAIRE_DRAFT_PUT_AWAY
    record_draft(session, kind, locked, by=by, at=at, revision=locked.revision)


def take_up(session: Session, draft: QuestionnaireDraft, *, by: Actor, at: datetime) -> None:
    """Take a draft up again that was put away; it stands as it stood.

    Raises WrongActor for anybody but the steward's admin, WrongState when it is not put away.
    """
    locked = held(session, draft, by=by)
    if locked.put_away_at is None:
        raise WrongState("This draft is not put away.", "Go on with it, or begin a new one.")
    locked.put_away_at = None
    kind = EventKind.QUESTIONNAIRE_DRAFT_TAKEN_UP
    record_draft(session, kind, locked, by=by, at=at, revision=locked.revision)
