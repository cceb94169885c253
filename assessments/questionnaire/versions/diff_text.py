"""The difference between two versions as a reader sees it: marked word by word, as lines, as JSON data."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assessments.questionnaire.versions.certificates_compared import CertificateChange
from assessments.questionnaire.versions.changes import ChangeClass, change_data
from assessments.questionnaire.versions.comparing import Difference, Seen, StepChange
from assessments.questionnaire.versions.diff import Diff, Fate, LadderChange, QuestionChange, RuleChange

FORMAT = "plumbline-diff/1"

_WORD = re.compile(r"[㐀-鿿]|\w+|\s+|[^\w\s]")
"""A word, a gap, a mark, or one character of a script that leaves no gaps."""


class Mark(StrEnum):
    """What became of a run of words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Run:
    """Words that share a fate."""

    mark: Mark
    text: str


def marked(before: str, after: str) -> tuple[Run, ...]:
    """Both texts as one, word by word. For reading alone: nothing is concluded from it."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    runs: list[Run] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            runs.append(Run(Mark.SAME, "".join(old[a:b])))
            continue
        if a < b:
            runs.append(Run(Mark.GONE, "".join(old[a:b])))
        if c < d:
            runs.append(Run(Mark.NEW, "".join(new[c:d])))
    return tuple(runs)


# ------------------------------------------------------------------ JSON


def diff_data(found: Diff) -> dict[str, Any]:
    """The difference as JSON data."""
    return {
        "format": FORMAT,
        "from": _version(found.before),
        "to": _version(found.after),
        "fates": {fate.value: number for fate, number in found.fates.items()},
        "questions": [_question(one) for one in found.questions],
        "ladders": [_ladder(one) for one in found.ladders],
        "rules": [_rule(one) for one in found.rules],
        "steps": [_step(one) for one in found.steps],
        "certificates": [_certificate(one) for one in found.certificates],
        "problems": [
            {"file": each.file, "path": each.path, "message": each.message, "remedy": each.remedy}
            for each in found.problems
        ],
    }


def _version(questionnaire: Any) -> dict[str, str]:
    return {
        "slug": questionnaire.slug,
        "version": questionnaire.version,
        "title": questionnaire.title,
        "sha256": questionnaire.digest,
    }


def _question(one: QuestionChange) -> dict[str, Any]:
    return {
        "key": one.key,
        "topic": one.topic,
        "classes": [kind.value for kind in one.classes],
        "guidance_only": one.guidance_only,
        "why": [change.why for change in one.told],
        "answers": one.fate.value,
        "before": one.before.text if one.before else None,
        "after": one.after.text if one.after else None,
        "from": list(one.sources),
        "instead": list(one.instead),
        "seen": [
            {"what": each.seen.value, "path": each.path, "before": each.before, "after": each.after}
            for each in one.seen
        ],
        "changes": [change_data(change) for change in one.told],
    }


def _ladder(one: LadderChange) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "comparable": one.comparable,
        "why": [change.why for change in one.told],
        "levels": [
            {"level": level, "before": before, "after": after} for level, (before, after) in one.rungs.items()
        ],
    }


def _rule(one: RuleChange) -> dict[str, Any]:
    return {
        "about": one.about.value,
        "key": one.key,
        "why": [change.why for change in one.told],
        "questions": list(one.questions),
    }


def _step(one: StepChange) -> dict[str, Any]:
    return {
        "track": one.track,
        "key": one.key,
        "title": one.title,
        "new": one.before is None,
        "gone": one.after is None,
        "came": list(one.came),
        "left": list(one.left),
    }


def _certificate(one: CertificateChange) -> dict[str, Any]:
    return {
        "key": one.key,
        "label": one.label,
        "new": one.before is None,
        "gone": one.after is None,
        "came": list(one.came),
        "left": list(one.left),
        "offers": list(one.offers),
    }


# ------------------------------------------------------------------ lines

FATES = {
    Fate.CARRIED: "answers are carried over",
    Fate.CONFIRM: "answers are carried over, to be confirmed",
    Fate.MAPPED: "answers are carried over by the map below, to be confirmed",
    Fate.ASKED: "asked, with the old answer shown beside",
    Fate.NEW: "asked",
    Fate.KEPT: "answers are kept in the history",
}


def diff_lines(found: Diff) -> Iterator[str]:
    """The difference as plain text, line by line."""
    before, after = found.before, found.after
    yield f"{after.slug}: {before.version} > {after.version}"
    if found.same:
        yield "Nothing differs that is asked, seen or ruled."
        return
    yield ", ".join(f"{number} {fate.value}" for fate, number in found.fates.items() if number)
    for one in found.questions:
        if not one.guidance_only:
            yield ""
            yield from _question_lines(one)
    for ladder in found.ladders:
        said = {True: "levels stay comparable", False: "levels are not comparable", None: "not told"}
        yield ""
        yield f"{ladder.topic}  ladder_changed: {said[ladder.comparable]}"
        yield from (f"    why: {change.why}" for change in ladder.told)
        for level, (old, new) in ladder.rungs.items():
            yield f"    {level}: {_line(old, new)}"
    for rule in found.rules:
        yield ""
        yield f"{rule.about.value} {rule.key}  rule_changed: {', '.join(rule.questions) or 'no question'}"
        yield from (f"    why: {change.why}" for change in rule.told)
    for step in found.steps:
        yield ""
        yield f"step {step.key}  {_step_words(step)}"
    for kind in found.certificates:
        yield ""
        yield f"certificate {kind.key}  {_certificate_words(kind)}"
    guidance = [one.key for one in found.questions if one.guidance_only]
    if guidance:
        yield ""
        yield f"Guidance only: {', '.join(guidance)}"


def _step_words(step: StepChange) -> str:
    if step.before is None or step.after is None:
        return "new" if step.before is None else "gone"
    moved = [*(f"+{key}" for key in step.came), *(f"-{key}" for key in step.left)]
    return ", ".join(moved) or "reads differently"


def _certificate_words(one: CertificateChange) -> str:
    if one.before is None or one.after is None:
        return "new" if one.before is None else "gone"
    said = [*(f"+{key}" for key in one.came), *(f"-{key}" for key in one.left)]
    return ", ".join([*said, *(f"offers otherwise to {key}" for key in one.offers)]) or "named otherwise"


def _question_lines(one: QuestionChange) -> Iterator[str]:
    classes = ", ".join(kind.value for kind in one.classes) or "not told"
    yield f"{one.key}  {classes}: {FATES[one.fate]}"
    yield from (f"    why: {change.why}" for change in one.told)
    if one.sources:
        yield f"    from: {', '.join(one.sources)}"
    if one.before is None and one.after is not None:
        yield f"    {one.after.text}"
    if one.after is None and one.before is not None:
        yield f"    {one.before.text}"
        if one.instead:
            yield f"    instead: {', '.join(one.instead)}"
    for each in one.seen:
        if each.seen is not Seen.GUIDANCE:
            yield f"    {each.path}: {_shown(each)}"
    for change in one.told:
        if change.kind is ChangeClass.CHOICES_CHANGED:
            yield from (f"    {was} > {now}" for was, now in change.map.items())


def _shown(each: Difference) -> str:
    if each.seen in (Seen.TEXT, Seen.LABEL):
        return _line(each.before, each.after)
    if each.seen in (Seen.CHOICE, Seen.PART):
        return f"gone [-{each.before}-]" if each.gone else f"new {{+{each.after}+}}"
    if each.seen is Seen.RULE and each.key != "tier":
        return "the rule differs"
    return f"{each.before or 'none'} > {each.after or 'none'}"


def _line(before: str, after: str) -> str:
    brackets = {Mark.SAME: ("", ""), Mark.GONE: ("[-", "-]"), Mark.NEW: ("{+", "+}")}
    runs = marked(before, after)
    return "".join(f"{brackets[run.mark][0]}{run.text}{brackets[run.mark][1]}" for run in runs)
