"""A new round begins with the answers that were handed in last, each to be confirmed: time has passed since.

The source is the snapshot, so what was changed and not handed in stays behind, and what is shown beside is
what others read at the time. Under a newer version the answers follow what its changes say.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.assessment import AnswerEvidence, Assessment, AssessmentState, Snapshot, record_event
from assessments.audit.events import EventKind
from assessments.authoring.versions import version_of
from assessments.parties import SUPPLIER_ADMIN, Actor, check_supplier
from assessments.questionnaire.model import Question
from assessments.questionnaire.versions.carrying import Carry, Given, carry
from assessments.questionnaire.versions.diff import Diff, Fate, diff
from assessments.rounds.carried import fits, mark_of, put
from assessments.rounds.carried_links import Offer, sources_of
from assessments.sentences import N_
from assessments.sheet.contents import AnswerSheet, StoredAnswer
from assessments.sheet.reading import questionnaire_of, read_sheet
from assessments.sheet.snapshot import frozen
from assessments.values.answers import SAID, AnswerState, state_of
from assessments.workflow import Refused, WrongState


@dataclass(frozen=True)
class Earlier:
    """What was handed in last for a site: in which round, under which version, how many answers."""

    snapshot: Snapshot
    cycle: str
    version_id: uuid.UUID
    version: str
    content: Mapping[str, Any]


def last_handed_in(session: Session, site_id: uuid.UUID, *, but: uuid.UUID | None = None) -> Earlier | None:
    """Return what was submitted last for the site in another assessment than ``but``; None for the first."""
    snapshot = session.scalars(
        select(Snapshot)
        .join(Assessment, Assessment.id == Snapshot.assessment_id)
        .where(Assessment.site_id == site_id, Assessment.id != (but or uuid.UUID(int=0)))
        .order_by(Snapshot.taken_at.desc(), Snapshot.number.desc())
        .limit(1)
    ).first()
    if snapshot is None:
        return None
    content = frozen(snapshot)
    row = version_of(session, content["questionnaire"]["slug"], content["questionnaire"]["version"])
    if row is None:  # a version is never taken out; a restored database may lack one
        return None
    return Earlier(snapshot, content["cycle"], row.id, row.version, content)


def take_over(session: Session, assessment: Assessment, *, by: Actor, at: datetime) -> tuple[str, ...]:
    """Take the answers handed in last over into ``assessment``; return the keys that got something.

    Only where nothing stands yet, so the company's answers come with the first site that takes over. Evidence
    is linked again. Raises WrongActor unless ``by`` is an admin of the supplier; WrongState when the
    assessment is no longer being answered; Refused when nothing was handed in before, or what changed since
    is not told.
    """
    check_supplier(by, assessment.organization_id, roles=SUPPLIER_ADMIN)
    session.scalars(
        select(Assessment)
        .where(Assessment.cycle_id == assessment.cycle_id)
        .order_by(Assessment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if assessment.site_id is None or assessment.state is not AssessmentState.DRAFT:
        raise WrongState(
            "Answers are taken over while a site's assessment is being answered.",
            "Open the new round of the site first.",
        )
    earlier = last_handed_in(session, assessment.site_id, but=assessment.id)
    if earlier is None:
        raise Refused("Nothing was handed in for this site before.", "Answer the questions.")
    session.flush()
    sheet = read_sheet(session, assessment.id)
    before = questionnaire_of(session, earlier.version_id)[0]
    found = diff(before, sheet.questionnaire)
    if found.problems:
        raise Refused(
            N_(
                "What changed between version %(before)s and %(after)s is not told in full.",
                before=before.version,
                after=sheet.questionnaire.version,
            ),
            "Answer the questions anew.",
        )
    given = {
        answer["question"]: (_given(answer),)
        for answer in earlier.content["answers"]
        if answer["state"] != AnswerState.EMPTY.value
    }
    offers = _offers(found, earlier)
    written = _written(sheet, carry(found, given, fits, confirm_all=True), offers)
    for answer, one in written:
        offered = offers.get(answer.question, ())
        mark = mark_of(one, earlier.version_id, answer.revision, offers=offered)
        put(session, assessment.organization_id, answer, mark, by=by, at=at)
    linked = _link_again(session, sheet, earlier, {answer.question for answer, _one in written}, by=by, at=at)
    assessment.revision += 1
    record_event(
        session, EventKind.ANSWERS_TAKEN_OVER, assessment, by=by, at=at, before=earlier.cycle,
        from_id=str(earlier.version_id), snapshot=str(earlier.snapshot.id),
        answers=sum(one.own is not None for _answer, one in written), evidence=linked,
    )  # fmt: skip
    session.flush()
    return tuple(answer.question for answer, _one in written)


def _given(answer: Mapping[str, Any]) -> Given:
    state = AnswerState(answer["state"])
    source = StoredAnswer(
        question=answer["question"],
        assessment_id=uuid.UUID(answer["assessment_id"]),
        state=state,
        parts=answer["parts"],
        note=answer["note"],
        reason=answer["reason"],
        revision=answer["revision"],
    )
    return Given(source.question, source.parts, state in SAID, source)


def _offers(found: Diff, earlier: Earlier) -> dict[str, tuple[Offer, ...]]:
    """By question of the newer version, the documents of those that it came of."""
    documents = {pin["version_id"]: uuid.UUID(pin["document_id"]) for pin in earlier.content["evidence"]}
    linked = {
        answer["question"]: [documents[version] for version in answer["evidence"]]
        for answer in earlier.content["answers"]
    }
    offers = {}
    for change in found.questions:
        if change.after is not None:
            named = [(key, document) for key in sources_of(found, change) for document in linked.get(key, ())]
            if named:
                offers[change.key] = tuple(dict.fromkeys(named))
    return offers


def _written(
    sheet: AnswerSheet, carries: tuple[Carry, ...], offers: Mapping[str, tuple[Offer, ...]]
) -> list[tuple[StoredAnswer, Carry]]:
    """The first answers of the new round, each with the state it has among the others."""
    first: dict[str, tuple[StoredAnswer, Carry]] = {}
    for one in carries:
        waits = one.waits or one.question in offers
        if one.fate is Fate.KEPT or not waits or one.question in sheet.stored:
            continue
        question = sheet.questionnaire.question(one.question)
        parts = _own_parts(question, one)
        source: StoredAnswer | None = one.own.source if one.own else None
        if source is not None and not parts and source.state not in SAID:
            continue  # all of it lives in the profile
        first[one.question] = (
            StoredAnswer(
                question=one.question,
                assessment_id=sheet.home_of(question),
                state=source.state if source else AnswerState.EMPTY,
                parts=parts,
                note=source.note if source else None,
                reason=source.reason if source else None,
                revision=1,
            ),
            one,
        )
    after = replace(sheet, stored={**sheet.stored, **{key: answer for key, (answer, _one) in first.items()}})
    facts, answers = after.applicability.facts, after.applicability.answers
    written = []
    for key, (answer, one) in first.items():
        state = answer.state
        if state not in SAID:
            state = state_of(sheet.questionnaire.question(key), answer.parts, None, None, facts, answers)
        written.append((answer._replace(state=state), one))
    return written


def _own_parts(question: Question, one: Carry) -> dict[str, Any]:
    bound = {part.key for part in question.parts if part.bind is not None}
    return {key: value for key, value in one.parts.items() if key not in bound}


def _link_again(
    session: Session, sheet: AnswerSheet, earlier: Earlier, keys: set[str], *, by: Actor, at: datetime
) -> int:
    """Link the documents of the answers that came over; the draft follows their newest version."""
    documents = {pin["version_id"]: uuid.UUID(pin["document_id"]) for pin in earlier.content["evidence"]}
    linked = 0
    for answer in earlier.content["answers"]:
        if answer["question"] not in keys:
            continue
        home = sheet.home_of(sheet.questionnaire.question(answer["question"]))
        for document_id in dict.fromkeys(documents[version] for version in answer["evidence"]):
            place = (home, answer["question"], document_id)
            if session.get(AnswerEvidence, place) is None:
                session.add(
                    AnswerEvidence(
                        assessment_id=home,
                        question=answer["question"],
                        document_id=document_id,
                        organization_id=sheet.organization_id,
                        linked_at=at,
                        linked_by=by.person_id,
                    )
                )
                linked += 1
    return linked
