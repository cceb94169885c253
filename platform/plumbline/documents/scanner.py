"""Scanning evidence for malware. Only an explicit clean reply is clean (security-reliability T10, R46)."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from assessments.evidence.documents import ScanVerdict

LONGEST_REPLY = 4096

# clamd names these when it stopped before the end of a file or could not open it; they need
# AlertExceedsMax and AlertEncrypted in its configuration, without which it calls such files clean.
NOT_LOOKED_THROUGH = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")


@dataclass(frozen=True)
class Scanned:
    """What the scanner said; ``note`` is the name it gave, or why it could not look."""

    verdict: ScanVerdict
    note: str = ""


class ScannerUnavailable(Exception):
    """No verdict came: not reached, too slow, a reply cut short or not understood. Ask again later."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = "The platform's operator has to look at PLUMBLINE_CLAMD_URL and clamd's log."


class VirusScanner(Protocol):
    """Looks through bytes."""

    def scan(self, chunks: Iterable[bytes]) -> Scanned:
        """Return the verdict over ``chunks``; raise ScannerUnavailable when there is none."""

    def check(self) -> str:
        """Return what the scanner says about itself; raise ScannerUnavailable when it does not answer."""


class NoScanner:
    """The null scanner of the embedded default: looks at nothing, and says so."""

    def scan(self, chunks: Iterable[bytes]) -> Scanned:
        """Return ``not_scanned``, always."""
        return Scanned(ScanVerdict.NOT_SCANNED)

    def check(self) -> str:
        """Say that there is none."""
        return "no scanner is set (PLUMBLINE_CLAMD_URL): evidence stays unscanned"


class Clamd:
    """clamd over TCP, by its INSTREAM command.

    ``seconds`` is the time allowed for a whole scan, from connecting to the last byte of the reply.
    """

    def __init__(self, host: str, port: int, *, seconds: float = 120.0, connect_seconds: float = 5.0) -> None:
        self.host = host
        self.port = port
        self.seconds = seconds
        self.connect_seconds = connect_seconds

    def scan(self, chunks: Iterable[bytes]) -> Scanned:
        """Stream ``chunks`` to clamd and read its verdict."""
        talk = _Talk(self)
        with talk.socket:
            try:
                talk.send(b"zINSTREAM\0")
                for chunk in chunks:
                    if chunk:
                        talk.send(len(chunk).to_bytes(4, "big") + chunk)
                talk.send(bytes(4))
            except OSError:
                # clamd closes the stream past its StreamMaxLength; what it said before is still to be read.
                scanned = _verdict(talk.reply())
                if scanned.verdict is ScanVerdict.CLEAN:
                    raise talk.unavailable("said clean before it had all of the bytes") from None
                return scanned
            return _verdict(talk.reply())

    def check(self) -> str:
        """Return clamd's version with the number and date of its signatures."""
        talk = _Talk(self)
        with talk.socket:
            talk.send(b"zVERSION\0")
            return talk.reply().removesuffix(b"\0").decode(errors="replace")


class _Talk:
    """One connection with a deadline over all of it, so that a byte a minute does not hold a worker."""

    def __init__(self, clamd: Clamd) -> None:
        self.clamd = clamd
        self.until = time.monotonic() + clamd.seconds
        try:
            self.socket = socket.create_connection((clamd.host, clamd.port), timeout=clamd.connect_seconds)
        except OSError as error:
            raise self.unavailable(f"cannot be reached ({error.strerror or error})") from error

    def send(self, piece: bytes) -> None:
        self._wait()
        try:
            self.socket.sendall(piece)
        except TimeoutError as error:
            raise self.unavailable(f"took longer than {self.clamd.seconds:.0f} seconds") from error

    def reply(self) -> bytes:
        """Read until clamd closes the connection, as it does after one command."""
        said = b""
        while len(said) < LONGEST_REPLY:
            self._wait()
            try:
                piece = self.socket.recv(LONGEST_REPLY - len(said))
            except TimeoutError as error:
                raise self.unavailable(f"took longer than {self.clamd.seconds:.0f} seconds") from error
            except OSError as error:
                raise self.unavailable(f"broke off its reply ({error.strerror or error})") from error
            if not piece:
                break
            said += piece
        return said

    def _wait(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise self.unavailable(f"took longer than {self.clamd.seconds:.0f} seconds")
        with contextlib.suppress(OSError):  # a closed socket says so at the next send or recv
            self.socket.settimeout(left)

    def unavailable(self, what: str) -> ScannerUnavailable:
        return ScannerUnavailable(f"The scanner at {self.clamd.host}:{self.clamd.port} {what}.")


def _verdict(reply: bytes) -> Scanned:
    """Read clamd's reply to INSTREAM, whole or not at all.

    ``stream: OK``, ``stream: NAME FOUND`` and the size limit are verdicts when ended by the zero byte that
    the ``z`` command asks for; anything else, a truncated one too, is none.
    """
    if reply == b"stream: OK\0":
        return Scanned(ScanVerdict.CLEAN)
    text = reply.decode("utf-8", errors="replace")
    if text.startswith("stream: ") and text.endswith(" FOUND\0") and text.count("\0") == 1:
        name = text.removeprefix("stream: ").removesuffix(" FOUND\0")
        if name.startswith(NOT_LOOKED_THROUGH):
            return Scanned(ScanVerdict.UNREADABLE, name)
        return Scanned(ScanVerdict.INFECTED, name)
    if text == "INSTREAM size limit exceeded. ERROR\0":
        return Scanned(
            ScanVerdict.UNREADABLE,
            "larger than clamd's StreamMaxLength; raise it to the largest file allowed",
        )
    said = text.rstrip("\0") or "nothing"
    raise ScannerUnavailable(f"The scanner gave no verdict; it said: {said[:200]}.")
