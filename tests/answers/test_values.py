"""Each kind of value: what is taken, what is refused and how, and that export and form give it back."""

# ruff: noqa: E501 - one case stands on one line

from __future__ import annotations

import datetime as dt
import pickle
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaire.model import Part, PartKind, Question, Questionnaire
from assessments.questionnaire.pack.loading import read_pack
from assessments.values.answers import (
    CODECS,
    BadValue,
    export_parts,
    from_form,
    parse,
    parse_parts,
    show,
)
from assessments.values.numbers import plain, read_number, spaced


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


def number(text: str, year: int | None = None, basis: str | None = None) -> dict[str, Any]:
    return {"value": text, "year": year, "basis": basis}


TAKEN: list[tuple[Part, Any, Any, str]] = [
    (KNOWN, "partly", "partly", "Partly"),
    (KNOWN, ["yes"], "yes", "Yes"),
    (KIND, "gas", "gas", "Gas"),
    (SHIFTS, ["night", "early", "early"], ["early", "night"], "Early shift; Night shift"),
    (SHIFTS, "late", ["late"], "Late shift"),
    (AGENTS, ["none"], ["none"], "None"),
    (DUST, "12,5", number("12.5"), "12.5 mg/m³"),
    (DUST, 12.5, number("12.5"), "12.5 mg/m³"),
    (DUST, {"value": 12.50, "year": "2025", "basis": "measured"}, number("12.5", 2025, "measured"), "12.5 mg/m³ (2025, measured)"),
    (DUST, {"value": "0", "year": "", "basis": None}, number("0"), "0 mg/m³"),
    (DUST, "٣٫".replace("٫", ".") + "٥", number("3.5"), "3.5 mg/m³"),
    (PEOPLE, "12 500", number("12500"), "12\u202f500"),
    (PEOPLE, {"value": "60", "year": 2024, "basis": "measured"}, number("60"), "60"),
    (DAY, " 2026-01-31 ", "2026-01-31", "31 January 2026"),
    (SHORT, "  a \n b  ", "a b", "a b"),
    (SHORT, "e\u0301", "\u00e9", "\u00e9"),
    (LONG, "one  \r\n\r\ntwo ", "one\n\ntwo", "one\n\ntwo"),
    (LINK, "https://example.org/a?b=c", "https://example.org/a?b=c", "https://example.org/a?b=c"),
    (STATES, [{"row": "falls", "day": "40"}, {"row": "burns", "state": "seen", "night": 60}],
     [{"row": "burns", "state": "seen", "night": "60"}, {"row": "falls", "day": "40"}],
     "Burns – Seen: Seen; By night: 60 percent\nFalls – By day: 40 percent"),
    (STATES, [{"row": "burns"}, {"row": "falls", "page": ""}], None, ""),
    (CASES, [{"what": "Cut", "people": {"value": "2"}, "when": "2026-02-03", "parts": ["eye", "hand"]}, {}],
     [{"row": None, "what": "Cut", "people": "2", "when": "2026-02-03", "parts": ["hand", "eye"]}],
     "What happened: Cut; People hurt: 2; Day: 3 February 2026; Hurt: Hand; Eye"),
    (MATERIALS, [{"row": "tin"}, {"row": "gold", "secondary_share": "12,5"}],
     [{"row": "tin"}, {"row": "gold", "secondary_share": "12.5"}], "Tin – \nGold – Recycled: 12.5 percent"),
    (LEARNED, [{"row": "cobalt", "note": "x"}], [{"row": "cobalt", "note": "x"}], "cobalt – Learned: x"),
    (PROOF, None, None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "raw", "stored", "shown"), TAKEN)
def test_what_is_meant_is_taken(shape: Part, raw: Any, stored: Any, shown: str) -> None:
    value = parse(shape, raw)
    assert value == stored
    assert show(value, shape) == shown
    assert parse(shape, value) == value


@pytest.mark.parametrize("shape", [p for q in small().questions for p in q.parts], ids=lambda p: p.key)
@pytest.mark.parametrize("raw", [None, "", "   "])
def test_nothing_is_no_value(shape: Part, raw: Any) -> None:
    if shape.kind is PartKind.TABLE and raw == "   ":
        with pytest.raises(BadValue):
            parse(shape, raw)
    else:
        assert parse(shape, raw) is None


