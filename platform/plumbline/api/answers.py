"""Answers: the whole sheet of an assessment, and one answer saved at a time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import request
from pydantic import Field

from assessments.assessment import Assessment, AssessmentState
from assessments.overviews.workbench import SeenQuestion
from assessments.policy import Action
from assessments.questionnaire.asking.certificates import Certificate
from assessments.questionnaire.model import Question
from assessments.sentences import N_
from assessments.sheet.answering import Offered, profile_seen
from assessments.sheet.certificates import proposed, recognised
from assessments.sheet.contents import AnswerSheet, LinkedEvidence, SectionProgress, StoredAnswer
from assessments.values.answers import AnswerState
from assessments.verification.assignment import Basis
from assessments.verification.finding import FindingState
from plumbline.api.loading import load_answer_to_save, load_answers, unwrapped, version_named
from plumbline.api.operation import Call, PreconditionRequired, Shape, operation
from plumbline.guard import now
from plumbline.ledger_lines import open_ledger
from plumbline.loading import ToSave
from plumbline.loading.assigned import case_of

Reasons = tuple[tuple[str, str], ...]
"""Questions and why each is asked or not."""


class AnswerIn(Shape):
    """An answer. ``state`` says what the parts cannot: not_applicable (with ``reason``), not_known, withheld;
    the other states follow from the parts."""

    state: AnswerState | None = None
    parts: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
    note: str | None = Field(None, description="a remark for the assessor")


class Why(Shape):
    """A question that a rule switched, and the rule as a sentence."""

    question: str
    reason: str


class Progress(Shape):
    """How far one section is."""

    asked: int
    settled: int
    incomplete: int


class AnswerSaved(Shape):
    """What became of it. ``etag`` is what the next save of this answer sends as If-Match."""

    question: str
    state: AnswerState
    revision: int
    etag: str
    progress: dict[str, Progress]
    now_applies: list[Why]
    no_longer_applies: list[Why]


class EvidenceLink(Shape):
    """A document linked to an answer, at the version that counts."""

    document_id: uuid.UUID | None
    version_id: uuid.UUID
    title: str
    file_name: str
    media_type: str
    size: int
    ends_on: date | None


class CheckOut(Shape):
    """One way in which an answer was checked; checked twice the same way, the later date stands."""

    basis: Basis
    worker_voice: bool
    verified_at: datetime


class FirmNote(Shape):
    """A note that the firm alone reads."""

    text: str
    written_at: datetime


class CertificateOut(Shape):
    """A certificate or outside assessment that covers what is asked, as the supplier stated it.

    ``clause``: where its scheme looks at it; ``stated_in``: the question that states it; ``checked_at``: when
    that answer was checked last, null while nobody did.
    """

    scheme: str
    number: str
    scope: str
    issuer: str
    until: date | None
    clause: str
    stated_in: str
    checked_at: datetime | None = None


class AnswerOut(Shape):
    """The current answer to a question that is asked here. ``etag``: see If-Match of the save.

    ``to_confirm``: it was carried over from another version or round and waits for a word (see its
    confirmation). ``covered_by``: recognised certificates; ``offered``: parts that they offer and that count
    once they are saved, null for none. For whom checks the case: ``checks`` is how it was verified, each
    basis with its date, ``before`` the parts first submitted where a clarification changed them,
    ``firm_notes`` what the own firm wrote.
    """

    question: str
    topic: str
    level: str
    because: str
    state: AnswerState
    parts: dict[str, Any]
    note: str | None
    reason: str | None
    revision: int
    etag: str
    updated_at: datetime | None
    writable: bool
    to_confirm: bool = False
    evidence: list[EvidenceLink]
    covered_by: list[CertificateOut] = []
    offered: dict[str, Any] | None = None
    checks: list[CheckOut] = []
    before: dict[str, Any] | None = None
    firm_notes: list[FirmNote] = []


class AnswersOut(Shape):
    """Every question that is asked, in order, with its answer; and those that are not, with the reason.

    Whoever checks the case reads what was submitted last, the supplier what stands now.
    """

    assessment_id: uuid.UUID
    company_assessment_id: uuid.UUID | None
    state: AssessmentState
    progress: dict[str, Progress]
    answers: list[AnswerOut]
    not_asked: list[Why]


_CHECK = tuple(CheckOut.model_fields)


def etag_of(question: Question, revision: int, parts: Mapping[str, Any]) -> str:
    """The version of an answer: its revision, and a digest of the parts that live in the profile.

    Those change on the pages of the profile too, without a revision of the answer.
    """
    profile = profile_seen(question, parts)
    return f"{revision}-{profile}" if profile else str(revision)


@operation(
    "PUT",
    "/assessments/<uuid:assessment_id>/answers/<question>",
    Action.SUPPLIER_ANSWER_SAVE,
    summary="Save one answer",
    tag="answers",
    load=load_answer_to_save,
    body=AnswerIn,
    returns=AnswerSaved,
    edits=True,
    at_once=version_named,
)
def put_answer(call: Call) -> AnswerSaved:
    """Save one answer; what it switches on or off comes back with the reason.

    If-Match is needed once something stands there (428); somebody else's newer save answers 412 with both.
    """
    on: ToSave = call.thing
    given: AnswerIn = call.body
    before = on.sheet.answer(on.place.key)
    profile = profile_seen(on.place, before.parts)
    offered = Offered(
        parts=given.parts,
        revision=_seen(call, before, profile),
        state=given.state,
        reason=given.reason,
        note=given.note,
        profile=call.digest,
    )
    saved = on.save(offered, by=call.visitor.actor, at=now())
    return saved_out(saved.sheet, on.place, saved.changed.now_applies, saved.changed.no_longer_applies)


def saved_out(
    sheet: AnswerSheet, question: Question, now_applies: Reasons, no_longer: Reasons
) -> AnswerSaved:
    """An answer after a save, with what that switched on and off."""
    answer = sheet.answer(question.key)
    return AnswerSaved.model_construct(
        question=question.key,
        state=answer.state,
        revision=answer.revision,
        etag=etag_of(question, answer.revision, answer.parts),
        progress=_progress(sheet.progress),
        now_applies=_why(now_applies),
        no_longer_applies=_why(no_longer),
    )


def _seen(call: Call, before: StoredAnswer, profile: str) -> int:
    """The revision that the caller saw. Unseen, only what nobody saved yet may be written."""
    if call.if_match is not None and (call.digest is not None or not profile):
        return call.if_match
    if before.revision == 0 and not before.parts:
        return 0
    raise PreconditionRequired(
        "This was saved before; say which version you saw.",
        N_(
            'Read %(path)s and send its etag in If-Match; now it is "%(etag)s".',
            path=request.path.rpartition("/")[0],
            etag=f"{before.revision}{'-' + profile if profile else ''}",
        ),
    )


@operation(
    "GET",
    "/assessments/<uuid:assessment_id>/answers",
    Action.SUPPLIER_ASSESSMENT_READ,
    Action.ASSESSOR_ASSESSMENT_READ,
    Action.STEWARD_REVIEW_DECIDE,
    Action.STEWARD_DISPUTE_DECIDE,
    summary="Every question asked, with its answer",
    tag="answers",
    load=load_answers,
    returns=AnswersOut,
    ledger=True,
)
def get_answers(call: Call) -> AnswersOut:
    """Return the sheet: what is asked and why, the answers and their evidence, and what is not asked.

    A reviewer reads it while the case is in review, appeal the questions of findings that are disputed.
    """
    if not isinstance(call.thing, AnswerSheet):
        return _as_submitted(call, unwrapped(call.thing))
    sheet = call.thing
    return AnswersOut(
        assessment_id=sheet.assessment_id,
        company_assessment_id=sheet.company_assessment_id,
        state=sheet.state,
        progress=_progress(sheet.progress),
        answers=[_answer(sheet, key, now().date()) for key in sheet.applicability.asked],
        not_asked=_why(tuple(sheet.applicability.not_asked.items())),
    )


def _as_submitted(call: Call, assessment: Assessment) -> AnswersOut:
    case = case_of(call.visitor, assessment)
    shown = [seen for topic in case.topics for seen in topic.questions]
    if call.action is Action.STEWARD_DISPUTE_DECIDE:
        disputed = [found for found in case.findings if found.state is FindingState.DISPUTED]
        about = {key for found in disputed for key in found.questions}
        shown = [seen for seen in shown if seen.key in about]
    open_ledger(call.visitor, assessment, {"page": "answers"})
    return AnswersOut(
        assessment_id=assessment.id,
        company_assessment_id=None,
        state=assessment.state,
        progress={},
        answers=[_submitted(seen) for seen in shown],
        not_asked=[],
    )


def _answer(sheet: AnswerSheet, key: str, today: date) -> AnswerOut:
    answer, question = sheet.answer(key), sheet.questionnaire.question(key)
    held, proposal = recognised(sheet, today), proposed(sheet, question, today)
    return AnswerOut(
        question=key,
        topic=question.topic,
        level=question.level.value,
        because=sheet.applicability.asked[key],
        state=answer.state,
        parts=dict(answer.parts),
        note=answer.note,
        reason=answer.reason,
        revision=answer.revision,
        etag=etag_of(question, answer.revision, answer.parts),
        updated_at=answer.updated_at,
        writable=sheet.writable(key),
        to_confirm=sheet.waits(key),
        evidence=[_link(linked) for linked in sheet.evidence.get(key, ())],
        covered_by=[_certificate(certificate, key, held.held_in) for certificate in held.covering(question)],
        offered=dict(proposal.parts) if proposal is not None else None,
    )


def _certificate(certificate: Certificate, key: str, stated_in: str) -> CertificateOut:
    return CertificateOut(
        scheme=certificate.scheme,
        number=certificate.number,
        scope=certificate.scope,
        issuer=certificate.issuer,
        until=certificate.until,
        clause=certificate.kind.touches[key],
        stated_in=stated_in,
    )


def _submitted(seen: SeenQuestion) -> AnswerOut:
    return AnswerOut(
        question=seen.key,
        topic=seen.question.topic,
        level=seen.question.level.value,
        because=seen.because,
        state=seen.state,
        parts=dict(seen.parts),
        note=seen.note,
        reason=seen.reason,
        revision=0,
        etag="",
        updated_at=None,
        writable=False,
        evidence=[
            EvidenceLink(
                document_id=None,
                version_id=pinned.version_id,
                title=pinned.title,
                file_name=pinned.file_name,
                media_type=pinned.media_type,
                size=pinned.size,
                ends_on=pinned.ends_on,
            )
            for pinned in seen.evidence
        ],
        covered_by=[CertificateOut(**asdict(certificate)) for certificate in seen.certificates],
        checks=[CheckOut(**{name: getattr(each, name) for name in _CHECK}) for each in seen.checks],
        before=dict(seen.before["parts"]) if seen.before else None,
        firm_notes=[FirmNote(text=note.text, written_at=note.written_at) for note in seen.notes],
    )


def _link(linked: LinkedEvidence) -> EvidenceLink:
    names = EvidenceLink.model_fields
    return EvidenceLink(**{name: getattr(linked, name) for name in names})


def _progress(found: Mapping[str, SectionProgress]) -> dict[str, Progress]:
    return {key: _of_section(one) for key, one in found.items()}


@lru_cache(maxsize=4096)
def _of_section(one: SectionProgress) -> Progress:
    # A save tells all sections, and all but one stand as they stood.
    return Progress.model_construct(asked=one.asked, settled=one.settled, incomplete=one.incomplete)


def _why(found: Reasons) -> list[Why]:
    return [Why.model_construct(question=key, reason=reason) for key, reason in found]
