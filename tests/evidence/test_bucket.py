"""What only a bucket can meet: offered addresses, wrong credentials, a server that is away or lies."""

from __future__ import annotations

import http.server
import io
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plumbline.documents.s3 import Bucket
from plumbline.documents.store import (
    Altered,
    EmptyFile,
    NotStored,
    StoreFull,
    StoreUnavailable,
    TooLarge,
)
from tests.evidence.conftest import bucket_on
from tests.evidence.corpus import noise
from tests.support.processes import free_port
from tests.support.real_servers import S3

LIMIT = 50 * 1024 * 1024
OURS, THEIRS = uuid.UUID(int=7), uuid.UUID(int=8)


@pytest.fixture
def strict(strict_s3: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return bucket_on(strict_s3, monkeypatch)


@pytest.fixture
def full_featured(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return bucket_on(s3, monkeypatch)


def put(url: str, body: bytes) -> int:
    request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream"}, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_what_was_put_to_an_offered_address_is_taken_into_quarantine(bucket: Bucket) -> None:
    offer = bucket.offer(OURS, 1000, LIMIT)
    assert put(offer.url, noise(1000)) == 200

    staged = bucket.accept(offer.key, OURS, LIMIT)

    assert staged.size == 1000
    assert b"".join(bucket.read(staged.key)) == noise(1000)
    with pytest.raises(NotStored):
        bucket.accept(offer.key, OURS, LIMIT)  # taken once


def test_what_is_put_there_afterwards_changes_nothing(bucket: Bucket) -> None:
    offer = bucket.offer(OURS, 1000, LIMIT)
    put(offer.url, noise(1000))
    staged = bucket.accept(offer.key, OURS, LIMIT)

    put(offer.url, bytes(1000))

    assert b"".join(bucket.read(staged.key)) == noise(1000)


def test_an_offer_is_to_one_organization(bucket: Bucket) -> None:
    offer = bucket.offer(OURS, 10, LIMIT)
    put(offer.url, noise(10))

    with pytest.raises(NotStored):
        bucket.accept(offer.key, THEIRS, LIMIT)
    with pytest.raises(NotStored):
        bucket.accept(bucket.offer(OURS, 10, LIMIT).key, OURS, LIMIT)  # nothing arrived
    with pytest.raises(NotStored):
        bucket.accept(bucket.stage(io.BytesIO(b"x"), LIMIT).key, OURS, LIMIT)  # was never offered


def test_an_offer_keeps_to_the_limit(bucket: Bucket) -> None:
    with pytest.raises(TooLarge):
        bucket.offer(OURS, LIMIT + 1, LIMIT)
    with pytest.raises(EmptyFile):
        bucket.offer(OURS, 0, LIMIT)

    offer = bucket.offer(OURS, 2000, LIMIT)
    put(offer.url, noise(2000))
    with pytest.raises(TooLarge):
        bucket.accept(offer.key, OURS, 1999)


def test_an_offer_never_lasts_longer_than_a_quarter_of_an_hour(bucket: Bucket) -> None:
    offer = bucket.offer(OURS, 10, LIMIT, seconds=86_400)

    assert offer.seconds == 900
    assert "X-Amz-Expires=900" in offer.url


def test_the_signature_binds_key_size_and_time(strict: Bucket) -> None:
    offer = strict.offer(OURS, 1000, LIMIT)
    other = strict.offer(OURS, 1000, LIMIT)
    short = strict.offer(OURS, 1000, LIMIT, seconds=1)

    assert put(offer.url.replace(offer.key, other.key), noise(1000)) == 403
    assert put(offer.url.replace(offer.key, f"released/{OURS.hex}/{'a' * 64}"), noise(1000)) == 403
    assert put(offer.url, noise(1001)) == 403
    time.sleep(2.1)
    assert put(short.url, noise(1000)) == 403
    assert put(offer.url, noise(1000)) == 200


def test_an_offer_nobody_took_up_is_swept(bucket: Bucket) -> None:
    offer = bucket.offer(OURS, 10, LIMIT)
    put(offer.url, noise(10))

    bucket.sweep(lambda keys: {key for key in keys if "offered" not in key},
                 before=datetime.now(UTC) + timedelta(hours=1))  # fmt: skip

    with pytest.raises(NotStored):
        bucket.accept(offer.key, OURS, LIMIT)


def test_an_upload_never_finished_is_swept(full_featured: Bucket) -> None:
    client = full_featured._client
    where = {"Bucket": full_featured.name, "Key": "quarantine/" + "a" * 32}
    client.create_multipart_upload(**where)

    removed = full_featured.sweep(lambda keys: set(keys), before=datetime.now(UTC) + timedelta(hours=1))

    assert removed == 1
    assert not client.list_multipart_uploads(Bucket=full_featured.name).get("Uploads")


def test_the_copy_is_asked_for_of_the_very_object_that_was_hashed(bucket: Bucket) -> None:
    # Neither server here keeps to the condition; Amazon's answers 412 when the object is another by then.
    staged = bucket.stage(io.BytesIO(noise(1000)), LIMIT)
    tag = bucket._client.head_object(Bucket=bucket.name, Key=staged.key)["ETag"]
    sent: list[dict[str, Any]] = []
    bucket._client.meta.events.register(
        "before-call.s3.CopyObject", lambda params, **_more: sent.append(params["headers"])
    )

    bucket.release(staged, uuid.uuid4())

    assert [headers["x-amz-copy-source-if-match"] for headers in sent] == [tag]


def test_bytes_overwritten_in_quarantine_are_not_released(bucket: Bucket) -> None:
    staged = bucket.stage(io.BytesIO(noise(1000)), LIMIT)
    bucket._client.put_object(Bucket=bucket.name, Key=staged.key, Body=bytes(1000))

    with pytest.raises(Altered):
        bucket.release(staged, uuid.uuid4())


def test_wrong_credentials_are_said_with_the_remedy(strict_s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store = bucket_on(strict_s3, monkeypatch)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")

    with pytest.raises(StoreUnavailable, match="SignatureDoesNotMatch") as unavailable:
        store.stage(io.BytesIO(b"x"), LIMIT)

    assert "credentials" in unavailable.value.remedy


def test_a_bucket_that_is_not_there_is_said(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store = bucket_on(s3, monkeypatch)

    with pytest.raises((StoreUnavailable, NotStored)):
        Bucket("no-such-bucket", store.endpoint).check()


def test_a_server_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    store = Bucket("evidence", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        store.check()
    with pytest.raises(StoreUnavailable):
        store.stage(io.BytesIO(b"x"), LIMIT)


@contextmanager
def server(status: int, body: bytes, length: int | None = None) -> Iterator[str]:
    """A server that answers everything alike, and may promise more bytes than it sends."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            while int(self.headers.get("Content-Length", 0)) and not self.rfile.read(
                int(self.headers["Content-Length"])
            ):
                pass
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.send_header("ETag", '"x"')
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        do_PUT = do_POST = do_HEAD = do_GET  # noqa: N815
        log_message: Any = print  # what pytest captures

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [(507, "InsufficientStorage", StoreFull), (403, "QuotaExceeded", StoreFull),
     (403, "AccessDenied", StoreUnavailable), (500, "InternalError", StoreUnavailable),
     (503, "SlowDown", StoreUnavailable)],
)  # fmt: skip
def test_what_a_server_refuses_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, fault: type[Exception]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")

    with server(status, error(code)) as address, pytest.raises(fault):
        Bucket("evidence", address).stage(io.BytesIO(b"x"), LIMIT)


def test_a_body_cut_short_is_never_taken_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")

    with server(200, b"half of it", length=2000) as address:
        content = Bucket("evidence", address).read("quarantine/" + "a" * 32)
        with pytest.raises(StoreUnavailable):
            list(content)
