"""What the tree must be for its packages to work on a machine that is not ours."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "infra" / "requirements"


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(name: str) -> dict[str, str]:
    """Package -> version of one lock file; a package listed for two kinds of machine keeps the last."""
    lines = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (LOCKS / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in lines}


def test_platform_does_not_shadow_the_standard_library() -> None:
    """With `platform/__init__.py`, `python -m pytest` from the root imports ours in place of Python's own."""
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_no_test_folder_shadows_a_package() -> None:
    """Test folders are no packages: one named as a package of ours would hide it from its own tests."""
    assert [str(file) for file in (ROOT / "tests").rglob("__init__.py")] == []


def test_the_suite_is_collected_from_the_root() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]


def test_no_lock_names_an_address() -> None:
    """A lock made behind a mirror must not send the next machine to that mirror."""
    locks = [*LOCKS.glob("*.txt")]
    for pattern in ("package-lock.json", ".npmrc"):
        locks += [file for file in ROOT.rglob(pattern) if "node_modules" not in file.parts]
    locks = [file for file in locks if not {".venv", ".boot", ".stamps"} & set(file.relative_to(ROOT).parts)]
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in locks
        for line in file.read_text().splitlines()
        if re.search(r'"resolved"|--(extra-)?index-url|--find-links|registry\s*=', line)
        or ("://" in line and '"url"' not in line and "# " not in line)
    ]
    assert len(locks) >= 6
    assert found == []


def test_every_pin_carries_its_hashes() -> None:
    for lock in LOCKS.glob("*.txt"):
        bare = [
            block.splitlines()[0]
            for block in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text())
            if "==" in block.splitlines()[0] and "--hash=sha256:" not in block
        ]
        assert bare == [], lock.name


@pytest.mark.parametrize(
    ("lock", "group"),
    [
        ("base.txt", None),
        ("dev.txt", "test"),
        ("dev.txt", "lint"),
        ("build.txt", "build"),
        ("boot.txt", "boot"),
        ("node.txt", "node"),
    ],
)
def test_the_locks_hold_what_pyproject_asks_for(lock: str, group: str | None) -> None:
    told = project()
    wanted = told["dependency-groups"][group] if group else told["project"]["dependencies"]
    pinned = pins(lock)
    stale = []
    for text in wanted:
        asked = Requirement(text)
        version = pinned.get(canonicalize_name(asked.name))
        if version is None or not asked.specifier.contains(version, prereleases=True):
            stale.append(f"{text}: pinned {version}")
    assert stale == [], "run 'make lock'"


def test_one_version_of_a_package_serves_all_sets() -> None:
    every = pins("dev.txt")
    for lock in ("base.txt", "build.txt"):
        differing = {
            name: (pin, every[name]) for name, pin in pins(lock).items() if every.get(name, pin) != pin
        }
        assert differing == {}, lock


def test_production_carries_no_tools_of_the_workshop() -> None:
    told = project()
    base = pins("base.txt")
    tools = {
        canonicalize_name(Requirement(text).name)
        for group in ("test", "lint")
        for text in told["dependency-groups"][group]
    }
    assert tools & base.keys() == set()
    assert not {"pytest", "moto", "playwright", "mypy", "ruff", "pluggy"} & base.keys()
