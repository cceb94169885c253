"""What a result says: the whole, as the supplier's file holds it, and the parts that disclosures give.

The whole names firm and accreditation number and no person. A part holds one layer of one topic and nothing
of any other topic, so that what is not granted looks like what does not exist (DESIGN.md 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assessments.actions.action import SETTLED, ActionState, CorrectiveAction
from assessments.assessment import Assessment
from assessments.questionnaire.model import Grade, Question, Questionnaire, Topic
from assessments.result import Layer
from assessments.sharing.disclosure import ALL_TOPICS
from assessments.sheet.snapshot import instant
from assessments.values.answers import AnswerState
from assessments.verification.assignment import AnswerVerification, Assignment, Basis, TopicMaturity
from assessments.verification.finding import Finding, FindingState, ReplyKind

FORMAT = "plumbline-result-content/1"
SELF_DECLARED = "self-declared, not checked"
"""What a result without an assessor is called wherever it shows."""

NO_REPLY = "no reply"
SAYS_NOTHING = frozenset({AnswerState.NOT_APPLICABLE, AnswerState.NOT_KNOWN, AnswerState.WITHHELD})
"""States whose parts, if any were typed before, are nobody else's to read."""

Part = tuple[Layer, str, dict[str, Any]]


@dataclass(frozen=True)
class Material:
    """Everything a result is made of, read in the publishing transaction. ``snapshot`` is its content."""

    assessment: Assessment
    questionnaire: Questionnaire
    snapshot: Mapping[str, Any]
    snapshot_sha256: str
    maturity: Mapping[str, TopicMaturity]
    checked: Mapping[str, Sequence[AnswerVerification]]
    findings: Sequence[Finding]
    actions: Sequence[CorrectiveAction]
    assignment: Assignment | None
    firm_name: str | None
    accreditation: str | None

    @property
    def topics(self) -> list[Topic]:
        """The topics of which something was asked; the others have no part at all."""
        asked = {self.questionnaire.question(key).topic for key in self.snapshot["asked"]}
        return [topic for topic in self.questionnaire.topics if topic.key in asked]

    @property
    def published_findings(self) -> list[Finding]:
        """Shared findings, without those that the appeal dismissed: these were never so."""
        hidden = {FindingState.DRAFT, FindingState.DISMISSED}
        return [finding for finding in self.findings if finding.state not in hidden]

    @property
    def published_actions(self) -> list[CorrectiveAction]:
        """The plan as it stands, without what was dropped before anybody agreed to it."""
        shown = {finding.id for finding in self.published_findings}
        return [action for action in self.actions if action.finding_id in shown and was_planned(action)]

    @property
    def bases(self) -> list[Basis]:
        """The kinds of verification that took place, weakest first."""
        found = {row.verified_basis for row in self.maturity.values() if row.verified_basis is not None}
        found |= {check.basis for checks in self.checked.values() for check in checks}
        return sorted(found, key=lambda basis: basis.rank) or [Basis.SELF_DECLARED]

    @property
    def worker_voice(self) -> bool:
        """Whether workers were heard in any of it."""
        return any(
            row.worker_voice and row.verified_level is not None for row in self.maturity.values()
        ) or any(check.worker_voice for checks in self.checked.values() for check in checks)


def was_planned(action: CorrectiveAction) -> bool:
    """Whether an action belongs to the plan: it was not dropped before it was agreed."""
    return action.state is not ActionState.DROPPED or action.agreed_at is not None


def compile_whole(
    material: Material, *, result_id: str, number: int, at: datetime, valid_until: datetime
) -> dict[str, Any]:
    """Return the whole content, ready to be signed."""
    assessment, snapshot = material.assessment, material.snapshot
    organization, site = snapshot["organization"], snapshot["site"]
    checked = material.assignment is not None
    return {
        "format": FORMAT,
        "result": {"id": result_id, "number": number, "assessment_id": str(assessment.id)},
        "label": None if checked else SELF_DECLARED,
        "supplier": {
            name: organization.get(name) for name in ("id", "legal_name", "country", "lei", "register_number")
        },
        "site": {name: site.get(name) for name in ("id", "name", "country", "address", "activities")},
        "cycle": snapshot["cycle"],
        "questionnaire": snapshot["questionnaire"],
        "snapshot": {
            "number": snapshot["number"],
            "sha256": material.snapshot_sha256,
            "taken_at": snapshot["taken_at"],
        },
        "dates": {
            "submitted": instant(assessment.submitted_at),
            "fact_check_ended": instant(assessment.fact_check_ended_at) if checked else None,
            "publication_chosen": instant(assessment.publication_chosen_at) if checked else None,
            "correction_window_ends": instant(assessment.correction_window_ends_at) if checked else None,
            "published": instant(at),
            "valid_until": instant(valid_until),
        },
        "firm": {"name": material.firm_name, "accreditation": material.accreditation} if checked else None,
        "verification": {
            "kinds": [basis.value for basis in material.bases],
            "strongest": material.bases[-1].value,
            "worker_voice": material.worker_voice,
        },
        "topics": [
            {**_profile(material, topic), "seen": _seen(material, topic.key)}
            for topic in material.topics
            if topic.rated
        ],
        "findings": [_finding(finding, None) for finding in material.published_findings],
        "actions": [_action(action, with_evidence=True) for action in material.published_actions],
        "answers": [
            answer for topic in material.topics for answer in _answers(material, topic, commercial=False)
        ],
        "commercial": [
            answer for topic in material.topics for answer in _answers(material, topic, commercial=True)
        ],
        "evidence": _evidence(material),
    }


