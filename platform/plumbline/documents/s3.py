"""The evidence store in an S3 bucket, for production. Streams: one part of a file is in memory at a time.

Importing this module imports boto3 (half a second); ``chosen`` does so only where a bucket is set.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from assessments.sentences import N_
from plumbline.documents.store import (
    OFFERED_KEY,
    STAGED_KEY,
    ByteSource,
    Content,
    NotStored,
    Readable,
    Referenced,
    Staged,
    StoreFault,
    StoreFull,
    StoreUnavailable,
    absent,
    altered,
    bounded,
    in_limit,
    known_key,
    new_staged_key,
    released_key,
)

PART = 8 * 1024 * 1024
"""Bytes per part of a multipart upload; S3 wants at least 5 MiB of all but the last."""

LONGEST_OFFER_SECONDS = 15 * 60

NOTHING_THERE = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
NO_ROOM = frozenset({"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})
NOT_OFFERED_HERE = frozenset({"501", "NotImplemented"})


@dataclass(frozen=True)
class Offer:
    """An address to which a browser may PUT exactly ``size`` bytes within ``seconds``, and nothing else."""

    key: str
    url: str
    headers: dict[str, str]
    size: int
    seconds: int


@dataclass
class Bucket:
    """Objects in one bucket; the Store protocol says what each method promises.

    Credentials come from where boto3 looks for them (AWS_ACCESS_KEY_ID, a profile, the machine's role). For
    ``released/`` the bucket is to have versions and a retention lock; ``quarantine/`` has neither.
    """

    name: str
    endpoint: str | None = None
    region: str = "us-east-1"
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @functools.cached_property
    def _made(self) -> Any:
        # A session of our own: boto3's default session is not safe to make clients from in threads.
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            config=Config(
                signature_version="s3v4",
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 4},
                # Servers other than Amazon's refuse checksum headers they do not know; we hash ourselves.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"} if self.endpoint else {},
            ),
        )

    @property
    def _client(self) -> Any:
        with self._making:
            return self._made

    def stage(self, stream: ByteSource, limit: int, *, declared: int | None = None) -> Staged:
        """Upload ``stream`` into quarantine, in parts when it is larger than one."""
        key = new_staged_key()
        hasher = hashlib.sha256()
        size = 0
        parts = _parts(bounded(stream, limit, declared))
        first = next(parts)
        with _answers(key):
            if len(first) < PART:
                self._client.put_object(Bucket=self.name, Key=key, Body=first)
                return Staged(key, len(first), hashlib.sha256(first).hexdigest())
            upload = self._client.create_multipart_upload(Bucket=self.name, Key=key)["UploadId"]
            where = {"Bucket": self.name, "Key": key, "UploadId": upload}
            tags: list[dict[str, Any]] = []
            try:
                part: bytearray | None = first
                del first
                while part is not None:
                    hasher.update(part)
                    size += len(part)
                    number = len(tags) + 1
                    answer = self._client.upload_part(**where, PartNumber=number, Body=part)
                    tags.append({"PartNumber": number, "ETag": answer["ETag"]})
                    part = None  # let go of it before the next one is gathered
                    part = next(parts, None)
                self._client.complete_multipart_upload(**where, MultipartUpload={"Parts": tags})
            except BaseException:
                with contextlib.suppress(BotoCoreError, ClientError):  # the sweep finds what this leaves
                    self._client.abort_multipart_upload(**where)
                raise
        return Staged(key, size, hasher.hexdigest())

    def read(self, key: str) -> Content:
        """Return the bytes under ``key``."""
        return self._read(known_key(key))[0]

    @contextlib.contextmanager
    def local(self, key: str) -> Iterator[BinaryIO]:
        """Give the bytes as a nameless file of this machine, gone when closed."""
        with tempfile.TemporaryFile() as file:
            with self.read(key) as content:
                try:
                    for chunk in content:
                        file.write(chunk)
                    file.flush()
                except OSError as error:
                    raise StoreFull(
                        "There is no room on this machine to look at the file.",
                        "The platform's operator has to free space in the folder for temporary files.",
                    ) from error
            file.seek(0)
            yield cast(BinaryIO, file)

    def release(self, staged: Staged, supplier: uuid.UUID) -> str:
        """Copy the staged bytes, as they were when hashed, to their content-addressed key."""
        key = released_key(supplier, staged.sha256)
        if self._size(key) == staged.size:
            return key
        self._copy_hashed(staged.key, key, staged)
        return key

    def discard(self, key: str) -> None:
        """Remove a quarantined object."""
        if not STAGED_KEY.fullmatch(key):
            raise absent(key)
        self._delete(key)

    def exists(self, key: str) -> bool:
        """Whether an object stands under ``key``."""
        try:
            return self._size(known_key(key)) is not None
        except NotStored:
            return False

    def sweep(self, referenced: Referenced, *, before: datetime) -> int:
        """Remove quarantined objects and unfinished uploads older than ``before``."""
        removed = 0
        with _answers("quarantine/"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.name, Prefix="quarantine/"):
                old = {entry["Key"] for entry in page.get("Contents", ()) if entry["LastModified"] < before}
                for key in old - referenced(old):
                    self._delete(key)
                    removed += 1
        return removed + self._abort_uploads(before)

    def check(self) -> None:
        """Ask for the bucket."""
        with _answers(self.name):
            self._client.head_bucket(Bucket=self.name)

    def offer(self, organization: uuid.UUID, size: int, limit: int, *, seconds: int = 900) -> Offer:
        """Return an address for a direct upload of ``size`` bytes into quarantine.

        The size is part of the signature. What arrives there counts for nothing until ``accept``. Raises
        EvidenceRefused for a size that no file may have.
        """
        in_limit(size, limit)
        seconds = min(seconds, LONGEST_OFFER_SECONDS)
        key = f"quarantine/offered/{organization.hex}/{uuid.uuid4().hex}"
        with _answers(key):
            url = self._client.generate_presigned_url(
                "put_object",
                Params={"Bucket": self.name, "Key": key, "ContentLength": size},
                ExpiresIn=seconds,
            )
        return Offer(key, str(url), {"Content-Length": str(size)}, size, seconds)

    def accept(self, key: str, organization: uuid.UUID, limit: int) -> Staged:
        """Take what was uploaded to an offered address into quarantine proper, and return what it is.

        It is copied first and hashed afterwards, because the address stays writable until it expires. Raises
        NotStored when nothing arrived there or the offer was made to another organization, EvidenceRefused
        for a size that no file may have.
        """
        if not OFFERED_KEY.fullmatch(key) or key.split("/")[2] != organization.hex:
            raise absent(key)
        size = self._size(key)
        if size is None:
            raise absent(key)
        in_limit(size, limit)
        staged_key = new_staged_key()
        with _answers(key):
            self._client.copy_object(
                Bucket=self.name, Key=staged_key, CopySource={"Bucket": self.name, "Key": key}
            )
        with self.read(staged_key) as content:
            try:
                in_limit(content.length, limit)
            except BaseException:
                self.discard(staged_key)
                raise
            hasher = hashlib.sha256()
            for chunk in content:
                hasher.update(chunk)
        self._delete(key)
        return Staged(staged_key, content.length, hasher.hexdigest())

    def _copy_hashed(self, source: str, target: str, expected: Staged) -> None:
        content, tag = self._read(source)
        hasher = hashlib.sha256()
        with content:
            for chunk in content:
                hasher.update(chunk)
        if (content.length, hasher.hexdigest()) != (expected.size, expected.sha256):
            raise altered(source)
        with _answers(source):
            self._client.copy_object(
                Bucket=self.name,
                Key=target,
                CopySource={"Bucket": self.name, "Key": source},
                CopySourceIfMatch=tag,  # the very object that was hashed, not one written since
            )

    def _read(self, key: str) -> tuple[Content, str]:
        with _answers(key):
            found = self._client.get_object(Bucket=self.name, Key=key)
        return Content(int(found["ContentLength"]), _Body(key, found["Body"])), str(found["ETag"])

    def _size(self, key: str) -> int | None:
        try:
            with _answers(key):
                return int(self._client.head_object(Bucket=self.name, Key=key)["ContentLength"])
        except NotStored:
            return None

    def _delete(self, key: str) -> None:
        with _answers(key):
            self._client.delete_object(Bucket=self.name, Key=key)

    def _abort_uploads(self, before: datetime) -> int:
        aborted = 0
        try:
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self.name, Prefix="quarantine/"):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        self._client.abort_multipart_upload(
                            Bucket=self.name, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        aborted += 1
        except ClientError as error:
            # Some servers cannot list uploads; there the bucket's own life cycle rule has to do it.
            if _code(error) not in NOT_OFFERED_HERE:
                raise _fault("quarantine/", error) from error
        return aborted


class _Body(Readable):
    """A response's body whose faults are the store's."""

    def __init__(self, key: str, body: Any) -> None:
        self._key = key
        self._body = body

    def read(self, size: int, /) -> bytes:
        with _answers(self._key):
            return bytes(self._body.read(size))

    def close(self) -> None:
        self._body.close()


def _parts(chunks: Iterable[bytes]) -> Iterator[bytearray]:
    """Gather ``chunks`` into parts of PART bytes; the last may be shorter."""
    part = bytearray()
    for chunk in chunks:
        part += chunk
        while len(part) >= PART:
            rest = part[PART:]
            del part[PART:]
            yield part
            part = rest
    if part:
        yield part


@contextlib.contextmanager
def _answers(key: str) -> Iterator[None]:
    """Turn what S3 or the way to it says into a StoreFault."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _fault(key, error) from error


def _fault(key: str, error: Exception) -> StoreFault:
    code = _code(error)
    if code in NOTHING_THERE:
        return absent(key)
    if code in NO_ROOM:
        return StoreFull(
            "The evidence store has no room left for this file.",
            "Nothing was stored. The platform's operator has to raise the bucket's quota; then try again.",
        )
    return StoreUnavailable(
        N_("The evidence store does not answer as it should (%(code)s).", code=code),
        "Try again in a minute. If it stays so, the platform's operator has to look at "
        "PLUMBLINE_EVIDENCE_URL and the bucket's credentials.",
    )


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
