"""Reading what an author says about a change: strictly, each fault with file and path."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import questionnaire_from_json, questionnaire_to_json
from assessments.questionnaire.versions.changes import ChangeClass, Subject, changes_between, version_order
from tests.versions.conftest import Make
from tests.versions.second import GUIDE, NUMBER, OHS, PACK, V11, Edit, told

Faults = Callable[..., list[str]]


def at(key: str, *changes: str) -> Edit:
    return (OHS, f"- key: {key}", told(f"- key: {key}", *changes))


def test_what_the_author_says_is_read_from_questions_ladders_and_the_pack(second: Questionnaire) -> None:
    said = {(change.about, change.key, change.kind) for change in second.changes}
    assert (Subject.QUESTION, "OHS-01", ChangeClass.SAME_MEANING) in said
    assert (Subject.LADDER, "OHS.1", ChangeClass.LADDER_CHANGED) in said
    assert (Subject.QUESTION, "OHS-08", ChangeClass.REMOVED) in said
    assert (Subject.TIER, "standard", ChangeClass.RULE_CHANGED) in said
    by_kind = {
        change.kind: change for change in second.changes if change.key in {"OHS-04", "OHS-06", "PRO-05"}
    }
    assert by_kind[ChangeClass.CHOICES_CHANGED].map == {"gas": "leak"}
    assert by_kind[ChangeClass.REWORDED].convert == Decimal(1000)
    assert by_kind[ChangeClass.SPLIT].sources == {"PRO-04": {"agents": "agents"}}


def test_changes_belong_to_the_version_and_to_no_question(
    first: Questionnaire, second: Questionnaire, version: Make
) -> None:
    stored = json.loads(json.dumps(questionnaire_to_json(second)))
    back = questionnaire_from_json(stored)
    assert back.changes == second.changes
    stored["changes"][0]["why"] += "!"
    with pytest.raises(ValueError, match="does not match its digest"):
        questionnaire_from_json(stored)
    assert "changes" not in questionnaire_to_json(first), "a first version keeps the digest it had"
    silent = version(NUMBER)
    loud = version(at("OHS-01", f'{{{V11}, class: same_meaning, why: "Nothing."}}'))
    assert silent.question("OHS-01").digest == loud.question("OHS-01").digest
    assert silent.digest != loud.digest


FAULTS = [
    ("{class: same_meaning}", "questions[OHS-01].change: has no version"),
    (f'{{{V11}, why: "x"}}', "questions[OHS-01].change: has no class"),
    (f'{{{V11}, class: sam_meaning, why: "x"}}', "questions[OHS-01].change.class: is sam_meaning"),
    (f'{{{V11}, class: removed, why: "x"}}', "is removed, which does not fit here; use same_meaning"),
    (f'{{{V11}, class: ladder_changed, why: "x"}}', "is ladder_changed, which does not fit here"),
    (f'{{{V11}, class: same_meaning, why: "x", map: {{a: b}}}}', "has an unknown key map"),
    (f"{{{V11}, class: same_meaning}}", "questions[OHS-01].change: has no why"),
    ('{version: "1.2", class: same_meaning, why: "x"}', "is 1.2, later than the pack's 1.1"),
    ('{version: "next", class: same_meaning, why: "x"}', "change.version: is no version"),
    (f'{{{V11}, class: split, why: "x"}}', "has no from"),
    (f'{{{V11}, class: split, from: OHS-02, why: "x"}}', "change.from: names no question"),
    (f'{{{V11}, class: reworded, part: known, convert: 0, why: "x"}}', "change.convert: is no factor"),
    (f'{{{V11}, class: reworded, convert: 10, why: "x"}}', "change.convert: names no part"),
    (f'{{{V11}, class: choices_changed, column: a, why: "x"}}', "change.column: names no part"),
    (
        f'{{{V11}, class: choices_changed, map: {{a: b}}, ask: true, why: "x"}}',
        "change.ask: stands beside a map",
    ),
    ("same_meaning", "should be a map"),
]


@pytest.mark.parametrize(("change", "said"), FAULTS, ids=[said for _change, said in FAULTS])
def test_a_faulty_change_is_named_with_file_and_path(faults: Faults, change: str, said: str) -> None:
    found = faults(NUMBER, at("OHS-01", change))
    assert any(said in fault and fault.startswith(OHS) for fault in found), found


def test_a_list_names_the_one_that_is_wrong(faults: Faults) -> None:
    good = f'{{{V11}, class: same_meaning, why: "x"}}'
    found = faults(NUMBER, at("OHS-01", good, "{class: reworded}"))
    assert found
    assert all("questions[OHS-01].change[1]" in fault for fault in found)


def test_a_faulty_change_of_a_ladder_or_the_pack_is_named_too(faults: Faults) -> None:
    found = faults(
        NUMBER,
        (GUIDE, "ladder:", f'ladder:\n  change: {{{V11}, class: ladder_changed, why: "x"}}'),
        (
            PACK,
            "credentials:",
            (
                f'changes:\n  - {{{V11}, class: removed, why: "x"}}\n'
                f'  - {{fact: hurt, {V11}, class: removed, why: "x"}}\ncredentials:'
            ),
        ),
    )
    assert any(fault.startswith(f"{GUIDE}: ladder.change: has no comparable") for fault in found)
    assert any(fault.startswith(f"{PACK}: changes[0]: does not say what it is about") for fault in found)
    assert any(fault.startswith(f"{PACK}: changes[1].class: is removed") for fault in found)


def test_versions_sort_as_numbers_and_only_those_between_count(second: Questionnaire) -> None:
    assert version_order("1.10") > version_order("1.9") > version_order("")
    assert changes_between(second.changes, "1.0", "1.1") == second.changes
    assert changes_between(second.changes, "1.1", "1.2") == ()
