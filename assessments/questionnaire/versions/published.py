"""The published form of a questionnaire: JSON that the database stores, and the digests over it.

Order carries meaning (options, rows, columns), and neither RFC 8785 nor jsonb keeps the order of keys, so
every ordered map is a list of pairs. Decimals are strings. ``stored.from_json`` is the way back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from assessments.canonical import canonical_json
from assessments.canonical import digest as canonical_digest
from assessments.questionnaire import model
from assessments.questionnaire.certificates import certificates_data
from assessments.questionnaire.model import Field, Part, Question, Questionnaire
from assessments.questionnaire.rules import (
    source_data,
    to_data,
)
from assessments.questionnaire.versions.changes import change_data

FORM = 1
"""Number of this form; a stored questionnaire of another form is refused."""


def to_json(questionnaire: Questionnaire) -> dict[str, Any]:
    """The questionnaire as JSON data, its own digest included."""
    return {**_body(questionnaire), "digest": questionnaire.digest}


def canonical_bytes(questionnaire: Questionnaire) -> bytes:
    """The RFC 8785 bytes that the digest is over (all but the digest itself)."""
    return canonical_json(_body(questionnaire))


def sealed(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire with its SHA-256 digest computed."""
    return replace(questionnaire, digest=canonical_digest(_body(questionnaire)))


def question_digest(question: Question) -> str:
    """First 12 hex digits of SHA-256 over the sorted lines ``path<TAB>text`` of what the answer depends on.

    That is key, text, parts, level, recall and rule; help, why, care, evidence and mappings are guidance.
    """
    body = {
        "key": question.key,
        "text": question.text,
        "level": question.level.value,
        "recall": question.recall.value,
        "rule": to_data(question.rule),
        "parts": [_part(part, guidance=False) for part in question.parts],
    }
    return text_digest(body)


def text_digest(tree: Any) -> str:
    """First 12 hex digits of SHA-256 over the tree's lines ``path<TAB>text``, sorted."""
    lines = "\n".join(sorted(_lines(tree, "")))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()[:12]


def _lines(tree: Any, path: str) -> list[str]:
    if isinstance(tree, Mapping):
        return [line for key, value in tree.items() for line in _lines(value, f"{path}.{key}".lstrip("."))]
    if isinstance(tree, list):
        return [line for i, value in enumerate(tree) for line in _lines(value, f"{path}[{i}]")]
    return [f"{path}\t{'' if tree is None else tree}"]


# ------------------------------------------------------------------ out


def _body(questionnaire: Questionnaire) -> dict[str, Any]:
    lists = questionnaire.lists
    return {
        "form": FORM,
        "slug": questionnaire.slug,
        "version": questionnaire.version,
        "title": questionnaire.title,
        "languages": list(questionnaire.languages),
        "tiers": [[tier.value, to_data(rule)] for tier, rule in questionnaire.tiers.items()],
        "facts": [_fact(fact) for fact in questionnaire.facts.values()],
        "lists": [[name, _pairs(options)] for name, options in lists.items()],
        "evidence_classes": [[c.key, c.label, c.months] for c in questionnaire.evidence_classes.values()],
        "credentials": [[c.key, c.label, list(c.topics), c.partly] for c in questionnaire.certificate_kinds],
        **certificates_data(questionnaire.certificate_table, questionnaire.certificate_kinds),
        "sections": [_section(section) for section in questionnaire.sections],
        # Both left out while there are none: an earlier version keeps the digest it was published with.
        **({"changes": [change_data(c) for c in questionnaire.changes]} if questionnaire.changes else {}),
        **({"tracks": [_track(track) for track in questionnaire.tracks]} if questionnaire.tracks else {}),
    }


def _pairs(mapping: Mapping[str, str]) -> list[list[str]]:
    return [[key, text] for key, text in mapping.items()]


def _fact(fact: model.Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "group": fact.group.value,
        "sources": [source_data(source) for source in fact.sources],
        "rule": to_data(fact.rule) if fact.rule else None,
    }


