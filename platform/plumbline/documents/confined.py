"""A child process with little memory, little time, no network and no writing, in which uploads are opened.

Parsers of other people's formats have faults; one found by a hostile file ends the child and nothing else
(security-reliability T11, R50). Both sides stand here, so that they cannot disagree about the limits.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import BinaryIO

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes.")


@dataclass(frozen=True)
class Limits:
    """What a child may use: bytes of address space, seconds of processor and of waiting, bytes of output."""

    memory: int
    cpu_seconds: int
    seconds: float
    output: int


class OverLimit(Exception):
    """The child used more than it may, or ended in a way it should not."""


def run(module: str, argument: str, file: BinaryIO, limits: Limits) -> bytes:
    """Run ``python -m module argument`` with ``file`` as its standard input; return what it wrote.

    Raises OverLimit when it did not end by itself, cleanly, within ``limits``.
    """
    command = [sys.executable, "-I", "-B", "-m", module, argument]
    with subprocess.Popen(  # noqa: S603  our own interpreter and module; nothing of the upload is in it
        command,
        stdin=file.fileno(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LC_ALL": "C.UTF-8"},
    ) as child:
        timer = threading.Timer(limits.seconds, child.kill)
        timer.start()
        try:
            assert child.stdout is not None  # noqa: S101  a pipe was asked for
            said = child.stdout.read(limits.output + 1)
            if len(said) > limits.output:
                child.kill()
            child.wait()
        finally:
            timer.cancel()
            child.kill()
    if child.returncode != 0 or len(said) > limits.output:
        raise OverLimit(f"{module} {argument} ended with {child.returncode} after {len(said)} bytes")
    return said


def confine(limits: Limits) -> BinaryIO:
    """Give up everything but reading; called by the child before it looks at a byte. Returns its input.

    The limits of the kernel hold for native code as well; the audit hook stops what they do not know
    (sockets, programs, files for writing) for everything that goes through Python.
    """
    for kind, amount in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (amount, amount))
    sys.addaudithook(_refuse)
    file = os.fdopen(0, "rb", closefd=False)
    file.seek(0)
    return file


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"{event} is not for this process")
    if event == "open" and isinstance(flags := arguments[2], int) and flags & WRITING:
        raise PermissionError("this process only reads")
