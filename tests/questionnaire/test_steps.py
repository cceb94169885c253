"""Next steps that suit: by size, activity and material, from where the company sees itself."""

from __future__ import annotations

from assessments.questionnaire.asking.company import Company, asked_of
from assessments.questionnaire.asking.steps import fitting_steps
from assessments.questionnaire.pack.loading import load_pack


def keys(topic: str, company: Company, level: int | None = None) -> list[str]:
    decided = asked_of(load_pack(), company)
    return [
        step.key for step in fitting_steps(load_pack().topic(topic), decided.facts, decided.answers, level)
    ]


RECYCLER = Company(8, positions=("REC",), materials=("copper",), countries=("NLD",), production=True)
SMELTER = Company(900, positions=("SMR",), materials=("nickel",), countries=("NLD",), production=True)


def test_a_small_recycler_and_a_large_smelter_get_other_steps() -> None:
    assert keys("OHS.1", RECYCLER) == ["driver_page", "danger_walk", "what_nearly", "right_to_stop"]
    assert keys("OHS.1", SMELTER) == ["duties_page", "full_list", "right_to_stop"]


def test_steps_follow_the_step_of_the_ladder() -> None:
    assert keys("OHS.1", SMELTER, 3) == ["big_repair", "early_numbers", "right_to_stop"]
    assert keys("OHS.1", SMELTER, 4) == []


def test_every_rated_topic_helps_every_size_from_the_first_steps() -> None:
    pack = load_pack()
    for topic in pack.rated_topics:
        for people in (5, 25, 120, 500, 5000):
            for level in (None, 0, 1, 2):
                decided = asked_of(pack, Company(people, countries=("NLD",)))
                assert fitting_steps(topic, decided.facts, decided.answers, level), (topic.key, people, level)


def test_a_topic_that_is_not_rated_has_no_steps() -> None:
    assert keys("PRO.1", RECYCLER) == []