REFUSED: list[tuple[Part, Any, str, str, str]] = [
    (KNOWN, "maybe", "known", "“maybe” is none of the choices", "yes, partly, no"),
    (KNOWN, True, "known", "none of the choices", "choose one of"),
    (KIND, ["fire", "gas"], "kind", "none of the choices", "fire, gas"),
    (SHIFTS, ["noon"], "shifts", "“noon” is none of the choices", "early, late, night"),
    (SHIFTS, {"early": True}, "shifts", "is no list of choices", "list of option keys"),
    (SHIFTS, [["early"]], "shifts", "none of the choices", "choose from"),
    (AGENTS, ["none", "sales"], "agents", "“None” stands beside “For sales”", "exclude each other"),
    (DUST, "60", "dust", "60 mg/m³ is out of range", "a number from 0 to 50.5 mg/m³"),
    (DUST, "-1", "dust", "-1 mg/m³ is out of range", "a number from 0 to 50.5 mg/m³"),
    (DUST, "1,234", "dust", "can be read in two ways", "write 1234 for the large number, or 1.234"),
    (DUST, "twelve", "dust", "“twelve” is not a number", "1234 or 12.5"),
    (DUST, "1e3", "dust", "is not a number", "digits only"),
    (DUST, float("nan"), "dust", "is not a number", "enter digits"),
    (DUST, float("inf"), "dust", "is not a number", "enter digits"),
    (DUST, True, "dust", "is not a number", "enter digits"),
    (DUST, "0.1234567", "dust", "too many digits", "6 after the point"),
    (DUST, {"value": "1", "unit": "kg"}, "dust", "unknown key “unit”", "value, year and basis"),
    (DUST, {"value": "1", "year": "25"}, "dust.year", "“25” is no year", "2025"),
    (DUST, {"value": "1", "year": 2025.5}, "dust.year", "is no year", "2025"),
    (
        DUST,
        {"value": "1", "basis": "guessed"},
        "dust.basis",
        "“guessed” is none",
        "measured, calculated, estimated",
    ),
    (PEOPLE, "12.5", "employees", "12.5 is not a whole number", "whole number"),
    (PEOPLE, "1.234", "employees", "1.234 is not a whole number", "whole number"),
    (DAY, "31.01.2026", "day", "is not a date", "2026-01-31"),
    (DAY, "2026-02-30", "day", "is no day", "check day and month"),
    (DAY, "0001-01-01", "day", "is not a date", "2026-01-31"),
    (DAY, 20260131, "day", "is not a date", "2026-01-31"),
    (SHORT, "x" * 301, "who", "has 301 characters, 300 fit", "shorten it"),
    (SHORT, "a\x00b", "who", "no text", "plain text"),
    (SHORT, "a\ud800b", "who", "no text", "plain text"),
    (SHORT, "a\x1bb", "who", "control character", "plain text"),
    (SHORT, 7, "who", "is not a text", "send a text"),
    (LONG, "x" * 2001, "changes", "has 2001 characters, 2000 fit", "shorten it"),
    (LINK, "www.example.org", "page", "is no web address", "begin with https://"),
    (LINK, "javascript:alert(1)", "page", "is no web address", "begin with https://"),
    (LINK, "https://user:secret@example.org", "page", "is no web address", "https://"),
    (LINK, "https://exa mple.org", "page", "is no web address", "https://"),
    (LINK, "https://[::1", "page", "is no web address", "https://"),
    (LINK, "https://localhost/", "page", "is no web address", "https://"),
    (PROOF, "proof.pdf", "proof", "takes no value", "link it to the answer"),
    (CASES, {"row": None}, "cases", "is no table", "list of rows"),
    (CASES, ["x"], "cases.row1", "is no row", "column: value"),
    (CASES, [{}, {"people": "x"}], "cases.row2.people", "is not a number", "digits"),
    (CASES, [{"row": "burns", "people": "1"}], "cases.row1", "names the row “burns”", "leave row empty"),
    (CASES, [{"hands": "2"}], "cases.row1", "has no column “hands”", "its columns are what, people"),
    (CASES, [{}] * 201, "cases", "has 201 rows, 200 fit", "join rows"),
    (STATES, [{"row": "cuts", "state": "seen"}], "states.row1", "“cuts” is no row", "burns, falls"),
    (STATES, [{"state": "seen"}], "states.row1", "is no row", "burns, falls"),
    (STATES, [{"row": "burns", "state": "x"}], "states.burns.state", "none of the choices", "seen, not_seen"),
    (STATES, [{"row": "burns", "day": 1}, {"row": "burns", "day": 2}], "states.burns", "twice", "keep one"),
    (
        MATERIALS,
        [{"row": "gold", "secondary_share": "101"}],
        "materials.gold.secondary_share",
        "out of range",
        "0 to 100 percent",
    ),
    (MATERIALS, [{"row": "unobtainium"}], "materials.row1", "is no row", "use one of: tin"),
]