def _section(section: model.Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "intro": section.intro,
        "answered_by": section.answered_by,
        "minutes": [[size, minutes] for size, minutes in section.minutes.items()],
        "topics": [
            {
                "key": topic.key,
                "title": topic.title,
                "intro": topic.intro,
                "guide": _guide(topic.guide) if topic.guide else None,
                "questions": [_question(question) for question in topic.questions],
            }
            for topic in section.topics
        ],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "since": question.since,
        "tier": question.tier.value,
        "level": question.level.value,
        "recall": question.recall.value,
        "purposes": [purpose.value for purpose in question.purposes],
        "vsme": list(question.vsme),
        "applies": to_data(question.applies),
        "because": question.because,
        "text": question.text,
        "help": question.help,
        "why": question.why,
        "care": question.care,
        "parts": [_part(part) for part in question.parts],
        "evidence": [
            {
                "class": expected.evidence_class,
                "months": expected.months,
                "expect": expected.expect,
                "small": list(expected.small),
                "care": expected.care,
            }
            for expected in question.evidence
        ],
        "mappings": [[e, m.strength.value, m.leaves] for e, m in question.mappings.items()],
        "digest": question.digest,
    }


def _field(shape: Field, guidance: bool) -> dict[str, Any]:
    return {
        "key": shape.key,
        "kind": shape.kind.value,
        "label": shape.label,
        # A shared list is written once, in the questionnaire's lists.
        "options": shape.options_from or _pairs(shape.options),
        "alone": list(shape.alone),
        "unit": shape.unit,
        "min": _decimal(shape.min),
        "max": _decimal(shape.max),
        "plain": shape.plain,
        "optional": shape.optional,
        **({"help": shape.help} if guidance else {}),
    }


def _part(part: Part, *, guidance: bool = True) -> dict[str, Any]:
    return {
        **_field(part, guidance),
        "when": to_data(part.when) if part.when else None,
        "bind": str(part.bind) if part.bind else None,
        "commercial": part.commercial,
        "prefill": source_data(part.prefill) if part.prefill else None,
        "columns": [{**_field(c, guidance), "commercial": c.commercial} for c in part.columns],
        "rows": _pairs(part.rows),
        "rows_from": _rows_from(part.rows_from),
        "row_sum": _decimal(part.row_sum),
        "column_sum": [[key, _decimal(number)] for key, number in part.column_sum.items()],
    }


def _rows_from(rows_from: model.RowsFrom | None) -> dict[str, str] | None:
    if rows_from is None:
        return None
    if rows_from.answer is not None:
        return source_data(rows_from.answer)
    return {"fact": rows_from.fact} if rows_from.fact is not None else {"list": str(rows_from.list_name)}


def _decimal(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _guide(guide: model.Guide) -> dict[str, Any]:
    return {
        "ladder": [[level, rung.sees, rung.micro] for level, rung in guide.ladder.items()],
        "findings": [
            {
                "key": finding.key,
                "grade": finding.grade.value,
                "kind": finding.kind.value,
                "questions": list(finding.questions),
                "saw": finding.saw,
                "raise": finding.raised_by,
                "lower": finding.lowered_by,
                "first_step": finding.first_step,
            }
            for finding in guide.findings
        ],
        "next_steps": [
            {
                "key": step.key,
                "levels": list(step.levels),
                "for": to_data(step.rule),
                "effort": step.effort,
                "do": step.do,
                "template": step.template,
            }
            for step in guide.next_steps
        ],
    }


def _track(track: model.Track) -> dict[str, Any]:
    return {
        "key": track.key,
        "standard": track.standard,
        "title": track.title,
        "intro": track.intro,
        "section": track.section,
        "steps": [
            {
                "key": step.key,
                "title": step.title,
                "text": step.text,
                "elements": list(step.elements),
                "questions": list(step.questions),
            }
            for step in track.steps
        ],
    }
