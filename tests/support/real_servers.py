"""Fixtures: the real servers that tests talk to, one of each per run, and each worker's own corner of it.

`postgres`, `redis_server`, `s3`, `strict_s3`, `any_s3`, `clamd`, `smtp`, `chromium`. A server starts when the
first test asks for it, whichever worker that is, and stops with the run (tests/support/processes.py). Where a
server's program is missing, the test is an error if `CI=true` or `PLUMBLINE_TEST_SERVICES=required` (what
`make test` sets), and otherwise a skip that names what to install. The summary says which real servers ran.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as email_policy
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from tests.support import processes, servers

RUN = pytest.StashKey[Path]()
FIXTURE_OF = {
    "postgres": "PostgreSQL", "redis": "Redis", "moto": "S3 (moto)", "s3rver": "S3 (s3rver)",
    "clamd": "clamd", "chromium": "Chromium",
}  # fmt: skip
Found = TypeVar("Found")


@dataclass(frozen=True)
class Postgres:
    """One database of the run's PostgreSQL, as the application, the migrations and the superuser see it.

    The first two are SQLAlchemy URLs as the settings want them; `superuser_dsn` is for psycopg.
    """

    app_url: str
    migrate_url: str
    superuser_dsn: str
    name: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point a process at this database."""
        return {"PLUMBLINE_DATABASE_URL": self.app_url, "PLUMBLINE_MIGRATION_URL": self.migrate_url}


@dataclass(frozen=True)
class Cluster:
    """The run's PostgreSQL: makes and drops databases, all owned by plumbline_owner."""

    run: Path
    port: int
    version: str

    TEMPLATE = "plumbline_template"

    def database(self, name: str) -> Postgres:
        """The addresses of the database `name`, whether it exists or not."""
        place = f"127.0.0.1:{self.port}/{name}"
        return Postgres(
            app_url=f"postgresql+psycopg://plumbline_app@{place}",
            migrate_url=f"postgresql+psycopg://plumbline_migrate@{place}",
            superuser_dsn=f"postgresql://postgres@{place}",
            name=name,
        )

    def empty(self, name: str) -> Postgres:
        """A new database without tables, in place of any older one of that name."""
        return self._create(name, "template1")

    def copy(self, name: str) -> Postgres:
        """A new, migrated database without rows, in place of any older one of that name."""
        with processes.locked(self.run / "template.lock"):  # a template being copied admits no one else
            done = self.run / "template.done"
            if not done.exists():
                self._migrate(self._create(self.TEMPLATE, "template1"))
                done.touch()
            return self._create(name, self.TEMPLATE)

    def drop(self, name: str) -> None:
        """Remove the database `name`, cutting off whoever is still connected."""
        with psycopg.connect(self.database("postgres").superuser_dsn, autocommit=True) as talk:
            talk.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def _create(self, name: str, template: str) -> Postgres:
        self.drop(name)
        with psycopg.connect(self.database("postgres").superuser_dsn, autocommit=True) as talk:
            talk.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER plumbline_owner'.encode())
        return self.database(name)

    def _migrate(self, database: Postgres) -> None:
        servers.plumbline("db", "upgrade", environment=database.environment)


@dataclass(frozen=True)
class Redis:
    """One numbered database of the run's Redis, emptied when a worker takes it."""

    url: str


@dataclass(frozen=True)
class S3:
    """A bucket of this worker's own on one of the two S3 servers; `server` is "moto" or "s3rver"."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    server: str

    @property
    def evidence_url(self) -> str:
        """The setting PLUMBLINE_EVIDENCE_URL for this bucket."""
        return f"s3://{self.bucket}?endpoint={self.endpoint}&region=us-east-1"

    @property
    def environment(self) -> dict[str, str]:
        """The settings that make a process keep its evidence here."""
        return {
            "PLUMBLINE_EVIDENCE_URL": self.evidence_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }


@dataclass(frozen=True)
class Clamd:
    """A virus scanner that knows the EICAR test file (`servers.harmless_malware()`) and nothing else."""

    host: str
    port: int
    url: str


@dataclass
class Smtp:
    """A mail server of this worker that keeps what it gets: `letters`, in the order of arrival.

    `refusing` set to an SMTP answer ("451 later") turns every letter down with it until set to None again.
    """

    host: str
    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    refusing: str | None = None

    @property
    def url(self) -> str:
        """The setting PLUMBLINE_MAIL_URL for this server."""
        return f"smtp+plain://{self.host}:{self.port}"


@dataclass(frozen=True)
class Chromium:
    """The machine's browser and the flags that keep it to the loopback address."""

    executable: str
    flags: tuple[str, ...]


def required() -> bool:
    """Whether a missing server is an error and not a skip."""
    return os.environ.get("CI") == "true" or os.environ.get("PLUMBLINE_TEST_SERVICES") == "required"


def present(find: Callable[[], Found]) -> Found:
    """What `find` gives; when the server's program is missing, an error or a named skip (see `required`)."""
    try:
        return find()
    except processes.Missing as absent:
        if required():
            raise
        pytest.skip(str(absent))


def _worker_number(config: pytest.Config) -> int:
    name: str = getattr(config, "workerinput", {}).get("workerid", "gw0")
    return int(name.removeprefix("gw"))


# --- the run: begun and ended by the process that the person started, known to the workers -----------------