@pytest.mark.parametrize(("shape", "raw", "place", "message", "remedy"), REFUSED)
def test_what_cannot_be_taken_names_place_and_remedy(
    shape: Part, raw: Any, place: str, message: str, remedy: str
) -> None:
    with pytest.raises(BadValue) as caught:
        parse(shape, raw)
    assert caught.value.place == place
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_every_fault_of_an_answer_is_told_at_once() -> None:
    raw = {"cases": [{"people": "x", "share": "101"}, {"when": "soon"}], "states": 7, "other": 1}
    with pytest.raises(BadValue) as caught:
        parse_parts(small().question("OHS-03"), raw)
    assert [bad.place for bad in caught.value.problems] == [
        "OHS-03",
        "OHS-03.cases.row1.people",
        "OHS-03.cases.row1.share",
        "OHS-03.cases.row2.when",
        "OHS-03.states",
    ]
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own exception, as a job would carry it
    assert again.problems[1].place == caught.value.problems[1].place
    with pytest.raises(BadValue, match="OHS-03: “list” is no answer"):
        parse_parts(small().question("OHS-03"), [])  # type: ignore[arg-type]


NUMBERS = [
    ("12", "12"),
    ("+12", "12"),
    ("-0", "0"),
    ("\u22125", "-5"),
    ("007", "7"),
    ("12.50", "12.5"),
    ("0,125", "0.125"),
    ("1,5", "1.5"),
    ("1,23456", "1.23456"),
    ("1 234", "1234"),
    ("1\u202f234\u202f567,5", "1234567.5"),
    ("1'234.5", "1234.5"),
    ("1,234.5", "1234.5"),
    ("1.234,5", "1234.5"),
    ("1,234,567", "1234567"),
    ("1.234.567", "1234567"),
    ("1.234", "1.234"),
    ("१२", "12"),
    ("999999999999999", "999999999999999"),
]


@pytest.mark.parametrize(("typed", "meant"), NUMBERS)
def test_numbers_are_read_as_people_write_them(typed: str, meant: str) -> None:
    assert plain(read_number(typed, "x")) == meant


@pytest.mark.parametrize("typed", ["1,234", "12,345", "-1,234", "12,34,567", "1 23", "1..2", "1,2,3", ".", "-", "1 000 00",
                                   "9999999999999999", "1.234.56", "²", "½", "0x1f", "1_000", "1e9"])  # fmt: skip
def test_numbers_that_could_be_two_or_none_are_refused(typed: str) -> None:
    with pytest.raises(BadValue):
        read_number(typed, "x")


@given(st.decimals(-(10**14), 10**14, places=6))
def test_a_number_survives_storing_and_showing(value: Decimal) -> None:
    stored = plain(value)
    assert read_number(stored, "x") == value
    assert "E" not in stored
    assert plain(read_number(spaced(stored), "x")) == stored


@given(st.floats() | st.integers())
def test_any_number_of_a_program_is_taken_or_refused(raw: float) -> None:
    try:
        found = plain(read_number(raw, "x"))
    except BadValue:
        return
    assert plain(read_number(found, "x")) == found


