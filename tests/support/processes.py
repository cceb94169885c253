"""Real servers that one test run shares: started once, found again by every worker, stopped at the end.

A run owns one folder. Whoever needs a server first starts it under that server's lock and leaves a note
beside it (`redis.json`); the others read the note. The process that began the run stops everything named in
the notes. Should that process be killed outright, a watchman started beside it sees its pipe close and does
the same, so that no server outlives the tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


class Missing(Exception):
    """A server's program is not on this machine; the text names it and what installs it."""


class Stuck(Exception):
    """A server was started but never answered; the text ends with its last words."""


def free_port() -> int:
    """A TCP port of the loopback address that nobody listened on a moment ago.

    Below 32768: the system hands out the ports above as the near ends of connections, and with many of those
    a port found free is taken again before its server starts.
    """
    while True:
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def program(name: str, package: str, *elsewhere: str) -> str:
    """The path of a program, looked for on the path and in `elsewhere` (globs); Missing names its package."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found:
        return found
    for pattern in elsewhere:
        places = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        if places:
            return str(places[0])
    raise Missing(f"no {name} on this machine: 'make test' installs it, or 'apt-get install {package}'")


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold `file` for this process alone; the lock goes when the process does."""
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def started(run: Path, name: str, start: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """The note of the server `name` of this run, started now if nobody has.

    `start` gets a folder of its own and returns the note: `pid`, `version`, and what its users need to know.
    A server that failed to start is not tried again by each worker: its fault is noted and raised to all.
    """
    note = run / f"{name}.json"
    with locked(run / f"{name}.lock"):
        if not note.exists():
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run))
            try:
                found = start(folder)
            except Missing as absent:
                found = {"missing": str(absent)}
            except Stuck as fault:
                found = {"stuck": str(fault)}
            note.write_text(json.dumps(found))
        found = dict(json.loads(note.read_text()))
    if "missing" in found:
        raise Missing(found["missing"])
    if "stuck" in found:
        raise Stuck(found["stuck"])
    return found


def launch(command: list[str], folder: Path, ready: Callable[[], bool], within: float = 30.0) -> int:
    """Start `command` apart from the terminal, wait until `ready()`, and give its process id.

    Its output goes to `folder/log`; Stuck carries the end of it when the process ends early or takes longer
    than `within` seconds.
    """
    log = folder / "log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    until = time.monotonic() + within
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Stuck(f"{command[0]} ended with code {process.returncode}: {_tail(log)}")
        with contextlib.suppress(OSError):
            if ready():
                process.returncode = 0  # it is stopped by its id later: no warning that it still runs
                return process.pid
        time.sleep(0.02)
    stop(process.pid, signal.SIGKILL)
    raise Stuck(f"{command[0]} did not answer within {within:.0f} s: {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def stop(pid: int, sign: int = signal.SIGTERM, within: float = 10.0) -> None:
    """End one process by its id: asked first, killed when it has not gone within `within` seconds."""
    for each in (sign, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, each)
        until = time.monotonic() + within
        while time.monotonic() < until:
            if has_ended(pid):
                return
            time.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Whether no process has this id any more (a zombie has ended)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours stays as a zombie until someone asks for it
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


def notes(run: Path) -> dict[str, dict[str, Any]]:
    """What was started or found missing in this run, by server name."""
    return {file.stem: dict(json.loads(file.read_text())) for file in sorted(run.glob("*.json"))}


def stop_all(run: Path) -> None:
    """Stop every server of the run and remove its folder. Harmless when there is nothing left to do."""
    for note in notes(run).values() if run.exists() else ():
        if "pid" in note:
            stop(int(note["pid"]), int(note.get("signal", signal.SIGTERM)))
    shutil.rmtree(run, ignore_errors=True)


def open_run() -> tuple[Path, subprocess.Popen[bytes]]:
    """A folder for the servers of one run, and the watchman that empties it should this process vanish.

    The folder may be entered, not listed, by others: PostgreSQL refuses to run as root and works in there as
    its own user.
    """
    run = Path(tempfile.mkdtemp(prefix="plumbline-run-"))
    run.chmod(0o711)
    watchman = subprocess.Popen(
        [sys.executable, "-E", "-S", __file__, str(run)], stdin=subprocess.PIPE, start_new_session=True
    )
    return run, watchman


def close_run(run: Path, watchman: subprocess.Popen[bytes]) -> None:
    """Stop the servers of the run, then send the watchman home."""
    stop_all(run)
    if watchman.stdin:
        watchman.stdin.close()
    watchman.wait(timeout=30)


if __name__ == "__main__":
    sys.stdin.buffer.read()  # returns when the process that began the run has closed its end, or is gone
    stop_all(Path(sys.argv[1]))