def compile_parts(material: Material, whole: Mapping[str, Any], *, sha256: str, key_id: str) -> list[Part]:
    """Return every part of the result: ``status`` of the whole, the other layers by topic."""
    parts: list[Part] = [(Layer.STATUS, ALL_TOPICS, _status(whole, sha256, key_id))]
    for place, topic in enumerate(material.questionnaire.topics):
        if topic not in material.topics:
            continue
        head = {**_heading(material, topic), "place": place}
        if topic.rated:
            parts.append((Layer.PROFILE, topic.key, {**_profile(material, topic), "place": place}))
            found = [_finding(f, topic) for f in material.published_findings if f.topic == topic.key]
            parts.append((Layer.FINDINGS, topic.key, {**head, "findings": found}))
            plan = [_action(action) for action in material.published_actions if action.topic == topic.key]
            parts.append((Layer.PLAN, topic.key, {**head, "actions": plan}))
        answers = _answers(material, topic, commercial=False)
        parts.append((Layer.ANSWERS, topic.key, {**head, "answers": answers}))
        commercial = _answers(material, topic, commercial=True)
        if commercial:
            parts.append((Layer.COMMERCIAL, topic.key, {**head, "answers": commercial}))
    return parts


def _heading(material: Material, topic: Topic) -> dict[str, Any]:
    return {
        "topic": topic.key,
        "title": topic.title,
        "section": topic.section,
        "section_title": material.questionnaire.section(topic.section).title,
    }


def _status(whole: Mapping[str, Any], sha256: str, key_id: str) -> dict[str, Any]:
    same = ("label", "cycle", "questionnaire", "dates", "firm", "verification")
    return {
        "result": {**whole["result"], "sha256": sha256, "key_id": key_id},
        "supplier": {name: whole["supplier"][name] for name in ("legal_name", "country")},
        "site": {name: whole["site"][name] for name in ("name", "country")},
        **{name: whole[name] for name in same},
    }


