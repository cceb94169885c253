"""What an author sees of an example supplier."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.questionnaire.asking.preview import preview
from assessments.questionnaire.asking.profiles import BadProfile
from assessments.questionnaire.model import Questionnaire, Tier


def test_a_preview_counts_by_section_and_tier_and_says_why(small: Questionnaire) -> None:
    profile = {
        "name": "Smelter",
        "organization": {"country": "COD", "employees": 900},
        "site": {
            "country": "COD",
            "activities": ["SMR"],
            "production": True,
            "materials": [{"material": "nickel"}],
        },
        "answers": {"OHS-03": {"cases": [{"row": None, "people": "1"}]}},
        "facts": {"secondary_share": 10},
    }
    shown = preview(small, profile)
    assert shown.profile == "Smelter"
    assert shown.by_section == {"PRO": 4, "OHS": 7}
    assert shown.by_tier == {Tier.CORE: 9, Tier.STANDARD: 1, Tier.EXTENDED: 1}
    (line,) = shown.not_asked
    assert (line.key, line.topic, line.text) == ("OHS-07", "OHS.1", small.question("OHS-07").text)
    assert line.reason.startswith("Not asked because no public list names one of your materials")


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ([], "a profile is a map"),
        ({"organisation": {}}, "no key organisation"),
        ({"sites": {}}, "sites is no list"),
        ({"sites": ["NLD"]}, "sites is no list"),
        ({"organization": []}, "organization is no map"),
        ({"answers": 1}, "answers is no map"),
        ({"answers": {"OHS-01": "yes"}}, r"answers\.OHS-01 is no map"),
        ({"site": {"colour": "red"}}, r"site\.colour is no column"),
        ({"organization": {"employees": True}}, "no number of people"),
        ({"organization": {"country": "NL"}}, "is no country"),
        ({"organization": {"lei": 7}}, "is no text"),
        ({"site": {"production": "yes"}}, "is not true or false"),
        ({"site": {"activities": "SMR"}}, "is no list of positions"),
        ({"site": {"latitude": "north"}}, "is no number"),
        ({"site": {"materials": {}}}, "is no list"),
        ({"site": {"materials": ["tin"]}}, "without a known material"),
        ({"site": {"materials": [{"material": "tin", "secondary_share": "much"}]}}, "that is no number"),
        ({"facts": {"size": "huge"}}, r"facts\.size is huge; use micro"),
        ({"facts": {"materials": "tin"}}, "use a list of tin"),
        ({"facts": {"employees": "many"}}, "of no kind that a fact has"),
        ({"facts": {"weather": "fine"}}, r"facts\.weather is no fact; use employees"),
    ],
)
def test_what_is_no_profile_is_refused(small: Questionnaire, profile: Any, message: str) -> None:
    with pytest.raises(BadProfile, match=message):
        preview(small, profile)
