"""Moving a round to another version of its questionnaire, and saying that carried answers are still true."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from assessments.assessment import Assessment
from assessments.authoring.versions import version_of
from assessments.parties import Audience
from assessments.policy import Action
from assessments.questionnaire.model import Question
from assessments.questionnaire.versions.diff import Fate
from assessments.rounds.carried import confirm, to_confirm
from assessments.rounds.kept import KeptAnswer, kept_answers
from assessments.rounds.moving import last_move, move_back, move_to_version, newer_version
from assessments.sheet.reading import read_sheet
from assessments.values.answers import AnswerState
from assessments.workflow import Invalid
from plumbline.api.answers import AnswerSaved, Why, saved_out
from plumbline.api.loading import OnTopic, load_answer, load_assessment, load_topic, unwrapped
from plumbline.api.operation import Call, Shape, operation
from plumbline.extensions import db
from plumbline.guard import now
from plumbline.ledger_lines import open_ledger
from plumbline.loading import OnSheet


class VersionIn(Shape):
    """The version to be asked under: a newer one of the same questionnaire.

    Or the one the round was moved from, while nothing was answered since.
    """

    version: Annotated[str, Field(min_length=1, max_length=20)]


class CarriedOut(Shape):
    """What became of one answer: carried, confirm, mapped, asked or kept."""

    question: str
    answer: Fate


class ConfirmedOut(Shape):
    """What was confirmed now, and what of the assessment still waits for a word."""

    confirmed: list[str]
    to_confirm: list[str]


class KeptOut(Shape):
    """An answer of a question that this version no longer asks, with its words as they were then.

    ``instead``: what to look at now; ``by``: who saved it, told to the supplier alone.
    """

    question: str
    text: str
    version: str
    level: str
    state: AnswerState
    parts: dict[str, Any]
    reason: str | None
    note: str | None
    revision: int
    saved_at: datetime
    by: str | None
    instead: list[str]


class VersionOut(Shape):
    """The version that an assessment is asked under. ``newer``: the newest it could move to, while it may."""

    assessment_id: uuid.UUID
    questionnaire: str
    version: str
    newer: str | None
    kept: list[KeptOut]


class MovedOut(Shape):
    """The round as it is asked now. ``to_confirm``: questions whose answers wait for a word."""

    assessment_id: uuid.UUID
    questionnaire: str
    version: str
    answers: list[CarriedOut]
    to_confirm: list[str]
    now_applies: list[Why]
    no_longer_applies: list[Why]


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/version",
    Action.SUPPLIER_ASSESSMENT_READ,
    Action.ASSESSOR_ASSESSMENT_READ,
    summary="The version asked, and answers of questions no longer asked",
    tag="assessments",
    load=load_assessment,
    returns=VersionOut,
    ledger=True,
)
def get_version(call: Call) -> VersionOut:
    """Return the version of the round, a newer one if there is one, and the answers kept from older ones."""
    found: Assessment = unwrapped(call.thing)
    session, own = db.session(), found.cycle.version
    reader = call.visitor.actor.audience
    if reader is not Audience.SUPPLIER:
        open_ledger(call.visitor, found, {"page": "kept"})
    newer = newer_version(session, found)
    return VersionOut(
        assessment_id=found.id,
        questionnaire=own.slug,
        version=own.version,
        newer=newer.version if newer else None,
        kept=[_kept(one) for one in kept_answers(session, found, reader=reader)],
    )


def _kept(one: KeptAnswer) -> KeptOut:
    return KeptOut(
        question=one.question.key,
        text=one.question.text,
        version=one.before.version,
        level=one.question.level.value,
        state=one.state,
        parts=dict(one.parts),
        reason=one.reason,
        note=one.note,
        revision=one.revision,
        saved_at=one.at,
        by=one.by or None,
        instead=list(one.instead),
    )


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/version",
    Action.SUPPLIER_ASSESSMENT_SUBMIT,
    summary="Move a round to another version",
    tag="assessments",
    load=load_assessment,
    body=VersionIn,
    returns=MovedOut,
)
def move_assessment(call: Call) -> MovedOut:
    """Move the whole round of this assessment; answers are carried as the version's changes say.

    The difference itself is public under /questionnaire/changes/{from}/{to}, as JSON with ?as=json.
    """
    found: Assessment = unwrapped(call.thing)
    session, by, at = db.session(), call.visitor.actor, now()
    wanted = version_of(session, found.cycle.version.slug, call.body.version)
    if wanted is None:
        raise Invalid("The round was not moved.", {"version": "no such version is published"})
    undone = last_move(session, found)
    if undone is not None and undone.data["from_id"] == str(wanted.id):
        move_back(session, found, by=by, at=at)
        return _moved(found, [], [], [])
    seen = move_to_version(session, found, wanted, by=by, at=at)
    answers = [
        CarriedOut(question=key, answer=one.fate)
        for key, one in seen.carries.items()
        if one.own or one.beside
    ]
    switched = seen.switched
    return _moved(found, answers, _why(switched.now_applies), _why(switched.no_longer_applies))


def _moved(found: Assessment, answers: list[CarriedOut], more: list[Why], fewer: list[Why]) -> MovedOut:
    session = db.session()
    session.flush()
    return MovedOut(
        assessment_id=found.id,
        questionnaire=found.cycle.version.slug,
        version=found.cycle.version.version,
        answers=answers,
        to_confirm=list(to_confirm(read_sheet(session, found.id))),
        now_applies=more,
        no_longer_applies=fewer,
    )


def _why(found: tuple[tuple[str, str], ...]) -> list[Why]:
    return [Why(question=key, reason=reason) for key, reason in found]


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/answers/<question>/confirmation",
    Action.SUPPLIER_ANSWER_SAVE,
    summary="Say that a carried answer is still true",
    tag="answers",
    load=load_answer,
    returns=AnswerSaved,
)
def post_confirmation(call: Call) -> AnswerSaved:
    """Confirm it as a revision of its own; an answer that waits for no word stays as it is."""
    on: OnSheet[Question] = call.thing
    sheet, _done = confirm(db.session(), on.sheet, [on.place.key], by=call.visitor.actor, at=now())
    return saved_out(sheet, on.place, (), ())


@operation(
    "POST",
    "/assessments/<uuid:assessment_id>/topics/<topic>/confirmation",
    Action.SUPPLIER_ANSWER_SAVE,
    summary="Say that a topic's carried answers are still true",
    tag="answers",
    load=load_topic,
    returns=ConfirmedOut,
)
def post_topic_confirmation(call: Call) -> ConfirmedOut:
    """Confirm every carried answer of the topic that is whole; each gets a revision of its own."""
    on: OnTopic = unwrapped(call.thing)
    session = db.session()
    sheet = read_sheet(session, on.assessment.id)
    keys = [question.key for question in on.topic.questions]
    sheet, done = confirm(session, sheet, keys, by=call.visitor.actor, at=now())
    return ConfirmedOut(confirmed=list(done), to_confirm=list(to_confirm(sheet)))
