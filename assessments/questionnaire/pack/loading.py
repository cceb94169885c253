"""Loading a pack: its folder of YAML files becomes one frozen Questionnaire, or a list of problems."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from assessments.questionnaire.languages.translation import translated_file
from assessments.questionnaire.library import library_files
from assessments.questionnaire.model import Guide, Question, Questionnaire, Section, Topic
from assessments.questionnaire.pack.certificates import CERTIFICATES_FILE, with_certificates
from assessments.questionnaire.pack.guides import read_guide
from assessments.questionnaire.pack.packfile import PACK_FILE, Pack, read_pack_file
from assessments.questionnaire.pack.reading import Cursor, Problem, Report, read_yaml
from assessments.questionnaire.pack.references import check_references, guide_file, topic_file
from assessments.questionnaire.pack.shapes import TOPIC_KEY, read_question
from assessments.questionnaire.pack.tracks import STEPS_FILE, check_tracks, read_tracks
from assessments.questionnaire.versions.changes import Change, Subject, read_changes
from assessments.questionnaire.versions.published import question_digest, sealed
from assessments.questionnaire.versions.published import to_json as questionnaire_to_json
from assessments.questionnaire.versions.stored import from_json as questionnaire_from_json
from assessments.questionnaire.vocabulary import SIZES

__all__ = [
    "PackRefused",
    "Problem",
    "load_pack",
    "questionnaire_from_json",
    "questionnaire_to_json",
    "read_pack",
]

PACKS = Path(__file__).parent.parent / "packs"
TERMS_FILE = "terms.yaml"
PROFILES = "profiles"
"""The folder of a pack's example suppliers; see preview."""


class PackRefused(ValueError):
    """The pack has faults and was not loaded; ``problems`` names each with its place and remedy."""

    def __init__(self, problems: list[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"the pack has {count}", *map(str, problems)]))
        self.problems = problems


@cache
def load_pack(slug: str = "standard") -> Questionnaire:
    """The pack of that name that ships with the product, read once per process. Raises PackRefused."""
    return read_pack(PACKS / slug)


def read_pack(folder: Path) -> Questionnaire:
    """Read the pack in ``folder``; PackRefused with every fault if there is one."""
    report = Report()
    questionnaire = read_folder(folder, report)
    if report.problems or questionnaire is None:
        raise PackRefused(sorted(report.problems))
    return questionnaire


def read_folder(folder: Path, report: Report) -> Questionnaire | None:
    """As much of the pack as can be built, faults noted; None when not even its pack.yaml can be read."""
    if not folder.is_dir():
        report.add(str(folder), "", "is no folder", "name the folder of a pack, the one that holds pack.yaml")
        return None
    pack = read_pack_file(folder, report)
    if pack is None:
        return None
    known = {PACK_FILE, TERMS_FILE, CERTIFICATES_FILE, STEPS_FILE}
    if (folder / TERMS_FILE).exists():
        _read_terms(folder, report)
    told = list(pack.changes)
    sections = [_read_section(folder, key, pack, report, known, told) for key in pack.sections]
    known.update(library_files(folder))
    known |= {translated_file(name, language) for name in known for language in pack.languages}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        example = name.startswith(f"{PROFILES}/") and name.endswith(".yaml")
        if path.is_file() and name not in known and not example and not name.startswith("."):
            report.add(name, "", "belongs to no section or topic of the pack", "list its topic, or remove it")
    questionnaire = Questionnaire(
        slug=pack.slug,
        version=pack.version,
        title=pack.title,
        languages=pack.languages,
        sections=tuple(section for section in sections if section),
        facts=pack.facts,
        tiers=pack.shared.tiers,
        lists=pack.shared.lists,
        evidence_classes=pack.evidence_classes,
        certificate_kinds=pack.certificate_kinds,
        changes=tuple(told),
        tracks=read_tracks(folder, report),
        digest="",
    )
    _report_keys_used_twice(questionnaire, report)
    check_references(questionnaire, report)
    questionnaire = with_certificates(folder, questionnaire, report)
    check_tracks(questionnaire, report)
    return questionnaire if report.problems else sealed(_with_used_lists(questionnaire))


def _with_used_lists(questionnaire: Questionnaire) -> Questionnaire:
    """Keep only the lists that options are taken from: a published version carries no more than it needs."""
    used = {
        shape.options_from
        for question in questionnaire.questions
        for part in question.parts
        for shape in (part, *part.columns)
    }
    return replace(questionnaire, lists={k: v for k, v in questionnaire.lists.items() if k in used})


