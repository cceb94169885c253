"""Rules said for anybody: one plain sentence each, also for those that no example supplier meets."""

from __future__ import annotations

import pytest

from assessments.questionnaire.asking.conditions import asked_when, condition, opened_when
from assessments.questionnaire.model import Level, Tier
from assessments.questionnaire.pack.loading import load_pack
from assessments.questionnaire.pack.words import unwanted


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("PRO-01", "Asked of every company."),
        ("OHS-01", "Asked of every site."),
        ("MGT-05", "Asked when your company has 50 people or more."),
        (
            "ENV-20",
            (
                "Asked when this site smelts or recycles, "
                "and you handle lead, copper, zinc, nickel, cadmium or arsenic."
            ),
        ),
        ("PRO-10", "Asked when you handle tin, tantalum, tungsten or gold."),
        (
            "LAB-17",
            (
                "Asked when a place where you work or buy is in the medium or high band of country risk "
                "or has no public figures, or your company has 250 people or more."
            ),
        ),
        ("ENV-24", "Asked when water used in your process leaves this site."),
        (
            "MIN-06",
            (
                "Asked when one of your sites smelts, makes half-finished metal or makes products, "
                "and you handle "
                "tin, tantalum, tungsten, gold, cobalt, copper, natural graphite, lithium, nickel or mica."
            ),
        ),
        ("MGT-14", "Asked when your answer to MGT-13 is not “No plan yet”."),
    ],
)
def test_a_rule_says_when_its_question_is_asked(key: str, sentence: str) -> None:
    assert asked_when(load_pack().question(key), load_pack()) == sentence


def test_every_rule_and_every_part_says_itself_in_plain_words() -> None:
    pack = load_pack()
    for question in pack.questions:
        said = [asked_when(question, pack)]
        said += [text for part in question.parts if (text := opened_when(part, question, pack))]
        for text in said:
            assert "_" not in text, (question.key, text)
            assert not list(unwanted(text)) or "“" in text, (question.key, text)
    assert {condition(pack.tiers[tier], pack, Level.COMPANY) for tier in (Tier.STANDARD, Tier.EXTENDED)}


def test_a_part_names_the_field_that_opens_it() -> None:
    question = load_pack().question("OHS-01")
    said = opened_when(question.part("employees"), question, load_pack())
    assert said == "“In use at this site” does not name “No written system yet”"
    assert opened_when(question.part("systems"), question, load_pack()) is None


def test_a_step_says_for_whom_it_is() -> None:
    steps = {
        step.key: step for topic in load_pack().rated_topics if topic.guide for step in topic.guide.next_steps
    }
    assert condition(steps["danger_walk"].rule, load_pack()) == "your company has 1 to 49 people"
    assert condition(steps["driver_page"].rule, load_pack()) == "this site recycles or trades"
    assert condition(steps["right_to_stop"].rule, load_pack()) == "in every case"