# ------------------------------------------------------------------ any value, any kind

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["yes", "early", "burns", "tin", "2026-01-31", "12,5", "https://a.b", "seen", "none"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["row", "value", "year", "basis", "people", "state", "note", "day"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "shape", [p for q in small().questions for p in q.parts], ids=lambda p: f"{p.kind}-{p.key}"
)
@given(raw=json_values)
def test_no_json_breaks_a_codec_and_what_is_taken_stays(shape: Part, raw: Any) -> None:
    try:
        value = parse(shape, raw)
    except BadValue as bad:
        told = bad.place.startswith(shape.key) and bad.message and bad.remedy
        value = None if told else pytest.fail(f"a fault without place or remedy: {bad!r}")
    assert parse(shape, value) == value
    assert isinstance(show(value, shape), str)
    assert CODECS[shape.kind].export(value, shape, "x") is not None


def cells_of(shape: Any) -> st.SearchStrategy[Any]:
    """Stored values of a flat kind."""
    match shape.kind:
        case PartKind.YES_PARTLY_NO:
            return st.sampled_from(["yes", "partly", "no"])
        case PartKind.SINGLE:
            return st.sampled_from(list(shape.options))
        case PartKind.MULTIPLE:
            chosen = st.lists(st.sampled_from([k for k in shape.options if k not in shape.alone]), min_size=1)
            return chosen.map(lambda keys: [key for key in shape.options if key in keys])
        case PartKind.DATE:
            return st.dates(min_value=dt.date(1900, 1, 1)).filter(lambda d: d.year < 2200).map(str)
        case PartKind.NUMBER:
            low, high = shape.min or Decimal(0), shape.max or Decimal(10**6)
            return st.decimals(low, high, places=0 if shape.whole else 3).map(plain)
        case PartKind.LINK:
            return st.from_regex(r"https://[a-z]{1,8}\.[a-z]{2}/[a-z0-9/]{0,9}", fullmatch=True)
        case _:
            text = st.text(
                st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
                min_size=1,
                max_size=40,
            )
            return text.map(lambda t: unicodedata.normalize("NFC", t)).filter(lambda t: t == t.strip())


def values_of(shape: Part) -> st.SearchStrategy[Any]:
    """Stored values of any kind of part."""
    if shape.kind is PartKind.NUMBER:
        return st.builds(
            lambda value, year, basis: number(
                value, None if shape.plain else year, None if shape.plain else basis
            ),
            cells_of(shape),
            st.none() | st.integers(1990, 2100),
            st.none() | st.sampled_from(["measured", "calculated", "estimated"]),
        )
    if shape.kind is not PartKind.TABLE:
        return cells_of(shape)
    row = st.fixed_dictionaries({}, optional={c.key: cells_of(c) for c in shape.columns}).filter(bool)
    if shape.rows or shape.rows_from is not None:
        keys = list(shape.rows or shape.options or {"cobalt": "", "tin": ""})[:6]
        chosen = st.lists(st.sampled_from(keys), min_size=1, unique=True)
        if shape.rows:
            chosen = chosen.map(lambda some: [key for key in keys if key in some])
        return chosen.flatmap(
            lambda some: st.tuples(*(row for _ in some)).map(
                lambda rows: [{"row": key, **cells} for key, cells in zip(some, rows, strict=True)]
            )
        )
    return st.lists(row.map(lambda cells: {"row": None, **cells}), min_size=1, max_size=4)


def answers_to(question: Question) -> st.SearchStrategy[dict[str, Any]]:
    fields = {p.key: values_of(p) for p in question.parts if p.kind is not PartKind.EVIDENCE}
    return st.fixed_dictionaries({}, optional=fields)


@pytest.mark.parametrize("key", [question.key for question in small().questions])
@given(data=st.data())
def test_an_answer_survives_export_and_form(key: str, data: st.DataObject) -> None:
    question = small().question(key)
    stored = data.draw(answers_to(question))
    assert parse_parts(question, stored) == stored
    cells = export_parts(question, stored, "q.")

    def getlist(name: str) -> Sequence[str]:
        return [text for cell, text in cells if cell == name]

    assert all(isinstance(text, str) for _, text in cells)
    assert parse_parts(question, from_form(question, getlist, "q.")) == stored
    for shape in question.parts:
        assert (show(stored.get(shape.key), shape) != "") is (shape.key in stored)
