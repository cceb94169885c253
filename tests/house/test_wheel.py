"""The wheel is the product: it runs in an empty environment, away from the tree it was built from."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
INSTALLER = ROOT / ".boot" / "bin" / "uv"
LARGEST = 6 * 1024 * 1024


def run(*command: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run to the end, without anything of this environment that could lend the tree to the wheel."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PLUMBLINE_", "VIRTUAL_ENV", "COV_"))
    }
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | settings, capture_output=True, text=True,
        check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and the base set, nothing else."""
    assert INSTALLER.exists(), "no .boot/bin/uv: 'make .stamps/boot' makes it"
    place = tmp_path_factory.mktemp("away")
    python = place / "env" / "bin" / "python"
    run(INSTALLER, "venv", "-q", "--python", sys.executable, place / "env", cwd=place)
    run("sh", "infra/system/install.sh", python, "infra/requirements/base.txt", cwd=ROOT)
    run(INSTALLER, "pip", "install", "-q", "--offline", "--no-deps", "-p", python, wheel, cwd=place)
    return python.parent


def test_it_holds_the_packages_with_their_pages_and_migrations_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"plumbline", "assessments"}
    inside = {"/".join(name.split("/")[:2]) for name in names}
    assert {"plumbline/templates", "plumbline/migrations", "assessments/questionnaire"} <= inside
    strays = ("node_modules", "__pycache__", "plumbline/assets/", ".sqlite", ".pyc", "/tests/")
    assert [name for name in names if any(stray in name for stray in strays)] == []


def test_it_ships_the_built_style_and_script(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "plumbline/static/dist/manifest.json" in names, "'make assets' builds them"


def test_it_is_of_a_reasonable_size(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST


def test_it_says_what_it_needs_and_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (metadata,) = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(opened.read(metadata).decode())
        licences = [name for name in opened.namelist() if name.endswith("/licenses/LICENSE")]
    needs = told.get_all("Requires-Dist") or []
    assert told["License-Expression"] == "Apache-2.0"
    assert licences
    names = {Requirement(need).name for need in needs}
    assert {"flask", "sqlalchemy", "alembic"} <= names
    assert not {"pytest", "ruff", "mypy", "moto"} & names


def test_the_domain_needs_no_web_framework(installed: Path, tmp_path: Path) -> None:
    """`assessments` is of use to a program that has no server: importing all of it loads none."""
    probe = (
        "import importlib, pkgutil, sys, assessments\n"
        "for each in pkgutil.walk_packages(assessments.__path__, 'assessments.'):\n"
        "    importlib.import_module(each.name)\n"
        "print(sorted({'flask', 'werkzeug', 'rq', 'boto3', 'plumbline'} & sys.modules.keys()))\n"
        "print(assessments.__file__)\n"
    )
    said = run(installed / "python", "-c", probe, cwd=tmp_path).stdout.splitlines()
    assert said[0] == "[]"
    assert "site-packages" in said[1]


def test_its_command_line_answers(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "plumbline", "--help", cwd=tmp_path).stdout
    assert all(command in said for command in ("db", "serve", "demo"))


def test_it_brings_a_fresh_database_up_to_date(installed: Path, tmp_path: Path) -> None:
    file = tmp_path / "fresh.sqlite"
    settings = {
        "PLUMBLINE_VAR": str(tmp_path / "var"),
        "PLUMBLINE_DATABASE_URL": f"sqlite:///{file}",
        "PLUMBLINE_SECRET_KEY": "only-for-tests-0123456789-abcdefghij",
    }
    run(installed / "plumbline", "db", "upgrade", cwd=tmp_path, **settings)
    with sqlite3.connect(file) as opened:
        tables = {row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        versions = opened.execute("SELECT version_num FROM alembic_version").fetchall()
    opened.close()
    assert len(versions) == 1
    assert {"organization", "assessment", "answer"} <= tables
