"""What differs between two versions, what the author says of it, and where the two do not fit."""

from __future__ import annotations

import json

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.versions.changes import ChangeClass as C
from assessments.questionnaire.versions.diff import Fate, diff
from assessments.questionnaire.versions.diff_text import FORMAT, Mark, diff_data, diff_lines, marked
from tests.versions.conftest import Make
from tests.versions.second import (
    GUIDANCE,
    GUIDE,
    LADDER,
    MAPPED,
    NEW,
    NUMBER,
    OHS,
    PACK,
    PACK_CHANGES,
    PRO,
    RECALL,
    SAME,
    SPLIT,
    UNIT,
    V11,
    Edit,
    told,
)


def test_every_class_has_its_fate(first: Questionnaire, second: Questionnaire) -> None:
    found = diff(first, second)
    assert found.problems == ()
    fates = {one.key: one.fate for one in found.questions}
    assert fates == {
        "PRO-01": Fate.CARRIED, "PRO-04": Fate.MAPPED, "PRO-05": Fate.ASKED, "OHS-01": Fate.CARRIED,
        "OHS-03": Fate.CONFIRM, "OHS-04": Fate.MAPPED, "OHS-06": Fate.CONFIRM, "OHS-07": Fate.CARRIED,
        "OHS-08": Fate.KEPT, "OHS-09": Fate.NEW,
    }  # fmt: skip
    assert found.by_key["PRO-01"].guidance_only
    assert found.by_key["OHS-06"].classes == (C.REWORDED, C.RULE_CHANGED)
    assert found.by_key["PRO-05"].sources == ("PRO-04",)
    assert found.by_key["OHS-08"].instead == ("OHS-09",)
    assert [(one.topic, one.comparable, list(one.rungs)) for one in found.ladders] == [("OHS.1", True, [2])]
    assert {(one.about.value, one.key): one.questions for one in found.rules} == {
        ("tier", "standard"): ("OHS-02",), ("fact", "agents"): (),
    }  # fmt: skip
    assert sum(found.fates.values()) == len(second.questions) + 1


def test_nothing_differs_between_a_version_and_itself(first: Questionnaire) -> None:
    assert diff(first, first).same
    standard = load_pack()
    assert diff(standard, standard).same


def test_help_and_evidence_are_guidance_and_need_no_word(first: Questionnaire, version: Make) -> None:
    after = version(NUMBER, *GUIDANCE, (OHS, "A dated list of the talks", "A list of the talks, dated"))
    found = diff(first, after)
    assert found.problems == ()
    assert all(one.guidance_only and one.fate is Fate.CARRIED for one in found.questions)


def without(edits: tuple[Edit, ...], word: str) -> tuple[Edit, ...]:
    return tuple(edit for edit in edits if word not in edit[2])


UNTOLD = [
    (without(SAME, "change:"), "questions[OHS-01].change: has no change, but the text reads differently"),
    (
        without(MAPPED, "choices_changed"),
        "questions[OHS-04].change: has no change, but the key gas of kind is gone",
    ),
    (
        without(MAPPED, "rule_changed"),
        "questions[OHS-07].change: has no change, but the rule (applies) differs",
    ),
    (without(UNIT, "change:"), "but the unit of dust changed from mg/m³ to µg/m³"),
    (without(RECALL, "change:"), "but the recall changed from last_12_months to last_24_months"),
    (NEW, "does not say what became of OHS-08"),
    (((*NEW[0][:2], "- key: OHS-09"),), "questions[OHS-09].change: is new and has no change"),
    (without(LADDER, "change:"), "ladder.change: is missing, but level 2 sees something else"),
    (PACK_CHANGES[:1], "does not say why the tier standard holds for others now"),
    (SPLIT, "does not say why the fact agents holds for others now"),
]


@pytest.mark.parametrize(("edits", "said"), UNTOLD, ids=[said for _edits, said in UNTOLD])
def test_what_nobody_told_stops_the_check(
    first: Questionnaire, version: Make, edits: tuple[Edit, ...], said: str
) -> None:
    problems = [str(problem) for problem in diff(first, version(NUMBER, *edits)).problems]
    assert any(said in problem for problem in problems), problems


def claimed(key: str, *changes: str) -> Edit:
    return (OHS, f"- key: {key}", told(f"- key: {key}", *changes))


