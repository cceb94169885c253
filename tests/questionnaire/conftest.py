"""The small pack, whole and with one thing changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import PackRefused, read_pack
from assessments.questionnaire.pack.reading import Problem

SMALL = Path(__file__).parent / "packs" / "small"

Change = Callable[..., Path]


@pytest.fixture(scope="session")
def small() -> Questionnaire:
    return read_pack(SMALL)


@pytest.fixture
def changed_pack(tmp_path: Path) -> Change:
    """Copy the small pack with ``old`` replaced by ``new`` in one file; several pairs may follow."""

    def change(file: str, *texts: str) -> Path:
        folder = tmp_path / "small"
        if not folder.exists():
            shutil.copytree(SMALL, folder)
        path = folder / file
        text = path.read_text("utf-8")
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            assert old in text, f"{file} does not contain {old}"
            text = text.replace(old, new, 1)
        path.write_text(text, "utf-8")
        return folder

    return change


@pytest.fixture
def problems() -> Callable[[Path], list[Problem]]:
    """What loading says against a pack; [] when it loads."""

    def read(folder: Path) -> list[Problem]:
        try:
            read_pack(folder)
        except PackRefused as refused:
            return refused.problems
        return []

    return read
