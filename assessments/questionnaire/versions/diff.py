"""The difference between two versions: what is seen, what the author says, and what answers become.

The program computes what differs; the author says what it means; where the two do not fit, ``problems`` says
so and nothing is published or moved on it (reference content-guide.md part 2, "Version diff").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from assessments.questionnaire.model import Question, Questionnaire
from assessments.questionnaire.pack.packfile import PACK_FILE
from assessments.questionnaire.pack.reading import Problem, Report
from assessments.questionnaire.pack.references import guide_file, topic_file
from assessments.questionnaire.versions.certificates_compared import CertificateChange, changed_certificates
from assessments.questionnaire.versions.changes import (
    Change,
    ChangeClass,
    Subject,
    changes_between,
    version_order,
)
from assessments.questionnaire.versions.comparing import (
    Difference,
    StepChange,
    changed_facts,
    changed_steps,
    changed_tiers,
    differences,
    ruled_by,
    rungs,
)
from assessments.questionnaire.versions.fitting import FREE, bad_sources, misfits, misfits_of_new

C = ChangeClass


class Fate(StrEnum):
    """What becomes of the answers of the version before."""

    CARRIED = "carried"
    CONFIRM = "confirm"
    MAPPED = "mapped"
    ASKED = "asked"
    NEW = "new"
    KEPT = "kept"


@dataclass(frozen=True)
class QuestionChange:
    """One question that differs. ``before`` None: its key is new; ``after`` None: it is gone.

    ``told``: what the author says, oldest first, () where only guidance differs or nobody said anything.
    ``successors``: of a question that is gone, the keys that name it in their ``from``.
    """

    key: str
    before: Question | None
    after: Question | None
    seen: tuple[Difference, ...]
    told: tuple[Change, ...]
    fate: Fate
    successors: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """The topic's key, as of the newer version where it has one."""
        here = self.after or self.before
        return here.topic if here else ""

    @property
    def classes(self) -> tuple[ChangeClass, ...]:
        """The classes told, each once."""
        return tuple(dict.fromkeys(change.kind for change in self.told))

    @property
    def guidance_only(self) -> bool:
        """Whether nothing differs that an answer depends on."""
        both = self.before is not None and self.after is not None
        return both and all(one.seen in FREE for one in self.seen)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the questions whose answers stand beside this one."""
        return tuple(dict.fromkeys(key for change in self.told for key in change.sources))

    @property
    def instead(self) -> tuple[str, ...]:
        """Keys to look at instead of a question that is gone."""
        named = (key for change in self.told for key in change.instead)
        return tuple(dict.fromkeys((*self.successors, *named)))


@dataclass(frozen=True)
class LadderChange:
    """A ladder whose ``sees`` differ. ``comparable`` None: the author has not said."""

    topic: str
    title: str
    rungs: Mapping[int, tuple[str, str]]
    told: tuple[Change, ...]

    @property
    def comparable(self) -> bool | None:
        """Whether levels before and after mean the same."""
        said = [change.comparable for change in self.told]
        return all(said) if said else None


@dataclass(frozen=True)
class RuleChange:
    """A fact or a tier of the pack that holds for others now; ``questions`` are those it helps to decide."""

    about: Subject
    key: str
    told: tuple[Change, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Diff:
    """Everything that differs, in the order of the newer version; what is gone comes last."""

    before: Questionnaire
    after: Questionnaire
    questions: tuple[QuestionChange, ...]
    ladders: tuple[LadderChange, ...]
    rules: tuple[RuleChange, ...]
    problems: tuple[Problem, ...]
    steps: tuple[StepChange, ...] = ()
    certificates: tuple[CertificateChange, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, QuestionChange]:
        """The questions that differ, by key."""
        return {one.key: one for one in self.questions}

    @cached_property
    def fates(self) -> Mapping[Fate, int]:
        """How many questions of either version share a fate; those that do not differ are carried."""
        counted = Counter(one.fate for one in self.questions)
        counted[Fate.CARRIED] += sum(1 for one in self.after.questions if one.key not in self.by_key)
        return {fate: counted[fate] for fate in Fate}

    @property
    def same(self) -> bool:
        """Whether nothing differs that these pages tell of."""
        told = (self.questions, self.ladders, self.rules, self.steps, self.certificates)
        return not any(told)


def diff(before: Questionnaire, after: Questionnaire) -> Diff:
    """Compare two versions, the older first. Misfits are in ``problems``; it never raises for content."""
    report = Report()
    told = changes_between(after.changes, before.version, after.version)
    questions = _questions(before, after, told, report)
    ladders, rules = _ladders(before, after, told, report), _rules(before, after, told, report)
    problems = tuple(sorted(report.problems))
    if version_order(after.version) <= version_order(before.version) and after.digest != before.digest:
        # Nothing is told of a way back, so what else does not fit would only bury the one fault.
        said = f"is {after.version}, and {before.version} comes before it"
        problems = (Problem(PACK_FILE, "version", said, "give a changed pack a higher version"),)
    steps, certificates = changed_steps(before, after), changed_certificates(before, after)
    return Diff(before, after, questions, ladders, rules, problems, steps, certificates)


def _questions(
    before: Questionnaire, after: Questionnaire, told: Sequence[Change], report: Report
) -> tuple[QuestionChange, ...]:
    old = {question.key: question for question in before.questions}
    new = {question.key: question for question in after.questions}
    said: dict[str, list[Change]] = {}
    for change in told:
        if change.about is Subject.QUESTION:
            said.setdefault(change.key, []).append(change)
    found = []
    for question in after.questions:
        one = _question(old.get(question.key), question, tuple(said.get(question.key, ())), old, report)
        if one is not None:
            found.append(one)
    for question in before.questions:
        if question.key not in new:
            own = tuple(said.get(question.key, ()))
            heirs = tuple(one.key for one in found if question.key in one.sources)
            _check_gone(question.key, own, heirs, new, report)
            found.append(QuestionChange(question.key, question, None, (), own, Fate.KEPT, heirs))
    for change in told:
        if change.kind is C.REMOVED and change.key in new:
            report.add(PACK_FILE, "changes", f"says {change.key} is removed, but it is there", "take one out")
    return tuple(found)


def _question(
    was: Question | None,
    question: Question,
    told: tuple[Change, ...],
    known: Mapping[str, Question],
    report: Report,
) -> QuestionChange | None:
    """What became of one question of the newer version; None where nothing differs."""
    seen = differences(was, question) if was is not None else ()
    if was is None:
        faults = [*misfits_of_new(question, told, known)]
    else:
        faults = [*misfits(was, question, seen, told), *bad_sources(question, told, known)]
    for message, remedy in faults:
        report.add(topic_file(question.topic), f"questions[{question.key}].change", message, remedy)
    if was is not None and not seen and not told:
        return None
    fate = _fate_of_new(told) if was is None else _fate(told, seen)
    return QuestionChange(question.key, was, question, seen, told, fate)


def _check_gone(
    key: str, told: Sequence[Change], heirs: Sequence[str], new: Mapping[str, Question], report: Report
) -> None:
    removed = any(change.kind is C.REMOVED for change in told)
    if not heirs and not removed:
        report.add(
            PACK_FILE,
            "changes",
            f"does not say what became of {key}",
            f"add {{question: {key}, class: removed, version, why}}, or name it in a from:",
        )
    if heirs and removed:
        report.add(
            PACK_FILE,
            "changes",
            f"says {key} is removed, but {', '.join(heirs)} comes from it",
            "keep one of the two",
        )
    for change in told:
        for other in change.instead:
            if other not in new:
                report.add(PACK_FILE, "changes", f"names {other} instead of {key}", "name one that is there")


def _fate(told: Sequence[Change], seen: Sequence[Difference]) -> Fate:
    """The weightiest of what the classes say; where nobody said anything, what differs is confirmed."""
    classes = {change.kind for change in told}
    if classes & {C.SPLIT, C.MERGED}:
        return Fate.ASKED
    if C.CHOICES_CHANGED in classes:
        return Fate.MAPPED
    if C.REWORDED in classes:
        return Fate.CONFIRM
    if not classes and any(one.seen not in FREE for one in seen):
        return Fate.CONFIRM
    return Fate.CARRIED


def _fate_of_new(told: Sequence[Change]) -> Fate:
    return Fate.ASKED if any(change.sources for change in told) else Fate.NEW


def _ladders(
    before: Questionnaire, after: Questionnaire, told: Sequence[Change], report: Report
) -> tuple[LadderChange, ...]:
    old = {topic.key: topic for topic in before.topics}
    found = []
    for topic in after.topics:
        own = tuple(change for change in told if (change.about, change.key) == (Subject.LADDER, topic.key))
        differ = rungs(old[topic.key], topic) if topic.key in old else {}
        if differ and not own:
            first = min(differ)
            report.add(
                guide_file(topic.key),
                "ladder.change",
                f"is missing, but level {first} sees something else",
                "add change: {version, class: ladder_changed, comparable: true or false, why}",
            )
        if own and not differ:
            report.add(
                guide_file(topic.key),
                "ladder.change",
                "says ladder_changed, but no sees differs",
                "take it out, or make the change",
            )
        if differ:
            found.append(LadderChange(topic.key, topic.title, differ, own))
    return tuple(found)


def _rules(
    before: Questionnaire, after: Questionnaire, told: Sequence[Change], report: Report
) -> tuple[RuleChange, ...]:
    differ = [
        *((Subject.TIER, key) for key in changed_tiers(before, after)),
        *((Subject.FACT, key) for key in changed_facts(before, after)),
    ]
    found = []
    for about, key in differ:
        own = tuple(change for change in told if (change.about, change.key) == (about, key))
        if not own:
            report.add(
                PACK_FILE,
                "changes",
                f"does not say why the {about.value} {key} holds for others now",
                f"add {{{about.value}: {key}, class: rule_changed, version, why}}",
            )
        reach = ruled_by(after, fact=key) if about is Subject.FACT else ruled_by(after, tier=key)
        found.append(RuleChange(about, key, own, reach))
    for change in told:
        if change.about in (Subject.FACT, Subject.TIER) and (change.about, change.key) not in differ:
            report.add(
                PACK_FILE,
                "changes",
                f"says the {change.about.value} {change.key} changed, but it did not",
                "take it out, or make the change",
            )
    return tuple(found)
