"""A draft finding on its way between the guide's library, the form and the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from assessments.overviews.workbench import SeenTopic
from assessments.questionnaire.model import FindingKind, Grade
from assessments.verification.finding import Finding

LONGEST_PAGE = 20


@dataclass(frozen=True)
class Draft:
    """What the form shows. ``evidence`` maps version ids to the page named, which may be empty.

    ``finding`` is the draft being revised; None for a new one. ``hints``: what raises or lowers the grade.
    ``grade`` and ``kind`` are None where nothing that can be read was chosen; ``faults`` {field: sentence}
    then says so, and such a draft is not saved.
    """

    grade: Grade | None = None
    kind: FindingKind | None = FindingKind.GAP
    statement: str = ""
    first_step: str = ""
    questions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    finding: Finding | None = None
    hints: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The draft as the keyword arguments of ``draft_finding`` and the changes of ``revise_finding``."""
        return {
            "grade": self.grade,
            "kind": self.kind,
            "statement": self.statement,
            "first_step": self.first_step or None,
            "questions": list(self.questions),
            "references": list(self.references),
            "evidence": [
                {"version_id": version_id, "page": page or None} for version_id, page in self.evidence.items()
            ],
        }


def draft_from_library(topic: SeenTopic, key: str) -> Draft:
    """A draft seeded from the finding of the topic's guide with that key; an empty one for any other key.

    Questions are those of the library that are asked here; references those of their mappings.
    """
    guide = topic.topic.guide
    found = next((text for text in guide.findings if text.key == key), None) if guide else None
    if found is None:
        return Draft()
    asked = {seen.key: seen.question for seen in topic.questions}
    questions = tuple(one for one in found.questions if one in asked)
    hints = []
    if found.raised_by:
        hints.append(f"↑ {found.raised_by}")
    if found.lowered_by:
        hints.append(f"↓ {found.lowered_by}")
    return Draft(
        grade=found.grade,
        kind=found.kind,
        statement=found.saw,
        first_step=found.first_step or "",
        questions=questions,
        references=tuple(dict.fromkeys(ref for one in questions for ref in asked[one].mappings)),
        hints=tuple(hints),
    )


def draft_from_finding(finding: Finding) -> Draft:
    """The draft as it was saved, for revising."""
    return Draft(
        grade=finding.grade,
        kind=finding.kind,
        statement=finding.statement,
        first_step=finding.first_step or "",
        questions=tuple(finding.questions),
        references=tuple(finding.references),
        evidence={str(each["version_id"]): str(each.get("page") or "") for each in finding.evidence},
        finding=finding,
    )


def draft_from_form(form: MultiDict[str, str], topic: SeenTopic, finding: Finding | None = None) -> Draft:
    """What was typed. Keys that are not of this topic are left out: no form of ours offers them.

    A grade or kind that is none is a fault: read as another it would store a grave finding as a harmless one.
    """
    offered = {str(pinned.version_id) for pinned in topic.evidence}
    asked = {seen.key for seen in topic.questions}
    known = set(topic.references)
    grade, kind = form.get("grade", ""), form.get("kind", "")
    faults: dict[str, str] = {}
    if grade not in set(Grade):
        faults["grade"] = _("Grade: choose one of the five.")
    if kind not in set(FindingKind):
        faults["kind"] = _("Kind: choose what sort of finding it is.")
    return Draft(
        grade=Grade(grade) if grade in set(Grade) else None,
        kind=FindingKind(kind) if kind in set(FindingKind) else None,
        faults=faults,
        statement=form.get("statement", "").strip(),
        first_step=form.get("first_step", "").strip(),
        questions=tuple(key for key in form.getlist("questions") if key in asked),
        references=tuple(key for key in form.getlist("references") if key in known),
        evidence={
            version_id: form.get(f"page-{version_id}", "").strip()[:LONGEST_PAGE]
            for version_id in form.getlist("evidence")
            if version_id in offered
        },
        finding=finding,
    )
