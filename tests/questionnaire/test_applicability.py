"""Which questions are asked, why, and what a save changes."""

# ruff: noqa: E501 - one case stands on one line

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.questionnaire.asking.applicability import (
    Facts,
    applicable,
    changed,
    combined,
    facts_of,
    open_parts,
    rows_of,
    size_of,
)
from assessments.questionnaire.asking.walk import decides
from assessments.questionnaire.binding import bound_parts, column_from_value, value_from_column, with_bound
from assessments.questionnaire.model import Level, Questionnaire
from assessments.questionnaire.pack.loading import read_pack

OFFICE: dict[str, Any] = {
    "country": "NLD",
    "activities": ["SRV"],
    "production": False,
    "guards": False,
    "materials": [],
}
SMELTER: dict[str, Any] = {
    "country": "NLD",
    "activities": ["SMR", "REC"],
    "production": True,
    "guards": False,
    "agency_workers": 4,
    "materials": [
        {"material": "nickel", "use": "bought", "tonnes_band": "much", "secondary_share": 20},
        {"material": "cobalt", "use": "bought"},
    ],
}
FIRM: dict[str, Any] = {"country": "NLD", "employees": 30}


@pytest.mark.parametrize(
    ("employees", "size"),
    [(0, "micro"), (10, "micro"), (11, "small"), (49, "small"), (50, "medium"), (249, "medium"), (250, "large"),
     (999, "large"), (1000, "very_large")],
)  # fmt: skip
def test_size_follows_the_head_count(employees: int, size: str) -> None:
    assert size_of(employees) == size


def test_facts_come_from_the_columns() -> None:
    facts = facts_of(FIRM, SMELTER)
    assert dict(facts) == {
        "employees": 30,
        "size": "small",
        "positions": ("SMR", "REC"),
        "materials": ("nickel", "cobalt"),
        "material_groups": ("BATT", "RISKMAT"),
        "secondary_share": Decimal(20),
        "countries": ("NLD",),
        "agency_workers": 4,
        "production_site": True,
        "guards": False,
    }


def test_for_a_company_the_sites_are_taken_together() -> None:
    facts = facts_of(
        FIRM,
        [OFFICE, {**SMELTER, "country": "COD", "agency_workers": None}, {**SMELTER, "agency_workers": 9}],
    )
    assert facts["positions"] == ("SMR", "REC", "SRV")
    assert facts["agency_workers"] == 9
    assert facts["production_site"] is True
    assert facts["countries"] == ("NLD", "COD")


def test_what_nobody_said_is_no_fact() -> None:
    assert dict(facts_of({}, {})) == {}
    assert dict(facts_of({}, [])) == {}


def test_a_site_is_asked_by_what_it_is(small: Questionnaire) -> None:
    office = applicable(small, facts_of(FIRM, OFFICE))
    assert list(office.asked) == ["PRO-01", "PRO-02", "PRO-03", "OHS-01"]
    smelter = applicable(small, facts_of(FIRM, SMELTER))
    assert list(smelter.asked) == [
        "PRO-01",
        "PRO-02",
        "PRO-03",
        "PRO-04",
        "OHS-01",
        "OHS-03",
        "OHS-04",
        "OHS-06",
        "OHS-07",
    ]
    assert set(smelter.asked) | set(smelter.not_asked) == {question.key for question in small.questions}


def test_only_the_questions_of_a_level_are_told(small: Questionnaire) -> None:
    company = applicable(small, facts_of(FIRM, [SMELTER]), level=Level.COMPANY)
    assert [*company.asked, *company.not_asked] == ["PRO-01", "OHS-01", "OHS-08"]


REASONS = {
    "PRO-01": "Asked because every company is asked this.",
    "PRO-02": "Asked because every site is asked this.",
    "PRO-04": "Asked because you handle materials.",
    "OHS-03": "Asked because this site makes, treats or stores materials.",
    "OHS-04": "Asked because this site smelts or refines and you handle nickel and cobalt.",
    "OHS-06": "Asked because you do not handle mica and part of what you use is recycled.",
    "OHS-07": "Asked because a public list names cobalt, which you handle.",
    "OHS-02": "Not asked because your company has 30 people and the places where you work or buy are in the low band of country risk.",
    "OHS-05": "Not asked because OHS-03 has no answer yet.",
    "OHS-08": "Not asked because your company has 30 people.",
}


def test_every_question_says_why_it_is_asked_or_not(small: Questionnaire) -> None:
    decided = applicable(small, facts_of(FIRM, SMELTER))
    assert {key: {**decided.asked, **decided.not_asked}[key] for key in REASONS} == REASONS


