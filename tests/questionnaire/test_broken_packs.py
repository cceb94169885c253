"""Broken pack files, guides and folders: each fault is one line with its remedy, never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.questionnaire.pack.loading import PackRefused, read_pack
from assessments.questionnaire.pack.reading import Problem

SMALL = Path(__file__).parent / "packs" / "small"
Read = Callable[[Path], list[Problem]]
Change = Callable[..., Path]
OHS = "ohs/ohs-1.yaml"


PACK = [
    pytest.param("slug: small", "slug: tiny", "is tiny", "write slug: small", id="slug"),
    pytest.param('version: "1.0"', "version: 1.0", "should be a text", "double quotes", id="version"),
    pytest.param("languages: [en]", "languages: [de]", "lacks en", "languages: [en]", id="language"),
    pytest.param(
        "sections: [PRO, OHS]",
        "sections: [PRO, OHS, ENV]",
        "cannot be read",
        "put the file there",
        id="section",
    ),
    pytest.param(
        "months: 12}", "months: 12, until: expiry}", "not, or twice", "months: 12 or until", id="class"
    ),
    pytest.param(
        "topics: [OHS.1]",
        "topics: [OHS.9]",
        "names OHS.9, which is no topic",
        "topics of the pack",
        id="credential",
    ),
    pytest.param(
        "part: agents, true_when",
        "part: agnts, true_when",
        "names PRO-04.agnts",
        "its parts are",
        id="fact part",
    ),
    pytest.param(
        "{question: OHS-04, part: kind}", "OHS-04", "should be a map", "key: value", id="fact shape"
    ),
    pytest.param(
        "true_when: {is: seen}", "true_when: seen", "is not a comparison", "write true_when", id="true_when"
    ),
    pytest.param(", true_when: {more_than: 0}", "", "when it is true", "give each a true_when", id="half"),
    pytest.param(
        "{source: materials}", "{source: metals}", "names metals", "countries, materials", id="source"
    ),
    pytest.param("tiers:\n  standard:", "tiers:\n  deep:", "has no standard", "add standard:", id="tiers"),
]


@pytest.mark.parametrize(("old", "new", "message", "remedy"), PACK)
def test_a_fault_of_the_pack_file_is_named(
    changed_pack: Change, problems: Read, old: str, new: str, message: str, remedy: str
) -> None:
    found = problems(changed_pack("pack.yaml", old, new))
    assert any(message in p.message and remedy in p.remedy for p in found), found


GUIDE = [
    pytest.param(
        '  1: {sees: "There is a box with plasters. Nothing is written."}\n',
        "",
        "is missing",
        "add 1:",
        id="rung",
    ),
    pytest.param(', micro: "The owner can say who helps."', "", "has no micro", "add micro:", id="micro"),
    pytest.param(
        '    first_step: "Open the door at once."\n', "", "no first_step", "protects people", id="first step"
    ),
    pytest.param("levels: [0, 1, 2]", "levels: [0, 5]", "is no level", "use 0 to 4", id="level"),
    pytest.param(
        "questions: [OHS-04]", "questions: [OHS-44]", "names OHS-44", "questions of the pack", id="question"
    ),
    pytest.param("grade: minor", "grade: awful", "is awful", "use one of", id="grade"),
    pytest.param("guide: OHS.1", "guide: OHS.2", "is OHS.2", "write guide: OHS.1", id="key"),
]


@pytest.mark.parametrize(("old", "new", "message", "remedy"), GUIDE)
def test_a_fault_of_a_guide_is_named(
    changed_pack: Change, problems: Read, old: str, new: str, message: str, remedy: str
) -> None:
    found = problems(changed_pack("ohs/ohs-1.guide.yaml", old, new))
    assert any(message in p.message and remedy in p.remedy for p in found), found


def test_all_faults_are_told_at_once(changed_pack: Change, problems: Read) -> None:
    changed_pack("pack.yaml", "months: 12}", "months: 12, until: expiry}")
    folder = changed_pack(OHS, "kind: evidence", "kind: proof", "fact: guards", "fact: gards", '"Dust"', '""')
    assert len(problems(folder)) >= 4
    assert {problem.file for problem in problems(folder)} == {"pack.yaml", OHS}


def test_missing_and_foreign_files_are_named(changed_pack: Change, problems: Read) -> None:
    folder = changed_pack(OHS)
    (folder / "ohs" / "ohs-1.guide.yaml").unlink()
    (folder / "ohs" / "ohs-7.yaml").write_text("topic: OHS.7\n", "utf-8")
    said = {(problem.file, problem.message) for problem in problems(folder)}
    assert said == {
        ("ohs/ohs-1.guide.yaml", "is missing"),
        ("ohs/ohs-7.yaml", "belongs to no section or topic of the pack"),
    }
    (folder / "pack.yaml").unlink()
    assert [problem.message for problem in problems(folder)] == ["is missing"]
    assert [problem.message for problem in problems(folder / "nowhere")] == ["is no folder"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"a: [1,", "is not YAML here"),
        (b"a: 1\n---\nb: 2\n", "more than one document"),
        (b"[" * 100 + b"]" * 100, "nested more than"),
        (b"a: \x00", "is not YAML here"),
        (b"[1]: 2", "a key that is a list"),
        (b"<<: {a: 1}", "merges another map"),
        (b"true: 1", "which is no word"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"- a\n- b\n", "should be a map"),
    ],
)
def test_a_broken_file_is_one_line_not_a_traceback(
    changed_pack: Change, problems: Read, content: bytes, message: str
) -> None:
    folder = changed_pack(OHS)
    (folder / OHS).write_bytes(content)
    assert any(message in problem.message for problem in problems(folder)), problems(folder)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=5)
    | st.sampled_from(["always", "OHS-01", "no"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "all", "fact", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_file_ever_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Put any JSON value at any place of any file: the pack loads or is refused with problems."""
    folder = tmp_path_factory.mktemp("pack") / "small"
    shutil.copytree(SMALL, folder)
    files = sorted(path for path in folder.rglob("*.yaml") if path.parent.name != "profiles")
    path = data.draw(st.sampled_from(files))
    tree = yaml.safe_load(path.read_text("utf-8"))
    node: Any = tree
    for _ in range(data.draw(st.integers(0, 6))):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key]:
            break
        node = node[key]
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    node[data.draw(st.sampled_from(keys))] = data.draw(json_values)
    path.write_text(json.dumps(tree, ensure_ascii=False), "utf-8")
    found: list[Problem] = []
    try:
        read_pack(folder)
    except PackRefused as refused:
        found = refused.problems or [Problem("", "", "", "")]
    assert all(problem.file and problem.message and problem.remedy for problem in found)
    shutil.rmtree(folder)
