"""Checking a pack: what loading refuses, and everything beyond it that the content guide asks of English."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from assessments.questionnaire.asking.applicability import Applicability
from assessments.questionnaire.asking.preview import decide
from assessments.questionnaire.asking.profiles import BadProfile, Profile, read_profiles
from assessments.questionnaire.languages.translation_checking import check_translations
from assessments.questionnaire.library import LIBRARY, read_library, texts_of_lesson
from assessments.questionnaire.model import (
    Field,
    Part,
    PartKind,
    Question,
    Questionnaire,
    Recall,
    Strength,
    Topic,
)
from assessments.questionnaire.pack.loading import read_folder
from assessments.questionnaire.pack.reading import Problem, Report
from assessments.questionnaire.pack.references import guide_file, topic_file
from assessments.questionnaire.pack.tracks import STEPS_FILE, check_track_elements
from assessments.questionnaire.pack.words import (
    HIGHEST_GRADE,
    LONGEST_SENTENCE,
    long_sentences,
    school_grade,
    unwanted,
)
from assessments.questionnaire.rules import Always, evaluate
from assessments.questionnaire.vocabulary import SIZES

LONGEST_LABEL = 120

EVERY_QUESTION_HAS = frozenset(
    {"evidence", "note", "profile", "reason", "resolve", "revision", "state", "text"}
)
"""Names that each question's form has beside its parts."""