def test_the_office_hears_why_not(small: Questionnaire) -> None:
    decided = applicable(small, facts_of(FIRM, OFFICE))
    assert decided.not_asked["PRO-04"] == "Not asked because this site offers services."
    assert (
        decided.not_asked["OHS-03"]
        == "Not asked because nothing is mined, made, treated or stored at this site."
    )
    assert (
        decided.not_asked["OHS-04"]
        == "Not asked because this site does not smelt or mine and no guards work at this site."
    )
    assert decided.not_asked["OHS-05"] == "Not asked because OHS-03 is not asked either."
    with pytest.raises(KeyError):
        decided.not_asked["PRO-01"]


def test_an_answer_opens_and_closes_later_questions(small: Questionnaire) -> None:
    facts = facts_of(FIRM, SMELTER)
    before = applicable(small, facts)
    after = applicable(small, facts, {"OHS-03": {"cases": [{"row": None, "people": "2"}]}})
    found = changed(before, after)
    assert found.now_applies == (("OHS-05", "Asked because your answer to OHS-03 is 2."),)
    assert found.no_longer_applies == ()
    back = changed(after, applicable(small, facts, {"OHS-03": {"cases": [{"row": None, "people": "0"}]}}))
    assert back.now_applies == ()
    assert [key for key, _ in back.no_longer_applies] == ["OHS-05"]


def test_a_follow_up_never_outlives_its_question(small: Questionnaire) -> None:
    """The answer to OHS-03 is kept, but the site stopped producing: what followed from it goes too."""
    answers = {"OHS-03": {"cases": [{"row": None, "people": "2"}]}}
    assert applicable(small, facts_of(FIRM, SMELTER), answers).asks("OHS-05")
    stopped = applicable(small, facts_of(FIRM, {**SMELTER, "production": False}), answers)
    assert not stopped.asks("OHS-03")
    assert not stopped.asks("OHS-05")


def test_is_not_holds_until_the_answer_says_so(small: Questionnaire) -> None:
    facts = facts_of({**FIRM, "employees": 60}, SMELTER)
    assert applicable(small, facts).asks("OHS-02")
    assert applicable(small, facts, {"OHS-01": {"known": "partly"}}).asks("OHS-02")
    told = applicable(small, facts, {"OHS-01": {"known": "no"}})
    assert told.not_asked["OHS-02"] == "Not asked because your answer to OHS-01 is “No”."


@pytest.mark.parametrize(
    ("country", "origin", "band", "asked"),
    [
        ("NLD", None, "low", False),
        ("MYS", None, "med", True),
        ("NLD", "COD", "high", True),
        ("NLD", "NCL", "no_data", True),
    ],
)
def test_the_country_band_is_the_highest_over_site_company_and_origins(
    small: Questionnaire, country: str, origin: str | None, band: str, asked: bool
) -> None:
    answers = {"PRO-04": {"origins": [{"row": None, "material": "tin", "country": origin}]}} if origin else {}
    decided = applicable(small, facts_of(FIRM, {**SMELTER, "country": country}), answers)
    assert decided.facts["country_band"] == band
    assert decided.asks("OHS-02") is asked


def test_a_band_without_figures_says_so(small: Questionnaire) -> None:
    question = small.question("OHS-08")
    assert question.because is None
    decided = applicable(small, facts_of({**FIRM, "country": "NCL"}, {**SMELTER, "country": "NCL"}))
    assert decided.facts["country_band"] == "no_data"
    assert decided.facts["countries_named"] == ("NCL",)


def test_a_known_origin_counts_instead_of_the_world(small: Questionnaire) -> None:
    facts = facts_of(FIRM, SMELTER)
    assert applicable(small, facts).facts["flagged_materials"] == ("cobalt",)
    known = {"PRO-04": {"origins": [{"row": None, "material": "cobalt", "country": "FIN"}]}}
    decided = applicable(small, facts, known)
    assert "flagged_materials" not in decided.facts
    assert decided.facts["origin_flagged"] is False
    congo = {"PRO-04": {"origins": [{"row": None, "material": "cobalt", "country": "COD"}]}}
    assert applicable(small, facts, congo).facts["origin_flagged"] is True


def test_a_stated_fact_is_not_changed_by_answers(small: Questionnaire) -> None:
    facts = facts_of(FIRM, SMELTER).state(hurt=True, country_band="high")
    decided = applicable(small, facts)
    assert decided.asks("OHS-05")
    assert decided.facts["country_band"] == "high"


def test_the_answers_of_several_sites_count_for_the_company(small: Questionnaire) -> None:
    together = combined(
        [
            {"OHS-06": {"dust": {"value": "3", "year": None, "basis": None}}, "OHS-04": {"kind": "fire"}},
            {"OHS-06": {"dust": {"value": "12", "year": None, "basis": None}}, "OHS-04": {"kind": "gas"}},
            {"OHS-03": {"cases": [{"row": None, "people": "1"}], "states": None}},
        ]
    )
    assert together["OHS-06"]["dust"] == (Decimal(3), Decimal(12))
    assert together["OHS-04"]["kind"] == ("fire", "gas")
    assert applicable(small, facts_of(FIRM, [SMELTER]), together).asks("OHS-05")


