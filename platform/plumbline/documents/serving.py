"""Original bytes on their way out: streamed through the application, as an attachment that can do nothing.

The guard has found by now that the reader may have them, and the view has set its ledger row down
(``transaction.set_down``): it is committed, and nothing is held while the store is asked.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from flask import Response

from assessments.evidence.documents import DocumentVersion
from plumbline.documents.preview import PREVIEW_TYPE, preview
from plumbline.documents.store import Content, Store, altered
from plumbline.documents.types import MEDIA_TYPES

SANDBOX = "sandbox; default-src 'none'"
# Safe in a quoted string and in every browser's idea of a file name (RFC 6266 4.3 and appendix D).
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-()")


def original(store: Store, version: DocumentVersion) -> Response:
    """Return the stored bytes of ``version`` as a download, unchanged (DESIGN.md 4.5).

    They are hashed while they pass. The last chunk leaves only when the digest is the recorded one, so that
    altered or shortened bytes reach nobody as a whole file: the connection ends early and a log line says so.
    Raises StoreFault before anything is sent when they cannot be read.
    """
    content = store.read(version.storage_key)
    if content.length != version.size:
        content.close()
        raise altered(version.storage_key)
    known = version.media_type in MEDIA_TYPES
    response = Response(
        Verified(content, version.storage_key, version.sha256),
        mimetype=version.media_type if known else "application/octet-stream",
        direct_passthrough=True,
    )
    response.content_length = content.length
    response.headers["Content-Disposition"] = attachment(version.file_name)
    return _sealed_off(response)


def image_preview(store: Store, version: DocumentVersion) -> Response:
    """Return a re-encoded picture of an image version, for use in a page. Raises StoreFault, NoPreview."""
    with store.local(version.storage_key) as file:
        made = preview(file)
    response = Response(made, mimetype=PREVIEW_TYPE)
    response.headers["Content-Disposition"] = "inline"
    return _sealed_off(response)


class Verified(Iterator[bytes]):
    """Chunks passed on one behind, so that the last is held until the digest over all of them is right."""

    def __init__(self, content: Content, key: str, sha256: str) -> None:
        self._content = content
        self._key = key
        self._sha256 = sha256
        self._hasher = hashlib.sha256()
        self._held: bytes | None = None
        self._ended = False

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        for chunk in self._content:
            self._hasher.update(chunk)
            passed, self._held = self._held, chunk
            if passed is not None:
                return passed
        self._ended = True
        if self._hasher.hexdigest() != self._sha256:
            raise altered(self._key)
        assert self._held is not None, "no version is empty"  # noqa: S101
        return self._held

    def close(self) -> None:
        """Close what the bytes come from; the server calls this when the client is gone."""
        self._content.close()


def attachment(file_name: str) -> str:
    """Return a Content-Disposition that saves under ``file_name`` (RFC 6266, both forms where needed)."""
    plain = unicodedata.normalize("NFKD", file_name).encode("ascii", "ignore").decode()
    plain = "".join(sign if sign in PLAIN else "_" for sign in plain)
    if plain == file_name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _sealed_off(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = SANDBOX
    headers["Cache-Control"] = "no-store"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Referrer-Policy"] = "no-referrer"
    return response
