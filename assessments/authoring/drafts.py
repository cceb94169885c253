"""Drafts of a questionnaire: the pack's files, changed move by move, each with who, when and a way back.

The rows of ``questionnaire_draft_file`` are the history itself: a file's newest row is what it says now, and
none is ever changed. An undo is one more change, back to what the files said before.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, UniqueConstraint, and_, func, not_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.assessment import QuestionnaireVersion
from assessments.audit import events
from assessments.audit.events import EventKind
from assessments.authoring.versions import highest_version, publish_version, questionnaire_in
from assessments.base import Base, new_id
from assessments.parties import STEWARD_ADMIN, Actor, Person
from assessments.questionnaire.editing.files import (
    Edit,
    Files,
    Inspection,
    check_path,
    check_slug,
    check_whole,
    inspect,
    shipped_files,
)
from assessments.questionnaire.editing.moves import merged, put_question, put_texts, question_in, tree_in
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.pack.packfile import PACK_FILE
from assessments.questionnaire.versions.changes import version_order
from assessments.sentences import N_
from assessments.workflow import Refused, Stale, WrongActor, WrongState

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\Z")
_KEPT_INSPECTIONS = 6


class QuestionnaireDraft(Base):
    """A questionnaire being written. ``revision`` counts its changes; ``published_id`` ends it.

    ``put_away_at``: kept whole and read only, until somebody takes it up again.
    """

    __tablename__ = "questionnaire_draft"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str]
    made_of: Mapped[str] = mapped_column(doc="the version it began as; empty for an uploaded pack")
    revision: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questionnaire_version.id"))
    put_away_at: Mapped[datetime | None]

    @property
    def open(self) -> bool:
        """Whether it can still be changed."""
        return self.published_id is None and self.put_away_at is None


class DraftFile(Base):
    """What a file said from a revision on; no text: from then on it is gone. Never changed."""

    __tablename__ = "questionnaire_draft_file"
    __table_args__ = (UniqueConstraint("draft_id", "path", "revision"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire_draft.id"))
    path: Mapped[str]
    revision: Mapped[int]
    text: Mapped[str | None] = mapped_column(Text)
    undoes: Mapped[int | None] = mapped_column(doc="the revision that this one takes back")
    at: Mapped[datetime]
    by: Mapped[uuid.UUID | None]


@dataclass(frozen=True)
class Step:
    """One line of a draft's history: who changed which files when. ``undone``: it was taken back since."""

    revision: int
    at: datetime
    by: str
    paths: tuple[str, ...]
    undoes: int | None
    undone: bool


# ------------------------------------------------------------------ reading


def files_of(session: Session, draft: QuestionnaireDraft, *, translations: bool = True) -> dict[str, str]:
    """What the files of a draft say now; without ``translations`` the English and the pack's own alone."""
    newest = (
        select(DraftFile.path, func.max(DraftFile.revision).label("revision"))
        .where(DraftFile.draft_id == draft.id)
        .group_by(DraftFile.path)
    )
    if not translations:
        # lab/lab-1.guide.yaml is English, lab/lab-1.de.yaml and lab/lab-1.guide.de.yaml are not.
        newest = newest.where(or_(not_(DraftFile.path.like("%.%.yaml")), DraftFile.path.like("%.guide.yaml")))
    now = newest.subquery()
    rows = session.execute(
        select(DraftFile.path, DraftFile.text)
        .join(now, and_(DraftFile.path == now.c.path, DraftFile.revision == now.c.revision))
        .where(DraftFile.draft_id == draft.id, DraftFile.text.is_not(None))
        .order_by(DraftFile.path)
    ).all()
    return {path: text for path, text in rows if text is not None}


_inspected: OrderedDict[str, Inspection] = OrderedDict()


def inspected(files: Files, slug: str) -> Inspection:
    """What the checker says of these files, remembered for the few that were asked for last."""
    whole = hashlib.sha256(slug.encode())
    for path in sorted(files):
        whole.update(repr((path, files[path])).encode())
    key = whole.hexdigest()
    if key not in _inspected:
        _inspected[key] = inspect(files, slug)
        while len(_inspected) > _KEPT_INSPECTIONS:
            _inspected.popitem(last=False)
    _inspected.move_to_end(key)
    return _inspected[key]


