"""What a program can see between two versions: of questions, ladders, facts and tiers. It guesses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assessments.questionnaire.model import (
    Field,
    Part,
    Question,
    Questionnaire,
    Topic,
    Track,
    TrackStep,
)
from assessments.questionnaire.rules import Rule, comparisons_of, source_data, to_data


class Seen(StrEnum):
    """The kinds of difference."""

    TEXT = "text"
    LABEL = "label"
    PART = "part"
    CHOICE = "choice"
    KIND = "kind"
    UNIT = "unit"
    RECALL = "recall"
    LEVEL = "level"
    LIMIT = "limit"
    RULE = "rule"
    PLACE = "place"
    GUIDANCE = "guidance"


@dataclass(frozen=True)
class Difference:
    """One thing that differs. ``before`` or ``after`` empty: it was not there, or is gone.

    ``part`` and ``column`` say where; ``key`` is the option, row, column or part that appeared or vanished,
    or the name of what differs (text, unit, max).
    """

    seen: Seen
    key: str
    before: str
    after: str
    part: str | None = None
    column: str | None = None

    @property
    def gone(self) -> bool:
        """Whether a key of the version before is not there any more."""
        return self.seen in (Seen.CHOICE, Seen.PART) and not self.after

    @property
    def path(self) -> str:
        """The place as a program names it: ``amount.unit``, ``ruled_out.deposits``."""
        return ".".join(step for step in (self.part, self.column, self.key) if step)

    def __str__(self) -> str:
        """What is seen, as the rest of a sentence: "the unit of amount changed from t to kg"."""
        where = f" of {'.'.join(step for step in (self.part, self.column) if step)}" if self.part else ""
        if self.seen in (Seen.CHOICE, Seen.PART):
            thing = "part" if self.seen is Seen.PART else "key"
            return f"the {thing} {self.key}{where} is {'gone' if self.gone else 'new'}"
        if self.seen in (Seen.TEXT, Seen.LABEL, Seen.GUIDANCE):
            return f"the {self.key}{where} reads differently"
        if self.seen is Seen.RULE:
            return f"the rule ({self.key}{where}) differs"
        return f"the {self.key}{where} changed from {self.before or 'none'} to {self.after or 'none'}"


@dataclass(frozen=True)
class StepChange:
    """A step of a track that differs; no answer depends on it. ``before`` None: it is new; ``after``: gone.

    ``came`` and ``left``: keys of the questions that belong to it now and did not before, and the reverse.
    """

    track: str
    key: str
    before: TrackStep | None
    after: TrackStep | None

    @property
    def title(self) -> str:
        """Its title, as of the newer version where it has one."""
        here = self.after or self.before
        return here.title if here else ""

    @property
    def came(self) -> tuple[str, ...]:
        """See the class."""
        old = self.before.questions if self.before else ()
        return tuple(key for key in (self.after.questions if self.after else ()) if key not in old)

    @property
    def left(self) -> tuple[str, ...]:
        """See the class."""
        new = self.after.questions if self.after else ()
        return tuple(key for key in (self.before.questions if self.before else ()) if key not in new)


def differences(before: Question, after: Question) -> tuple[Difference, ...]:
    """What differs between two versions of one question, in the order of reading."""
    return tuple(_of_question(before, after))


def _of_question(before: Question, after: Question) -> Iterator[Difference]:
    if before.text != after.text:
        yield Difference(Seen.TEXT, "text", before.text, after.text)
    yield from _pairs(Seen.RECALL, {"recall": (before.recall.value, after.recall.value)})
    yield from _pairs(Seen.LEVEL, {"level": (before.level.value, after.level.value)})
    yield from _pairs(Seen.RULE, {"applies": (_rule(before.applies), _rule(after.applies))})
    yield from _pairs(Seen.RULE, {"tier": (before.tier.value, after.tier.value)})
    old, new = {part.key: part for part in before.parts}, {part.key: part for part in after.parts}
    for key in (*old, *(key for key in new if key not in old)):
        if key in old and key in new:
            yield from _of_part(old[key], new[key])
        else:
            one = old.get(key) or new[key]
            yield Difference(Seen.PART, key, *_appeared(one.label, key in old))
    yield from _pairs(Seen.PLACE, {"topic": (before.topic, after.topic)})
    for name in ("because", "help", "why", "care"):
        yield from _pairs(Seen.GUIDANCE, {name: (getattr(before, name) or "", getattr(after, name) or "")})
    for name in ("evidence", "mappings", "vsme", "purposes"):
        if getattr(before, name) != getattr(after, name):
            yield Difference(Seen.GUIDANCE, name, "", "")


def _of_part(before: Part, after: Part) -> Iterator[Difference]:
    yield from _of_field(before, after, before.key, None)
    yield from _keys(before.rows, after.rows, before.key, None)
    yield from _of_columns(before, after)
    when = (_rule(before.when), _rule(after.when))
    yield from _pairs(Seen.RULE, {"when": when}, before.key)
    yield from _pairs(
        Seen.LIMIT,
        {
            "rows_from": (_plain(before.rows_from), _plain(after.rows_from)),
            "bind": (_plain(before.bind), _plain(after.bind)),
            "commercial": (_plain(before.commercial), _plain(after.commercial)),
            "row_sum": (_plain(before.row_sum), _plain(after.row_sum)),
            "column_sum": (_plain(dict(before.column_sum)), _plain(dict(after.column_sum))),
        },
        before.key,
    )
    if before.prefill != after.prefill:
        old, new = ((_plain(source_data(one)) if one else "") for one in (before.prefill, after.prefill))
        yield Difference(Seen.GUIDANCE, "prefill", old, new, before.key)


def _of_columns(before: Part, after: Part) -> Iterator[Difference]:
    old, new = {one.key: one for one in before.columns}, {one.key: one for one in after.columns}
    yield from _keys(
        {key: one.label for key, one in old.items() if key not in new},
        {key: one.label for key, one in new.items() if key not in old},
        before.key,
        None,
    )
    for key in (key for key in old if key in new):
        yield from _of_field(old[key], new[key], before.key, key)
        commercial = (_plain(old[key].commercial), _plain(new[key].commercial))
        yield from _pairs(Seen.LIMIT, {"commercial": commercial}, before.key, key)


def _of_field(before: Field, after: Field, part: str, column: str | None) -> Iterator[Difference]:
    if before.label != after.label:
        yield Difference(Seen.LABEL, "label", before.label, after.label, part, column)
    yield from _pairs(Seen.KIND, {"kind": (before.kind.value, after.kind.value)}, part, column)
    yield from _pairs(Seen.UNIT, {"unit": (before.unit or "", after.unit or "")}, part, column)
    yield from _keys(before.options, after.options, part, column)
    limits = {
        name: (_plain(getattr(before, name)), _plain(getattr(after, name)))
        for name in ("min", "max", "plain", "optional", "alone")
    }
    yield from _pairs(Seen.LIMIT, limits, part, column)
    if before.help != after.help:
        yield Difference(Seen.GUIDANCE, "help", before.help or "", after.help or "", part, column)


def _keys(
    before: Mapping[str, str], after: Mapping[str, str], part: str, column: str | None
) -> Iterator[Difference]:
    """Options or rows: keys that vanished or appeared, and labels of those that stayed."""
    for key in (*before, *(key for key in after if key not in before)):
        if key in before and key in after:
            if before[key] != after[key]:
                yield Difference(Seen.LABEL, key, before[key], after[key], part, column)
        else:
            label = before.get(key) or after[key]
            yield Difference(Seen.CHOICE, key, *_appeared(label, key in before), part, column)


def _pairs(
    seen: Seen,
    named: Mapping[str, tuple[str, str]],
    part: str | None = None,
    column: str | None = None,
) -> Iterator[Difference]:
    for name, (before, after) in named.items():
        if before != after:
            yield Difference(seen, name, before, after, part, column)


def _appeared(label: str, was_there: bool) -> tuple[str, str]:
    return (label, "") if was_there else ("", label)


def _rule(rule: Rule | None) -> str:
    return "" if rule is None else json.dumps(to_data(rule))


def _plain(value: Any) -> str:
    """A value as text to compare and to show; nothing and false are empty."""
    return "" if value is None or value is False or value == () or value == {} else str(value)


# ------------------------------------------------------------------ what questions share


def rungs(before: Topic, after: Topic) -> dict[int, tuple[str, str]]:
    """The levels whose ``sees`` differ: {level: (before, after)}; {} where one of the two has no ladder."""
    if before.guide is None or after.guide is None:
        return {}
    old, new = before.guide.ladder, after.guide.ladder
    return {level: (old[level].sees, new[level].sees) for level in old if old[level].sees != new[level].sees}


def changed_facts(before: Questionnaire, after: Questionnaire) -> tuple[str, ...]:
    """Facts of both versions that come from elsewhere, or hold when others do."""
    return tuple(
        name
        for name, fact in before.facts.items()
        if name in after.facts
        and (fact.rule, fact.sources) != (after.facts[name].rule, after.facts[name].sources)
    )


def changed_tiers(before: Questionnaire, after: Questionnaire) -> tuple[str, ...]:
    """Tiers that other companies are now in."""
    names = dict.fromkeys((*before.tiers, *after.tiers))
    return tuple(tier.value for tier in names if before.tier_rule(tier) != after.tier_rule(tier))


def changed_steps(before: Questionnaire, after: Questionnaire) -> tuple[StepChange, ...]:
    """The steps that read differently or have other questions, in the newer order; what is gone last."""
    old, new = _steps(before.tracks), _steps(after.tracks)
    return tuple(
        StepChange(*key, old.get(key), new.get(key))
        for key in (*new, *(key for key in old if key not in new))
        if old.get(key) != new.get(key)
    )


def _steps(tracks: tuple[Track, ...]) -> dict[tuple[str, str], TrackStep]:
    return {(track.key, step.key): step for track in tracks for step in track.steps}


def ruled_by(questionnaire: Questionnaire, *, fact: str = "", tier: str = "") -> tuple[str, ...]:
    """Keys of the questions that this fact or tier helps to decide, in order; through other facts too."""
    reach = {fact} if fact else set()
    grows = True
    while grows:
        more = {
            name
            for name, one in questionnaire.facts.items()
            if name not in reach and one.rule is not None and _names(one.rule) & reach
        }
        reach |= more
        grows = bool(more)
    return tuple(
        question.key
        for question in questionnaire.questions
        if (tier and question.tier.value == tier) or (reach and _names(question.rule) & reach)
    )


def _names(rule: Rule) -> set[str]:
    return {getattr(test.source, "name", "") for test in comparisons_of(rule)} - {""}
