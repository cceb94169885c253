"""The checker's own tests: one fault of each kind put in, and each found."""

# ruff: noqa: E501 - one case stands on one line

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assessments.questionnaire.asking.profiles import Profile, profile_of
from assessments.questionnaire.pack.checking import check_pack, elements
from assessments.questionnaire.pack.words import count_words, long_sentences, school_grade, unwanted

Change = Callable[..., Path]
SMALL = Path(__file__).parent / "packs" / "small"


def test_the_small_pack_is_clean() -> None:
    assert check_pack(SMALL) == []


LONG = "Every word in this sentence is here for one purpose only, which is to make it so long that nobody who reads it on a phone after a shift could follow."
HARD = "Organisational implementation responsibilities necessitate comprehensive documentation. Notwithstanding methodological considerations, verification activities predominantly characterise institutional accountability."

FOUND = [
    pytest.param("ohs/ohs-1.yaml", "Someone with", "You must fail with", "has “fail”, which judges", id="judgement"),
    pytest.param("ohs/ohs-1.yaml", '"Known today"', '"Certified today"', "has “Certified”", id="label"),
    pytest.param("ohs/ohs-1.yaml", 'hand: "Hand"', 'hand: "Hand, etc."', "has “etc.”, which is padding", id="option"),
    pytest.param("ohs/ohs-1.yaml", 'burns: "Burns"', 'burns: "Burn victims"', "has “victims”, which labels", id="row"),
    pytest.param("ohs/ohs-1.yaml", "Someone with", "Great! Someone with", "has “!”, which raises", id="shout"),
    pytest.param("ohs/ohs-1.yaml", "Someone with", "<b>Someone</b> with", "is no plain text", id="html"),
    pytest.param("ohs/ohs-1.yaml", "Someone with a course of one day or more.", LONG, "a sentence of 31 words", id="sentence"),
    pytest.param("ohs/ohs-1.yaml", "Someone with a course of one day or more.", HARD, "reads at school grade", id="grade"),
    pytest.param("ohs/ohs-1.yaml", '"Known today"', f'"{"Known today " * 12}x"', "has 145 characters", id="long label"),
    pytest.param("ohs/ohs-1.yaml", "in the last 24 months?", "lately?", "is last_24_months, and no text says so", id="recall"),
    pytest.param("ohs/ohs-1.yaml", "GRI.403-5:", "GRI.403-55:", "is no element of a standard", id="element"),
    pytest.param("ohs/ohs-1.yaml", "ISO45001.7: narrower", "ILO.C155: equal", "is equal", id="convention"),
    pytest.param("pro/pro-1.yaml", "vsme: [VSME.B1]", "vsme: [B1]", "names B1", id="vsme"),
    pytest.param("ohs/ohs-1.yaml", '"Kind of body"', '"Full name"', "asks for a person", id="person"),
    pytest.param("ohs/ohs-1.yaml", "Someone with", "Someone with {n}", "has a brace", id="brace"),
    pytest.param("ohs/ohs-1.yaml", 'gas: "Gas"', 'gas: "Fire"', "says “Fire” twice", id="same option"),
    pytest.param("ohs/ohs-1.guide.yaml", "of {m} people", "of {M} people", "has a brace", id="slot"),
    pytest.param("ohs/ohs-1.guide.yaml", "says who helps.", "is compliant.", "has “compliant”", id="ladder"),
    pytest.param("ohs/ohs-1.guide.yaml", "for: always, effort", "for: {fact: positions, any_of: [SMR]}, effort", "no step at level 0 for a firm of size micro", id="steps"),
    pytest.param("ohs/ohs-1.guide.yaml", "levels: [2, 3]", "levels: [2]", "no step at level 3 for a firm of size large", id="level 3"),
    pytest.param("ohs/section.yaml", "How people stay safe", "How stakeholders stay safe", "has “stakeholders”", id="section"),
    pytest.param("ohs/ohs-1.yaml", "key: page, kind: link", "key: note, kind: link", "is note", id="reserved"),
    pytest.param("ohs/ohs-1.yaml", "fact: hurt, is: true", "fact: employees, more_than: 5000", "asked of no example", id="reach"),
    pytest.param("ohs/ohs-1.yaml", "fact: hurt, is: true", "fact: employees, more_than: 5", "asked of every example", id="reach all"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "message"), FOUND)
def test_each_kind_of_fault_is_found_once_put_in(
    changed_pack: Change, file: str, old: str, new: str, message: str
) -> None:
    found = check_pack(changed_pack(file, old, new))
    assert any(message in problem.message and problem.file == file and problem.remedy for problem in found), (
        found
    )


def test_faults_of_loading_and_of_wording_are_told_together(changed_pack: Change) -> None:
    found = check_pack(
        changed_pack("ohs/ohs-1.yaml", "fact: guards", "fact: gards", "Someone with", "Just someone with")
    )
    assert {problem.path for problem in found} == {"questions[OHS-04].applies.when", "questions[OHS-02].help"}


def test_a_pack_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    assert [problem.message for problem in check_pack(tmp_path / "none")] == ["is no folder"]
    assert [problem.message for problem in check_pack(tmp_path)] == ["is missing"]


def test_a_faulty_profile_is_a_problem(changed_pack: Change) -> None:
    folder = changed_pack("profiles/office.yaml", "organization:", "organisation:")
    assert [problem.file for problem in check_pack(folder)] == ["profiles/office.yaml"]


def test_reach_may_be_judged_by_other_examples() -> None:
    office = profile_of({"organization": {"employees": 5}, "site": {"activities": ["SRV"]}})
    assert isinstance(office, Profile)
    found = check_pack(SMALL, [office])
    assert {p.path for p in found} >= {"questions[OHS-03].applies", "questions[PRO-04].applies"}


@pytest.mark.parametrize(
    "text",
    ["She can pass it on.", "The rule was passed on to buyers.", "Passport and password", "a compass", "an adjusted date",
     "justice", "effect", "underscore", "prefailing", "illegality"],
)  # fmt: skip
def test_words_that_only_look_alike_are_left_alone(text: str) -> None:
    assert not list(unwanted(text))


@pytest.mark.parametrize(
    "text",
    ["passed the audit", "Non-compliant", "blacklisted", "a rating", "scoring", "and/or", "e.g. tin", "robust", "ensures",
     "red light", "violations", "illegal workers", "third world", "Just ask"],
)  # fmt: skip
def test_words_that_do_not_appear_are_found(text: str) -> None:
    assert list(unwanted(text))


def test_sentences_are_measured() -> None:
    assert count_words("Count people's e-mails, 12 of them.") == 6
    assert long_sentences("Short. " + LONG)[0][1] == 31
    assert school_grade("The cat sat on the mat. It was warm.") < 3
    assert school_grade(HARD) > 15
    assert school_grade("") == 0
    assert len(elements()) > 600