def history_of(session: Session, draft: QuestionnaireDraft) -> list[Step]:
    """Every change of a draft, newest first; that it was made is none."""
    rows = session.execute(
        select(DraftFile.revision, DraftFile.at, DraftFile.path, DraftFile.undoes, Person.name)
        .outerjoin(Person, Person.id == DraftFile.by)
        .where(DraftFile.draft_id == draft.id, DraftFile.revision > 0)
        .order_by(DraftFile.revision.desc(), DraftFile.path)
    ).all()
    undone = {undoes for _revision, _at, _path, undoes, _name in rows if undoes is not None}
    steps: dict[int, Step] = {}
    for revision, at, path, undoes, name in rows:
        before = steps[revision].paths if revision in steps else ()
        steps[revision] = Step(revision, at, name or "", (*before, path), undoes, revision in undone)
    return list(steps.values())


def told_of(session: Session, draft: QuestionnaireDraft, path: str, revision: int) -> tuple[str, str]:
    """What a file said before a revision and after it."""

    def text(*, until: int) -> str:
        found = session.scalars(
            select(DraftFile.text)
            .where(DraftFile.draft_id == draft.id, DraftFile.path == path, DraftFile.revision <= until)
            .order_by(DraftFile.revision.desc())
            .limit(1)
        ).first()
        return found or ""

    return text(until=revision - 1), text(until=revision)


def version_before(session: Session, draft: QuestionnaireDraft) -> Questionnaire | None:
    """The published version that a draft is compared with: the highest of its name."""
    row = highest_version(session, draft.slug)
    return questionnaire_in(row) if row is not None else None


