"""What every store promises, on a folder and on two real S3 servers."""

from __future__ import annotations

import hashlib
import io
import os
import tracemalloc
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.exceptions import ClientDisconnected

from assessments.evidence.documents import EvidenceRefused
from plumbline.documents.s3 import PART
from plumbline.documents.store import (
    CHUNK,
    Altered,
    CutOff,
    EmptyFile,
    NotStored,
    Staged,
    Store,
    TooLarge,
)
from tests.evidence.corpus import noise

SUPPLIER = uuid.UUID(int=7)
LIMIT = 50 * 1024 * 1024


class Stream:
    """`size` bytes made while they are read; counts what was asked for. Breaks off where told to."""

    def __init__(self, size: int, breaks_at: int | None = None, fault: Exception | None = None) -> None:
        self.size = size
        self.given = 0
        self.breaks_at = breaks_at
        self.fault = fault

    def read(self, size: int, /) -> bytes:
        if self.fault and self.breaks_at is not None and self.given >= self.breaks_at:
            raise self.fault
        piece = bytes(min(size, self.size - self.given))
        self.given += len(piece)
        return piece


def everything(store: Store, before: datetime | None = None) -> set[str]:
    """The keys in quarantine, asked of the sweep, which removes none of them."""
    seen: set[str] = set()

    def referenced(keys: Collection[str]) -> set[str]:
        seen.update(keys)
        return set(keys)

    assert store.sweep(referenced, before=before or datetime.now(UTC) + timedelta(hours=1)) == 0
    return seen


@pytest.mark.parametrize("size", [1, CHUNK, CHUNK + 1, PART - 1, PART, PART + 1, 2 * PART + 5])
def test_bytes_out_are_the_bytes_in(store: Store, size: int) -> None:
    raw = noise(size)

    staged = store.stage(io.BytesIO(raw), LIMIT, declared=size)

    assert (staged.size, staged.sha256) == (size, hashlib.sha256(raw).hexdigest())
    content = store.read(staged.key)
    chunks = list(content)
    assert content.length == size
    assert b"".join(chunks) == raw
    assert max(map(len, chunks)) <= CHUNK
    with store.local(staged.key) as file:
        file.seek(0, os.SEEK_END)
        assert file.tell() == size
        file.seek(0)
        assert file.read() == raw


def test_released_bytes_have_a_key_of_their_digest_within_the_supplier(store: Store) -> None:
    staged = store.stage(io.BytesIO(noise(1000)), LIMIT)
    other = store.stage(io.BytesIO(noise(1000)), LIMIT)

    key = store.release(staged, SUPPLIER)

    assert key == f"released/{SUPPLIER.hex}/{staged.sha256}"
    assert b"".join(store.read(key)) == noise(1000)
    assert store.exists(staged.key), "the staged bytes stay until they are discarded"
    assert store.release(staged, SUPPLIER) == key, "again, as a job that is tried twice does"
    assert store.release(other, SUPPLIER) == key, "the same bytes of another upload"
    assert store.release(other, uuid.UUID(int=8)) != key, "another supplier's are apart"
    store.discard(staged.key)
    assert store.release(staged, SUPPLIER) == key, "also once the staged bytes are gone"


def test_bytes_that_are_not_those_recorded_are_never_released(store: Store) -> None:
    staged = store.stage(io.BytesIO(noise(1000)), LIMIT)
    recorded = Staged(staged.key, 1000, hashlib.sha256(b"other").hexdigest())

    with pytest.raises(Altered):
        store.release(recorded, SUPPLIER)

    assert not store.exists(f"released/{SUPPLIER.hex}/{recorded.sha256}")


def test_discarded_bytes_are_gone_and_twice_is_fine(store: Store) -> None:
    staged = store.stage(io.BytesIO(b"x"), LIMIT)

    store.discard(staged.key)
    store.discard(staged.key)

    assert not store.exists(staged.key)
    with pytest.raises(NotStored, match=staged.key):
        store.read(staged.key)
    with pytest.raises(NotStored), store.local(staged.key):
        pass


