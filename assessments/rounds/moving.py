"""Moving a round under way to a newer version of the questionnaire, looking at that before, and going back.

A round (``Cycle``) is asked under one version, its company's answers and those of all its sites, so it moves
as a whole and only while all of it is still being answered. What is not moved stays on its version.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from assessments.assessment import (
    Answer,
    AnswerRevision,
    Assessment,
    AssessmentState,
    Cycle,
    QuestionnaireVersion,
    record_event,
)
from assessments.audit.events import AuditEvent, EventKind
from assessments.audit.history import last_of
from assessments.authoring.versions import newer_number, version_of
from assessments.parties import SUPPLIER_ADMIN, Actor, check_supplier
from assessments.questionnaire.asking.applicability import Changed, changed
from assessments.questionnaire.model import Level, Questionnaire
from assessments.questionnaire.versions.carrying import Carry, Given, carry
from assessments.questionnaire.versions.changes import version_order
from assessments.questionnaire.versions.diff import Diff, Fate, diff
from assessments.rounds.carried import fits, mark_of, put
from assessments.rounds.carried_links import LinksAfter, links_after, move_links, take_links_back
from assessments.sentences import N_
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.sheet.reading import questionnaire_of, read_sheet
from assessments.values.answers import SAID, AnswerState, state_of
from assessments.verification.assignment import TopicMaturity
from assessments.workflow import Refused, WrongState

Written = tuple[StoredAnswer, Carry]

_MOVES = (EventKind.VERSION_MOVED, EventKind.VERSION_MOVED_BACK)


@dataclass(frozen=True, eq=False)
class Outlook:
    """What moving would mean for one assessment: the sheet as it is and as it would be.

    ``carries``: by question, its own and the company's; ``written`` those of them that change; ``links``:
    what becomes of evidence whose question came of another or is answered elsewhere.
    """

    found: Diff
    before: AnswerSheet
    after: AnswerSheet
    carries: Mapping[str, Carry]
    written: tuple[Written, ...]
    links: LinksAfter

    @cached_property
    def switched(self) -> Changed:
        """What would be asked that is not, and the other way round, each with its reason."""
        return changed(self.before.applicability, self.after.applicability)

    @cached_property
    def concerned(self) -> tuple[str, ...]:
        """Keys of questions that differ in more than guidance and are asked or answered here."""
        mine = {*self.before.applicability.asked, *self.after.applicability.asked, *self.before.stored}
        own = (one.key for one in self.found.questions if not one.guidance_only and one.key in mine)
        switched = (key for key, _reason in (*self.switched.now_applies, *self.switched.no_longer_applies))
        return tuple(dict.fromkeys((*own, *switched)))

    @property
    def fates(self) -> Counter[Fate]:
        """How many answers share a fate; questions without an answer do not count."""
        mine = [one for one in self.carries.values() if one.own or one.beside]
        return Counter(one.fate for one in mine)


@lru_cache(maxsize=16)
def compared(before: Questionnaire, after: Questionnaire) -> Diff:
    """The diff of two published versions, which never changes, worked out once per process."""
    return diff(before, after)


def newer_version(session: Session, assessment: Assessment) -> QuestionnaireVersion | None:
    """Return the highest version that a draft could move to; None for none, or where its round stays."""
    number = number_to_move_to(session, assessment)
    return version_of(session, assessment.cycle.version.slug, number) if number is not None else None


def number_to_move_to(
    session: Session, assessment: Assessment, own: Questionnaire | None = None
) -> str | None:
    """Return the number of ``newer_version``; ``own``: what the assessment asks, where it is read already."""
    if assessment.state is not AssessmentState.DRAFT:
        return None
    number = newer_number(session, own or assessment.cycle.version)
    return number if number is not None and not stays(session, assessment.cycle_id) else None


def handed_in(cycle_id: Any) -> ColumnElement[bool]:
    """SQL: something of the round (an id, or a column of them) was handed in or taken back: it stays."""
    other = aliased(Assessment)
    return exists().where(other.cycle_id == cycle_id, other.state != AssessmentState.DRAFT)


def stays(session: Session, cycle_id: uuid.UUID) -> bool:
    """Whether the round can no longer move to another version."""
    return bool(session.scalar(select(handed_in(cycle_id))))


def outlook(session: Session, assessment: Assessment, version: QuestionnaireVersion) -> Outlook:
    """Look at what moving to ``version`` would mean for this assessment; nothing changes."""
    sheets = [read_sheet(session, one.id) for one in _round(session, assessment.cycle_id)]
    here = next(sheet for sheet in sheets if sheet.assessment_id == assessment.id)
    return moved_sheet(here, sheets, questionnaire_of(session, version.id)[0])


def moved_sheet(sheet: AnswerSheet, sheets: Sequence[AnswerSheet], after: Questionnaire) -> Outlook:
    """One sheet as it would be under ``after``; ``sheets`` are all of its round, for company answers."""
    found = compared(sheet.questionnaire, after)
    own = carry(found, _given(sheet, sheets, Level.SITE), fits)
    company = carry(found, _given(sheet, sheets, Level.COMPANY), fits)
    carries: dict[str, Carry] = {}
    for of_site, of_company in zip(own, company, strict=False):
        question = after.question(of_site.question) if of_site.fate is not Fate.KEPT else None
        if question is not None:
            carries[question.key] = of_company if question.level is Level.COMPANY else of_site
    for one in (*own, *company):
        if one.fate is Fate.KEPT:
            carries[one.question] = one
    return _settled(found, sheet, after, carries, links_after(found, sheet, sheets, carries))


def _given(sheet: AnswerSheet, sheets: Sequence[AnswerSheet], home: Level) -> dict[str, tuple[Given, ...]]:
    """The answers that stand for each question at this home, as its own version knows them."""
    given: dict[str, tuple[Given, ...]] = {}
    for question in sheet.questionnaire.questions:
        from_sites = home is Level.COMPANY and question.level is Level.SITE
        for one in sheets if from_sites else [sheet]:
            stored = one.stored.get(question.key)
            if stored is not None and stored.state is not AnswerState.EMPTY:
                answer = Given(question.key, stored.parts, stored.state in SAID, stored)
                given[question.key] = (*given.get(question.key, ()), answer)
    return given


def _settled(
    found: Diff,
    sheet: AnswerSheet,
    after: Questionnaire,
    carries: Mapping[str, Carry],
    links: LinksAfter,
) -> Outlook:
    """The sheet after, with the state that each answer then has, and what has to be written for it."""
    homes = {Level.COMPANY: sheet.company_assessment_id, Level.SITE: sheet.assessment_id}
    stored = dict(sheet.stored)
    touched: dict[str, tuple[StoredAnswer, Carry]] = {}
    for key, one in carries.items():
        differs = key in found.by_key and not found.by_key[key].guidance_only
        if one.fate is Fate.KEPT or not differs or not (one.own or one.beside):
            continue
        home = homes[after.question(key).level]
        if home == sheet.assessment_id and sheet.site_id is None and after.question(key).level is Level.SITE:
            continue  # the company's own sheet holds no answers of sites
        stored[key] = _answer(one, sheet.stored.get(key), home)
        touched[key] = (stored[key], one)
    for key in links.offered.keys() - touched.keys():
        standing = sheet.stored.get(key)
        # Where nobody answered yet, the offer needs a row whose mark can name it.
        if standing is None or standing.state is AnswerState.EMPTY:
            stored[key] = _answer(carries[key], standing, homes[after.question(key).level])
            touched[key] = (stored[key], carries[key])
    provisional = replace(sheet, questionnaire=after, stored=stored)
    facts, answers = provisional.applicability.facts, provisional.applicability.answers
    written = []
    for key, (answer, one) in touched.items():
        state = answer.state
        if state not in SAID:
            state = state_of(after.question(key), answer.parts, None, None, facts, answers)
        settled = answer._replace(state=state)
        before = sheet.stored.get(key)
        same = before is not None and (before.assessment_id, before.state, dict(before.parts)) == (
            settled.assessment_id,
            settled.state,
            dict(settled.parts),
        )
        if same and not one.waits and key not in links.offered:
            stored[key] = sheet.stored[key]
            continue
        stored[key] = settled
        written.append((settled, one))
    return Outlook(found, sheet, replace(provisional, stored=stored), carries, tuple(written), links)


def _answer(one: Carry, before: StoredAnswer | None, home: uuid.UUID) -> StoredAnswer:
    """The answer that is carried, one revision on where it stood already; empty where it is asked."""
    there = before.revision if before is not None and before.assessment_id == home else 0
    source: StoredAnswer | None = one.own.source if one.own else None
    if source is None:
        return StoredAnswer(one.question, home, AnswerState.EMPTY, {}, None, None, there + 1)
    return StoredAnswer(
        question=one.question,
        assessment_id=home,
        state=source.state,
        parts=dict(one.parts),
        note=source.note,
        reason=source.reason,
        revision=there + 1,
    )


# ------------------------------------------------------------------ the moves


def move_to_version(
    session: Session, assessment: Assessment, version: QuestionnaireVersion, *, by: Actor, at: datetime
) -> Outlook:
    """Move the round of ``assessment`` to ``version``; answers are carried as its changes say.

    Every answer that changes or waits for a word gets a revision, so nothing is overwritten and whoever types
    into the old version is told. Raises WrongActor unless ``by`` is an admin of the supplier; WrongState when
    part of the round has been handed in or taken back; Refused for a version of another questionnaire, an
    older one, or one whose changes nobody told.
    """
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    cycle, whole = _held(session, assessment)
    before, after = cycle.version, version
    if before.slug != after.slug or version_order(after.version) <= version_order(before.version):
        raise Refused(
            N_("Version %(version)s is not newer than this round's.", version=after.version),
            "A round moves to a newer version of its own questionnaire.",
            places=("version",),
        )
    session.flush()
    sheets = [read_sheet(session, one.id) for one in whole]
    questionnaire = questionnaire_of(session, after.id)[0]
    outlooks = {sheet.assessment_id: moved_sheet(sheet, sheets, questionnaire) for sheet in sheets}
    here = outlooks[assessment.id]
    if here.found.problems:
        raise Refused(
            N_(
                "What changed between version %(before)s and %(after)s is not told in full.",
                before=before.version,
                after=after.version,
            ),
            "Stay on this version, or ask the steward for one in between.",
        )
    links = {key: seen.links for key, seen in outlooks.items()}
    moved = move_links(session, here.found, whole, links)
    for one in whole:
        seen = outlooks[one.id]
        own = [(answer, how) for answer, how in seen.written if answer.assessment_id == one.id]
        for answer, how in own:
            present = session.get(Answer, (answer.assessment_id, answer.question), populate_existing=True)
            earlier = present.carried if present else None
            offers = seen.links.offered.get(answer.question, ())
            mark = mark_of(how, before.id, answer.revision, earlier, offers=offers)
            put(session, one.organization_id, answer, mark, by=by, at=at)
        levels = _levels_taken_back(session, one.id, seen.found)
        one.revision += 1
        record_event(
            session, EventKind.VERSION_MOVED, one, by=by, at=at, to=after.version, to_id=str(after.id),
            from_id=str(before.id), answers=_counted(own), levels=levels, **moved.get(one.id, {}),
            **{"from": before.version},
        )  # fmt: skip
    cycle.version_id = after.id
    session.flush()
    session.refresh(cycle)
    return here


def _counted(written: Iterable[Written]) -> dict[str, int]:
    """How many answers share a fate; what is written for an offer of evidence alone is none."""
    return dict(Counter(how.fate.value for _answer, how in written if how.own or how.beside))


def move_back(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> None:
    """Go back to the version before, while nobody has answered anything since the move.

    What the move wrote is written back as further revisions. Raises WrongActor as ``move_to_version`` does,
    WrongState when there was no move, something was answered since, or part of the round is handed in.
    """
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    cycle, whole = _held(session, assessment)
    move = last_move(session, assessment)
    if move is None:
        raise WrongState(
            "There is no move to go back from: something was answered since, or none was made.",
            "Each earlier answer is in its history.",
        )
    before = move.data["from_id"]
    for one in whole:
        for answer in session.scalars(select(Answer).where(Answer.assessment_id == one.id)).all():
            mark = answer.carried
            if mark and mark["revision"] == answer.revision and mark["version"] == before:
                _put_back(session, answer, by=by, at=at)
        own = move if move.subject_id == one.id else last_of(session, one.id, _MOVES)
        for topic, level in (own.data.get("levels", {}) if own else {}).items():
            row = _level(session, one.id, topic)
            if row is not None and row.self_level is None:
                row.self_level = level
        take_links_back(session, one.id, one.organization_id, own.data if own else {})
        one.revision += 1
        record_event(
            session, EventKind.VERSION_MOVED_BACK, one, by=by, at=at, to=move.data["from"], to_id=before,
            from_id=move.data["to_id"], **{"from": move.data["to"]},
        )  # fmt: skip
    cycle.version_id = uuid.UUID(before)
    session.flush()
    session.refresh(cycle)


def last_move(session: Session, assessment: Assessment) -> AuditEvent | None:
    """Return the move that can still be taken back: a draft's last, with no answer saved since."""
    if assessment.state is not AssessmentState.DRAFT:
        return None
    event = last_of(session, assessment.id, _MOVES)
    if event is None or event.kind is not EventKind.VERSION_MOVED:
        return None
    if event.data["to_id"] != str(assessment.cycle.version_id):
        return None
    ids = [one.id for one in _round(session, assessment.cycle_id)]
    later = select(Answer.question).where(Answer.assessment_id.in_(ids), Answer.updated_at > event.at)
    return None if session.execute(later.limit(1)).first() else event


