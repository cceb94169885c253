"""The guide of a topic in a draft, written by a form: its ladder, typical findings and next steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from assessments.authoring.drafts import QuestionnaireDraft, files_of, held, save_files, seen
from assessments.parties import Actor
from assessments.questionnaire.editing.guide import guide_in, put_guide
from assessments.sentences import N_
from assessments.workflow import Refused, Stale


def save_guide(
    session: Session,
    draft: QuestionnaireDraft,
    topic: str,
    tree: Mapping[str, Any],
    *,
    was: str,
    by: Actor,
    at: datetime,
) -> bool:
    """Write a topic's guide; ``was`` is the mark (``drafts.seen``) of the one that was read before.

    Raises WrongActor, Stale with both when somebody else changed it meanwhile, Refused when it is gone, and
    what ``drafts.save_files`` raises.
    """
    held(session, draft, by=by)
    files = files_of(session, draft)
    current = guide_in(files, topic)
    if current is None:
        raise Refused(N_("%(topic)s has no guide any more.", topic=topic), "See the history.")
    if current != tree and seen(current) != was:
        raise Stale("Somebody else changed this guide meanwhile.", current=current, offered=dict(tree))
    return save_files(session, draft, put_guide(files, topic, tree), by=by, at=at)
