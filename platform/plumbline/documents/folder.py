"""The evidence store in a local folder: the embedded default, and enough for one machine."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from assessments.sentences import N_
from plumbline.documents.store import (
    ByteSource,
    Content,
    NotStored,
    Referenced,
    Staged,
    StoreFull,
    StoreUnavailable,
    absent,
    altered,
    bounded,
    known_key,
    new_staged_key,
    released_key,
)

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
ARRIVING = "arriving"
QUARANTINE = "quarantine"
SWEPT_AT_ONCE = 500


class Folder:
    """Files under one folder; the Store protocol says what each method promises.

    A file is written under a name in ``arriving/``, synced, renamed to its key, and the folder it is in
    synced: after a power cut it is there whole or not at all. Every step below the root is opened relative to
    its parent without following links, so that a link planted in the store leads nowhere.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def stage(self, stream: ByteSource, limit: int, *, declared: int | None = None) -> Staged:
        """Write ``stream`` into quarantine."""
        key = new_staged_key()
        size, sha256 = self._keep(key, bounded(stream, limit, declared))
        return Staged(key, size, sha256)

    def read(self, key: str) -> Content:
        """Return the bytes under ``key``."""
        file = self._opened(known_key(key))
        return Content(os.fstat(file.fileno()).st_size, file)

    @contextlib.contextmanager
    def local(self, key: str) -> Iterator[BinaryIO]:
        """Give the stored file itself, open for reading."""
        with self._opened(known_key(key)) as file:
            yield file

    def release(self, staged: Staged, supplier: uuid.UUID) -> str:
        """Copy the staged bytes to their content-addressed key."""
        key = released_key(supplier, staged.sha256)
        if self._size(key) == staged.size:
            return key
        with self.read(staged.key) as content:
            self._keep(key, content, expected=staged)
        return key

    def discard(self, key: str) -> None:
        """Remove a quarantined file."""
        place, _, name = known_key(key).rpartition("/")
        if place != QUARANTINE:
            raise absent(key)
        with _disk(), contextlib.suppress(FileNotFoundError), self._inside(place) as folder:
            os.unlink(name, dir_fd=folder)

    def exists(self, key: str) -> bool:
        """Whether a regular file stands under ``key``."""
        try:
            return self._size(known_key(key)) is not None
        except NotStored:
            return False

    def sweep(self, referenced: Referenced, *, before: datetime) -> int:
        """Remove quarantined files, and halves of files that never arrived, older than ``before``."""
        old = sorted(self._older(QUARANTINE, before))
        removed = 0
        for start in range(0, len(old), SWEPT_AT_ONCE):
            keys = [f"{QUARANTINE}/{name}" for name in old[start : start + SWEPT_AT_ONCE]]
            for key in set(keys) - referenced(keys):
                self.discard(key)
                removed += 1
        for name in self._older(ARRIVING, before):
            with _disk(), contextlib.suppress(FileNotFoundError), self._inside(ARRIVING) as folder:
                os.unlink(name, dir_fd=folder)
                removed += 1
        return removed

    def check(self) -> None:
        """Write a byte and remove it again."""
        name = uuid.uuid4().hex
        with _disk(), self._inside(ARRIVING, make=True) as folder:
            try:
                os.close(_write_file(folder, name, [b"."]))
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    def _keep(self, key: str, chunks: Iterable[bytes], expected: Staged | None = None) -> tuple[int, str]:
        """Write ``chunks`` durably under ``key``; return size and SHA-256, or leave nothing behind."""
        place, _, name = key.rpartition("/")
        temporary = uuid.uuid4().hex
        hasher = hashlib.sha256()
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                size += len(chunk)
                hasher.update(chunk)
                yield chunk

        with _disk(), self._inside(ARRIVING, make=True) as arriving, self._inside(place, make=True) as folder:
            try:
                file = _write_file(arriving, temporary, counted())
                try:
                    if expected and (size, hasher.hexdigest()) != (expected.size, expected.sha256):
                        raise altered(expected.key)
                    os.fsync(file)
                finally:
                    os.close(file)
                os.rename(temporary, name, src_dir_fd=arriving, dst_dir_fd=folder)
                os.fsync(folder)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=arriving)
                raise
        return size, hasher.hexdigest()

    @contextlib.contextmanager
    def _inside(self, place: str, *, make: bool = False) -> Iterator[int]:
        """Give a descriptor of the folder ``place`` below the root, made and synced where ``make``."""
        if make:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in place.split("/"):
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, mode=0o700, dir_fd=folder)
                        os.fsync(folder)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    def _opened(self, key: str) -> BinaryIO:
        place, _, name = key.rpartition("/")
        with _disk():
            try:
                with self._inside(place) as folder:
                    # O_NONBLOCK: a pipe planted under a key must not make us wait for its writer.
                    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                    file = os.fdopen(os.open(name, flags, dir_fd=folder), "rb", buffering=0)
            except (FileNotFoundError, NotADirectoryError) as error:
                raise absent(key) from error
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise absent(key) from error
                raise
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise absent(key)
        return file

    def _size(self, key: str) -> int | None:
        place, _, name = key.rpartition("/")
        with _disk():
            try:
                with self._inside(place) as folder:
                    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def _older(self, place: str, before: datetime) -> list[str]:
        with _disk():
            try:
                with self._inside(place) as folder, os.scandir(folder) as entries:
                    return [
                        entry.name
                        for entry in entries
                        if entry.is_file(follow_symlinks=False)
                        and entry.stat(follow_symlinks=False).st_mtime < before.timestamp()
                    ]
            except FileNotFoundError:
                return []


def _write_file(folder: int, name: str, chunks: Iterable[bytes]) -> int:
    """Write ``chunks`` to a new file and return its descriptor, open for the caller to sync and close."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = os.open(name, flags, mode=0o600, dir_fd=folder)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(file, rest) :]
    except BaseException:
        os.close(file)
        raise
    return file


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Turn what the operating system says about the disk into a StoreFault."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreFull(
                "The evidence store has no room left for this file.",
                "Nothing was stored. The platform's operator has to free or add disk space; then try again.",
            ) from error
        raise StoreUnavailable(
            N_("The evidence store cannot be used: %(error)s.", error=error.strerror or error),
            "The platform's operator has to look at PLUMBLINE_EVIDENCE_URL: does the folder exist, on a "
            "sound disk, and may this process write to it?",
        ) from error