def seen(value: Any) -> str:
    """A short mark of what somebody read, to be given back with what they wrote."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


# ------------------------------------------------------------------ moves


def make_draft(
    session: Session, files: Files, *, version: str, made_of: str, by: Actor, at: datetime
) -> QuestionnaireDraft:
    """Begin a draft from a pack's files, under a new version number.

    Raises WrongActor for anybody but the steward's admin, Refused for a number that is none or is taken.
    """
    _check_author(by)
    slug = check_slug(str(tree_in(files, PACK_FILE).get("slug")))
    if not _VERSION.match(version):
        raise Refused("This is no version number.", "Write two numbers, such as 1.1.", places=("version",))
    highest = highest_version(session, slug)
    if highest is not None and version_order(version) <= version_order(highest.version):
        raise Refused(
            N_("Version %(version)s is published already.", version=highest.version),
            "Take a higher number.",
            places=("version",),
        )
    draft = QuestionnaireDraft(
        id=new_id(), slug=slug, made_of=made_of, revision=0, created_at=at, changed_at=at, published_id=None,
        put_away_at=None,
    )  # fmt: skip
    session.add(draft)
    session.flush()
    files = merged(files, put_texts(files, PACK_FILE, {"version": version}))
    _write(session, draft, {check_path(path): text for path, text in files.items()}, by=by, at=at)
    record_draft(session, EventKind.QUESTIONNAIRE_DRAFTED, draft, by=by, at=at, version=version)
    return draft


def files_of_version(session: Session, row: QuestionnaireVersion) -> dict[str, str]:
    """The files that a published version was made of: its draft's, or the pack's that ships.

    Raises Refused where they are in neither place.
    """
    draft = session.scalars(
        select(QuestionnaireDraft).where(QuestionnaireDraft.published_id == row.id)
    ).first()
    if draft is not None:
        return files_of(session, draft)
    if row.slug == "standard" and load_pack(row.slug).digest == row.sha256:
        return shipped_files(row.slug)
    raise Refused(
        N_("The files of version %(version)s are not kept here.", version=row.version),
        "Begin from a .zip of its pack instead.",
        places=("source",),
    )


def save_files(
    session: Session,
    draft: QuestionnaireDraft,
    edit: Edit,
    *,
    by: Actor,
    at: datetime,
    undoes: int | None = None,
) -> bool:
    """Write what changed as one revision; False where nothing did.

    Raises WrongActor, WrongState once the draft is published or while it is put away, and Refused for a path
    that is no pack's.
    """
    locked = held(session, draft, by=by)
    check_open(locked)
    for path in edit:
        check_path(path)
    if not edit:
        return False
    locked.revision += 1
    locked.changed_at = at
    _write(session, locked, edit, by=by, at=at, undoes=undoes)
    kind = EventKind.QUESTIONNAIRE_DRAFT_CHANGED
    record_draft(session, kind, locked, by=by, at=at, revision=locked.revision, files=sorted(edit)[:50])
    return True


def save_question(
    session: Session,
    draft: QuestionnaireDraft,
    topic: str,
    key: str,
    tree: Mapping[str, Any],
    *,
    was: str,
    by: Actor,
    at: datetime,
) -> bool:
    """Write a question; ``was`` is the mark (``seen``) of the one that was read before.

    Raises Stale with both when somebody else changed it meanwhile, Refused when it is gone.
    """
    _check_author(by)
    files = files_of(session, draft)
    current = question_in(files, topic, key)
    if current is None:
        raise Refused(N_("%(key)s is not there any more.", key=key), "Somebody removed it; see the history.")
    if current != tree and seen(current) != was:
        raise Stale("Somebody else changed this question meanwhile.", current=current, offered=dict(tree))
    return save_files(session, draft, put_question(files, topic, key, tree), by=by, at=at)


def save_text(
    session: Session,
    draft: QuestionnaireDraft,
    path: str,
    text: str | None,
    *,
    was: str,
    by: Actor,
    at: datetime,
) -> bool:
    """Write a file as text; Stale with both when somebody else changed it since ``was``. None: it goes."""
    _check_author(by)
    current = files_of(session, draft).get(path)
    if current == text:
        return False
    if seen(current) != was:
        raise Stale("Somebody else changed this file meanwhile.", current=current, offered=text)
    return save_files(session, draft, {path: text}, by=by, at=at)


def undo_last(session: Session, draft: QuestionnaireDraft, *, by: Actor, at: datetime) -> Sequence[str]:
    """Take the last change back that still stands; the files concerned. Refused when there is none."""
    _check_author(by)
    steps = history_of(session, draft)
    last = next((step for step in steps if step.undoes is None and not step.undone), None)
    if last is None:
        raise Refused("There is nothing to take back.", "The draft is as it was made.")
    edit: Edit = {}
    for path in last.paths:
        before, _after = told_of(session, draft, path, last.revision)
        edit[path] = before or None
    save_files(session, draft, edit, by=by, at=at, undoes=last.revision)
    return last.paths


def publish_draft(
    session: Session, draft: QuestionnaireDraft, *, by: Actor, at: datetime
) -> QuestionnaireVersion:
    """Publish a draft that the checker finds clean and whose changes are told.

    Raises WrongActor, WrongState once published or while put away, Refused naming the first fault, and what
    ``versions.publish_version`` refuses.
    """
    check_open(held(session, draft, by=by))
    files = files_of(session, draft)
    problems = check_whole(files, draft.slug)
    found = inspected(files, draft.slug).questionnaire
    if problems or found is None:
        raise Refused(
            N_("Faults that the check finds: %(count)s.", count=len(problems)),
            "Mend them; each stands at its field.",
            places=tuple(f"{problem.file}: {problem.path}" for problem in problems),
        )
    row = publish_version(session, found, by=by, at=at)
    draft.published_id = row.id
    draft.changed_at = at
    return row


def held(session: Session, draft: QuestionnaireDraft, *, by: Actor) -> QuestionnaireDraft:
    """The draft as it stands, locked until the commit; WrongActor for anybody but the steward's admin."""
    _check_author(by)
    return session.scalars(
        select(QuestionnaireDraft)
        .where(QuestionnaireDraft.id == draft.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def check_open(draft: QuestionnaireDraft) -> None:
    """Raise WrongState for a draft that is published or put away."""
    if draft.published_id is not None:
        raise WrongState("This draft is published and no longer changes.", "Begin a new one from it.")
    if draft.put_away_at is not None:
        raise WrongState("This draft is put away and does not change.", "Take it up again first.")


def _check_author(by: Actor) -> None:
    if by.role not in STEWARD_ADMIN:
        raise WrongActor("The steward's admin writes the questionnaire.", "Ask an admin.")


def _write(
    session: Session,
    draft: QuestionnaireDraft,
    edit: Mapping[str, str | None],
    *,
    by: Actor,
    at: datetime,
    undoes: int | None = None,
) -> None:
    session.add_all(
        DraftFile(
            id=new_id(), draft_id=draft.id, path=path, revision=draft.revision, text=text, undoes=undoes,
            at=at, by=by.person_id,
        )
        for path, text in edit.items()
    )  # fmt: skip
    session.flush()


def record_draft(
    session: Session, kind: EventKind, draft: QuestionnaireDraft, *, by: Actor, at: datetime, **data: Any
) -> None:
    """Append an event about a draft; its files' names and numbers, never their text."""
    events.record(
        session, kind, by=by, at=at, subject_type="questionnaire_draft", subject_id=draft.id,
        organization_id=None, data={"slug": draft.slug, **data},
    )  # fmt: skip
