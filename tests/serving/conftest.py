"""The fixtures of this room: a server with its worker, as an operator starts it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.desks import Place, place, postgres_place, sqlite_place_only, wait_for

__all__ = ["place", "postgres_place", "sqlite_place_only"]


@dataclass
class Served:
    """A running ``plumbline serve`` with its worker."""

    place: Place
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def parts(self) -> dict[str, Any]:
        """What /readyz says."""
        _status, told = self.get("/readyz")
        return json.loads(told) if told else {"status": "", "parts": {}}

    def children(self, word: str) -> list[int]:
        """The ids of direct children whose command line has this word."""
        file = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = []
        for pid in map(int, file.read_text().split()):
            with contextlib.suppress(OSError):
                if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def worker(self) -> int:
        """The id of the worker, waited for."""
        wait_for(lambda: self.children("worker"))
        return self.children("worker")[0]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["event"] == event]


@contextlib.contextmanager
def serving(place: Place, folder: Path, *more: str) -> Iterator[Served]:
    """Start the server on a free port, wait until it answers, leave nothing behind."""
    port, log = processes.free_port(), folder / "serve.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    environment |= {**place.environment, "PLUMBLINE_LOG_LEVEL": "INFO"}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "plumbline.cli", "serve", "--port", str(port), *more],
            env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    served = Served(place, port, process, log)
    try:
        wait_for(lambda: served.get("/healthz")[0] == 200 or process.poll() is not None, seconds=60)
        assert process.poll() is None, log.read_text()
        yield served
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def served(place: Place, tmp_path: Path) -> Iterator[Served]:
    """The server on SQLite, then on PostgreSQL."""
    with serving(place, tmp_path) as one:
        yield one
