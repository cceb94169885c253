"""An upload on its way in: into quarantine as a stream, read back, hashed, its type proved.

Nothing of this touches the database. The caller then records the document and commits; only that commit
makes the upload acknowledged. Bytes whose row is never committed are swept after a day: they are not
removed when a commit fails, because a commit whose answer was lost may have happened.
"""

from __future__ import annotations

import contextlib
import hashlib
import unicodedata
import uuid
from typing import TYPE_CHECKING

from assessments.evidence.documents import StoredFile
from plumbline.documents.store import CHUNK, ByteSource, Staged, Store, StoreFault, altered
from plumbline.documents.types import prove, type_of_name

if TYPE_CHECKING:  # boto3 is not imported where no bucket is set
    from plumbline.documents.s3 import Bucket

LONGEST_NAME = 150


def receive(
    store: Store, stream: ByteSource, file_name: str, *, limit: int, declared: int | None = None
) -> StoredFile:
    """Take ``stream`` into quarantine and prove what it is; ``limit`` and ``declared`` are in bytes.

    Raises EvidenceRefused (too large, empty, cut off, wrong type: each says what to do) and StoreFault (no
    room, store not there); then no bytes are left behind. The name alone is enough to refuse a type before
    the first byte is read.
    """
    name = shown_name(file_name)
    type_of_name(name)
    return _proved(store, store.stage(stream, limit, declared=declared), name)


def accept_offered(
    store: Bucket, key: str, file_name: str, organization: uuid.UUID, *, limit: int
) -> StoredFile:
    """Do the same for bytes that a browser put to an address from ``Bucket.offer``."""
    name = shown_name(file_name)
    type_of_name(name)
    return _proved(store, store.accept(key, organization, limit), name)


def _proved(store: Store, staged: Staged, name: str) -> StoredFile:
    try:
        with store.local(staged.key) as file:
            hasher = hashlib.sha256()
            while chunk := file.read(CHUNK):
                hasher.update(chunk)
            if (file.tell(), hasher.hexdigest()) != (staged.size, staged.sha256):
                raise altered(staged.key)
            kind = prove(file, name)
    except BaseException:
        with contextlib.suppress(StoreFault):  # the sweep finds what this leaves
            store.discard(staged.key)
        raise
    return StoredFile(name, kind.media_type, staged.size, staged.sha256, staged.key)


def shown_name(raw: str) -> str:
    """Return a file's name for showing: the last part of a path, in one line, of at most 150 characters.

    Control and direction characters go (they make ``exe.pdf`` of ``fdp.exe``), the ending stays. It never
    becomes part of a path or key.
    """
    text = unicodedata.normalize("NFC", raw.encode("utf-8", "replace").decode("utf-8"))
    text = text.replace("\\", "/").rpartition("/")[2]
    text = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    stem, dot, ending = " ".join(text.split()).rpartition(".")
    stem = stem.strip(". ") or "document"
    return f"{stem[: LONGEST_NAME - len(dot + ending)]}{dot}{ending}" if dot else ending[:LONGEST_NAME]
