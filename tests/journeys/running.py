"""The application as an operator runs it: ``plumbline serve`` with its worker, on a stack of one's own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from plumbline.settings import Settings, from_environment
from plumbline.transaction import SYSTEM_TENANT, make_engine, tenant_session
from tests.conftest import environment
from tests.support import processes, servers
from tests.support.real_servers import S3, Clamd, Postgres, Redis, Smtp

START = 60.0  # seconds a server may take to answer on a busy machine; never waited for when all is well


@dataclass
class Running:
    """One running installation. ``base`` is its address, ``told`` its settings."""

    base: str
    told: dict[str, str]
    settings: Settings
    engine: Engine
    folder: Path

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session of the platform itself; the caller commits."""
        with tenant_session(self.engine, SYSTEM_TENANT) as session:
            yield session
            session.rollback()

    def command(self, *arguments: str) -> str:
        """What ``plumbline`` prints, run as the operator; Stuck when it ends with a code."""
        return servers.plumbline(*arguments, environment=self.told)


def embedded_settings(var: Path, migrated_file: Path) -> dict[str, str]:
    """SQLite and folders, as somebody who tries it out."""
    shutil.copy(migrated_file, var / "plumbline.sqlite")
    return environment(var, PLUMBLINE_UNSCANNED_EVIDENCE="show")


def production_settings(
    var: Path, postgres: Postgres, redis: Redis, s3: S3, clamd: Clamd, smtp: Smtp
) -> dict[str, str]:
    """PostgreSQL, Redis, an S3 server, a scanner and a mail server."""
    return environment(
        var,
        **postgres.environment,
        **s3.environment,
        PLUMBLINE_REDIS_URL=redis.url,
        PLUMBLINE_CLAMD_URL=clamd.url,
        PLUMBLINE_MAIL_URL=smtp.url,
    )


@contextlib.contextmanager
def serving(told: dict[str, str], folder: Path) -> Iterator[Running]:
    """The server and its worker with these settings, stopped at the end; its log is in ``folder``."""
    port = processes.free_port()
    told = {**told, "PLUMBLINE_PUBLIC_URL": f"http://127.0.0.1:{port}", "PLUMBLINE_LOG_LEVEL": "WARNING"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    log = folder / "serve.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "plumbline.cli", "serve", "--port", str(port)],
            env={**kept, **told}, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    settings = from_environment(told)
    engine = make_engine(settings)
    running = Running(f"http://127.0.0.1:{port}", told, settings, engine, folder)
    try:
        _wait_until_ready(running, process, log)
        yield running
    finally:
        engine.dispose()
        process.terminate()
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    told_of = log.read_text(errors="replace")
    assert "Traceback" not in told_of, told_of[-4000:]


def _wait_until_ready(running: Running, process: subprocess.Popen[bytes], log: Path) -> None:

    until = time.monotonic() + START
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{running.base}/readyz") as answer:
            if json.load(answer) is not None:
                return
        time.sleep(0.05)
    raise AssertionError(f"not ready within {START} s: {log.read_text(errors='replace')[-2000:]}")
