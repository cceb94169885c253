"""What becomes of answers: only what the author said, and nothing that does not fit afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.versions.carrying import Carry, Given, carry
from assessments.questionnaire.versions.diff import Fate, diff
from assessments.rounds.carried import fits
from tests.versions.conftest import Make
from tests.versions.second import NUMBER, OHS, PACK, V11, told
from tests.versions.world import GIVEN


def carried(before: Questionnaire, after: Questionnaire, given: Any = GIVEN, **more: Any) -> dict[str, Carry]:
    answers = {key: (Given(key, parts),) for key, parts in given.items()}
    return {one.question: one for one in carry(diff(before, after), answers, fits, **more)}


def test_every_answer_has_the_fate_its_change_says(first: Questionnaire, second: Questionnaire) -> None:
    found = carried(first, second)
    untouched = ("PRO-01", "PRO-02", "PRO-03", "OHS-01", "OHS-02", "OHS-05", "OHS-07")
    assert {key: one.fate for key, one in found.items()} == {
        **dict.fromkeys(untouched, Fate.CARRIED), "PRO-04": Fate.MAPPED, "PRO-05": Fate.ASKED,
        "OHS-03": Fate.CONFIRM, "OHS-04": Fate.MAPPED, "OHS-06": Fate.CONFIRM, "OHS-08": Fate.KEPT,
        "OHS-09": Fate.NEW,
    }  # fmt: skip
    assert found["OHS-01"].parts == GIVEN["OHS-01"]
    assert found["OHS-04"].parts == {"day": "2026-05-04", "kind": "leak"}
    assert found["OHS-04"].beside[0].parts["kind"] == "gas"
    assert found["OHS-06"].parts["dust"] == {"value": "250", "year": 2025, "basis": "measured"}
    assert found["PRO-04"].parts == {"origins": GIVEN["PRO-04"]["origins"]}
    assert [(one.question, list(one.parts)) for one in found["PRO-05"].beside] == [("PRO-04", ["agents"])]
    assert found["OHS-08"].beside[0].parts == GIVEN["OHS-08"]
    assert not found["OHS-09"].waits
    assert {key for key, one in found.items() if one.waits} == {
        "PRO-04",
        "PRO-05",
        "OHS-03",
        "OHS-04",
        "OHS-06",
    }


def test_without_an_answer_nothing_waits(first: Questionnaire, second: Questionnaire) -> None:
    found = carried(first, second, {})
    assert not any(one.waits or one.parts or one.own for one in found.values())
    assert "OHS-08" not in found


def test_an_old_option_that_still_stands_is_only_confirmed(
    first: Questionnaire, second: Questionnaire
) -> None:
    found = carried(first, second, {"OHS-04": {"kind": "fire"}})
    assert (found["OHS-04"].fate, found["OHS-04"].parts) == (Fate.CONFIRM, {"kind": "fire"})


def test_in_a_new_round_everything_is_confirmed(first: Questionnaire, second: Questionnaire) -> None:
    found = carried(first, second, confirm_all=True)
    assert found["OHS-01"].fate is Fate.CONFIRM
    same = carried(first, first, confirm_all=True)
    assert {one.fate for key, one in same.items() if key in GIVEN} == {Fate.CONFIRM}


def test_what_was_said_instead_of_an_answer_goes_on(first: Questionnaire, second: Questionnaire) -> None:
    answers = {"OHS-04": (Given("OHS-04", {}, said=True),)}
    found = {one.question: one for one in carry(diff(first, second), answers, fits)}
    assert (found["OHS-04"].fate, found["OHS-04"].parts) == (Fate.CONFIRM, {})


def test_sites_that_differ_are_asked_when_the_company_answers(first: Questionnaire, version: Make) -> None:
    after = version(
        NUMBER,
        (OHS, "level: site\n    recall: last_24_months", "level: company\n    recall: last_24_months"),
        (OHS, "- key: OHS-06", told("- key: OHS-06", f'{{{V11}, class: reworded, why: "One lab."}}')),
    )
    dust = {"dust": {"value": "1", "year": 2025, "basis": "measured"}}
    more = {"dust": {"value": "2", "year": 2025, "basis": "measured"}}
    found = diff(first, after)
    assert found.problems == ()
    for answers, fate in (((dust, dust), Fate.CONFIRM), ((dust, more), Fate.ASKED)):
        given = {"OHS-06": tuple(Given("OHS-06", parts) for parts in answers)}
        one = next(each for each in carry(found, given, fits) if each.question == "OHS-06")
        assert one.fate is fate
        assert len(one.beside) == 2


ROW_RENAMED = (
    ('rows: {burns: "Burns", falls: "Falls"}', 'rows: {heat: "Heat", falls: "Falls"}'),
    ("row: burns, column: state", "row: heat, column: state"),
)
OPTION_RENAMED = (
    ('options: {seen: "Seen", not_seen: "Not seen"}', 'options: {met: "Met", not_seen: "Not seen"}'),
    ("column: state, true_when: {is: seen}", "column: state, true_when: {is: met}"),
)
TABLES = [
    pytest.param(
        *ROW_RENAMED,
        "part: states, map: {burns: heat}",
        [{"row": "heat", "state": "seen", "day": "60", "night": "40"}],
        id="a row",
    ),
    pytest.param(
        *ROW_RENAMED,
        "part: states, map: {burns: ask}",
        None,
        id="a row that is asked",
    ),
    pytest.param(
        ("{key: day, kind: number, unit: percent", "{key: early, kind: number, unit: percent"),
        None,
        "part: states, map: {day: early}",
        [{"row": "burns", "state": "seen", "early": "60", "night": "40"}],
        id="a column",
    ),
    pytest.param(
        *OPTION_RENAMED,
        "part: states, column: state, map: {seen: met}",
        [{"row": "burns", "state": "met", "day": "60", "night": "40"}],
        id="an option of a column",
    ),
    pytest.param(
        *OPTION_RENAMED,
        "part: states, ask: true",
        None,
        id="a whole part that is asked",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "fact", "said", "value"), TABLES)
def test_tables_are_mapped_by_row_column_and_option(
    first: Questionnaire, version: Make, edit: Any, fact: Any, said: str, value: Any
) -> None:
    rule = f'{{fact: hurt, {V11}, class: rule_changed, why: "x"}}'
    after = version(
        NUMBER,
        (OHS, *edit),
        *([(PACK, *fact), (PACK, "credentials:", f"changes:\n  - {rule}\ncredentials:")] if fact else []),
        (OHS, "- key: OHS-03", told("- key: OHS-03", f'{{{V11}, class: choices_changed, {said}, why: "x"}}')),
    )
    assert diff(first, after).problems == ()
    one = carried(first, after)["OHS-03"]
    if value is None:
        assert (one.fate, dict(one.parts)) == (Fate.ASKED, {})
        assert one.beside[0].parts == GIVEN["OHS-03"]
    else:
        assert (one.fate, one.parts["states"]) == (Fate.MAPPED, value)
