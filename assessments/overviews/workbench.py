"""What somebody who checks a case reads: answers as submitted, beside evidence, checks, findings and talk.

Frozen read models over the latest snapshot, in a fixed number of statements. They hold everything of the
case; who may be shown them is for ``assessments.policy`` and the door.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from assessments.actions.action import ActionEvidence, CorrectiveAction
from assessments.assessment import Assessment, Snapshot
from assessments.evidence.documents import Document, DocumentVersion
from assessments.questionnaire.languages.translation import Tell, as_written
from assessments.questionnaire.model import Question, Questionnaire, Section, Topic
from assessments.sheet.certificates import StatedCertificate, stated_certificates
from assessments.sheet.reading import questionnaire_of
from assessments.values.answers import AnswerState
from assessments.verification.assignment import AnswerVerification, TopicMaturity
from assessments.verification.clarification import Clarification
from assessments.verification.finding import Finding, FindingState
from assessments.verification.notes import AssessorNote


@dataclass(frozen=True)
class PinnedEvidence:
    """A document version as the snapshot pinned it, with where its bytes are now.

    ``state`` and ``verdict`` are empty when the reader's tenant no longer sees the version.
    """

    version_id: uuid.UUID
    title: str
    file_name: str
    media_type: str
    size: int
    ends_on: date | None
    state: str
    verdict: str

    @property
    def picture(self) -> bool:
        """Whether a re-encoded preview can be shown in the page."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class SeenQuestion:
    """One question as handed in, with what was done about it since.

    ``before`` is the answer of the first snapshot where a clarification changed it; ``reopened``: it is
    with the supplier now; ``certificates``: those that covered it on the day, as the supplier stated them.
    """

    question: Question
    because: str
    state: AnswerState
    parts: Mapping[str, Any]
    reason: str | None
    note: str | None
    evidence: tuple[PinnedEvidence, ...]
    checks: tuple[AnswerVerification, ...]
    notes: tuple[AssessorNote, ...]
    clarifications: tuple[Clarification, ...]
    before: Mapping[str, Any] | None
    reopened: bool
    certificates: tuple[StatedCertificate, ...] = ()

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key


@dataclass(frozen=True)
class SeenTopic:
    """One topic with its asked questions, its maturity and what was found in it."""

    topic: Topic
    section: Section
    questions: tuple[SeenQuestion, ...]
    maturity: TopicMaturity | None
    findings: tuple[Finding, ...]
    cited: tuple[PinnedEvidence, ...] = ()

    @property
    def key(self) -> str:
        """The topic's key."""
        return self.topic.key

    @property
    def checked(self) -> int:
        """How many of its questions were checked at least once."""
        return sum(bool(question.checks) for question in self.questions)

    @property
    def grades(self) -> dict[str, int]:
        """How many findings of each grade it has, without those that the appeal dropped."""
        kept = [one.grade.value for one in self.findings if one.state is not FindingState.DISMISSED]
        return dict(Counter(kept))

    @property
    def evidence(self) -> tuple[PinnedEvidence, ...]:
        """Each document of its questions once, in the order met, and what its findings rest on."""
        handed_in = (pinned for question in self.questions for pinned in question.evidence)
        return tuple({pinned.version_id: pinned for pinned in (*handed_in, *self.cited)}.values())

    @property
    def references(self) -> tuple[str, ...]:
        """The elements of standards that its questions are mapped to, in order, each once."""
        return tuple(dict.fromkeys(key for seen in self.questions for key in seen.question.mappings))


@dataclass(frozen=True)
class SeenCase:
    """The whole of a submitted assessment, for the firm that checks it or the steward's second reader."""

    assessment: Assessment
    questionnaire: Questionnaire
    snapshot: Snapshot
    organization: Mapping[str, Any]
    site: Mapping[str, Any]
    topics: tuple[SeenTopic, ...]
    findings: tuple[Finding, ...]
    actions: tuple[CorrectiveAction, ...]
    clarifications: tuple[Clarification, ...]
    evidence: Mapping[uuid.UUID, PinnedEvidence] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> dict[str, SeenTopic]:
        """Topics by key."""
        return {topic.key: topic for topic in self.topics}

    @cached_property
    def sections(self) -> list[tuple[Section, list[SeenTopic]]]:
        """Sections in order with those of their topics that ask something here."""
        grouped: dict[str, list[SeenTopic]] = {}
        for topic in self.topics:
            grouped.setdefault(topic.section.key, []).append(topic)
        return [(topics[0].section, topics) for topics in grouped.values()]

    @property
    def asked(self) -> int:
        """How many questions were asked here."""
        return sum(len(topic.questions) for topic in self.topics)

    @property
    def checked(self) -> int:
        """How many of them were checked at least once."""
        return sum(topic.checked for topic in self.topics)

    @property
    def without_level(self) -> list[SeenTopic]:
        """Rated topics without a verified level yet."""
        return [
            topic
            for topic in self.topics
            if topic.topic.rated and (topic.maturity is None or topic.maturity.verified_level is None)
        ]

    @property
    def unchecked(self) -> list[SeenTopic]:
        """Topics with answers that nobody checked yet."""
        return [topic for topic in self.topics if topic.checked < len(topic.questions)]

    @property
    def unfinished(self) -> bool:
        """Whether answers are unchecked or rated topics without a level: allowed, and said before sending."""
        return bool(self.unchecked or self.without_level)

    def actions_of(self, finding: Finding) -> list[CorrectiveAction]:
        """The actions of one finding, in order."""
        return [action for action in self.actions if action.finding_id == finding.id]