_RECALL_WORDS: Mapping[Recall, tuple[str, ...]] = {
    Recall.TODAY: ("today", "now", "open today"),
    Recall.YEAR_END: ("last day of your business year", "last day of your last business year", "year-end"),
    Recall.LAST_BUSINESS_YEAR: ("last full business year", "last business year"),
    Recall.LAST_12_MONTHS: ("last 12 months",),
    Recall.LAST_24_MONTHS: ("last 24 months",),
    Recall.LAST_3_YEARS: ("last three years", "last 3 years"),
}
_NEVER_EQUAL = ("ILO.", "UNGC.", "ADJ.")
_PERSONAL = re.compile(
    r"\b(?:names? of (?:the )?(?:person|people|worker|manager|owner)s?|full name|contact|"
    r"passport|e-mail|phone|date of birth|identity card)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"^(?:your |first |last )?names?$", re.IGNORECASE)
_SLOT = re.compile(r"\{[a-z][a-z0-9_]*\}")
_PEOPLE_OF = {"micro": 5, "small": 25, "medium": 120, "large": 500, "very_large": 2000}


def check_pack(folder: Path, profiles: Sequence[Profile] | None = None) -> list[Problem]:
    """Every fault of the pack in ``folder``, sorted; [] when there is none. Never raises for its content.

    ``profiles``: example suppliers instead of those in the pack's own ``profiles`` folder.
    """
    report = Report()
    questionnaire = read_folder(folder, report)
    loadable = not report.problems
    examples = read_profiles(folder, report) if profiles is None else list(profiles)
    examples_whole = not (loadable and report.problems)
    if questionnaire is not None:
        for topic in questionnaire.topics:
            _check_topic(topic, report)
        for section in questionnaire.sections:
            place = f"{section.key.lower()}/section.yaml"
            for path, text in (("title", section.title), ("intro", section.intro)):
                _check_text(text, place, path, report, reads=path == "intro")
        if loadable:
            _check_steps(questionnaire, report)
            _check_tracks(questionnaire, report)
            _check_library(questionnaire, folder, report)
            check_translations(questionnaire, folder, report)
            if examples_whole:
                _check_reach(questionnaire, examples, report)
    return sorted(report.problems)


def _check_topic(topic: Topic, report: Report) -> None:
    file = topic_file(topic.key)
    _check_text(topic.title, file, "title", report)
    _check_text(topic.intro, file, "intro", report, reads=True)
    for question in topic.questions:
        _check_question(question, file, report)
    _check_guide(topic, report)


def _check_question(question: Question, file: str, report: Report) -> None:
    place = f"questions[{question.key}]"
    for name in ("text", "help", "why", "care", "because"):
        text = getattr(question, name)
        if text is not None:
            _check_text(text, file, f"{place}.{name}", report, reads=True)
    for path, shape in _fields(question):
        _check_field(shape, file, f"{place}.{path}", report)
    for part in question.parts:
        if part.key in EVERY_QUESTION_HAS:
            cure = "give the part another key; every question has that field already"
            report.add(file, f"{place}.parts[{part.key}].key", f"is {part.key}", cure)
    for part in question.parts:
        for key, label in part.rows.items():
            _check_text(label, file, f"{place}.parts[{part.key}].rows.{key}", report, longest=LONGEST_LABEL)
    grade = school_grade(f"{question.text} {question.help} {question.why}")
    if grade > HIGHEST_GRADE:
        report.add(
            file,
            place,
            f"reads at school grade {grade:.1f}",
            f"shorten sentences and words; text, help and why together stay at {HIGHEST_GRADE:.0f}",
        )
    _check_recall(question, file, place, report)
    _check_evidence(question, file, place, report)
    _check_elements(question, file, place, report)


def _fields(question: Question) -> Iterator[tuple[str, Field]]:
    for part in question.parts:
        yield f"parts[{part.key}]", part
        for column in part.columns:
            yield f"parts[{part.key}].columns[{column.key}]", column


def _check_field(shape: Field, file: str, place: str, report: Report) -> None:
    _check_text(shape.label, file, f"{place}.label", report, longest=LONGEST_LABEL)
    if shape.help is not None:
        _check_text(shape.help, file, f"{place}.help", report, reads=True)
    if shape.options_from is None:
        for key, text in shape.options.items():
            _check_text(text, file, f"{place}.options.{key}", report, longest=LONGEST_LABEL)
        for text in {text for text in shape.options.values() if list(shape.options.values()).count(text) > 1}:
            report.add(file, f"{place}.options", f"says “{text}” twice", "give each option its own text")
    bound = isinstance(shape, Part) and shape.bind is not None
    free_text = shape.kind in (PartKind.SHORT_TEXT, PartKind.LONG_TEXT) and not bound
    if free_text and (_PERSONAL.search(shape.label) or _NAME.match(shape.label)):
        report.add(file, f"{place}.label", "asks for a person", "ask for the function, never for a person")
    if isinstance(shape, Part) and shape.row_sum is not None:
        numeric = [column for column in shape.columns if column.kind is PartKind.NUMBER]
        if len(numeric) < 2:
            report.add(
                file, f"{place}.row_sum", "adds up fewer than two columns", "use it with number columns"
            )


def _check_text(
    text: str, file: str, place: str, report: Report, *, reads: bool = False, longest: int | None = None
) -> None:
    for word, why, cure in unwanted(text):
        report.add(file, place, f"has “{word}”, which {why}", cure)
    if "{" in text or "}" in text:
        report.add(file, place, "has a brace", "a slot is a word in braces, in the texts of findings only")
    if reads:
        for sentence, count in long_sentences(text):
            start = " ".join(sentence.split()[:5])
            remedy = f"split it; {LONGEST_SENTENCE} words fit"
            report.add(file, place, f"has a sentence of {count} words (“{start} …”)", remedy)
    if longest is not None and len(text) > longest:
        report.add(file, place, f"has {len(text)} characters", f"shorten it to {longest}")


def _check_recall(question: Question, file: str, place: str, report: Report) -> None:
    shown = [question.text, *(shape.label for _, shape in _fields(question))]
    words = _RECALL_WORDS[question.recall]
    if not any(word in text.lower() for text in shown for word in words):
        report.add(
            file,
            f"{place}.recall",
            f"is {question.recall}, and no text says so",
            f"write “{words[0]}” in the text",
        )


def _check_evidence(question: Question, file: str, place: str, report: Report) -> None:
    for expected in question.evidence:
        at = f"{place}.evidence[{expected.evidence_class}]"
        for text in (expected.expect, *expected.small, expected.care or ""):
            _check_text(text, file, at, report)


def _check_elements(question: Question, file: str, place: str, report: Report) -> None:
    known = elements()
    for element, mapping in question.mappings.items():
        at = f"{place}.mappings.{element}"
        if element not in known:
            report.add(file, at, "is no element of a standard", "see assessments/questionnaire/data")
        if element.startswith(_NEVER_EQUAL) and mapping.strength in (Strength.EQUAL, Strength.BROADER):
            report.add(
                file, at, f"is {mapping.strength}", "a whole convention or principle is narrower or partial"
            )
        if mapping.leaves:
            _check_text(mapping.leaves, file, f"{at}.leaves", report)
    for point in question.vsme:
        if point not in known or not point.startswith("VSME."):
            report.add(file, f"{place}.vsme", f"names {point}", "write a VSME element, such as VSME.B1")


def _check_guide(topic: Topic, report: Report) -> None:
    if topic.guide is None:
        return
    file = guide_file(topic.key)
    for level, rung in topic.guide.ladder.items():
        _check_text(rung.sees, file, f"ladder.{level}.sees", report, reads=True)
        if rung.micro is not None:
            _check_text(rung.micro, file, f"ladder.{level}.micro", report, reads=True)
    for finding in topic.guide.findings:
        place = f"findings[{finding.key}]"
        _check_text(_SLOT.sub("7", finding.saw), file, f"{place}.saw", report)
        more = {"raise": finding.raised_by, "lower": finding.lowered_by, "first_step": finding.first_step}
        for name, text in more.items():
            if text is not None:
                _check_text(_SLOT.sub("7", text), file, f"{place}.{name}", report)
    for step in topic.guide.next_steps:
        _check_text(step.do, file, f"next_steps[{step.key}].do", report, reads=True)
        _check_text(step.effort, file, f"next_steps[{step.key}].effort", report)


def _check_steps(questionnaire: Questionnaire, report: Report) -> None:
    """Levels 0 to 2 have a step for every size, 3 one for large firms, whatever position and material."""
    for topic in questionnaire.rated_topics:
        for level in range(4):
            for size in SIZES if level < 3 else SIZES[3:]:
                facts = {"size": size, "employees": _PEOPLE_OF[size]}
                steps = topic.guide.next_steps if topic.guide else ()
                if not any(level in step.levels and evaluate(step.rule, facts) for step in steps):
                    report.add(
                        guide_file(topic.key),
                        "next_steps",
                        f"has no step at level {level} for a firm of size {size}",
                        "add one that needs no position and no material",
                    )


def _check_tracks(questionnaire: Questionnaire, report: Report) -> None:
    """Elements of standards each have their step; the texts keep to the words."""
    check_track_elements(questionnaire, report)
    for track in questionnaire.tracks:
        told = [("tracks", track.key, "title", track.title), ("tracks", track.key, "intro", track.intro)]
        for step in track.steps:
            told += [("steps", step.key, "title", step.title), ("steps", step.key, "text", step.text)]
        for branch, key, name, text in told:
            _check_text(text, STEPS_FILE, f"{branch}[{key}].{name}", report, reads=name != "title")


def _check_library(questionnaire: Questionnaire, folder: Path, report: Report) -> None:
    """A template that a step names is there, helps with a topic of the pack, and keeps to the words."""
    library = read_library(folder, report)
    topics = {topic.key for topic in questionnaire.topics}
    for lesson in library.values():
        file = f"{LIBRARY}/{lesson.key}.yaml"
        for (_file, path), text in texts_of_lesson(lesson).items():
            _check_text(text, file, ".".join(path), report, reads=True)
        for missing in sorted(set(lesson.topics) - topics):
            report.add(file, "topics", f"names {missing}, which is no topic", "name topics of the pack")
    for topic in questionnaire.rated_topics if library else ():
        for step in topic.guide.next_steps if topic.guide else ():
            if step.template and step.template not in library:
                place = f"next_steps[{step.key}].template"
                near = f"add {LIBRARY}/{step.template}.yaml, or use one of {', '.join(library)}"
                report.add(guide_file(topic.key), place, f"names {step.template}, which is not there", near)


def _check_reach(questionnaire: Questionnaire, examples: Sequence[Profile], report: Report) -> None:
    """Every rule holds for some example supplier and for some not."""
    if not examples:
        return
    decided: list[Applicability] = []
    for example in examples:
        try:
            decided.append(decide(questionnaire, example))
        except BadProfile as bad:
            report.add("profiles", example.name, bad.message, bad.remedy)
            return
    for question in questionnaire.questions:
        if isinstance(question.rule, Always):
            continue
        asked = sum(question.key in one.asked for one in decided)
        if asked in (0, len(decided)):
            who = "no" if asked == 0 else "every"
            report.add(
                topic_file(question.topic),
                f"questions[{question.key}].applies",
                f"is asked of {who} example supplier",
                "mend the rule, or add an example to the pack's profiles",
            )


@cache
def elements() -> Mapping[str, str]:
    """Element id to title, over all standards."""
    table = resources.files("assessments.questionnaire").joinpath("data", "standard_elements.csv")
    return {row["element_id"]: row["title"] for row in csv.DictReader(table.read_text("utf-8").splitlines())}
