"""Files stay small, bear the field's names, and nothing lies in the tree that should not."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
TOP = {
    "platform", "assessments", "migrations", "templates", "infra", "tests",
    "pyproject.toml", "README.md", "Makefile", "LICENSE", "CONTRIBUTING.md", "SECURITY.md",
}  # fmt: skip
MADE_BY_TOOLS = {"package-lock.json", "messages.pot"}
LONGEST = 400  # lines; a longer file is two rooms
LARGEST = 256 * 1024
NAMES_OF_NOTHING = {
    "helpers",
    "helper",
    "utils",
    "util",
    "common",
    "manager",
    "service",
    "misc",
    "base_service",
}


def tracked() -> list[PurePosixPath]:
    """The files of the tree that are, or would be, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the tree cannot be told from what was made in it")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [PurePosixPath(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_is_the_fixed_one() -> None:
    tops = {file.parts[0] for file in tracked()}
    assert {top for top in tops if not top.startswith(".")} - TOP == set()


def test_no_source_file_is_two_rooms() -> None:
    long = {}
    for file in tracked():
        if file.parts[:2] == ("migrations", "versions"):
            continue  # history: one act, written once, never divided afterwards
        if file.suffix in {".py", ".html", ".css", ".js", ".mjs", ".sh"} and file.name not in MADE_BY_TOOLS:
            lines = len((ROOT / file).read_text().splitlines())
            if lines > LONGEST:
                long[str(file)] = lines
    assert long == {}


def test_a_room_says_what_it_is_for_and_hands_nothing_on() -> None:
    """A name handed on could be imported from two places, and importing one file would import its room."""
    rooms = [file for file in tracked() if file.name == "__init__.py" and file.parts[0] == "assessments"]
    assert len(rooms) > 15, "the search finds rooms no more"
    for room in rooms:
        body = ast.parse((ROOT / room).read_text()).body
        assert len(body) == 1, f"{room} holds more than its first lines"
        assert ast.get_docstring(ast.parse((ROOT / room).read_text())), room


def test_the_map_names_every_room() -> None:
    told = re.findall(r"^\| `(\w+)/` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    there = {file.parts[1] for file in tracked() if file.parts[0] == "assessments" and len(file.parts) > 2}
    assert sorted(told) == sorted(there)


def test_no_file_is_named_for_nothing() -> None:
    assert [str(file) for file in tracked() if {file.stem, *file.parent.parts} & NAMES_OF_NOTHING] == []


def test_nothing_large_lies_in_the_tree() -> None:
    large = {
        str(file): (ROOT / file).stat().st_size
        for file in tracked()
        if (ROOT / file).stat().st_size > LARGEST
        and file.parts[:2] != ("infra", "requirements")
        and file.name not in MADE_BY_TOOLS
    }
    assert large == {}


def test_nothing_that_was_built_or_fetched_is_kept() -> None:
    wrong = {".pyc", ".whl", ".sqlite", ".sqlite3", ".db", ".log", ".pem", ".key"}
    folders = {"node_modules", "dist", "build", ".venv", "var", "__pycache__"}
    assert [str(f) for f in tracked() if f.suffix in wrong or folders & set(f.parts)] == []


def test_text_ends_with_a_line_end_and_carries_no_carriage_return() -> None:
    wrong = []
    for file in tracked():
        raw = (ROOT / file).read_bytes()
        if b"\0" in raw[:8000] or not raw:
            continue
        if b"\r\n" in raw or not raw.endswith(b"\n"):
            wrong.append(str(file))
    assert wrong == []
