"""Rows picked on a form, sums that are asked about, coordinates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from assessments.questionnaire.model import Binding, Part, Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.values.answers import (
    BadValue,
    Remark,
    from_form,
    parse,
    parse_parts,
    remarks,
)


@cache
def small() -> Questionnaire:
    """The small pack has every kind of part."""
    return read_pack(Path(__file__).parents[1] / "questionnaire" / "packs" / "small")


def part(question: str, key: str) -> Part:
    return small().question(question).part(key)


DUST, PEOPLE = part("OHS-06", "dust"), part("PRO-01", "employees")
KNOWN, KIND, SHIFTS = part("OHS-01", "known"), part("OHS-04", "kind"), part("OHS-02", "shifts")
AGENTS, DAY, LINK = part("PRO-04", "agents"), part("OHS-04", "day"), part("OHS-01", "page")
SHORT, LONG = part("OHS-08", "who"), part("OHS-05", "changes")
CASES, STATES, MATERIALS = part("OHS-03", "cases"), part("OHS-03", "states"), part("PRO-03", "materials")
LEARNED, PROOF = part("OHS-07", "learned"), part("OHS-04", "proof")


def test_a_row_picked_on_the_form_names_its_key() -> None:
    form = {
        "materials.rows": ["0", "1"],
        "materials.0.row": ["gold"],
        "materials.0.use": ["bought"],
        "materials.1.row": [""],
    }
    raw = from_form(small().question("PRO-03"), lambda name: form.get(name, []))
    assert raw["materials"][0] == {"row": "gold", "use": "bought"}
    assert raw["materials"][1:] == []  # a spare row that nobody filled in
    form["materials.1.use"] = ["bought"]
    with pytest.raises(BadValue, match=r"PRO-03\.materials\.row2"):
        parse_parts(
            small().question("PRO-03"), from_form(small().question("PRO-03"), lambda n: form.get(n, []))
        )


def test_sums_are_asked_about_and_never_block() -> None:
    question = small().question("OHS-03")
    parts = parse_parts(
        question,
        {
            "cases": [{"share": "60"}, {"share": "30"}],
            "states": [{"row": "burns", "day": "50", "night": "50"}, {"row": "falls", "day": "20"}],
        },
    )
    assert remarks(question, parts) == [
        Remark("OHS-03.cases.share", "adds up to 90, not to 100; is that right?"),
        Remark("OHS-03.states.falls", "adds up to 20, not to 100; is that right?"),
    ]
    assert remarks(question, {}) == []


def test_a_coordinate_may_have_decimals() -> None:
    bound = replace(PEOPLE, bind=Binding("site", "latitude"), min=Decimal(-90), max=Decimal(90))
    assert parse(bound, "52,0907") == {"value": "52.0907", "year": None, "basis": None}
