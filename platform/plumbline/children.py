"""A process kept running beside this one: started, and started again whenever it ends by itself."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence

from plumbline import logs

FIRST_WAIT = 1.0  # seconds before the first new start; doubles while the child does not stay
LONGEST_WAIT = 30.0
SOUND_AFTER = 60.0  # seconds after which a child counts as one that stays

log = logs.logger(__name__)


class Child:
    """One child process. ``keep()`` is to be called about once a second; it never gives up.

    Only the process that made this object acts on it: a fork of it (gunicorn's web processes) does nothing.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._name = name
        self._command = list(command)
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._wait = 0.0
        self._began = self._not_before = 0.0
        self._ending = False

    def keep(self) -> None:
        """Start it when it does not run: at once the first time, later after a wait that grows to 30 s."""
        if self._ending or os.getpid() != self._owner:
            return
        if self._process is not None and (code := self._process.poll()) is not None:
            stayed = time.monotonic() - self._began
            quickly = stayed < SOUND_AFTER and self._wait
            self._wait = min(self._wait * 2, LONGEST_WAIT) if quickly else FIRST_WAIT
            self._not_before = time.monotonic() + self._wait
            log.error("child_ended", child=self._name, pid=self._process.pid, code=code,
                      stayed=round(stayed, 1), again_in=self._wait)  # fmt: skip
            self._process = None
        if self._process is None and time.monotonic() >= self._not_before:
            self._start()

    def ask_to_end(self) -> None:
        """Send SIGTERM, and start it no more."""
        if os.getpid() != self._owner:
            return
        self._ending = True
        if self._process is not None:
            self._process.terminate()

    def stop(self, within: float) -> None:
        """Ask it to end and wait; kill it when that takes longer than ``within`` seconds."""
        self.ask_to_end()
        if self._process is None or os.getpid() != self._owner:
            return
        try:
            self._process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            log.error("child_killed", child=self._name, pid=self._process.pid)
            self._process.kill()
            self._process.wait()
        self._process = None

    def _start(self) -> None:
        self._began = time.monotonic()
        try:
            # A new interpreter, not a fork: this process may have threads and open connections.
            self._process = subprocess.Popen(self._command)  # noqa: S603  ourselves
        except OSError as fault:  # no memory, no process number left: it may pass
            self._not_before = self._began + LONGEST_WAIT
            log.error("child_not_started", child=self._name, exc_info=fault)
            return
        log.info("child_started", child=self._name, pid=self._process.pid)
