"""The library of templates and lessons: whole, in plain words, pointed to by next steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assessments.questionnaire.languages.translating import Row, missing_in, take
from assessments.questionnaire.languages.translation import (
    coverage,
    lesson_told,
    library_in,
    read_translation,
)
from assessments.questionnaire.library import LessonKind, as_text, load_library, read_library, texts_of_lesson
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import PACKS, load_pack, read_pack
from assessments.questionnaire.pack.reading import Report
from tests.questionnaire.conftest import SMALL, Change

LESSON = """lesson: {key}
kind: template
title: "Drill of a year"
intro: "Write down each drill."
minutes: 10
topics: [{topic}]
blocks:
  - heading: "Drills"
    columns: ["When", "Who"]
    rows:
      - [{row}]
    empty: 2
"""


def test_every_lesson_helps_with_a_topic_and_every_template_is_there() -> None:
    library, pack = load_library(), load_pack()
    assert 10 <= len(library) <= 20
    topics = {topic.key for topic in pack.topics}
    named = {step.template for topic in pack.rated_topics if topic.guide for step in topic.guide.next_steps}
    assert named - {None} == set(library), "a page that no step points to, or the other way round"
    for lesson in library.values():
        assert set(lesson.topics) <= topics
        assert lesson.minutes
        assert len(texts_of_lesson(lesson)) > 5
    assert {lesson.kind for lesson in library.values()} == set(LessonKind)


def test_a_page_as_text_keeps_lines_and_rows_to_fill_in() -> None:
    text = as_text(load_library()["dangers_per_job"])
    assert text.startswith("Dangers of each job: a list\n=====")
    assert "Site or hall: ____" in text
    assert sum(line.startswith("________ | ") for line in text.splitlines()) == 9
    assert max(len(line) for line in text.splitlines() if "|" not in line) <= 78


def with_lesson(
    tmp_path: Path, *, key: str = "drill_sheet", topic: str = "OHS.1", row: str = '"a", "b"'
) -> Path:
    folder = tmp_path / "small"
    shutil.copytree(SMALL, folder)
    (folder / "library").mkdir()
    (folder / "library" / "drill_sheet.yaml").write_text(LESSON.format(key=key, topic=topic, row=row))
    return folder


def test_a_pack_with_a_library_checks_clean(tmp_path: Path) -> None:
    folder = with_lesson(tmp_path)
    assert [str(one) for one in check_pack(folder) if "library" in one.file] == []
    assert read_library(folder, Report())["drill_sheet"].blocks[0].rows == (("a", "b"),)


def test_faults_of_a_lesson_are_named(tmp_path: Path) -> None:
    folder = with_lesson(tmp_path, key="other", topic="OHS.9", row='"compliant"')
    said = {f"{one.path}: {one.message}" for one in check_pack(folder) if "library" in one.file}
    assert "lesson: is other" in said
    assert "blocks[0].rows: has a row with more or fewer cells than columns" in said


def test_a_template_that_is_not_there_is_named(changed_pack: Change) -> None:
    folder = changed_pack("ohs/ohs-1.guide.yaml", "template: drill_sheet", "template: drill_page")
    (folder / "library").mkdir()
    (folder / "library" / "drill_sheet.yaml").write_text(
        LESSON.format(key="drill_sheet", topic="OHS.1", row='"a", "b"')
    )
    assert any("names drill_page, which is not there" in one.message for one in check_pack(folder))


def test_the_packs_that_ship_have_their_library() -> None:
    report = Report()
    assert set(read_library(PACKS / "standard", report)) == set(load_library())
    assert report.problems == []


def _german(tmp_path: Path) -> Path:
    """The small pack with its drill sheet in German, taken from a sheet as a translator fills it."""
    folder = with_lesson(tmp_path)
    pack = folder / "pack.yaml"
    pack.write_text(pack.read_text().replace("languages: [en]", "languages: [en, de]"))
    questionnaire = read_pack(folder)
    missing = [
        gap for gap in missing_in(folder, questionnaire, "de") if gap.place.file.startswith("library/")
    ]
    assert {".".join(gap.place.unit) for gap in missing} == {"title", "intro", "blocks.0"}
    rows = [
        Row(i, gap.place, gap.english, f"{gap.english} (auf Deutsch)") for i, gap in enumerate(missing, 2)
    ]
    before = coverage(questionnaire, folder)["de"]
    assert take(folder, questionnaire, "de", rows).refused == ()
    assert coverage(questionnaire, folder)["de"] > before
    return folder


def test_a_lesson_is_told_in_another_language_and_keeps_its_shape(tmp_path: Path) -> None:
    folder = _german(tmp_path)
    assert [str(one) for one in check_pack(folder) if "library" in one.file] == []
    assert '- ["a (auf Deutsch)", "b (auf Deutsch)"]' in (folder / "library/drill_sheet.de.yaml").read_text()
    [english] = read_library(folder, Report()).values()
    german = lesson_told(english, read_translation(folder, "de"))
    assert (german.language, german.untranslated) == ("de", False)
    assert all(text.endswith("(auf Deutsch)") for text in texts_of_lesson(german).values())
    assert set(texts_of_lesson(german)) == set(texts_of_lesson(english))
    assert (german.key, german.minutes, german.blocks[0].empty) == ("drill_sheet", 10, 2)


def test_a_block_whose_english_changed_shows_english_and_is_marked(tmp_path: Path) -> None:
    folder = _german(tmp_path)
    file = folder / "library" / "drill_sheet.yaml"
    file.write_text(file.read_text().replace('heading: "Drills"', 'heading: "Drills held"'))
    [english] = read_library(folder, Report()).values()
    german = lesson_told(english, read_translation(folder, "de"))
    assert (german.language, german.untranslated) == ("de", True)
    assert german.blocks == english.blocks
    assert german.title == "Drill of a year (auf Deutsch)"
    dutch = lesson_told(english, read_translation(folder, "nl"))
    assert (dutch.language, dutch.untranslated, dutch.title) == ("en", True, english.title)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Drills (auf Deutsch)", "Drills 4711", "blocks.0.heading: has the numbers 4711"),
        ("When (auf Deutsch)", "Wann und von wem und warum auch immer", "shorten the thought"),
        ("heading:", "headline:", "blocks.0.headline: stands nowhere in the English file"),
        ("language: de", "language: nl", "write language: de"),
    ],
)
def test_a_fault_in_a_translated_lesson_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = _german(tmp_path) / "library" / "drill_sheet.de.yaml"
    file.write_text(file.read_text().replace(old, new))
    told_so = [
        str(one) for one in check_pack(tmp_path / "small") if one.file == "library/drill_sheet.de.yaml"
    ]
    assert any(said in line for line in told_so), told_so


def test_a_translation_of_a_lesson_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = _german(tmp_path)
    (folder / "library" / "drill_sheet.de.yaml").rename(folder / "library" / "drill_page.de.yaml")
    assert any(
        one.file == "library/drill_page.de.yaml" and "belongs to no section" in one.message
        for one in check_pack(folder)
    )


@pytest.mark.parametrize("language", [code for code in load_pack().languages if code != "en"])
def test_the_library_that_ships_is_there_in_every_language(language: str) -> None:
    for lesson in library_in(language).values():
        assert (lesson.language, lesson.untranslated) == (language, False), lesson.key
        intro = as_text(lesson).split("\n\n")[1].splitlines()
        widest = 39 if language == "zh-Hans" else 78  # a Chinese character is two wide
        assert max(map(len, intro)) <= widest
