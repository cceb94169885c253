"""Original bytes on their way out."""

from __future__ import annotations

import io
import os
import re
import uuid
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from flask import Flask, Response
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from assessments.evidence.documents import DocumentVersion, VersionState
from plumbline import errors
from plumbline.documents.folder import Folder
from plumbline.documents.receiving import receive, shown_name
from plumbline.documents.serving import Verified, attachment, image_preview, original
from plumbline.documents.store import Altered, NotStored, Store
from plumbline.extensions import babel, db
from tests.evidence import corpus

LIMIT = 50 * 1024 * 1024


def kept(store: Store, raw: bytes, name: str = "permit.pdf") -> DocumentVersion:
    """A version of `raw` that is in the store (and in no database)."""
    file = receive(store, io.BytesIO(raw), name, limit=LIMIT)
    return DocumentVersion(
        id=uuid.uuid4(), file_name=file.file_name, media_type=file.media_type, size=file.size,
        sha256=file.sha256, storage_key=file.storage_key, state=VersionState.QUARANTINED,
        uploaded_at=datetime.now(UTC),
    )  # fmt: skip


def sent(response: Response) -> bytes:
    return b"".join(response.iter_encoded())


def test_bytes_out_are_the_bytes_in_with_headers_that_let_them_do_nothing(store: Store) -> None:
    raw = corpus.pdf(filler=200_000)

    response = original(store, kept(store, raw))

    assert sent(response) == raw
    assert dict(response.headers) == {
        "Content-Type": "application/pdf",
        "Content-Length": str(len(raw)),
        "Content-Disposition": 'attachment; filename="permit.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }


def test_it_passes_through_a_server_unchanged(folder: Folder) -> None:
    app = Flask(__name__)
    version = kept(folder, corpus.table(3000), "Zahlen für 2026.csv")
    app.add_url_rule("/content", view_func=lambda: original(folder, version))

    answer = app.test_client().get("/content")

    assert answer.data == corpus.table(3000)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "filename*=UTF-8''Zahlen%20f%C3%BCr%202026.csv" in answer.headers["Content-Disposition"]


def test_a_type_that_is_not_on_the_list_is_sent_as_mere_bytes(folder: Folder) -> None:
    version = kept(folder, corpus.pdf())
    version.media_type = "text/html"

    with original(folder, version) as response:
        assert response.headers["Content-Type"] == "application/octet-stream"


def test_altered_bytes_reach_nobody_as_a_whole_file(folder: Folder) -> None:
    raw = corpus.pdf(filler=200_000)
    version = kept(folder, raw)
    with (folder.root / version.storage_key).open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff")

    response = original(folder, version)
    got: list[bytes] = []
    with pytest.raises(Altered):
        got.extend(response.iter_encoded())  # keeps what came before the fault

    assert 0 < sum(map(len, got)) < len(raw)


def test_of_a_small_altered_file_not_a_byte_leaves(folder: Folder) -> None:
    version = kept(folder, corpus.pdf())
    path = folder.root / version.storage_key
    path.write_bytes(path.read_bytes().replace(b"842", b"843"))

    with pytest.raises(Altered):
        next(iter(original(folder, version).iter_encoded()))


def test_bytes_of_another_length_are_refused_before_anything_is_sent(folder: Folder) -> None:
    version = kept(folder, corpus.pdf())
    os.truncate(folder.root / version.storage_key, 100)

    with pytest.raises(Altered):
        original(folder, version)


def test_absent_bytes_are_said_before_anything_is_sent(folder: Folder) -> None:
    version = kept(folder, corpus.pdf())
    folder.discard(version.storage_key)

    with pytest.raises(NotStored):
        original(folder, version)


def test_a_client_that_goes_closes_the_file(folder: Folder) -> None:
    version = kept(folder, corpus.pdf(filler=500_000))
    content = folder.read(version.storage_key)
    chunks = Verified(content, version.storage_key, version.sha256)
    next(chunks)

    chunks.close()

    with pytest.raises(ValueError, match="closed"):
        content._source.read(1)


def test_a_preview_is_a_picture_and_nothing_of_the_original(store: Store) -> None:
    raw = corpus.image("PNG", "RGBA", (300, 200))

    response = image_preview(store, kept(store, raw, "photo.png"))

    assert response.data.startswith(b"\xff\xd8\xff")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"] == "inline"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("permit.pdf", 'attachment; filename="permit.pdf"'),
        ("a b (1).pdf", 'attachment; filename="a b (1).pdf"'),
        ('say "hi".pdf', "attachment; filename=\"say _hi_.pdf\"; filename*=UTF-8''say%20%22hi%22.pdf"),
        ("100%;x=1.pdf", "attachment; filename=\"100__x_1.pdf\"; filename*=UTF-8''100%25%3Bx%3D1.pdf"),
        ("Grün.pdf", "attachment; filename=\"Grun.pdf\"; filename*=UTF-8''Gr%C3%BCn.pdf"),
        ("许可证.pdf", "attachment; filename=\".pdf\"; filename*=UTF-8''%E8%AE%B8%E5%8F%AF%E8%AF%81.pdf"),
    ],
)
def test_the_name_is_told_in_both_forms_of_rfc_6266(name: str, header: str) -> None:
    assert attachment(name) == header


@given(st.text(min_size=1, max_size=200))
def test_no_name_breaks_out_of_its_header(raw: str) -> None:
    name = shown_name(raw)
    header = attachment(name)

    assert re.fullmatch(
        r'attachment; filename="[A-Za-z0-9 ._()-]*"(; filename\*=UTF-8\'\'[\w.~%-]*)?', header
    )
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    if "filename*" in header:
        assert unquote(header.rpartition("''")[2]) == name
    else:
        assert options["filename"] == name


def test_every_fault_is_answered_with_what_to_do(folder: Folder) -> None:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    babel.init_app(app)
    errors.init_app(app)
    gone = kept(folder, corpus.pdf())
    folder.discard(gone.storage_key)

    def upload(kind: str) -> Response:
        raw, name, limit = {
            "type": (b"<html>", "permit.pdf", LIMIT),
            "large": (corpus.pdf(), "permit.pdf", 10),
            "empty": (b"", "permit.pdf", LIMIT),
        }[kind]
        return Response(receive(folder, io.BytesIO(raw), name, limit=limit).sha256)

    app.add_url_rule("/api/content", view_func=lambda: original(folder, gone))
    app.add_url_rule("/api/upload/<kind>", view_func=upload)
    client = app.test_client()

    for path, status, code in (
        ("/api/content", 503, "unavailable"),
        ("/api/upload/type", 415, "evidence_type"),
        ("/api/upload/large", 413, "evidence_too_large"),
        ("/api/upload/empty", 422, "evidence_empty"),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.json is not None
        assert answer.json["type"] == f"/problems/{code}"
        assert answer.json["title"]
        assert answer.json["detail"]
    assert client.get("/api/content").headers["Retry-After"] == "60"