def _profile(material: Material, topic: Topic) -> dict[str, Any]:
    row = material.maturity.get(topic.key)
    findings = [finding for finding in material.published_findings if finding.topic == topic.key]
    actions = [action for action in material.published_actions if action.topic == topic.key]
    return {
        **_heading(material, topic),
        "self": row.self_level if row else None,
        "self_at": instant(row.self_at) if row and row.self_level is not None else None,
        "verified": row.verified_level if row else None,
        "basis": row.verified_basis.value if row and row.verified_basis else None,
        "worker_voice": bool(row.worker_voice) if row and row.verified_level is not None else None,
        "verified_at": instant(row.verified_at) if row else None,
        "findings": counts(findings),
        "actions": {
            "planned": len(actions),
            "settled": sum(action.state in SETTLED for action in actions),
        },
    }


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each grade."""
    found = Counter(finding.grade for finding in findings)
    return {grade.value: found.get(grade, 0) for grade in Grade}


def _seen(material: Material, topic: str) -> str | None:
    row = material.maturity.get(topic)
    return row.seen if row else None


def _finding(finding: Finding, topic: Topic | None) -> dict[str, Any]:
    """A finding; for a part (``topic``) without evidence, and without questions of other topics."""
    own = {question.key for question in topic.questions} if topic else set(finding.questions)
    replies = [
        {"kind": reply.kind.value, "by": reply.author_function, "at": instant(reply.at), "text": reply.text}
        for reply in finding.replies
    ]
    disputed = any(reply.kind is ReplyKind.DISPUTE for reply in finding.replies)
    return {
        "id": str(finding.id),
        "number": finding.number,
        "topic": finding.topic,
        "grade": finding.grade.value,
        "kind": finding.kind.value,
        "statement": finding.statement,
        "first_step": finding.first_step,
        "questions": [key for key in finding.questions if key in own],
        "references": list(finding.references),
        "state": finding.state.value,
        "shared_at": instant(finding.shared_at),
        "opened_at": instant(finding.opened_at),
        "contain_by": instant(finding.contain_by),
        "plan_by": instant(finding.plan_by),
        "verify_by": instant(finding.verify_by),
        "replies": replies,
        "reply": None if replies else NO_REPLY,
        "dispute": {
            "outcome": "amended" if finding.before_amendment else "upheld",
            "reason": finding.decision,
            "decided_at": instant(finding.decided_at),
            "before": finding.before_amendment,
        }
        if disputed and finding.decided_at
        else None,
        **({} if topic else {"evidence": [dict(each) for each in finding.evidence]}),
    }


def _action(action: CorrectiveAction, *, with_evidence: bool = False) -> dict[str, Any]:
    disagreed = action.disagreed_at is not None
    return {
        "id": str(action.id),
        "number": action.number,
        "finding_id": str(action.finding_id),
        "finding": action.finding.number,
        "topic": action.topic,
        "kind": action.kind.value,
        "root_cause": action.root_cause,
        "description": action.description,
        "owner": action.owner,
        "due_on": action.due_on.isoformat(),
        "state": action.state.value,
        "proposed_at": instant(action.proposed_at),
        "agreed_at": instant(action.agreed_at),
        "disagreed_at": instant(action.disagreed_at),
        "closed_at": instant(action.closed_at),
        "closed_how": action.closed_how,
        "closed_basis": action.closed_basis,
        # Both texts of a disagreement are kept (DESIGN.md 2): the plan's own words and what was said to it.
        "remarks": [
            {"move": remark.move, "by": remark.author_function, "at": instant(remark.at), "text": remark.text}
            for remark in action.remarks
            if disagreed and remark.move in {"return", "disagree"}
        ],
        "dates": [
            {"old_on": asked.old_on.isoformat(), "new_on": asked.new_on.isoformat(), "reason": asked.reason}
            for asked in action.dates
            if asked.granted
        ],
        **({"evidence": [str(row.version_id) for row in action.evidence]} if with_evidence else {}),
    }


def _answers(material: Material, topic: Topic, *, commercial: bool) -> list[dict[str, Any]]:
    own = {question.key: question for question in topic.questions}
    found: list[dict[str, Any]] = []
    for answer in material.snapshot["answers"]:
        question = own.get(answer["question"])
        if question is None:
            continue
        state = AnswerState(answer["state"])
        said = {} if state in SAYS_NOTHING else answer["parts"]
        open_parts, closed_parts = split(question, said)
        if commercial:
            if closed_parts:
                found.append({"question": question.key, "parts": closed_parts})
            continue
        bases: list[dict[str, Any]] = [
            {
                "basis": check.basis.value,
                "worker_voice": check.worker_voice,
                "at": instant(check.verified_at),
            }
            for check in material.checked.get(question.key, ())
        ]
        found.append(
            {
                "question": question.key,
                "topic": topic.key,
                "level": answer["level"],
                "state": state.value,
                "reason": answer["reason"],
                "parts": open_parts,
                "revision": answer["revision"],
                "bases": bases or [{"basis": Basis.SELF_DECLARED.value, "worker_voice": False, "at": None}],
            }
        )
    return found


def split(question: Question, parts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (non-commercial, commercial) parts; a table may give some columns to each, row by row."""
    others: dict[str, Any] = {}
    commercial: dict[str, Any] = {}
    for key, value in parts.items():
        part = question.part(key)
        columns = part.commercial_columns
        if part.commercial:
            commercial[key] = value
        elif columns and isinstance(value, list):
            others[key] = [{name: cell for name, cell in row.items() if name not in columns} for row in value]
            closed = [
                {name: cell for name, cell in row.items() if name == "row" or name in columns}
                for row in value
                if columns & row.keys()
            ]
            if closed:
                commercial[key] = closed
        else:
            others[key] = value
    return others, commercial


def _evidence(material: Material) -> list[dict[str, Any]]:
    """The versions that answers pinned, each with the questions it stands behind."""
    used: dict[str, list[str]] = {}
    for answer in material.snapshot["answers"]:
        for version_id in answer["evidence"]:
            used.setdefault(version_id, []).append(answer["question"])
    return [
        {
            **{
                name: pinned[name]
                for name in ("version_id", "file_name", "title", "media_type", "size", "sha256")
            },
            "questions": used.get(pinned["version_id"], []),
        }
        for pinned in material.snapshot["evidence"]
    ]
