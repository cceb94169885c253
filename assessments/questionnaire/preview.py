"""Example suppliers: which questions each would be asked, and why. For authors, and for the checker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from assessments.questionnaire.applicability import Applicability, applicable, facts_of
from assessments.questionnaire.binding import with_bound
from assessments.questionnaire.loading import PROFILES
from assessments.questionnaire.model import Level, Questionnaire, Tier
from assessments.questionnaire.reading import Cursor, Report, read_yaml

_KEYS = ("organization", "sites", "answers", "facts")


class BadProfile(ValueError):
    """The profile is no example supplier; the message names the key and the remedy."""


@dataclass(frozen=True)
class Profile:
    """An example supplier: columns of organization and sites, answers, and facts stated by hand."""

    name: str
    organization: Mapping[str, Any]
    sites: tuple[Mapping[str, Any], ...]
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


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
    facts = facts_of(profile.organization, profile.sites)
    if profile.facts:
        facts = facts.state(**profile.facts)
    site = profile.sites[0] if profile.sites else None
    answers = with_bound(questionnaire, profile.answers, profile.organization, site)
    return applicable(questionnaire, facts, answers)


def profile_of(data: Mapping[str, Any], name: str = "profile") -> Profile:
    """A profile from a mapping with organization and site or sites, and perhaps answers, facts and name."""
    if not isinstance(data, Mapping):
        raise BadProfile("a profile is a map; write organization: and sites:")
    for key in data:
        if key not in (*_KEYS, "name", "site"):
            raise BadProfile(f"a profile has no key {key}; use name, {', '.join(_KEYS)}")
    sites = data.get("sites", [data["site"]] if "site" in data else [])
    if not isinstance(sites, list | tuple) or not all(isinstance(site, Mapping) for site in sites):
        raise BadProfile("sites is no list of maps; write sites: [{country: NLD, activities: [MAN]}]")
    for key in ("organization", "answers", "facts"):
        if not isinstance(data.get(key, {}), Mapping):
            raise BadProfile(f"{key} is no map; write {key}: {{key: value}}")
    for site in sites:
        for entry in site.get("materials") or ():
            if not isinstance(entry, Mapping) or not isinstance(entry.get("material"), str):
                raise BadProfile("materials is a list of maps; write materials: [{material: tin}]")
    return Profile(
        name=str(data.get("name", name)),
        organization=data.get("organization", {}),
        sites=tuple(sites),
        answers=data.get("answers", {}),
        facts={key: _fact(value) for key, value in data.get("facts", {}).items()},
    )


def read_profiles(folder: Path, report: Report) -> list[Profile]:
    """The example suppliers of a pack, from its ``profiles`` folder; faults noted."""
    found = []
    for path in sorted((folder / PROFILES).glob("*.yaml")):
        name = f"{PROFILES}/{path.name}"
        tree = read_yaml(path, name, report)
        if tree is None:
            continue
        try:
            found.append(profile_of(tree, path.stem))
        except BadProfile as bad:
            message, _, remedy = str(bad).partition("; ")
            Cursor(tree, name, "", report).problem(message, remedy)
    return found


def _fact(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
