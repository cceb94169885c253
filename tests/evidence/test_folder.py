"""What only the folder store can meet: links planted in it, a full disk, a process killed half-way."""

from __future__ import annotations

import errno
import io
import os
import signal
import stat
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.documents.folder import Folder
from plumbline.documents.store import NotStored, StoreFault, StoreFull, StoreUnavailable
from tests.evidence.corpus import noise

LIMIT = 50 * 1024 * 1024
SUPPLIER = uuid.UUID(int=7)


def files(folder: Folder) -> list[Path]:
    return sorted(path for path in folder.root.rglob("*") if path.is_file())


def test_files_are_for_this_user_alone_and_named_by_nothing_that_was_uploaded(folder: Folder) -> None:
    staged = folder.stage(io.BytesIO(b"../../evil"), LIMIT)

    assert [path.relative_to(folder.root) for path in files(folder)] == [Path(staged.key)]
    assert stat.S_IMODE(files(folder)[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700


def test_a_link_planted_under_a_key_is_not_followed(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    staged = folder.stage(io.BytesIO(b"secret"), LIMIT)
    (folder.root / staged.key).unlink()
    (folder.root / staged.key).symlink_to(outside)

    assert not folder.exists(staged.key)
    with pytest.raises(NotStored):
        folder.read(staged.key)
    with pytest.raises(NotStored):
        folder.release(staged, SUPPLIER)
    folder.discard(staged.key)
    assert outside.read_bytes() == b"secret", "the link went, not what it pointed to"


@pytest.mark.parametrize("place", ["quarantine", "arriving"])
def test_a_link_in_place_of_a_folder_is_not_followed(folder: Folder, tmp_path: Path, place: str) -> None:
    staged = folder.stage(io.BytesIO(b"x"), LIMIT)
    elsewhere = tmp_path / "elsewhere"
    (folder.root / place).rename(elsewhere)
    (folder.root / place).symlink_to(elsewhere)

    with pytest.raises(StoreFault):
        folder.stage(io.BytesIO(b"y"), LIMIT)
    if place == "quarantine":
        with pytest.raises(NotStored):
            folder.read(staged.key)
    assert len(list(elsewhere.iterdir())) == (place == "quarantine")


def test_a_pipe_planted_under_a_key_makes_nobody_wait(folder: Folder) -> None:
    staged = folder.stage(io.BytesIO(b"x"), LIMIT)
    (folder.root / staged.key).unlink()
    os.mkfifo(folder.root / staged.key)

    with pytest.raises(NotStored):
        folder.read(staged.key)


def test_a_released_file_shortened_on_disk_is_not_taken_for_whole(folder: Folder) -> None:
    staged = folder.stage(io.BytesIO(noise(1000)), LIMIT)
    key = folder.release(staged, SUPPLIER)
    os.truncate(folder.root / key, 10)

    assert folder.release(staged, SUPPLIER) == key

    assert b"".join(folder.read(key)) == noise(1000), "written anew, because its size was wrong"


STAGE_UNDER_A_SIZE_LIMIT = """
import resource, sys
from pathlib import Path
from plumbline.documents.folder import Folder
from plumbline.documents.store import StoreFull
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    Folder(Path(sys.argv[1])).stage(open("/dev/zero", "rb"), 2 << 20)
except StoreFull as full:
    print(full.message, full.remedy)
"""


def test_the_kernel_refusing_a_write_leaves_no_file(folder: Folder) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", STAGE_UNDER_A_SIZE_LIMIT, str(folder.root)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "no room left" in ran.stdout
    assert files(folder) == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EIO, StoreUnavailable)],
)
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_disk_that_fails_at_any_step_leaves_no_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: str, code: int, fault: type[StoreFault]
) -> None:
    folder.check()
    real, calls = getattr(os, call), []

    def failing(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        if len(calls) > (3 if call == "write" else 0):
            raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(fault) as failed:
        folder.stage(io.BytesIO(bytes(1 << 20)), LIMIT)

    assert failed.value.remedy
    assert files(folder) == []


KILLED_HALF_WAY = """
import sys, time
from pathlib import Path
from plumbline.documents.folder import Folder
class Slow:
    count = 0
    def read(self, size):
        self.count += 1
        if self.count == 5:
            print("half", flush=True)
            time.sleep(60)
        return bytes(size)
Folder(Path(sys.argv[1])).stage(Slow(), 1 << 30)
"""


def test_a_killed_upload_leaves_nothing_under_a_key_and_is_swept_after_a_day(folder: Folder) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_HALF_WAY, str(folder.root)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)

    assert [path.parent.name for path in files(folder)] == ["arriving"]
    now = datetime.now(UTC)
    assert folder.sweep(lambda keys: set(keys), before=now - timedelta(hours=24)) == 0
    day_before = time.time() - 25 * 3600
    os.utime(files(folder)[0], (day_before, day_before))
    assert folder.sweep(lambda keys: set(keys), before=now - timedelta(hours=24)) == 1
    assert files(folder) == []


def test_a_folder_that_cannot_be_written_to_says_where_it_is_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(StoreUnavailable) as unavailable:
        Folder(tmp_path / "file" / "evidence").check()

    assert "PLUMBLINE_EVIDENCE_URL" in unavailable.value.remedy
    with pytest.raises(StoreUnavailable):
        Folder(tmp_path / "file" / "evidence").stage(io.BytesIO(b"x"), LIMIT)


def test_a_disk_that_fails_while_reading_says_so(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    key = folder.stage(io.BytesIO(bytes(1 << 20)), LIMIT).key
    content = folder.read(key)
    os.truncate(folder.root / key, 100)

    with pytest.raises(StoreUnavailable, match="100 of 1048576"):
        list(content)
