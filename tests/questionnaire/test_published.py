"""The form that the database stores: nothing lost, every change noticed, digests as the guide says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assessments.questionnaire.asking.applicability import applicable, facts_of
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import (
    load_pack,
    questionnaire_from_json,
    questionnaire_to_json,
    read_pack,
)
from assessments.questionnaire.versions.published import canonical_bytes
from assessments.questionnaire.versions.stored import BadForm

Change = Callable[..., Path]


@pytest.fixture(params=["small", "standard"])
def pack(request: pytest.FixtureRequest, small: Questionnaire) -> Questionnaire:
    return small if request.param == "small" else load_pack()


def shuffled(value: Any) -> Any:
    """As jsonb gives it back: keys in another order."""
    if isinstance(value, dict):
        return {
            key: shuffled(value[key]) for key in sorted(value, key=lambda key: (len(key), key), reverse=True)
        }
    return [shuffled(item) for item in value] if isinstance(value, list) else value


def test_a_published_questionnaire_comes_back_whole(pack: Questionnaire) -> None:
    stored = shuffled(json.loads(json.dumps(questionnaire_to_json(pack))))
    back = questionnaire_from_json(stored)
    for name in (
        "slug",
        "version",
        "title",
        "languages",
        "sections",
        "facts",
        "tiers",
        "lists",
        "certificate_kinds",
        "certificate_table",
    ):
        assert getattr(back, name) == getattr(pack, name), name
    assert back.evidence_classes == pack.evidence_classes
    assert back.digest == pack.digest
    for before, after in zip(pack.questions, back.questions, strict=True):
        for one, other in zip(before.parts, after.parts, strict=True):
            assert list(one.options) == list(other.options)
            assert list(one.rows) == list(other.rows)
    assert canonical_bytes(back) == canonical_bytes(pack)


def test_the_digest_is_over_the_canonical_bytes(pack: Questionnaire) -> None:
    assert pack.digest == hashlib.sha256(canonical_bytes(pack)).hexdigest()


def test_what_came_back_decides_alike(small: Questionnaire) -> None:
    back = questionnaire_from_json(questionnaire_to_json(small))
    facts = facts_of(
        {"country": "COD", "employees": 900}, {"country": "COD", "activities": ["SMR"], "production": True}
    )
    before, after = applicable(small, facts), applicable(back, facts)
    assert dict(before.asked) == dict(after.asked)
    assert dict(before.not_asked) == dict(after.not_asked)


def test_a_changed_or_damaged_form_is_refused(small: Questionnaire) -> None:
    stored = questionnaire_to_json(small)
    stored["sections"][0]["topics"][0]["questions"][0]["text"] += " "
    with pytest.raises(BadForm, match="does not match its digest"):
        questionnaire_from_json(stored)
    with pytest.raises(BadForm, match="form 2"):
        questionnaire_from_json({**questionnaire_to_json(small), "form": 2})
    for key in ("sections", "facts", "tiers", "lists"):
        with pytest.raises(BadForm, match="damaged"):
            questionnaire_from_json({**questionnaire_to_json(small), key: [{"x": 1}]})


MEANING = [
    ('text: "When was the last drill', 'text: "When was your last drill'),
    ('label: "Kind", options: {fire: "Fire"', 'label: "Kind", options: {fire: "Flames"'),
    ("{key: kind, kind: single", "{key: sort, kind: single"),
    ("fact: guards, is: true", "fact: guards, given: true"),
    ("nickel, cobalt]", "cobalt, nickel]"),
]
GUIDANCE = [
    ('help: "A walk', 'help: "One walk'),
    ('why: "Practice saves', 'why: "Training saves'),
]


@pytest.mark.parametrize(
    ("old", "new", "moves"), [*[(*p, True) for p in MEANING], *[(*p, False) for p in GUIDANCE]]
)
def test_a_questions_digest_follows_what_an_answer_depends_on(
    small: Questionnaire, changed_pack: Change, old: str, new: str, moves: bool
) -> None:
    texts = [old, new]
    if "sort" in new:
        texts += ["fact: drill_kind, is: gas", "fact: drill_kind, given: true"]
        changed_pack("pack.yaml", "{question: OHS-04, part: kind}", "{question: OHS-04, part: sort}")
    other = read_pack(changed_pack("ohs/ohs-1.yaml", *texts))
    assert (other.question("OHS-04").digest != small.question("OHS-04").digest) is moves
    assert other.question("OHS-01").digest == small.question("OHS-01").digest
    assert other.digest != small.digest


def test_a_guide_changes_without_touching_a_question(small: Questionnaire, changed_pack: Change) -> None:
    other = read_pack(changed_pack("ohs/ohs-1.guide.yaml", "Hold a drill on each shift.", "Hold one drill."))
    assert [q.digest for q in other.questions] == [q.digest for q in small.questions]
    assert other.digest != small.digest


def test_a_tier_belongs_to_the_rule_of_its_questions(small: Questionnaire, changed_pack: Change) -> None:
    other = read_pack(changed_pack("pack.yaml", "at_least: 50", "at_least: 60"))
    moved = {q.key for q in small.questions if q.digest != other.question(q.key).digest}
    assert moved == {"OHS-02"}
    assert all(len(q.digest) == 12 and int(q.digest, 16) >= 0 for q in small.questions)
