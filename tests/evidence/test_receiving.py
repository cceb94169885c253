"""An upload on its way in: kept only when it is whole and what it says."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.documents.folder import Folder
from plumbline.documents.receiving import LONGEST_NAME, accept_offered, receive, shown_name
from plumbline.documents.s3 import Bucket
from plumbline.documents.store import Altered, CutOff, Store, TooLarge
from plumbline.documents.types import WrongType, type_of_name
from tests.evidence import corpus
from tests.evidence.test_bucket import OURS, put
from tests.evidence.test_folder import files
from tests.evidence.test_stores import Stream, everything

LIMIT = 50 * 1024 * 1024


def test_a_file_is_stored_hashed_and_proved(store: Store) -> None:
    raw = corpus.pdf(filler=300_000)

    file = receive(store, io.BytesIO(raw), "C:\\papers\\Permit 2026.PDF", limit=LIMIT, declared=len(raw))

    assert file.file_name == "Permit 2026.PDF"
    assert file.media_type == "application/pdf"
    assert (file.size, file.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    assert b"".join(store.read(file.storage_key)) == raw


@pytest.mark.parametrize("name", [name for name, *_ in corpus.HOSTILE.values()][::6])
def test_a_file_that_is_refused_leaves_no_bytes(folder: Folder, name: str) -> None:
    with pytest.raises(WrongType):
        receive(folder, io.BytesIO(b"neither this nor that \0"), name, limit=LIMIT)

    assert files(folder) == []


def test_a_refused_file_leaves_no_bytes_in_a_bucket(bucket: Bucket) -> None:
    before = everything(bucket)

    with pytest.raises(WrongType):
        receive(bucket, io.BytesIO(b"<html>"), "permit.pdf", limit=LIMIT)

    assert everything(bucket) == before


def test_a_name_that_is_not_on_the_list_is_refused_before_a_byte_is_read(folder: Folder) -> None:
    stream = Stream(1000)

    with pytest.raises(WrongType):
        receive(folder, stream, "setup.exe", limit=LIMIT)

    assert stream.given == 0


@pytest.mark.parametrize(
    ("stream", "declared", "refusal"),
    [(Stream(LIMIT + 1), None, TooLarge), (Stream(1000), 2000, CutOff), (Stream(2000), 1000, CutOff)],
)
def test_what_is_too_large_or_cut_off_is_refused_for_that(
    folder: Folder, stream: Stream, declared: int | None, refusal: type[Exception]
) -> None:
    stream.given = 0

    with pytest.raises(refusal):
        receive(folder, stream, "permit.pdf", limit=LIMIT, declared=declared)

    assert files(folder) == []


def test_bytes_that_come_back_different_are_not_acknowledged(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = folder.local

    @contextmanager
    def lying(key: str) -> Iterator[BinaryIO]:
        path = folder.root / key
        path.write_bytes(path.read_bytes().replace(b"842", b"843"))
        with real(key) as file:
            yield file

    monkeypatch.setattr(folder, "local", lying)
    with pytest.raises(Altered):
        receive(folder, io.BytesIO(corpus.pdf()), "permit.pdf", limit=LIMIT)

    assert files(folder) == []


def test_a_direct_upload_is_proved_like_any_other(bucket: Bucket) -> None:
    raw = corpus.image("PNG")
    offer = bucket.offer(OURS, len(raw), LIMIT)
    put(offer.url, raw)
    page = bucket.offer(OURS, 6, LIMIT)
    put(page.url, b"<html>")

    file = accept_offered(bucket, offer.key, "photo.png", OURS, limit=LIMIT)
    before = everything(bucket)
    with pytest.raises(WrongType):
        accept_offered(bucket, page.key, "photo.png", OURS, limit=LIMIT)

    assert b"".join(bucket.read(file.storage_key)) == raw
    assert file.sha256 == hashlib.sha256(raw).hexdigest()
    assert {key for key in everything(bucket) - before if "offered" not in key} == set()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Permit.pdf", "Permit.pdf"),
        ("../../etc/permit.pdf", "permit.pdf"),
        ("C:\\fakepath\\permit.pdf", "permit.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("fdp\u202eexe.pdf", "fdpexe.pdf"),
        ("permit.pdf\0.exe", "permit.pdf.exe"),
        ("..pdf", "document.pdf"),
        (".pdf", "document.pdf"),
        ("  two   words .pdf", "two words.pdf"),
        ("Gr\u0075\u0308n.pdf", "Grün.pdf"),
        ("许可证.pdf", "许可证.pdf"),
        ("\ud800lone.pdf", "?lone.pdf"),
        ("x" * 4096 + ".pdf", "x" * (LONGEST_NAME - 4) + ".pdf"),
        ("", ""),
    ],
)
def test_a_name_is_only_ever_shown(raw: str, shown: str) -> None:
    assert shown_name(raw) == shown


@given(st.text(max_size=400))
def test_whatever_the_name_it_is_one_short_line_without_a_path(raw: str) -> None:
    name = shown_name(raw)

    assert len(name) <= LONGEST_NAME
    assert not set(name) & set("/\\")
    assert not any(unicodedata.category(sign).startswith("C") for sign in name)
    assert shown_name(name) == name


@given(st.text(max_size=50))
def test_no_name_is_taken_for_a_type_by_chance(stem: str) -> None:
    with pytest.raises(WrongType):
        type_of_name(shown_name(f"{stem}.exe"))
