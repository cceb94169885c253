"""Ways of working in steps: steps.yaml read strictly, stored, told, compared, and read back by step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assessments.questionnaire.asking.by_step import (
    about,
    next_steps_of,
    pages_of,
    questions_of,
    sections_of,
    topics_of,
    tracks_for,
    without_step,
)
from assessments.questionnaire.editing.moves import merged, remove_question, remove_topic
from assessments.questionnaire.languages.translation import in_language
from assessments.questionnaire.library import load_library
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import (
    load_pack,
    questionnaire_from_json,
    questionnaire_to_json,
    read_pack,
)
from assessments.questionnaire.pack.reading import Problem
from assessments.questionnaire.pack.tracks import STEPS_FILE
from assessments.questionnaire.standards import standards
from assessments.questionnaire.versions.diff import diff
from assessments.questionnaire.versions.diff_text import diff_data, diff_lines
from tests.questionnaire.conftest import SMALL

Read = Callable[[Path], list[Problem]]

STEPS = """tracks:
  - key: ways
    standard: RESRC
    section: OHS
    title: "Three ways"
    intro: "Work in three ways."
steps:
  - key: look
    track: ways
    title: "Look round"
    text: "Walk the site."
    elements: [RESRC.3.1]
    questions: [OHS-02, OHS-01]
  - key: act
    track: ways
    title: "Act on it"
    text: "Mend what you saw."
    elements: [RESRC.3.2, RESRC.3.3]
    questions: [OHS-01, OHS-04]