def read_case(
    session: Session, assessment: Assessment, *, firm_id: uuid.UUID | None = None, tell: Tell = as_written
) -> SeenCase:
    """Read a submitted assessment as it was handed in last. ``firm_id``: whose private notes come along.

    ``tell`` says the questions in the reader's language; answers and findings stay as they were written.
    Raises LookupError when nothing was submitted. Ten statements, whatever the size, and one more where a
    finding rests on what the latest submission no longer holds.
    """
    snapshots = session.scalars(
        select(Snapshot).where(Snapshot.assessment_id == assessment.id).order_by(Snapshot.number)
    ).all()
    if not snapshots:
        raise LookupError(f"assessment {assessment.id} was not submitted")
    content = json.loads(snapshots[-1].content)
    first = json.loads(snapshots[0].content) if len(snapshots) > 1 else {"answers": []}
    earlier = {answer["question"]: answer for answer in first["answers"]}
    questionnaire = tell(questionnaire_of(session, assessment.cycle.version_id)[0])
    findings = read_findings(session, assessment.id)
    talks = select(Clarification).where(Clarification.assessment_id == assessment.id)
    clarifications = session.scalars(talks.order_by(Clarification.asked_at)).all()
    evidence = _pinned(session, content["evidence"])
    cited = set().union(*(cited_versions(finding.evidence) for finding in findings)) - evidence.keys()
    evidence.update(_cited(session, cited))
    rated = select(TopicMaturity).where(TopicMaturity.assessment_id == assessment.id)
    maturity = {row.topic: row for row in session.scalars(rated)}
    verified = select(AnswerVerification).where(AnswerVerification.assessment_id == assessment.id)
    checks = _grouped(session.scalars(verified.order_by(AnswerVerification.verified_at)).all())
    beside = _Beside(
        evidence=evidence,
        earlier=earlier,
        asked=content["asked"],
        checks=checks,
        notes=_grouped(_notes(session, assessment.id, firm_id)),
        clarifications=clarifications,
        certificates=stated_certificates(
            content, questionnaire, {k: v[-1].verified_at for k, v in checks.items()}
        ),
    )
    answers = {answer["question"]: answer for answer in content["answers"]}
    topics = []
    for section in questionnaire.sections:
        for topic in section.topics:
            seen = tuple(_seen(q, answers[q.key], beside) for q in topic.questions if q.key in answers)
            if seen:
                found = tuple(finding for finding in findings if finding.topic == topic.key)
                rests = sorted(set().union(*(cited_versions(finding.evidence) for finding in found)))
                pins = tuple(evidence[version_id] for version_id in rests if version_id in evidence)
                topics.append(SeenTopic(topic, section, seen, maturity.get(topic.key), found, pins))
    return SeenCase(
        assessment=assessment,
        questionnaire=questionnaire,
        snapshot=snapshots[-1],
        organization=content["organization"],
        site=content["site"],
        topics=tuple(topics),
        findings=tuple(findings),
        actions=tuple(read_actions(session, assessment.id)),
        clarifications=tuple(clarifications),
        evidence=evidence,
    )


def cited_versions(evidence: Sequence[Mapping[str, Any]]) -> set[uuid.UUID]:
    """Ids of the versions that a finding's ``evidence`` names."""
    return {uuid.UUID(str(each["version_id"])) for each in evidence}


def behind_action(action: CorrectiveAction) -> set[uuid.UUID]:
    """Ids of the versions that an action was proved with, or that its finding rests on."""
    return {given.version_id for given in action.evidence} | cited_versions(action.finding.evidence)


def read_findings(session: Session, assessment_id: uuid.UUID) -> list[Finding]:
    """The findings of an assessment with their replies, in order; two statements."""
    return list(
        session.scalars(
            select(Finding)
            .where(Finding.assessment_id == assessment_id)
            .options(selectinload(Finding.replies))
            .order_by(Finding.id)
        )
    )