def test_parts_open_by_their_own_rule(small: Questionnaire) -> None:
    question = small.question("OHS-01")
    assert [part.key for part in open_parts(question, {})] == ["known", "page"]
    assert [part.key for part in open_parts(question, {"known": "no"})] == ["known", "missing"]
    assert [part.key for part in open_parts(question, {"known": "partly"})] == ["known", "missing", "page"]


def test_rows_come_from_the_pack_a_fact_or_an_answer(small: Questionnaire) -> None:
    facts = applicable(small, facts_of(FIRM, SMELTER)).facts
    learned, again = small.question("OHS-07").parts
    assert rows_of(small, learned, facts, {}) == {"cobalt": "Cobalt"}
    assert rows_of(small, again, facts, {}) == {"nickel": "Nickel", "cobalt": "Cobalt"}
    assert rows_of(small, small.question("OHS-03").part("states"), facts, {}) == {
        "burns": "Burns",
        "falls": "Falls",
    }
    assert rows_of(small, small.question("OHS-03").part("cases"), facts, {}) == {}


def test_bound_parts_read_and_write_their_column(small: Questionnaire) -> None:
    found = with_bound(small, {"OHS-01": {"known": "yes"}}, FIRM, SMELTER)
    assert found["PRO-01"] == {"employees": {"value": "30", "year": None, "basis": None}, "country": "NLD"}
    assert found["PRO-02"] == {"activities": ["SMR", "REC"], "production": "yes", "guards": "no"}
    assert found["PRO-03"]["materials"] == [
        {"row": "nickel", "use": "bought", "tonnes_band": "much", "secondary_share": "20"},
        {"row": "cobalt", "use": "bought"},
    ]
    assert found["OHS-01"] == {"known": "yes"}
    records = {"organization": FIRM, "site": SMELTER}
    for key in ("PRO-01", "PRO-02", "PRO-03"):
        for part in small.question(key).parts:
            assert part.bind is not None
            column = records[part.bind.record][part.bind.column]
            assert column_from_value(part, value_from_column(part, column)) == column
    assert bound_parts(small.question("PRO-01"), {}, None) == {}


@cache
def _small() -> Questionnaire:
    """Not the fixture: Hypothesis would print the whole questionnaire as an argument."""
    return read_pack(Path(__file__).parent / "packs" / "small")


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["no", "seen", "COD", "tin"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["row", "value", "people", "state", "country"]), inner, max_size=3)
    ),
    max_leaves=6,
)
parts_of = {"PRO-04": "origins", "OHS-01": "known", "OHS-03": "cases", "OHS-04": "kind", "OHS-06": "dust"}


# A busy machine draws slowly; that says nothing about what is drawn.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {}, optional={key: st.fixed_dictionaries({part: junk}) for key, part in parts_of.items()}
    )
)
def test_no_stored_answer_can_break_a_save(answers: dict[str, Any]) -> None:
    small = _small()
    decided = applicable(small, facts_of(FIRM, SMELTER), answers)
    for key, reason in {**decided.asked, **decided.not_asked}.items():
        lead = "Asked because " if decided.asks(key) else "Not asked because "
        assert reason.startswith(lead)
        assert reason.endswith(".")
    assert isinstance(decided.facts, Facts)


def _anew() -> Questionnaire:
    """Another reading of the pack, of which no walk is kept."""
    return read_pack(Path(__file__).parent / "packs" / "small")


def test_what_was_decided_before_is_not_decided_differently_for_another_firm() -> None:
    """Walks are kept under what they read: a fact or an answer that differs is another walk."""
    small = _small()
    first = applicable(small, facts_of(FIRM, SMELTER), {})
    for facts in (facts_of({**FIRM, "employees": 4}, SMELTER), facts_of(FIRM, {**SMELTER, "materials": []})):
        kept, fresh = applicable(small, facts, {}), applicable(_anew(), facts, {})
        assert dict(kept.asked) == dict(fresh.asked)
        assert dict(kept.not_asked) == dict(fresh.not_asked)
    again = applicable(small, facts_of(FIRM, SMELTER), {})
    assert dict(again.asked) == dict(first.asked)


def test_only_answers_that_no_rule_reads_leave_everything_as_it_is() -> None:
    small = _small()
    deciding = {question.key for question in small.questions if decides(small, question.key)}
    assert "PRO-04" in deciding  # origins feed a scan
    assert deciding < {question.key for question in small.questions}