def test_released_bytes_cannot_be_discarded(store: Store) -> None:
    key = store.release(store.stage(io.BytesIO(noise(10)), LIMIT), SUPPLIER)

    with pytest.raises(NotStored):
        store.discard(key)

    assert store.exists(key)


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
def test_the_limit_holds_while_the_bytes_come(store: Store, size: int) -> None:
    before = everything(store)
    stream = Stream(size)

    with pytest.raises(TooLarge, match="50 MB"):
        store.stage(stream, LIMIT)

    assert stream.given <= LIMIT + CHUNK, "it stopped reading at the limit"
    assert everything(store) == before


def test_a_file_declared_too_large_is_refused_unread(store: Store) -> None:
    stream = Stream(LIMIT + 1)

    with pytest.raises(TooLarge):
        store.stage(stream, LIMIT, declared=LIMIT + 1)

    assert stream.given == 0


@pytest.mark.parametrize(
    ("stream", "declared", "refusal"),
    [
        (Stream(0), None, EmptyFile),
        (Stream(0), 0, EmptyFile),
        (Stream(0), 10, CutOff),
        (Stream(5000), 10_000, CutOff),
        (Stream(5000), 4000, CutOff),
        (Stream(PART * 2), PART * 3, CutOff),
        (Stream(PART * 2, PART + CHUNK, ConnectionResetError()), None, CutOff),
        (Stream(PART * 2, CHUNK, ClientDisconnected()), None, CutOff),
        (Stream(PART * 2, PART + CHUNK, RuntimeError("a fault of ours")), None, RuntimeError),
    ],
)
def test_what_did_not_arrive_whole_leaves_nothing(
    store: Store, stream: Stream, declared: int | None, refusal: type[Exception]
) -> None:
    stream.given = 0
    before = everything(store)

    with pytest.raises(refusal) as refused:
        store.stage(stream, LIMIT, declared=declared)

    assert everything(store) == before
    if isinstance(refused.value, EvidenceRefused):
        assert refused.value.remedy


@pytest.mark.parametrize(
    "key",
    ["", "quarantine", "quarantine/", "quarantine/../../etc/passwd", "/etc/passwd", "released/x/y",
     "quarantine/" + "a" * 31, "quarantine/" + "A" * 32, "quarantine/" + "a" * 32 + "\n",
     "quarantine/offered/" + "a" * 32 + "/" + "b" * 32, "arriving/" + "a" * 32],
)  # fmt: skip
def test_a_key_not_made_here_reaches_nothing(store: Store, key: str) -> None:
    assert not store.exists(key)
    with pytest.raises(NotStored):
        store.read(key)
    with pytest.raises(NotStored):
        store.discard(key)


def test_the_sweep_removes_what_is_old_and_has_no_row(store: Store) -> None:
    kept, orphan = (store.stage(io.BytesIO(noise(n)), LIMIT) for n in (10, 20))
    released = store.release(store.stage(io.BytesIO(noise(30)), LIMIT), SUPPLIER)
    referenced = {kept.key}
    now = datetime.now(UTC)

    assert store.sweep(lambda keys: set(keys) & referenced, before=now - timedelta(hours=24)) == 0
    assert store.exists(orphan.key), "not old enough"

    assert store.sweep(lambda keys: set(keys) & referenced, before=now + timedelta(hours=1)) >= 1
    assert not store.exists(orphan.key)
    assert store.exists(kept.key)
    assert store.exists(released)


def test_memory_stays_flat_over_40_mb(store: Store) -> None:
    store.stage(Stream(PART + 1), LIMIT)  # what is made once (a client, its tables) is not counted
    tracemalloc.start()
    try:
        staged = store.stage(Stream(40 << 20), LIMIT)
        for _chunk in store.read(staged.key):
            pass
        with store.local(staged.key) as file:
            file.read(CHUNK)
        store.release(staged, SUPPLIER)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 3 * PART, f"{peak / (1 << 20):.1f} MB at once for a file of 40 MB"


def test_a_store_says_that_it_can_be_used(store: Store) -> None:
    store.check()

    assert not everything(store, before=datetime(2000, 1, 1, tzinfo=UTC))
