"""Example suppliers: which questions each would be asked, and why. For authors, and for the checker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.questionnaire.asking.applicability import Applicability, applicable, facts_of
from assessments.questionnaire.asking.profiles import BadProfile, Profile, profile_of
from assessments.questionnaire.binding import with_bound
from assessments.questionnaire.model import Level, Questionnaire, Tier


@dataclass(frozen=True)
class PreviewLine:
    """One question for that supplier, with the sentence that says why it is asked, or why not."""

    key: str
    section: str
    topic: str
    level: Level
    tier: Tier
    text: str
    reason: str


@dataclass(frozen=True)
class Preview:
    """What an example supplier with these sites would be asked, over both levels."""

    profile: str
    asked: tuple[PreviewLine, ...]
    not_asked: tuple[PreviewLine, ...]

    @property
    def by_section(self) -> dict[str, int]:
        """How many questions are asked in each section that asks any."""
        return dict(Counter(line.section for line in self.asked))

    @property
    def by_tier(self) -> dict[Tier, int]:
        """How many questions of each tier are asked."""
        return dict(Counter(line.tier for line in self.asked))


def preview(questionnaire: Questionnaire, profile: Mapping[str, Any] | Profile) -> Preview:
    """Which questions an example supplier is asked. BadProfile where the mapping is none."""
    example = profile if isinstance(profile, Profile) else profile_of(profile)
    decided = decide(questionnaire, example)

    def lines(reasons: Mapping[str, str]) -> tuple[PreviewLine, ...]:
        found = []
        for key, reason in reasons.items():
            q = questionnaire.question(key)
            found.append(PreviewLine(key, q.section, q.topic, q.level, q.tier, q.text, reason))
        return tuple(found)

    return Preview(example.name, lines(decided.asked), lines(decided.not_asked))


def decide(questionnaire: Questionnaire, profile: Profile) -> Applicability:
    """The applicability of all questions for an example supplier, its sites taken together."""
    for name in profile.facts:
        if name not in questionnaire.facts:
            raise BadProfile(f"facts.{name} is no fact", f"use {', '.join(questionnaire.facts)}")
    facts = facts_of(profile.organization, profile.sites)
    if profile.facts:
        facts = facts.state(**profile.facts)
    site = profile.sites[0] if profile.sites else None
    answers = with_bound(questionnaire, profile.answers, profile.organization, site)
    return applicable(questionnaire, facts, answers, described=True)