def _read_section(
    folder: Path, key: str, pack: Pack, report: Report, known: set[str], told: list[Change]
) -> Section | None:
    name = f"{key.lower()}/section.yaml"
    known.add(name)
    tree = read_yaml(folder / name, name, report)
    if tree is None:
        return None
    place = Cursor(tree, name, "", report)
    if not place.keys(("section", "title", "intro", "topics", "answered_by", "minutes")):
        return None
    if place.text("section") != key:
        place.problem(f"is {place.text('section')}", f"write section: {key}, as the folder says", "section")
    minutes_place = place.down("minutes")
    minutes_place.keys(SIZES[:4], SIZES[4:])
    minutes = {size: int(n) for size in SIZES if (n := minutes_place.number(size)) is not None}
    topics = []
    for topic in place.words("topics"):
        if not TOPIC_KEY.match(topic) or not topic.startswith(f"{key}."):
            place.problem(f"names {topic}", f"write {key}. and a number", "topics")
        elif found := _read_topic(folder, key, topic, pack, report, known, told):
            topics.append(found)
    return Section(
        key=key,
        title=place.text("title", 60),
        intro=place.text("intro"),
        answered_by=place.text("answered_by"),
        minutes=minutes,
        topics=tuple(topics),
    )


def _read_topic(
    folder: Path, section: str, key: str, pack: Pack, report: Report, known: set[str], told: list[Change]
) -> Topic | None:
    name, guide_name = topic_file(key), guide_file(key)
    known.update((name, guide_name))
    tree = read_yaml(folder / name, name, report)
    if tree is None:
        return None
    place = Cursor(tree, name, "", report)
    if not place.keys(("topic", "title", "intro", "questions")):
        return None
    if place.text("topic") != key:
        place.problem(f"is {place.text('topic')}", f"write topic: {key}, as the file's name says", "topic")
    questions: list[Question] = []
    for inner in place.items("questions"):
        question = read_question(inner, section, key, pack.shared)
        if question is not None:
            told += read_changes(inner, Subject.QUESTION, question.key, pack.version)
            questions.append(replace(question, digest=question_digest(question)))
    if not questions:
        place.problem("has no question", "add one, or take the topic out of section.yaml", "questions")
    return Topic(
        key=key,
        section=section,
        title=place.text("title", 60),
        intro=place.text("intro"),
        questions=tuple(questions),
        guide=_read_topic_guide(folder, section, key, guide_name, pack, report, told),
    )


def _read_topic_guide(
    folder: Path, section: str, key: str, name: str, pack: Pack, report: Report, told: list[Change]
) -> Guide | None:
    if not (folder / name).exists():
        if section != "PRO":  # the profile is not rated (blueprint 9)
            report.add(name, "", "is missing", f"write the ladder, findings and next steps of {key}")
        return None
    tree = read_yaml(folder / name, name, report)
    if tree is None:
        return None
    place = Cursor(tree, name, "", report)
    guide = read_guide(place)
    told += read_changes(place.down("ladder"), Subject.LADDER, key, pack.version)
    if place.has("guide") and place.text("guide") != key:
        place.problem(f"is {place.text('guide')}", f"write guide: {key}, as the file's name says", "guide")
    return guide


def _read_terms(folder: Path, report: Report) -> None:
    """The termbase: one word for one thing. Read by translators and the checker, no part of the version."""
    tree = read_yaml(folder / TERMS_FILE, TERMS_FILE, report)
    if tree is None:
        return
    place = Cursor(tree, TERMS_FILE, "", report)
    if place.keys(("terms",), ("state",)):
        terms = place.down("terms")
        for key in terms.tree if isinstance(terms.tree, dict) else ():
            if not isinstance((terms.tree[key] or {}).get("en"), str):
                terms.problem("has no English word", 'write en: "..."', str(key))


def _report_keys_used_twice(questionnaire: Questionnaire, report: Report) -> None:
    seen: dict[str, str] = {}
    for question in questionnaire.questions:
        if question.key in seen:
            report.add(
                topic_file(question.topic),
                f"questions[{question.key}]",
                f"uses a key that {seen[question.key]} has",
                "a key names one question for ever; give it its own",
            )
        seen[question.key] = question.topic
