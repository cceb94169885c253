"""What every evidence store does, whichever way it keeps its bytes: a folder or an S3 bucket."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from werkzeug.exceptions import ClientDisconnected

from assessments.evidence.documents import EvidenceRefused
from assessments.sentences import N_, sentence

CHUNK = 64 * 1024
"""Bytes per chunk wherever evidence is streamed."""

ORPHANS_KEPT_HOURS = 24
"""Hours for which bytes without a row stay (security-reliability 3.1 N3)."""

STAGED_KEY = re.compile(r"quarantine/[0-9a-f]{32}")
OFFERED_KEY = re.compile(r"quarantine/offered/[0-9a-f]{32}/[0-9a-f]{32}")
RELEASED_KEY = re.compile(r"released/[0-9a-f]{32}/[0-9a-f]{64}")

Referenced = Callable[[Collection[str]], Set[str]]
"""Of these keys, those that a row in the database names."""


class StoreFault(Exception):
    """The store could not do its part; nothing was recorded. ``message`` and ``remedy`` are for people."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = sentence(message)
        self.remedy = sentence(remedy)


class StoreFull(StoreFault):
    """There is no room left for the bytes; what had been written of them is gone again."""


class StoreUnavailable(StoreFault):
    """The store does not answer, or answers with an error that may pass."""


class NotStored(StoreFault):
    """No bytes are kept under this key."""


class Altered(StoreFault):
    """The bytes under a key are not those whose digest was recorded."""


class ByteSource(Protocol):
    """Anything that gives bytes when read: a request's stream, an uploaded part, a file."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""


@dataclass(frozen=True)
class Staged:
    """Bytes in quarantine: the key, the size in bytes, the SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class Readable(ByteSource, Protocol):
    """A source of bytes that is closed after use."""

    def close(self) -> None:
        """Give back what stands behind it."""


