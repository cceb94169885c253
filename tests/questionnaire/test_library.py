"""The library of templates and lessons: whole, in plain words, pointed to by next steps."""

from __future__ import annotations

import shutil
from pathlib import Path

from assessments.questionnaire.checking import check_pack
from assessments.questionnaire.library import LessonKind, as_text, load_library, read_library, texts_of_lesson
from assessments.questionnaire.loading import PACKS, load_pack
from assessments.questionnaire.reading import Report
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
