"""The small pack and its next version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.loading import PackRefused, read_pack
from assessments.questionnaire.versions.published import sealed
from tests.versions.second import SMALL, WHOLE, Edit, edited

Make = Callable[..., Questionnaire]


@pytest.fixture(scope="session")
def first() -> Questionnaire:
    """Version 1.0."""
    return read_pack(SMALL)


@pytest.fixture(scope="session")
def second_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return edited(tmp_path_factory.mktemp("second"), *WHOLE)


@pytest.fixture(scope="session")
def second(second_folder: Path) -> Questionnaire:
    """Version 1.1, with one change of every class."""
    return read_pack(second_folder)


@pytest.fixture
def version(tmp_path: Path) -> Make:
    """The small pack with these edits, read."""

    def make(*edits: Edit) -> Questionnaire:
        return read_pack(edited(tmp_path, *edits))

    return make


@pytest.fixture
def faults(tmp_path: Path) -> Callable[..., list[str]]:
    """What loading says against the small pack with these edits."""

    def read(*edits: Edit) -> list[str]:
        try:
            read_pack(edited(tmp_path, *edits))
        except PackRefused as refused:
            return [str(problem) for problem in refused.problems]
        return []

    return read


def named_standard(questionnaire: Questionnaire) -> Questionnaire:
    """The same questions under the slug that pages show and new rounds are opened with."""
    return sealed(replace(questionnaire, slug="standard"))


@pytest.fixture(scope="session")
def standard_first(first: Questionnaire) -> Questionnaire:
    """1.0 as ``standard``."""
    return named_standard(first)


@pytest.fixture(scope="session")
def standard_second(second: Questionnaire) -> Questionnaire:
    """1.1 as ``standard``."""
    return named_standard(second)