PLAIN_UNIT = tuple((file, old, new) for file, old, new in UNIT if "change:" not in new)
PLAIN_KINDS = tuple(edit for edit in MAPPED if "choices_changed" not in edit[2])
MISFITS = [
    (
        (*PLAIN_UNIT, claimed("OHS-06", f'{{{V11}, class: same_meaning, why: "x"}}')),
        "says same_meaning, but the unit of dust changed from mg/m³ to µg/m³",
    ),
    (
        (*PLAIN_UNIT, claimed("OHS-06", f'{{{V11}, class: reworded, why: "x"}}')),
        "says reworded, but not how the unit of dust changed from mg/m³ to µg/m³",
    ),
    (
        (claimed("OHS-01", f'{{{V11}, class: reworded, why: "x"}}'),),
        "says reworded, but none of label, level, limit, recall, text, unit differs",
    ),
    (
        (*SAME[:1], claimed("OHS-01", f'{{{V11}, class: new, why: "x"}}')),
        "says new, but the version before has it",
    ),
    (
        (
            *SAME[:1],
            claimed("OHS-01", *(f'{{{V11}, class: {k}, why: "x"}}' for k in ("same_meaning", "reworded"))),
        ),
        "says same_meaning and reworded",
    ),
    (
        (*PLAIN_KINDS, claimed("OHS-04", f'{{{V11}, class: choices_changed, part: kind, why: "x"}}')),
        "says choices_changed, but not where kind.gas goes",
    ),
    (
        (
            *PLAIN_KINDS,
            claimed("OHS-04", f'{{{V11}, class: choices_changed, part: kind, map: {{gas: fume}}, why: "x"}}'),
        ),
        "maps gas to fume, which is no key of it",
    ),
    (
        (
            *PLAIN_KINDS,
            claimed(
                "OHS-04",
                f'{{{V11}, class: choices_changed, part: kind, map: {{gas: leak, oil: ask}}, why: "x"}}',
            ),
        ),
        "maps oil, which the version before does not have",
    ),
    (
        (
            *PLAIN_KINDS,
            claimed("OHS-04", f'{{{V11}, class: choices_changed, part: sort, map: {{gas: leak}}, why: "x"}}'),
        ),
        "names a part or column that is not in both versions (OHS-04 has no part sort)",
    ),
    (
        (
            (OHS, "{key: who, kind: short_text", "{key: who, kind: long_text"),
            claimed("OHS-08", f'{{{V11}, class: choices_changed, part: who, map: {{a: ask}}, why: "x"}}'),
        ),
        "but the kind of who changed from short_text to long_text",
    ),
    (
        ((*SPLIT[0][:2], SPLIT[0][2].replace("{PRO-04:", "{PRO-44:")), SPLIT[1]),
        "comes from PRO-44, which the version before does not have",
    ),
    (
        ((*SPLIT[0][:2], SPLIT[0][2].replace("{agents: agents}", "{agnts: agents}")), SPLIT[1]),
        "takes agnts from PRO-04, which has no such part",
    ),
    (
        (LADDER[1],),
        "says ladder_changed, but no sees differs",
    ),
    (
        (PACK_CHANGES[1],),
        "says OHS-08 is removed, but it is there",
    ),
    (
        (PACK_CHANGES[1],),
        "says the tier standard changed, but it did not",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "said"), MISFITS, ids=[said for _edits, said in MISFITS])
def test_what_is_told_and_does_not_fit_stops_the_check(
    first: Questionnaire, version: Make, edits: tuple[Edit, ...], said: str
) -> None:
    problems = [str(problem) for problem in diff(first, version(NUMBER, *edits)).problems]
    assert any(said in problem for problem in problems), problems


def test_another_content_under_an_older_number_is_a_problem(first: Questionnaire, version: Make) -> None:
    found = diff(first, version(*GUIDANCE))
    assert [problem.path for problem in found.problems] == ["version"]


def test_steps_are_put_together(first: Questionnaire, second: Questionnaire, version: Make) -> None:
    """From 1.0 to 1.2 the map of 1.1 is followed by that of 1.2."""
    third = version(
        (PACK, 'version: "1.0"', 'version: "1.2"'),
        (OHS, '{fire: "Fire", gas: "Gas"}', '{fire: "Fire", spill: "Gas spilt", smoke: "Smoke"}'),
        (OHS, "drill_kind, is: gas", "drill_kind, is: spill"),
        claimed("OHS-07", '{version: "1.2", class: rule_changed, why: "x"}'),
        claimed(
            "OHS-04",
            f'{{{V11}, class: choices_changed, part: kind, map: {{gas: leak}}, why: "x"}}',
            '{version: "1.2", class: choices_changed, part: kind, map: {leak: spill}, why: "x"}',
        ),
    )
    found = diff(first, third)
    assert found.problems == ()
    assert found.by_key["OHS-04"].fate is Fate.MAPPED


def test_words_are_marked_and_nothing_is_lost() -> None:
    before, after = "the last 12 months, here", "the last 24 months, at this site"
    runs = marked(before, after)
    assert "".join(run.text for run in runs if run.mark is not Mark.NEW) == before
    assert "".join(run.text for run in runs if run.mark is not Mark.GONE) == after
    assert (runs[1].mark, runs[1].text, runs[2].text) == (Mark.GONE, "12", "24")
    characters = marked("过去十二个月", "过去二十四个月")
    assert characters[0].text == "过去"


def test_it_is_told_as_json_and_as_text(first: Questionnaire, second: Questionnaire) -> None:
    found = diff(first, second)
    data = json.loads(json.dumps(diff_data(found)))
    assert data["format"] == FORMAT
    assert (data["from"]["version"], data["to"]["version"]) == ("1.0", "1.1")
    one = next(each for each in data["questions"] if each["key"] == "OHS-03")
    assert one["answers"] == "confirm"
    assert {"what": "recall", "path": "recall", "before": "last_12_months", "after": "last_24_months"} in one[
        "seen"
    ]
    text = "\n".join(diff_lines(found))
    assert "OHS-03  reworded: answers are carried over, to be confirmed" in text
    assert "in the last [-12-]{+24+} months?" in text
    assert "Guidance only: PRO-01" in text
    assert PRO not in text
    assert GUIDE not in text
