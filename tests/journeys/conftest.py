"""The running application on both stacks, and real Chromium before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.people import People, make_people
from tests.journeys.running import Running, embedded_settings, production_settings, serving
from tests.support.real_servers import S3, Chromium, Clamd, Postgres, Redis, Smtp


@dataclass
class Stage:
    """Where a story is told: a running installation with its people, and a browser."""

    running: Running
    people: People
    browser: Browser
    letters: Callable[[], list[str]]  # the texts of those that the worker has sent so far


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.executable, args=list(chromium.flags))
        yield started
        started.close()


def words_of(letter: EmailMessage) -> str:
    """Subject and every text of a letter."""
    texts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    return " ".join([letter["Subject"], *texts])


def staged(
    told: dict[str, str], folder: Path, browser: Browser, letters: Callable[[], list[str]]
) -> Iterator[Stage]:
    with serving(told, folder) as running:
        running.command("questionnaire", "publish")
        with running.session() as session:
            people = make_people(session, memory_kib=running.settings.argon2_memory_kib)
        yield Stage(running, people, browser, letters)


def embedded(folder: Path, migrated_file: Path, browser: Browser) -> Iterator[Stage]:
    def letters() -> list[str]:
        files = [file for file in (folder / "letters").rglob("*") if file.is_file()]
        return [words_of(message_from_bytes(file.read_bytes(), policy=default)) for file in files]

    yield from staged(embedded_settings(folder, migrated_file), folder, browser, letters)


@pytest.fixture
def embedded_stage(tmp_path: Path, migrated_file: Path, browser: Browser) -> Iterator[Stage]:
    """SQLite, folders, one worker process."""
    yield from embedded(tmp_path, migrated_file, browser)


@pytest.fixture(scope="module")
def shared_stage(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, browser: Browser
) -> Iterator[Stage]:
    """The embedded stack, one for the tests of a module that keep out of one another's way."""
    yield from embedded(tmp_path_factory.mktemp("stage"), migrated_file, browser)


@pytest.fixture
def production_stage(
    tmp_path: Path,
    browser: Browser,
    fresh_postgres: Postgres,
    redis_server: Redis,
    s3: S3,
    clamd: Clamd,
    smtp: Smtp,
) -> Iterator[Stage]:
    """PostgreSQL under row-level security, Redis, an S3 server, clamd, SMTP."""
    told = production_settings(tmp_path, fresh_postgres, redis_server, s3, clamd, smtp)
    yield from staged(told, tmp_path, browser, lambda: [words_of(one) for one in smtp.letters])