class Content(Iterator[bytes]):
    """Stored bytes on their way out: ``length`` bytes in chunks of at most CHUNK. Close it when done early.

    Iterating raises StoreUnavailable when the store gives fewer bytes than it said.
    """

    def __init__(self, length: int, source: Readable) -> None:
        self.length = length
        self._source = source
        self._left = length

    def __next__(self) -> bytes:
        try:
            chunk = self._source.read(CHUNK)
        except OSError as error:
            self.close()
            raise self._ended_early() from error
        self._left -= len(chunk)
        if chunk:
            return chunk
        self.close()
        if self._left:
            raise self._ended_early()
        raise StopIteration

    def _ended_early(self) -> StoreUnavailable:
        return StoreUnavailable(
            N_(
                "The store gave %(given)s of %(length)s bytes.",
                given=self.length - self._left,
                length=self.length,
            ),
            "Try again in a minute.",
        )

    def close(self) -> None:
        """Give back the file or connection behind the bytes; twice is fine."""
        self._source.close()

    def __enter__(self) -> Content:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class Store(Protocol):
    """Keeps evidence. Every method may raise StoreUnavailable; keys are made here and nowhere else.

    A key that this module did not make is refused with NotStored, so that no name from outside ever
    reaches a path or an address.
    """

    def stage(self, stream: ByteSource, limit: int, *, declared: int | None = None) -> Staged:
        """Write ``stream`` durably into quarantine, in chunks, and return what was written.

        Raises EvidenceRefused (TooLarge as soon as ``limit`` bytes are passed, EmptyFile, CutOff when
        fewer or more bytes came than ``declared``) and StoreFull; then nothing is left behind.
        """

    def read(self, key: str) -> Content:
        """Return the bytes under ``key``. Raises NotStored before the first chunk."""

    def local(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Give the bytes under ``key`` as an open, seekable file of this machine, read only."""

    def release(self, staged: Staged, supplier: uuid.UUID) -> str:
        """Copy what is staged to its content-addressed key within ``supplier``; return that key.

        The bytes are hashed once more on the way; Altered when they are not ``staged.sha256``. Released
        bytes are never written again: releasing twice gives the same key, also when the staged bytes are
        gone by then. The staged bytes stay until ``discard``.
        """

    def discard(self, key: str) -> None:
        """Remove quarantined bytes; released ones cannot be removed here. Absent already is fine."""

    def exists(self, key: str) -> bool:
        """Whether bytes are kept under ``key``."""

    def sweep(self, referenced: Referenced, *, before: datetime) -> int:
        """Remove quarantined bytes older than ``before`` that no row names; return how many.

        Released bytes are left alone: between a second release of the same bytes and its commit, no row
        of them needs to exist, and evidence that is gone cannot be made again.
        """

    def check(self) -> None:
        """Raise StoreUnavailable with the remedy when the store cannot be written to."""


class TooLarge(EvidenceRefused):
    """More bytes than the limit."""

    code = "evidence_too_large"


class EmptyFile(EvidenceRefused):
    """No bytes at all."""

    code = "evidence_empty"


class CutOff(EvidenceRefused):
    """The stream ended before, or went on after, the length that was declared for it."""

    code = "evidence_cut_off"


def new_staged_key() -> str:
    """Return a fresh key in quarantine: random, of nothing that the uploader said."""
    return f"quarantine/{uuid.uuid4().hex}"


def released_key(supplier: uuid.UUID, sha256: str) -> str:
    """Return the content-addressed key of these bytes within one supplier."""
    return f"released/{supplier.hex}/{sha256}"


def known_key(key: str) -> str:
    """Return ``key`` when it has the form of one made here; raise NotStored otherwise."""
    if STAGED_KEY.fullmatch(key) or RELEASED_KEY.fullmatch(key):
        return key
    raise absent(key)


def absent(key: str) -> NotStored:
    """Return the fault for a key without bytes."""
    return NotStored(
        N_("No evidence is stored under %(key)s.", key=repr(key[:120])),
        "Restore the evidence store from the backup that belongs to this database.",
    )


def altered(key: str) -> Altered:
    """Return the fault for bytes that changed since they were recorded."""
    return Altered(
        N_("The bytes stored under %(key)s are not those that were recorded.", key=key),
        "Nothing was released. Restore this file from the backup and look for what changed it.",
    )


def bounded(stream: ByteSource, limit: int, declared: int | None) -> Iterator[bytes]:
    """Yield ``stream`` in chunks; raise as soon as it is too large, and at its end if empty or cut off."""
    if declared is not None:
        in_limit(declared, limit)
    size = 0
    while chunk := _next(stream, size):
        size += len(chunk)
        in_limit(size, limit)
        yield chunk
    if declared is not None and size != declared:
        raise CutOff(
            N_("Only %(size)s of the %(declared)s bytes announced arrived.", size=size, declared=declared)
            if size < declared
            else N_(
                "%(size)s bytes arrived where %(declared)s were announced.", size=size, declared=declared
            ),
            "Nothing was stored. Check the connection and upload the file again.",
        )
    in_limit(size, limit)


def in_limit(size: int, limit: int) -> None:
    """Raise EmptyFile or TooLarge for a number of bytes that no file may have."""
    if size == 0:
        raise EmptyFile("The file is empty.", "Choose the file that holds the document and upload it again.")
    if size > limit:
        raise TooLarge(
            N_("The file is larger than %(most)s, the most that one file may have.", most=in_words(limit)),
            "Upload a smaller file: fewer pages, images at a lower resolution, or the document in parts.",
        )


def _next(stream: ByteSource, so_far: int) -> bytes:
    try:
        return stream.read(CHUNK)
    except (OSError, ClientDisconnected) as error:
        raise CutOff(
            N_("The upload broke off after %(so_far)s bytes.", so_far=so_far),
            "Nothing was stored. Check the connection and upload the file again.",
        ) from error


def in_words(size: int) -> str:
    """Return a number of bytes as people write it: ``50 MB`` (of 1,048,576 bytes each)."""
    for unit, factor in (("MB", 1024 * 1024), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"