def _put_back(session: Session, answer: Answer, *, by: Actor, at: datetime) -> None:
    """Write what stood before the mark as the next revision; a row that the move made becomes empty."""
    mark = answer.carried or {}
    was = session.get(AnswerRevision, (answer.assessment_id, answer.question, answer.revision - 1))
    back = StoredAnswer(
        question=answer.question,
        assessment_id=answer.assessment_id,
        state=was.state if was else AnswerState.EMPTY,
        parts=was.parts if was else {},
        note=was.note if was else None,
        reason=was.reason if was else None,
        revision=answer.revision + 1,
    )
    earlier = mark.get("before")
    if earlier is not None and earlier["revision"] == answer.revision - 1:
        earlier = {**earlier, "revision": back.revision}
    put(session, answer.organization_id, back, earlier, by=by, at=at)


def _held(session: Session, assessment: Assessment) -> tuple[Cycle, list[Assessment]]:
    """The round and its assessments, locked until the commit, all of them still being answered."""
    # The round first: a site that is just joining it is waited for, and moves with it.
    cycle = session.get_one(Cycle, assessment.cycle_id, with_for_update=True, populate_existing=True)
    whole = _round(session, assessment.cycle_id, lock=True)
    for one in whole:
        if one.state is not AssessmentState.DRAFT:
            raise WrongState(
                N_(
                    "This round stays on version %(version)s: part of it has been handed in or taken back.",
                    version=cycle.version.version,
                ),
                "Open a new round; it is asked under the newest version.",
            )
    return cycle, whole


def _round(session: Session, cycle_id: uuid.UUID, *, lock: bool = False) -> list[Assessment]:
    # The company's first, then by id: two who lock a round lock it in one order.
    statement = select(Assessment).where(Assessment.cycle_id == cycle_id).order_by(Assessment.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(statement).all())


def _levels_taken_back(session: Session, assessment_id: uuid.UUID, found: Diff) -> dict[str, int]:
    """Take back own levels whose ladder says that before and after are not comparable; return them."""
    taken: dict[str, int] = {}
    for topic in _not_comparable(found):
        row = _level(session, assessment_id, topic)
        if row is not None and row.self_level is not None:
            taken[topic], row.self_level = row.self_level, None
    return taken


def _not_comparable(found: Diff) -> Iterable[str]:
    return (one.topic for one in found.ladders if one.comparable is False)


def _level(session: Session, assessment_id: uuid.UUID, topic: str) -> Any:
    return session.scalars(
        select(TopicMaturity).where(
            TopicMaturity.assessment_id == assessment_id, TopicMaturity.topic == topic
        )
    ).first()