def read_actions(session: Session, assessment_id: uuid.UUID) -> list[CorrectiveAction]:
    """The actions of an assessment with talk, closure evidence and dates, in order; four statements."""
    return list(session.scalars(actions_whole().where(CorrectiveAction.assessment_id == assessment_id)))


def actions_whole() -> Select[CorrectiveAction]:
    """Select actions with finding, talk, closure evidence and dates, in order; four statements."""
    return (
        select(CorrectiveAction)
        .options(
            joinedload(CorrectiveAction.finding),
            selectinload(CorrectiveAction.remarks),
            selectinload(CorrectiveAction.evidence).joinedload(ActionEvidence.version),
            selectinload(CorrectiveAction.dates),
        )
        .order_by(CorrectiveAction.id)
    )


def read_named(session: Session, finding: Finding) -> list[tuple[DocumentVersion, str]]:
    """The versions a finding rests on, each with the page named ("" for none); one statement."""
    pages = {uuid.UUID(str(each["version_id"])): str(each.get("page") or "") for each in finding.evidence}
    versions = session.scalars(select(DocumentVersion).where(DocumentVersion.id.in_(list(pages))))
    return [(version, pages[version.id]) for version in versions]


@dataclass(frozen=True)
class _Beside:
    """What stands beside the answers, each found by question key."""

    evidence: Mapping[uuid.UUID, PinnedEvidence]
    earlier: Mapping[str, Mapping[str, Any]]
    asked: Mapping[str, str]
    checks: Mapping[str, tuple[AnswerVerification, ...]]
    notes: Mapping[str, tuple[AssessorNote, ...]]
    clarifications: Sequence[Clarification]
    certificates: Mapping[str, tuple[StatedCertificate, ...]]


def _seen(question: Question, answer: Mapping[str, Any], beside: _Beside) -> SeenQuestion:
    key = question.key
    talks = tuple(asked for asked in beside.clarifications if key in asked.questions)
    before = beside.earlier.get(key)
    changed = before is not None and before["revision"] != answer["revision"]
    return SeenQuestion(
        question=question,
        because=beside.asked.get(key, ""),
        state=AnswerState(answer["state"]),
        parts=answer["parts"],
        reason=answer["reason"],
        note=answer["note"],
        evidence=tuple(
            beside.evidence[uuid.UUID(version_id)]
            for version_id in answer["evidence"]
            if uuid.UUID(version_id) in beside.evidence
        ),
        checks=beside.checks.get(key, ()),
        notes=beside.notes.get(key, ()),
        clarifications=talks,
        before=before if changed else None,
        reopened=any(asked.answered_at is None for asked in talks),
        certificates=beside.certificates.get(key, ()),
    )


def _pinned(session: Session, pins: Sequence[Mapping[str, Any]]) -> dict[uuid.UUID, PinnedEvidence]:
    ids = [uuid.UUID(pin["version_id"]) for pin in pins]
    now = {
        row.id: row
        for row in session.execute(
            select(DocumentVersion.id, DocumentVersion.state, DocumentVersion.scan_verdict).where(
                DocumentVersion.id.in_(ids)
            )
        )
    }
    found = {}
    for pin in pins:
        version_id = uuid.UUID(pin["version_id"])
        row = now.get(version_id)
        found[version_id] = PinnedEvidence(
            version_id=version_id,
            title=pin["title"],
            file_name=pin["file_name"],
            media_type=pin["media_type"],
            size=pin["size"],
            ends_on=date.fromisoformat(pin["ends_on"]) if pin["ends_on"] else None,
            state=row.state if row else "",
            verdict=row.scan_verdict if row else "",
        )
    return found


def _cited(session: Session, cited: set[uuid.UUID]) -> dict[uuid.UUID, PinnedEvidence]:
    """Versions of an earlier submission that a finding rests on and the latest no longer holds."""
    if not cited:
        return {}
    rows = session.execute(
        select(DocumentVersion, Document.title)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(DocumentVersion.id.in_(cited))
    )
    return {
        version.id: PinnedEvidence(
            version.id, title, version.file_name, version.media_type, version.size, version.ends_on,
            version.state, version.scan_verdict,
        )
        for version, title in rows
    }  # fmt: skip


def _notes(session: Session, assessment_id: uuid.UUID, firm_id: uuid.UUID | None) -> Sequence[AssessorNote]:
    if firm_id is None:
        return ()
    return session.scalars(
        select(AssessorNote)
        .where(AssessorNote.assessment_id == assessment_id, AssessorNote.firm_id == firm_id)
        .order_by(AssessorNote.written_at)
    ).all()


def _grouped(rows: Sequence[Any]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        grouped[row.question] = (*grouped.get(row.question, ()), row)
    return grouped