"""


@pytest.fixture
def stepped(tmp_path: Path) -> Callable[..., Path]:
    """The small pack with steps, ``old`` replaced by ``new`` in them; several pairs may follow."""

    def make(*texts: str) -> Path:
        folder = tmp_path / "small"
        shutil.copytree(SMALL, folder, dirs_exist_ok=True)
        steps = STEPS
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            assert old in steps
            steps = steps.replace(old, new, 1)
        (folder / STEPS_FILE).write_text(steps, "utf-8")
        return folder

    return make


def test_a_pack_without_steps_keeps_its_digest_and_one_with_them_keeps_its_questions(
    small: Questionnaire, stepped: Callable[..., Path]
) -> None:
    after = read_pack(stepped())
    assert small.tracks == ()
    assert "tracks" not in questionnaire_to_json(small)
    assert after.digest != small.digest
    assert [question.digest for question in after.questions] == [q.digest for q in small.questions]
    assert [str(one) for one in check_pack(stepped()) if one.file == STEPS_FILE] == []


@pytest.mark.parametrize("pack", ["small", "standard"])
def test_steps_come_back_from_the_stored_form(pack: str, stepped: Callable[..., Path]) -> None:
    before = read_pack(stepped()) if pack == "small" else load_pack()
    back = questionnaire_from_json(json.loads(json.dumps(questionnaire_to_json(before))))
    assert back.tracks == before.tracks
    assert back.digest == before.digest


FAULTS = [
    ("questions: [OHS-02, OHS-01]", "questions: []", "steps[look]", "has no question"),
    ("questions: [OHS-02, OHS-01]", "questions: [OHS-02, OHS-77]", "steps[look]", "names OHS-77, which"),
    ("questions: [OHS-02, OHS-01]", "questions: [OHS-02, OHS-02]", "steps[look]", "names OHS-02 twice"),
    ('track: ways\n    title: "Act', 'track: ten\n    title: "Act', "steps", "names the track ten"),
    ("key: act", "key: look", "", "has the step look twice"),
    ("key: act", "key: Act-on", "steps[Act-on].key", "is Act-on"),
    ("standard: RESRC", "standard: RESORK", "tracks[ways].standard", "names RESORK"),
    ("section: OHS", "section: WAT", "tracks[ways].section", "names WAT"),
    ('text: "Mend what you saw."', 'say: "Mend what you saw."', "steps[act]", "has no text"),
    ("steps:\n", "paces:\n", "", "has no steps"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "said"), FAULTS)
def test_a_fault_of_the_steps_is_named(
    stepped: Callable[..., Path], problems: Read, old: str, new: str, path: str, said: str
) -> None:
    found = [one for one in problems(stepped(old, new)) if one.file == STEPS_FILE]
    assert any(one.path.startswith(path) and said in one.message for one in found), found


MISSED = [
    ("elements: [RESRC.3.1]", "elements: [VSME.B1]", "names VSME.B1, which is no element of RESRC"),
    ("elements: [RESRC.3.1]", "elements: [RESRC.3.1, RESRC.3.2]", "names RESRC.3.2, as look does"),
    ("elements: [RESRC.3.2, RESRC.3.3]", "elements: [RESRC.3.2]", "has no step for RESRC.3.3"),
    ("Walk the site.", "Walk the site to ensure order.", "has “ensure”, which is padding"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISSED)
def test_the_check_names_what_a_pack_loads_with_all_the_same(
    stepped: Callable[..., Path], problems: Read, old: str, new: str, said: str
) -> None:
    folder = stepped(old, new)
    assert problems(folder) == []
    assert any(said in one.message for one in check_pack(folder) if one.file == STEPS_FILE)


def test_a_question_mapped_to_an_element_stands_in_its_step(stepped: Callable[..., Path]) -> None:
    folder = stepped()
    topic = folder / "pro" / "pro-1.yaml"
    topic.write_text(topic.read_text().replace("{VSME.B1: narrower}", "{RESRC.3.3: narrower}"))
    said = [one.message for one in check_pack(folder) if one.file == STEPS_FILE]
    assert said == ["lacks PRO-01, which is mapped to RESRC.3.3"]


def test_the_standard_pack_has_six_steps_and_five_by_the_elements_of_the_guidance() -> None:
    pack = load_pack()
    six, minerals = pack.tracks
    assert [len(track.steps) for track in pack.tracks] == [6, 5]
    for track in pack.tracks:
        named = [element for step in track.steps for element in step.elements]
        assert sorted(named) == sorted(element.key for element in standards()[track.standard].elements)
        for number, step in enumerate(track.steps, 1):
            assert step.elements[0] == f"{track.standard}.{number}"
            mapped = {q.key for q in pack.questions if set(step.elements) & set(q.mappings)}
            assert mapped == set(step.questions), step.key
    assert six.section is None
    assert minerals.section == "MIN"
    assert len(without_step(pack)) + len(six.questions | minerals.questions) == len(pack.questions)


@pytest.mark.parametrize("language", [code for code in load_pack().languages if code != "en"])
def test_steps_are_told_in_every_language(language: str) -> None:
    english, told = load_pack(), in_language(load_pack(), language)
    for before, after in zip(english.tracks, told.tracks, strict=True):
        assert after.title != before.title
        for one, other in zip(before.steps, after.steps, strict=True):
            assert (other.key, other.questions) == (one.key, one.questions)
            assert other.title != one.title
            assert other.text != one.text


def test_a_track_is_for_whom_its_section_asks_something() -> None:
    pack = load_pack()
    assert [track.key for track in tracks_for(pack, sections_of(pack, ["MGT-01"]))] == ["six"]
    assert [track.key for track in tracks_for(pack, sections_of(pack, ["MIN-01"]))] == ["six", "minerals"]


def test_topics_and_pages_follow_from_the_questions(stepped: Callable[..., Path]) -> None:
    small = read_pack(stepped())
    look, _act = small.tracks[0].steps
    assert [question.key for question in questions_of(look, small)] == ["OHS-01", "OHS-02"]
    assert [topic.key for topic in topics_of(look, small)] == ["OHS.1"]
    pack = load_pack()
    embed = pack.tracks[0].steps[0]
    topics = topics_of(embed, pack)
    assert [topic.key for topic in topics] == ["MGT.1", "SCM.1"]
    pages = pages_of(next_steps_of(topics), load_library())
    assert "policy_page" in [page.key for page in pages]
    assert len(pages) == len({page.key for page in pages})


def test_a_finding_belongs_by_its_questions_and_without_any_by_its_topic() -> None:
    pack = load_pack()
    steps = {step.key: step for step in pack.tracks[0].steps}
    of_mgt_1 = [key for key, step in steps.items() if about(step, pack, "MGT.1", ())]
    assert of_mgt_1 == ["embed", "tell"]
    assert [key for key, step in steps.items() if about(step, pack, "MGT.1", ["MGT-03"])] == ["tell"]
    assert [key for key, step in steps.items() if about(step, pack, "MGT.1", ["MGT-06"])] == []


def test_the_difference_tells_which_questions_moved(
    small: Questionnaire, stepped: Callable[..., Path]
) -> None:
    before = read_pack(stepped())
    after = read_pack(stepped("questions: [OHS-01, OHS-04]", "questions: [OHS-04, OHS-05]"))
    found = diff(before, after)
    assert not found.same
    assert found.questions == ()
    data = diff_data(found)["steps"]
    assert data == [
        {"track": "ways", "key": "act", "title": "Act on it", "new": False, "gone": False,
         "came": ["OHS-05"], "left": ["OHS-01"]}
    ]  # fmt: skip
    assert "step act  +OHS-05, -OHS-01" in list(diff_lines(found))
    assert [line for line in diff_lines(diff(small, before)) if line.startswith("step ")] == [
        "step look  new", "step act  new",
    ]  # fmt: skip
    reworded = diff(before, read_pack(stepped("Walk the site.", "Walk round the site.")))
    assert "step look  reads differently" in list(diff_lines(reworded))


def test_a_question_that_goes_leaves_its_steps(stepped: Callable[..., Path]) -> None:
    folder = stepped()
    files = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.yaml")}
    gone = remove_question(files, "OHS.1", "OHS-01", why="", version="1.1", published=False)
    steps = merged(files, gone)[STEPS_FILE]
    assert "questions: [OHS-02]" in steps
    assert "questions: [OHS-04]" in steps
    without = merged(files, remove_topic(files, "OHS.1", why="", version="1.1", published=frozenset()))
    assert without[STEPS_FILE].count("questions: []") == 2