def pytest_configure(config: pytest.Config) -> None:
    """Open the run, or learn from the process that opened it where it is."""
    told = getattr(config, "workerinput", {}).get("plumbline_run")
    if told:
        config.stash[RUN] = Path(told)
        return
    run, watchman = processes.open_run()
    config.stash[RUN] = run
    config.add_cleanup(lambda: processes.close_run(run, watchman))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the run is."""
    node.workerinput["plumbline_run"] = str(node.config.stash[RUN])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which real servers ran, and which tests were wanting."""
    ran, absent = [], []
    for name, note in processes.notes(config.stash[RUN]).items():
        shown = FIXTURE_OF.get(name, name)
        if "missing" in note or "stuck" in note:
            absent.append(f"{shown}: {note.get('missing') or note.get('stuck')}")
        else:
            ran.append(f"{shown} [{note['version']}]")
    terminalreporter.write_line(f"real servers that ran: {', '.join(ran) or 'none'}")
    for line in absent:
        terminalreporter.write_line(f"not there: {line}", yellow=True)


# --- the servers ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_cluster(pytestconfig: pytest.Config) -> Cluster:
    """The run's PostgreSQL, for tests that make their own databases (`empty`, `copy`, `drop`)."""
    run = pytestconfig.stash[RUN]
    note = present(lambda: processes.started(run, "postgres", servers.start_postgres))
    return Cluster(run, note["port"], note["version"])


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config, postgres_cluster: Cluster) -> Postgres:
    """This worker's migrated database; each test is to leave it as it was (roll back)."""
    return postgres_cluster.copy(f"plumbline_gw{_worker_number(pytestconfig)}")


@pytest.fixture
def fresh_postgres(pytestconfig: pytest.Config, postgres_cluster: Cluster) -> Iterator[Postgres]:
    """A migrated database of one test's own, for tests that commit or start processes; dropped afterwards."""
    name = f"plumbline_fresh_gw{_worker_number(pytestconfig)}"
    yield postgres_cluster.copy(name)
    postgres_cluster.drop(name)


@pytest.fixture
def empty_postgres(pytestconfig: pytest.Config, postgres_cluster: Cluster) -> Iterator[Postgres]:
    """A database of one test's own without tables, for tests of the migrations; dropped afterwards."""
    name = f"plumbline_empty_gw{_worker_number(pytestconfig)}"
    yield postgres_cluster.empty(name)
    postgres_cluster.drop(name)


@pytest.fixture(scope="session")
def redis_server(pytestconfig: pytest.Config) -> Redis:
    """This worker's numbered database of the run's Redis."""
    import redis

    run = pytestconfig.stash[RUN]
    note = present(lambda: processes.started(run, "redis", servers.start_redis))
    url = f"redis://127.0.0.1:{note['port']}/{_worker_number(pytestconfig)}"
    with redis.Redis.from_url(url) as talk:
        talk.flushdb()
    return Redis(url)


def _bucket(config: pytest.Config, server: str) -> S3:
    import boto3  # half a second: only for those who ask for S3
    from botocore.config import Config

    start = servers.start_moto if server == "moto" else servers.start_s3rver
    note = present(lambda: processes.started(config.stash[RUN], server, start))
    endpoint, bucket = f"http://127.0.0.1:{note['port']}", f"plumbline-gw{_worker_number(config)}"
    key, secret = servers.S3_KEYS
    boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key=secret, config=Config(s3={"addressing_style": "path"}),
    ).create_bucket(Bucket=bucket)  # fmt: skip
    return S3(endpoint, bucket, key, secret, server)


@pytest.fixture(scope="session")
def s3(pytestconfig: pytest.Config) -> S3:
    """A bucket on moto: full behaviour (versions, locks, conditions), signatures unchecked."""
    return _bucket(pytestconfig, "moto")


@pytest.fixture(scope="session")
def strict_s3(pytestconfig: pytest.Config) -> S3:
    """A bucket on s3rver: signatures and expiry checked; no versions, no conditions."""
    return _bucket(pytestconfig, "s3rver")


@pytest.fixture(scope="session", params=["moto", "s3rver"])
def any_s3(request: pytest.FixtureRequest) -> S3:
    """The same test on both S3 servers; what one of them cannot do is in its docstring above."""
    chosen: S3 = request.getfixturevalue("s3" if request.param == "moto" else "strict_s3")
    return chosen


@pytest.fixture(scope="session")
def clamd(pytestconfig: pytest.Config) -> Clamd:
    """The run's virus scanner."""
    note = present(lambda: processes.started(pytestconfig.stash[RUN], "clamd", servers.start_clamd))
    return Clamd("127.0.0.1", note["port"], f"tcp://127.0.0.1:{note['port']}")


@pytest.fixture(scope="session")
def _smtp_server() -> Iterator[Smtp]:
    from aiosmtpd.controller import Controller

    class Keeper:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            if box.refusing:
                return box.refusing
            box.letters.append(BytesParser(policy=email_policy).parsebytes(envelope.content))
            return "250 kept"

    box = Smtp("127.0.0.1", processes.free_port())
    controller = Controller(Keeper(), hostname=box.host, port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def smtp(_smtp_server: Smtp) -> Smtp:
    """This worker's mail server, its box empty and taking letters."""
    _smtp_server.letters.clear()
    _smtp_server.refusing = None
    return _smtp_server


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Chromium:
    """The machine's Chromium, for Playwright's `executable_path` and `args`."""
    note = present(lambda: processes.started(pytestconfig.stash[RUN], "chromium", servers.find_chromium))
    return Chromium(note["executable"], tuple(note["flags"]))
